// Package join shows the way into a place that somebody else hosts: the link,
// what is known of the place, name and password, and the pages that say why one
// is not in (yet).
//
// It knows ui/state and decides nothing. What the screens say is specified by
// section 4.4 of UX.md.
package join

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Screen is one step.
type Screen struct {
	object fyne.CanvasObject
	first  fyne.Focusable // where it begins, nil for nowhere
	update func()
	busy   *page.Busy
}

// Object is what the window shows.
func (s *Screen) Object() fyne.CanvasObject { return s.object }

// First is what gets the keyboard when the step is shown, nil for nothing.
func (s *Screen) First() fyne.Focusable { return s.first }

// Close stops what moves.
func (s *Screen) Close() {
	if s.busy != nil {
		s.busy.Set("")
	}
}

// Update shows what has changed.
func (s *Screen) Update() {
	if s.update != nil {
		s.update()
	}
}

// New makes the screen of the step that somebody is at.
func New(a *state.App, frame page.Frame) *Screen {
	j := a.Join()
	switch j.Step() {
	case state.JoinLooking:
		return looking(a, j, frame)
	case state.JoinCompare:
		return fingerprint(j, frame)
	case state.JoinCard:
		return card(j, frame)
	case state.JoinSign:
		return sign(j, frame)
	case state.JoinImpostor:
		return impostor(a, frame)
	case state.JoinDevice:
		return device(a, j, frame)
	case state.JoinKit:
		return recovery(a, j, frame)
	case state.JoinLost:
		return lost(j, frame)
	case state.JoinPaste:
	}
	return paste(j, frame)
}

// paste asks for a link or an address. A link that lies on the clipboard is
// filled in.
func paste(j *state.Join, frame page.Frame) *Screen {
	field := kit.NewField(text.JoinPaste(), text.JoinPasteHint()).WithHint(text.JoinPasteLine())
	heading := page.Heading(icon.Join, text.JoinTitle(), "")
	if j.Mine() {
		field = kit.NewField(text.JoinDevicePaste(), text.JoinDeviceHint())
		heading = page.Heading(icon.Computer, text.JoinDeviceTitle(), text.JoinDeviceLine())
	}
	typed := j.Typed()
	if typed == "" {
		typed = j.Suggestion()
	}
	page.Prefill(field, typed)
	next := func() { field.SetFault(j.Paste(field.Text())) }
	field.OnSubmit = func(string) { next() }
	button := kit.NewButton(kit.Primary, text.WordContinue(), next)
	fault := page.NewFault()
	s := &Screen{first: field.Entry(), update: func() { fault.Set(j.Fault()) }}
	back := kit.Centered(kit.NewButton(kit.Plain, text.RecoverOpen(), j.Kit).Small())
	s.object = page.New(frame, heading, kit.Gap(0, 2), field, button, fault, back)
	return s
}

// looking waits for the place to answer.
func looking(a *state.App, j *state.Join, frame page.Frame) *Screen {
	busy, fault := page.NewBusy(), page.NewFault()
	stop := kit.NewButton(kit.Secondary, text.WordCancel(), a.Back)
	s := &Screen{busy: busy}
	s.update = func() {
		busy.Set(text.JoinConnecting())
		fault.Set(j.Fault())
	}
	s.object = page.New(frame, page.Heading(icon.Join, text.JoinTitle(), ""), kit.Gap(0, 2), busy, fault, stop)
	return s
}

// fingerprint shows the fingerprint of a place that was reached by a bare address.
func fingerprint(j *state.Join, frame page.Frame) *Screen {
	shown := kit.NewParagraph(j.Fingerprint())
	shown.TextSize, shown.Bold, shown.Center = theme.TextTitle, true, true
	same := kit.NewButton(kit.Primary, text.JoinFingerprintSame(), j.Same)
	s := &Screen{update: func() { same.SetEnabled(!j.Busy()) }}
	s.object = page.New(frame, page.Heading(icon.Shield, text.JoinFingerprint(), text.JoinAddressLine()), kit.NewCard(shown), same)
	return s
}

