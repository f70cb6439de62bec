package recovery_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/recovery"
)

func backup(t testing.TB) recovery.Backup {
	t.Helper()
	k, err := identity.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return recovery.Backup{Place: [32]byte{1}, Identity: k, Device: identity.DeviceID{2}, Created: 1_795_400_000_000}
}

func TestCodeForms(t *testing.T) {
	for range 50 {
		c := recovery.NewCode()
		text, words := c.Text(), c.Words()
		if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(text) {
			t.Errorf("the text is %q", text)
		}
		if len(words) != 15 {
			t.Errorf("%d words", len(words))
		}
		short := slices.Clone(words)
		for i, w := range short {
			short[i] = strings.ToUpper(w[:4])
		}
		for _, typed := range []string{
			text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " - "), " " + text + "\n",
			strings.NewReplacer("0", "o", "1", "l").Replace(text), strings.ReplaceAll(text, "1", "I"),
			strings.Join(words, " "), strings.Join(words, "\n"), strings.Join(words, ", "), strings.Join(short, "  "),
		} {
			if got, err := recovery.ParseCode(typed); err != nil || !got.Equal(c) {
				t.Errorf("typed as %q: %v", typed, err)
			}
		}
	}
}

func TestMistypedCode(t *testing.T) {
	c := recovery.NewCode()
	text := c.Text()
	wrong := 0
	for i, r := range text {
		if r == '-' {
			continue
		}
		other := "7"
		if r == '7' {
			other = "K"
		}
		if _, err := recovery.ParseCode(text[:i] + other + text[i+1:]); !errors.Is(err, recovery.ErrMistyped) {
			t.Errorf("letter %d: got %v", i, err)
		}
		wrong++
	}
	if wrong != 36 {
		t.Errorf("tried %d letters", wrong)
	}
	words := c.Words()
	bad := slices.Clone(words)
	bad[3] = "zzzzz"
	if _, err := recovery.ParseCode(strings.Join(bad, " ")); !errors.Is(err, recovery.ErrMistyped) || !strings.Contains(err.Error(), "word 4") {
		t.Errorf("a word of no list: got %v", err)
	}
	// Two words that changed places are noticed 31 times of 32; the backup notices all.
	noticed := 0
	for range 200 {
		words := recovery.NewCode().Words()
		words[0], words[1] = words[1], words[0]
		if _, err := recovery.ParseCode(strings.Join(words, " ")); err != nil {
			noticed++
		}
	}
	if noticed < 170 {
		t.Errorf("noticed %d of 200", noticed)
	}
	for _, no := range []string{"", "hello", strings.Repeat("word ", 14), strings.Repeat("x", 2000), strings.Repeat("A", 35), "日本語"} {
		if _, err := recovery.ParseCode(no); !errors.Is(err, recovery.ErrCode) {
			t.Errorf("%.20q: got %v", no, err)
		}
	}
}

// TestWordList: a word once written down must mean the same for ever.
func TestWordList(t *testing.T) {
	b, err := os.ReadFile("words.txt")
	if err != nil {
		t.Fatal(err)
	}
	const want = "3d4bc0df693e920ef9535aea82da9a36cdb3f2bea6a04ea58f341e21a9f44086"
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != want {
		t.Errorf("the list of words changed: %s", got)
	}
	all := strings.Fields(string(b))
	starts := make(map[string]bool)
	for _, w := range all {
		if len(w) < 4 || starts[w[:4]] {
			t.Errorf("%q begins like another word", w)
		}
		starts[w[:4]] = true
	}
	if len(all) != 2048 || !slices.IsSorted(all) {
		t.Errorf("%d words, or not in order", len(all))
	}
}

func TestBackup(t *testing.T) {
	c, b := recovery.NewCode(), backup(t)
	sealed, err := c.Seal(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(sealed) != recovery.BackupSize {
		t.Errorf("%d bytes, want %d", len(sealed), recovery.BackupSize)
	}
	again, err := recovery.ParseCode(c.Text())
	if err != nil {
		t.Fatal(err)
	}
	got, err := again.Open(sealed)
	if err != nil || !got.Identity.Equal(b.Identity) || got.Device != b.Device || got.Place != b.Place || got.Created != b.Created {
		t.Errorf("got %+v, %v", got, err)
	}
	if twice, err := c.Seal(b); err != nil || slices.Equal(twice, sealed) {
		t.Errorf("sealed twice with one nonce, or %v", err)
	}
	if _, err := recovery.NewCode().Open(sealed); !errors.Is(err, recovery.ErrBackup) {
		t.Errorf("another code: got %v", err)
	}
	for i := range sealed {
		bad := slices.Clone(sealed)
		bad[i] ^= 1
		if _, err := c.Open(bad); !errors.Is(err, recovery.ErrBackup) {
			t.Errorf("byte %d changed: got %v", i, err)
		}
		if _, err := c.Open(sealed[:i]); !errors.Is(err, recovery.ErrBackup) {
			t.Errorf("the first %d bytes: got %v", i, err)
		}
	}
	for name, change := range map[string]func(*recovery.Backup){
		"no identity": func(b *recovery.Backup) { b.Identity = identity.PrivateKey{} },
		"no device":   func(b *recovery.Backup) { b.Device = identity.DeviceID{} },
		"no place":    func(b *recovery.Backup) { b.Place = [32]byte{} },
		"no time":     func(b *recovery.Backup) { b.Created = 0 },
	} {
		x := b
		change(&x)
		if _, err := c.Seal(x); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s %x", c, c, c, c, c); strings.Trim(strings.ReplaceAll(s, "[secret]", ""), " ") != "" {
		t.Errorf("a code prints as %s", s)
	}
}

func FuzzParseCode(f *testing.F) {
	c := recovery.NewCode()
	f.Add(c.Text())
	f.Add(strings.Join(c.Words(), " "))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := recovery.ParseCode(s)
		if err != nil {
			if !errors.Is(err, recovery.ErrCode) {
				t.Errorf("got %v", err)
			}
			return
		}
		if again, err := recovery.ParseCode(c.Text()); err != nil || !again.Equal(c) {
			t.Errorf("%q was read as another code than its text", s)
		}
	})
}

func FuzzOpen(f *testing.F) {
	c := recovery.NewCode()
	sealed, err := c.Seal(backup(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := c.Open(b); err == nil && !slices.Equal(b, sealed) {
			t.Errorf("% x was opened", b)
		}
	})
}
