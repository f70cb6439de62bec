package progress

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/test"
)

func TestProgressBounds(t *testing.T) {
	test.NewTempApp(t)
	p := NewBar()
	for in, want := range map[float64]float32{-1: 0, 0.5: 0.5, 7: 1, math.NaN(): 0} {
		p.Set(in)
		if p.value != want {
			t.Errorf("Set(%v): got %v, want %v", in, p.value, want)
		}
	}
}

// Six steps a second while it runs, none after Stop, and no goroutine is left.
// TestBeatWaits shows that a beat does not pile up calls while Fyne's goroutine
// is busy, and goes on afterwards.
func TestBeatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := make(chan func(), 100)
		n := 0
		b := NewBeat(func(int) { n++ })
		b.do = func(f func()) { calls <- f }
		b.Start()
		defer b.Stop()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(calls) != 1 {
			t.Fatalf("%d calls wait after 10 s, want 1", len(calls))
		}
		(<-calls)()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(calls) != 1 || n != 1 {
			t.Errorf("%d calls wait and %d were made after the first was served, want 1 and 1", len(calls), n)
		}
	})
}

func TestBeat(t *testing.T) {
	test.NewTempApp(t)
	synctest.Test(t, func(t *testing.T) {
		n := 0
		b := NewBeat(func(int) { n++ })
		b.Start()
		b.Start() // goes on
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if n != beatsPerSecond {
			t.Errorf("%d steps in a second, want %d", n, beatsPerSecond)
		}
		b.Stop()
		b.Stop()
		time.Sleep(time.Second)
		if n != beatsPerSecond || b.Running() {
			t.Errorf("%d steps after Stop, want %d", n, beatsPerSecond)
		}
		b.Start()
		time.Sleep(time.Second)
		b.Stop()
		if n < beatsPerSecond+5 {
			t.Errorf("%d steps, want it to run again", n)
		}
	})
}
