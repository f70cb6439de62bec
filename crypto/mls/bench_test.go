package mls

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"
)

// largeGroup makes two members, at leaves 0 and 1, of a group of n without
// playing its history: the tree is built as n/2 commits would have built it, so
// that its signatures and parent hashes are valid, or its parents are blank.
func largeGroup(t tester, id CipherSuite, n int, filled bool) (a, b *peer) {
	t.Helper()
	a, b = newPeer(t, id, "member 0"), newPeer(t, id, "member 1")
	s := a.client.suite
	groupID := []byte("the group")
	var tree *ratchetTree
	signers := []SigningKey{a.client.cfg.Signer, b.client.cfg.Signer}
	leaves := make([]secret, 2)
	for i := range n {
		if i >= len(signers) {
			key, err := GenerateSigningKey(id)
			if err != nil {
				t.Fatal(err)
			}
			signers = append(signers, key)
		}
		leaf := a.client.newLeaf()
		leaf.Credential.Identity = []byte(fmt.Sprint("member ", i))
		leaf.SignatureKey = signers[i].Public()
		private, public, err := s.generateKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			leaves[i] = private
		}
		leaf.EncryptionKey, leaf.Source = public, LeafFromKeyPackage
		leaf.NotAfter = 1 << 20
		if err := leaf.sign(signers[i], nil, 0); err != nil {
			t.Fatal(err)
		}
		if tree == nil {
			tree = newTree(s, &leaf)
		} else if _, err := tree.add(&leaf, LeafIndex(i)); err != nil {
			t.Fatal(err)
		}
	}
	keysA, keysB := privateKeys{0: leaves[0]}, privateKeys{2: leaves[1]}
	if filled {
		for i := n - 1 - (n-1)%2; i >= 0; i -= 2 { // leaf 0 last
			keys, err := tree.newPath(LeafIndex(i), *tree.leaf(LeafIndex(i)), signers[i], groupID)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				for n, k := range keys.private {
					keysA[n] = k
					if n != 0 {
						keysB[n] = k
					}
				}
			}
		}
	}
	shared := make(secret, s.nh)
	rand.Read(shared)
	for i, p := range []*peer{a, b} {
		e := &epoch{tree: tree.clone(), self: LeafIndex(i), private: []privateKeys{keysA, keysB}[i]}
		e.context = GroupContext{Suite: id, GroupID: groupID, Epoch: 7, TreeHash: tree.rootHash(), ConfirmedTranscriptHash: shared[:16]}
		e.encoded = e.context.append(nil)
		d := s.deriveEpoch(bytes.Clone(shared))
		e.begin(s, d)
		e.tag = s.mac(d.confirmation, e.context.ConfirmedTranscriptHash)
		e.interim = s.interimTranscript(e.context.ConfirmedTranscriptHash, e.tag)
		p.group = &Group{client: p.client, id: groupID}
		if err := p.group.enter(p.store, e); err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

func TestLargeGroup(t *testing.T) {
	n := 500
	if testing.Short() || underRace {
		n = 40
	}
	for _, filled := range []bool{true, false} {
		a, b := largeGroup(t, X25519AES128SHA256Ed25519, n, filled)
		talk(t, a, b)
		c := newPeer(t, X25519AES128SHA256Ed25519, "the newcomer")
		out := a.commit(Plan{Add: []*KeyPackage{c.keyPackage()}, TreeInWelcome: true})
		a.process(out.Message)
		b.process(out.Message)
		c.join(out.Welcome, nil)
		agree(t, a, b, c)
		talk(t, a, b, c)
	}
}

// MaxMembers is a bound that holds, and 2,000 members are below it.
func TestMembersAreBounded(t *testing.T) {
	if testing.Short() || underRace {
		t.Skip("makes a tree of 4,096 members")
	}
	a, _ := largeGroup(t, X25519AES128SHA256Ed25519, MaxMembers, false)
	c := newPeer(t, X25519AES128SHA256Ed25519, "one too many")
	if _, err := a.group.Commit(a.store, Plan{Add: []*KeyPackage{c.keyPackage()}}); err == nil {
		t.Error("a member beyond MaxMembers was added")
	}
	a.restart()
	if got := a.group.Member(MaxMembers - 1); got == nil {
		t.Error("the last member is missing after a restart")
	}
}

// sizes runs a benchmark for the suites and sizes that the product cares about.
func sizes(b *testing.B, filled []bool, run func(*testing.B, *peer, *peer, int)) {
	for _, id := range []CipherSuite{X25519AES128SHA256Ed25519, XWingAES256SHA384Ed25519} {
		for _, n := range []int{2, 50, 500, 2000} {
			for _, f := range filled {
				name := fmt.Sprintf("suite=%#x/members=%d", id, n)
				if len(filled) > 1 {
					name += fmt.Sprintf("/filled=%v", f)
				}
				b.Run(name, func(b *testing.B) {
					x, y := largeGroup(b, id, n, f)
					run(b, x, y, n)
				})
			}
		}
	}
}

const benchText = "A line of text of the usual length, as people send it to each other all day, about a hundred bytes."

func BenchmarkSend(b *testing.B) {
	sizes(b, []bool{false}, func(b *testing.B, x, _ *peer, _ int) {
		text := []byte(benchText)
		var out []byte
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if out, err = x.group.Encrypt(x.store, nil, text); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(out)), "wire-B")
	})
}

