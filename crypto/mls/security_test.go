package mls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The tests of this file are the properties of the product's list that this
// package answers for. Each was seen to fail with the line that guards it taken
// out.

// everyFormat makes one of each kind of message in a group of three.
func everyFormat(t *testing.T) (alice, bob, carol, dave *peer, all map[string][]byte) {
	t.Helper()
	alice, bob, carol = trio(t, X25519AES128SHA256Ed25519)
	dave = newPeer(t, X25519AES128SHA256Ed25519, "dave")
	k := dave.keyPackage()
	all = map[string][]byte{"key package": k.Bytes()}
	all["application"] = alice.encrypt("text")
	var err error
	if all["group info"], err = alice.group.GroupInfo(true); err != nil {
		t.Fatal(err)
	}
	out := alice.commit(Plan{Add: []*KeyPackage{k}, TreeInWelcome: true})
	all["commit"], all["welcome"] = out.Message, out.Welcome
	if err := alice.group.DropPending(alice.store); err != nil {
		t.Fatal(err)
	}
	all["public commit"] = alice.commit(Plan{Public: true}).Message
	if err := alice.group.DropPending(alice.store); err != nil {
		t.Fatal(err)
	}
	if all["proposal"], err = alice.group.ProposeUpdate(alice.store, nil, false); err != nil {
		t.Fatal(err)
	}
	if all["public proposal"], err = alice.group.ProposeUpdate(alice.store, nil, true); err != nil {
		t.Fatal(err)
	}
	thief := &peer{t: t, name: "carol", client: carol.client, store: newMemory()}
	if _, all["external commit"], err = thief.client.Rejoin(thief.store, all["group info"], Rejoining{}); err != nil {
		t.Fatal(err)
	}
	return alice, bob, carol, dave, all
}

