package chat

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/theme"
)

// percentile is the time below which so many in a hundred are.
func percentile(all []time.Duration, n int) float64 {
	slices.Sort(all)
	return all[min(len(all)*n/100, len(all)-1)].Seconds() * 1000
}

// BenchmarkPicker opens the picker of emoji until it is laid out; at most 50 ms
// are wanted.
func BenchmarkPicker(b *testing.B) {
	s := newStage(b)
	s.text("Maya Chen", noon(), "hello")
	s.open(theme.Light, 1116, 900)
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		s.view.pickEmoji(s.view.composer)
		took = append(took, time.Since(started))
		s.window.Canvas().Overlays().Remove(s.window.Canvas().Overlays().Top())
	}
	b.ReportMetric(percentile(took, 50), "p50-ms")
	b.ReportMetric(percentile(took, 95), "p95-ms")
}

// BenchmarkTheme switches between light and dark with a full conversation in
// sight; at most 300 ms are wanted.
func BenchmarkTheme(b *testing.B) {
	s := newStage(b)
	for i := range 400 {
		s.text("Maya Chen", noon().Add(time.Duration(i-2000)*time.Minute), "line "+strings.Repeat("word ", i%30))
	}
	s.open(theme.Light, 1116, 900)
	t := theme.New(theme.Light, 100)
	var took []time.Duration
	for b.Loop() {
		mode := theme.Dark
		if theme.IsDark() {
			mode = theme.Light
		}
		t = t.Switched(mode, 100)
		started := time.Now()
		fyne.CurrentApp().Settings().SetTheme(t)
		took = append(took, time.Since(started))
	}
	b.ReportMetric(percentile(took, 50), "p50-ms")
	b.ReportMetric(percentile(took, 95), "p95-ms")
}
