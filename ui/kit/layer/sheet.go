package layer

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// ring is the room that focus rings need inside of what is scrolled, which cuts off
// what is drawn beside it, and beside the room at its sides: there rows of a list
// stand out (kit.Out), and the bar is beside what it moves, not on it.
const (
	ring  = 4
	aside = 14
)

// shutOut is by how much the button that closes a sheet stands out, in units, so that
// its cross, not its ground, ends where the rest does.
const shutOut = 7

// sheetWidth is how wide a sheet is where there is room, in units.
const sheetWidth = 440

// Sheet opens a card in the middle of a window, over what it darkens: a title,
// content, and the buttons of which the last is the one that is meant: Enter
// presses it while nothing in the sheet has the keyboard, unless it destroys or the
// sheet is one to Stay. What does not fit is scrolled. The buttons do not close it
// by themselves.
func Sheet(c fyne.Canvas, title string, content fyne.CanvasObject, buttons ...*kit.Button) *Layer {
	l := &Layer{radius: theme.RadiusSheet, dim: true}
	name := kit.NewParagraph(title)
	name.TextSize, name.Bold = theme.TextTitle, true
	shut := kit.NewIconButton(icon.Close, text.WordClose(), l.Dismiss).Side(30)
	head := kit.WideLine(8, 0, name, shut)
	body := container.NewVScroll(kit.Inset(content, ring, aside))
	card := &fyne.Container{Layout: &sheetLayout{content: content}, Objects: []fyne.CanvasObject{head, body}}
	if len(buttons) > 0 {
		row := container.New(&endLayout{})
		for _, b := range buttons {
			row.Add(b)
		}
		card.Objects = append(card.Objects, row)
		meant := buttons[len(buttons)-1]
		l.keys = func(e *fyne.KeyEvent) {
			if (e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter) && !l.stays && meant.Confirms() {
				meant.Tapped(nil)
			}
		}
	}
	l.content = kit.Inset(card, 18, 24, 20, 24)
	l.arrange = func(room fyne.Size) (fyne.Position, fyne.Size) {
		w := min(theme.Units(sheetWidth), room.Width-2*margin)
		inner := w - theme.Units(48)
		if content.Size().Width != inner {
			content.Resize(fyne.NewSize(inner, content.MinSize().Height)) // a wrapped text learns its width
		}
		h := card.Layout.(*sheetLayout).height(card.Objects, inner) + theme.Units(38)
		size := fyne.NewSize(w, min(h, room.Height-2*margin))
		return fyne.NewPos((room.Width-size.Width)/2, (room.Height-size.Height)/2), size
	}
	l.show(c)
	return l
}

// Stay keeps a sheet open when somebody clicks beside it or presses Enter, for one
// in which something is typed or weighed.
func (l *Layer) Stay() *Layer {
	l.stays = true
	return l
}

// sheetLayout sets head, scrolled body and foot under each other; the body
// takes what is left.
type sheetLayout struct{ content fyne.CanvasObject }

func (s *sheetLayout) height(objects []fyne.CanvasObject, width float32) float32 {
	objects[0].Resize(fyne.NewSize(width+theme.Units(shutOut), objects[0].MinSize().Height))
	h := objects[0].MinSize().Height + theme.Units(12) + s.content.MinSize().Height + theme.Units(1)
	if len(objects) > 2 {
		objects[2].Resize(fyne.NewSize(width, objects[2].MinSize().Height))
		h += theme.Units(20) + objects[2].MinSize().Height
	}
	return h
}

func (s *sheetLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(200), theme.Units(80))
}

func (s *sheetLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSize(size.Width+theme.Units(shutOut), objects[0].MinSize().Height))
	top := objects[0].MinSize().Height
	draw.Place(objects[0], 0, 0, size.Width+theme.Units(shutOut), top)
	end := size.Height
	if len(objects) > 2 {
		objects[2].Resize(fyne.NewSize(size.Width, objects[2].MinSize().Height))
		h := objects[2].MinSize().Height
		draw.Place(objects[2], 0, end-h, size.Width, h)
		end -= h + theme.Units(20)
	}
	top += theme.Units(12)
	edge, side := theme.Units(ring), theme.Units(aside)
	draw.Place(objects[1], -side, top-edge, size.Width+2*side, end-top+2*edge)
}

// endLayout sets buttons at the right end, and under each other, the last on
// top, where they do not fit beside each other.
type endLayout struct{ width float32 }

// seen are the buttons that are not hidden.
func (e *endLayout) seen(objects []fyne.CanvasObject) (out []fyne.CanvasObject) {
	for _, o := range objects {
		if o.Visible() {
			out = append(out, o)
		}
	}
	return out
}

func (e *endLayout) row(objects []fyne.CanvasObject) float32 {
	w := -theme.Units(8)
	for _, o := range objects {
		w += o.MinSize().Width + theme.Units(8)
	}
	return w
}

func (e *endLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	high := objects[0].MinSize().Height
	if objects = e.seen(objects); e.width > 0 && e.row(objects) > e.width {
		high = (high+theme.Units(8))*float32(len(objects)) - theme.Units(8)
	}
	return fyne.NewSize(theme.Units(100), high)
}

