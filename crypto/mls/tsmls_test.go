package mls

import (
	"bufio"
	"bytes"
	"crypto/hpke"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// shakeXWing is X-Wing with the key derivation of its first drafts, which ts-mls
// uses: SHAKE256 of the input (draft-connolly-cfrg-xwing-kem) in place of the
// labelled one of draft-ietf-hpke-pq that the standard library has. It exists
// for this test only; all else of the suite is the same.
type shakeXWing struct{ hpke.KEM }

func (k shakeXWing) DeriveKeyPair(ikm []byte) (hpke.PrivateKey, error) {
	return k.NewPrivateKey(sha3.SumSHAKE256(ikm, 32))
}

// tsMLSSuite is suite 83 of ts-mls, which has SHA-512 where the draft has SHA-384.
func tsMLSSuite(t *testing.T) *suite {
	t.Helper()
	s, err := newSuite(XWingAES256SHA384Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.kem, s.kdf = 83, shakeXWing{s.kem}, hpke.HKDFSHA512()
	s.newHash, s.nh = sha512.New, sha512.Size
	return s
}

// tsMLS is a client of ts-mls in a process of its own.
type tsMLS struct {
	t          *testing.T
	in         io.Writer
	out        *bufio.Reader
	keyPackage []byte
}

func startTSMLS(t *testing.T, dir string, suite CipherSuite, name string) *tsMLS {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "tsmls.mjs")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	p := &tsMLS{t: t, in: in, out: bufio.NewReaderSize(out, 1<<20)}
	p.keyPackage = p.call("init", map[string]any{"suite": suite, "name": name})["keyPackage"]
	return p
}

// call sends one request and returns the byte strings of the answer.
func (p *tsMLS) call(op string, request map[string]any) map[string][]byte {
	p.t.Helper()
	if request == nil {
		request = make(map[string]any)
	}
	request["op"] = op
	for k, v := range request {
		if b, ok := v.([]byte); ok {
			request[k] = hex.EncodeToString(b)
		}
	}
	b, err := json.Marshal(request)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		p.t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("ts-mls went away: %v", err)
	}
	var answer map[string]string
	if err := json.Unmarshal(line, &answer); err != nil {
		p.t.Fatal(err)
	}
	if answer["error"] != "" {
		p.t.Fatalf("ts-mls, %s: %s", op, answer["error"])
	}
	all := make(map[string][]byte)
	for k, v := range answer {
		if all[k], err = hex.DecodeString(v); err != nil {
			p.t.Fatal(err)
		}
	}
	return all
}

// meets expects that we and they are in the same epoch and read each other.
func meets(t *testing.T, we *peer, they *tsMLS) {
	t.Helper()
	want, err := we.group.Export("interop", []byte("context"), 32)
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, we.group.Authenticator()...)
	if got := they.call("secret", nil)["secret"]; !bytes.Equal(got, want) {
		t.Fatalf("epoch %d: got other secrets from ts-mls", we.group.Epoch())
	}
	for i := range 3 {
		text := []byte(fmt.Sprint("text ", i))
		b, err := we.group.Encrypt(we.store, nil, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := they.call("process", map[string]any{"message": b})["data"]; !bytes.Equal(got, text) {
			t.Fatalf("ts-mls read %q, want %q", got, text)
		}
		r := we.process(they.call("send", map[string]any{"data": text})["message"])
		if !bytes.Equal(r.Data, text) || string(r.AuthenticatedData) != "header" {
			t.Fatalf("we read %q, want %q", r.Data, text)
		}
	}
}

// bareGroupInfo is a GroupInfo as ts-mls 1.6.4 expects it: without the length of
// the key in external_pub, which is HPKEPublicKey, opaque<V> (RFC 9420, sections
// 5.1.1 and 12.4.3.2). mls-go has it.
func bareGroupInfo(t *testing.T, p *peer) []byte {
	t.Helper()
	info := p.group.epoch.groupInfo(true)
	_, public, err := p.client.suite.deriveKeyPair(p.group.epoch.secrets.external)
	if err != nil {
		t.Fatal(err)
	}
	info.extensions = append(info.extensions, Extension{ExtExternalPub, public})
	if err := info.sign(p.client.cfg.Signer); err != nil {
		t.Fatal(err)
	}
	return (&Message{format: wireGroupInfo, groupInfo: info}).Bytes()
}

