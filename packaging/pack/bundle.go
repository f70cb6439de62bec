package main

import (
	"bytes"
	"os"
	"path/filepath"
)

// The parts of a bundle (Apple, Bundle Programming Guide).
const (
	plistTemplate = "packaging/macos/Info.plist"
	iconFile      = "snug.icns"
)

// papers are the licences of the program and of what it was built from, which go
// with it; packaging/papers writes them.
func papers() []string { return []string{"LICENSE.txt", "NOTICES.txt"} }

// bundle makes NAME.app in a folder around an executable and the papers that lie in
// another folder. It is not signed and has no more than Finder needs;
// packaging/macos/dmg does the rest on a Mac.
func bundle(executable, from, dir string, a about) error {
	contents := filepath.Join(dir, a.Name+".app", "Contents")
	if err := os.RemoveAll(filepath.Dir(contents)); err != nil {
		return err
	}
	program, err := os.ReadFile(executable)
	if err != nil {
		return err
	}
	var plist bytes.Buffer
	if err := a.fill(plistTemplate, []string{"icon=" + iconFile}, &plist); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(contents, "Info.plist"), plist.Bytes()); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(contents, "PkgInfo"), []byte("APPL????")); err != nil {
		return err
	}
	if err := makeIcons("icns", filepath.Join(contents, "Resources", iconFile), a); err != nil {
		return err
	}
	for _, name := range papers() {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(contents, "Resources", name), text); err != nil {
			return err
		}
	}
	path := filepath.Join(contents, "MacOS", a.Command)
	if err := writeFile(path, program); err != nil {
		return err
	}
	return os.Chmod(path, 0o755)
}
