package timeline

import "github.com/snugchat/snug/ui/timeline/bubble"

// reveal uncovers the spoilers of a row.
func (v *View) reveal(i int) {
	if v.open == nil {
		v.open = map[string]bool{}
	}
	v.open[v.source.Row(i).ID] = true
	v.touch(i)
	v.relayout()
	v.dirty()
}

// flashBeats is for how long a row is held up that was jumped to: two seconds.
const flashBeats = 12

// Flash holds up a row for a moment, so that the eye finds it after a jump.
func (v *View) Flash(id string) {
	v.unflash()
	for i, b := range v.rows {
		if b.Found || v.source.Row(i).ID == id {
			delete(v.rows, i) // what was looked for is another one
		}
	}
	v.flash = id
	v.flashed.Start()
	v.relayout()
	v.dirty()
}

func (v *View) unflash() {
	v.flashed.Stop()
	if v.flash == "" {
		return
	}
	v.flash = ""
	for _, b := range v.rows {
		b.SetLit(false)
	}
	v.relayout()
	v.dirty()
}

// light holds up the row that was jumped to.
func (v *View) light(i int, b *bubble.Drawn) {
	if v.flash != "" && !b.Lit() && v.source.Row(i).ID == v.flash {
		b.SetLit(true)
	}
}
