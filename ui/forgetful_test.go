package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// lastFolder is where Fyne's file dialog remembers which folder it showed
// (Fyne 2.8, dialog/file.go).
const lastFolder = "fyne:fileDialogLastFolder"

// FEATURES M2, B9: which folders a person looks into is written nowhere outside of
// their profile.
func TestFileDialogIsForgotten(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	defer fyne.SetCurrentApp(app)
	w := forget(app).NewWindow("")
	defer w.Close()
	w.Resize(fyne.NewSize(900, 700))
	chooseFiles(w, func([]string) {})
	if got := app.Preferences().String(lastFolder); got != "" {
		t.Errorf("Fyne would write down %s", got)
	}
	if got := fyne.CurrentApp().Preferences().String(lastFolder); got == "" {
		t.Error("the dialog remembers nothing even while the program runs: has its key another name?")
	}
}

// Both dialogs open, within a window of any size.
func TestFileDialogsOpen(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	for name, show := range map[string]func(fyne.Window){
		"files":    func(w fyne.Window) { chooseFiles(w, func([]string) {}) },
		"a folder": func(w fyne.Window) { chooseFolder(w, func(string) {}) },
	} {
		w := fyne.CurrentApp().NewWindow("")
		w.Resize(fyne.NewSize(1000, 800))
		show(w)
		if w.Canvas().Overlays().Top() == nil {
			t.Errorf("%s: no dialog is shown", name)
		}
		w.Close()
	}
}

func TestUnkept(t *testing.T) {
	p := &unkept{values: make(map[string]any)}
	changes := 0
	p.AddChangeListener(func() { changes++ })
	if len(p.ChangeListeners()) != 1 || p.Int("x") != 0 || p.IntWithFallback("x", 7) != 7 || p.BoolWithFallback("x", true) != true || p.StringWithFallback("x", "tea") != "tea" {
		t.Error("something is there before anything was set")
	}
	p.SetInt("x", 3)
	if p.Int("x") != 3 || p.String("x") != "" || p.Float("x") != 0 {
		t.Errorf("a number: got %d, %q, %v", p.Int("x"), p.String("x"), p.Float("x"))
	}
	words := []string{"a", "b"}
	p.SetStringList("y", words)
	words[0] = "changed"
	p.StringList("y")[1] = "changed"
	if got := p.StringList("y"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("a list: got %q", got)
	}
	p.RemoveValue("x")
	if p.IntWithFallback("x", 7) != 7 || changes != 3 {
		t.Errorf("after it was removed: %d, %d changes", p.Int("x"), changes)
	}
}
