package password

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	names := []string{"Maria Lopez", "Our class"}
	for pw, want := range map[string]error{
		"":                                ErrShort,
		"short":                           ErrShort,
		"ninechars":                       ErrShort,
		strings.Repeat("é", 9):            ErrShort,
		strings.Repeat("tulip grove", 20): ErrLong,
		"password123":                     ErrCommon,
		"Password2026!":                   ErrCommon,
		"P@ssw0rd1234":                    ErrCommon,
		"iloveyou2026":                    ErrCommon,
		"passwordpassword":                ErrCommon,
		"dragonmaster":                    ErrCommon,
		"welcome123456":                   ErrCommon,
		"sunshine!!!!":                    ErrCommon,
		"1234567890":                      ErrSimple,
		"0987654321":                      ErrSimple,
		"qwertyuiop":                      ErrSimple,
		"asdfghjkl123":                    ErrSimple,
		"1q2w3e4r5t6y":                    ErrSimple,
		"aaaaaaaaaaaa":                    ErrSimple,
		"abcabcabcabc":                    ErrSimple,
		"abcdefghijkl":                    ErrSimple,
		"23.11.1980 12":                   ErrSimple,
		"marialopez12":                    ErrName,
		"MariaLopez2026":                  ErrName,
		"ourclass2026!":                   ErrName,
		"tab\there then":                  ErrText,
		"bad\xffbytes here":               ErrText,
		"correct horse battery":           nil,
		"zebra-candle-orbit-mint":         nil,
		"mein hund isst gern gras":        nil,
		"Tr0mbone&kettle":                 nil,
		"x7Gp2!vQ9z":                      nil,
		"пароль от бабушки":               nil,
		"日本語のとても長い合言葉":                    nil,
		"maria likes tall green trees":    nil,
	} {
		if err := Check(pw, names...); !errors.Is(err, want) || (want == nil && err != nil) {
			t.Errorf("%q: got %v, want %v", pw, err, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	if n := len(lists().words); n < 5000 {
		t.Fatalf("only %d words", n)
	}
	seen := make(map[string]bool)
	for range 200 {
		s := Suggest()
		if seen[s] {
			t.Fatalf("%q came twice", s)
		}
		seen[s] = true
		if got := strings.Count(s, "-") + 1; got != SuggestedWords {
			t.Errorf("%q has %d words", s, got)
		}
		if err := Check(s, "Ana", "Lobby"); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestWordsAreClean(t *testing.T) {
	seen := make(map[string]bool)
	for _, w := range lists().words {
		if len(w) < 4 || len(w) > 6 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" || seen[w] {
			t.Errorf("%q does not belong in the list", w)
		}
		seen[w] = true
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"password123", "zebra-candle-orbit-mint", "日本語", "a\xff", "1q2w3e4r5t6y7u"} {
		f.Add(s, "Ana")
	}
	f.Fuzz(func(t *testing.T, pw, name string) {
		err := Check(pw, name)
		if err == nil && len(pw) < MinLength {
			t.Errorf("%q was taken", pw)
		}
	})
}
