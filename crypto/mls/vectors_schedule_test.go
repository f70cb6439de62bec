package mls

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"testing"
)

func testKeySchedule(t *testing.T, v struct {
	Suite   CipherSuite `json:"cipher_suite"`
	GroupID hexBytes    `json:"group_id"`
	Init    hexBytes    `json:"initial_init_secret"`
	Epochs  []struct {
		TreeHash      hexBytes `json:"tree_hash"`
		Commit        hexBytes `json:"commit_secret"`
		PSK           hexBytes `json:"psk_secret"`
		Confirmed     hexBytes `json:"confirmed_transcript_hash"`
		Context       hexBytes `json:"group_context"`
		Joiner        hexBytes `json:"joiner_secret"`
		Welcome       hexBytes `json:"welcome_secret"`
		Init          hexBytes `json:"init_secret"`
		SenderData    hexBytes `json:"sender_data_secret"`
		Encryption    hexBytes `json:"encryption_secret"`
		Exporter      hexBytes `json:"exporter_secret"`
		Authenticator hexBytes `json:"epoch_authenticator"`
		External      hexBytes `json:"external_secret"`
		Confirmation  hexBytes `json:"confirmation_key"`
		Membership    hexBytes `json:"membership_key"`
		Resumption    hexBytes `json:"resumption_psk"`
		ExternalPub   hexBytes `json:"external_pub"`
		Export        struct {
			Label           string
			Context, Secret hexBytes
			Length          int
		} `json:"exporter"`
	}
},
) {
	s := suiteFor(t, v.Suite)
	init := secret(v.Init)
	for i, e := range v.Epochs {
		context := GroupContext{
			Suite: v.Suite, GroupID: v.GroupID, Epoch: uint64(i),
			TreeHash: e.TreeHash, ConfirmedTranscriptHash: e.Confirmed,
		}
		encoded := context.append(nil)
		same(t, "group context", encoded, e.Context)
		joiner := s.joinerSecret(init, secret(e.Commit), encoded)
		same(t, "joiner secret", joiner, e.Joiner)
		member := s.memberSecret(joiner, secret(e.PSK))
		same(t, "welcome secret", s.welcomeSecret(member), e.Welcome)
		d := s.deriveEpoch(s.epochSecret(member, encoded))
		same(t, "init secret", d.init, e.Init)
		same(t, "sender data secret", d.senderData, e.SenderData)
		same(t, "encryption secret", d.encryption, e.Encryption)
		same(t, "exporter secret", d.exporter, e.Exporter)
		same(t, "epoch authenticator", d.authenticator, e.Authenticator)
		same(t, "external secret", d.external, e.External)
		same(t, "confirmation key", d.confirmation, e.Confirmation)
		same(t, "membership key", d.membership, e.Membership)
		same(t, "resumption secret", d.resumption, e.Resumption)
		same(t, "external key", mustPublic(t, s, d.external), e.ExternalPub)
		// The label of the vectors is a text, its bytes are the label.
		same(t, "exporter", s.export(d.exporter, e.Export.Label, e.Export.Context, e.Export.Length), e.Export.Secret)
		init = d.init
	}
}

func testPSKSecret(t *testing.T, v struct {
	Suite CipherSuite `json:"cipher_suite"`
	PSKs  []struct {
		ID    hexBytes `json:"psk_id"`
		PSK   hexBytes
		Nonce hexBytes `json:"psk_nonce"`
	}
	Secret hexBytes `json:"psk_secret"`
},
) {
	s := suiteFor(t, v.Suite)
	var ids []PSKID
	var psks []secret
	for _, p := range v.PSKs {
		ids = append(ids, PSKID{External: p.ID, Nonce: p.Nonce})
		psks = append(psks, secret(p.PSK))
	}
	same(t, "psk secret", s.pskSecret(ids, psks), v.Secret)
}