// Property 4: one meaning per message type. Every message fed to every handler
// that is not its own gives a typed error and changes nothing.
func TestEveryMessageHasOneMeaning(t *testing.T) {
	_, bob, _, dave, all := everyFormat(t)
	typed := func(err error) bool {
		return errors.Is(err, ErrMalformed) || errors.Is(err, ErrInvalid) || errors.Is(err, ErrDecrypt) || errors.Is(err, ErrUnsupported)
	}
	forGroup := []string{"application", "commit", "public commit", "proposal", "public proposal", "external commit"}
	for name, b := range all {
		if !slices.Contains(forGroup, name) {
			bob.refuses(name+" as a message of the group", b, ErrMalformed)
		}
		if name != "welcome" {
			if _, err := dave.client.Join(dave.store, b, nil); !typed(err) {
				t.Errorf("%s as a welcome: got %v", name, err)
			}
		}
		if name != "group info" {
			if _, _, err := bob.client.Rejoin(newMemory(), b, Rejoining{}); !typed(err) {
				t.Errorf("%s as a group info: got %v", name, err)
			}
		}
		if name != "key package" {
			if _, err := ParseKeyPackage(b); !typed(err) {
				t.Errorf("%s as a key package: got %v", name, err)
			}
		}
	}
	// A private message under another content type.
	for _, kind := range []contentType{contentProposal, contentCommit} {
		m, err := ParseMessage(all["application"])
		if err != nil {
			t.Fatal(err)
		}
		m.private.kind = kind
		bob.refuses("application data as another content", m.Bytes(), ErrDecrypt)
	}
	// A signature under one label is none under another, and no two secrets of
	// an epoch are the same.
	labels := []string{"FramedContentTBS", "LeafNodeTBS", "KeyPackageTBS", "GroupInfoTBS"}
	for _, from := range labels {
		sig, err := bob.client.cfg.Signer.sign(from, []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range labels {
			if err := bob.client.suite.verify(bob.client.cfg.Signer.Public(), to, []byte("content"), sig); (err == nil) != (from == to) {
				t.Errorf("signature for %s as %s: got %v", from, to, err)
			}
		}
	}
	d := bob.client.suite.deriveEpoch(bytes.Repeat([]byte{3}, 32))
	secrets := []secret{
		d.senderData, d.exporter, d.external, d.membership, d.resumption, d.authenticator, d.init, d.encryption, d.confirmation,
	}
	for i, a := range secrets {
		for _, b := range secrets[:i] {
			if bytes.Equal(a, b) {
				t.Errorf("secret %d of an epoch stands for two purposes", i)
			}
		}
	}
}

// Property 6: no byte of any format can be changed unseen.
func TestNoByteCanBeChanged(t *testing.T) {
	_, bob, _, dave, all := everyFormat(t)
	for name, b := range all {
		step := 1
		if testing.Short() || underRace {
			step = 7
		}
		for i := 0; i < len(b); i += step {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << rand.IntN(8)
			switch name {
			case "key package":
				if _, err := ParseKeyPackage(bad); err == nil {
					t.Errorf("%s with byte %d changed was accepted", name, i)
				}
			case "welcome":
				store := dave.store.copy()
				if _, err := dave.client.Join(store, bad, nil); err == nil || !sameRows(store, dave.store) {
					t.Errorf("%s with byte %d changed was accepted: %v", name, i, err)
				}
			case "group info":
				if _, _, err := bob.client.Rejoin(newMemory(), bad, Rejoining{}); err == nil {
					t.Errorf("%s with byte %d changed was accepted", name, i)
				}
			default:
				if _, err := bob.group.Process(bob.store, bad); err == nil {
					t.Fatalf("%s with byte %d changed was accepted", name, i)
				}
			}
		}
	}
	bob.process(all["application"])
	bob.process(all["proposal"])
	bob.process(all["public proposal"])
	bob.process(all["external commit"])
}

// Property 8: whoever steals everything after a message was read cannot read it
// a second time; neither from the receiver nor from the sender.
func TestStolenStateReadsNothingOld(t *testing.T) {
	alice, bob, carol := trio(t, XWingAES256SHA384Ed25519)
	encryption := bytes.Clone(bob.store.rows["the group"][secretNodeRow(rootOf(4))])
	if len(encryption) == 0 {
		t.Fatal("the encryption secret of an unused epoch should be in the store")
	}
	inMemory := bob.group.epoch.messages.nodes[rootOf(4)]
	var messages [][]byte
	for i := range 5 {
		messages = append(messages, alice.encrypt(fmt.Sprint("secret ", i)))
	}
	for _, m := range messages {
		bob.process(m)
	}
	bob.encrypt("so that bob's own ratchet moves too")

	if !bytes.Equal(inMemory, make([]byte, len(inMemory))) {
		t.Error("the encryption secret is still in memory")
	}
	for _, p := range []*peer{alice, bob} {
		for key, v := range p.store.rows["the group"] {
			if bytes.Contains(v, encryption) {
				t.Errorf("the encryption secret is still in row %q of %s", key, p.name)
			}
		}
		thief := &peer{t: t, name: "thief of " + p.name, client: p.client, store: p.store.copy(), group: p.group}
		thief.restart()
		thief.group.epoch.self = 3 // so that it tries alice's messages as well
		read := 0
		for _, m := range messages {
			if _, err := thief.group.Process(thief.store, m); err == nil {
				read++
			}
		}
		if read != 0 {
			t.Errorf("%s read %d of %d old messages, want 0", thief.name, read, len(messages))
		}
	}
	// After the next commit nothing of the old epoch is left but its resumption
	// secret, which decrypts nothing.
	old := bob.store.copy()
	out := carol.commit(Plan{})
	carol.process(out.Message)
	bob.process(out.Message)
	for key, v := range old.rows["the group"] {
		if kind := key[0]; kind != rowSecretNode && kind != rowRatchet && kind != rowSkipped {
			continue
		}
		secretPart := v[len(v)-16:]
		for now, w := range bob.store.rows["the group"] {
			if bytes.Contains(w, secretPart) {
				t.Errorf("row %q of the old epoch lives on in row %q", key, now)
			}
		}
	}
	e, err := decode(old.rows["the group"][string(rowEpoch)], readEpoch(bob.client.suite))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]secret{
		"sender data": e.secrets.senderData, "exporter": e.secrets.exporter, "external": e.secrets.external,
		"membership": e.secrets.membership, "init": e.secrets.init, "authenticator": e.secrets.authenticator,
	} {
		for now, w := range bob.store.rows["the group"] {
			if bytes.Contains(w, s) {
				t.Errorf("the %s secret of the old epoch lives on in row %q", name, now)
			}
		}
	}
}

