package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mistake in a file for another system is found here, in cgo files and tests,
// too; what those take from C is believed. Nothing here imports another package,
// which would have to be read each time.
func TestTypesOfOtherSystems(t *testing.T) {
	good := map[string]string{
		"go.mod":       "module example.org/m\n\ngo 1.26\n",
		"a.go":         "package m\n\nimport \"example.org/m/part\"\n\nfunc A() int { return system() + part.One }\n",
		"a_linux.go":   "package m\n\nfunc system() int { return 1 }\n",
		"a_windows.go": "package m\n\nfunc system() int { return 2 }\n",
		"a_darwin.go":  "package m\n\n// int three(void);\nimport \"C\"\n\nfunc system() int { return int(C.three()) }\n",
		"a_test.go":    "package m\n\nvar _ = A()\n",
		"part/part.go": "package part\n\nconst One = 1\n",
	}
	for name, c := range map[string]struct{ file, text, want string }{
		"nothing wrong": {"part/part.go", good["part/part.go"], ""},
		"a wrong type in a file of cgo": {
			"a_darwin.go", "package m\n\n// int three(void);\nimport \"C\"\n\nfunc system() int { return \"x\" }\n", `a_darwin.go:6:28: cannot use "x"`,
		},
		"a function that is not there": {"a_darwin.go", "package m\n", "undefined: system"},
		"a test that fits no more":     {"a_test.go", "package m\n\nvar _ = A(1)\n", "too many arguments"},
		"half a file":                  {"a_darwin.go", "package m\n\nfunc system() int {", "a_darwin.go:3"},
		"a package that is not there":  {"a_darwin.go", "package m\n\nimport \"example.org/m/none\"\n\nfunc system() int { return none.X }\n", "none"},
		"a dependency that went":       {"part/part.go", "package part\n", "undefined: part.One"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range good {
				if file == c.file {
					text = c.text
				}
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			err := checkTypes(dir, "x", []string{"darwin/arm64"}, []string{"./..."}, &out)
			if (err != nil) != (c.want != "") || !strings.Contains(out.String(), c.want) {
				t.Errorf("got %v and\n%s\nwant %q", err, out.String(), c.want)
			}
			if !strings.Contains(out.String(), "packages and their tests") {
				t.Errorf("got no count: %s", out.String())
			}
		})
	}
}
