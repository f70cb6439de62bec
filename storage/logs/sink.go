package logs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// maxQueue is how many lines may wait for a slow writer: a second of a host
// that logs for a thousand people. Later ones are counted and left out.
const maxQueue = 1024

// closeTimeout is how long Close waits for a writer that takes nothing.
const closeTimeout = time.Second

// ErrStuck comes from Close when a writer, a pipe that nobody reads for
// example, took no line for a second. Its goroutine ends with the program.
var ErrStuck = errors.New("log writer takes no lines")

// sink writes lines on a goroutine of its own.
type sink struct {
	queue chan Line
	lost  int // lines since the last that found room; under core.mu
	done  chan struct{}
}

func newSink(w io.Writer) *sink {
	s := &sink{queue: make(chan Line, maxQueue), done: make(chan struct{})}
	go s.run(w)
	return s
}

func (s *sink) run(w io.Writer) {
	defer close(s.done)
	for l := range s.queue {
		// There is nobody to tell: this is the log. The line is in the window,
		// and the next may go through.
		_, _ = io.WriteString(w, l.String()+"\n")
	}
}

// put hands a line over if there is room, and says how many were left out
// before. It is called with core.mu held, and never waits.
func (s *sink) put(l Line) {
	if s.lost > 0 {
		gap := Line{Time: l.Time, Level: slog.LevelWarn, Text: "lines left out", Attrs: fmt.Sprint("count=", s.lost)}
		select {
		case s.queue <- gap:
			s.lost = 0
		default:
		}
	}
	select {
	case s.queue <- l:
	default:
		s.lost++
	}
}

// close waits until everything is written, or for the timeout. No put comes
// after it.
func (s *sink) close(timeout <-chan time.Time) bool {
	close(s.queue)
	select {
	case <-s.done:
		return true
	case <-timeout:
		return false
	}
}
