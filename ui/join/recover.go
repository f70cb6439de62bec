package join

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// recovery asks for a recovery kit and, if that does not say it, for the place.
func recovery(a *state.App, j *state.Join, frame page.Frame) *Screen {
	code := kit.NewField(text.RecoverCode(), text.RecoverCodeHint())
	where := kit.NewField(text.RecoverWhere(), text.RecoverWhereHint()).WithHint(text.RecoverWhereLine())
	page.Prefill(where, j.Where())
	fault := page.NewFault()
	next := func() {
		f := j.Recover(code.Text(), where.Text())
		code.SetFault(f.Code)
		where.SetFault(f.Where)
	}
	code.OnSubmit = func(string) {
		if where.Text() == "" {
			where.Focus()
			return
		}
		next()
	}
	where.OnSubmit = func(string) { next() }
	file := kit.NewButton(kit.Secondary, text.RecoverFile(), func() {
		a.OpenKit(func(typed, wrong string) {
			code.SetText(typed)
			code.SetFault(wrong)
			if wrong == "" {
				next()
			}
		})
	}).WithIcon(icon.File)
	button := kit.NewButton(kit.Primary, text.WordContinue(), next)
	s := &Screen{first: code.Entry(), update: func() { fault.Set(j.Fault()) }}
	s.object = page.New(frame, page.Heading(icon.Key, text.RecoverTitle(), text.RecoverLine()), kit.Gap(0, 2), code, where, button, fault, file)
	return s
}

// lost says whom a kit has found, and asks which computer is lost.
func lost(j *state.Join, frame page.Frame) *Screen {
	all := j.LostDevices()
	var options []pick.Option
	for _, d := range all {
		options = append(options, pick.Option{Title: d.Name, Line: d.Line})
	}
	which := pick.NewChoices(options, 0, func(int) {})
	fault, busy := page.NewFault(), page.NewBusy()
	act := kit.NewButton(kit.Primary, text.RecoverAction(), func() { j.ComeBack(all[which.Chosen()].ID) })
	s := &Screen{first: act, busy: busy}
	s.update = func() {
		act.SetEnabled(!j.Busy())
		said := ""
		if j.Busy() {
			said = text.RecoverWorking()
		}
		busy.Set(said)
		fault.Set(j.Fault())
	}
	parts := []fyne.CanvasObject{
		page.Heading(icon.Person, text.RecoverFound(j.LostName()), text.RecoverFoundLine(j.PlaceName())), kit.Gap(0, 2),
		kit.Column(4, page.Section(text.RecoverWhich()), kit.NewHint(text.RecoverWhichLine())), which, act, fault, busy,
	}
	s.object = page.New(frame, parts...)
	return s
}
