package pick_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/theme"
)

func show(t *testing.T, o fyne.CanvasObject) fyne.Window {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Light, 100))
	w := test.NewTempWindow(t, o)
	w.Resize(fyne.NewSize(400, 400))
	return w
}

func TestToggle(t *testing.T) {
	var got []bool
	x := pick.NewToggle("Typing", "", false, func(on bool) { got = append(got, on) })
	w := show(t, x)
	test.Tap(x)
	w.Canvas().Focus(x)
	x.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	x.SetOn(true)
	if len(got) != 2 || !got[0] || got[1] {
		t.Errorf("called with %v, want true and false, and not for SetOn", got)
	}
	if want := "Typing, on"; x.AccessibilityLabel() != want {
		t.Errorf("said as %q, want %q", x.AccessibilityLabel(), want)
	}
	x.Disable()
	test.Tap(x)
	if !x.On() {
		t.Error("a switch that is off for good was moved")
	}
}

func TestChoicesByKeyboard(t *testing.T) {
	var got []int
	c := pick.NewChoices([]pick.Option{{Title: "a"}, {Title: "b", Off: true}, {Title: "c"}}, 0, func(i int) { got = append(got, i) })
	w := show(t, c)
	w.Canvas().FocusNext()
	key := func(k fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k}) }
	key(fyne.KeyDown) // over the one that cannot be chosen
	key(fyne.KeyDown) // nothing below
	key(fyne.KeyUp)
	if len(got) != 2 || got[0] != 2 || got[1] != 0 || c.Chosen() != 0 {
		t.Errorf("chosen %v and now %d, want 2, 0 and 0", got, c.Chosen())
	}
}

func TestTabsByKeyboard(t *testing.T) {
	var got []int
	tabs := pick.NewTabs([]pick.Option{{Title: "a"}, {Title: "b"}}, 0, func(i int) { got = append(got, i) })
	tabs.SetCount(1, 3)
	w := show(t, tabs)
	w.Canvas().FocusNext()
	key := func(k fyne.KeyName) { w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: k}) }
	key(fyne.KeyRight)
	key(fyne.KeyRight)
	key(fyne.KeyLeft)
	key(fyne.KeyReturn) // chosen already
	if len(got) != 2 || got[0] != 1 || got[1] != 0 {
		t.Errorf("chosen %v, want 1 and 0", got)
	}
}

// Where there is no room for all tabs they scroll, and the chosen one is in
// sight, whole.
func TestTabsInANarrowWindow(t *testing.T) {
	tabs := pick.NewTabs([]pick.Option{{Title: "Chat"}, {Title: "Log"}, {Title: "People"}, {Title: "Invites"}, {Title: "Files"}, {Title: "Settings"}}, 0, nil)
	w := show(t, tabs)
	w.Resize(fyne.NewSize(220, 100))
	if got := tabs.MinSize().Width; got > 100 {
		t.Errorf("asks for %v, want a window that may be narrow", got)
	}
	for i := range 6 {
		tabs.SetChosen(i)
		w.Canvas().Capture()
		left, right := tabs.Seen(i)
		if left < -0.5 || right > tabs.Size().Width+0.5 {
			t.Errorf("tab %d goes from %v to %v of %v", i, left, right, tabs.Size().Width)
		}
	}
}

// Five segments fit into a sheet of the narrowest window: 296 units.
func TestFiveSegmentsFit(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	var five []pick.Option
	for _, title := range []string{"80%", "100%", "125%", "150%", "200%"} {
		five = append(five, pick.Option{Title: title})
	}
	if got := pick.NewSegmented(five, 0, nil).MinSize().Width; got > 296 {
		t.Errorf("they need %v units, want 296 at most", got)
	}
}
