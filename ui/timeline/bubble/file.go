package bubble

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/theme"
)

// filePart is a file inside of a bubble, measured.
type filePart struct {
	name, line *flow.Block
	buttons    []*flow.Block
	rows       []int   // how many buttons stand in each row
	last       float32 // width of the last of them
	width      float32
}

// A file's disc, the gap after it, and the height and inner margin of a button.
const (
	discSide   = 40
	discGap    = 12
	buttonHigh = 28
	buttonPad  = 11
	buttonGap  = 6
)

func (x *builder) measureFile(r Row, room float32) *filePart {
	f := &filePart{}
	side := theme.Units(discSide) + theme.Units(discGap)
	f.name = flow.ElideName(r.File.Name, Style(theme.TextBody, true), max(room-side, theme.Units(60)))
	f.line = flow.Layout(r.File.Line, Style(theme.TextSmall, false), max(room-side, theme.Units(60)))
	f.width = side + max(f.name.Width, f.line.Width)
	if r.File.Part >= 0 {
		f.width = max(f.width, min(room, theme.Units(260))) // moving numbers do not make it jump
	}
	x0 := float32(0)
	for _, a := range r.File.Actions {
		b := flow.Layout(r.File.Label(a), Style(theme.TextSmall, true), flow.Unbounded)
		w := b.Width + 2*theme.Units(buttonPad)
		if x0 > 0 && x0+w > room || len(f.rows) == 0 {
			f.rows = append(f.rows, 0)
			x0 = 0
		}
		f.rows[len(f.rows)-1]++
		f.buttons = append(f.buttons, b)
		x0 += w
		f.last = min(room, x0)
		f.width = max(f.width, f.last)
		x0 += theme.Units(buttonGap)
	}
	return f
}

func (x *builder) file(r Row, f *filePart, left, inner float32) {
	main, sub := theme.Text, theme.SubText
	disc, glyph, track, fill := theme.AccentSoft, theme.Accent, theme.Track, theme.Primary
	rest, over, word := theme.AccentSoft, theme.Pressed, theme.Accent
	if r.Own {
		main, sub = theme.OwnText, theme.OwnSubText
		disc, glyph, track, fill = theme.OwnOver, theme.OwnText, theme.OwnTrack, theme.OwnText
		rest, over, word = theme.OwnOver, theme.OwnDown, theme.OwnText
	}
	if r.File.Fault && !r.Own {
		sub = theme.Danger
	}
	press := func(a Action) func() {
		return func() {
			if x.Deeds.OnFile != nil {
				x.Deeds.OnFile(r.ID, a)
			}
		}
	}
	x.y += theme.Units(3)
	d := theme.Units(discSide)
	ground := draw.Rect()
	ground.FillColor, ground.CornerRadius = theme.Color(disc), d/2
	draw.Place(ground, left, x.y, d, d)
	x.b.under = append(x.b.under, ground)
	sign := icon.File
	if len(r.File.Actions) > 0 {
		sign = r.File.Actions[0].glyph()
		x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: left, Y: x.y, W: d, H: d}, Ground: ground, Rest: disc, Over: over, Press: press(r.File.Actions[0])})
	}
	s := theme.Size(theme.IconNormal)
	i := icon.Image(sign, theme.Color(glyph), s)
	i.Move(fyne.NewPos(left+(d-s)/2, x.y+(d-s)/2))
	x.b.over = append(x.b.over, i)

	tx := left + d + theme.Units(discGap)
	ty := x.y + max(0, (d-f.name.Height-f.line.Height)/2)
	x.b.over = append(x.b.over, f.name.Objects(fyne.NewPos(tx, ty), x.ink(main))...)
	x.b.over = append(x.b.over, f.line.Objects(fyne.NewPos(tx, ty+f.name.Height), x.ink(sub))...)
	x.y += max(d, f.name.Height+f.line.Height) + theme.Units(4)
	if r.File.Part >= 0 {
		x.bar(left, inner, r.File.Part, track, fill)
	}
	n := 0
	for _, count := range f.rows {
		x.y += theme.Units(4)
		bx := left
		for range count {
			b, a := f.buttons[n], r.File.Actions[n]
			w, h := b.Width+2*theme.Units(buttonPad), theme.Units(buttonHigh)
			g := draw.Rect()
			g.FillColor, g.CornerRadius = theme.Color(rest), theme.Size(theme.RadiusSmall)
			draw.Place(g, bx, x.y, w, h)
			x.b.under = append(x.b.under, g)
			x.b.over = append(x.b.over, b.Objects(fyne.NewPos(bx+theme.Units(buttonPad), x.y+(h-b.Height)/2), x.ink(word))...)
			x.b.Hot = append(x.b.Hot, Hot{Area: flow.Rect{X: bx, Y: x.y, W: w, H: h}, Ground: g, Rest: rest, Over: over, Press: press(a)})
			bx += w + theme.Units(buttonGap)
			n++
		}
		x.y += theme.Units(buttonHigh)
	}
	x.y += theme.Units(4)
}

func (x *builder) bar(left, wide float32, part float64, track, fill fyne.ThemeColorName) {
	h := theme.Units(5)
	x.y += theme.Units(3)
	both := []*canvas.Rectangle{draw.Rect(), draw.Rect()}
	both[0].FillColor, both[1].FillColor = theme.Color(track), theme.Color(fill)
	draw.Place(both[0], left, x.y, wide, h)
	draw.Place(both[1], left, x.y, max(h, wide*float32(min(part, 1))), h)
	for _, b := range both {
		b.CornerRadius = h / 2
		x.b.under = append(x.b.under, b)
	}
	x.y += h + theme.Units(4)
}
