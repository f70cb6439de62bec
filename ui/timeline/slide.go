package timeline

import (
	"time"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/theme"
)

const (
	// slideTime is how long a new message takes to slide in.
	slideTime = 120 * time.Millisecond

	// slideRows is how many may come at once and still slide: more is no talk but
	// a page.
	slideRows = 3

	// slideRest is how soon after a message the next one is just there: each frame
	// repaints the window, and in a lively talk nothing would ever stand still.
	slideRest = 400 * time.Millisecond
)

// slide is the motion of new messages at the end.
type slide struct {
	off  float64 // how far the rows still are below their places
	last time.Time
	move *fyne.Animation
}

func (s *slide) stop() {
	if s.move != nil {
		s.move.Stop()
	}
	s.off, s.move = 0, nil
}

// slideIn moves the last n rows in from below, if the end is in sight and things
// may move.
func (v *View) slideIn(n int) {
	s := &v.slide
	now := v.now()
	quiet := now.Sub(s.last) > slideRest || now.Before(s.last)
	s.last = now
	s.stop()
	if !v.stick || n > slideRows || !quiet || theme.IsCalm() || v.Size().Height < 10 {
		return
	}
	from := 0.0
	for i := len(v.known) - n; i < len(v.known); i++ {
		from += float64(v.row(i).High)
	}
	s.move = fyne.NewAnimation(slideTime, func(part float32) {
		s.off = from * float64(1-part)
		v.relayout()
		v.dirty()
	})
	s.move.Curve = fyne.AnimationEaseOut
	s.off = from
	s.move.Start()
}