// opensPath says whether any of the private keys opens any path secret of a
// public commit.
func opensPath(t *testing.T, s *suite, keys privateKeys, next *Group, message []byte) bool {
	t.Helper()
	m, err := ParseMessage(message)
	if err != nil {
		t.Fatal(err)
	}
	context := next.epoch.context
	context.ConfirmedTranscriptHash = nil
	for _, n := range m.public.content.commit.path.nodes {
		for _, c := range n.secrets {
			for _, k := range keys {
				for _, confirmed := range [][]byte{next.epoch.context.ConfirmedTranscriptHash, nil} {
					context.ConfirmedTranscriptHash = confirmed
					if _, err := s.open(k, "UpdatePathNode", context.append(nil), c); err == nil {
						return true
					}
				}
			}
		}
	}
	return false
}

// provisional puts the transcript back that a path is encrypted with: opensPath
// must be given the group with the transcript of the epoch before.
func provisional(g *Group, before []byte) *Group {
	e := *g.epoch
	e.context.ConfirmedTranscriptHash = before
	return &Group{epoch: &e}
}

// Property 9: a theft heals with the next commit of the victim.
func TestTheftHeals(t *testing.T) {
	alice, bob, carol := trio(t, XWingAES256SHA384Ed25519)
	stolen := &peer{t: t, name: "thief", client: bob.client, store: bob.store.copy(), group: bob.group}
	stolen.restart()
	s := bob.client.suite

	// While nothing happens the thief reads along.
	m := alice.encrypt("before the healing")
	if r := stolen.process(m); string(r.Data) != "before the healing" {
		t.Errorf("got %q, want that the thief reads", r.Data)
	}
	bob.process(m)
	carol.process(m)

	heal := bob.commit(Plan{Public: true})
	before := alice.group.epoch.context.ConfirmedTranscriptHash
	for _, p := range []*peer{alice, bob, carol} {
		p.process(heal.Message)
	}
	if opensPath(t, s, stolen.group.epoch.private, provisional(alice.group, before), heal.Message) {
		t.Error("the stolen keys open the healing commit")
	}
	// The keys of the group open it: the test looks in the right place.
	if !opensPath(t, s, alice.group.epoch.private, provisional(alice.group, before), heal.Message) {
		known := privateKeys{}
		for n, k := range carol.group.epoch.private {
			known[n] = k
		}
		if !opensPath(t, s, known, provisional(alice.group, before), heal.Message) {
			t.Error("nobody opens the healing commit: the test is wrong")
		}
	}
	before = alice.group.epoch.context.ConfirmedTranscriptHash
	next := alice.commit(Plan{Public: true})
	for _, p := range []*peer{alice, bob, carol} {
		p.process(next.Message)
	}
	if opensPath(t, s, stolen.group.epoch.private, provisional(alice.group, before), next.Message) {
		t.Error("the stolen keys open a commit after the healing")
	}
	for n, k := range stolen.group.epoch.private {
		for now, w := range bob.store.rows["the group"] {
			if bytes.Contains(w, k) {
				t.Errorf("the stolen key of node %d lives on in row %q", n, now)
			}
		}
	}
	m = alice.encrypt("after the healing")
	stolen.refuses("a message after the healing", m, ErrFutureEpoch)
	parsed, err := ParseMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsed.private.openSenderData(s, stolen.group.epoch.secrets.senderData); err == nil {
		t.Error("the thief sees who sends")
	}
	agree(t, alice, bob, carol)
	talk(t, alice, bob, carol)
}