// TestTSMLS lets this package and ts-mls create, join, add, remove, update, talk
// and join from outside, with X25519 and with a post-quantum suite. It needs the
// folder interop with its node_modules in MLS_TSMLS; make interop prepares both.
func TestTSMLS(t *testing.T) {
	dir := os.Getenv("MLS_TSMLS")
	if dir == "" {
		t.Skip("MLS_TSMLS does not name the folder with ts-mls")
	}
	for _, id := range []CipherSuite{X25519AES128SHA256Ed25519, 83} {
		for _, public := range []bool{true, false} {
			t.Run(fmt.Sprintf("suite=%d/public=%v", id, public), func(t *testing.T) {
				fresh := func(name string) *peer {
					if id != 83 {
						return newPeer(t, id, name, func(c *Config) { c.OpenExternal = true })
					}
					p := newPeer(t, XWingAES256SHA384Ed25519, name, func(c *Config) { c.OpenExternal = true })
					p.client.suite = tsMLSSuite(t)
					return p
				}
				ours := func(p *peer) []byte {
					k, err := p.client.NewKeyPackage(p.store, false)
					if err != nil {
						t.Fatal(err)
					}
					return k.Bytes()
				}
				theirs := func(b []byte) *KeyPackage {
					m, err := ParseMessage(b)
					if err != nil {
						t.Fatal(err)
					}
					return m.keyPackage
				}
				commit := func(p *peer, plan Plan) *Outgoing {
					plan.Public = public
					out := p.commit(plan)
					p.process(out.Message)
					return out
				}

				// We create, they join with the tree apart, each gives new keys.
				alice, bob := fresh("alice"), startTSMLS(t, dir, id, "bob")
				alice.create()
				out := commit(alice, Plan{Add: []*KeyPackage{theirs(bob.keyPackage)}})
				tree, err := alice.group.Tree()
				if err != nil {
					t.Fatal(err)
				}
				bob.call("join", map[string]any{"welcome": out.Welcome, "tree": tree})
				meets(t, alice, bob)
				bob.call("process", map[string]any{"message": commit(alice, Plan{}).Message})
				meets(t, alice, bob)
				alice.process(bob.call("commit", map[string]any{"isPublic": public})["message"])
				meets(t, alice, bob)

				// They add one of us, who removes nobody and commits.
				carol := fresh("carol")
				added := bob.call("commit", map[string]any{"isPublic": public, "add": []string{hex.EncodeToString(ours(carol))}})
				alice.process(added["message"])
				carol.join(added["welcome"], nil)
				agree(t, alice, carol)
				b := commit(carol, Plan{}).Message
				alice.process(b)
				bob.call("process", map[string]any{"message": b})
				agree(t, alice, carol)

				// Both sides join from outside.
				dave := startTSMLS(t, dir, id, "dave")
				b = dave.call("external", map[string]any{"groupInfo": bareGroupInfo(t, alice)})["message"]
				alice.process(b)
				carol.process(b)
				bob.call("process", map[string]any{"message": b})
				erin := fresh("erin")
				info, err := alice.group.GroupInfo(true)
				if err != nil {
					t.Fatal(err)
				}
				g, b, err := erin.client.Rejoin(erin.store, info, Rejoining{})
				if err != nil {
					t.Fatal(err)
				}
				erin.group = g
				for _, p := range []*peer{alice, carol, erin} {
					p.process(b)
				}
				for _, p := range []*tsMLS{bob, dave} {
					p.call("process", map[string]any{"message": b})
				}
				agree(t, alice, carol, erin)

				// Removals by both sides.
				b = bob.call("commit", map[string]any{"isPublic": public, "remove": []LeafIndex{carol.group.Self()}})["message"]
				for _, p := range []*peer{alice, erin} {
					p.process(b)
				}
				dave.call("process", map[string]any{"message": b})
				if r := carol.process(b); !r.Removed {
					t.Error("carol did not learn that she is out")
				}
				b = commit(erin, Plan{Remove: []LeafIndex{1}}).Message
				alice.process(b)
				dave.call("process", map[string]any{"message": b})
				agree(t, alice, erin)
				meets(t, alice, dave)
			})
		}
	}
}
