package timeline

import "github.com/snugchat/snug/ui/timeline/bubble"

// SetGap says whether rows before the first one are still on their way: then outlines
// stand above it. Once they are not, the view asks for more by OnNear.
func (v *View) SetGap(on bool) {
	if v.gap == on {
		return
	}
	v.gap = on
	v.asked[0] = false
	if !on && v.top == 0 {
		v.into -= float64(bubble.GapHigh())
	}
	v.touch(0)
	v.relayout()
	v.dirty()
}
