package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"

	"github.com/snugchat/snug/crypto/release"
	"github.com/snugchat/snug/net/cli"
)

// about is what FyneApp.toml says of the program, and what follows from it.
type about struct {
	Name        string // "Snug"
	Command     string // "snug"
	ID          string
	Version     string
	Build       int
	Website     string
	GenericName string
	Comment     string
	Categories  []string
	Keywords    []string
	Year        int               // of this version
	Set         map[string]string // values of the command line, for templates
}

func readAbout(path string) (about, error) {
	var f struct {
		Website string
		Details struct {
			Name, ID, Version string
			Build             int
		}
		LinuxAndBSD struct {
			GenericName, Comment string
			Categories, Keywords []string
		}
	}
	if _, err := toml.DecodeFile(path, &f); err != nil {
		return about{}, fmt.Errorf("read %s: %w", path, err)
	}
	a := about{
		Name: f.Details.Name, Command: strings.ToLower(f.Details.Name), ID: f.Details.ID, Version: f.Details.Version, Build: f.Details.Build, Website: f.Website,
		GenericName: f.LinuxAndBSD.GenericName, Comment: f.LinuxAndBSD.Comment, Categories: f.LinuxAndBSD.Categories, Keywords: f.LinuxAndBSD.Keywords,
	}
	if _, err := release.ParseVersion(a.Version); err != nil {
		return about{}, fmt.Errorf("read %s: version %q: %w", path, a.Version, err)
	}
	for name, v := range map[string]string{"Name": a.Name, "ID": a.ID, "Website": a.Website, "GenericName": a.GenericName, "Comment": a.Comment} {
		if v == "" || strings.ContainsAny(v, "\"\n<>&\\") {
			return about{}, fmt.Errorf("read %s: %s cannot be %q", path, name, v)
		}
	}
	return a, nil
}

// get prints one field.
func (a about) get(field string, out io.Writer) error {
	v := reflect.ValueOf(a).FieldByName(field)
	if !v.IsValid() || field == "Set" {
		return fmt.Errorf("FyneApp.toml has no %s", field)
	}
	_, err := fmt.Fprintln(out, v.Interface())
	return err
}

// fill prints a template with the fields of a, and with values in .Set. A value
// that is not set is an error.
func (a about) fill(path string, values []string, out io.Writer) error {
	a.Set = make(map[string]string)
	for _, v := range values {
		key, value, ok := strings.Cut(v, "=")
		if !ok {
			return fmt.Errorf("%q is no KEY=VALUE", v)
		}
		a.Set[key] = value
	}
	t, err := template.New(filepath.Base(path)).Option("missingkey=error").Funcs(template.FuncMap{
		"lines":   func(s string) []string { return strings.Fields(s) },
		"commas":  func(s string) []string { return strings.Split(s, ", ") },
		"numbers": func(version string) string { return strings.ReplaceAll(version, ".", ",") + ",0" },
	}).ParseFiles(path)
	if err != nil {
		return err
	}
	if a.Year == 0 {
		releases, err := readReleases(a)
		if err != nil {
			return err
		}
		a.Year = releases[0].day.Year()
	}
	return t.Execute(out, a)
}

// manual prints the manual page of a program.
func manual(name string, a about, out io.Writer) error {
	if !slices.Contains([]string{"snug", "snugd"}, name) {
		return fmt.Errorf("there is no program %q", name)
	}
	releases, err := readReleases(a)
	if err != nil {
		return err
	}
	p := cli.Program{Name: name, Version: a.Version}
	if name == "snug" {
		// Only so that the help speaks of it; nothing opens.
		p.Window = func(context.Context, cli.Window) error { return nil }
	}
	_, err = out.Write(cli.Manual(p, releases[0].day))
	return err
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
