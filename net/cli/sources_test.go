package cli_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/snugchat/snug"

// source is a Go file of the project.
type source struct {
	name, pkg string // with slashes, from the top folder
	text      []byte
	files     *token.FileSet
	tree      *ast.File
}

// imports are what it imports.
func (s *source) imports(t *testing.T) (paths []string) {
	t.Helper()
	for _, spec := range s.tree.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imp)
	}
	return paths
}

// eachSource parses the Go files in a folder and in those inside, but for tests and their
// data. It parses them itself: the test cache does not see what a `go list` reads.
func eachSource(t *testing.T, folder string, mode parser.Mode, use func(*source)) {
	t.Helper()
	root, seen := os.DirFS("../.."), 0
	err := fs.WalkDir(root, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		s := &source{name: name, pkg: path.Dir(name), files: token.NewFileSet()}
		if s.text, err = fs.ReadFile(root, name); err != nil {
			return err
		}
		if s.tree, err = parser.ParseFile(s.files, name, s.text, mode); err != nil {
			return err
		}
		seen++
		use(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Fatal("no Go file was read: the test looks into the wrong folder")
	}
}
