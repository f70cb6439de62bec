package group_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// memory is a store over a map. A copy is what a thief or a restart gets.
type memory struct {
	rows map[string]map[string][]byte
	fail func() error // asked before each write, if set
}

func newMemory() *memory { return &memory{rows: make(map[string]map[string][]byte)} }

func (m *memory) copy() *memory {
	c := newMemory()
	for g, rows := range m.rows {
		c.rows[g] = make(map[string][]byte, len(rows))
		for k, v := range rows {
			c.rows[g][k] = slices.Clone(v)
		}
	}
	return c
}

func (m *memory) equal(o *memory) bool {
	same := func(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }
	return maps.EqualFunc(m.rows, o.rows, same)
}

func (m *memory) Get(g []byte, key string) ([]byte, error) { return m.rows[string(g)][key], nil }

func (m *memory) Put(g []byte, key string, value []byte) error {
	if m.fail != nil {
		if err := m.fail(); err != nil {
			return err
		}
	}
	if m.rows[string(g)] == nil {
		m.rows[string(g)] = make(map[string][]byte)
	}
	m.rows[string(g)][key] = slices.Clone(value)
	return nil
}

func (m *memory) Delete(g []byte, key string) error {
	delete(m.rows[string(g)], key)
	return nil
}

func (m *memory) DeletePrefix(g []byte, prefix string) error {
	maps.DeleteFunc(m.rows[string(g)], func(k string, _ []byte) bool { return strings.HasPrefix(k, prefix) })
	if len(m.rows[string(g)]) == 0 {
		delete(m.rows, string(g))
	}
	return nil
}

func (m *memory) Scan(g []byte, prefix string) iter.Seq2[mls.Row, error] {
	return func(yield func(mls.Row, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(m.rows[string(g)])) {
			if strings.HasPrefix(k, prefix) && !yield(mls.Row{Key: k, Value: m.rows[string(g)][k]}, nil) {
				return
			}
		}
	}
}

// world is a place with its clock and the rows of one room.
type world struct {
	t     testing.TB
	place [32]byte
	id    [32]byte
	now   time.Time
	all   []*dev // who takes part in post
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: time.Unix(1_795_400_000, 0)}
	w.place, w.id = x25519(t), [32]byte{1, 2, 3}
	return w
}

func (w *world) clock() time.Time { return w.now }

// header returns another header each time.
func (w *world) header() (h [32]byte) {
	rand.Read(h[:])
	return h
}

func x25519(t testing.TB) [32]byte {
	t.Helper()
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return [32]byte(k.PublicKey().Bytes())
}

// person is an identity with the number of its last revocation.
type person struct {
	w    *world
	name string
	key  identity.PrivateKey
	last uint64
}

