package mls

import (
	"errors"
	"testing"
)

// anyone is a Policy that says yes to everything.
type anyone struct{}

func (anyone) CheckCredential(*LeafNode) error { return nil }
func (anyone) CheckChange(*Change) error       { return nil }

// testPassiveClient is the scenario of a client that is added and follows.
func testPassiveClient(t *testing.T, v struct {
	Suite CipherSuite `json:"cipher_suite"`
	PSKs  []struct {
		ID  hexBytes `json:"psk_id"`
		PSK hexBytes
	} `json:"external_psks"`
	KeyPackage     hexBytes `json:"key_package"`
	SignaturePriv  hexBytes `json:"signature_priv"`
	EncryptionPriv hexBytes `json:"encryption_priv"`
	InitPriv       hexBytes `json:"init_priv"`
	Welcome        hexBytes
	Tree           hexBytes `json:"ratchet_tree"`
	Authenticator  hexBytes `json:"initial_epoch_authenticator"`
	Epochs         []struct {
		Proposals     []hexBytes
		Commit        hexBytes
		Authenticator hexBytes `json:"epoch_authenticator"`
	}
},
) {
	s := suiteFor(t, v.Suite)
	m, err := ParseMessage(v.KeyPackage)
	if err != nil {
		t.Fatal(err)
	}
	stored := storedKeyPackage{m.keyPackage, scalar(s, v.InitPriv), scalar(s, v.EncryptionPriv)}
	signer := signerOf(t, s, v.SignaturePriv)
	same(t, "signature key", signer.Public(), stored.keyPackage.Leaf.SignatureKey)
	for _, pair := range []struct{ private, public []byte }{
		{stored.init, stored.keyPackage.InitKey}, {stored.leaf, stored.keyPackage.Leaf.EncryptionKey},
	} {
		got, err := s.publicOf(pair.private)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "public key", got, pair.public)
	}
	client, err := NewClient(Config{
		Signer: signer, Credential: stored.keyPackage.Leaf.Credential, Policy: anyone{},
		OpenExternal: true, MaxLifetime: -1,
		PSK: func(id []byte) ([]byte, error) {
			for _, p := range v.PSKs {
				if string(p.ID) == string(id) {
					return p.PSK, nil
				}
			}
			return nil, errors.New("unknown")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	store := newMemory()
	if err := store.Put(nil, keyPackageRow(stored.keyPackage.ref(s)), stored.append(nil)); err != nil {
		t.Fatal(err)
	}
	g, err := client.Join(store, v.Welcome, v.Tree)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "first authenticator", g.Authenticator(), v.Authenticator)
	for i, e := range v.Epochs {
		// A restart in between changes nothing.
		if i%2 == 1 {
			if g, err = client.Load(store, g.ID()); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range e.Proposals {
			if _, err := g.Process(store, p); err != nil {
				t.Fatalf("proposal in epoch %d: %v", g.Epoch(), err)
			}
		}
		if _, err := g.Process(store, e.Commit); err != nil {
			t.Fatalf("commit in epoch %d: %v", g.Epoch(), err)
		}
		same(t, "authenticator", g.Authenticator(), e.Authenticator)
		if t.Failed() {
			break
		}
	}
}
