package group_test

import (
	"bytes"
	"crypto/hpke"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// The tests of this file are named after the numbered properties that
// SECURITY.md lists, as far as this package answers for them. Each was seen to
// fail with the line that guards it taken out.

// Property 1: whoever carries the messages adds nobody. It has all that passes
// by, a device of its own in the place, and even a GroupInfo.
func TestProperty01HostAddsNobody(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	eve := w.person("eve").device("eve")
	h := w.header()
	info, err := ben.g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	_, join, err := eve.rogueClient().Rejoin(newMemory(), info, mls.Rejoining{
		AuthenticatedData: h[:], Replaces: func(*mls.LeafNode) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	// A group of its own with the same id, the same members and itself.
	forged, err := eve.rogueClient().Create(newMemory(), w.id[:], encoded(t, group.Policy{Admins: []identity.PublicKey{eve.who.id()}}))
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	if forged, err = eve.rogueClient().Create(store, w.id[:], forged.Extensions()); err != nil {
		t.Fatal(err)
	}
	k := stored(t, ben)
	out, err := forged.Commit(store, mls.Plan{Add: []*mls.KeyPackage{k}, AuthenticatedData: h[:], TreeInWelcome: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range w.all {
		d.refuses("an external commit of a stranger", group.Changed, h, join, group.ErrNotAllowed)
		if _, err := d.g.Process(d.store, group.Changed, h, out.Message); err == nil {
			t.Errorf("%s took a commit of another group with the same id", d.name)
		}
	}
	before := ben.store.copy()
	if _, err := ben.d.Join(ben.store, w.id, out.Welcome); !group.Skip(err) || !before.equal(ben.store) {
		t.Errorf("a welcome into a group with the id of one that ben is in: got %v", err)
	}
	// Real commits and Welcomes once more, later.
	h = w.header()
	add, err := ana.g.Commit(ana.store, h, group.Plan{Add: []*group.KeyPackage{eve.keyPackage()}})
	if err != nil {
		t.Fatal(err)
	}
	w.post(group.Changed, h, add.Message)
	eve.join(add.Welcome)
	ana.commit(group.Plan{Remove: []identity.DeviceID{eve.d.ID()}})
	for _, d := range w.all {
		d.refuses("a commit of long ago", group.Changed, h, add.Message, mls.ErrOldEpoch)
	}
	if _, err := eve.d.Join(eve.store, w.id, add.Welcome); !errors.Is(err, mls.ErrNoKeyPackage) {
		t.Errorf("a welcome a second time: got %v", err)
	}
	if cleo.g.Has(eve.who.id()) {
		t.Error("eve is still there")
	}
	w.agree()
}

// Property 2: only who may adds and removes. TestPolicyRules has all rules; here
// are the three that matter most.
func TestProperty02OnlyWhoMayChangesMembers(t *testing.T) {
	all := attacks(t)
	for _, name := range []string{
		"a member who is no admin adds somebody",
		"a member who is no admin removes somebody",
		"a member who is no admin changes the policy",
	} {
		w, ana, phone, ben, cleo := trio(t)
		h := w.header()
		kind, m := all[name](w, ana, phone, ben, cleo, h[:])
		for _, d := range []*dev{ana, phone, cleo} {
			d.refuses(name, kind, h, m, group.ErrNotAllowed)
		}
	}
}

// Property 3: nobody adds a device to a person without that person's key.
func TestProperty03DeviceNeedsItsPersonsSignature(t *testing.T) {
	all := attacks(t)
	for _, name := range []string{
		"an admin adds a leaf without a certificate",
		"an admin adds a leaf with the certificate of somebody else",
		"an admin adds a leaf with a certificate that nobody signed",
		"an admin adds a leaf with a certificate of another place",
		"a member takes over the name of somebody else",
	} {
		w, ana, phone, ben, cleo := trio(t)
		h := w.header()
		kind, m := all[name](w, ana, phone, ben, cleo, h[:])
		// The name taken over is refused before the certificate is looked at:
		// nobody may change its own.
		want := group.ErrCredential
		for _, d := range []*dev{phone, cleo} {
			d.refuses(name, kind, h, m, want)
		}
	}
}

// Property 4: one meaning per message, key and header.
func TestProperty04OneMeaning(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	h := w.header()
	all := map[string][]byte{}
	var err error
	if all["key package"], err = cleo.d.NewKeyPackage(newMemory(), false); err != nil {
		t.Fatal(err)
	}
	if all["group info"], err = ana.g.GroupInfo(); err != nil {
		t.Fatal(err)
	}
	if all["signal"], err = ana.g.SealSignal([]byte("types")); err != nil {
		t.Fatal(err)
	}
	if all["text"], err = ana.g.Seal(ana.store, h, []byte("text")); err != nil {
		t.Fatal(err)
	}
	if all["proposal"], err = cleo.g.Leave(cleo.store, h, cleo.d.ID()); err != nil {
		t.Fatal(err)
	}
	_, external, err := ana.rogueClient().Rejoin(newMemory(), all["group info"], mls.Rejoining{AuthenticatedData: h[:]})
	if err != nil {
		t.Fatal(err)
	}
	all["external commit"] = external
	eve := w.person("eve").device("eve")
	out, err := ana.g.Commit(ana.store, h, group.Plan{Add: []*group.KeyPackage{eve.keyPackage()}})
	if err != nil {
		t.Fatal(err)
	}
	all["commit"], all["welcome"] = out.Message, out.Welcome

	kinds := map[string]group.Kind{"text": group.Message, "proposal": group.Proposed, "commit": group.Changed, "external commit": group.Changed}
	for name, b := range all {
		for _, kind := range []group.Kind{0, group.Message, group.Changed, group.Proposed, group.Own, 99} {
			if kind == kinds[name] && kind != 0 {
				continue
			}
			before := ben.store.copy()
			if _, err := ben.g.Process(ben.store, kind, h, b); !group.Skip(err) || !before.equal(ben.store) {
				t.Errorf("%s as a message of kind %d: got %v", name, kind, err)
			}
		}
		if kind := kinds[name]; kind != 0 {
			ben.refuses(name+" behind another header", kind, w.header(), b, group.ErrHeader)
		}
		if name != "welcome" {
			if _, err := eve.d.Join(eve.store, w.id, b); !group.Skip(err) {
				t.Errorf("%s as a welcome: got %v", name, err)
			}
		}
		if name != "key package" {
			if _, err := group.ParseKeyPackage(w.place, b, w.now); !errors.Is(err, group.ErrKeyPackage) {
				t.Errorf("%s as a key package: got %v", name, err)
			}
		}
		if name != "group info" {
			if _, _, err := cleo.d.Rejoin(newMemory(), w.id, b, h); !group.Skip(err) {
				t.Errorf("%s as a group info: got %v", name, err)
			}
		}
		if name != "signal" {
			if _, err := ben.g.OpenSignal(b); !errors.Is(err, group.ErrSignal) {
				t.Errorf("%s as a signal: got %v", name, err)
			}
		}
	}
	// A text that carries more than its header.
	g, store := ana.rogue()
	b, err := g.Encrypt(store, append(h[:], 1), []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	ben.refuses("a text with more than a header", group.Message, h, b, group.ErrHeader)
	// The own commit counts behind its own header only: others take no other.
	ana.refuses("the own commit behind another header", group.Changed, w.header(), out.Message, group.ErrHeader)
}

// Property 8: who takes the store after messages were read reads none of them.
func TestProperty08ForwardSecrecyInAnEpoch(t *testing.T) {
	w, ana, _, ben, _ := trio(t)
	type row struct {
		h [32]byte
		b []byte
	}
	var rows []row
	for i := range 5 {
		h, b := ana.seal(fmt.Sprint("secret ", i))
		w.post(group.Message, h, b)
		rows = append(rows, row{h, b})
	}
	for _, of := range []*dev{ana, ben} {
		thief := &dev{t: t, w: w, name: "thief", who: of.who, cert: of.cert, signer: of.signer, store: of.store.copy()}
		thief.restart()
		for i, r := range rows {
			if e, err := thief.g.Process(thief.store, group.Message, r.h, r.b); err == nil && e.Content != nil {
				t.Errorf("the thief of %s reads message %d: %q", of.name, i, e.Content)
			}
		}
		for g, stored := range of.store.rows {
			for k, v := range stored {
				if bytes.Contains(v, []byte("secret ")) {
					t.Errorf("row %q of group %q holds what was said", k, g)
				}
			}
		}
	}
}

// Property 9: an empty commit of the victim ends what a thief of its keys reads.
func TestProperty09TheftHeals(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	thief := &dev{t: t, w: w, name: "thief", who: ben.who, cert: ben.cert, signer: ben.signer, store: ben.store.copy()}
	thief.restart()
	h, b := ana.seal("while stolen")
	if e, err := thief.g.Process(thief.store, group.Message, h, b); err != nil || string(e.Content) != "while stolen" {
		t.Fatalf("the theft did not work: %v", err)
	}
	w.post(group.Message, h, b)
	h = w.header()
	out, err := ben.g.Commit(ben.store, h, group.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	w.post(group.Changed, h, out.Message)
	if _, err := thief.g.Process(thief.store, group.Changed, h, out.Message); err == nil {
		t.Error("the thief follows the victim's commit")
	}
	for _, d := range []*dev{ana, ben, cleo} {
		h, b := d.seal("after")
		if e, err := thief.g.Process(thief.store, group.Message, h, b); err == nil {
			t.Errorf("the thief reads %q", e.Content)
		}
		w.post(group.Message, h, b)
	}
}

// Property 10: removed is out, with everything that one had.
func TestProperty10RemovedMeansOut(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	stolen := cleo.store.copy()
	h := w.header()
	out, err := ana.g.Commit(ana.store, h, group.Plan{Remove: []identity.DeviceID{cleo.d.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	w.post(group.Changed, h, out.Message)
	thief := &dev{t: t, w: w, name: "cleo's backup", who: cleo.who, cert: cleo.cert, signer: cleo.signer, store: stolen}
	thief.restart()
	g, err := cleo.rogueClient().Load(thief.store, w.id[:])
	if err != nil {
		t.Fatal(err)
	}
	if r, err := g.Process(thief.store.copy(), out.Message); err == nil && !r.Removed {
		t.Error("cleo follows the commit that takes her out")
	}
	for _, d := range []*dev{ana, ben} {
		h, b := d.seal("without cleo")
		if e, err := thief.g.Process(thief.store, group.Message, h, b); err == nil {
			t.Errorf("cleo reads %q", e.Content)
		}
		s, err := d.g.SealSignal([]byte("types"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := thief.g.OpenSignal(s); err == nil {
			t.Error("cleo sees who types")
		}
		w.post(group.Message, h, b)
	}
	// She says something, with a header of now: nobody hears it.
	h, b := thief.seal("I am still here")
	for _, d := range w.all {
		d.refuses("a message of who is out", group.Message, h, b, mls.ErrOldEpoch)
	}
	info, err := thief.g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	_, back, err := thief.rogueClient().Rejoin(newMemory(), info, mls.Rejoining{AuthenticatedData: h[:]})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range w.all {
		d.refuses("an external commit of who is out", group.Changed, h, back, mls.ErrOldEpoch)
	}
}

// Property 11: nothing counts twice, over restarts too.
func TestProperty11ReplayRefused(t *testing.T) {
	w, ana, _, ben, cleo := trio(t)
	h, b := ana.seal("once")
	w.post(group.Message, h, b)
	ben.refuses("a message twice", group.Message, h, b, mls.ErrConsumed)
	ben.restart()
	ben.refuses("a message twice after a restart", group.Message, h, b, mls.ErrConsumed)
	// A transaction that was rolled back did not count.
	h, b = ana.seal("again")
	before := cleo.store.copy()
	if _, err := cleo.g.Process(cleo.store, group.Message, h, b); err != nil {
		t.Fatal(err)
	}
	cleo.store = before
	if _, err := cleo.g.Process(cleo.store, group.Message, h, b); err != nil {
		t.Errorf("after a rollback: %v", err)
	}
	cleo.refuses("a message twice", group.Message, h, b, mls.ErrConsumed)
	for _, d := range w.all {
		if d != cleo && d != ana {
			if _, err := d.g.Process(d.store, group.Message, h, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A proposal, and a signal.
	h = w.header()
	leave, err := cleo.g.Leave(cleo.store, h, cleo.d.ID())
	if err != nil {
		t.Fatal(err)
	}
	w.post(group.Proposed, h, leave)
	ben.refuses("a proposal twice", group.Proposed, h, leave, mls.ErrConsumed)
	s, err := ana.g.SealSignal(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ben.g.OpenSignal(s); err != nil {
		t.Fatal(err)
	}
	if _, err := ben.g.OpenSignal(s); !errors.Is(err, group.ErrSignal) {
		t.Errorf("a signal twice: got %v", err)
	}
}

// Property 12: whatever order the messages of an epoch come in, each is read
// once, with restarts in between; one that is missing is missed by its sender's
// counter in the header, which is authenticated.
func TestProperty12ShuffledMessagesAreReadOnce(t *testing.T) {
	_, ana, _, ben, _ := trio(t)
	type row struct {
		h [32]byte
		b []byte
	}
	var rows []row
	for i := range 100 {
		h, b := ana.seal(fmt.Sprint("message ", i))
		rows = append(rows, row{h, b})
	}
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	read := make(map[string]int)
	for i, r := range rows {
		e, err := ben.g.Process(ben.store, group.Message, r.h, r.b)
		if err != nil {
			t.Fatal(err)
		}
		read[string(e.Content)]++
		if i%20 == 0 {
			ben.restart()
		}
	}
	for i := range 100 {
		if got := read[fmt.Sprint("message ", i)]; got != 1 {
			t.Errorf("message %d was read %d times", i, got)
		}
	}
}

// Property 13: little work before trust. crypto/mls has the far generations; here
// is what this package reads first.
func TestProperty13BoundedWork(t *testing.T) {
	w, ana, _, ben, _ := trio(t)
	h := w.header()
	// Whoever sends behind a header of its own reaches no key at all.
	_, b := ana.seal("text")
	if n := testing.AllocsPerRun(10, func() {
		if _, err := ben.g.Process(ben.store, group.Message, h, b); !errors.Is(err, group.ErrHeader) {
			t.Errorf("got %v", err)
		}
	}); n > 30 {
		t.Errorf("a message behind another header costs %v allocations", n)
	}
	ben.refuses("17 MiB", group.Message, h, make([]byte, 17<<20), mls.ErrMalformed)
	ben.refuses("nothing", group.Message, h, nil, mls.ErrMalformed)
	if _, err := ben.g.OpenSignal(make([]byte, 1<<20)); !errors.Is(err, group.ErrSignal) {
		t.Errorf("a large signal: got %v", err)
	}
	if _, err := group.ParsePolicy(bytes.Repeat([]byte{0xff}, 1<<20)); !errors.Is(err, group.ErrPolicy) {
		t.Errorf("a large policy: got %v", err)
	}
	// What the rules read before they say no to revocations is bounded.
	r := ana.who.revoke(ben.d.ID())
	g, store := ana.rogue()
	out, err := g.Commit(store, mls.Plan{AuthenticatedData: append(h[:], bytes.Repeat(r, group.MaxRevocations+1)...)})
	if err != nil {
		t.Fatal(err)
	}
	ben.refuses("too many revocations", group.Changed, h, out.Message, group.ErrNotAllowed)
}

// Property 16: there is one suite; nothing weaker is taken.
func TestProperty16NoDowngrade(t *testing.T) {
	w, ana, _, _, _ := trio(t)
	eve := w.person("eve")
	signer, err := mls.GenerateSigningKey(mls.X25519AES128SHA256Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	cert := eve.certify(w.place, x25519(t), key(t), signer)
	if _, err := group.NewDevice(w.place, cert, signer, w.clock); !errors.Is(err, group.ErrCredential) {
		t.Errorf("a device with a key of suite 1: got %v", err)
	}
	weak, err := mls.NewClient(mls.Config{
		Signer: signer, Credential: mls.Credential{Type: mls.BasicCredential, Identity: cert},
		Policy: anything{}, Supports: []mls.ExtensionType{0xF001}, Now: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	k, err := weak.NewKeyPackage(store, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := group.ParseKeyPackage(w.place, k.Bytes(), w.now); !errors.Is(err, group.ErrKeyPackage) {
		t.Errorf("a key package of suite 1: got %v", err)
	}
	g, err := weak.Create(store, w.id[:], encoded(t, group.Policy{Admins: []identity.PublicKey{eve.id()}}))
	if err != nil {
		t.Fatal(err)
	}
	info, err := g.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ana.d.Rejoin(newMemory(), w.id, info, w.header()); !errors.Is(err, mls.ErrUnsupported) {
		t.Errorf("a group of suite 1: got %v", err)
	}
	h := w.header()
	m, err := g.Encrypt(store, h[:], []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ana.g.Process(ana.store, group.Message, h, m); err == nil {
		t.Error("a message of suite 1 was taken")
	}
	_, b := ana.seal("text")
	b[1] = 2 // protocol version
	ana.refuses("a message of another version", group.Message, h, b, mls.ErrUnsupported)
}

// FEATURES C5: sealed rooms are hybrid from the first byte on: the key to which a Welcome
// is encrypted is X25519 and ML-KEM-768 together (X-Wing, 1,216 bytes, encapsulations of
// 1,120), and fresh keys in a room are no smaller. crypto/hpke has X-Wing and its tests.
func TestC5SealedRoomsAreHybrid(t *testing.T) {
	w, ana, _, ben, _ := trio(t)
	const suite = 0xF001
	raw, err := ben.d.NewKeyPackage(newMemory(), false)
	if err != nil {
		t.Fatal(err)
	}
	// MLSMessage: version, wire format; KeyPackage: version, cipher suite, init key with
	// its length in front (RFC 9420, sections 6 and 10).
	if got := int(raw[6])<<8 | int(raw[7]); got != suite {
		t.Errorf("the suite of a key package is %#x, want %#x", got, suite)
	}
	if got := int(raw[8]&0x3f)<<8 | int(raw[9]); got != 32+1184 {
		t.Errorf("an init key of %d bytes, want those of X25519 and of ML-KEM-768", got)
	}
	k, err := hpke.MLKEM768X25519().NewPublicKey(raw[10 : 10+32+1184])
	if err != nil {
		t.Fatal(err)
	}
	enc, _, err := hpke.NewSender(k, hpke.HKDFSHA384(), hpke.AES256GCM(), nil)
	if err != nil || len(enc) != 32+1088 {
		t.Errorf("an encapsulation of %d bytes, %v, want an X25519 key and a ciphertext of ML-KEM-768", len(enc), err)
	}
	h := w.header()
	out, err := ana.g.Commit(ana.store, h, group.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Message) < 32+1088 {
		t.Errorf("fresh keys of %d bytes have no room for a hybrid encapsulation", len(out.Message))
	}
	w.post(group.Changed, h, out.Message)
	w.agree()
}

// Property 18: whatever write fails, no key encrypts two messages: what was
// written before a crash is rolled back, and what left was written.
func TestProperty18CrashRepeatsNoKey(t *testing.T) {
	w, ana, _, ben, _ := trio(t)
	for die := range 8 {
		saved := ana.store.copy()
		writes := 0
		crash := errors.New("crash")
		ana.store.fail = func() error {
			if writes++; writes > die {
				return crash
			}
			return nil
		}
		h := w.header()
		b, err := ana.g.Seal(ana.store, h, []byte("lost"))
		ana.store.fail = nil
		if errors.Is(err, crash) {
			if b != nil {
				t.Fatal("a message left before its key was written as used")
			}
			ana.store = saved
			ana.restart()
		} else if err != nil {
			t.Fatal(err)
		} else if e, err := ben.g.Process(ben.store, group.Message, h, b); err != nil || string(e.Content) != "lost" {
			t.Fatalf("after %d writes: %v", die, err)
		}
	}
	// A crash after the commit and before the message left: the key is used up.
	_, lost := ana.seal("lost")
	ana.restart()
	h, b := ana.seal("next")
	if e, err := ben.g.Process(ben.store, group.Message, h, b); err != nil || string(e.Content) != "next" {
		t.Fatalf("got %v", err)
	}
	if bytes.Equal(lost, b) {
		t.Error("two messages are the same")
	}
}

// Property 24: when the key packages are used up, the one of last resort serves
// again and again, until its lifetime ends or it is replaced.
func TestProperty24LastResort(t *testing.T) {
	w := newWorld(t)
	a, b := w.person("ana"), w.person("ben")
	ana, ben := a.device("ana"), b.device("ben")
	last, err := ben.d.NewKeyPackage(ben.store, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		id := [32]byte{byte(i)}
		g, err := ana.d.Create(ana.store, id, group.Policy{Direct: true, Admins: []identity.PublicKey{a.id(), b.id()}})
		if err != nil {
			t.Fatal(err)
		}
		k, err := group.ParseKeyPackage(w.place, last, w.now)
		if err != nil || !k.LastResort || k.Device != ben.d.ID() || k.Expires.Before(w.now.Add(80*24*time.Hour)) {
			t.Fatalf("got %+v, %v", k, err)
		}
		out, err := g.Commit(ana.store, w.header(), group.Plan{Add: []*group.KeyPackage{k}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ben.d.Join(ben.store, id, out.Welcome); err != nil {
			t.Errorf("group %d: %v", i, err)
		}
	}
	rows := func() int { return len(ben.store.rows[""]) }
	drop := func(before time.Duration, most, want int) {
		t.Helper()
		if err := ben.d.DropKeyPackages(ben.store, w.now.Add(-before), most); err != nil || rows() != want {
			t.Fatalf("%d key packages left, want %d, %v", rows(), want, err)
		}
	}
	w.now = w.now.Add(30 * 24 * time.Hour)
	for i := range 2 { // one replaces it, the other is used once
		if _, err := ben.d.NewKeyPackage(ben.store, i == 0); err != nil {
			t.Fatal(err)
		}
	}
	drop(60*24*time.Hour, 3, 3) // somebody may have it still
	drop(30*24*time.Hour, 3, 3)
	drop(29*24*time.Hour, 3, 2)
	if _, err := ben.d.NewKeyPackage(ben.store, false); err != nil {
		t.Fatal(err)
	}
	drop(60*24*time.Hour, 2, 2)
	w.now = w.now.Add(61 * 24 * time.Hour)
	if _, err := group.ParseKeyPackage(w.place, last, w.now); !errors.Is(err, group.ErrKeyPackage) {
		t.Errorf("after its lifetime: got %v", err)
	}
	w.now = w.now.Add(30 * 24 * time.Hour)
	drop(200*24*time.Hour, 10, 0)
}

// TestParseKeyPackageRefuses: what must not be added.
func TestParseKeyPackageRefuses(t *testing.T) {
	w := newWorld(t)
	ben := w.person("ben").device("ben")
	for name, k := range map[string]*mls.KeyPackage{
		"no certificate": ben.bare(func(c *mls.Config) { c.Credential.Identity = []byte("ben") }),
		"another's certificate": ben.bare(func(c *mls.Config) {
			c.Credential.Identity = w.person("eve").device("eve").cert
		}),
		"no policies":              ben.bare(func(c *mls.Config) { c.Supports = nil }),
		"a lifetime of ten years":  ben.bare(func(c *mls.Config) { c.Lifetime = 3650 * 24 * time.Hour }),
		"a lifetime of the future": ben.bare(func(c *mls.Config) { c.Now = func() time.Time { return w.now.Add(2 * time.Hour) } }),
		"another type of credential": ben.bare(func(c *mls.Config) {
			c.Credential = mls.Credential{Type: mls.X509Credential, Certificates: [][]byte{c.Credential.Identity}}
		}),
	} {
		if _, err := group.ParseKeyPackage(w.place, k.Bytes(), w.now); !errors.Is(err, group.ErrKeyPackage) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	b, err := ben.d.NewKeyPackage(ben.store, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := group.ParseKeyPackage(x25519(t), b, w.now); !errors.Is(err, group.ErrCredential) {
		t.Errorf("another place: got %v", err)
	}
	for i := 0; i < len(b); i += 41 {
		bad := slices.Clone(b)
		bad[i] ^= 1
		if _, err := group.ParseKeyPackage(w.place, bad, w.now); !errors.Is(err, group.ErrKeyPackage) {
			t.Errorf("byte %d changed: got %v", i, err)
		}
	}
}

// Property 25: a message that does not open says nothing about why. All bytes of
// it that are encrypted lead to one and the same error.
func TestProperty25UniformErrors(t *testing.T) {
	_, ana, _, ben, _ := trio(t)
	h, b := ana.seal("text")
	// Before that are version, format, group, epoch, kind and header, in clear.
	start := bytes.Index(b, h[:]) + len(h)
	texts := make(map[string]int)
	for i := start + 1; i < len(b); i++ { // the first byte is a length
		bad := slices.Clone(b)
		bad[i] ^= 0x10
		_, err := ben.g.Process(ben.store, group.Message, h, bad)
		if err == nil {
			t.Fatalf("byte %d changed: taken", i)
		}
		if errors.Is(err, mls.ErrMalformed) && i < start+40 {
			continue // the length of the ciphertext
		}
		texts[err.Error()]++
	}
	if len(texts) != 1 {
		t.Errorf("errors tell apart why: %v", texts)
	}
	ben.refuses("a changed text", group.Message, h, append(slices.Clone(b[:len(b)-1]), b[len(b)-1]^1), mls.ErrDecrypt)
	if _, err := ben.g.Process(ben.store, group.Message, h, b); err != nil {
		t.Errorf("the true one: %v", err)
	}
}
