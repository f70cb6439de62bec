package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// cheap is the cost of tests; TestProductCost holds the real one.
var cheap = cost{passes: 1, memory: 64, lanes: 1}

func sealed(t testing.TB, v *Vault, passphrase string) []byte {
	t.Helper()
	b, err := v.sealPassphrase(passphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProductCost(t *testing.T) {
	// DESIGN section 8: a lower cost makes every vault weaker, without a test
	// that fails otherwise.
	if got, want := productCost(), (cost{passes: 3, memory: 64 * 1024, lanes: 4}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	v := New()
	b, err := v.SealPassphrase("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	f, err := parse(b)
	if err != nil || f.cost != productCost() {
		t.Errorf("got cost %+v in the file, %v", f.cost, err)
	}
	got, err := OpenPassphrase(b, "correct horse")
	if err != nil || !got.Equal(v) {
		t.Errorf("got another vault, %v", err)
	}
}

func TestPassphrase(t *testing.T) {
	v := New()
	b := sealed(t, v, "blue e\u0301clair")
	for what, c := range map[string]struct {
		passphrase string
		want       error
	}{
		"the same":                      {"blue e\u0301clair", nil},
		"composed by another keyboard":  {"blue \u00e9clair", nil},
		"with another space":            {"blue\u3000\u00e9clair", nil},
		"another one":                   {"blue eclair", ErrWrongPassphrase},
		"another case":                  {"Blue \u00e9clair", ErrWrongPassphrase},
		"a space more":                  {"blue \u00e9clair ", ErrWrongPassphrase},
		"none":                          {"", ErrPassphrase},
		"a line break":                  {"blue \u00e9clair\n", ErrPassphrase},
		"the longest allowed":           {strings.Repeat("x", MaxPassphrase), ErrWrongPassphrase},
		"a byte longer than is allowed": {strings.Repeat("x", MaxPassphrase+1), ErrPassphrase},
	} {
		got, err := OpenPassphrase(b, c.passphrase)
		if !errors.Is(err, c.want) || c.want == nil && !got.Equal(v) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
	if _, err := v.SealPassphrase(""); !errors.Is(err, ErrPassphrase) {
		t.Errorf("sealed with no passphrase: %v", err)
	}
}

func TestEachWayOpensTheSameVault(t *testing.T) {
	v := New()
	byWord := sealed(t, v, "one")
	opened, err := OpenPassphrase(byWord, "one")
	if err != nil {
		t.Fatal(err)
	}
	// Rewrapped: another passphrase, then a key file.
	again := sealed(t, opened, "two")
	if _, err := OpenPassphrase(again, "one"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("the old passphrase: got %v, want %v", err, ErrWrongPassphrase)
	}
	opened, err = OpenPassphrase(again, "two")
	if err != nil {
		t.Fatal(err)
	}
	file, key := opened.SealKeyFile()
	opened, err = OpenKeyFile(file, key)
	if err != nil {
		t.Fatal(err)
	}
	if !opened.Equal(v) || !opened.Key("x").Equal(v.Key("x")) {
		t.Error("the keys have changed")
	}
	if _, err := OpenPassphrase(file, "two"); !errors.Is(err, ErrMethod) {
		t.Errorf("a key file's vault with a passphrase: got %v, want %v", err, ErrMethod)
	}
	if _, err := OpenKeyFile(again, key); !errors.Is(err, ErrMethod) {
		t.Errorf("a passphrase's vault with a key file: got %v, want %v", err, ErrMethod)
	}
	for b, want := range map[*[]byte]Method{&byWord: ByPassphrase, &file: ByKeyFile} {
		if got, err := MethodOf(*b); got != want || err != nil {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
	_, otherKey := New().SealKeyFile()
	if _, err := OpenKeyFile(file, otherKey); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another vault's key: got %v, want %v", err, ErrWrongKey)
	}
}

func TestEveryByteOfTheVaultCounts(t *testing.T) {
	v := New()
	byWord := sealed(t, v, "one")
	byFile, key := v.SealKeyFile()
	open := map[string]struct {
		file  []byte
		open  func(b []byte) error
		wrong error // for a file whose checksum was mended
	}{
		"passphrase": {byWord, func(b []byte) error { _, err := OpenPassphrase(b, "one"); return err }, ErrWrongPassphrase},
		"key file":   {byFile, func(b []byte) error { _, err := OpenKeyFile(b, key); return err }, ErrWrongKey},
	}
	for what, c := range open {
		if len(c.file) != FileSize {
			t.Fatalf("%s: got %d bytes, want %d", what, len(c.file), FileSize)
		}
		if err := c.open(c.file); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for i := range c.file {
			for _, bit := range []byte{1, 0x80} {
				b := bytes.Clone(c.file)
				b[i] ^= bit
				if err := c.open(b); !errors.Is(err, ErrDamaged) {
					t.Errorf("%s, byte %d: got %v, want %v", what, i, err, ErrDamaged)
				}
				if i >= FileSize-sumSize {
					continue
				}
				// Somebody who mends the checksum gets no further.
				sum := sha256.Sum256(b[:FileSize-sumSize])
				copy(b[FileSize-sumSize:], sum[:])
				if f, err := parse(b); err == nil && f.cost.memory > 1024 {
					continue // acceptable, and slow: the header is authenticated as the rest
				}
				if err := c.open(b); !errors.Is(err, ErrDamaged) && !errors.Is(err, c.wrong) && !errors.Is(err, ErrMethod) {
					t.Errorf("%s, byte %d and the checksum: got %v", what, i, err)
				}
			}
		}
		for n := range c.file {
			if err := c.open(c.file[:n]); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s, cut to %d: got %v, want %v", what, n, err, ErrDamaged)
			}
		}
		if err := c.open(append(bytes.Clone(c.file), 0)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s with a byte more: got %v, want %v", what, err, ErrDamaged)
		}
	}
	for i := range key {
		b := bytes.Clone(key)
		b[i] ^= 1
		if _, err := OpenKeyFile(byFile, b); !errors.Is(err, ErrKeyFile) && !errors.Is(err, ErrWrongKey) {
			t.Errorf("key file, byte %d: got %v", i, err)
		}
	}
}

func TestCostIsBounded(t *testing.T) {
	v := New()
	for what, c := range map[string]struct {
		cost cost
		ok   bool
	}{
		"the product's":          {productCost(), true},
		"the highest":            {cost{maxPasses, maxMemory, maxLanes}, true},
		"a pass too many":        {cost{maxPasses + 1, 64, 1}, false},
		"memory above the bound": {cost{1, maxMemory + 1, 1}, false},
		"all bits":               {cost{1<<32 - 1, 1<<32 - 1, 1<<32 - 1}, false},
		"257 lanes":              {cost{1, 8 * 257, 257}, false},
		"no pass":                {cost{0, 64, 1}, false},
		"no lane":                {cost{1, 64, 0}, false},
		"too little for lanes":   {cost{1, 31, 4}, false},
		"none":                   {cost{}, false},
	} {
		f := newFile(ByPassphrase, c.cost)
		b := f.wrap(Key{1}, v.master)
		if _, err := MethodOf(b); (err == nil) != c.ok {
			t.Errorf("%s: got %v, want accepted %v", what, err, c.ok)
		}
	}
	f := newFile(ByKeyFile, cheap)
	if _, err := MethodOf(f.wrap(Key{1}, v.master)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a cost without a passphrase: got %v, want %v", err, ErrDamaged)
	}
}

// TestStoredFile holds the format: a file of the first version opens for ever.
func TestStoredFile(t *testing.T) {
	const (
		file = "736e7567766c740101000000000000010000004000000001" + // header, method, cost
			"9a54adb972244ddb0f70214c2c2c8f76" + // id
			"81ab3f5b1c0dc724ac15806f" + // nonce
			"3f1f381fdd3f1ec082e1cd85f1529b1d02bebaf538a29a56f196c33b3718fa9c5af6238862a1251a8d28cca4a60076bf" +
			"b37a4cc096bd68ed903912388557f0a2d95d80b1c5769ed02c2a8a6d9f38946d" // checksum
		want = "f09bae4caa40b52012d7902143775958938212e5f2d63a69d48f06981de0aee7"
	)
	b, err := hex.DecodeString(file)
	if err != nil {
		t.Fatal(err)
	}
	v, err := OpenPassphrase(b, "correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	k := v.Key("test")
	if got := hex.EncodeToString(k[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKeysDiffer(t *testing.T) {
	v := New()
	labels := []string{"host", "client", "", "client 1", "client 11"}
	seen := map[string]string{}
	for _, l := range labels {
		k := v.Key(l)
		if other, ok := seen[string(k[:])]; ok {
			t.Errorf("%q and %q have the same key", l, other)
		}
		seen[string(k[:])] = l
		if !k.Equal(v.Key(l)) {
			t.Errorf("%q has two keys", l)
		}
	}
	if New().Equal(New()) {
		t.Error("two new vaults have the same master key")
	}
	a, b := sealed(t, v, "one"), sealed(t, v, "one")
	if bytes.Equal(a[24:52], b[24:52]) {
		t.Error("salt and nonce were used twice")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	v := New()
	k := v.Key("x")
	type holder struct {
		K Key
		V *Vault
	}
	var out bytes.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		log.Info("x", "key", k, "vault", v, "both", holder{k, v}, "vaults", []*Vault{v})
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d", "%q"} {
		fmt.Fprintf(&out, verb+"\n", k)
		fmt.Fprintf(&out, verb+"\n", v)
		fmt.Fprintf(&out, verb+"\n", holder{k, v})
	}
	j, err := json.Marshal(holder{k, v})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	for _, s := range [][]byte{k[:], v.master[:]} {
		for _, form := range []string{string(s), hex.EncodeToString(s), fmt.Sprint(s[:4])[1:], strings.ReplaceAll(fmt.Sprint(s[:4]), " ", ",")[1:]} {
			if strings.Contains(out.String(), strings.TrimSuffix(form, "]")) {
				t.Errorf("a secret was printed as %q", form)
			}
		}
	}
	if !strings.Contains(out.String(), secret) {
		t.Error("nothing was printed at all")
	}
}

func FuzzParse(f *testing.F) {
	v := New()
	f.Add(sealed(f, v, "one"))
	file, _ := v.SealKeyFile()
	f.Add(file)
	f.Add(newFile(ByKeyring, cost{}).wrap(Key{1}, v.master))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Most mutations fail at the checksum alone: mend it.
		for _, b := range [][]byte{b, mend(b)} {
			got, err := parse(b)
			if err != nil {
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("got %v, want %v", err, ErrDamaged)
				}
				continue
			}
			if again := got.encode(); !bytes.Equal(again, b) {
				t.Errorf("% x was read as % x", b, again)
			}
		}
	})
}

func mend(b []byte) []byte {
	if len(b) != FileSize {
		return b
	}
	b = bytes.Clone(b)
	sum := sha256.Sum256(b[:FileSize-sumSize])
	copy(b[FileSize-sumSize:], sum[:])
	return b
}

func FuzzDecodeKey(f *testing.F) {
	f.Add(encodeKey(Key{1, 2, 3}))
	f.Fuzz(func(t *testing.T, s string) {
		k, err := decodeKey(s)
		if err == nil && encodeKey(k) != s {
			t.Errorf("%q was read as %q", s, encodeKey(k))
		}
	})
}