func testSecretTree(t *testing.T, v struct {
	Suite      CipherSuite `json:"cipher_suite"`
	SenderData struct {
		Secret     hexBytes `json:"sender_data_secret"`
		Ciphertext hexBytes
		Key, Nonce hexBytes
	} `json:"sender_data"`
	Encryption hexBytes `json:"encryption_secret"`
	Leaves     [][]struct {
		Generation       uint32
		HandshakeKey     hexBytes `json:"handshake_key"`
		HandshakeNonce   hexBytes `json:"handshake_nonce"`
		ApplicationKey   hexBytes `json:"application_key"`
		ApplicationNonce hexBytes `json:"application_nonce"`
	}
},
) {
	s := suiteFor(t, v.Suite)
	key, nonce := s.senderDataKey(secret(v.SenderData.Secret), v.SenderData.Ciphertext)
	same(t, "sender data key", key, v.SenderData.Key)
	same(t, "sender data nonce", nonce, v.SenderData.Nonce)

	tree := newSecretTree(s, uint32(len(v.Leaves)), secret(v.Encryption))
	for i, leaf := range v.Leaves {
		for _, g := range leaf {
			for kind, want := range map[contentType][]byte{
				contentApplication: append(bytes.Clone(g.ApplicationKey), g.ApplicationNonce...),
				contentProposal:    append(bytes.Clone(g.HandshakeKey), g.HandshakeNonce...),
			} {
				id := ratchetFor(LeafIndex(i), kind)
				use, err := tree.peek(id, g.Generation)
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("key of leaf %d generation %d kind %d", i, g.Generation, kind), use.key, want)
				tree.consume(use, &rowWriter{tx: newMemory()})
				if _, err := tree.peek(id, g.Generation); !errors.Is(err, ErrConsumed) {
					t.Errorf("the same key again: got %v, want ErrConsumed", err)
				}
			}
		}
	}
	if len(tree.nodes) != 0 {
		t.Errorf("%d secrets of the tree left after all leaves were used", len(tree.nodes))
	}
}

func testTranscriptHashes(t *testing.T, v struct {
	Suite           CipherSuite `json:"cipher_suite"`
	ConfirmationKey hexBytes    `json:"confirmation_key"`
	Content         hexBytes    `json:"authenticated_content"`
	InterimBefore   hexBytes    `json:"interim_transcript_hash_before"`
	ConfirmedAfter  hexBytes    `json:"confirmed_transcript_hash_after"`
	InterimAfter    hexBytes    `json:"interim_transcript_hash_after"`
},
) {
	s := suiteFor(t, v.Suite)
	a := must(t, v.Content, readAuthenticatedContent)
	if a.content.commit == nil {
		t.Fatal("no commit in the content")
	}
	confirmed := s.confirmedTranscript(v.InterimBefore, a)
	same(t, "confirmed transcript hash", confirmed, v.ConfirmedAfter)
	if !s.verifyMAC(v.ConfirmationKey, confirmed, a.auth.confirmationTag) {
		t.Error("the confirmation tag does not verify")
	}
	same(t, "interim transcript hash", s.interimTranscript(confirmed, a.auth.confirmationTag), v.InterimAfter)
}

type messageProtection struct {
	Suite           CipherSuite `json:"cipher_suite"`
	GroupID         hexBytes    `json:"group_id"`
	Epoch           uint64
	TreeHash        hexBytes `json:"tree_hash"`
	Confirmed       hexBytes `json:"confirmed_transcript_hash"`
	SignaturePriv   hexBytes `json:"signature_priv"`
	SignaturePub    hexBytes `json:"signature_pub"`
	Encryption      hexBytes `json:"encryption_secret"`
	SenderData      hexBytes `json:"sender_data_secret"`
	Membership      hexBytes `json:"membership_key"`
	Proposal        hexBytes
	ProposalPub     hexBytes `json:"proposal_pub"`
	ProposalPriv    hexBytes `json:"proposal_priv"`
	Commit          hexBytes
	CommitPub       hexBytes `json:"commit_pub"`
	CommitPriv      hexBytes `json:"commit_priv"`
	Application     hexBytes
	ApplicationPriv hexBytes `json:"application_priv"`
}

