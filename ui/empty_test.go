package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// empty is the empty list that is seen, nil for none.
func (d *driven) empty(sentence string) (found *kit.Empty) {
	d.walk(func(o fyne.CanvasObject) bool {
		if e, ok := o.(*kit.Empty); ok && e.Sentence() == sentence {
			found = e
		}
		return found != nil
	})
	return found
}

// FEATURES J3: the lists of the host's pane that are empty say one sentence and
// offer one button, which leads on.
func TestJ3TheHostsEmptyLists(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	folder := ""
	d := hostIn(t, app, t.TempDir(), &folder)
	d.press(text.WordClose()) // the code for inviting lies over the place, if it does
	h := d.app.Hosting()
	h.Show(true)
	for _, x := range []struct {
		tab  state.Tab
		do   func()
		says string
		then func() bool
	}{
		{state.TabPeople, func() {}, text.PeopleNone(), func() bool { return h.Tab() == state.TabInvites }},
		{state.TabFiles, func() {}, text.FileListNone(), func() bool { return true }},
		{state.TabLog, func() { h.Log.SetFilter("nothing is called so") }, text.LogNoneMatch(), func() bool { return h.Log.Len() > 0 && !h.Log.Filtered() }},
	} {
		h.Choose(x.tab)
		d.program.Run()
		x.do()
		d.program.Run()
		e := d.empty(x.says)
		if e == nil {
			t.Fatalf("tab %d does not say %q: %q", x.tab, x.says, d.words())
		}
		if e.Button().Text() == "" || e.Button().Disabled() {
			t.Errorf("tab %d: the button says %q", x.tab, e.Button().Text())
		}
		e.Button().OnPress()
		d.until("the button leads on", x.then)
	}
}