// card says what is known of the place.
func card(j *state.Join, frame page.Frame) *Screen {
	fault := page.NewFault()
	parts := []fyne.CanvasObject{}
	if c := j.Card(); c != nil {
		lines := kit.Column(8)
		if c.Host != "" {
			lines.Add(fact(icon.Person, text.JoinHosted(c.Host)))
		}
		lines.Add(fact(icon.People, text.JoinPeople(int(c.People))))
		lines.Add(fact(icon.Eye, text.JoinRead()))
		if c.Ask {
			lines.Add(fact(icon.Clock, asks(c.Host)))
		}
		parts = append(parts, page.Face(kit.NewAvatar(c.Place, j.PlaceID(), theme.AvatarRow), text.JoinAsk(c.Place)), kit.NewCard(lines))
	} else {
		parts = append(parts, page.Heading(icon.Lock, text.LoginTitle(j.PlaceName()), ""))
	}
	known := kit.NewButton(kit.Plain, text.LoginKnown(), func() { j.Come(state.SignLogin) })
	s := &Screen{update: func() { fault.Set(j.Fault()) }}
	if j.CanRegister() {
		come := kit.NewButton(kit.Primary, text.JoinAction(), func() { j.Come(state.SignRegister) })
		s.first = come
		parts = append(parts, come)
	}
	s.object = page.New(frame, append(parts, fault, kit.Centered(known))...)
	return s
}

func asks(host string) string {
	if host == "" {
		return text.JoinAsksHost()
	}
	return text.JoinAsks(host)
}

func fact(n icon.Name, line string) fyne.CanvasObject {
	return kit.WideLine(12, 1, kit.NewIcon(n, theme.IconNormal), kit.NewParagraph(line))
}

// sign asks for name and password.
func sign(j *state.Join, frame page.Frame) *Screen {
	how := j.Sign()
	name := kit.NewField(text.LoginName(), "")
	page.Prefill(name, j.Name())
	code := kit.NewField(text.LoginCode(), text.LoginCodeHint())
	pass := kit.NewPassword(text.LoginPassword(), "")
	words := kit.NewLabel("")
	suggest := kit.NewButton(kit.Plain, text.ProtectSuggest(), nil).Small()
	suggest.SetPress(func() {
		w := state.SuggestPassword()
		words.SetText(w)
		pass.SetText(w)
		pass.Focus()
	})
	fault, busy := page.NewFault(), page.NewBusy()
	submit := func() {
		f := j.Submit(name.Text(), code.Text(), pass.Text())
		name.SetFault(f.Name)
		code.SetFault(f.Code)
		pass.SetFault(f.Password)
	}
	action := text.LoginAction()
	heading := page.Heading(icon.Key, text.LoginTitle(j.PlaceName()), "")
	parts := []fyne.CanvasObject{name}
	switch how {
	case state.SignRegister:
		action = text.LoginCreate()
		heading = page.Heading(icon.Join, text.JoinTitleOf(j.PlaceName()), "")
		if j.NeedsPassword() {
			pass.SetHint(text.LoginPasswordWhy())
			parts = append(parts, pass, kit.Flush(kit.WideLine(10, 1, suggest, words)))
		}
	case state.SignLogin:
		pass.SetHint(text.LoginPasswordLine())
		parts = append(parts, pass)
	case state.SignCode:
		pass.SetHint(text.LoginPasswordWhy())
		parts = append(parts, kit.NewHint(text.LoginCodeLine()), code, pass, kit.Flush(kit.WideLine(10, 1, suggest, words)))
	}
	button := kit.NewButton(kit.Primary, action, submit)
	name.OnSubmit = func(string) {
		switch {
		case how == state.SignCode:
			code.Focus()
		case how == state.SignRegister && !j.NeedsPassword():
			submit()
		default:
			pass.Focus()
		}
	}
	code.OnSubmit = func(string) { pass.Focus() }
	pass.OnSubmit = func(string) { submit() }
	parts = append([]fyne.CanvasObject{heading}, append(parts, button, fault, busy, others(j))...)
	s := &Screen{first: pass.Entry(), busy: busy}
	switch {
	case name.Text() == "":
		s.first = name.Entry()
	case how == state.SignCode:
		s.first = code.Entry()
	}
	s.update = func() {
		button.SetEnabled(!j.Busy())
		name.SetEnabled(!j.Busy())
		pass.SetEnabled(!j.Busy())
		said := ""
		if j.Busy() {
			said = text.LoginWorking()
		}
		busy.Set(said)
		if j.NameTaken() {
			name.SetFault(j.Fault().String())
			fault.Set(text.Sentence{})
			return
		}
		fault.Set(j.Fault())
	}
	s.object = page.New(frame, parts...)
	return s
}

