package join

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/ui/compare"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// device adds this computer to those of a person, as far as the two computers are.
func device(a *state.App, j *state.Join, frame page.Frame) *Screen {
	busy, fault := page.NewBusy(), page.NewFault()
	s := &Screen{busy: busy}
	step := j.Pair().Step
	differ := kit.NewButton(kit.Secondary, text.VerifyDiffer(), j.Differ)
	waits := ""
	var parts []fyne.CanvasObject
	switch step {
	case client.PairCompare:
		line := text.JoinDeviceWhose(j.Pair().Person)
		// Nothing has the keyboard: whoever pasted the link and presses Enter once more
		// has not looked yet.
		match := kit.NewButton(kit.Primary, text.VerifyMatch(), j.Match)
		parts = []fyne.CanvasObject{page.Heading(icon.Shield, text.DevicesAddLook(), line), compare.New(j.Pair().Emoji), match, differ}
	case client.PairAgreed:
		waits = text.DevicesAddWaiting()
		parts = []fyne.CanvasObject{page.Heading(icon.Shield, text.JoinDeviceAgreed(), ""), compare.New(j.Pair().Emoji), busy, differ}
	default:
		waits = text.JoinDeviceWaiting()
		switch step {
		case client.PairMeeting:
			waits = text.JoinDeviceMeeting()
		case client.PairDone:
			waits = text.JoinDeviceFinish()
		}
		stop := kit.NewButton(kit.Secondary, text.WordCancel(), a.Back)
		parts = []fyne.CanvasObject{page.Heading(icon.Computer, text.JoinDeviceTitle(), ""), kit.Gap(0, 2), busy, fault, stop}
	}
	s.update = func() {
		busy.Set(waits)
		fault.Set(j.Fault())
	}
	s.object = page.New(frame, parts...)
	return s
}
