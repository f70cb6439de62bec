package mls

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// tester is what helpers need of a test, a benchmark, a fuzz target or a model.
type tester interface {
	Helper()
	Error(...any)
	Errorf(string, ...any)
	Fatal(...any)
	Fatalf(string, ...any)
}

// peer is one client with its store and its group, as an application would
// hold them.
type peer struct {
	t      tester
	name   string
	client *Client
	store  *memory
	group  *Group
}

// testSuites are all suites, without the slow curves in -short or -race.
func testSuites() []CipherSuite {
	if testing.Short() || underRace {
		return []CipherSuite{X25519AES128SHA256Ed25519, XWingAES256SHA384Ed25519}
	}
	return []CipherSuite{1, 2, 3, 5, 7, XWingAES256SHA384Ed25519}
}

func newPeer(t tester, id CipherSuite, name string, change ...func(*Config)) *peer {
	t.Helper()
	signer, err := GenerateSigningKey(id)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Signer: signer, Policy: anyone{},
		Credential: Credential{Type: BasicCredential, Identity: []byte(name)},
	}
	for _, c := range change {
		c(&cfg)
	}
	client, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &peer{t: t, name: name, client: client, store: newMemory()}
}

func (p *peer) create(extensions ...Extension) {
	p.t.Helper()
	g, err := p.client.Create(p.store, []byte("the group"), extensions)
	if err != nil {
		p.t.Fatal(err)
	}
	p.group = g
}

func (p *peer) keyPackage() *KeyPackage {
	p.t.Helper()
	k, err := p.client.NewKeyPackage(p.store, false)
	if err != nil {
		p.t.Fatal(err)
	}
	k, err = ParseKeyPackage(k.Bytes())
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

func (p *peer) commit(plan Plan) *Outgoing {
	p.t.Helper()
	out, err := p.group.Commit(p.store, plan)
	if err != nil {
		p.t.Fatalf("%s commits: %v", p.name, err)
	}
	return out
}

func (p *peer) join(welcome, tree []byte) {
	p.t.Helper()
	g, err := p.client.Join(p.store, welcome, tree)
	if err != nil {
		p.t.Fatalf("%s joins: %v", p.name, err)
	}
	p.group = g
}

func (p *peer) process(message []byte) *Received {
	p.t.Helper()
	r, err := p.group.Process(p.store, message)
	if err != nil {
		p.t.Fatalf("%s processes: %v", p.name, err)
	}
	return r
}

func (p *peer) encrypt(text string) []byte {
	p.t.Helper()
	b, err := p.group.Encrypt(p.store, []byte("header"), []byte(text))
	if err != nil {
		p.t.Fatalf("%s encrypts: %v", p.name, err)
	}
	return b
}

// restart forgets memory and reads the store again.
func (p *peer) restart() {
	p.t.Helper()
	g, err := p.client.Load(p.store, p.group.ID())
	if err != nil {
		p.t.Fatalf("%s restarts: %v", p.name, err)
	}
	p.group = g
}

// refuses expects an error of Process and that nothing changed.
func (p *peer) refuses(what string, message []byte, want error) {
	p.t.Helper()
	before := p.store.copy()
	_, err := p.group.Process(p.store, message)
	if err == nil || want != nil && !errors.Is(err, want) {
		p.t.Errorf("%s: %s got %v, want %v", what, p.name, err, want)
	}
	if !sameRows(before, p.store) {
		p.t.Errorf("%s: the refused message changed the store of %s", what, p.name)
	}
}

func sameRows(a, b *memory) bool {
	if len(a.rows) != len(b.rows) {
		return false
	}
	for g, rows := range a.rows {
		if len(rows) != len(b.rows[g]) {
			return false
		}
		for k, v := range rows {
			if w, found := b.rows[g][k]; !found || !bytes.Equal(v, w) {
				return false
			}
		}
	}
	return true
}

// agree expects that all are in the same epoch with the same secrets.
func agree(t tester, all ...*peer) {
	t.Helper()
	want, err := all[0].group.Export("test", nil, 32)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, all[0])
	for _, p := range all[1:] {
		holds(t, p)
		got, err := p.group.Export("test", nil, 32)
		if err != nil {
			t.Fatal(err)
		}
		if p.group.Epoch() != all[0].group.Epoch() || !bytes.Equal(p.group.TreeHash(), all[0].group.TreeHash()) ||
			!bytes.Equal(p.group.Transcript(), all[0].group.Transcript()) || !bytes.Equal(got, want) ||
			!bytes.Equal(p.group.Authenticator(), all[0].group.Authenticator()) {
			t.Fatalf("%s is in epoch %d and does not agree with %s in epoch %d", p.name, p.group.Epoch(), all[0].name, all[0].group.Epoch())
		}
	}
}

