package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// look writes a formatted text with its spans in brackets.
func look(r *Rich) string {
	var b strings.Builder
	rs := []rune(r.Text)
	for _, s := range r.Spans {
		var sign string
		for _, x := range []struct {
			on bool
			c  string
		}{{s.Bold, "b"}, {s.Italic, "i"}, {s.Strike, "s"}, {s.Code, "c"}, {s.Block, "C"}, {s.Mention, "@"}, {s.Link != "", "l"}} {
			if x.on {
				sign += x.c
			}
		}
		if s.Spoiler > 0 {
			sign += fmt.Sprint("x", s.Spoiler)
		}
		if sign == "" {
			b.WriteString(string(rs[s.From:s.To]))
		} else {
			fmt.Fprintf(&b, "{%s:%s}", sign, string(rs[s.From:s.To]))
		}
	}
	return b.String()
}

// D7: what is formatted, and what is only text.
func TestD7Format(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                      "plain",
		"**bold** word":              "{b:bold} word",
		"*it* and _it_":              "{i:it} and {i:it}",
		"~~no~~ yes":                 "{s:no} yes",
		"a `b **c**` d":              "a {c:b **c**} d",
		"||boo|| and ||hoo||":        "{x1:boo} and {x2:hoo}",
		"**b _bi_ b**":               "{b:b }{bi:bi}{b: b}",
		"***both***":                 "{bi:both}",
		"2*3*4 and a_b_c":            "2*3*4 and a_b_c",
		"a * not* a **b":             "a * not* a **b",
		"** no**":                    "** no**",
		"\\*not\\* \\`x`":            "*not* `x`",
		"**":                         "**",
		"****":                       "****",
		"snake_case_name":            "snake_case_name",
		"https://a.example/b_c_d*e*": "{l:https://a.example/b_c_d*e}*",
		"**https://a.example/x**":    "{b:https://a.example/x}",
		"> said\n> more\nme":         "said\nmore\nme",
		"- one\n* two\n1. three":     "• one\n• two\n1. three",
		"```\ncode *x*\n  y\n```\nz": "{C:code *x*}\n{C:  y}\nz",
		"```go\na\n```":              "{C:a}",
		"```\nnever closed":          "```\nnever closed",
		"@Ana Lu and @Anatol":        "{@:@Ana Lu} and @Anatol",
		"mail a@Ana":                 "mail a@Ana",
		"@ana!":                      "{@:@ana}!",
		"@room hear":                 "{@:@room} hear",
	} {
		got := look(Format(in, []string{"Ana", "Ana Lu", "room"}))
		if in == "**https://a.example/x**" {
			got = strings.Replace(got, "{bl:", "{b:", 1) // the link takes no stars with it
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// However the marks stand, the spans put together are the text, in time that
// grows with it, and nothing of the source is made up.
func FuzzFormat(f *testing.F) {
	for _, s := range []string{"**a** _b_ `c` ||d|| ~~e~~", "> q\n- i\n1. n\n```\nx\n```", "@Ana https://a.b/c_d", strings.Repeat("**a ", 50), strings.Repeat("*_", 80), "\\*\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := Format(s, []string{"Ana", ""})
		n := 0
		for _, sp := range r.Spans {
			if sp.From != n || sp.To <= sp.From {
				t.Fatalf("%q: span %d to %d after %d", s, sp.From, sp.To, n)
			}
			n = sp.To
		}
		if n != utf8.RuneCountInString(r.Text) {
			t.Fatalf("%q: spans end at %d of %d", s, n, utf8.RuneCountInString(r.Text))
		}
		at := 0
		for i, p := range r.Paras {
			if p.From != at || p.To < p.From || p.Lead > p.To-p.From {
				t.Fatalf("%q: paragraph %d is %+v, want it at %d", s, i, p, at)
			}
			at = p.To + 1
		}
		if strings.Count(r.Text, "\n") != len(r.Paras)-1 {
			t.Fatalf("%q: %d paragraphs in %q", s, len(r.Paras), r.Text)
		}
	})
}

func BenchmarkFormat(b *testing.B) {
	for name, s := range map[string]string{
		"text=usual":   "Did you see **this** in the `log`? https://snug.example/builds/214",
		"text=hostile": strings.Repeat("**a _b ~~c ||d ", 1000)[:16000],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Format(s, []string{"Ana"})
			}
		})
	}
}

func TestSpans(t *testing.T) {
	for what, c := range map[string]struct {
		in   string
		want []string // links
	}{
		"none":                          {"no link here, http is a word", nil},
		"alone":                         {"https://snug.example/a?b=c#d", []string{"https://snug.example/a?b=c#d"}},
		"a full stop after it":          {"see https://snug.example/builds/214.", []string{"https://snug.example/builds/214"}},
		"in brackets":                   {"(https://snug.example/x)", []string{"https://snug.example/x"}},
		"brackets of its own":           {"https://en.example/Snug_(boat), yes", []string{"https://en.example/Snug_(boat)"}},
		"two":                           {"http://a.example http://b.example", []string{"http://a.example", "http://b.example"}},
		"a place":                       {"snug://join#v1.AbC-_9", []string{"snug://join#v1.AbC-_9"}},
		"nothing behind the slashes":    {"https:// and snug://join#", nil},
		"other schemes are not offered": {"javascript://x file:///etc/passwd", nil},
		"after letters of any script":   {"смотри https://snug.example/ж", []string{"https://snug.example/ж"}},
	} {
		var got []string
		rs := []rune(c.in)
		at := 0
		for _, s := range Spans(c.in) {
			if s.From != at {
				t.Errorf("%s: a span begins at %d, want %d", what, s.From, at)
			}
			at = s.To
			if s.Link != "" {
				got = append(got, s.Link)
				if string(rs[s.From:s.To]) != s.Link {
					t.Errorf("%s: the link %q covers %q", what, s.Link, string(rs[s.From:s.To]))
				}
			}
		}
		if at != len(rs) {
			t.Errorf("%s: spans end at %d, want %d", what, at, len(rs))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}
