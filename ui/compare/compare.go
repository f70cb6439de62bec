// Package compare shows the seven pictures by which two people, or one person at
// two computers, find out that nobody sits between them: each with its name below,
// because pictures look a little different everywhere and names can be read aloud.
//
// It must not know who compares with whom or what follows from it.
//
// The pictures and their order are those of crypto/verify.
package compare

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/crypto/verify"
	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// cellWide is the least width of one picture in units: the longest name in two
// lines.
const cellWide = 66

// Pictures shows seven pictures with their names: seven beside each other where
// there is room, four and three in a sheet, fewer with very large letters. They
// are read from left to right and line by line in every language.
type Pictures struct {
	widget.BaseWidget
	pictures [7]int
	width    float32 // that it was given last
}

// New shows the pictures that [verify.Comparison.Emoji] returned; indexes that
// are none are a mistake of the caller, and panic. Call it on Fyne's goroutine.
func New(pictures [7]int) *Pictures {
	p := &Pictures{pictures: pictures}
	p.ExtendBaseWidget(p)
	return p
}

// AccessibilityLabel implements fyne.Accessible: the names in their order.
func (p *Pictures) AccessibilityLabel() string { return strings.Join(p.Names(), ", ") }

// AccessibilityRole implements fyne.Accessible.
func (p *Pictures) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Names are the names of the pictures in their order.
func (p *Pictures) Names() []string {
	names := make([]string, len(p.pictures))
	for i, n := range p.pictures {
		names[i] = text.Picture(n)
	}
	return names
}

// CreateRenderer implements fyne.Widget.
func (p *Pictures) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	return draw.Laid(&renderer{p: p}, p.Size())
}

type renderer struct {
	p       *Pictures
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *renderer) Destroy()                     {}
func (r *renderer) Objects() []fyne.CanvasObject { return r.objects }

// columns is how many pictures stand beside each other in a width.
func columns(width float32) int {
	n := int(width / theme.Units(cellWide))
	switch {
	case n >= 7:
		return 7
	case n >= 4:
		return 4 // four and three
	}
	return max(1, n)
}

// cell is the width of a picture's place, and what is drawn in it.
func (r *renderer) cell(width float32) float32 {
	return min(width/float32(columns(width)), theme.Units(cellWide+34))
}

// name sets the name of a picture.
func (r *renderer) name(i int, wide float32) *flow.Block {
	size := theme.Size(theme.TextName)
	b := flow.Layout(text.Picture(r.p.pictures[i]), flow.Style{Size: size, Line: flow.LineHeight(size)}, wide)
	b.Align(wide, true)
	return b
}

// emojiHigh is the height of a picture's line in units, with room above the name.
const emojiHigh = 50

// high is the height of a line of pictures.
func (r *renderer) high(from, to int, wide float32) float32 {
	h := float32(0)
	for i := from; i < to; i++ {
		h = max(h, r.name(i, wide).Height)
	}
	return theme.Units(emojiHigh) + h
}

// gap is between two lines of pictures, in units.
const gap = 10

// MinSize answers for the width that it was given last.
func (r *renderer) MinSize() fyne.Size {
	width := r.p.width
	if width <= 0 {
		width = theme.Units(4 * cellWide)
	}
	wide, n, h := r.cell(width), columns(width), -theme.Units(gap)
	for from := 0; from < 7; from += n {
		h += theme.Units(gap) + r.high(from, min(from+n, 7), wide)
	}
	return fyne.NewSize(theme.Units(cellWide), h)
}

func (r *renderer) Layout(size fyne.Size) {
	r.p.width = size.Width
	if !r.once.Need(size) || size.Width <= 0 {
		return
	}
	r.objects = r.objects[:0]
	wide, n, y := r.cell(size.Width), columns(size.Width), float32(0)
	ink := flow.Ink{Text: theme.Color(theme.Text), Link: theme.Color(theme.Text)}
	for from := 0; from < 7; from += n {
		to := min(from+n, 7)
		x := (size.Width - wide*float32(to-from)) / 2
		for i := from; i < to; i++ {
			emoji, _ := verify.Picture(r.p.pictures[i])
			t := &canvas.Text{Text: emoji, TextSize: theme.Units(34), FontSource: flow.EmojiSource(emoji), Color: theme.Color(theme.Text)}
			m := t.MinSize()
			t.Move(fyne.NewPos(x+(wide-m.Width)/2, y+(theme.Units(emojiHigh)-m.Height)/2))
			t.Resize(m)
			r.objects = append(r.objects, t)
			r.objects = append(r.objects, r.name(i, wide).Objects(fyne.NewPos(x, y+theme.Units(emojiHigh)), ink)...)
			x += wide
		}
		y += r.high(from, to, wide) + theme.Units(gap)
	}
}

func (r *renderer) Refresh() {
	r.once.Forget()
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}