// holds expects that a member has the private keys of exactly those nodes above
// it that are neither blank nor unmerged for it (RFC 9420, section 4.2, the tree
// invariant), in memory and in its store.
func holds(t tester, p *peer) {
	t.Helper()
	e := p.group.epoch
	want := map[nodeIndex]bool{e.self.node(): true}
	for _, st := range e.tree.directPath(e.self) {
		if n := e.tree.nodes[st.node].parent; n != nil && !slices.Contains(n.unmergedLeaves, e.self) {
			want[st.node] = true
		}
	}
	rows := p.store.rows[string(p.group.ID())]
	for n := range nodeIndex(2 * MaxMembers) {
		key, row := e.private[n], rows[nodeRow(rowPrivate, n)]
		if (key != nil) != want[n] || !bytes.Equal(key, row) {
			t.Fatalf("%s, node %d: has a key %v, stored %v, want %v", p.name, n, key != nil, row != nil, want[n])
		}
		if key == nil {
			continue
		}
		public, err := p.client.suite.publicOf(key)
		if err != nil || !bytes.Equal(public, e.tree.nodes[n].key()) {
			t.Fatalf("%s, node %d: the private key does not belong to the public one: %v", p.name, n, err)
		}
	}
}

// talk expects that everybody reads everybody.
func talk(t tester, all ...*peer) {
	t.Helper()
	for _, from := range all {
		text := fmt.Sprintf("hello from %s in epoch %d", from.name, from.group.Epoch())
		b := from.encrypt(text)
		for _, to := range all {
			if to == from {
				to.refuses("own message", b, ErrOwnMessage)
				continue
			}
			r := to.process(b)
			if r.Kind != Application || string(r.Data) != text || string(r.AuthenticatedData) != "header" || r.Sender != from.group.Self() {
				t.Errorf("%s: got %q of leaf %d, want %q of leaf %d", to.name, r.Data, r.Sender, text, from.group.Self())
			}
		}
	}
}

// trio makes a group of three who have agreed.
func trio(t tester, id CipherSuite, change ...func(*Config)) (alice, bob, carol *peer) {
	t.Helper()
	alice, bob, carol = newPeer(t, id, "alice", change...), newPeer(t, id, "bob", change...), newPeer(t, id, "carol", change...)
	alice.create()
	out := alice.commit(Plan{Add: []*KeyPackage{bob.keyPackage(), carol.keyPackage()}, TreeInWelcome: true})
	alice.process(out.Message)
	bob.join(out.Welcome, nil)
	carol.join(out.Welcome, nil)
	agree(t, alice, bob, carol)
	return alice, bob, carol
}

