package bars

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// PinDeeds is what presses on a bar of pins do.
type PinDeeds struct {
	Go   func(state.Pin)
	Menu func(p state.Pin, at fyne.Position)
	All  func() // lists all of them
}

// Pins stands above the messages and shows what is pinned, the latest first;
// each press leads to the next one.
type Pins struct {
	Object *fyne.Container
	deeds  PinDeeds
	row    *kit.Row
	pins   []state.Pin
	next   int
}

// NewPins makes a bar that is hidden.
func NewPins(d PinDeeds) *Pins {
	b := &Pins{deeds: d}
	b.row = kit.NewRow(kit.RowData{}, b.go1, b.Menu)
	list := kit.NewIconButton(icon.List, text.WordMore(), d.All).Side(30)
	b.row.With(list)
	b.Object = container.NewStack(kit.NewSurface(theme.Sidebar, "", kit.Column(0, kit.Inset(b.row, 2, 6), kit.Rule())))
	b.Object.Hide()
	return b
}

// Set shows other pins.
func (b *Pins) Set(pins []state.Pin) {
	b.pins, b.next = pins, 0
	b.show()
	draw.Show(b.Object, len(pins) > 0)
}

func (b *Pins) show() {
	if len(b.pins) == 0 {
		return
	}
	p := b.pins[b.next]
	title := text.ChatPinned()
	if n := len(b.pins); n > 1 {
		title = text.ChatPins(n)
	}
	b.row.Set(kit.RowData{Title: title, Line: text.ChatPreview(p.From, p.Text), Icon: icon.Pin})
}

// go1 leads to the pin that is shown, and shows the one before it.
func (b *Pins) go1() {
	if len(b.pins) == 0 {
		return
	}
	b.deeds.Go(b.pins[b.next])
	b.next = (b.next + 1) % len(b.pins)
	b.show()
}

// Menu opens what can be done with the pin that is shown.
func (b *Pins) Menu(at fyne.Position) {
	if len(b.pins) > 0 {
		b.deeds.Menu(b.pins[b.next], at)
	}
}
