package draw_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// What is shown is painted then, not with the next thing that happens to change.
func TestShownIsPainted(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	label := kit.NewLabel("words")
	label.Hide()
	kittest.Show(t, kit.Column(0, label), fyne.NewSize(200, 100))
	if !app.Painted(func() { draw.Show(label, true) }) || !label.Visible() {
		t.Error("shown, but not painted")
	}
	if app.Painted(func() { draw.Show(label, true) }) {
		t.Error("painted though it was there already")
	}
	if draw.Show(label, false); label.Visible() {
		t.Error("not hidden")
	}
}

// shows is how an object comes without being painted. A constructor may hide.
var shows = regexp.MustCompile(`\.Show\(\)|\.Hidden(, [\w.]+)? = (.*)`)

// byThemselves are the lines that show something otherwise, with the reason.
var byThemselves = map[string]string{
	"kit/draw/show.go: o.Show()":               "this is it",
	"run.go: win.Show()":                       "a window",
	"window.go: w.win.Show()":                  "a window",
	"desktop.go: d.Show()":                     "a dialog of Fyne's, which is a layer of its own",
	"rail/rail.go: f.Hidden = at+side > end":   "while it is laid out, which a change of size or of the rail's contents has done",
	"timeline/scroll.go: v.bar.Hidden = false": "the view has itself painted after it is laid out",
	"gallery/gallery.go: spin.Show()":          "before the gallery is in a window",
}

// Everything comes by Show: what a package shows by itself is painted when
// something else happens to change, which is at once wherever somebody tries it.
func TestNothingComesUnpainted(t *testing.T) {
	found := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			code, _, _ := strings.Cut(strings.TrimSpace(line), " // ")
			m := shows.FindStringSubmatch(code)
			if m == nil || m[2] == "true" {
				continue
			}
			key := filepath.ToSlash(name) + ": " + code
			found[key] = true
			if byThemselves[key] == "" {
				t.Errorf("%s: use draw.Show, or say here why it is painted", key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range byThemselves {
		if !found[key] {
			t.Errorf("%s is not there any more", key)
		}
	}
}