func TestGroupLife(t *testing.T) {
	for _, id := range testSuites() {
		for _, public := range []bool{false, true} {
			t.Run(fmt.Sprintf("suite=%#x/public=%v", id, public), func(t *testing.T) {
				alice, bob, carol := trio(t, id)
				talk(t, alice, bob, carol)

				// Each gives the group fresh keys.
				for _, p := range []*peer{bob, carol, alice} {
					out := p.commit(Plan{Public: public, AuthenticatedData: []byte("seen 7")})
					for _, q := range []*peer{alice, bob, carol} {
						r := q.process(out.Message)
						if r.Kind != Committed || r.Own != (p == q) || r.Sender != p.group.Self() || len(r.Change.Members) != 1 {
							t.Errorf("%s read the commit of %s as %+v", q.name, p.name, r)
						}
					}
					agree(t, alice, bob, carol)
				}
				talk(t, alice, bob, carol)

				// A proposal of everybody, committed by reference, and somebody new.
				dave := newPeer(t, id, "dave")
				update, err := bob.group.ProposeUpdate(bob.store, nil, public)
				if err != nil {
					t.Fatal(err)
				}
				add, err := carol.group.Propose(carol.store, &Add{dave.keyPackage()}, nil, public)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range [][]byte{update, add} {
					for _, q := range []*peer{alice, bob, carol} {
						if r := q.process(m); r.Kind != Proposed {
							t.Errorf("%s read a proposal as %+v", q.name, r)
						}
					}
				}
				if _, err := alice.group.Encrypt(alice.store, nil, nil); !errors.Is(err, ErrCommitFirst) {
					t.Errorf("data while proposals wait: got %v, want ErrCommitFirst", err)
				}
				for _, p := range []*peer{alice, bob, carol} {
					p.restart()
				}
				out := alice.commit(Plan{Public: public})
				for _, p := range []*peer{alice, bob, carol} {
					p.restart()
					r := p.process(out.Message)
					if len(r.Change.Members) != 3 {
						t.Errorf("%s: got %d changes, want 3", p.name, len(r.Change.Members))
					}
				}
				tree, err := bob.group.Tree()
				if err != nil {
					t.Fatal(err)
				}
				dave.join(out.Welcome, tree)
				agree(t, alice, bob, carol, dave)
				talk(t, alice, bob, carol, dave)

				// Bob goes.
				out = dave.commit(Plan{Remove: []LeafIndex{bob.group.Self()}, Public: public})
				for _, p := range []*peer{alice, carol, dave} {
					p.process(out.Message)
				}
				if r := bob.process(out.Message); !r.Removed || len(bob.store.rows["the group"]) != 0 {
					t.Errorf("bob read his removal as %+v and kept %d rows", r, len(bob.store.rows["the group"]))
				}
				if _, err := bob.group.Encrypt(bob.store, nil, nil); !errors.Is(err, ErrNoGroup) {
					t.Errorf("a removed member sends: got %v, want ErrNoGroup", err)
				}
				agree(t, alice, carol, dave)
				talk(t, alice, carol, dave)

				// Carol lost her state and comes back with the same signature key.
				info, err := alice.group.GroupInfo(true)
				if err != nil {
					t.Fatal(err)
				}
				group, message, err := carol.client.Rejoin(carol.store, info, Rejoining{})
				if err != nil {
					t.Fatal(err)
				}
				carol.group = group
				carol.restart()
				if _, err := carol.group.Encrypt(carol.store, nil, nil); carol.group.Joined() || !errors.Is(err, ErrNotJoined) {
					t.Errorf("sending before the rejoin counts: got %v, want ErrNotJoined", err)
				}
				for _, p := range []*peer{alice, dave, carol} {
					r := p.process(message)
					if !r.Change.External || len(r.Change.Members) != 2 {
						t.Errorf("%s read the rejoin as %+v", p.name, r.Change)
					}
				}
				agree(t, alice, carol, dave)
				talk(t, alice, carol, dave)
			})
		}
	}
}

// A commit that lost the race is dropped and made again on the winner.
func TestLosingCommitIsMadeAgain(t *testing.T) {
	alice, bob, carol := trio(t, XWingAES256SHA384Ed25519)
	first, second := alice.commit(Plan{}), bob.commit(Plan{})
	if _, err := bob.group.Commit(bob.store, Plan{}); !errors.Is(err, ErrPending) {
		t.Errorf("a second commit: got %v, want ErrPending", err)
	}
	for _, p := range []*peer{alice, bob, carol} {
		p.process(first.Message)
		p.restart()
		p.refuses("the loser", second.Message, ErrOldEpoch)
	}
	if bob.group.Pending() {
		t.Error("bob's commit is still pending")
	}
	bob.commit(Plan{})
	if err := bob.group.DropPending(bob.store); err != nil {
		t.Fatal(err)
	}
	bob.restart()
	if bob.group.Pending() {
		t.Error("a dropped commit came back")
	}
	second = bob.commit(Plan{})
	bob.restart()
	for _, p := range []*peer{alice, bob, carol} {
		p.process(second.Message)
	}
	agree(t, alice, bob, carol)
	talk(t, alice, bob, carol)
}

// A commit that was dropped but has its place in the order all the same leaves
// its sender behind, who must notice.
func TestDroppedCommitThatCounts(t *testing.T) {
	for _, public := range []bool{true, false} {
		alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
		out := alice.commit(Plan{Public: public})
		if err := alice.group.DropPending(alice.store); err != nil {
			t.Fatal(err)
		}
		want := ErrOwnMessage // nobody can tell an own ciphertext from a forged one
		if public {
			want = ErrUnreadable
		}
		alice.refuses("the dropped commit", out.Message, want)
		for _, p := range []*peer{bob, carol} {
			p.process(out.Message)
		}
		m := bob.encrypt("where is alice?")
		alice.refuses("what follows", m, ErrFutureEpoch)
		if _, err := alice.group.Process(alice.store, m); !MustRejoin(err) || Refused(err) {
			t.Errorf("got %v, want a reason to rejoin", err)
		}
		info, err := bob.group.GroupInfo(true)
		if err != nil {
			t.Fatal(err)
		}
		var message []byte
		if alice.group, message, err = alice.client.Rejoin(alice.store, info, Rejoining{}); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*peer{bob, carol, alice} {
			p.process(message)
		}
		agree(t, alice, bob, carol)
		talk(t, alice, bob, carol)
	}
}

