// Package viewer shows pictures: those in bubbles and lists, decoded off the window's
// goroutine, and one of them on the whole window.
//
// It must not know bubbles, clients or the network: ui/state says where a picture lies,
// ui/picture decodes it. The look follows the visual language of the design notes. All
// calls are made on Fyne's goroutine.
package viewer

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

const (
	// viewerSide is the longest side, in pixels, of a picture in the full view:
	// more than most screens have, and what software drawing still moves.
	viewerSide = 3000

	// maxZoom is how far one can go into a picture.
	maxZoom = 8
	// zoomStep is what one notch of the wheel or one key does.
	zoomStep = 1.25
)

// View shows one picture on the whole window: wheel, plus and minus zoom,
// dragging moves, the arrow keys go to the next picture of the conversation.
type View struct {
	widget.BaseWidget
	talk     *state.Conversation
	pictures *Pictures
	layer    *layer.Layer

	id   string
	name *kit.Label
	wait *kit.Label
	bar  []fyne.CanvasObject
	pic  *canvas.Image
	side image.Point // of the picture
	zoom float32     // 1: fits the window
	off  fyne.Position
}

// Open shows the picture of a line of a conversation on the whole window. closed is
// called once when it has gone.
func Open(c fyne.Canvas, talk *state.Conversation, pictures *Pictures, id string, closed func()) *View {
	w := &View{talk: talk, pictures: pictures, name: kit.NewTitle(""), wait: kit.NewLabel(""), pic: &canvas.Image{}, zoom: 1}
	w.name.Color, w.wait.Color = theme.ToastText, theme.ToastText
	w.pic.FillMode = canvas.ImageFillStretch
	w.pic.ScaleMode = canvas.ImageScaleSmooth
	button := func(n icon.Name, label string, do func()) *kit.IconButton {
		return kit.NewIconButton(n, label, do).In(theme.ToastText)
	}
	w.bar = []fyne.CanvasObject{
		button(icon.Minus, text.ViewSmaller(), func() { w.scale(1 / zoomStep) }),
		button(icon.Plus, text.ViewLarger(), func() { w.scale(zoomStep) }),
		button(icon.Download, text.FileSaveAs(), func() { w.talk.Do(w.id, state.FileSaveAs) }),
		button(icon.Close, text.WordClose(), func() { w.layer.Dismiss() }),
	}
	w.ExtendBaseWidget(w)
	w.layer = layer.Full(c, w, w.key)
	w.layer.OnClose = func() {
		pictures.dropLarge()
		closed()
	}
	w.show(id)
	return w
}

// line finds a line of the conversation.
func (w *View) line(id string) (state.Line, bool) {
	for i := w.talk.Len() - 1; i >= 0; i-- {
		if l := w.talk.Line(i); l.ID == id {
			return l, true
		}
	}
	return state.Line{}, false
}

// show loads the picture of a line.
func (w *View) show(id string) {
	l, ok := w.line(id)
	if !ok || l.File.Path == "" {
		return
	}
	w.id, w.zoom, w.off = id, 1, fyne.Position{}
	w.name.SetText(l.File.Name)
	w.wait.SetText("")
	path := l.File.Path
	m, known := w.pictures.large(path, id)
	switch {
	case m != nil:
		w.pic.Image, w.side = m, m.Bounds().Size()
	case known:
		w.pic.Image = nil
		w.wait.SetText(text.ViewNot())
	default: // the small one is here already, mostly
		w.pic.Image = nil
		w.wait.SetText(text.ViewLoading())
		if small, _ := w.pictures.Bubble(path, id); small != nil {
			w.pic.Image, w.side = small, small.Bounds().Size()
			w.wait.SetText("")
		}
	}
	w.Refresh()
}

// Came shows the picture anew when that of a line was decoded.
func (w *View) Came(id string) {
	if w.id == id && w.layer.Open() {
		zoom, off := w.zoom, w.off
		w.show(id)
		w.zoom, w.off = zoom, off
		w.Refresh()
	}
}

