package timeline

import (
	"testing"
	"time"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// A new message slides in at the end, once it is quiet, unless nothing shall move;
// afterwards everything stands where it would without.
func TestNewMessageSlidesIn(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	s := many(40)
	v, _ := open(t, s, 600, 500)
	now := monday()
	v.SetClock(func() time.Time { return now })
	add := func(n int) {
		for range n {
			r := s.all[0]
			r.ID += now.String() + time.Duration(len(s.all)).String()
			s.all = append(s.all, r)
		}
		v.Inserted(len(s.all)-n, n)
	}
	moved := func() bool { return v.slide.move != nil }
	bottom := func() float32 {
		b := v.row(len(s.all) - 1)
		return b.Box.Position().Y + b.High
	}
	end := bottom()
	add(1)
	if !moved() {
		t.Error("a new message is just there")
	}
	if v.slide.off != 0 || bottom() != end {
		t.Errorf("after the motion the last row ends at %v, %v off, want %v", bottom(), v.slide.off, end)
	}
	// Half way the rows are below their places, and there is no hole above them.
	v.slide.off = 40
	v.relayout()
	if got := bottom(); got != end+40 {
		t.Errorf("half way it ends at %v, want %v", got, end+40)
	}
	if first := v.objects[0].Position().Y; first > 0 {
		t.Errorf("half way there is nothing in the upper %v", first)
	}
	v.slide.stop()
	v.relayout()
	now = now.Add(slideRest / 2)
	add(1)
	if moved() {
		t.Error("one right after it slides, too")
	}
	now = now.Add(time.Minute)
	add(slideRows + 1)
	if moved() {
		t.Error("a page slides in")
	}
	now = now.Add(time.Minute)
	v.ScrollBy(-200)
	add(1)
	if moved() {
		t.Error("it slides while the end is out of sight")
	}
	v.ScrollToEnd()
	app.Settings().SetTheme(theme.New(theme.Light, 100).Calmed(true))
	now = now.Add(time.Minute)
	add(1)
	if moved() {
		t.Error("it slides although nothing shall move")
	}
	kittest.Settled(t, v)

	dots := NewTyping()
	dots.Set([]string{"Ana"})
	if dots.beat.Running() {
		t.Error("dots move although nothing shall")
	}
	app.Settings().SetTheme(theme.New(theme.Light, 100))
	dots.SetCalm(false)
	if !dots.beat.Running() {
		t.Error("dots stand still")
	}
	dots.Set(nil)
	if dots.beat.Running() {
		t.Error("dots move for nobody")
	}
}