func (e *endLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	e.width = size.Width
	objects = e.seen(objects)
	if e.row(objects) > size.Width {
		y := float32(0)
		for i := len(objects) - 1; i >= 0; i-- {
			h := objects[i].MinSize().Height
			draw.Place(objects[i], 0, y, size.Width, h)
			y += h + theme.Units(8)
		}
		return
	}
	x := size.Width
	for i := len(objects) - 1; i >= 0; i-- {
		m := objects[i].MinSize()
		x -= m.Width
		draw.Place(objects[i], x, 0, m.Width, m.Height)
		x -= theme.Units(8)
	}
}

// noteTime is how long a note stays: long enough for two short lines.
const noteTime = 4 * time.Second

// Notes shows one short sentence at a time near the bottom of what it lies on,
// and takes it away after four seconds. Put it on top of a container.NewStack;
// clicks beside a note go to what is below.
type Notes struct {
	widget.BaseWidget
	label  *kit.Label
	button *kit.Button
	shown  bool
	timer  *time.Timer
	number int // of the note that is shown
	lift   float32
}

// NewNotes makes an empty place for notes, lift units above the bottom.
func NewNotes(lift float32) *Notes {
	n := &Notes{label: kit.NewParagraph(""), button: kit.NewButton(kit.Plain, "", nil).Small().In(theme.ToastAction), lift: lift}
	n.label.Color = theme.ToastText
	n.ExtendBaseWidget(n)
	return n
}

// Say shows a sentence; a button may offer to do something about it.
func (n *Notes) Say(sentence, button string, do func()) {
	n.label.SetText(sentence)
	draw.Show(n.button, button != "")
	if button != "" {
		n.button.SetText(button)
		n.button.SetPress(func() {
			n.Clear()
			do()
		})
	}
	n.shown = true
	n.number++
	now := n.number
	if n.timer != nil {
		n.timer.Stop()
	}
	n.timer = time.AfterFunc(noteTime, func() {
		fyne.Do(func() {
			if n.number == now {
				n.Clear()
			}
		})
	})
	n.Refresh()
}

// Lift puts notes that many units above the bottom.
func (n *Notes) Lift(units float32) {
	if n.lift != units {
		n.lift = units
		n.Refresh()
	}
}

// Lifted is how many units above the bottom notes stand.
func (n *Notes) Lifted() float32 { return n.lift }

// Keep leaves the note that is shown until Clear or the next one.
func (n *Notes) Keep() {
	if n.timer != nil {
		n.timer.Stop()
	}
}

// Clear takes the note away.
func (n *Notes) Clear() {
	if n.timer != nil {
		n.timer.Stop()
	}
	n.number++
	n.shown = false
	n.Refresh()
}

// Close stops the clock of the note that is shown: what it would draw on goes
// away.
func (n *Notes) Close() {
	n.Keep()
	n.number++
}

// Text is the sentence that is shown, or "".
func (n *Notes) Text() string {
	if !n.shown {
		return ""
	}
	return n.label.Text()
}

// CreateRenderer implements fyne.Widget.
func (n *Notes) CreateRenderer() fyne.WidgetRenderer {
	n.ExtendBaseWidget(n)
	return draw.Laid(&notesRenderer{n: n, ground: draw.Rect()}, n.Size())
}

type notesRenderer struct {
	n      *Notes
	ground *canvas.Rectangle
}

func (r *notesRenderer) Destroy() {
	if r.n.timer != nil {
		r.n.timer.Stop()
	}
}
func (r *notesRenderer) MinSize() fyne.Size { return fyne.NewSize(1, 1) }

func (r *notesRenderer) Objects() []fyne.CanvasObject {
	if !r.n.shown {
		return nil
	}
	return []fyne.CanvasObject{r.ground, r.n.label, r.n.button}
}

func (r *notesRenderer) Layout(size fyne.Size) {
	edge := theme.Units(16)
	room := size.Width - 2*theme.Units(8) - 2*edge
	button := fyne.Size{}
	if r.n.button.Visible() {
		button = r.n.button.MinSize()
		room -= button.Width
	}
	body := theme.Size(theme.TextBody)
	words := flow.Layout(r.n.label.Text(), flow.Style{Size: body, Line: flow.LineHeight(body)}, max(room, theme.Units(40)))
	w, h := words.Width+button.Width+2*edge, max(theme.Units(40), words.Height+theme.Units(18))
	x, y := (size.Width-w)/2, size.Height-h-theme.Units(r.n.lift)
	r.ground.FillColor, r.ground.CornerRadius = theme.Color(theme.Toast), theme.Size(theme.RadiusCard)
	r.ground.Shadow = canvas.Shadow{Color: theme.Color(theme.Shadow), BlurRadius: 14, Offset: fyne.NewPos(0, 4)}
	draw.Place(r.ground, x, y, w, h)
	draw.Place(r.n.label, x+edge, y+(h-words.Height)/2, words.Width, words.Height)
	draw.Place(r.n.button, x+w-button.Width-theme.Units(6), y+(h-button.Height)/2, button.Width, button.Height)
}

func (r *notesRenderer) Refresh() {
	r.Layout(r.n.Size())
	canvas.Refresh(r.n)
}
