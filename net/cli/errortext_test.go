package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// errorTexts are the places of a file at which the words of an error become a string that
// could be shown: err.Error(), and an error handed to fmt.Sprint, Sprintf or Sprintln. What
// a panic says is for us, and no person.
func errorTexts(f *ast.File) (at []token.Pos) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if name, ok := call.Fun.(*ast.Ident); ok && name.Name == "panic" {
			return false
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if fun.Sel.Name == "Error" && len(call.Args) == 0 {
			at = append(at, call.Pos())
		}
		if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "fmt" && strings.HasPrefix(fun.Sel.Name, "Sprint") {
			for _, arg := range call.Args {
				if name, ok := arg.(*ast.Ident); ok && (name.Name == "err" || strings.HasSuffix(name.Name, "Err")) {
					at = append(at, arg.Pos())
				}
			}
		}
		return true
	})
	return at
}

// FEATURES J6: what an error says in Go reaches no label, since nothing in the window makes
// a string of one: persons get sentences from ui/text.
func TestJ6NoErrorBecomesText(t *testing.T) {
	eachSource(t, "ui", parser.SkipObjectResolution, func(s *source) {
		if s.pkg == "ui/kit/kittest" {
			return
		}
		for _, at := range errorTexts(s.tree) {
			t.Errorf("%v: the words of an error become a text: say it by a sentence of ui/text, and log the error", s.files.Position(at))
		}
	})
}

// TestErrorTextRules shows the rule at work, so that one that stopped finding is found.
func TestErrorTextRules(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"a label of an error":         {"kit.NewLabel(err.Error())", 1},
		"an error in a sentence":      {"l.SetText(fmt.Sprintf(\"it is %v\", saveErr))", 1},
		"an error alone":              {"l.SetText(fmt.Sprint(err))", 1},
		"an error in the log":         {"log.Info(\"not saved\", \"err\", err)", 0},
		"a wrapped error":             {"_ = fmt.Errorf(\"save: %w\", err)", 0},
		"a number in a sentence":      {"l.SetText(fmt.Sprint(n))", 0},
		"what a mistake of ours says": {"panic(\"en.json: \" + err.Error())", 0},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n\nfunc f() {\n"+c.body+"\n}\n", 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := len(errorTexts(f)); got != c.want {
			t.Errorf("%s: found %d times, want %d", name, got, c.want)
		}
	}
}
