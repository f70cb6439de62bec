package pick

// Seen is where a tab stands in what is in sight.
func (t *Tabs) Seen(i int) (left, right float32) {
	x := t.tabs[i]
	left = x.Position().X - t.strip.off
	return left, left + x.Size().Width
}
