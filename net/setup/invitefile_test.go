package setup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/snugchat/snug/net/wire"
)

// FEATURES M4: a desktop names a file by its path or by a URI.
func TestInviteFileNames(t *testing.T) {
	type named struct {
		in, want string
		ok       bool
	}
	cases := map[string]named{
		"a path":                  {"/home/ben/Our class.snug", "/home/ben/Our class.snug", true},
		"a name":                  {"class.snug", "class.snug", true},
		"capital letters":         {"/tmp/CLASS.SNUG", "/tmp/CLASS.SNUG", true},
		"another computer's file": {"file://server/home/class.snug", "", false},
		"a URI with a question":   {"file:///home/class.snug?x", "", false},
		"a URI with a part":       {"file:///home/a#class.snug", "", false},
		"a URI that is broken":    {"file:///home/%zz.snug", "", false},
		"a URI of nothing":        {"file:", "", false},
		"another file":            {"/home/ben/letter.txt", "/home/ben/letter.txt", false},
		"the ending alone":        {".snug", ".snug", false},
		"an ending that goes on":  {"class.snug.txt", "class.snug.txt", false},
		"an address":              {"192.168.1.20:7443", "192.168.1.20:7443", false},
		"nothing":                 {"", "", false},
		"a URI of another file":   {"FILE:///home/ben/letter.txt", "/home/ben/letter.txt", false},
	}
	if runtime.GOOS == "windows" {
		cases["a URI with a drive"] = named{"file:///C:/Users/Ben/Our%20class.snug", `C:\Users\Ben\Our class.snug`, true}
		delete(cases, "a URI of another file")
	} else {
		cases["a URI"] = named{"file:///home/ben/Our%20class%231.snug", "/home/ben/Our class#1.snug", true}
		cases["a URI of this computer by name"] = named{"file://localhost/home/class.snug", "/home/class.snug", true}
	}
	for name, c := range cases {
		if got, ok := InviteFile(c.in); got != c.want || ok != c.ok {
			t.Errorf("%s: got %q, %v, want %q, %v", name, got, ok, c.want, c.ok)
		}
	}
}

// What is no invite file is refused with a reason, and is never waited for.
func TestReadInviteFile(t *testing.T) {
	link := (&wire.Link{Addresses: []string{"192.168.1.20:7443"}, Host: [32]byte{1}, Secret: make([]byte, wire.SecretSize)}).String()
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if got, err := ReadInviteFile(write("good.snug", wire.FormatInviteFile(link))); err != nil || got != link {
		t.Errorf("got %q, %v, want %q", got, err, link)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.snug"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		want error
	}{
		"none is there":    {filepath.Join(dir, "none.snug"), fs.ErrNotExist},
		"a folder":         {filepath.Join(dir, "folder.snug"), wire.ErrInviteFile},
		"an empty file":    {write("empty.snug", nil), wire.ErrInviteFile},
		"a file too large": {write("large.snug", append([]byte(link), make([]byte, 1<<20)...)), wire.ErrInviteFile},
		"something else":   {write("tea.snug", []byte("tea\n")), wire.ErrBadLink},
		"no name at all":   {"", fs.ErrNotExist},
		"a name with a 0":  {dir + "/a\x00.snug", wire.ErrInviteFile},
	} {
		if got, err := ReadInviteFile(c.path); got != "" || !errors.Is(err, c.want) || !errors.Is(err, wire.ErrInviteFile) {
			t.Errorf("%s: got %q, %v, want %v", name, got, err, c.want)
		}
	}
}
