package cli_test

import (
	"go/parser"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// layers lists, for each package or folder, what it may import from this
// module (DESIGN.md section 3). The first row that names the package or a folder
// around it counts; a name that ends in a slash stands for what is inside.
var layers = []struct{ pkg, mayImport string }{
	{"storage/chat", ""},
	{"crypto/", "crypto/"},
	{"storage/", "storage/ crypto/"},
	{"net/wire", "storage/chat"},
	{"net/cluster", "net/wire storage/chat"},
	{"net/host", "net/link net/wire net/transfer net/presence crypto/ storage/chat storage/blobs"},
	{"net/client", "net/link net/wire net/transfer net/presence net/call crypto/ storage/chat storage/clientdb storage/blobs storage/export storage/paths"},
	{"net/cmd/", "net/ storage/ crypto/"},
	{"net/", "net/ storage/ crypto/"},
	// ui/markup, ui/picture and ui/media read what was sent; ui/text has the sentences that ui/state chooses; the others have the errors
	// that it tells apart to choose them.
	{"ui/state", "ui/text ui/markup ui/picture ui/media net/client net/call net/setup net/update net/wire crypto/password crypto/vault storage/chat storage/clientdb storage/paths storage/sqlite storage/prefs storage/logs"},
	{"ui", "ui/ net/ storage/ crypto/identity crypto/vault crypto/verify"},
	{".", "ui net/cli"},
	// What makes packages prints the help and signs releases; the program uses none of it.
	{"packaging/", "net/cli crypto/release"},
}

// TestLayers keeps the import arrows pointing one way, and the toolkit in ui.
func TestLayers(t *testing.T) {
	eachSource(t, ".", parser.ImportsOnly, func(s *source) {
		if why := misplaced(s.pkg); why != "" {
			t.Errorf("%s: %s", s.name, why)
		}
		for _, imp := range s.imports(t) {
			if why := refused(s.pkg, imp); why != "" {
				t.Errorf("%s must not import %s: %s", s.name, imp, why)
			}
		}
	})
}

// TestTopLevel keeps the top folder what it is: main.go is its only Go file, and
// net, crypto and storage hold folders only.
func TestTopLevel(t *testing.T) {
	for folder, want := range map[string][]string{".": {"main.go"}, "net": nil, "crypto": nil, "storage": nil} {
		got, err := fs.Glob(os.DirFS("../.."), path.Join(folder, "*.go"))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: Go files %q, %v, want %q", folder, got, err, want)
		}
	}
}

// TestLayerRules shows the rules at work, so that a rule that stopped
// refusing is found without a forbidden import in the code.
func TestLayerRules(t *testing.T) {
	for name, c := range map[string]struct {
		pkg, imp string
		allowed  bool
	}{
		"main opens the window system":             {".", "fyne.io/fyne/v2/app", true},
		"main runs the window":                     {".", module + "/ui", true},
		"main runs the command line":               {".", module + "/net/cli", true},
		"main reaches into the host":               {".", module + "/net/host", false},
		"ui draws":                                 {"ui/chat", "fyne.io/fyne/v2/widget", true},
		"ui opens the window system":               {"ui", "fyne.io/fyne/v2/app", false},
		"a screen opens the window system":         {"ui/chat", "fyne.io/fyne/v2/app", false},
		"a screen asks the state":                  {"ui/chat", module + "/ui/state", true},
		"the state draws":                          {"ui/state", "fyne.io/fyne/v2", false},
		"the state uses a widget":                  {"ui/state", module + "/ui/kit", false},
		"the state assembles a host":               {"ui/state", module + "/net/setup", true},
		"the state reads the log":                  {"ui/state", module + "/storage/logs", true},
		"the state asks the host":                  {"ui/state", module + "/net/host", false},
		"a folder whose name starts like ui":       {"uikit", module + "/net/host", false},
		"the command line draws":                   {"net/cli", "fyne.io/fyne/v2", false},
		"the headless program uses the window":     {"net/cmd/snugd", module + "/ui", false},
		"the headless program":                     {"net/cmd/snugd", module + "/net/cli", true},
		"the host uses the client":                 {"net/host", module + "/net/client", false},
		"the client uses the host":                 {"net/client", module + "/net/host", false},
		"the client's files use the host":          {"net/client/files", module + "/net/host", false},
		"a package that is named like a neighbour": {"net/host", module + "/net/linkage", false},
		"the host writes SQL":                      {"net/host", module + "/storage/hostdb", false},
		"the setup joins host and client":          {"net/setup", module + "/net/host", true},
		"messages know keys":                       {"net/wire", module + "/crypto/identity", false},
		"storage uses keys":                        {"storage/hostdb", module + "/crypto/vault", true},
		"storage uses the network":                 {"storage/hostdb", module + "/net/wire", false},
		"keys know files":                          {"crypto/vault", module + "/storage/paths", false},
		"the nouns import something":               {"storage/chat", module + "/crypto/identity", false},
		"the nouns use the standard library":       {"storage/chat", "errors", true},
		"somebody imports main":                    {"net/cli", module, false},
		"ui imports main":                          {"ui", module, false},
		"packaging prints the help":                {"packaging/pack", module + "/net/cli", true},
		"packaging opens a database":               {"packaging/pack", module + "/storage/hostdb", false},
	} {
		if why := refused(c.pkg, c.imp); (why == "") != c.allowed {
			t.Errorf("%s: %s imports %s: got %q, want allowed %v", name, c.pkg, c.imp, why, c.allowed)
		}
	}
	for pkg, want := range map[string]bool{
		"net": true, "crypto": true, "storage": true, "util": true, "net/host": false, "ui": false, "ui/state": false, ".": false, "packaging/macos": false,
	} {
		if got := misplaced(pkg) != ""; got != want {
			t.Errorf("a Go file in %s: got misplaced %v, want %v", pkg, got, want)
		}
	}
}

// misplaced says why pkg may hold no Go files, or "".
func misplaced(pkg string) string {
	top, _, _ := strings.Cut(pkg, "/")
	switch {
	case pkg == "net" || pkg == "crypto" || pkg == "storage":
		return "this folder holds packages only: its import path would read like the standard library's"
	case !slices.Contains([]string{".", "ui", "net", "crypto", "storage", "packaging"}, top):
		return "the top level of the repository is fixed (DESIGN.md section 3)"
	}
	return ""
}

// refused says why pkg may not import imp, or "".
func refused(pkg, imp string) string {
	inUI := within(pkg, "ui") && !within(pkg, "ui/state")
	switch {
	case imp == module:
		return "nothing imports main"
	case imp == "fyne.io/fyne/v2/app" && pkg != ".":
		return "only main opens the window system"
	case within(imp, "fyne.io") && !inUI && pkg != ".":
		return "only ui draws"
	}
	ours, ok := strings.CutPrefix(imp, module+"/")
	if !ok {
		return ""
	}
	for _, row := range layers {
		if !within(pkg, row.pkg) {
			continue
		}
		if within(ours, strings.Fields(row.mayImport)...) {
			return ""
		}
		return row.pkg + " may import: " + row.mayImport
	}
	return "no row of layers names " + pkg
}

// within reports whether name is one of places or inside it. A place that
// ends in a slash holds what is inside, but is not itself meant.
func within(name string, places ...string) bool {
	return slices.ContainsFunc(places, func(place string) bool {
		dir, inside := strings.CutSuffix(place, "/")
		return strings.HasPrefix(name, dir+"/") || name == dir && !inside
	})
}
