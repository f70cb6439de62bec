package release_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/release"
)

func sample() *release.List {
	return &release.List{
		Version: release.Version{Major: 1, Minor: 2, Patch: 3}, Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		Files: []release.File{
			{Name: "snugd_1.2.3_arm64.deb", Sum: sha256.Sum256([]byte("d"))},
			{Name: "snug-1.2.3-setup.exe", Sum: sha256.Sum256([]byte("exe"))},
		},
	}
}

func encode(t testing.TB, l *release.List) []byte {
	t.Helper()
	b, err := l.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newKey(t testing.TB) release.SecretKey {
	t.Helper()
	k, err := release.NewSecretKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// FEATURES M3: a release counts only with the signature of its makers; each bit
// of list and signature matters.
func TestOpen(t *testing.T) {
	key, other := newKey(t), newKey(t)
	list := encode(t, sample())
	sig, err := key.Sign(list)
	if err != nil {
		t.Fatal(err)
	}
	keys := []release.PublicKey{other.Public(), key.Public()}
	got, err := release.Open(list, sig, keys)
	if err != nil || got.Version.String() != "1.2.3" || len(got.Files) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i := range list {
		bad := bytes.Clone(list)
		bad[i] ^= 1
		if _, err := release.Open(bad, sig, keys); !errors.Is(err, release.ErrSignature) {
			t.Errorf("byte %d of the list changed: got %v", i, err)
		}
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if _, err := release.Open(list, bad, keys); !errors.Is(err, release.ErrSignature) {
			t.Errorf("byte %d of the signature changed: got %v", i, err)
		}
	}
	for name, c := range map[string]struct {
		list, sig []byte
		keys      []release.PublicKey
		want      error
	}{
		"another key":          {list, sig, []release.PublicKey{other.Public()}, release.ErrSignature},
		"no key":               {list, sig, nil, release.ErrSignature},
		"the zero key":         {list, sig, []release.PublicKey{{}}, release.ErrSignature},
		"no signature":         {list, nil, keys, release.ErrSignature},
		"half a signature":     {list, sig[:32], keys, release.ErrSignature},
		"a list without end":   {bytes.Repeat([]byte("#"), release.MaxList+1), sig, keys, release.ErrBadList},
		"a list with an annex": {append(bytes.Clone(list), '\n'), sig, keys, release.ErrSignature},
	} {
		if _, err := release.Open(c.list, c.sig, c.keys); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if _, err := key.Sign([]byte("a contract")); !errors.Is(err, release.ErrBadList) {
		t.Errorf("signing something else: got %v", err)
	}
}

func TestParse(t *testing.T) {
	line := strings.Repeat("ab", 32) + "  "
	for name, c := range map[string]struct {
		in string
		ok bool
	}{
		"a list":                     {"# Snug 0.1.0 2026-11-23\n" + line + "a.deb\n", true},
		"two files":                  {"# Snug 0.1.0 2026-11-23\n" + line + "a.deb\n" + line + "b.deb\n", true},
		"nothing":                    {"", false},
		"no files":                   {"# Snug 0.1.0 2026-11-23\n", false},
		"no end of the last line":    {"# Snug 0.1.0 2026-11-23\n" + line + "a.deb", false},
		"another program":            {"# Smug 0.1.0 2026-11-23\n" + line + "a.deb\n", false},
		"a version with a v":         {"# Snug v0.1.0 2026-11-23\n" + line + "a.deb\n", false},
		"a version with a zero":      {"# Snug 0.01.0 2026-11-23\n" + line + "a.deb\n", false},
		"a version below zero":       {"# Snug 0.-1.0 2026-11-23\n" + line + "a.deb\n", false},
		"a version too far":          {"# Snug 0.1.99999999 2026-11-23\n" + line + "a.deb\n", false},
		"a day that never was":       {"# Snug 0.1.0 2026-02-30\n" + line + "a.deb\n", false},
		"no day":                     {"# Snug 0.1.0\n" + line + "a.deb\n", false},
		"a sum in capital letters":   {"# Snug 0.1.0 2026-11-23\n" + strings.ToUpper(line) + "a.deb\n", false},
		"half a sum":                 {"# Snug 0.1.0 2026-11-23\n" + line[:32] + "  a.deb\n", false},
		"one space":                  {"# Snug 0.1.0 2026-11-23\n" + line[:64] + " a.deb\n", false},
		"a name in a folder":         {"# Snug 0.1.0 2026-11-23\n" + line + "../a.deb\n", false},
		"a name that is hidden":      {"# Snug 0.1.0 2026-11-23\n" + line + ".a\n", false},
		"a name like an option":      {"# Snug 0.1.0 2026-11-23\n" + line + "-a\n", false},
		"a name with a space":        {"# Snug 0.1.0 2026-11-23\n" + line + "a b\n", false},
		"no name":                    {"# Snug 0.1.0 2026-11-23\n" + line + "\n", false},
		"a name twice":               {"# Snug 0.1.0 2026-11-23\n" + line + "a\n" + line + "a\n", false},
		"names that are not in line": {"# Snug 0.1.0 2026-11-23\n" + line + "b\n" + line + "a\n", false},
		"carriage returns":           {"# Snug 0.1.0 2026-11-23\r\n" + line + "a\r\n", false},
	} {
		_, err := release.Parse([]byte(c.in))
		if c.ok != (err == nil) || err != nil && !errors.Is(err, release.ErrBadList) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	many := sample()
	for i := range 300 {
		many.Files = append(many.Files, release.File{Name: fmt.Sprintf("f%d", i)})
	}
	if _, err := many.Bytes(); !errors.Is(err, release.ErrBadList) {
		t.Errorf("300 files: got %v", err)
	}
}

func TestVersionsInOrder(t *testing.T) {
	order := []string{"0.0.0", "0.0.9", "0.0.10", "0.1.0", "0.9.9", "1.0.0", "1.0.1", "10.0.0"}
	for i, a := range order {
		for j, b := range order {
			v, err := release.ParseVersion(a)
			if err != nil {
				t.Fatal(err)
			}
			w, err := release.ParseVersion(b)
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := v.Compare(w); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
	}
	for _, s := range []string{"", "1", "1.2", "1.2.3.4", "1.2.3-rc1", "1.2.x", "+1.2.3", " 1.2.3"} {
		if v, err := release.ParseVersion(s); !errors.Is(err, release.ErrBadVersion) {
			t.Errorf("%q: got %v, %v", s, v, err)
		}
	}
}

// TestKeys reads the keys of this repository and those that OpenSSL makes, and
// lets OpenSSL check a signature of ours, as packaging/README.md tells people to.
func TestKeys(t *testing.T) {
	if len(release.Keys()) == 0 {
		t.Error("the program accepts nobody's signature")
	}
	key := newKey(t)
	keys, err := release.ParseKeys(append(key.Public().PEM(), newKey(t).Public().PEM()...))
	if err != nil || len(keys) != 2 || !keys[0].Equal(key.Public()) || keys[1].Equal(key.Public()) {
		t.Errorf("two keys: got %d, %v", len(keys), err)
	}
	again, err := release.ParseSecretKey(key.PEM())
	if err != nil || !again.Public().Equal(key.Public()) {
		t.Errorf("a secret key: %v", err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(format, key); s != "[secret]" {
			t.Errorf("%s prints %q", format, s)
		}
	}
	for name, text := range map[string][]byte{"nothing": nil, "a secret key": key.PEM(), "words": []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")} {
		if _, err := release.ParseKeys(text); !errors.Is(err, release.ErrBadKey) {
			t.Errorf("%s as public keys: got %v", name, err)
		}
	}
	for name, text := range map[string][]byte{"nothing": nil, "a public key": key.Public().PEM(), "words": []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if _, err := release.ParseSecretKey(text); !errors.Is(err, release.ErrBadKey) {
			t.Errorf("%s as a secret key: got %v", name, err)
		}
	}

	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl here")
	}
	dir := t.TempDir()
	list := encode(t, sample())
	sig, err := key.Sign(list)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"key.pem": key.Public().PEM(), "SHA256SUMS": list, "SHA256SUMS.sig": sig} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := func() error {
		cmd := exec.Command(openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := verify(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), append(list, ' '), 0o600); err != nil {
		t.Fatal(err)
	}
	if verify() == nil {
		t.Error("openssl accepts a changed list")
	}
	made, err := exec.Command(openssl, "genpkey", "-algorithm", "ed25519").Output()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := release.ParseSecretKey(made); err != nil {
		t.Errorf("a key that openssl made: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(encode(f, sample()))
	f.Add([]byte("# Snug 0.1.0 2026-11-23\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := release.Parse(b)
		if err != nil {
			return
		}
		if again := encode(t, l); !bytes.Equal(again, b) {
			t.Errorf("%q was read as %q", b, again)
		}
	})
}
