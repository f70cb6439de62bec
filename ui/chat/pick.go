package chat

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// pickBar stands where the composer is while messages are picked, and says what
// can be done with them.
type pickBar struct {
	view    *View
	object  *fyne.Container
	row     *fyne.Container
	count   *kit.Label
	words   []*kit.Button // where there is room for them
	signs   []*kit.IconButton
	shut    *kit.IconButton
	picking bool
}

func newPickBar(v *View) *pickBar {
	b := &pickBar{view: v, count: kit.NewLabel("")}
	b.count.Bold = true
	b.shut = kit.NewIconButton(icon.Close, text.WordCancel(), func() { v.place.Conversation().StopPicking() })
	for _, x := range []struct {
		kind  kit.Kind
		sign  icon.Name
		label string
		do    func()
	}{
		{kit.Secondary, icon.Copy, text.ChatCopyText(), func() { v.place.Conversation().CopyPicked() }},
		{kit.Secondary, icon.Forward, text.ForwardDo(), func() { v.askForward(v.place.Conversation().Picked()) }},
		{kit.Danger, icon.Trash, text.DeleteMe(), v.askDeletePicked},
	} {
		b.words = append(b.words, kit.NewButton(x.kind, x.label, x.do).WithIcon(x.sign))
		b.signs = append(b.signs, kit.NewIconButton(x.sign, x.label, x.do))
	}
	b.row = container.New(b, b.shut, b.count)
	for i := range b.words {
		b.row.Add(b.words[i])
		b.row.Add(b.signs[i])
	}
	b.object = container.NewStack(kit.Column(0, kit.Rule(), kit.NewSurface(theme.Sidebar, "", kit.Inset(b.row, 10, 12, 10, 12))))
	b.object.Hide()
	return b
}

// set shows how many are picked.
func (b *pickBar) set(t *state.Conversation) {
	b.picking = t.Picking()
	n := len(t.Picked())
	b.count.SetText(text.PickCount(n))
	for i := range b.words {
		b.words[i].SetEnabled(n > 0)
		b.signs[i].SetEnabled(n > 0)
	}
	draw.Show(b.object, b.picking)
	b.row.Refresh()
}

// MinSize implements fyne.Layout.
func (b *pickBar) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(240), max(b.shut.MinSize().Height, b.words[0].MinSize().Height))
}

// Layout implements fyne.Layout.
func (b *pickBar) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	gap := theme.Units(8)
	put := func(o fyne.CanvasObject, x, w float32) {
		h := o.MinSize().Height
		draw.Place(o, x, (size.Height-h)/2, w, h)
	}
	side := b.shut.MinSize().Width
	put(b.shut, 0, side)
	said := b.count.Wide() + 1
	all := side + gap + said
	for _, w := range b.words {
		all += gap + w.MinSize().Width
	}
	wide := all <= size.Width
	x := size.Width
	for i := len(b.words) - 1; i >= 0; i-- {
		draw.Show(b.words[i], wide)
		draw.Show(b.signs[i], !wide)
		var o fyne.CanvasObject = b.words[i]
		if !wide {
			o = b.signs[i]
		}
		w := o.MinSize().Width
		x -= w
		put(o, x, w)
		x -= gap
	}
	put(b.count, side+gap, max(0, min(said, x-side-gap)))
}

// showPicked shows what is picked.
func (v *View) showPicked(t *state.Conversation) {
	was := v.picks.picking
	v.picks.set(t)
	v.lines.SetPicking(t.Picking())
	v.lines.Repick()
	if was != t.Picking() {
		v.showBarrier()
		v.talk.Refresh()
		if was {
			v.Focus()
		} else if c := v.canvas(); c != nil {
			c.Focus(v.lines) // Space picks, Escape ends
		}
	}
}

// askDeletePicked asks before what is picked goes from this computer.
func (v *View) askDeletePicked() {
	c := v.canvas()
	if c == nil {
		return
	}
	t := v.place.Conversation()
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	do := kit.NewButton(kit.Danger, text.DeleteMe(), func() {
		sheet.Dismiss()
		t.DeletePicked()
	})
	sheet = layer.Sheet(c, text.PickDelete(len(t.Picked())), kit.NewParagraph(text.DeleteLineMe()), cancel, do)
}

// maxTargets is how many rooms and people are shown at once; more are found by
// name.
const maxTargets = 60

// askForward asks where messages are to go.
func (v *View) askForward(ids []string) {
	c := v.canvas()
	if c == nil || len(ids) == 0 {
		return
	}
	t := v.place.Conversation()
	all := v.place.Targets()
	find := kit.NewSearch(text.ForwardFind())
	list := kit.Column(2)
	var sheet *layer.Layer
	choose := func(x state.Target) {
		sheet.Dismiss()
		t.Forward(ids, x)
	}
	var first *state.Target
	var fill func()
	fill = func() {
		list.RemoveAll()
		first = nil
		wanted := strings.ToLower(strings.TrimSpace(find.Text()))
		n := 0
		for _, x := range all {
			if !strings.Contains(strings.ToLower(x.Name), wanted) {
				continue
			}
			if n++; n > maxTargets {
				break
			}
			if first == nil {
				first = &x
			}
			list.Add(kit.NewRow(kit.RowData{Title: x.Name, Line: x.Line, ID: x.ID, Online: x.Here}, func() { choose(x) }, nil))
		}
		if n == 0 {
			list.Add(kit.NewEmpty(icon.Search, text.ForwardNone(), kit.NewButton(kit.Secondary, text.SearchClear(), func() {
				find.SetText("")
				fill()
				sheet.Focus(find.Entry())
			})))
		}
		list.Refresh()
	}
	find.OnChanged = func(string) { fill() }
	find.OnSubmit = func(s string) {
		if first != nil && strings.TrimSpace(s) != "" {
			choose(*first)
		}
	}
	fill()
	_, scroll := scrolled(c, list, nil)
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.ForwardTitle(len(ids)), kit.Column(8, find, scroll), cancel)
	sheet.Focus(find.Entry())
}
