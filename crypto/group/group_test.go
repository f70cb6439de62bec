package group_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

func TestLifeOfAGroup(t *testing.T) {
	w, ana, phone, ben, cleo := trio(t)
	if p := cleo.g.Policy(); p.Name != "Kitchen" || p.Topic != "what to cook" || p.Direct || !cleo.g.IsAdmin(ana.who.id()) || cleo.g.IsAdmin(ben.who.id()) {
		t.Errorf("cleo sees the policy %+v", p)
	}
	if got := len(cleo.g.Members()); got != 4 {
		t.Errorf("got %d members, want 4", got)
	}
	if m, ok := ben.g.Member(phone.d.ID()); !ok || !m.Identity.Equal(ana.who.id()) {
		t.Errorf("ben finds ana's phone as %v, %v", m, ok)
	}
	if by, ok := phone.g.Inviter(); !ok || by.Device != ana.d.ID() {
		t.Errorf("the phone was invited by %v, %v", by.Device, ok)
	}
	if got, want := phone.g.Devices(ana.who.id()), []identity.DeviceID{ana.d.ID(), phone.d.ID()}; !slices.Equal(got, want) {
		t.Errorf("got ana's devices %v, want %v", got, want)
	}

	// Who is no admin adds a device of its own, and takes it out.
	second := ben.who.device("ben's phone")
	ben.add(second)
	second.commit(group.Plan{Remove: []identity.DeviceID{ben.d.ID()}})
	ben = second

	// A new name and a second admin, by one who is admin.
	next := ana.g.Policy()
	next.Name, next.Admins = "Garden", append(slices.Clone(next.Admins), ben.who.id())
	if c := ana.commit(group.Plan{Policy: &next}); c.Before.Name != "Kitchen" || !c.After.Equal(next) || c.By.Device != ana.d.ID() {
		t.Errorf("the change says %+v", c)
	}
	// The second admin adds somebody and takes somebody out in one commit.
	dora := w.person("dora").device("dora")
	c := ben.commit(group.Plan{Add: []*group.KeyPackage{dora.keyPackage()}, Remove: []identity.DeviceID{cleo.d.ID()}}, dora)
	if len(c.Added) != 1 || c.Added[0].Device != dora.d.ID() || len(c.Removed) != 1 || c.Removed[0].Device != cleo.d.ID() || len(c.Left) != 0 {
		t.Errorf("the change says %+v", c)
	}
	if !cleo.g.Joined() && slices.Contains(w.all, cleo) {
		t.Error("cleo did not learn that she is out")
	}
	// Somebody heals; all restart in between.
	for _, d := range w.all {
		d.restart()
	}
	if c := dora.commit(group.Plan{}); len(c.Renewed) != 1 || c.Renewed[0].Device != dora.d.ID() || len(c.Added)+len(c.Removed) != 0 {
		t.Errorf("the change says %+v", c)
	}
	// Ana leaves with both devices; Dora, who is no admin, commits it.
	ana.leave(phone)
	ana.leave(ana)
	if !dora.g.NeedsCommit() || len(dora.g.Leaving()) != 2 {
		t.Error("nobody is leaving")
	}
	if _, err := dora.g.Seal(dora.store, w.header(), []byte("x")); !errors.Is(err, mls.ErrCommitFirst) {
		t.Errorf("sealing while somebody leaves: got %v", err)
	}
	for _, d := range []*dev{ana, phone} {
		if _, err := d.g.Commit(d.store, w.header(), group.Plan{}); !errors.Is(err, group.ErrLeaving) {
			t.Errorf("%s commits while leaving: got %v", d.name, err)
		}
	}
	c = dora.commit(group.Plan{})
	if len(c.Removed) != 2 || len(c.Left) != 2 || dora.g.Has(ana.who.id()) || len(w.all) != 2 {
		t.Errorf("the change says %+v", c)
	}
}

