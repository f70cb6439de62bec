package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// hostIn goes from nothing to a hosted place, in a window whose folders are chosen
// by folder.
func hostIn(t *testing.T, app *kittest.Program, dir string, folder *string) *driven {
	t.Helper()
	var clip string
	d := driveWith(t, app, dir, "", &clip, func(desk *state.Desktop) {
		desk.ChooseFolder = func(chosen func(string)) { chosen(*folder) }
	})
	d.press(text.StartHost())
	d.types("Maria")
	d.screen(state.ScreenProtect)
	d.until("keyring", func() bool { _, known := d.app.Keyring(); return known })
	if has, _ := d.app.Keyring(); has {
		d.press(text.ProtectPassphrase())
	}
	d.fill(goodPassword)
	d.press(text.WordContinue())
	d.screen(state.ScreenHost)
	d.press(text.HostStart())
	d.screen(state.ScreenPlace)
	d.until("online", func() bool { return d.app.Shown().Online() })
	return d
}

func (d *driven) settings() {
	d.t.Helper()
	d.win.Canvas().Unfocus()
	d.press(text.WordSettings())
}

// FEATURES P4, P7, Z8: what a person can do with what is kept on this computer, by
// what they see and press: back it up, take it along and look at it in another
// profile, delete a place and all of it.
func TestP7WhatIsOnThisComputer(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	out := t.TempDir()
	dir := t.TempDir()
	d := hostIn(t, app, dir, &out)
	e := d.app.Shown()
	if _, err := e.Member.Client.Send(t.Context(), chat.Lobby, "Hello <b>there</b>"); err != nil {
		t.Fatal(err)
	}
	d.settings()
	d.until("no backup", func() bool { return strings.Contains(d.words(), text.DataProvedNone()) })
	d.press(text.DataBackupNow())
	d.until("proved", func() bool { return strings.Contains(d.words(), "Last proved restorable: "+text.TimeToday()) })
	d.check("data")
	d.press(text.DataExport())
	if got := d.words(); !strings.Contains(got, text.DataExportWarn()) {
		t.Errorf("before an export: %q", got)
	}
	d.check("export")
	d.press(text.DataExportChoose())
	d.until("exported", func() bool { return strings.Contains(d.words(), text.DataExportDone()) })
	d.check("export-done")
	d.press(text.WordClose())
	pages, err := filepath.Glob(filepath.Join(out, "*", "room-001.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("%v %v", pages, err)
	}
	page, err := os.ReadFile(pages[0])
	if err != nil || !strings.Contains(string(page), "Hello &lt;b&gt;there") {
		t.Errorf("the page is %v\n%s", err, page)
	}

	folder := filepath.Dir(pages[0])
	reader := hostIn(t, app, t.TempDir(), &folder)
	reader.app.Start()
	reader.screen(state.ScreenStart)
	reader.check("start-export")
	reader.press(text.DataOpen())
	reader.until("archive", func() bool {
		return reader.app.Screen() == state.ScreenPlace && reader.app.Shown().Member.Archive && strings.Contains(reader.words(), "there")
	})
	if got := reader.words(); !strings.Contains(got, text.DataArchiveLine()) || strings.Contains(got, text.OfflineLine()) {
		t.Errorf("an archive shows %q", got)
	}
	reader.check("archive")

	d.settings()
	d.press(text.DataWipeHost())
	d.check("wipe-host")
	d.press(text.DataWipeAction())
	d.screen(state.ScreenStart)
	if _, err := os.Stat(filepath.Join(dir, "data", "host")); !os.IsNotExist(err) {
		t.Errorf("the deleted place is there: %v", err)
	}
	quit := false
	d.app.WipeAll(func() { quit = true })
	d.until("gone", func() bool { return quit })
	d.close()
	for _, name := range []string{"data", "config"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
}

// FEATURES P5: who opens a place whose store was damaged reads in one sentence what
// became of it, and finds it again in the settings.
func TestP5DamageIsSaid(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	dir, none := t.TempDir(), ""
	d := hostIn(t, app, dir, &none)
	d.settings()
	d.press(text.DataBackupNow())
	d.until("proved", func() bool { return strings.Contains(d.words(), "Last proved restorable: "+text.TimeToday()) })
	d.close()
	path := filepath.Join(dir, "data", "host", "host.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(b); i += 4096 { // each page but the first
		b[i+100] ^= 1
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+"-open", nil, 0o600); err != nil { // the last end was unclean
		t.Fatal(err)
	}
	var clip string
	d = drive(t, app, dir, "", &clip)
	d.types(goodPassword)
	d.until("said", func() bool { return strings.Contains(d.words(), text.DataRepairTitle()) })
	for _, want := range []string{"was damaged on the disk, and was brought back from the backup of today at ", "damaged1"} {
		if got := d.words(); !strings.Contains(got, want) {
			t.Errorf("%q is not said: %q", want, got)
		}
	}
	d.until("online", func() bool { return strings.Contains(d.words(), text.ChatMembersOnline(text.ChatMembers(1), 1)) })
	d.check("repair")
	d.press(text.WordDone())
	d.win.Canvas().Focused()
	d.settings()
	if got := d.words(); !strings.Contains(got, "was damaged on the disk") {
		t.Errorf("the settings say %q", got)
	}
	d.win.Canvas().Overlays().Top().(interface{ TypedKey(*fyne.KeyEvent) }).TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
}

// FEATURES B5: on a computer where nothing is missing, what a person brings from an export
// changes nothing, and a folder that is none says so; both in the window.
func TestB5OlderMessages(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	folder := t.TempDir()
	d := hostIn(t, app, t.TempDir(), &folder)
	c := d.app.Shown().Member.Client
	if _, err := c.Direct(t.Context(), c.Me().Account); err != nil { // notes
		t.Fatal(err)
	}
	d.settings()
	d.press(text.DataExport())
	d.press(text.DataExportChoose())
	d.until("exported", func() bool { return strings.Contains(d.words(), text.DataExportDone()) })
	d.press(text.WordClose())
	pages, err := filepath.Glob(filepath.Join(folder, "*", "index.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("%v %v", pages, err)
	}
	folder = t.TempDir()
	d.settings()
	d.press(text.DataBring())
	d.check("older")
	d.press(text.DataBringChoose())
	d.until("said that there is nothing in the folder", func() bool { return strings.Contains(d.words(), text.ProblemOlderNone()) })
	d.check("older-none")
	folder = filepath.Join(filepath.Dir(pages[0]), "data")
	d.press(text.DataBringChoose())
	d.until("said that all is here", func() bool { return strings.Contains(d.words(), text.DataBringNone()) })
	d.press(text.WordClose())
	d.close()
}
