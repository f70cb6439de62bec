package chat

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func TestNormalName(t *testing.T) {
	for name, c := range map[string]struct {
		in, want string
		err      error
	}{
		"as it is":                       {"Maria", "Maria", nil},
		"spaces at the ends":             {"  Maria  Lopez ", "Maria Lopez", nil},
		"a letter with its accent apart": {"Jose\u0301", "José", nil},
		"another script":                 {"日本語", "日本語", nil},
		"with an emoji":                  {"Ana 🌻", "Ana 🌻", nil},
		"forty letters":                  {strings.Repeat("a", 40), strings.Repeat("a", 40), nil},
		"nothing":                        {"", "", ErrNameEmpty},
		"only signs":                     {"!!!", "", ErrNameEmpty},
		"forty-one letters":              {strings.Repeat("a", 41), "", ErrNameLong},
		"a megabyte":                     {strings.Repeat("a", 1<<20), "", ErrNameLong},
		"text that turns round":          {"a\u202Egpj", "", ErrNameChars},
		"a character without width":      {"Ma\u200Bria", "", ErrNameChars},
		"a control character":            {"Ma\x00ria", "", ErrNameChars},
		"not UTF-8":                      {"Ma\xffria", "", ErrNameChars},
		"a tower of accents":             {"a\u0316\u0317\u0318\u0319\u031a", "", ErrNameChars},
	} {
		got, _, err := NormalName(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %v, want %q, %v", name, got, err, c.want, c.err)
		}
	}
}

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for _, pair := range [][2]string{
		{"Maria", "maria"},
		{"Maria", "Mаriа"},
		{"Maria", "MARIA"},
		{"Bill", "BiII"},
		{"Bob", "B0b"},
		{"modern", "modem"},
		{"Ana", "Aná"},
		{"Ana Maria", "AnaMaria"},
		{"Ana", "Ana."},
		{"Τοm", "Tom"},
		{"Paul", "Ｐａｕｌ"},
	} {
		_, a, errA := NormalName(pair[0])
		_, b, errB := NormalName(pair[1])
		if errA != nil || errB != nil || a != b {
			t.Errorf("%q is %q, %q is %q (%v, %v)", pair[0], a, pair[1], b, errA, errB)
		}
	}
	for _, pair := range [][2]string{{"Maria", "Marta"}, {"Ana", "Anna"}, {"Ana 🌻", "Ana"}, {"Tom1", "Tom2"}} {
		_, a, _ := NormalName(pair[0])
		_, b, _ := NormalName(pair[1])
		if a == b {
			t.Errorf("%q and %q are both %q", pair[0], pair[1], a)
		}
	}
}

// The list of look-alikes in net/PROTOCOL.md, by which other clients make skeletons, is
// that of the code.
func TestLookalikesAreDocumented(t *testing.T) {
	to := make(map[string][]rune)
	for from, letter := range lookalikes {
		to[letter] = append(to[letter], from)
	}
	var parts []string
	for _, letter := range slices.Sorted(maps.Keys(to)) {
		part := "`" + letter + "` of"
		for _, from := range slices.Sorted(slices.Values(to[letter])) {
			part += fmt.Sprintf(" %U", from)
		}
		parts = append(parts, part)
	}
	want := "<!-- begin lookalikes -->\n" + strings.Join(parts, "; ") + ".\n<!-- end lookalikes -->"
	doc, err := os.ReadFile("../../net/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), want) {
		t.Errorf("net/PROTOCOL.md does not have these look-alikes:\n%s", want)
	}
	if unicode.Version != "15.0.0" || norm.Version != "15.0.0" {
		t.Errorf("net/PROTOCOL.md says Unicode 15.0; names go by %s and %s", unicode.Version, norm.Version)
	}
}

func FuzzNormalName(f *testing.F) {
	for _, s := range []string{"Maria", "Jose\u0301", "日本語", "a\u202Eb", "Ｐａｕｌ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown, skeleton, err := NormalName(s)
		if err != nil {
			return
		}
		again, skeletonAgain, err := NormalName(shown)
		if err != nil || again != shown || skeletonAgain != skeleton {
			t.Errorf("%q became %q (%q), then %q (%q), %v", s, shown, skeleton, again, skeletonAgain, err)
		}
	})
}
