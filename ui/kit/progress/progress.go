// Package progress shows that something goes on: bars, rings, a spinner, and
// the one slow beat that everything moving keeps to.
//
// It knows the theme and nothing of what goes on. A beat runs only between Start
// and Stop. Why it is slow is measured in the design notes: the painter repaints
// the whole window for each frame.
package progress

import (
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Progress shows a part of one, as a bar or as a ring.
type Progress struct {
	widget.BaseWidget
	ring  bool
	value float32
}

// NewBar makes a thin bar that is as wide as its place.
func NewBar() *Progress {
	p := &Progress{}
	p.ExtendBaseWidget(p)
	return p
}

// NewRing makes a ring of 36 units.
func NewRing() *Progress {
	p := &Progress{ring: true}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows a part between 0 and 1; others are moved to the nearer end.
func (p *Progress) Set(part float64) {
	v := float32(min(max(part, 0), 1))
	if v != v {
		v = 0
	}
	if d := v - p.value; d > 0.002 || d < -0.002 || (v == 1) != (p.value == 1) || v == 0 {
		p.value = v
		p.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (p *Progress) AccessibilityLabel() string { return text.AriaProgress(int(p.value*100 + 0.5)) }

// AccessibilityRole implements fyne.Accessible.
func (p *Progress) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	return draw.Laid(&progressRenderer{p: p, track: draw.Rect(), fill: draw.Rect(), back: canvas.NewArc(0, 360, 0.82, theme.Color(theme.Track)), front: canvas.NewArc(0, 0, 0.82, theme.Color(theme.Primary))}, p.Size())
}

type progressRenderer struct {
	p           *Progress
	track, fill *canvas.Rectangle
	back, front *canvas.Arc
}

func (r *progressRenderer) Destroy() {}
func (r *progressRenderer) Objects() []fyne.CanvasObject {
	if r.p.ring {
		return []fyne.CanvasObject{r.back, r.front}
	}
	return []fyne.CanvasObject{r.track, r.fill}
}

func (r *progressRenderer) MinSize() fyne.Size {
	if r.p.ring {
		return fyne.NewSquareSize(theme.Units(36))
	}
	return fyne.NewSize(theme.Units(60), theme.Units(6))
}

func (r *progressRenderer) Layout(size fyne.Size) {
	track, fill := theme.Color(theme.Track), theme.Color(theme.Primary)
	if r.p.ring {
		d := min(size.Width, size.Height)
		for _, a := range []*canvas.Arc{r.back, r.front} {
			draw.Place(a, (size.Width-d)/2, (size.Height-d)/2, d, d)
		}
		r.back.FillColor, r.front.FillColor = track, fill
		r.front.EndAngle = 360 * r.p.value
		return
	}
	h := theme.Units(6)
	y := (size.Height - h) / 2
	r.track.FillColor, r.track.CornerRadius = track, h/2
	r.fill.FillColor, r.fill.CornerRadius = fill, h/2
	draw.Place(r.track, 0, y, size.Width, h)
	w := size.Width * r.p.value
	if r.p.value > 0 {
		w = max(w, h)
	}
	draw.Place(r.fill, 0, y, w, h)
}

func (r *progressRenderer) Refresh() {
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}

// beatsPerSecond is how often anything on screen moves by itself. Under
// software rendering each frame repaints the window: 60 a second took half a
// core, six are smooth enough for dots.
const beatsPerSecond = 6

// Beat calls a function six times a second on Fyne's goroutine between Start
// and Stop, or less often if that one is slow. The zero value does not work; see
// NewBeat.
type Beat struct {
	step func(n int)
	do   func(func()) // fyne.Do
	mu   sync.Mutex   // guards stop and done
	stop chan struct{}
	done chan struct{}
}

// NewBeat makes a beat that stands still.
func NewBeat(step func(n int)) *Beat { return &Beat{step: step, do: fyne.Do} }

// Start begins to call; a running beat goes on.
func (b *Beat) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop != nil {
		return
	}
	stop, done := make(chan struct{}), make(chan struct{})
	b.stop, b.done = stop, done
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second / beatsPerSecond)
		defer tick.Stop()
		// A frame of software GL on a busy computer may take longer than a beat.
		// Calls that pile up would then hold up all else that waits for Fyne's
		// goroutine, for ever: one waits at a time.
		var waits atomic.Bool
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
				if waits.Swap(true) {
					continue
				}
				b.do(func() {
					waits.Store(false)
					select {
					case <-stop: // stopped while this call waited its turn
					default:
						b.step(n)
					}
				})
			}
		}
	}()
}

// Stop ends the calls and waits for its goroutine, which never waits for
// Fyne's, so that Stop may be called there.
func (b *Beat) Stop() {
	b.mu.Lock()
	stop, done := b.stop, b.done
	b.stop, b.done = nil, nil
	b.mu.Unlock()
	if stop != nil {
		close(stop)
		<-done
	}
}

// Running reports whether Start was called after the last Stop.
func (b *Beat) Running() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stop != nil
}

// Spinner turns while something takes time whose end is not known. It moves
// only between Start and Stop, six times a second.
type Spinner struct {
	widget.BaseWidget
	beat *Beat
	turn int
	side float32
}

// NewSpinner makes a spinner that stands still and is hidden.
func NewSpinner() *Spinner {
	s := &Spinner{side: 20}
	s.Hidden = true
	s.beat = NewBeat(func(n int) {
		s.turn = n
		s.Refresh()
	})
	s.ExtendBaseWidget(s)
	return s
}

// Start shows and turns it.
func (s *Spinner) Start() {
	draw.Show(s, true)
	s.beat.Start()
}

// Stop hides it.
func (s *Spinner) Stop() {
	s.beat.Stop()
	draw.Show(s, false)
}

// CreateRenderer implements fyne.Widget.
func (s *Spinner) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	return draw.Laid(&spinnerRenderer{s: s, back: canvas.NewArc(0, 360, 0.78, theme.Color(theme.Track)), front: canvas.NewArc(0, 90, 0.78, theme.Color(theme.Primary))}, s.Size())
}

type spinnerRenderer struct {
	s           *Spinner
	back, front *canvas.Arc
}

func (r *spinnerRenderer) Destroy()                     { r.s.beat.Stop() }
func (r *spinnerRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.back, r.front} }

func (r *spinnerRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(theme.Units(r.s.side)) }

func (r *spinnerRenderer) Layout(size fyne.Size) {
	d := min(size.Width, size.Height, theme.Units(r.s.side))
	r.back.FillColor, r.front.FillColor = theme.Color(theme.Track), theme.Color(theme.Primary)
	for _, a := range []*canvas.Arc{r.back, r.front} {
		draw.Place(a, (size.Width-d)/2, (size.Height-d)/2, d, d)
	}
	r.front.StartAngle = float32(r.s.turn%8) * 45
	r.front.EndAngle = r.front.StartAngle + 100
}

func (r *spinnerRenderer) Refresh() {
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}
