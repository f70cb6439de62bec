package ui

import (
	"strings"
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES J6: a note of what went wrong leads to its code, which is copied without a
// name and without what was written.
func TestJ6DetailsOfANote(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var clip string
	d := drive(t, app, t.TempDir(), "", &clip)
	d.sayProblem(text.For(text.FileGone, text.Facts{Name: "Maria"}))
	d.press(text.WordDetails())
	if said := d.words(); !strings.Contains(said, "SN-307") || !strings.Contains(said, text.FileGoneBy("Maria")) {
		t.Fatalf("the details say %q", said)
	}
	d.press(text.WordCopy())
	if got := app.Clipboard().Content(); !strings.HasPrefix(got, "SN-307, "+text.AppName()) || strings.Contains(got, "Maria") {
		t.Errorf("%q is copied", got)
	}
	d.press(text.WordDone())
	if said := d.words(); strings.Contains(said, "SN-307") {
		t.Errorf("the details are still there: %q", said)
	}
}
