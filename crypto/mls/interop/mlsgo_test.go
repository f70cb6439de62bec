package interop

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/mls"
	theirs "github.com/thomas-vilte/mls-go"
	"github.com/thomas-vilte/mls-go/ciphersuite"
)

// rows is a transaction over a map.
type rows map[string]map[string][]byte

func (r rows) Get(group []byte, key string) ([]byte, error) { return r[string(group)][key], nil }

func (r rows) Put(group []byte, key string, value []byte) error {
	if r[string(group)] == nil {
		r[string(group)] = make(map[string][]byte)
	}
	r[string(group)][key] = bytes.Clone(value)
	return nil
}

func (r rows) Delete(group []byte, key string) error {
	delete(r[string(group)], key)
	return nil
}

func (r rows) DeletePrefix(group []byte, prefix string) error {
	maps.DeleteFunc(r[string(group)], func(k string, _ []byte) bool { return strings.HasPrefix(k, prefix) })
	return nil
}

func (r rows) Scan(group []byte, prefix string) iter.Seq2[mls.Row, error] {
	return func(yield func(mls.Row, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(r[string(group)])) {
			if strings.HasPrefix(k, prefix) && !yield(mls.Row{Key: k, Value: r[string(group)][k]}, nil) {
				return
			}
		}
	}
}

type anyone struct{}

func (anyone) CheckCredential(*mls.LeafNode) error { return nil }
func (anyone) CheckChange(*mls.Change) error       { return nil }

// member is one client of either implementation.
type member interface {
	keyPackage(t *testing.T) []byte
	create(t *testing.T)
	join(t *testing.T, welcome []byte)
	add(t *testing.T, keyPackage []byte) (commit, welcome []byte)
	remove(t *testing.T, name string) []byte
	update(t *testing.T) []byte
	process(t *testing.T, commit []byte)
	send(t *testing.T, text string) []byte
	receive(t *testing.T, message []byte) string
	groupInfo(t *testing.T) []byte
	external(t *testing.T, groupInfo []byte) []byte
	secret(t *testing.T) []byte
}

// snug is a client of crypto/mls.
type snug struct {
	client *mls.Client
	store  rows
	group  *mls.Group
	public bool
}

func newSnug(t *testing.T, suite mls.CipherSuite, name string, public bool) *snug {
	t.Helper()
	key, err := mls.GenerateSigningKey(suite)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mls.Config{
		Signer: key, Policy: anyone{}, OpenExternal: true,
		Credential: mls.Credential{Type: mls.BasicCredential, Identity: []byte(name)},
	}
	if !public {
		cfg.Padding = func(int) int { return 0 } // mls-go does not read a padded commit
	}
	client, err := mls.NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &snug{client: client, store: rows{}, public: public}
}

func (s *snug) keyPackage(t *testing.T) []byte {
	t.Helper()
	k, err := s.client.NewKeyPackage(s.store, false)
	if err != nil {
		t.Fatal(err)
	}
	return k.Bytes()
}