// others are the other ways of coming in.
func others(j *state.Join) fyne.CanvasObject {
	row := kit.Column(0)
	way := func(label string, how state.Sign) {
		row.Add(kit.Centered(kit.NewButton(kit.Plain, label, func() { j.Come(how) }).Small()))
	}
	if j.Sign() != state.SignRegister && j.CanRegister() {
		way(text.LoginNew(), state.SignRegister)
	}
	if j.Sign() != state.SignLogin {
		way(text.LoginKnown(), state.SignLogin)
	}
	if j.Sign() == state.SignLogin {
		way(text.LoginCode(), state.SignCode)
	}
	if j.Sign() != state.SignRegister && !j.Again() {
		row.Add(kit.Centered(kit.NewButton(kit.Plain, text.RecoverOpen(), j.Kit).Small()))
	}
	return row
}

// impostor says that another computer answered. There is no way on.
func impostor(a *state.App, frame page.Frame) *Screen {
	return &Screen{object: stop(frame, text.For(text.Impostor, text.Facts{}), kit.NewButton(kit.Primary, text.WordBack(), a.Back))}
}

// stop is a page that says why nothing goes on.
func stop(frame page.Frame, s text.Sentence, buttons ...fyne.CanvasObject) fyne.CanvasObject {
	parts := append([]fyne.CanvasObject{page.Alarm(icon.Ban, s.What, s.Do)}, buttons...)
	code := kit.NewHint(s.Code)
	code.Center = true
	return page.New(frame, append(parts, code)...)
}

// Waiting is shown while a moderator has not let the person in yet.
func Waiting(e *state.Entered, frame page.Frame) *Screen {
	busy := page.NewBusy()
	line := text.JoinWaitingHost()
	if owner := e.Info().Owner; owner != "" {
		line = text.JoinWaiting(owner)
	}
	s := &Screen{busy: busy, update: func() {
		if e.Reached() {
			busy.Set(text.JoinWaitingShort())
		} else {
			busy.Set(text.OfflineConnecting())
		}
	}}
	s.object = page.New(frame, page.Heading(icon.Clock, e.Name(), line), busy)
	return s
}

// Stopped says why a place that was joined is not connected any more.
func Stopped(a *state.App, e *state.Entered, frame page.Frame) *Screen {
	var buttons []fyne.CanvasObject
	switch {
	case e.CanLogin():
		buttons = append(buttons, kit.NewButton(kit.Primary, text.ActionLogin(), func() { a.LoginAgain(e) }))
	case e.CanRetry():
		buttons = append(buttons, kit.NewButton(kit.Primary, text.WordRetry(), e.Retry))
	}
	if e.CanRead() {
		buttons = append(buttons, kit.NewButton(kit.Secondary, text.JoinReadOld(), func() { a.Read(e) }))
	}
	return &Screen{object: stop(frame, e.Trouble(a), buttons...)}
}
