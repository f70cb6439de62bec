package transfer

import (
	"math"
	"time"
)

// Progress is how far a transfer is, as people see it.
type Progress struct {
	Done  int64         // bytes
	Total int64         // bytes
	Rate  float64       // bytes per second, smoothed; 0 while unknown or standing still
	Left  time.Duration // until the end at this rate; 0 while unknown
}

// smoothing is the time constant of the shown speed: a hiccup of a second
// hardly shows, a real change does within a few.
const smoothing = 3 * time.Second

// minSample is the shortest time over which a speed is measured.
const minSample = 50 * time.Millisecond

// Meter turns counts of bytes into a speed and a time left. The zero Meter is
// ready. It is not safe for concurrent use.
type Meter struct {
	rate  float64
	last  time.Time
	bytes int64
	warm  float64 // how much of rate is measured, 0 to 1
}

// Note says that done bytes were through at now. After a pause call Reset
// first, so that the pause does not count as slowness.
func (m *Meter) Note(now time.Time, done int64) {
	if m.last.IsZero() || done < m.bytes {
		m.last, m.bytes = now, done
		return
	}
	dt := now.Sub(m.last)
	if dt < minSample {
		return
	}
	w := 1 - math.Exp(-dt.Seconds()/smoothing.Seconds())
	m.rate += w * (float64(done-m.bytes)/dt.Seconds() - m.rate)
	m.warm += w * (1 - m.warm)
	m.last, m.bytes = now, done
}

// Reset forgets the speed.
func (m *Meter) Reset() { *m = Meter{} }

// Progress returns the state of a transfer that has done of total bytes.
func (m *Meter) Progress(done, total int64) Progress {
	p := Progress{Done: done, Total: total}
	if m.warm > 0 {
		p.Rate = m.rate / m.warm // without this the speed would creep up from 0
	}
	if p.Rate >= 1 && done < total {
		left := float64(total-done) / p.Rate
		if left < math.MaxInt64/float64(time.Second) {
			p.Left = time.Duration(left * float64(time.Second))
		}
	} else if p.Rate < 1 {
		p.Rate = 0
	}
	return p
}