func (s *snug) create(t *testing.T) {
	t.Helper()
	g, err := s.client.Create(s.store, []byte("a group of two programs"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.group = g
}

func (s *snug) join(t *testing.T, welcome []byte) {
	t.Helper()
	g, err := s.client.Join(s.store, welcome, nil)
	if err != nil {
		t.Fatalf("snug joins: %v", err)
	}
	s.group = g
}

func (s *snug) commit(t *testing.T, plan mls.Plan) *mls.Outgoing {
	t.Helper()
	plan.TreeInWelcome, plan.Public = true, s.public
	out, err := s.group.Commit(s.store, plan)
	if err != nil {
		t.Fatalf("snug commits: %v", err)
	}
	if _, err := s.group.ApplyPending(s.store); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *snug) add(t *testing.T, keyPackage []byte) ([]byte, []byte) {
	t.Helper()
	k, err := mls.ParseKeyPackage(keyPackage)
	if err != nil {
		t.Fatalf("snug reads a key package: %v", err)
	}
	out := s.commit(t, mls.Plan{Add: []*mls.KeyPackage{k}})
	return out.Message, out.Welcome
}

func (s *snug) remove(t *testing.T, name string) []byte {
	t.Helper()
	for i, l := range s.group.Members() {
		if string(l.Credential.Identity) == name {
			return s.commit(t, mls.Plan{Remove: []mls.LeafIndex{i}}).Message
		}
	}
	t.Fatalf("nobody is called %s", name)
	return nil
}

func (s *snug) update(t *testing.T) []byte {
	t.Helper()
	return s.commit(t, mls.Plan{}).Message
}

func (s *snug) process(t *testing.T, commit []byte) {
	t.Helper()
	r, err := s.group.Process(s.store, commit)
	if err != nil || r.Kind != mls.Committed {
		t.Fatalf("snug processes a commit: %+v %v", r, err)
	}
}

func (s *snug) send(t *testing.T, text string) []byte {
	t.Helper()
	b, err := s.group.Encrypt(s.store, []byte("header"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *snug) receive(t *testing.T, message []byte) string {
	t.Helper()
	r, err := s.group.Process(s.store, message)
	if err != nil {
		t.Fatalf("snug receives: %v", err)
	}
	return string(r.Data)
}

func (s *snug) groupInfo(t *testing.T) []byte {
	t.Helper()
	b, err := s.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *snug) external(t *testing.T, groupInfo []byte) []byte {
	t.Helper()
	g, message, err := s.client.Rejoin(s.store, groupInfo, mls.Rejoining{})
	if err != nil {
		t.Fatalf("snug joins from outside: %v", err)
	}
	if _, err := g.ApplyPending(s.store); err != nil {
		t.Fatal(err)
	}
	s.group = g
	return message
}

func (s *snug) secret(t *testing.T) []byte {
	t.Helper()
	b, err := s.group.Export("interop", []byte("context"), 32)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, s.group.Authenticator()...)
}

// peer is a client of mls-go.
type peer struct {
	client *theirs.Client
	id     []byte
}

func newPeer(t *testing.T, suite mls.CipherSuite, name string) *peer {
	t.Helper()
	client, err := theirs.NewClient([]byte(name), ciphersuite.CipherSuite(suite), theirs.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return &peer{client: client}
}

func (p *peer) keyPackage(t *testing.T) []byte {
	t.Helper()
	b, err := p.client.FreshKeyPackageBytes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return wrap(b, 5)
}

// wrap makes an MLSMessage of what mls-go hands out bare (RFC 9420, section 6);
// a message that is one already stays.
func wrap(b []byte, format byte) []byte {
	if bytes.HasPrefix(b, []byte{0, 1, 0, format}) {
		return b
	}
	return append([]byte{0, 1, 0, format}, b...)
}

func (p *peer) create(t *testing.T) {
	t.Helper()
	var err error
	if p.id, err = p.client.CreateGroup(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (p *peer) join(t *testing.T, welcome []byte) {
	t.Helper()
	var err error
	if p.id, err = p.client.JoinGroup(t.Context(), welcome); err != nil {
		t.Fatalf("mls-go joins: %v", err)
	}
}

func (p *peer) add(t *testing.T, keyPackage []byte) ([]byte, []byte) {
	t.Helper()
	commit, welcome, err := p.client.InviteMember(t.Context(), p.id, keyPackage[4:]) // bare, too
	if err != nil {
		t.Fatalf("mls-go adds: %v", err)
	}
	return commit, welcome
}

func (p *peer) remove(t *testing.T, name string) []byte {
	t.Helper()
	commit, err := p.client.RemoveMember(t.Context(), p.id, []byte(name))
	if err != nil {
		t.Fatalf("mls-go removes: %v", err)
	}
	return commit
}

func (p *peer) update(t *testing.T) []byte {
	t.Helper()
	commit, _, err := p.client.CommitPendingProposals(t.Context(), p.id)
	if err != nil {
		t.Fatalf("mls-go commits: %v", err)
	}
	return commit
}

func (p *peer) process(t *testing.T, commit []byte) {
	t.Helper()
	if err := p.client.ProcessCommit(t.Context(), p.id, commit); err != nil {
		t.Fatalf("mls-go processes a commit: %v", err)
	}
}

func (p *peer) send(t *testing.T, text string) []byte {
	t.Helper()
	b, err := p.client.SendMessage(t.Context(), p.id, []byte(text), theirs.WithAAD([]byte("header")))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *peer) receive(t *testing.T, message []byte) string {
	t.Helper()
	m, err := p.client.ReceiveMessage(t.Context(), p.id, message)
	if err != nil {
		t.Fatalf("mls-go receives: %v", err)
	}
	return string(m.Plaintext)
}

func (p *peer) groupInfo(t *testing.T) []byte {
	t.Helper()
	b, err := p.client.GroupInfo(t.Context(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	return wrap(b, 4)
}

func (p *peer) external(t *testing.T, groupInfo []byte) []byte {
	t.Helper()
	id, commit, err := p.client.ExternalJoin(t.Context(), groupInfo[4:]) // bare, too
	if err != nil {
		t.Fatalf("mls-go joins from outside: %v", err)
	}
	p.id = id
	return commit
}

func (p *peer) secret(t *testing.T) []byte {
	t.Helper()
	b, err := p.client.Export(context.Background(), p.id, "interop", []byte("context"), 32)
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.client.EpochAuthenticator(context.Background(), p.id)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, a...)
}

// agree expects that all members have the same secrets and, if they talk, read
// each other.
func agree(t *testing.T, talk bool, all ...member) {
	t.Helper()
	want := all[0].secret(t)
	for i, m := range all {
		if got := m.secret(t); !bytes.Equal(got, want) {
			t.Fatalf("member %d has other secrets than member 0", i)
		}
	}
	if !talk {
		return
	}
	for i, from := range all {
		for n := range 2 {
			text := fmt.Sprintf("message %d of member %d", n, i)
			b := from.send(t, text)
			for j, to := range all {
				if i == j {
					continue
				}
				if got := to.receive(t, b); got != text {
					t.Fatalf("member %d read %q, want %q", j, got, text)
				}
			}
		}
	}
}

// TestMLSGo lets both implementations create, join, add, remove, update, talk
// and join from outside, each in every role. With encrypted commits they talk at
// the end only: mls-go moves both ratchets of a member with every message, where
// RFC 9420, section 9.1, has them move apart, so that it cannot open a commit of
// somebody who has said something in that epoch.
func TestMLSGo(t *testing.T) {
	for _, suite := range []mls.CipherSuite{mls.X25519AES128SHA256Ed25519, mls.P256AES128SHA256P256, mls.X25519ChaCha20SHA256Ed25519} {
		for _, public := range []bool{true, false} {
			for _, weStart := range []bool{true, false} {
				t.Run(fmt.Sprintf("suite=%d/public=%v/we_create=%v", suite, public, weStart), func(t *testing.T) {
					alice, bob := member(newSnug(t, suite, "alice", public)), member(newPeer(t, suite, "bob"))
					carol, dave := member(newPeer(t, suite, "carol")), member(newSnug(t, suite, "dave", public))
					if !weStart {
						alice, bob = newPeer(t, suite, "alice"), newSnug(t, suite, "bob", public)
					}
					alice.create(t)
					_, welcome := alice.add(t, bob.keyPackage(t))
					bob.join(t, welcome)
					agree(t, public, alice, bob)

					commit, welcome := bob.add(t, carol.keyPackage(t))
					alice.process(t, commit)
					carol.join(t, welcome)
					agree(t, public, alice, bob, carol)

					for _, by := range []member{carol, alice, bob} {
						commit := by.update(t)
						for _, m := range []member{alice, bob, carol} {
							if m != by {
								m.process(t, commit)
							}
						}
						agree(t, public, alice, bob, carol)
					}

					commit = dave.external(t, alice.groupInfo(t))
					for _, m := range []member{alice, bob, carol} {
						m.process(t, commit)
					}
					agree(t, public, alice, bob, carol, dave)

					commit = bob.remove(t, "carol")
					for _, m := range []member{alice, dave} {
						m.process(t, commit)
					}
					agree(t, public, alice, bob, dave)

					erin := newPeer(t, suite, "erin")
					commit = erin.external(t, bob.groupInfo(t))
					for _, m := range []member{alice, bob, dave} {
						m.process(t, commit)
					}
					agree(t, public, alice, bob, dave, erin)

					commit = alice.remove(t, "bob")
					for _, m := range []member{dave, erin} {
						m.process(t, commit)
					}
					agree(t, true, alice, dave, erin)
				})
			}
		}
	}
}
