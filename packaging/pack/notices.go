package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// notices prints the licences of everything that an executable was built from:
// Go itself and each module, out of the folders root (of Go) and cache (of
// modules). Those licences ask that a copy goes with the program. A module
// without one is an error.
func notices(executable, root, cache string, out io.Writer) error {
	info, err := buildinfo.ReadFile(executable)
	if err != nil {
		return fmt.Errorf("read %s: %w", executable, err)
	}
	fmt.Fprintf(out, "%s holds the work of others under these licences.\n", filepath.Base(info.Path))
	if err := licences("Go "+info.GoVersion, root, out); err != nil {
		return err
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		if err := licences(m.Path+" "+m.Version, moduleDir(cache, m), out); err != nil {
			return err
		}
	}
	return nil
}

// moduleDir is where the go command keeps a module: capital letters are written
// as "!" and the small letter (Go Modules Reference, "Module cache").
func moduleDir(cache string, m *debug.Module) string {
	var b strings.Builder
	for _, r := range m.Path + "@" + m.Version {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return filepath.Join(cache, filepath.FromSlash(b.String()))
}

// licences prints the files of a folder that are called like licences.
func licences(title, dir string, out io.Writer) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		if !isLicence(e) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		found = true
		if _, err := fmt.Fprintf(out, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("-", 80), title, e.Name(), strings.TrimSpace(string(text))); err != nil {
			return err
		}
	}
	if !found {
		return errors.New("no licence of " + title + " in " + dir)
	}
	return nil
}

func isLicence(e fs.DirEntry) bool {
	name := strings.ToUpper(e.Name())
	return e.Type().IsRegular() && slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS", "AUTHORS", "OFL"}, func(s string) bool { return strings.HasPrefix(name, s) })
}