func BenchmarkReceive(b *testing.B) {
	sizes(b, []bool{false}, func(b *testing.B, x, y *peer, _ int) {
		text := []byte(benchText)
		var waiting [][]byte // made in batches: stopping the clock costs as well
		b.ReportAllocs()
		for b.Loop() {
			if len(waiting) == 0 {
				b.StopTimer()
				for range 500 {
					m, err := x.group.Encrypt(x.store, nil, text)
					if err != nil {
						b.Fatal(err)
					}
					waiting = append(waiting, m)
				}
				b.StartTimer()
			}
			if _, err := y.group.Process(y.store, waiting[0]); err != nil {
				b.Fatal(err)
			}
			waiting = waiting[1:]
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	sizes(b, []bool{true, false}, func(b *testing.B, x, _ *peer, _ int) {
		var out *Outgoing
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if out, err = x.group.Commit(x.store, Plan{}); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := x.group.DropPending(x.store); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(len(out.Message)), "wire-B")
	})
}

func BenchmarkProcess(b *testing.B) {
	sizes(b, []bool{true, false}, func(b *testing.B, x, y *peer, _ int) {
		out := x.commit(Plan{})
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			store := y.store.copy()
			y.restart()
			y.group.epoch.tree.rootHash() // known to a running program
			b.StartTimer()
			if _, err := y.group.Process(store, out.Message); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJoin(b *testing.B) {
	sizes(b, []bool{true, false}, func(b *testing.B, x, _ *peer, _ int) {
		z := newPeer(b, x.client.suite.id, "the newcomer")
		out := x.commit(Plan{Add: []*KeyPackage{z.keyPackage()}, TreeInWelcome: true})
		var store *memory
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			store = z.store.copy()
			b.StartTimer()
			if _, err := z.client.Join(store, out.Welcome, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(out.Welcome)), "wire-B")
		state := 0
		for k, v := range store.rows["the group"] {
			state += len(k) + len(v)
		}
		b.ReportMetric(float64(state), "state-B")
	})
}

func BenchmarkLoad(b *testing.B) {
	sizes(b, []bool{true}, func(b *testing.B, x, _ *peer, _ int) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := x.client.Load(x.store, x.group.ID()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRefuse is what a message costs whose generation is too far ahead.
func BenchmarkRefuse(b *testing.B) {
	x, y := largeGroup(b, X25519AES128SHA256Ed25519, 500, false)
	for _, g := range []uint32{MaxSkipped, MaxSkipped + 1, 1<<32 - 1} {
		m := claim(b, x, 2, g)
		b.Run(fmt.Sprint("generation=", g), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := y.group.Process(y.store, m); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
