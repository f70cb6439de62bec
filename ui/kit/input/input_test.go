package input

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/theme"
)

func show(t *testing.T, words string) (*Entry, fyne.Window) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light, 100))
	e := &Entry{}
	e.MultiLine = true
	e.Init()
	e.SetText(words)
	w := test.NewTempWindow(t, e)
	w.Resize(fyne.NewSize(300, 100))
	w.Canvas().Focus(e)
	return e, w
}

func TestKeysMoveByWhatIsSeen(t *testing.T) {
	key := func(k fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: k} }
	for what, c := range map[string]struct {
		text string
		end  bool
		keys []fyne.KeyName
		want string
	}{
		"a letter":                   {"ab", true, []fyne.KeyName{fyne.KeyBackspace}, "a"},
		"a family":                   {"a👩‍👩‍👧‍👦", true, []fyne.KeyName{fyne.KeyBackspace}, "a"},
		"a flag of two":              {"🇩🇪🇫🇷", true, []fyne.KeyName{fyne.KeyBackspace}, "🇩🇪"},
		"a toned thumb":              {"👍🏽👍🏽", true, []fyne.KeyName{fyne.KeyBackspace}, "👍🏽"},
		"an accent":                  {"e\u0301", true, []fyne.KeyName{fyne.KeyBackspace}, ""},
		"nothing":                    {"", true, []fyne.KeyName{fyne.KeyBackspace, fyne.KeyDelete}, ""},
		"forwards":                   {"👩‍💻b", false, []fyne.KeyName{fyne.KeyDelete}, "b"},
		"left over a family":         {"a👩‍💻", true, []fyne.KeyName{fyne.KeyLeft, fyne.KeyBackspace}, "👩‍💻"},
		"right over a family":        {"👩‍💻b", false, []fyne.KeyName{fyne.KeyRight, fyne.KeyDelete}, "👩‍💻"},
		"over a new line":            {"a\nb", true, []fyne.KeyName{fyne.KeyBackspace, fyne.KeyBackspace}, "a"},
		"behind nothing":             {"ab", true, []fyne.KeyName{fyne.KeyDelete}, "ab"},
		"another key does its thing": {"ab", true, []fyne.KeyName{fyne.KeyHome, fyne.KeyDelete}, "b"},
	} {
		e, _ := show(t, c.text)
		if c.end {
			e.TypedKey(key(fyne.KeyPageDown))
			e.TypedKey(key(fyne.KeyEnd))
		}
		for _, k := range c.keys {
			e.TypedKey(key(k))
		}
		if e.Text != c.want {
			t.Errorf("%s: got %q, want %q", what, e.Text, c.want)
		}
	}
}

func TestInsert(t *testing.T) {
	e, _ := show(t, "ab")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	e.Insert("👩‍💻")
	if want := "a👩‍💻b"; e.Text != want {
		t.Errorf("got %q, want %q", e.Text, want)
	}
	if e.CursorTextOffset() != 4 {
		t.Errorf("the cursor is at %d, want 4", e.CursorTextOffset())
	}
	e.Undo()
	if e.Text != "ab" {
		t.Errorf("undone: got %q, want ab", e.Text)
	}
}

// The ground and the frame of Fyne's field are left out, the cursor is not.
func TestNoFrame(t *testing.T) {
	e, w := show(t, "ab")
	for _, o := range test.WidgetRenderer(e).Objects() {
		if r, ok := o.(*canvas.Rectangle); ok {
			t.Errorf("a rectangle of %v is drawn under the text", r.Size())
		}
	}
	wide := false
	for _, o := range test.LaidOutObjects(e) {
		if r, ok := o.(*canvas.Rectangle); ok && r.Size().Width >= 1 && r.Size().Width <= 4 && r.Visible() {
			wide = true
		}
	}
	if !wide {
		t.Error("no cursor can be seen")
	}
	w.Canvas().Unfocus()
	if e.Focused() || e.AcceptsTab() {
		t.Error("the field keeps the keyboard or the Tab key")
	}
}

func TestShift(t *testing.T) {
	e, w := show(t, "ab")
	e.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	if !e.Shift() {
		t.Error("Shift is not seen")
	}
	w.Canvas().Unfocus()
	if e.Shift() {
		t.Error("Shift stays down when the keyboard has gone elsewhere")
	}
}