func (w *View) key(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyLeft:
		w.step(-1)
	case fyne.KeyRight:
		w.step(1)
	case fyne.KeyPlus, fyne.KeyEqual:
		w.scale(zoomStep)
	case fyne.KeyMinus:
		w.scale(1 / zoomStep)
	case fyne.Key0:
		w.scale(1 / w.zoom)
	case fyne.KeyS:
		w.talk.Do(w.id, state.FileSaveAs)
	}
}

// step goes to the next or the previous picture of the conversation.
func (w *View) step(by int) {
	t := w.talk
	at := -1
	for i := range t.Len() {
		if t.Line(i).ID == w.id {
			at = i
		}
	}
	for i := at + by; at >= 0 && i >= 0 && i < t.Len(); i += by {
		if f := t.Line(i).File; f.Picture && f.Path != "" {
			w.show(t.Line(i).ID)
			return
		}
	}
}

func (w *View) scale(by float32) {
	old := w.zoom
	w.zoom = max(1, min(w.zoom*by, maxZoom))
	w.off = fyne.NewPos(w.off.X*w.zoom/old, w.off.Y*w.zoom/old)
	w.Refresh()
}

// Scrolled implements fyne.Scrollable.
func (w *View) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY > 0 {
		w.scale(zoomStep)
	} else if e.Scrolled.DY < 0 {
		w.scale(1 / zoomStep)
	}
}

// Dragged implements fyne.Draggable.
func (w *View) Dragged(e *fyne.DragEvent) {
	if w.zoom > 1 {
		w.off = w.off.Add(e.Dragged)
		w.Refresh()
	}
}

// DragEnd implements fyne.Draggable.
func (w *View) DragEnd() {}

// CreateRenderer implements fyne.Widget.
func (w *View) CreateRenderer() fyne.WidgetRenderer {
	w.ExtendBaseWidget(w)
	return draw.Laid(&viewerRenderer{w: w, ground: draw.Rect(), head: draw.Rect()}, w.Size())
}

type viewerRenderer struct {
	w            *View
	ground, head *canvas.Rectangle
}

func (r *viewerRenderer) Destroy()           {}
func (r *viewerRenderer) MinSize() fyne.Size { return fyne.NewSize(theme.Units(200), theme.Units(160)) }

func (r *viewerRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.ground}
	if r.w.pic.Image != nil {
		out = append(out, r.w.pic)
	}
	out = append(out, r.head, r.w.name, r.w.wait)
	return append(out, r.w.bar...)
}

func (r *viewerRenderer) Layout(size fyne.Size) {
	w := r.w
	r.ground.FillColor, r.head.FillColor = theme.Color(theme.Toast), theme.Color(theme.Toast)
	draw.Place(r.ground, 0, 0, size.Width, size.Height)
	high, side := theme.Units(52), theme.Units(36)
	draw.Place(r.head, 0, 0, size.Width, high)
	x := size.Width - theme.Units(8)
	for i := len(w.bar) - 1; i >= 0; i-- {
		x -= side
		draw.Place(w.bar[i], x, (high-side)/2, side, side)
		x -= theme.Units(2)
	}
	h := w.name.MinSize().Height
	draw.Place(w.name, theme.Units(18), (high-h)/2, max(0, x-theme.Units(26)), h)
	h = w.wait.MinSize().Height
	wide := min(w.wait.Wide(), size.Width)
	draw.Place(w.wait, (size.Width-wide)/2, (size.Height-h)/2, wide, h)
	if w.pic.Image == nil || w.side.X == 0 || w.side.Y == 0 {
		return
	}
	room := fyne.NewSize(size.Width-theme.Units(24), size.Height-high-theme.Units(24))
	k := min(room.Width/float32(w.side.X), room.Height/float32(w.side.Y), 2) * w.zoom
	pw, ph := float32(w.side.X)*k, float32(w.side.Y)*k
	// No farther than that its edge is in the middle.
	w.off.X = max(-pw/2, min(w.off.X, pw/2))
	w.off.Y = max(-ph/2, min(w.off.Y, ph/2))
	draw.Place(w.pic, (size.Width-pw)/2+w.off.X, high+(size.Height-high-ph)/2+w.off.Y, pw, ph)
}

func (r *viewerRenderer) Refresh() {
	r.Layout(r.w.Size())
	canvas.Refresh(r.w)
}