func key(t testing.TB) identity.PrivateKey {
	t.Helper()
	k, err := identity.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (w *world) person(name string) *person { return &person{w: w, name: name, key: key(w.t)} }

func (p *person) id() identity.PublicKey { return p.key.Public() }

// revoke signs that a device is the person's no longer.
func (p *person) revoke(d identity.DeviceID) []byte {
	p.w.t.Helper()
	p.last++
	b, err := identity.Revocation{Place: p.w.place, Identity: p.id(), Number: p.last, Device: d, At: 1}.Sign(p.key)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return b
}

// dev is one device with its store and its group.
type dev struct {
	t      testing.TB
	w      *world
	name   string
	who    *person
	cert   []byte
	signer mls.SigningKey
	d      *group.Device
	store  *memory
	g      *group.Group
}

// certify makes a certificate of the person for a device with these keys.
func (p *person) certify(place, transport [32]byte, envelope identity.PrivateKey, signer mls.SigningKey) []byte {
	p.w.t.Helper()
	public, err := identity.NewPublicKey(signer.Public())
	if err != nil {
		p.w.t.Fatal(err)
	}
	b, err := identity.Certificate{
		Place: place, Identity: p.id(), Transport: transport,
		Envelope: envelope.Public(), MLS: public, Created: 1,
	}.Sign(p.key, envelope)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return b
}

func newSigner(t testing.TB) mls.SigningKey {
	t.Helper()
	signer, err := mls.GenerateSigningKey(group.Suite)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// device makes a device of a person.
func (p *person) device(name string) *dev {
	p.w.t.Helper()
	signer := newSigner(p.w.t)
	return p.deviceWith(name, p.certify(p.w.place, x25519(p.w.t), key(p.w.t), signer), signer)
}

func (p *person) deviceWith(name string, cert []byte, signer mls.SigningKey) *dev {
	p.w.t.Helper()
	d, err := group.NewDevice(p.w.place, cert, signer, p.w.clock)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return &dev{t: p.w.t, w: p.w, name: name, who: p, cert: cert, signer: signer, d: d, store: newMemory()}
}

func (d *dev) create(p group.Policy) {
	d.t.Helper()
	g, err := d.d.Create(d.store, d.w.id, p)
	if err != nil {
		d.t.Fatal(err)
	}
	d.g = g
	d.w.all = append(d.w.all, d)
}

func (d *dev) keyPackage() *group.KeyPackage {
	d.t.Helper()
	b, err := d.d.NewKeyPackage(d.store, false)
	if err != nil {
		d.t.Fatal(err)
	}
	k, err := group.ParseKeyPackage(d.w.place, b, d.w.now)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// restart forgets memory and reads the store again.
func (d *dev) restart() {
	d.t.Helper()
	fresh, err := group.NewDevice(d.w.place, d.cert, d.signer, d.w.clock)
	if err != nil {
		d.t.Fatal(err)
	}
	g, err := fresh.Load(d.store, d.w.id)
	if err != nil {
		d.t.Fatalf("%s restarts: %v", d.name, err)
	}
	d.d, d.g = fresh, g
}

// post gives a message its place in the order: everybody processes it. It
// returns what the members but the sender saw, who must all see the same.
func (w *world) post(kind group.Kind, header [32]byte, message []byte) *group.Event {
	w.t.Helper()
	var seen *group.Event
	var gone []*dev
	for _, d := range w.all {
		e, err := d.g.Process(d.store, kind, header, message)
		if err != nil {
			w.t.Fatalf("%s processes: %v", d.name, err)
		}
		if e.Left {
			gone = append(gone, d)
		}
		if e.Kind == group.Own {
			continue
		}
		if seen != nil && (seen.Kind != e.Kind || seen.From.Device != e.From.Device || !bytes.Equal(seen.Content, e.Content)) {
			w.t.Fatalf("%s saw %+v, others %+v", d.name, e, seen)
		}
		seen = e
	}
	w.all = slices.DeleteFunc(w.all, func(d *dev) bool { return slices.Contains(gone, d) })
	return seen
}

// commit makes a commit, posts it and lets those join whom it adds.
func (d *dev) commit(plan group.Plan, joiners ...*dev) *group.Change {
	d.t.Helper()
	h := d.w.header()
	out, err := d.g.Commit(d.store, h, plan)
	if err != nil {
		d.t.Fatalf("%s commits: %v", d.name, err)
	}
	e := d.w.post(group.Changed, h, out.Message)
	for _, j := range joiners {
		j.join(out.Welcome)
	}
	d.w.agree()
	return e.Change
}

func (d *dev) join(welcome []byte) {
	d.t.Helper()
	g, err := d.d.Join(d.store, d.w.id, welcome)
	if err != nil {
		d.t.Fatalf("%s joins: %v", d.name, err)
	}
	d.g = g
	d.w.all = append(d.w.all, d)
}

// add lets d add others.
func (d *dev) add(others ...*dev) *group.Change {
	d.t.Helper()
	var plan group.Plan
	for _, o := range others {
		plan.Add = append(plan.Add, o.keyPackage())
	}
	return d.commit(plan, others...)
}

// leave posts that a device is to go.
func (d *dev) leave(who *dev) {
	d.t.Helper()
	h := d.w.header()
	m, err := d.g.Leave(d.store, h, who.d.ID())
	if err != nil {
		d.t.Fatalf("%s leaves: %v", d.name, err)
	}
	e := d.w.post(group.Proposed, h, m)
	if e.Leaving.Device != who.d.ID() {
		d.t.Fatalf("%s leaves, others saw %v", who.name, e.Leaving.Device)
	}
}

func (d *dev) seal(text string) ([32]byte, []byte) {
	d.t.Helper()
	h := d.w.header()
	b, err := d.g.Seal(d.store, h, []byte(text))
	if err != nil {
		d.t.Fatalf("%s seals: %v", d.name, err)
	}
	return h, b
}

// agree makes sure that all are in the same epoch and can read each other.
func (w *world) agree() {
	w.t.Helper()
	for _, d := range w.all {
		if got, want := d.g.Authenticator(), w.all[0].g.Authenticator(); !bytes.Equal(got, want) {
			w.t.Fatalf("%s and %s are in different groups", d.name, w.all[0].name)
		}
		if got := d.g.Self(); got.Device != d.d.ID() || !got.Identity.Equal(d.who.id()) {
			w.t.Fatalf("%s finds %v as itself", d.name, got.Device)
		}
	}
	if w.all[0].g.NeedsCommit() {
		return
	}
	for _, d := range w.all {
		h, b := d.seal("hello from " + d.name)
		if e := w.post(group.Message, h, b); len(w.all) > 1 && string(e.Content) != "hello from "+d.name {
			w.t.Fatalf("got %q", e.Content)
		}
	}
}

// refuses makes sure that a device refuses a message for good and stays as it is.
func (d *dev) refuses(what string, kind group.Kind, header [32]byte, message []byte, want error) {
	d.t.Helper()
	before, epoch := d.store.copy(), d.g.Epoch()
	_, err := d.g.Process(d.store, kind, header, message)
	if !errors.Is(err, want) || !group.Skip(err) || group.MustRejoin(err) {
		d.t.Errorf("%s: %s got %v, want %v", what, d.name, err, want)
	}
	if d.g.Epoch() != epoch || !before.equal(d.store) {
		d.t.Errorf("%s changed the state of %s", what, d.name)
	}
}

// anything is a member's own program without our rules.
type anything struct{}

func (anything) CheckCredential(*mls.LeafNode) error { return nil }
func (anything) CheckChange(*mls.Change) error       { return nil }

// rogue opens a copy of a device's group without our rules.
func (d *dev) rogue(change ...func(*mls.Config)) (*mls.Group, *memory) {
	d.t.Helper()
	store := d.store.copy()
	g, err := d.rogueClient(change...).Load(store, d.w.id[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return g, store
}

func (d *dev) rogueClient(change ...func(*mls.Config)) *mls.Client {
	d.t.Helper()
	cfg := mls.Config{
		Signer: d.signer, Credential: mls.Credential{Type: mls.BasicCredential, Identity: d.cert},
		Policy: anything{}, OpenExternal: true, Supports: []mls.ExtensionType{0xF001, 0xF002},
		Now: d.w.clock, MaxLifetime: -1,
	}
	for _, c := range change {
		c(&cfg)
	}
	c, err := mls.NewClient(cfg)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// trio is Ana (admin) with two devices, Ben and Cleo, in one group.
func trio(t testing.TB) (w *world, ana, phone, ben, cleo *dev) {
	t.Helper()
	w = newWorld(t)
	a := w.person("ana")
	ana, phone = a.device("ana"), a.device("ana's phone")
	ben, cleo = w.person("ben").device("ben"), w.person("cleo").device("cleo")
	ana.create(group.Policy{Admins: []identity.PublicKey{a.id()}, Name: "Kitchen", Topic: "what to cook"})
	ana.add(ben, cleo)
	ana.add(phone)
	return w, ana, phone, ben, cleo
}
