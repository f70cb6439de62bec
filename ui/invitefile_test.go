package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES M4: who hosts saves a link as a file, and who gets the file drops it
// onto the window, by what both see and press.
func TestM4InviteFile(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	folder := t.TempDir()
	maria := hostIn(t, app, t.TempDir(), &folder)
	maria.press(text.InviteMake())
	maria.until("link", func() bool { return maria.app.Hosting().Invites.Made() != nil })
	maria.press(text.InviteSave())
	var file string
	maria.until("file", func() bool {
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if filepath.Ext(f.Name()) == ".snug" {
				file = filepath.Join(folder, f.Name())
			}
		}
		return file != ""
	})
	maria.until("where it is", func() bool { return strings.Contains(maria.words(), text.InviteSaved(filepath.Base(file))) })

	letter := filepath.Join(folder, "letter.txt")
	if err := os.WriteFile(letter, []byte("tea"), 0o600); err != nil {
		t.Fatal(err)
	}
	var clip string
	ben := drive(t, app, t.TempDir(), "", &clip)
	drop := func(path string) {
		ben.dropped([]fyne.URI{storage.NewFileURI(path)})
		ben.program.Run()
	}
	drop(file) // nobody has asked for a link yet
	ben.screen(state.ScreenStart)
	ben.press(text.StartJoin())
	ben.types("Ben")
	ben.screen(state.ScreenProtect)
	ben.until("keyring", func() bool { _, known := ben.app.Keyring(); return known })
	if has, _ := ben.app.Keyring(); has {
		ben.press(text.ProtectPassphrase())
	}
	ben.fill(goodPassword)
	ben.press(text.WordContinue())
	ben.screen(state.ScreenJoin)
	drop(letter)
	if got := ben.words(); !strings.Contains(got, text.JoinBadEither()) {
		t.Errorf("a letter was dropped: got %q", got)
	}
	drop(filepath.Join(folder, "none.snug"))
	ben.until("no such file", func() bool { return strings.Contains(ben.words(), text.ProblemInviteFile()) })
	drop(file)
	ben.until("card", func() bool { return ben.app.Join().Step() == state.JoinCard })
}
