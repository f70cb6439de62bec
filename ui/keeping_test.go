package ui

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES F8: the host's window says when files are nearly as many as may be, and
// asks before a new rule removes some.
func TestF8TheHostsWindow(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	folder := ""
	d := hostIn(t, app, t.TempDir(), &folder)
	d.press(text.WordClose()) // the code for inviting lies over the place, if it does
	h := d.app.Hosting()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, bytes.Repeat([]byte("words "), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	talk := h.Entered().Place.Conversation()
	talk.Attach([]string{path})
	d.until("the file is in the tray", func() bool { return talk.TrayReady() == 1 })
	if refused := talk.SendTray(""); refused != "" {
		t.Fatal(refused)
	}
	d.until("the host keeps it", func() bool { return len(h.Files()) == 1 || func() bool { h.ReadFiles(); return false }() })
	h.Show(true)
	h.Choose(state.TabSettings)
	d.program.Run()
	if got := d.words(); strings.Contains(got, text.FilesFull("", "")[:10]) {
		t.Errorf("F8: without rules the window warns: %q", got)
	}
	to := h.Settings()
	to.MaxFile, to.Files = 10_000, chat.FileRules{Total: setup.LeastTotal(32_000), Keep: state.Keeps()[2]}
	h.Save(to, func(int, string, func()) { t.Error("asked before nothing goes") })
	d.until("the window warns", func() bool { return h.FilesFull() != "" && strings.Contains(d.words(), h.FilesFull()) })
	d.check("host-full")

	// Another tab says so too, and its button leads here.
	h.Choose(state.TabPeople)
	d.program.Run()
	d.press(text.FilesFullDo())
	if h.Tab() != state.TabSettings {
		t.Errorf("the button leads to tab %d", h.Tab())
	}

	// Without the pane a line says it, once, wherever this person is.
	words := func() string { d.program.Run(); return d.words() }
	note := h.FullNote()
	if note != "" || strings.Contains(words(), text.FilesFullHide()) {
		t.Errorf("F8: said twice: %q", note)
	}
	h.Show(false)
	note = h.FullNote()
	if got := words(); note == "" || !strings.Contains(got, note) {
		t.Errorf("F8: without the pane the window says %q, and not %q", got, note)
	}
	d.check("full-note")
	d.press(text.FilesFullDo())
	if !h.Shown() || h.Tab() != state.TabSettings {
		t.Error("F8: its button does not lead to the settings")
	}
	h.Show(false)
	d.program.Run()
	d.press(text.FilesFullHide())
	if got := words(); strings.Contains(got, note) {
		t.Errorf("F8: put away, and still there: %q", got)
	}
	h.Show(true)
	d.program.Run()

	saves := 0
	to.Files.Total = setup.LeastTotal(10_000)
	h.Save(to, func(count int, size string, _ func()) {
		saves++
		if count != 1 || size == "" {
			t.Errorf("F8: asked about %d files, %s", count, size)
		}
	})
	d.until("asked", func() bool { return saves == 1 })
	if got := h.Settings(); got.Files.Total == to.Files.Total {
		t.Error("F8: saved without an answer")
	}
}