// Property 10: who was removed reads nothing of what follows, with all its keys.
func TestRemovedMeansOut(t *testing.T) {
	alice, bob, carol := trio(t, XWingAES256SHA384Ed25519)
	stolen := &peer{t: t, name: "bob with a copy", client: bob.client, store: bob.store.copy(), group: bob.group}
	stolen.restart()
	before := alice.group.epoch.context.ConfirmedTranscriptHash
	out := alice.commit(Plan{Remove: []LeafIndex{bob.group.Self()}, Public: true})
	for _, p := range []*peer{alice, carol} {
		p.process(out.Message)
	}
	s := alice.client.suite
	if opensPath(t, s, stolen.group.epoch.private, provisional(alice.group, before), out.Message) {
		t.Error("the removed member opens the commit that removed it")
	}
	m := carol.encrypt("without bob")
	stolen.refuses("a message without bob", m, ErrFutureEpoch)
	alice.process(m)
	if r := bob.process(out.Message); !r.Removed {
		t.Error("bob did not learn that he is out")
	}
	agree(t, alice, carol)
}

// Property 11: a replay is refused, also after a restart and in the middle of a
// gap.
func TestReplayIsRefused(t *testing.T) {
	alice, bob, _ := trio(t, X25519AES128SHA256Ed25519)
	var messages [][]byte
	for i := range 6 {
		messages = append(messages, alice.encrypt(fmt.Sprint(i)))
	}
	for _, i := range []int{0, 4, 2} {
		bob.process(messages[i])
		for range 3 {
			bob.refuses("a replay", messages[i], ErrConsumed)
			bob.restart()
		}
	}
	for _, i := range []int{1, 3, 5} {
		bob.process(messages[i])
	}
	for _, m := range messages {
		bob.refuses("a replay", m, ErrConsumed)
	}
	if got := rowsOf(&memory{rows: map[string]map[string][]byte{"": bob.store.rows["the group"]}}, rowSkipped); got != 0 {
		t.Errorf("got %d rows of skipped keys, want 0", got)
	}
}

// Property 12: 100 messages in any order, with a restart in between, are all
// read, each once.
func TestShuffledMessages(t *testing.T) {
	alice, bob, _ := trio(t, X25519AES128SHA256Ed25519)
	var messages [][]byte
	for i := range 100 {
		messages = append(messages, alice.encrypt(fmt.Sprint(i)))
	}
	read := make(map[string]int)
	for i, at := range rand.Perm(len(messages)) {
		if i%10 == 5 {
			bob.restart()
		}
		read[string(bob.process(messages[at]).Data)]++
	}
	for i := range messages {
		if got := read[fmt.Sprint(i)]; got != 1 {
			t.Errorf("message %d was read %d times, want 1", i, got)
		}
	}
}

// claim makes a message of a member that says any generation. The sender data
// key is everybody's, so every member can do that, even in another's name.
func claim(t tester, from *peer, as LeafIndex, generation uint32) []byte {
	t.Helper()
	e, s := from.group.epoch, from.client.suite
	a := from.group.content(contentApplication, nil)
	if err := a.sign(from.client.cfg.Signer, e.encoded); err != nil {
		t.Fatal(err)
	}
	use := &keyUse{id: ratchetFor(as, contentApplication), generation: generation, key: make(messageKey, s.nk+nonceSize)}
	p, err := a.protectPrivate(s, e.secrets.senderData, use, Padme)
	if err != nil {
		t.Fatal(err)
	}
	return (&Message{format: wirePrivateMessage, private: p}).Bytes()
}

// Property 13: bounded work before trust.
func TestProperty13FarGenerationsAreCheapToRefuse(t *testing.T) {
	_, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	for _, g := range []uint32{MaxSkipped + 1, 300_000, 1<<32 - 1} {
		m := claim(t, carol, 0, g)
		start := time.Now()
		bob.refuses("a far generation", m, ErrTooFarAhead)
		if took := time.Since(start); took > time.Second {
			t.Errorf("refusing generation %d took %v", g, took)
		}
	}
	// A near generation with a wrong key costs work but changes nothing.
	bob.refuses("a forged message", claim(t, carol, 0, MaxSkipped), ErrDecrypt)
	bob.refuses("a message of a blank leaf", claim(t, carol, 3, 0), ErrInvalid)
	bob.refuses("a message of a leaf beyond the tree", claim(t, carol, 1<<31, 0), ErrInvalid)
}