func TestGroupExtensionsAndPSKs(t *testing.T) {
	const policyExtension = ExtensionType(0xF0A0)
	psk := func(c *Config) {
		c.Supports = []ExtensionType{policyExtension}
		c.PSK = func(id []byte) ([]byte, error) {
			if string(id) == "known" {
				return []byte("a secret from somewhere else"), nil
			}
			return nil, errors.New("unknown")
		}
	}
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519, psk)
	out := alice.commit(Plan{
		Extensions: Extensions{{policyExtension, []byte("alice is admin")}}, Replace: true, PSKs: [][]byte{[]byte("known")},
	})
	for _, p := range []*peer{alice, bob, carol} {
		r := p.process(out.Message)
		if data, _ := r.Change.After.Find(policyExtension); string(data) != "alice is admin" || len(r.Change.Before) != 0 {
			t.Errorf("%s: got %+v", p.name, r.Change)
		}
	}
	agree(t, alice, bob, carol)

	if _, err := alice.group.Commit(alice.store, Plan{PSKs: [][]byte{[]byte("other")}}); !errors.Is(err, ErrMissingPSK) {
		t.Errorf("an unknown key: got %v, want ErrMissingPSK", err)
	}
	dave := newPeer(t, X25519AES128SHA256Ed25519, "dave")
	if _, err := alice.group.Commit(alice.store, Plan{Add: []*KeyPackage{dave.keyPackage()}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("somebody without the group's extension: got %v, want ErrInvalid", err)
	}
	dave = newPeer(t, X25519AES128SHA256Ed25519, "dave", psk)
	out = bob.commit(Plan{Add: []*KeyPackage{dave.keyPackage()}, PSKs: [][]byte{[]byte("known")}, TreeInWelcome: true, NoPath: true})
	for _, p := range []*peer{alice, bob, carol} {
		p.process(out.Message)
	}
	dave.join(out.Welcome, nil)
	agree(t, alice, bob, carol, dave)
	talk(t, alice, bob, carol, dave)

	// The resumption secret of a past epoch proves that somebody was there.
	id := PSKID{Usage: PSKForApplication, GroupID: alice.group.ID(), Epoch: alice.group.Epoch() - 1, Nonce: bytes.Repeat([]byte{1}, 32)}
	proposal, err := carol.group.Propose(carol.store, &PreSharedKey{id}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peer{alice, bob, carol, dave} {
		p.process(proposal)
	}
	out = carol.commit(Plan{NoPath: true})
	for _, p := range []*peer{alice, bob, carol} {
		p.process(out.Message)
	}
	agree(t, alice, bob, carol)
	dave.refuses("a secret from before dave's time", out.Message, ErrMissingPSK)
}

func TestReInitCloses(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	m, err := bob.group.Propose(bob.store, &ReInit{GroupID: []byte("next"), Version: mls10, Suite: XWingAES256SHA384Ed25519}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peer{alice, bob, carol} {
		p.process(m)
	}
	out := alice.commit(Plan{})
	for _, p := range []*peer{alice, bob, carol} {
		p.process(out.Message)
		p.restart()
		if _, err := p.group.Encrypt(p.store, nil, nil); !p.group.Closed() || !errors.Is(err, ErrClosed) {
			t.Errorf("%s after a reinit: got %v, want ErrClosed", p.name, err)
		}
	}
	agree(t, alice, bob, carol)
}

func TestKeyPackages(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	clock := func(c *Config) { c.Now = func() time.Time { return now } }
	alice := newPeer(t, X25519AES128SHA256Ed25519, "alice", clock)
	bob := newPeer(t, X25519AES128SHA256Ed25519, "bob", clock)
	alice.create()
	last, err := bob.client.NewKeyPackage(bob.store, true)
	if err != nil {
		t.Fatal(err)
	}
	if !last.LastResort() {
		t.Error("a package of last resort does not say so")
	}
	out := alice.commit(Plan{Add: []*KeyPackage{last}, TreeInWelcome: true})
	alice.process(out.Message)
	bob.join(out.Welcome, nil)
	if _, err := bob.client.Join(bob.store, out.Welcome, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("joining twice: got %v, want ErrInvalid", err)
	}
	if err := bob.group.Delete(bob.store); err != nil {
		t.Fatal(err)
	}
	bob.join(out.Welcome, nil) // the package of last resort is still there
	agree(t, alice, bob)

	carol := newPeer(t, X25519AES128SHA256Ed25519, "carol", clock)
	k := carol.keyPackage()
	now = now.Add(91 * 24 * time.Hour)
	if _, err := alice.group.Commit(alice.store, Plan{Add: []*KeyPackage{k}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a package out of its lifetime: got %v, want ErrInvalid", err)
	}
	fresh := carol.keyPackage()
	if err := carol.client.DropKeyPackages(carol.store, now.Add(-time.Minute), 10); err != nil {
		t.Fatal(err)
	}
	if got := len(carol.store.rows[""]); got != 1 {
		t.Errorf("got %d key packages, want the fresh one", got)
	}
	out = alice.commit(Plan{Add: []*KeyPackage{fresh}, TreeInWelcome: true})
	alice.process(out.Message)
	if _, err := bob.client.Join(bob.store, out.Welcome, nil); !errors.Is(err, ErrNoKeyPackage) {
		t.Errorf("a welcome for carol: got %v, want ErrNoKeyPackage", err)
	}
	carol.join(out.Welcome, nil)
	if got := len(carol.store.rows[""]); got != 0 {
		t.Errorf("got %d key packages after joining, want 0", got)
	}
	if err := bob.client.DropKeyPackages(bob.store, now, 10); err != nil || len(bob.store.rows[""]) != 0 {
		t.Errorf("the old package of last resort is still there: %v", err)
	}
}

// However many key packages are made after the one of last resort that is in use, its
// keys stay.
func TestLastResortOutlivesNewerKeyPackages(t *testing.T) {
	const most = 4
	now := time.Unix(1_700_000_000, 0)
	clock := func(c *Config) { c.Now = func() time.Time { return now } }
	alice := newPeer(t, X25519AES128SHA256Ed25519, "alice", clock)
	bob := newPeer(t, X25519AES128SHA256Ed25519, "bob", clock)
	alice.create()
	var last [2]*KeyPackage
	for i := range last {
		k, err := bob.client.NewKeyPackage(bob.store, true)
		if err != nil {
			t.Fatal(err)
		}
		last[i], now = k, now.Add(time.Minute)
	}
	for range 2*most + 1 {
		bob.keyPackage()
		now = now.Add(time.Minute)
		if err := bob.client.DropKeyPackages(bob.store, now.Add(-time.Hour), most); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(bob.store.rows[""]); got != most {
		t.Errorf("got %d key packages, want %d", got, most)
	}
	if _, there := bob.store.rows[""][keyPackageRow(last[0].ref(bob.client.suite))]; there {
		t.Error("the one of last resort that was replaced is still there")
	}
	out := alice.commit(Plan{Add: []*KeyPackage{last[1]}, TreeInWelcome: true})
	alice.process(out.Message)
	bob.join(out.Welcome, nil)
	agree(t, alice, bob)
}

// admins is a policy of a kind that applications have: only alice decides.
type admins struct{}

func (admins) CheckCredential(l *LeafNode) error {
	if string(l.Credential.Identity) == "mallory" {
		return errors.New("nobody knows mallory")
	}
	return nil
}

func (admins) CheckChange(c *Change) error {
	for _, m := range c.Members {
		if m.Index != c.By && m.Proposer != 0 && (m.Old == nil || m.New == nil) {
			return errors.New("only alice adds and removes")
		}
	}
	return nil
}

func TestPolicyIsAskedBeforeItCounts(t *testing.T) {
	strict := func(c *Config) { c.Policy = admins{} }
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519, strict)
	mallory := newPeer(t, X25519AES128SHA256Ed25519, "mallory")
	dave := newPeer(t, X25519AES128SHA256Ed25519, "dave")

	var refused *RefusedError
	if _, err := alice.group.Commit(alice.store, Plan{Add: []*KeyPackage{mallory.keyPackage()}}); !errors.As(err, &refused) {
		t.Errorf("an unknown credential: got %v, want a refusal", err)
	}
	if _, err := bob.group.Commit(bob.store, Plan{Add: []*KeyPackage{dave.keyPackage()}}); !errors.As(err, &refused) {
		t.Errorf("bob adds: got %v, want a refusal", err)
	}
	// Bob's program has no such policy; the others have.
	bob.client.cfg.Policy = anyone{}
	for name, plan := range map[string]Plan{
		"bob adds dave":     {Add: []*KeyPackage{dave.keyPackage()}},
		"bob removes carol": {Remove: []LeafIndex{carol.group.Self()}},
		"bob adds mallory":  {Add: []*KeyPackage{mallory.keyPackage()}},
	} {
		out := bob.commit(plan)
		for _, p := range []*peer{alice, carol} {
			p.refuses(name, out.Message, nil)
			if _, err := p.group.Process(p.store, out.Message); !errors.As(err, &refused) || !Refused(err) {
				t.Errorf("%s: got %v, want a refusal", name, err)
			}
		}
		if err := bob.group.DropPending(bob.store); err != nil {
			t.Fatal(err)
		}
	}
	m, err := bob.group.Propose(bob.store, &Remove{carol.group.Self()}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	alice.refuses("bob proposes to remove carol", m, nil)
	if len(alice.group.cached) != 0 {
		t.Error("a refused proposal was kept")
	}
	out := alice.commit(Plan{Remove: []LeafIndex{carol.group.Self()}})
	bob.process(out.Message)
	alice.process(out.Message)
	agree(t, alice, bob)
}

// A transaction that is rolled back is as if it had never been.
func TestRollback(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	m := bob.encrypt("one")
	before := alice.store.copy()
	alice.process(m)
	alice.store = before // rolled back: the Group in memory is ahead
	if r := alice.process(m); string(r.Data) != "one" {
		t.Errorf("got %q, want the message again", r.Data)
	}
	alice.refuses("a replay", m, ErrConsumed)

	before = alice.store.copy()
	out := alice.commit(Plan{})
	alice.process(out.Message)
	alice.store = before
	talk(t, alice, bob, carol)

	// A store that fails at any write leaves the group usable after a rollback.
	for n := 0; ; n++ {
		before := alice.store.copy()
		left := n
		alice.store.fail = func() error {
			if left--; left < 0 {
				return errors.New("disk full")
			}
			return nil
		}
		_, err := alice.group.Commit(alice.store, Plan{})
		alice.store.fail = nil
		if err == nil {
			break
		}
		alice.store = before
		if alice.group.sync(alice.store) != nil || alice.group.Pending() {
			t.Fatalf("write %d: the failed commit is still there", n)
		}
	}
	if err := alice.group.DropPending(alice.store); err != nil {
		t.Fatal(err)
	}
	agree(t, alice, bob, carol)
	talk(t, alice, bob, carol)
}

func TestProposalsThatDoNotGoTogether(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	all := []*peer{alice, bob, carol}
	var sent [][]byte
	propose := func(p *peer, x Proposal) {
		t.Helper()
		m, err := p.group.Propose(p.store, x, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m)
	}
	dave := newPeer(t, X25519AES128SHA256Ed25519, "dave")
	k := dave.keyPackage()
	update, err := carol.group.ProposeUpdate(carol.store, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	sent = append(sent, update)
	propose(bob, &Remove{carol.group.Self()})
	propose(alice, &Remove{carol.group.Self()})
	propose(bob, &Add{k})
	propose(carol, &Add{k})
	propose(carol, &Remove{alice.group.Self()})
	propose(carol, &ReInit{GroupID: []byte("x"), Version: mls10, Suite: 1})
	for _, m := range sent {
		for _, p := range all {
			p.process(m)
		}
	}
	alice.refuses("a proposal a second time", sent[0], ErrConsumed)
	out := alice.commit(Plan{TreeInWelcome: true})
	r := alice.process(out.Message)
	bob.process(out.Message)
	dave.join(out.Welcome, nil)
	agree(t, alice, bob, dave)
	if carol.process(out.Message); carol.group.Joined() {
		t.Error("carol should be out")
	}
	var removed []LeafIndex
	for _, m := range r.Change.Members {
		if m.New == nil {
			removed = append(removed, m.Index)
		}
	}
	if !slices.Equal(removed, []LeafIndex{2}) {
		t.Errorf("got %v removed, want carol alone", removed)
	}
}