func testMessageProtection(t *testing.T, v messageProtection) {
	s := suiteFor(t, v.Suite)
	c := GroupContext{Suite: v.Suite, GroupID: v.GroupID, Epoch: v.Epoch, TreeHash: v.TreeHash, ConfirmedTranscriptHash: v.Confirmed}
	context := c.append(nil)
	signer := signerOf(t, s, v.SignaturePriv)
	unprotectPublic := func(b []byte) (*authenticatedContent, error) {
		m, err := ParseMessage(b)
		if err != nil {
			return nil, err
		}
		a, err := m.public.unprotect(s, secret(v.Membership), context)
		if err != nil {
			return nil, err
		}
		return a, a.verify(s, v.SignaturePub, context)
	}
	unprotectPrivate := func(b []byte) (*authenticatedContent, error) {
		m, err := ParseMessage(b)
		if err != nil {
			return nil, err
		}
		d, err := m.private.openSenderData(s, secret(v.SenderData))
		if err != nil {
			return nil, err
		}
		tree := newSecretTree(s, 2, secret(bytes.Clone(v.Encryption)))
		use, err := tree.peek(ratchetFor(d.leaf, m.private.kind), d.generation)
		if err != nil {
			return nil, err
		}
		a, err := m.private.open(s, d, use)
		if err != nil {
			return nil, err
		}
		return a, a.verify(s, v.SignaturePub, context)
	}
	protect := func(a *authenticatedContent, format wireFormat) []byte {
		a.format = format
		a.content.groupID, a.content.epoch, a.content.sender = v.GroupID, v.Epoch, sender{senderMember, 1}
		if err := a.sign(signer, context); err != nil {
			t.Fatal(err)
		}
		if format == wirePublicMessage {
			p, err := a.protectPublic(s, secret(v.Membership), context)
			if err != nil {
				t.Fatal(err)
			}
			return (&Message{format: format, public: p}).Bytes()
		}
		tree := newSecretTree(s, 2, secret(bytes.Clone(v.Encryption)))
		use, err := tree.nextOwn(ratchetFor(1, a.content.kind))
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.protectPrivate(s, secret(v.SenderData), use, func(int) int { return 33 })
		if err != nil {
			t.Fatal(err)
		}
		return (&Message{format: format, private: p}).Bytes()
	}
	body := func(a *authenticatedContent) []byte {
		if a.content.kind == contentApplication {
			return a.content.application
		}
		return a.content.appendBody(nil)
	}
	for _, x := range []struct {
		name            string
		raw, pub, priv  []byte
		kind            contentType
		confirmationTag []byte
	}{
		{"proposal", v.Proposal, v.ProposalPub, v.ProposalPriv, contentProposal, nil},
		{"commit", v.Commit, v.CommitPub, v.CommitPriv, contentCommit, bytes.Repeat([]byte{1}, s.nh)},
		{"application", v.Application, nil, v.ApplicationPriv, contentApplication, nil},
	} {
		fresh := func() *authenticatedContent {
			a := &authenticatedContent{auth: authData{confirmationTag: x.confirmationTag}}
			a.content.kind = x.kind
			a.content.application = x.raw
			switch x.kind {
			case contentProposal:
				a.content.proposal = must(t, x.raw, readProposal)
			case contentCommit:
				a.content.commit = must(t, x.raw, readCommit)
			}
			return a
		}
		private := [][]byte{x.priv, protect(fresh(), wirePrivateMessage)}
		for i, b := range private {
			a, err := unprotectPrivate(b)
			if err != nil {
				t.Fatalf("private %s %d: %v", x.name, i, err)
			}
			same(t, x.name, body(a), x.raw)
		}
		if x.pub == nil {
			a := fresh()
			a.content.sender = sender{senderMember, 1}
			if _, err := a.protectPublic(s, secret(v.Membership), context); !errors.Is(err, ErrInvalid) {
				t.Errorf("application data as a public message: got %v, want ErrInvalid", err)
			}
			continue
		}
		public := [][]byte{x.pub, protect(fresh(), wirePublicMessage)}
		for i, b := range public {
			a, err := unprotectPublic(b)
			if err != nil {
				t.Fatalf("public %s %d: %v", x.name, i, err)
			}
			same(t, x.name, body(a), x.raw)
		}
		// Property 6: no byte of either form can be changed unseen.
		if v.Suite == X25519AES128SHA256Ed25519 {
			for name, open := range map[string]func([]byte) (*authenticatedContent, error){"public": unprotectPublic, "private": unprotectPrivate} {
				b := public[1]
				if name == "private" {
					b = private[1]
				}
				for i := range b {
					bad := bytes.Clone(b)
					bad[i] ^= 1
					m, err := ParseMessage(bad)
					if err != nil || (m.public == nil) != (name == "private") || (m.private == nil) != (name == "public") {
						continue
					}
					if _, err := open(bad); err == nil {
						t.Errorf("%s %s with byte %d changed was accepted", name, x.name, i)
					}
				}
			}
		}
	}
}

func testWelcome(t *testing.T, v struct {
	Suite      CipherSuite `json:"cipher_suite"`
	InitPriv   hexBytes    `json:"init_priv"`
	SignerPub  hexBytes    `json:"signer_pub"`
	KeyPackage hexBytes    `json:"key_package"`
	Welcome    hexBytes
},
) {
	s := suiteFor(t, v.Suite)
	k, err := ParseMessage(v.KeyPackage)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMessage(v.Welcome)
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := m.welcome.openSecrets(s, k.keyPackage.ref(s), secret(v.InitPriv))
	if err != nil {
		t.Fatal(err)
	}
	member := s.memberSecret(secrets.joinerSecret, s.pskSecret(nil, nil))
	info, err := s.openGroupInfo(s.welcomeSecret(member), m.welcome.groupInfo)
	if err != nil {
		t.Fatal(err)
	}
	if err := info.verify(s, v.SignerPub); err != nil {
		t.Error(err)
	}
	d := s.deriveEpoch(s.epochSecret(member, info.context.append(nil)))
	tag := s.mac(d.confirmation, info.context.ConfirmedTranscriptHash)
	if subtle.ConstantTimeCompare(tag, info.confirmationTag) != 1 {
		t.Errorf("confirmation tag: got %x, want %x", tag, info.confirmationTag)
	}
}
