package bars

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// PickDeeds is what can be done with picked messages.
type PickDeeds struct{ Stop, Copy, Forward, Delete func() }

// Picks stands where the composer is while messages are picked, and says what
// can be done with them.
type Picks struct {
	Object *fyne.Container
	row    *fyne.Container
	count  *kit.Label
	words  []*kit.Button // where there is room for them
	signs  []*kit.IconButton
	shut   *kit.IconButton
}

// NewPicks makes a bar that is hidden.
func NewPicks(d PickDeeds) *Picks {
	b := &Picks{count: kit.NewLabel("")}
	b.count.Bold = true
	b.shut = kit.NewIconButton(icon.Close, text.WordCancel(), d.Stop)
	for _, x := range []struct {
		kind  kit.Kind
		sign  icon.Name
		label string
		do    func()
	}{
		{kit.Secondary, icon.Copy, text.ChatCopyText(), d.Copy},
		{kit.Secondary, icon.Forward, text.ForwardDo(), d.Forward},
		{kit.Danger, icon.Trash, text.DeleteMe(), d.Delete},
	} {
		b.words = append(b.words, kit.NewButton(x.kind, x.label, x.do).WithIcon(x.sign))
		b.signs = append(b.signs, kit.NewIconButton(x.sign, x.label, x.do))
	}
	b.row = container.New(b, b.shut, b.count)
	for i := range b.words {
		b.row.Add(b.words[i])
		b.row.Add(b.signs[i])
	}
	b.Object = container.NewStack(kit.Column(0, kit.Rule(), kit.NewSurface(theme.Sidebar, "", kit.Inset(b.row, 10, 12, 10, 12))))
	b.Object.Hide()
	return b
}

// Set shows how many are picked; picking says whether anything can be.
func (b *Picks) Set(picking bool, n int) {
	b.count.SetText(text.PickCount(n))
	for i := range b.words {
		b.words[i].SetEnabled(n > 0)
		b.signs[i].SetEnabled(n > 0)
	}
	draw.Show(b.Object, picking)
	b.row.Refresh()
}

// MinSize implements fyne.Layout.
func (b *Picks) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(240), max(b.shut.MinSize().Height, b.words[0].MinSize().Height))
}

// Layout implements fyne.Layout.
func (b *Picks) Layout(_ []fyne.CanvasObject, size fyne.Size) {
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
