package pick

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// strip shows a part of a wide row and moves it sideways, without the bar that
// Fyne's scroller would draw over the line under the chosen tab.
type strip struct {
	widget.BaseWidget
	content *fyne.Container
	off     float32
}

var _ fyne.Scrollable = (*strip)(nil)

func newStrip(content *fyne.Container) *strip {
	s := &strip{content: content}
	s.ExtendBaseWidget(s)
	return s
}

// Scrolled implements fyne.Scrollable: a common wheel moves it as well.
func (s *strip) Scrolled(e *fyne.ScrollEvent) { s.to(s.off - e.Scrolled.DX - e.Scrolled.DY) }

// to moves the row, as far as it goes.
func (s *strip) to(off float32) {
	s.off = max(0, min(off, s.content.MinSize().Width-s.Size().Width))
	s.content.Move(fyne.NewPos(-s.off, 0))
}

// show moves the row so that a part of it is in sight, and a bit of what is
// beside it.
func (s *strip) show(left, right float32) {
	beside := theme.Units(20)
	s.to(max(min(s.off, left-beside), right+beside-s.Size().Width))
}

// CreateRenderer implements fyne.Widget.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	return draw.Laid(&stripRenderer{s}, s.Size())
}

type stripRenderer struct{ s *strip }

func (r *stripRenderer) Destroy()                     {}
func (r *stripRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.s.content} }

// IsClip keeps the row inside, as in ui/timeline.
func (r *stripRenderer) IsClip() {}

func (r *stripRenderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(80), r.s.content.MinSize().Height)
}

func (r *stripRenderer) Layout(size fyne.Size) {
	draw.Place(r.s.content, -r.s.off, 0, max(size.Width, r.s.content.MinSize().Width), size.Height)
	r.s.to(r.s.off)
}

func (r *stripRenderer) Refresh() { r.Layout(r.s.Size()) }
