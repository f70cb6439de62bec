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