// A member that signs as somebody else is found out, though it knows all keys
// of the ratchets.
func TestMembersCannotSpeakForOthers(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	e, s := carol.group.epoch, carol.client.suite
	a := carol.group.content(contentApplication, nil)
	a.content.application = []byte("I am alice")
	a.content.sender.index = uint32(alice.group.Self())
	if err := a.sign(carol.client.cfg.Signer, e.encoded); err != nil {
		t.Fatal(err)
	}
	use, err := e.messages.peek(ratchetFor(alice.group.Self(), contentApplication), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.protectPrivate(s, e.secrets.senderData, use, Padme)
	if err != nil {
		t.Fatal(err)
	}
	bob.refuses("carol as alice", (&Message{format: wirePrivateMessage, private: p}).Bytes(), ErrInvalid)
	talk(t, alice, bob, carol)
}

// Property 16: no downgrade of version or suite.
func TestNoDowngrade(t *testing.T) {
	alice, bob, _ := trio(t, X25519AES128SHA256Ed25519)
	dave := newPeer(t, XWingAES256SHA384Ed25519, "dave")
	strong, weak := dave.keyPackage(), bob.keyPackage()
	if _, err := alice.group.Commit(alice.store, Plan{Add: []*KeyPackage{strong}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a key package of another suite: got %v, want ErrInvalid", err)
	}
	dave.create()
	if _, err := dave.group.Commit(dave.store, Plan{Add: []*KeyPackage{weak}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a weaker key package: got %v, want ErrInvalid", err)
	}
	info, err := alice.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := dave.client.Rejoin(dave.store, info, Rejoining{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a group info of a weaker suite: got %v, want ErrUnsupported", err)
	}
	erin := newPeer(t, X25519AES128SHA256Ed25519, "erin")
	out := alice.commit(Plan{Add: []*KeyPackage{erin.keyPackage()}, TreeInWelcome: true})
	if _, err := dave.client.Join(dave.store, out.Welcome, nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("a welcome of a weaker suite: got %v, want ErrUnsupported", err)
	}
	bad := bytes.Clone(out.Message)
	binary.BigEndian.PutUint16(bad, 2)
	bob.refuses("another protocol version", bad, ErrUnsupported)
}

// An attacker outside of the group, the carrier of the messages for example,
// has public keys only. It can neither add nor speak.
func TestOutsidersAreRefused(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	mallory := newPeer(t, X25519AES128SHA256Ed25519, "mallory", func(c *Config) { c.OpenExternal = true })
	info, err := alice.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	_, join, err := mallory.client.Rejoin(mallory.store, info, Rejoining{})
	if err != nil {
		t.Fatal(err)
	}
	bob.refuses("an external join of a stranger", join, ErrInvalid)

	// A Welcome into a group that mallory made up with everybody's key packages
	// is a group of mallory's, not this one; bob's own group stays.
	mallory.store = newMemory()
	mallory.create()
	out := mallory.commit(Plan{Add: []*KeyPackage{bob.keyPackage()}, TreeInWelcome: true})
	if _, err := bob.client.Join(bob.store, out.Welcome, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("a second group with the same id: got %v, want ErrInvalid", err)
	}
	// A signed message of a made-up member.
	for _, kind := range []senderType{senderMember, senderExternal, senderNewProposal} {
		a := mallory.group.content(contentProposal, nil)
		a.format = wirePublicMessage
		a.content.epoch = bob.group.Epoch()
		a.content.sender = sender{kind: kind}
		a.content.proposal = &Remove{2}
		if err := a.sign(mallory.client.cfg.Signer, bob.group.epoch.encoded); err != nil {
			t.Fatal(err)
		}
		p, err := a.protectPublic(mallory.client.suite, mallory.group.epoch.secrets.membership, bob.group.epoch.encoded)
		if err != nil {
			t.Fatal(err)
		}
		bob.refuses("a proposal of a stranger", (&Message{format: wirePublicMessage, public: p}).Bytes(), nil)
	}
	talk(t, alice, bob, carol)
}

// Padding is no covert channel (RFC 9420, section 6.3.1).
func TestPaddingIsZero(t *testing.T) {
	alice, bob, _ := trio(t, X25519AES128SHA256Ed25519)
	e, s := alice.group.epoch, alice.client.suite
	for _, padding := range [][]byte{{0, 0, 1}, {0, 0, 0}} {
		use, err := e.messages.nextOwn(ratchetFor(0, contentApplication))
		if err != nil {
			t.Fatal(err)
		}
		a := alice.group.content(contentApplication, nil)
		if err := a.sign(alice.client.cfg.Signer, e.encoded); err != nil {
			t.Fatal(err)
		}
		p := &privateMessage{groupID: alice.group.id, epoch: e.context.Epoch, kind: contentApplication}
		aead, nonce, err := s.contentCipher(use.key, [4]byte{})
		if err != nil {
			t.Fatal(err)
		}
		plain := append(a.auth.append(a.content.appendBody(nil), contentApplication), padding...)
		p.ciphertext = aead.Seal(nil, nonce, plain, p.appendContentAAD(nil))
		if err := p.sealSenderData(s, e.secrets.senderData, senderData{}); err != nil {
			t.Fatal(err)
		}
		b := (&Message{format: wirePrivateMessage, private: p}).Bytes()
		if padding[2] == 0 {
			bob.process(b)
		} else {
			bob.refuses("padding with a text in it", b, ErrMalformed)
		}
	}
}

func TestPadme(t *testing.T) {
	for n, want := range map[int]int{0: 256, 255: 256, 256: 256, 257: 272, 1000: 1024, 1025: 1088, 9000: 9216, 1 << 20: 1 << 20} {
		if got := n + Padme(n); got != want {
			t.Errorf("%d bytes: got %d, want %d", n, got, want)
		}
	}
	for n := 256; n < 1<<20; n += 997 {
		if over := float64(Padme(n)) / float64(n); over > 0.12 {
			t.Errorf("%d bytes: %.3f more, want at most 0.12", n, over)
		}
	}
}

// A commit whose path secrets do not fit their public keys reaches nobody it
// cheats, and says who made it.
func TestBadPathSecretIsNoticed(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	list := []proposed{}
	tr, err := carol.group.apply(list)
	if err != nil {
		t.Fatal(err)
	}
	a := carol.group.content(contentCommit, nil)
	a.format, a.content.commit = wirePublicMessage, &commit{}
	b, err := carol.group.build(tr, a, carol.group.Self(), true, carol.group.epoch.secrets.init, carol.client.suite.zero(), false)
	if err != nil {
		t.Fatal(err)
	}
	// Encrypt something else under the same public keys and sign that.
	keys := pathKeys{path: tr.tree.filteredDirectPath(carol.group.Self())}
	for range keys.path {
		keys.secrets = append(keys.secrets, bytes.Repeat([]byte{5}, carol.client.suite.nh))
	}
	context := b.next.context
	context.ConfirmedTranscriptHash = carol.group.epoch.context.ConfirmedTranscriptHash
	if a.content.commit.path, err = tr.tree.sealPath(carol.group.Self(), keys, context.append(nil), nil); err != nil {
		t.Fatal(err)
	}
	if err := a.sign(carol.client.cfg.Signer, carol.group.epoch.encoded); err != nil {
		t.Fatal(err)
	}
	p, err := a.protectPublic(carol.client.suite, carol.group.epoch.secrets.membership, carol.group.epoch.encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []*peer{alice, bob} {
		q.refuses("a path secret that does not fit", (&Message{format: wirePublicMessage, public: p}).Bytes(), ErrUnreadable)
	}
	talk(t, alice, bob, carol)
}
