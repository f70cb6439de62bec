package mls

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// hexBytes is a hex string of a test vector; JSON null stays nil.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	v, err := hex.DecodeString(*s)
	*h = append(hexBytes{}, v...)
	return err
}

// runners knows each kind of file of the official test vectors
// (github.com/mlswg/mls-implementations, test-vectors.md) by its name.
func runners() map[string]func(*testing.T, []byte) {
	return map[string]func(*testing.T, []byte){
		"crypto-basics":   each(testCryptoBasics),
		"deserialization": each(testDeserialization),
		"tree-math":       each(testTreeMath),
		"messages":        each(testMessages),

		"key-schedule":       each(testKeySchedule),
		"message-protection": each(testMessageProtection),
		"psk_secret":         each(testPSKSecret),
		"secret-tree":        each(testSecretTree),
		"transcript-hashes":  each(testTranscriptHashes),
		"tree-operations":    each(testTreeOperations),
		"tree-validation":    each(testTreeValidation),
		"treekem":            each(testTreeKEM),
		"welcome":            each(testWelcome),

		"passive-client-welcome":         each(testPassiveClient),
		"passive-client-handling-commit": each(testPassiveClient),
		"passive-client-random":          each(testPassiveClient),
	}
}

// each runs one kind of vector on all entries of a file.
func each[T any](run func(*testing.T, T)) func(*testing.T, []byte) {
	return func(t *testing.T, data []byte) {
		var all []T
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			t.Fatal("no vectors in the file")
		}
		for i, v := range all {
			if underRace && i >= 8 && i%11 != 0 && os.Getenv("MLS_VECTORS") == "" {
				continue
			}
			t.Run(fmt.Sprint(i), func(t *testing.T) { run(t, v) })
		}
	}
}

// TestVectors runs the vectors in testdata, and those in the folder that the
// variable MLS_VECTORS names (which also runs what is sampled otherwise). A file
// that no runner knows is an error.
func TestVectors(t *testing.T) {
	dirs := []string{"testdata"}
	if dir := os.Getenv("MLS_VECTORS"); dir != "" {
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.json*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no vectors in %s: %v", dir, err)
		}
		for _, file := range files {
			kind, _, _ := strings.Cut(filepath.Base(file), ".json")
			t.Run(filepath.Base(file), func(t *testing.T) {
				run := runners()[kind]
				if run == nil {
					t.Fatalf("nobody knows vectors of kind %q", kind)
				}
				run(t, readVectorFile(t, file))
			})
		}
	}
}

func readVectorFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(file, ".gz") {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// suiteFor returns the suite of a vector and skips the two of X448 by name.
func suiteFor(t *testing.T, id CipherSuite) *suite {
	t.Helper()
	s, err := newSuite(id)
	if errors.Is(err, ErrUnsupported) && (id == 4 || id == 6) {
		t.Skipf("suite %d needs X448 and Ed448", id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// same compares the bytes that were computed with those of the vector.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got %x, want %x", what, got, want)
	}
}

// signerOf reads the signature key of a vector.
func signerOf(t *testing.T, s *suite, b []byte) SigningKey {
	t.Helper()
	key, err := NewSigningKey(s.id, scalar(s, b))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// scalar puts the leading zeros back that the generator of the vectors leaves
// out of private keys of the curves of NIST.
func scalar(s *suite, b []byte) []byte {
	if s.curve == nil {
		return b
	}
	full := make([]byte, (s.curve.Params().BitSize+7)/8)
	copy(full[len(full)-len(b):], b)
	return full
}

// must decodes a part of a vector.
func must[T any](t *testing.T, b []byte, read func(*reader) T) T {
	t.Helper()
	v, err := decode(b, read)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type cryptoBasics struct {
	Suite   CipherSuite `json:"cipher_suite"`
	RefHash struct {
		Label      string
		Value, Out hexBytes
	} `json:"ref_hash"`
	Expand struct {
		Secret, Context, Out hexBytes
		Label                string
		Length               int
	} `json:"expand_with_label"`
	Derive struct {
		Secret, Out hexBytes
		Label       string
	} `json:"derive_secret"`
	DeriveTree struct {
		Secret, Out hexBytes
		Label       string
		Generation  uint32
		Length      int
	} `json:"derive_tree_secret"`
	Sign struct {
		Priv, Pub, Content, Signature hexBytes
		Label                         string
	} `json:"sign_with_label"`
	Encrypt struct {
		Priv, Pub, Context, Plaintext, Ciphertext hexBytes
		KEMOutput                                 hexBytes `json:"kem_output"`
		Label                                     string
	} `json:"encrypt_with_label"`
}

func testCryptoBasics(t *testing.T, v cryptoBasics) {
	s := suiteFor(t, v.Suite)
	same(t, "RefHash", s.refHash(v.RefHash.Label, v.RefHash.Value), v.RefHash.Out)
	same(t, "ExpandWithLabel", s.expandWithLabel(secret(v.Expand.Secret), v.Expand.Label, v.Expand.Context, v.Expand.Length), v.Expand.Out)
	same(t, "DeriveSecret", s.deriveSecret(secret(v.Derive.Secret), v.Derive.Label), v.Derive.Out)
	same(t, "DeriveTreeSecret", s.deriveTreeSecret(secret(v.DeriveTree.Secret), v.DeriveTree.Label, v.DeriveTree.Generation, v.DeriveTree.Length), v.DeriveTree.Out)

	x := s.expander(secret(v.DeriveTree.Secret))
	for range 2 {
		same(t, "DeriveTreeSecret by an expander", x.deriveTree(v.DeriveTree.Label, v.DeriveTree.Generation, v.DeriveTree.Length), v.DeriveTree.Out)
	}

	if err := s.verify(v.Sign.Pub, v.Sign.Label, v.Sign.Content, v.Sign.Signature); err != nil {
		t.Errorf("signature of the vector: %v", err)
	}
	key, err := NewSigningKey(v.Suite, v.Sign.Priv)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "public key", key.Public(), v.Sign.Pub)
	same(t, "private key", key.Bytes(), v.Sign.Priv)
	own, err := key.sign(v.Sign.Label, v.Sign.Content)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.verify(v.Sign.Pub, v.Sign.Label, v.Sign.Content, own); err != nil {
		t.Errorf("own signature: %v", err)
	}
	if err := s.verify(v.Sign.Pub, v.Sign.Label+"x", v.Sign.Content, own); !errors.Is(err, ErrInvalid) {
		t.Errorf("signature under another label: got %v, want ErrInvalid", err)
	}

	e := v.Encrypt
	plain, err := s.open(secret(e.Priv), e.Label, e.Context, hpkeCiphertext{e.KEMOutput, e.Ciphertext})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "DecryptWithLabel", plain, e.Plaintext)
	c, err := s.seal(e.Pub, e.Label, e.Context, e.Plaintext)
	if err != nil {
		t.Fatal(err)
	}
	plain, err = s.open(secret(e.Priv), e.Label, e.Context, c)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "EncryptWithLabel", plain, e.Plaintext)
	if _, err := s.open(secret(e.Priv), e.Label+"x", e.Context, c); !errors.Is(err, ErrDecrypt) {
		t.Errorf("ciphertext under another label: got %v, want ErrDecrypt", err)
	}
}

func testDeserialization(t *testing.T, v struct {
	Header hexBytes `json:"vlbytes_header"`
	Length int
},
) {
	r := reader{b: v.Header}
	got := r.varint()
	if err := r.done(); err != nil || got != v.Length {
		t.Errorf("got %d %v, want %d", got, err, v.Length)
	}
	same(t, "encoded again", appendVarint(nil, got), v.Header)
}

func testTreeMath(t *testing.T, v struct {
	Leaves                       uint32 `json:"n_leaves"`
	Nodes                        uint32 `json:"n_nodes"`
	Root                         nodeIndex
	Left, Right, Parent, Sibling []*nodeIndex
},
) {
	if got := nodesOf(v.Leaves); got != v.Nodes {
		t.Errorf("nodes: got %d, want %d", got, v.Nodes)
	}
	if got := rootOf(v.Leaves); got != v.Root {
		t.Errorf("root: got %d, want %d", got, v.Root)
	}
	check := func(what string, want *nodeIndex, get func() nodeIndex) {
		if want != nil {
			if got := get(); got != *want {
				t.Errorf("%s: got %d, want %d", what, got, *want)
			}
		}
	}
	for i := range nodeIndex(v.Nodes) {
		if (v.Left[i] == nil) != i.isLeaf() || (v.Parent[i] == nil) != (i == v.Root) {
			t.Errorf("node %d is not where it should be", i)
		}
		check(fmt.Sprintf("left of %d", i), v.Left[i], i.left)
		check(fmt.Sprintf("right of %d", i), v.Right[i], i.right)
		check(fmt.Sprintf("parent of %d", i), v.Parent[i], i.parent)
		check(fmt.Sprintf("sibling of %d", i), v.Sibling[i], i.sibling)
	}
}

// again decodes, encodes and compares.
func again[T any](t *testing.T, what string, b []byte, read func(*reader) T, write func(T) []byte) {
	t.Helper()
	v, err := decode(b, read)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	same(t, what, write(v), b)
}

func testMessages(t *testing.T, v map[string]hexBytes) {
	s, err := newSuite(X25519AES128SHA256Ed25519)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range v {
		switch name {
		case "ratchet_tree":
			again(t, name, b, readTree(s), func(v *ratchetTree) []byte { return v.append(nil) })
		case "group_secrets":
			again(t, name, b, readGroupSecrets, func(v groupSecrets) []byte { return v.append(nil) })
		case "commit":
			again(t, name, b, readCommit, func(v *commit) []byte { return v.append(nil) })
		case "add_proposal":
			again(t, name, b, readAdd, func(v *Add) []byte { return v.appendBody(nil) })
		case "update_proposal":
			again(t, name, b, readUpdate, func(v *Update) []byte { return v.appendBody(nil) })
		case "remove_proposal":
			again(t, name, b, readRemove, func(v *Remove) []byte { return v.appendBody(nil) })
		case "pre_shared_key_proposal":
			again(t, name, b, readPreSharedKey, func(v *PreSharedKey) []byte { return v.appendBody(nil) })
		case "re_init_proposal":
			again(t, name, b, readReInit, func(v *ReInit) []byte { return v.appendBody(nil) })
		case "external_init_proposal":
			again(t, name, b, readExternalInit, func(v *ExternalInit) []byte { return v.appendBody(nil) })
		case "group_context_extensions_proposal":
			again(t, name, b, readGroupContextExtensions, func(v *GroupContextExtensions) []byte { return v.appendBody(nil) })
		default:
			m, err := ParseMessage(b)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			same(t, name, m.Bytes(), b)
			want := map[string]wireFormat{
				"mls_welcome": wireWelcome, "mls_group_info": wireGroupInfo, "mls_key_package": wireKeyPackage,
				"public_message_application": wirePublicMessage, "public_message_proposal": wirePublicMessage,
				"public_message_commit": wirePublicMessage, "private_message": wirePrivateMessage,
			}
			if m.format != want[name] {
				t.Errorf("%s: got wire format %d, want %d", name, m.format, want[name])
			}
		}
	}
	if want := 17; len(v) != want {
		t.Errorf("got %d messages %v, want %d", len(v), slices.Sorted(func(y func(string) bool) {
			for k := range v {
				if !y(k) {
					return
				}
			}
		}), want)
	}
}
