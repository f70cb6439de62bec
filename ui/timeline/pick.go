package timeline

// SetPicking says whether a press on a row picks it, instead of what it does
// otherwise.
func (v *View) SetPicking(on bool) {
	if v.picking == on {
		return
	}
	v.picking = on
	v.sel.clear()
	v.redraw()
}

// Picking reports whether a press on a row picks it.
func (v *View) Picking() bool { return v.picking }

// Repick shows which rows are picked now.
func (v *View) Repick() {
	if v.picking {
		v.redraw()
	}
}

// redraw draws the rows anew, which keep their heights.
func (v *View) redraw() {
	clear(v.rows)
	v.relayout()
	v.dirty()
}