func TestLosingCommitIsMadeAgain(t *testing.T) {
	w, ana, phone, _, _ := trio(t)
	mine := w.header()
	out, err := phone.g.Commit(phone.store, mine, group.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	if !phone.g.Pending() || !phone.g.IsPending(out.Message) {
		t.Fatal("the commit is not pending")
	}
	if _, err := phone.g.Commit(phone.store, w.header(), group.Plan{}); !errors.Is(err, mls.ErrPending) {
		t.Errorf("a second commit: got %v", err)
	}
	ana.commit(group.Plan{}) // comes first
	if phone.g.Pending() {
		t.Error("the commit that lost still waits")
	}
	ana.refuses("a commit of the epoch before", group.Changed, mine, out.Message, mls.ErrOldEpoch)
	phone.commit(group.Plan{})
	// One that was refused is dropped, also over a restart.
	if _, err := phone.g.Commit(phone.store, w.header(), group.Plan{}); err != nil {
		t.Fatal(err)
	}
	phone.restart()
	if err := phone.g.DropPending(phone.store); err != nil {
		t.Fatal(err)
	}
	phone.commit(group.Plan{})
}

func TestRejoin(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	info, err := ana.g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	if e, err := group.InfoEpoch(w.id, info); err != nil || e != ana.g.Epoch() {
		t.Errorf("got epoch %d, %v", e, err)
	}
	if _, err := group.InfoEpoch([32]byte{9}, info); !errors.Is(err, group.ErrWrongGroup) {
		t.Errorf("info of another group: got %v", err)
	}
	lost := newMemory()
	if _, _, err := cleo.d.Rejoin(lost, [32]byte{9}, info, w.header()); !errors.Is(err, group.ErrWrongGroup) {
		t.Errorf("rejoin into another group: got %v", err)
	}
	h := w.header()
	cleo.store = lost
	g, message, err := cleo.d.Rejoin(cleo.store, w.id, info, h)
	if err != nil {
		t.Fatal(err)
	}
	if cleo.g = g; g.Joined() || !g.Pending() {
		t.Error("joined before the commit has its place")
	}
	cleo.restart()
	e := w.post(group.Changed, h, message)
	if !e.Change.Rejoined || e.Change.By.Device != cleo.d.ID() || len(e.Change.Added)+len(e.Change.Removed) != 0 {
		t.Errorf("the change says %+v", e.Change)
	}
	w.agree()
	if got := len(ben.g.Members()); got != 4 {
		t.Errorf("got %d members, want 4", got)
	}
}

func TestRecover(t *testing.T) {
	w, ana, phone, ben, _ := trio(t)
	// Ben's only device is gone; his kit certifies a new one.
	info, err := ana.g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	fresh := ben.who.device("ben again")
	h := w.header()
	if _, _, err := fresh.d.Rejoin(fresh.store, w.id, info, h); err == nil {
		t.Error("a new device replaced nobody")
	}
	g, message, err := fresh.d.Recover(fresh.store, w.id, info, h, ben.who.revoke(ben.d.ID()))
	if err != nil {
		t.Fatal(err)
	}
	fresh.g = g
	w.all = slices.DeleteFunc(w.all, func(d *dev) bool { return d == ben })
	w.all = append(w.all, fresh)
	e := w.post(group.Changed, h, message)
	if _, err := ben.g.Process(ben.store, group.Changed, h, message); err != nil {
		t.Errorf("the lost device gets %v, want to be told that it is out", err)
	}
	if !e.Change.Rejoined || e.Change.By.Device != fresh.d.ID() {
		t.Errorf("the change says %+v", e.Change)
	}
	w.agree()
	if _, ok := phone.g.Member(ben.d.ID()); ok {
		t.Error("the lost device is still there")
	}
}

func TestRevokedDeviceIsTakenOutByAnybody(t *testing.T) {
	w, ana, phone, ben, cleo := trio(t)
	r := ana.who.revoke(phone.d.ID())
	c := cleo.commit(group.Plan{Remove: []identity.DeviceID{phone.d.ID()}, Revocations: [][]byte{r}})
	if len(c.Removed) != 1 || c.Removed[0].Device != phone.d.ID() || slices.Contains(w.all, phone) {
		t.Errorf("the change says %+v", c)
	}
	// Even the last device of the last admin: a thief has it.
	r = ana.who.revoke(ana.d.ID())
	cleo.commit(group.Plan{Remove: []identity.DeviceID{ana.d.ID()}, Revocations: [][]byte{r}})
	// What is left goes on without an admin, and may leave.
	ben.commit(group.Plan{})
	cleo.leave(cleo)
	if c := ben.commit(group.Plan{}); len(c.Removed) != 1 {
		t.Errorf("the change says %+v", c)
	}
}

func TestDirect(t *testing.T) {
	w := newWorld(t)
	a, b := w.person("ana"), w.person("ben")
	ana, ben := a.device("ana"), b.device("ben")
	ana.create(group.Policy{Direct: true, Admins: []identity.PublicKey{a.id(), b.id()}})
	ana.add(ben)
	ben.add(b.device("ben's phone"))
	eve := w.person("eve").device("eve")
	k := eve.keyPackage()
	for _, d := range w.all {
		if _, err := d.g.Commit(d.store, w.header(), group.Plan{Add: []*group.KeyPackage{k}}); !errors.Is(err, group.ErrNotAllowed) {
			t.Errorf("%s adds a third person: got %v", d.name, err)
		}
		p := d.g.Policy()
		p.Admins = p.Admins[:1]
		q := d.g.Policy()
		q.Direct = false
		for _, x := range []group.Policy{p, q} {
			if _, err := d.g.Commit(d.store, w.header(), group.Plan{Policy: &x}); !errors.Is(err, group.ErrNotAllowed) {
				t.Errorf("%s changes the policy: got %v", d.name, err)
			}
		}
	}
	// Notes to oneself.
	w = newWorld(t)
	a = w.person("ana")
	ana = a.device("ana")
	ana.create(group.Policy{Direct: true, Admins: []identity.PublicKey{a.id()}})
	ana.add(a.device("phone"))
}

func TestLastAdminStays(t *testing.T) {
	w, ana, phone, ben, cleo := trio(t)
	for _, d := range []*dev{ana, phone} {
		if _, err := ana.g.Leave(ana.store, w.header(), d.d.ID()); !errors.Is(err, group.ErrLastAdmin) {
			t.Errorf("the only admin leaves with %s: got %v", d.name, err)
		}
		if err := d.g.MayLeave(); !errors.Is(err, group.ErrLastAdmin) {
			t.Errorf("the only admin asks on %s: got %v", d.name, err)
		}
	}
	if err := ben.g.MayLeave(); err != nil {
		t.Errorf("a member asks: got %v", err)
	}
	p := ana.g.Policy()
	p.Admins = []identity.PublicKey{w.person("nobody").id()}
	if _, err := ana.g.Commit(ana.store, w.header(), group.Plan{Policy: &p}); !errors.Is(err, group.ErrLastAdmin) {
		t.Errorf("a policy without an admin who is a member: got %v", err)
	}
	// Two admins who leave at the same time: one of them stays.
	p.Admins = []identity.PublicKey{ana.who.id(), ben.who.id()}
	ana.commit(group.Plan{Policy: &p, Remove: []identity.DeviceID{phone.d.ID()}})
	ana.leave(ana)
	ben.leave(ben)
	c := cleo.commit(group.Plan{})
	if len(c.Removed) != 1 || len(w.all) != 2 {
		t.Errorf("the change says %+v", c)
	}
	stays := w.all[0]
	if _, err := stays.g.Leave(stays.store, w.header(), stays.d.ID()); !errors.Is(err, group.ErrLastAdmin) {
		t.Errorf("the other admin leaves: got %v", err)
	}
	// Alone, the last admin may go.
	stays.commit(group.Plan{Remove: []identity.DeviceID{cleo.d.ID()}})
	if err := stays.g.MayLeave(); err != nil {
		t.Errorf("the last member asks: got %v", err)
	}
	if _, err := stays.g.Leave(stays.store, w.header(), stays.d.ID()); err != nil {
		t.Errorf("the last member leaves: got %v", err)
	}
}

func TestWhoMayBegin(t *testing.T) {
	w := newWorld(t)
	a := w.person("ana")
	ana := a.device("ana")
	for name, p := range map[string]group.Policy{
		"somebody else is admin": {Admins: []identity.PublicKey{w.person("ben").id()}},
		"nobody is admin":        {},
	} {
		if _, err := ana.d.Create(ana.store, w.id, p); !errors.Is(err, group.ErrPolicy) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	signer := newSigner(t)
	cert := a.certify(w.place, x25519(t), key(t), signer)
	if _, err := group.NewDevice(x25519(t), cert, signer, w.clock); !errors.Is(err, group.ErrCredential) {
		t.Errorf("another place: got %v", err)
	}
	if _, err := group.NewDevice(w.place, cert, newSigner(t), w.clock); !errors.Is(err, group.ErrCredential) {
		t.Errorf("another signing key: got %v", err)
	}
	if _, err := group.NewDevice(w.place, cert[1:], signer, w.clock); !errors.Is(err, identity.ErrCertificate) {
		t.Errorf("no certificate: got %v", err)
	}
}

func TestCommitRefusesPlans(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	stranger := w.person("eve").device("eve")
	bad := ana.g.Policy()
	bad.Name = string(bytes.Repeat([]byte{'x'}, group.MaxName+1))
	for name, c := range map[string]struct {
		by   *dev
		plan group.Plan
		want error
	}{
		"remove of who is not there":             {ana, group.Plan{Remove: []identity.DeviceID{stranger.d.ID()}}, group.ErrNotMember},
		"remove of oneself":                      {ana, group.Plan{Remove: []identity.DeviceID{ana.d.ID()}}, mls.ErrInvalid},
		"add of who is there":                    {ana, group.Plan{Add: []*group.KeyPackage{ben.keyPackage()}}, mls.ErrInvalid},
		"a name that is too long":                {ana, group.Plan{Policy: &bad}, group.ErrPolicy},
		"a revocation that is none":              {ana, group.Plan{Revocations: [][]byte{{1}}}, identity.ErrRevocation},
		"add by a member who is no admin":        {ben, group.Plan{Add: []*group.KeyPackage{stranger.keyPackage()}}, group.ErrNotAllowed},
		"remove by a member who is no admin":     {ben, group.Plan{Remove: []identity.DeviceID{cleo.d.ID()}}, group.ErrNotAllowed},
		"a policy of a member who is no admin":   {ben, group.Plan{Policy: &group.Policy{Admins: []identity.PublicKey{ben.who.id()}}}, group.ErrNotAllowed},
		"a revocation of somebody else's device": {ben, group.Plan{Remove: []identity.DeviceID{cleo.d.ID()}, Revocations: [][]byte{ben.who.revoke(cleo.d.ID())}}, group.ErrNotAllowed},
		"a group that becomes direct":            {ana, group.Plan{Policy: &group.Policy{Direct: true, Admins: []identity.PublicKey{ana.who.id()}}}, group.ErrNotAllowed},
	} {
		t.Run(name, func(t *testing.T) {
			before := c.by.store.copy()
			if _, err := c.by.g.Commit(c.by.store, w.header(), c.plan); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if !before.equal(c.by.store) {
				t.Error("it changed the store")
			}
		})
	}
	w.agree()
}

func TestOverhead(t *testing.T) {
	w, ana, _, _, _ := trio(t)
	for _, n := range []int{0, 1, 63, 64, 256, 16383, 16384, 1 << 20} {
		b, err := ana.g.Seal(ana.store, w.header(), make([]byte, n))
		if err != nil {
			t.Fatal(err)
		}
		if over := len(b) - n; over > group.Overhead {
			t.Errorf("%d bytes become %d more, want at most %d", n, over, group.Overhead)
		}
	}
}
