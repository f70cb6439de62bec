package mls

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/fuzzgroup.gz anew")

// fixture is a group whose keys are the same in every process, so that a fuzzing
// worker can use what another one found: alice, bob and carol are members, dave
// has a key package and the Welcome that alice made for him.
type fixture struct {
	Signers [4][]byte
	Stores  [4]map[string]map[string][]byte // by group and key, both in hex
	Welcome []byte
	// Seeds are bodies and messages of all kinds, with the mode of FuzzProcess.
	Seeds [][]byte
}

const fixtureFile = "testdata/fuzzgroup.gz"

func (f *fixture) peer(t tester, i int) *peer {
	t.Helper()
	key, err := NewSigningKey(X25519AES128SHA256Ed25519, f.Signers[i])
	if err != nil {
		t.Fatal(err)
	}
	name := []string{"alice", "bob", "carol", "dave"}[i]
	client, err := NewClient(Config{
		Signer: key, Policy: anyone{}, MaxLifetime: -1, OpenExternal: true,
		Credential: Credential{Type: BasicCredential, Identity: []byte(name)},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, name: name, client: client, store: newMemory()}
	for g, rows := range f.Stores[i] {
		p.store.rows[unhex(t, g)] = make(map[string][]byte)
		for k, v := range rows {
			p.store.rows[unhex(t, g)][unhex(t, k)] = v
		}
	}
	if i < 3 {
		p.group = &Group{id: []byte("the group")}
		p.restart()
	}
	return p
}

func unhex(t tester, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The modes of FuzzProcess: its first byte.
const (
	fuzzRaw       = iota // the message as it is
	fuzzCommit           // the body of a commit that carol signs, without its path
	fuzzProposal         // the body of a proposal that carol signs
	fuzzPrivate          // what carol encrypts as a commit, content and padding
	fuzzExternal         // the body of an external commit that carol signs
	fuzzGroupInfo        // the group info in dave's Welcome
	fuzzSecrets          // the group secrets in dave's Welcome
	fuzzRow              // a row of bob's store: length of the key, key, value
	fuzzModes
)

// TestFuzzGroup writes the fixture with -update, and reads it otherwise.
func TestFuzzGroup(t *testing.T) {
	if *update {
		writeFixture(t)
	}
	f := readFixture(t)
	alice, bob, carol := f.peer(t, 0), f.peer(t, 1), f.peer(t, 2)
	agree(t, alice, bob, carol)
	f.peer(t, 3).join(f.Welcome, nil)
	modes := make(map[byte]bool)
	for _, s := range f.Seeds {
		modes[s[0]] = true
		fuzzProcess(t, f, s)
	}
	if len(modes) != fuzzModes {
		t.Errorf("seeds for %d modes, want %d", len(modes), fuzzModes)
	}
}

func readFixture(t tester) *fixture {
	t.Helper()
	data, err := os.ReadFile(fixtureFile)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	if err := json.NewDecoder(z).Decode(&f); err != nil {
		t.Fatal(err)
	}
	return &f
}

func writeFixture(t *testing.T) {
	t.Helper()
	long := func(c *Config) { c.Lifetime, c.MaxLifetime = 1<<62, -1 }
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519, long)
	dave := newPeer(t, X25519AES128SHA256Ed25519, "dave", long)
	k := dave.keyPackage()
	f := fixture{}
	seed := func(mode byte, b []byte) { f.Seeds = append(f.Seeds, append([]byte{mode}, b...)) }

	m, err := bob.group.ProposeUpdate(bob.store, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peer{alice, bob, carol} {
		p.process(m)
	}
	for i, p := range []*peer{alice, bob, carol, dave} {
		f.Signers[i] = p.client.cfg.Signer.Bytes()
	}
	body := func(list []proposalOrRef) []byte {
		m, err := ParseMessage(forge(t, carol, list, nil))
		if err != nil {
			t.Fatal(err)
		}
		return m.public.content.commit.append(nil)
	}
	seed(fuzzCommit, body(nil))
	seed(fuzzCommit, body(byValue(&Remove{1}, &Add{k})))
	seed(fuzzCommit, body([]proposalOrRef{{ref: carol.group.cached[0].ref}}))
	for _, p := range []Proposal{
		&Remove{0}, &Add{k}, &Update{bob.group.Member(1)}, &ExternalInit{[]byte("kem")}, &GroupContextExtensions{},
		&PreSharedKey{PSKID{Nonce: make([]byte, 32)}}, &ReInit{Version: mls10, GroupID: []byte("next")},
	} {
		seed(fuzzProposal, appendProposal(nil, p))
	}
	info, err := alice.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	_, external, err := carol.client.Rejoin(newMemory(), info, Rejoining{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ParseMessage(external)
	if err != nil {
		t.Fatal(err)
	}
	seed(fuzzExternal, parsed.public.content.commit.append(nil))
	seed(fuzzRaw, external)

	out := alice.commit(Plan{Add: []*KeyPackage{k}, TreeInWelcome: true})
	f.Welcome = out.Welcome
	seed(fuzzRaw, out.Message)
	if err := alice.group.DropPending(alice.store); err != nil {
		t.Fatal(err)
	}
	for i, p := range []*peer{alice, bob, carol, dave} {
		f.Stores[i] = make(map[string]map[string][]byte)
		for g, rows := range p.store.rows {
			f.Stores[i][hexText(g)] = make(map[string][]byte)
			for k, v := range rows {
				f.Stores[i][hexText(g)][hexText(k)] = v
			}
		}
	}
	seed(fuzzPrivate, append((&commit{}).append(nil), 0, 0, 0, 0))
	w, secrets, groupInfo := openFixtureWelcome(t, &f)
	seed(fuzzGroupInfo, groupInfo.append(nil))
	seed(fuzzSecrets, secrets.append(nil))
	_ = w
	for key, v := range bob.store.rows["the group"] {
		seed(fuzzRow, append(append([]byte{byte(len(key))}, key...), v...))
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(json.NewEncoder(z).Encode(f), z.Close(), os.WriteFile(fixtureFile, b.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func hexText(s string) string { return hex.EncodeToString([]byte(s)) }

func openFixtureWelcome(t tester, f *fixture) (*welcome, groupSecrets, *groupInfo) {
	t.Helper()
	dave := f.peer(t, 3)
	s := dave.client.suite
	m, err := ParseMessage(f.Welcome)
	if err != nil {
		t.Fatal(err)
	}
	stored, ref, err := dave.client.findKeyPackage(dave.store, m.welcome)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := m.welcome.openSecrets(s, ref, stored.init)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.openGroupInfo(s.welcomeSecret(s.memberSecret(secrets.joinerSecret, s.zero())), m.welcome.groupInfo)
	if err != nil {
		t.Fatal(err)
	}
	return m.welcome, secrets, info
}

// fuzzProcess brings an input past signatures, tags and encryption, which a
// member could do as well, and lets honest members judge it. They must come to
// the same answer, and a refusal must change nothing.
func fuzzProcess(t *testing.T, f *fixture, in []byte) {
	if len(in) == 0 {
		return
	}
	mode, in := in[0]%fuzzModes, in[1:]
	switch mode {
	case fuzzGroupInfo, fuzzSecrets:
		fuzzJoin(t, f, mode, in)
		return
	case fuzzRow:
		bob := f.peer(t, 1)
		if len(in) == 0 {
			return
		}
		n := int(in[0])
		if in = in[1:]; n == 0 || n > len(in) {
			return
		}
		bob.store.rows["the group"][string(in[:n])] = in[n:]
		if g, err := bob.client.Load(bob.store, []byte("the group")); err == nil {
			_, _ = g.Encrypt(bob.store, nil, nil)
			_, _ = g.Commit(bob.store, Plan{})
		}
		return
	}
	alice, bob := f.peer(t, 0), f.peer(t, 1)
	message := in
	if mode != fuzzRaw {
		if message = signAsCarol(t, f, mode, in); message == nil {
			return
		}
	}
	before := bob.store.copy()
	got, errBob := bob.group.Process(bob.store, message)
	if errBob != nil && !sameRows(before, bob.store) {
		t.Errorf("a refused message changed the store: %v", errBob)
	}
	want, errAlice := alice.group.Process(alice.store, message)
	if errBob == nil && errAlice == nil && got.Kind == Committed && !got.Removed && !want.Removed {
		agree(t, alice, bob)
	}
	if got != nil && got.Removed || want != nil && want.Removed {
		return // who is removed cannot check the confirmation tag
	}
	if (errBob == nil) != (errAlice == nil) && Refused(errors.Join(errBob, errAlice)) && !errors.Is(errors.Join(errBob, errAlice), ErrOwnMessage) {
		t.Errorf("bob says %v, alice %v", errBob, errAlice)
	}
}

// signAsCarol makes a valid message of carol from its body, nil if the body is
// none.
func signAsCarol(t *testing.T, f *fixture, mode byte, in []byte) []byte {
	carol := f.peer(t, 2)
	e, s := carol.group.epoch, carol.client.suite
	kind := contentCommit
	if mode == fuzzProposal {
		kind = contentProposal
	}
	a := carol.group.content(kind, nil)
	a.format = wirePublicMessage
	r := reader{b: in}
	a.content.readBody(&r)
	if r.err != nil {
		return nil
	}
	a.auth.confirmationTag = make([]byte, 32)
	if mode == fuzzExternal {
		a.content.sender = sender{kind: senderNewCommit}
	}
	if mode == fuzzPrivate {
		a.format = wirePrivateMessage
	}
	if err := a.sign(carol.client.cfg.Signer, e.encoded); err != nil {
		t.Fatal(err)
	}
	if mode == fuzzPrivate {
		b, err := carol.group.protect(carol.group.writer(carol.store), a)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	p, err := a.protectPublic(s, e.secrets.membership, e.encoded)
	if err != nil {
		t.Fatal(err)
	}
	return (&Message{format: wirePublicMessage, public: p}).Bytes()
}

// fuzzJoin seals a group info or group secrets for dave, as alice could.
func fuzzJoin(t *testing.T, f *fixture, mode byte, in []byte) {
	w, secrets, info := openFixtureWelcome(t, f)
	dave, alice := f.peer(t, 3), f.peer(t, 0)
	s := dave.client.suite
	var err error
	plain := secrets.append(nil)
	if mode == fuzzSecrets {
		plain = in
	} else if info, err = decode(in, readGroupInfo); err != nil {
		return
	}
	if err := info.sign(alice.client.cfg.Signer); err != nil {
		t.Fatal(err)
	}
	if w.groupInfo, err = s.sealGroupInfo(s.welcomeSecret(s.memberSecret(secrets.joinerSecret, s.zero())), info); err != nil {
		t.Fatal(err)
	}
	stored, _, err := dave.client.findKeyPackage(dave.store, w)
	if err != nil {
		t.Fatal(err)
	}
	if w.secrets[0].secrets, err = s.seal(stored.keyPackage.InitKey, "Welcome", w.groupInfo, plain); err != nil {
		t.Fatal(err)
	}
	before := dave.store.copy()
	g, err := dave.client.Join(dave.store, (&Message{format: wireWelcome, welcome: w}).Bytes(), nil)
	if err != nil {
		if !sameRows(before, dave.store) {
			t.Errorf("a refused welcome changed the store: %v", err)
		}
		return
	}
	if _, err := g.Encrypt(dave.store, nil, nil); err != nil {
		t.Errorf("joined, but cannot send: %v", err)
	}
}

func FuzzProcess(f *testing.F) {
	group := readFixture(f)
	for _, s := range group.Seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in []byte) { fuzzProcess(t, group, in) })
}
