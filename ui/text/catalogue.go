// Package text holds every sentence that the program shows: one function for
// each, made from en.json, and the formats of times, sizes and durations.
//
// It must not know who shows a sentence or why: it imports no widget, no
// network and no storage. The words follow the flows of the design notes
// (UX.md): what happened, what the program does about it, what the person can
// do. A raw error never passes through here.
//
// To add a sentence, write it into en.json and run go generate. {name} in a
// sentence becomes a string parameter, {n:int} a number; a value with "one"
// and "other" is chosen by its first number and the plural rules of CLDR.
package text

import (
	_ "embed" // the sentences
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:generate go run ./gen

//go:embed en.json
var english []byte

// forms is one sentence in the plural categories that its language has.
type forms map[string]string

// UnmarshalJSON takes a plain string as the form for every number.
func (f *forms) UnmarshalJSON(b []byte) error {
	var plain string
	if err := json.Unmarshal(b, &plain); err == nil {
		*f = forms{"other": plain}
		return nil
	}
	var many map[string]string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("a sentence is a string or an object of plural forms: %w", err)
	}
	*f = many
	return nil
}

func parse(b []byte) (map[string]forms, error) {
	var all map[string]forms
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	for key, f := range all {
		if f["other"] == "" {
			return nil, fmt.Errorf("%s: no form for other", key)
		}
	}
	return all, nil
}

// sentences parses the embedded file once. A damaged file is a bug of ours that
// the first test meets, hence the panic.
var sentences = sync.OnceValue(func() map[string]forms {
	all, err := parse(english)
	if err != nil {
		panic("en.json: " + err.Error())
	}
	return all
})

// fill puts arguments into a sentence: name, value, name, value...
func fill(key string, args ...any) string {
	f := sentences()[key]
	s := f["other"]
	if len(f) > 1 {
		for i := 1; i < len(args); i += 2 {
			if n, ok := args[i].(int); ok {
				if v, ok := f[category(n)]; ok {
					s = v
				}
				break
			}
		}
	}
	if len(args) == 0 {
		return s
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		switch v := args[i+1].(type) {
		case int:
			pairs = append(pairs, "{"+args[i].(string)+":int}", number(v))
		case string:
			pairs = append(pairs, "{"+args[i].(string)+"}", isolate(v))
		}
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// isolate keeps a name written from right to left from turning the sentence
// around it: first strong isolate and pop (Unicode TR9, section 2.4.2).
func isolate(s string) string {
	for _, r := range s {
		if r >= 0x0590 && r <= 0x08FF || r >= 0xFB1D && r <= 0xFEFC || r >= 0x10800 && r <= 0x10FFF || r >= 0x1E800 && r <= 0x1EFFF ||
			r >= 0x200E && r <= 0x200F || r >= 0x202A && r <= 0x202E {
			return "\u2068" + strings.Map(dropBidiControl, s) + "\u2069"
		}
	}
	return s
}

// dropBidiControl removes embeddings, overrides and isolates, which a name could
// leave open to reorder what follows it.
func dropBidiControl(r rune) rune {
	if r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
		return -1
	}
	return r
}

func category(n int) string {
	if n < 0 {
		n = -n
	}
	switch plural.Cardinal.MatchPlural(language.English, n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

// number groups thousands by a comma from five digits on, so that a port stays
// a port.
func number(n int) string {
	s := fmt.Sprint(n)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) < 6 {
		return s
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if s != digits {
		return "-" + b.String()
	}
	return b.String()
}
