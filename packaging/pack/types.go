package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// maxTypeErrors is how many errors checkTypes prints for a system: after a wrong
// import each line of a package has one.
const maxTypeErrors = 20

// listed is what go list says of a package (go help list).
type listed struct {
	ImportPath, Dir, Name string
	GoFiles, CgoFiles     []string
	ImportMap             map[string]string
	Standard              bool
	Module                *struct {
		Main      bool
		GoVersion string
	}
	Error *struct{ Err string }
}

func (p *listed) ours() bool { return p.Module != nil && p.Module.Main }

// checkTypes type-checks the packages that match patterns in dir, their tests too,
// for each of the systems, such as darwin/arm64. It compiles nothing, so that
// neither a compiler nor the headers of the other system are needed; cgo files are
// checked as Go, and what they take from C is believed.
func checkTypes(dir, tags string, systems, patterns []string, out io.Writer) error {
	var failed []string
	for _, system := range systems {
		goos, goarch, ok := strings.Cut(system, "/")
		if !ok {
			return fmt.Errorf("%q is no GOOS/GOARCH", system)
		}
		packages, err := listPackages(dir, tags, goos, goarch, patterns)
		if err != nil {
			return fmt.Errorf("list packages for %s: %w", system, err)
		}
		n, found := typesOf(packages, goarch)
		for i, err := range found {
			if i == maxTypeErrors {
				fmt.Fprintf(out, "and %d more\n", len(found)-i)
				break
			}
			fmt.Fprintln(out, err)
		}
		fmt.Fprintf(out, "%s: %d packages and their tests, %d errors\n", system, n, len(found))
		if n == 0 || len(found) > 0 {
			failed = append(failed, system)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("the code does not fit %s", strings.Join(failed, ", "))
	}
	return nil
}

// listPackages asks go list, dependencies before what imports them.
func listPackages(dir, tags, goos, goarch string, patterns []string) ([]*listed, error) {
	args := append([]string{"list", "-e", "-deps", "-test", "-tags", tags, "-json=ImportPath,Dir,Name,GoFiles,CgoFiles,ImportMap,Standard,Module,Error", "--"}, patterns...)
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	// With cgo the files of the window system are among those that are listed.
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=1")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	var all []*listed
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// typesOf checks the packages of the main module, and what they import before.
// It returns how many there were, and the errors in them; what others do wrong
// shows where it is used.
func typesOf(packages []*listed, goarch string) (ours int, found []error) {
	c := &checker{
		set: token.NewFileSet(), sizes: types.SizesFor("gc", goarch),
		listed: make(map[string]*listed, len(packages)),
		done:   map[string]*types.Package{"unsafe": types.Unsafe},
	}
	for _, p := range packages {
		c.listed[p.ImportPath] = p
	}
	for _, p := range packages {
		if p.ours() && !strings.HasSuffix(p.ImportPath, ".test") { // that is the main package of go test
			ours++
			c.check(p)
		}
	}
	return ours, c.found
}

// checker holds what is known while packages are checked.
type checker struct {
	set    *token.FileSet
	sizes  types.Sizes
	listed map[string]*listed
	done   map[string]*types.Package // nil while one is being checked
	found  []error
}

func (c *checker) check(p *listed) *types.Package {
	if done, ok := c.done[p.ImportPath]; ok {
		return done
	}
	c.done[p.ImportPath] = nil
	say := func(err error) {
		again := slices.ContainsFunc(c.found, func(e error) bool { return e.Error() == err.Error() }) // of a package with and without its tests
		if p.ours() && !again {
			c.found = append(c.found, err)
		}
	}
	if p.Error != nil {
		say(fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err))
	}
	files, err := parseFiles(c.set, p)
	if err != nil {
		say(err)
	}
	config := types.Config{
		Importer:         importer{c, p},
		FakeImportC:      true,
		IgnoreFuncBodies: !p.ours(),
		Sizes:            c.sizes,
		Error:            say,
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	path, _, _ := strings.Cut(p.ImportPath, " ") // "x [y.test]" is x as the tests of y see it
	// Its errors went to say.
	done, _ := config.Check(path, c.set, files, nil)
	c.done[p.ImportPath] = done
	return done
}

// importer finds what a package imports, under the names that it has for them.
type importer struct {
	*checker
	by *listed
}

func (i importer) Import(path string) (*types.Package, error) {
	if real, ok := i.by.ImportMap[path]; ok {
		path = real
	}
	if done := i.done[path]; done != nil {
		return done, nil
	}
	if p := i.listed[path]; p != nil {
		if done := i.check(p); done != nil {
			return done, nil
		}
	}
	return nil, fmt.Errorf("package %s is not there", path)
}

// parseFiles parses the files of a package, several at a time.
func parseFiles(set *token.FileSet, p *listed) ([]*ast.File, error) {
	names := slices.Concat(p.GoFiles, p.CgoFiles)
	files, errs := make([]*ast.File, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			if !filepath.IsAbs(name) {
				name = filepath.Join(p.Dir, name)
			}
			files[i], errs[i] = parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		})
	}
	wg.Wait()
	return slices.DeleteFunc(files, func(f *ast.File) bool { return f == nil }), errors.Join(errs...)
}
