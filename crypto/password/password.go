// Package password says which passwords are too easy to guess, and suggests ones
// that are not.
//
// It must not know accounts, hosts or where a password goes: OPAQUE keeps it
// from the host (crypto/opaque), so only the person's own computer can judge it,
// and does so here.
//
// The rules are those of NIST SP 800-63B-4, section 3.1.1: a length, a list of
// what people choose most, no rule about kinds of characters, no expiry. Ten
// characters are enough here because each guess costs Argon2id and a host slows
// them down (DESIGN section 5).
package password

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	_ "embed" // the lists of words
	"errors"
	"io"
	"math/big"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MinLength and MaxLength bound a password, in characters after NFC.
const (
	MinLength = 10
	MaxLength = 128
)

// The reasons why a password is refused.
var (
	ErrShort  = errors.New("password is too short")
	ErrLong   = errors.New("password is too long")
	ErrCommon = errors.New("password is one that many people use")
	ErrSimple = errors.New("password is a simple pattern")
	ErrName   = errors.New("password is made of a name that others know")
	ErrText   = errors.New("password has characters that cannot be typed")
)

// words are English words of 4 to 6 letters: SCOWL up to size 35 as packaged by
// Debian (wamerican-small), inflected forms and words that hurt left out.
// Copyright 2000-2011 by Kevin Atkinson; permission to use, copy, modify,
// distribute and sell these word lists is granted without fee, provided that
// this notice appears in all copies; provided "as is" without warranty.
//
//go:embed words.txt.gz
var wordsFile []byte

// bases are what people begin passwords with, collected from what guessing
// programs try first.
//
//go:embed bases.txt
var basesFile string

// lists holds what is needed to judge and suggest; made at the first use.
var lists = sync.OnceValue(func() (l struct {
	words []string
	weak  map[string]bool
},
) {
	z, err := gzip.NewReader(bytes.NewReader(wordsFile))
	if err != nil {
		panic("password: " + err.Error()) // embedded
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic("password: " + err.Error())
	}
	l.words = strings.Fields(string(b))
	l.weak = make(map[string]bool, len(l.words)+512)
	for _, w := range l.words {
		l.weak[w] = true
	}
	for _, w := range strings.Fields(basesFile) {
		l.weak[w] = true
	}
	return l
})

// Check refuses a password that is too short, too long or too easy to guess.
// names are names that others know (the person's, the place's); a password made
// of one of them and little else is refused. The error is one of this package's.
func Check(pw string, names ...string) error {
	if !utf8.ValidString(pw) {
		return ErrText
	}
	pw = norm.NFC.String(pw)
	for _, r := range pw {
		if unicode.IsControl(r) {
			return ErrText
		}
	}
	switch n := utf8.RuneCountInString(pw); {
	case n < MinLength:
		return ErrShort
	case n > MaxLength:
		return ErrLong
	}
	folded := fold(pw)
	if repeated(folded) || walk(folded) {
		return ErrSimple
	}
	core := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, name := range names {
		if known(letters(folded), letters(fold(name))) {
			return ErrName
		}
	}
	weak := lists().weak
	for _, c := range []string{core, unleet(core), unleet(folded)} {
		c = letters(c)
		if weak[c] || weak[strings.TrimSuffix(c, "s")] || doubled(c, weak) {
			return ErrCommon
		}
		// A chain of keys or of the alphabet with digits around it.
		if len(c) >= 4 && walk(c) || len(c) < 4 && len(folded) < 2*MinLength && (mostlyDigits(folded) || letters(folded) == "") {
			return ErrSimple
		}
	}
	return nil
}

func fold(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// letters drops everything but letters.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// unleet undoes the signs that stand for letters, and trims what is left of
// digits and signs at the ends.
func unleet(s string) string {
	s = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i", "€", "e", "+", "t").Replace(s)
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// known reports whether a password is little more than a name.
func known(pw, name string) bool {
	if utf8.RuneCountInString(name) < 3 || pw == "" {
		return false
	}
	rest := strings.ReplaceAll(pw, name, "")
	return len(rest) < len(pw) && utf8.RuneCountInString(rest) < 5
}

// doubled reports whether s is one weak word several times, or two of them where
// one of the two is among what people choose first and the whole is short.
func doubled(s string, weak map[string]bool) bool {
	for n := 3; n <= len(s)/2; n++ {
		if len(s)%n == 0 && weak[s[:n]] && strings.Repeat(s[:n], len(s)/n) == s {
			return true
		}
	}
	if len(s) > 14 {
		return false
	}
	for i := 3; i <= len(s)-3; i++ {
		if weak[s[:i]] && weak[s[i:]] && (isBase(s[:i]) || isBase(s[i:])) {
			return true
		}
	}
	return false
}

func isBase(w string) bool {
	i := strings.Index(basesFile, w)
	for i >= 0 {
		end := i + len(w)
		if (i == 0 || basesFile[i-1] == ' ' || basesFile[i-1] == '\n') && (end == len(basesFile) || basesFile[end] == ' ' || basesFile[end] == '\n') {
			return true
		}
		next := strings.Index(basesFile[i+1:], w)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// repeated reports whether s is made of few different characters, or of one
// short piece again and again.
func repeated(s string) bool {
	r := []rune(s)
	kinds := make(map[rune]bool)
	for _, c := range r {
		kinds[c] = true
	}
	if len(kinds) < 4 {
		return true
	}
	for n := 1; n <= len(r)/3; n++ {
		same := true
		for i := n; i < len(r); i++ {
			same = same && r[i] == r[i-n]
		}
		if same {
			return true
		}
	}
	return false
}

// rows are chains of keys on common keyboards, and orders that people know.
var rows = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "qweasdzxc", "!@#$%^&*()",
}

// walk reports whether at least four fifths of s run along such chains, forwards
// or backwards, in pieces of three and more.
func walk(s string) bool {
	r := []rune(s)
	covered := 0
	for i := 0; i < len(r); {
		n := run(r[i:])
		if n < 3 {
			i++
			continue
		}
		covered += n
		i += n
	}
	return covered*5 >= len(r)*4
}

// run returns how long the chain is that r begins with.
func run(r []rune) int {
	best := 0
	for _, row := range rows {
		for _, chain := range []string{row, reverse(row)} {
			n := 0
			for n < len(r) && strings.Contains(chain, string(r[:n+1])) {
				n++
			}
			best = max(best, n)
		}
	}
	return best
}

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// mostlyDigits reports whether s is a number with little else: a date, a phone
// number.
func mostlyDigits(s string) bool {
	digits := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits*5 >= utf8.RuneCountInString(s)*4
}

// SuggestedWords is how many words Suggest joins. Four of more than 5,700 are
// 49 bits: at Argon2id's price a hundred thousand years of one computer.
const SuggestedWords = 4

// Suggest returns a new password of random English words joined by dashes.
func Suggest() string {
	words := lists().words
	n := big.NewInt(int64(len(words)))
	for {
		picked := make([]string, SuggestedWords)
		for i := range picked {
			k, err := rand.Int(rand.Reader, n)
			if err != nil {
				panic("password: " + err.Error()) // crypto/rand never fails
			}
			picked[i] = words[k.Int64()]
		}
		if s := strings.Join(picked, "-"); Check(s) == nil {
			return s
		}
	}
}
