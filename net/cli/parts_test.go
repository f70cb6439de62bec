package cli_test

import (
	"go/parser"
	"maps"
	"slices"
	"strings"
	"testing"
)

// maxLines is how many lines a package of the window may have, tests and generated files
// not counted: what is longer is more than one part of a screen.
const maxLines = 2000

// longer names the packages that may have more, with the reason.
var longer = map[string]string{
	"ui/state": "holds every decision and no screen; its files share the state that one goroutine owns",
}

// shared is what each part of the window may use: the kit, what sets and names things,
// the frame of a question, and the decisions.
const shared = "ui/kit ui/theme ui/text ui/flow ui/markup ui/state ui/page ui/compare ui/picture"

// parts lists what the packages that draw may use of each other. The first row that names
// the package or a folder around it counts. Only the shell (ui), the gallery and the
// conversation put parts together; what is said between two others goes through them.
var parts = []struct{ pkg, mayImport string }{
	{"ui/theme", ""},
	{"ui/text", ""},
	{"ui/state", "ui/text ui/markup ui/picture ui/media"},
	{"ui/flow", "ui/markup ui/theme"},
	{"ui/kit", "ui/kit ui/flow ui/text ui/theme"},
	{"ui/page", "ui/kit ui/text ui/theme"},
	{"ui/gallery", "ui/"},
	{"ui/timeline", shared + " ui/timeline/"},
	{"ui/chat/", shared},
	{"ui/chat", shared + " ui/chat/ ui/timeline ui/compose ui/emoji ui/rooms"},
	{"ui/", shared},
	{"ui", "ui/"},
}

// apart says why a package of the window may not import another one, or "".
func apart(pkg, imp string) string {
	ours, ok := strings.CutPrefix(imp, module+"/")
	if !ok || !within(ours, "ui") {
		return ""
	}
	for _, row := range parts {
		if within(pkg, row.pkg) {
			if within(ours, strings.Fields(row.mayImport)...) {
				return ""
			}
			return row.pkg + " may import: " + row.mayImport
		}
	}
	return ""
}

// TestParts keeps the packages of the window small, and each from knowing the widgets of
// another: a screen can be changed without reading the one beside it.
func TestParts(t *testing.T) {
	lines := map[string]int{}
	eachSource(t, "ui", parser.ImportsOnly, func(s *source) {
		if !strings.HasPrefix(string(s.text), "// Code generated") {
			lines[s.pkg] += strings.Count(string(s.text), "\n")
		}
		for _, imp := range s.imports(t) {
			if why := apart(s.pkg, imp); why != "" {
				t.Errorf("%s must not import %s: %s", s.name, imp, why)
			}
		}
	})
	for _, pkg := range slices.Sorted(maps.Keys(lines)) {
		if n := lines[pkg]; n > maxLines && longer[pkg] == "" {
			t.Errorf("%s has %d lines, want at most %d: split it by the parts of the screen", pkg, n, maxLines)
		}
	}
	for pkg := range longer {
		if lines[pkg] <= maxLines {
			t.Errorf("%s has %d lines and needs no exception", pkg, lines[pkg])
		}
	}
}

// TestPartRules shows the rules at work, so that a rule that stopped refusing is found
// without a forbidden import in the code.
func TestPartRules(t *testing.T) {
	for name, c := range map[string]struct {
		pkg, imp string
		allowed  bool
	}{
		"the shell shows a screen":                    {"ui", "ui/settings", true},
		"the shell uses a part of the conversation":   {"ui", "ui/chat/viewer", true},
		"the conversation shows rooms":                {"ui/chat", "ui/rooms", true},
		"the conversation shows its bars":             {"ui/chat", "ui/chat/bars", true},
		"the conversation knows the settings":         {"ui/chat", "ui/settings", false},
		"sheets know the bars":                        {"ui/chat/sheets", "ui/chat/bars", false},
		"bars know the messages":                      {"ui/chat/bars", "ui/timeline", false},
		"the pictures know the conversation":          {"ui/chat/viewer", "ui/chat", false},
		"messages draw bubbles":                       {"ui/timeline", "ui/timeline/bubble", true},
		"bubbles know the list":                       {"ui/timeline/bubble", "ui/timeline", false},
		"messages know the composer":                  {"ui/timeline", "ui/compose", false},
		"settings use the host's pane":                {"ui/settings", "ui/hosting", false},
		"a screen uses the frame of a question":       {"ui/join", "ui/page", true},
		"a screen uses the kit":                       {"ui/hosting", "ui/kit/layer", true},
		"a screen asks the state":                     {"ui/rooms", "ui/state", true},
		"the kit asks the state":                      {"ui/kit", "ui/state", false},
		"a widget of the kit uses a screen":           {"ui/kit/layer", "ui/page", false},
		"a screen whose name begins like another one": {"ui/join", "ui/joint", false},
		"a screen uses what is not of the window":     {"ui/rooms", "storage/chat", true},
	} {
		if why := apart(c.pkg, module+"/"+c.imp); (why == "") != c.allowed {
			t.Errorf("%s: %s imports %s: got %q, want allowed %v", name, c.pkg, c.imp, why, c.allowed)
		}
	}
}
