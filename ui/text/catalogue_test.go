package text

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/waiting.txt")

var hole = regexp.MustCompile(`\{([a-z]+)(:int)?\}`)

// funcName is the Go name of a key, as in gen.
func funcName(key string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(key, ".") {
		if part == "qr" {
			b.WriteString("QR")
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Every form of a sentence has the same holes, a number for a choice by number,
// and words that end as a sentence of ours does.
func TestSentencesAreSound(t *testing.T) {
	for key, f := range sentences() {
		want := hole.FindAllString(f["other"], -1)
		for form, s := range f {
			got := hole.FindAllString(s, -1)
			for _, h := range got { // "Send this file?" may leave the number out
				if !slices.Contains(want, h) {
					t.Errorf("%s: form %s names %s, which form other does not", key, form, h)
				}
			}
			if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, form) {
				t.Errorf("%s: %q is no plural form", key, form)
			}
			if rest := hole.ReplaceAllString(s, ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("%s: a hole is not closed or not known: %q", key, s)
			}
			if strings.TrimSpace(s) != s || strings.Contains(s, "  ") || strings.Contains(s, "—") {
				t.Errorf("%s: stray spaces or a dash: %q", key, s)
			}
			for _, word := range []string{"server", "node", "epoch", "certificate", " key "} {
				if strings.Contains(strings.ToLower(" "+s+" "), word) && key != "picture.key" { // one for a door
					t.Errorf("%s: %q says %q", key, s, word)
				}
			}
		}
		if len(f) > 1 && !strings.Contains(f["other"], ":int}") {
			t.Errorf("%s: forms, but no number to choose by", key)
		}
	}
}

// used collects the functions of this package that Go code outside its tests
// calls.
func used(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || strings.HasPrefix(n, ".") && n != "." && n != ".." {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "sentences.go" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		here := filepath.Dir(path) == filepath.Join("..", "..", "ui", "text")
		if !here && !bytes.Contains(src, []byte("snug/ui/text\"")) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
		if err != nil {
			return err
		}
		name := "text"
		for _, i := range file.Imports {
			if strings.HasSuffix(i.Path.Value, "snug/ui/text\"") && i.Name != nil {
				name = i.Name.Name
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == name {
					found[n.Sel.Name] = true
				}
			case *ast.Ident:
				if here {
					found[n.Name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A sentence that nothing shows is removed. That every shown one exists is
// checked by the compiler. testdata/waiting.txt lists those whose screen comes
// with a later commit.
func TestEverySentenceIsUsed(t *testing.T) {
	b, err := os.ReadFile("testdata/waiting.txt")
	if err != nil {
		t.Fatal(err)
	}
	waiting := strings.Fields(string(b))
	all, found := sentences(), used(t)
	var idle []string
	for key := range all {
		if !found[funcName(key)] {
			idle = append(idle, key)
		}
	}
	slices.Sort(idle)
	if *update {
		if err := os.WriteFile("testdata/waiting.txt", []byte(strings.Join(idle, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, key := range idle {
		if !slices.Contains(waiting, key) {
			t.Errorf("%s is used nowhere", key)
		}
	}
	for _, key := range waiting {
		if _, ok := all[key]; !ok {
			t.Errorf("testdata/waiting.txt names %s, which does not exist", key)
		}
	}
}

func TestFill(t *testing.T) {
	for what, c := range map[string]struct{ got, want string }{
		"plain":           {WordCancel(), "Cancel"},
		"a name":          {JoinAsk("Our class"), "Join Our class?"},
		"one":             {JoinPeople(1), "1 person is in it."},
		"none":            {JoinPeople(0), "0 people are in it."},
		"many":            {JoinPeople(12345), "12345 people are in it."},
		"grouped":         {LogLines(1234567), "1,234,567 lines"},
		"a port":          {HostPortMoved(7443, 7444), "Port 7443 is in use, so I use 7444. Links already show it."},
		"braces in names": {JoinAsk("{n:int}"), "Join {n:int}?"},
		"used twice":      {JoinWaiting("Ana"), "Ana lets people in one by one. Waiting for Ana..."},
		"right to left":   {JoinAsk("כיתה"), "Join \u2068כיתה\u2069?"},
		"open override":   {JoinAsk("a\u202Egpj"), "Join \u2068agpj\u2069?"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", what, c.got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for what, in := range map[string]string{
		"a number":  `{"a": 1}`,
		"no other":  `{"a": {"one": "x"}}`,
		"empty":     `{"a": ""}`,
		"cut short": `{"a": "x`,
	} {
		if got, err := parse([]byte(in)); err == nil {
			t.Errorf("%s: got %v, want an error", what, got)
		}
	}
}
