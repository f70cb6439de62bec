package ui

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// asked are the numbers of the words of a kit that the window asks for.
func (d *driven) asked() (numbers []string) {
	d.t.Helper()
	for _, m := range regexp.MustCompile(`Word ([0-9]+)`).FindAllStringSubmatch(d.words(), -1) {
		if !slices.Contains(numbers, m[1]) {
			numbers = append(numbers, m[1])
		}
	}
	if len(numbers) != 2 {
		d.t.Fatalf("asked for %v in %q", numbers, d.words())
	}
	return numbers
}

// FEATURES B5: a recovery kit by what a person sees and presses: made, saved, two of
// its words proved, and used on a clean computer.
func TestB5RecoveryKit(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	out := t.TempDir()
	d := hostIn(t, app, t.TempDir(), &out)
	c := d.app.Shown().Member.Client
	if _, err := c.Direct(t.Context(), c.Me().Account); err != nil { // notes
		t.Fatal(err)
	}
	d.settings()
	d.press(text.KitTitle())
	d.check("own-kit")
	d.press(text.KitMake())
	d.until("words", func() bool { return strings.Contains(d.words(), text.KitWordsLine()) })
	d.check("own-kit-words")
	d.press(text.KitSave())
	d.until("saved", func() bool { return strings.Contains(d.words(), ".txt") })
	files, err := filepath.Glob(filepath.Join(out, "*.txt"))
	if err != nil || len(files) != 1 {
		t.Fatalf("saved %v, %v", files, err)
	}
	body, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	word := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^ *([0-9]+)  ([a-z]+)\r$`).FindAllStringSubmatch(string(body), -1) {
		word[m[1]] = m[2]
	}
	if len(word) != 15 {
		t.Fatalf("the file has %d words", len(word))
	}
	d.press(text.KitHave())
	d.check("own-kit-prove")
	asked := d.asked()
	d.types("wrong")
	d.types(word[asked[1]])
	if got := d.words(); !strings.Contains(got, text.KitWrong(asked[0])) {
		t.Errorf("a wrong word: %q", got)
	}
	d.press(text.KitShow())
	d.press(text.KitHave())
	asked = d.asked()
	d.types(word[asked[0]])
	d.types(word[asked[1]])
	d.until("proved", func() bool { return strings.Contains(d.words(), text.KitDone()) })
	d.check("own-kit-done")
	d.press(text.WordDone())

	clip, empty := "", t.TempDir()
	clean := driveWith(t, app, t.TempDir(), "", &clip, func(desk *state.Desktop) {
		desk.ChooseFile = func(chosen func([]string)) { chosen(files) }
		desk.ChooseFolder = func(chosen func(string)) { chosen(empty) }
	})
	clean.press(text.StartJoin())
	clean.types("Maria")
	clean.screen(state.ScreenProtect)
	clean.until("keyring", func() bool { _, known := clean.app.Keyring(); return known })
	if has, _ := clean.app.Keyring(); has {
		clean.press(text.ProtectPassphrase())
	}
	clean.types(goodPassword)
	clean.types(goodPassword)
	clean.screen(state.ScreenJoin)
	clean.press(text.RecoverOpen())
	clean.check("own-recover")
	clean.press(text.RecoverFile())
	clean.until("found", func() bool { return clean.app.Join().Step() == state.JoinLost })
	clean.check("own-recover-lost")
	clean.press(text.RecoverWhichNone())
	clean.press(text.RecoverAction())
	clean.screen(state.ScreenPlace)
	clean.until("back", func() bool { return clean.app.Shown().Online() })
	if got := clean.app.Shown().Me().Name; got != "Maria" {
		t.Errorf("came back as %q", got)
	}

	// What was said before is asked for where the person is now, until they answer.
	offered := func() bool { return strings.Contains(clean.words(), text.DataBringOffer()) }
	clean.until("asked for older messages", offered)
	clean.check("own-recover-older")
	clean.press(text.DataBring())
	clean.press(text.DataBringChoose())
	clean.until("nothing is in that folder", func() bool { return strings.Contains(clean.words(), text.ProblemOlderNone()) })
	clean.press(text.WordCancel())
	if !offered() {
		t.Error("nothing came of it, and it is not asked for any more")
	}
	clean.press(text.KitLater())
	clean.until("not asked any more", func() bool { return !offered() })
}
