// Package start shows the way in: the first question, the name, how this
// computer is protected, and the lock screen.
//
// It knows ui/state and decides nothing. What the screens say and in which order
// they come is specified by sections 4.1 and 4.10 of UX.md.
package start

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// View is one screen.
type View struct {
	object fyne.CanvasObject
	first  fyne.Focusable // where it begins, nil for nowhere
	update func()         // shows what has changed in the state
	busy   *page.Busy     // turns while something takes time; nil for none
}

// Object is what the window shows.
func (v *View) Object() fyne.CanvasObject { return v.object }

// First is what gets the keyboard when the screen is shown, nil for nothing.
func (v *View) First() fyne.Focusable { return v.first }

// Close stops what moves.
func (v *View) Close() {
	if v.busy != nil {
		v.busy.Set("")
	}
}

// Update shows what has changed.
func (v *View) Update() {
	if v.update != nil {
		v.update()
	}
}

// Welcome asks whether to host or to join, and lists the places that are known.
func Welcome(a *state.App, frame page.Frame, picture fyne.Resource) *View {
	host := kit.NewButton(kit.Primary, text.StartHost(), a.ChooseHost).WithIcon(icon.Host)
	join := kit.NewButton(kit.Secondary, text.StartJoin(), a.ChooseJoin).WithIcon(icon.Join)
	mine := kit.NewButton(kit.Plain, text.StartDevice(), a.ChooseDevice).Small()
	fault := page.NewFault()
	busy := page.NewBusy()
	parts := []fyne.CanvasObject{
		page.Logo(picture, text.StartTitle(), text.StartLine()),
		kit.Gap(0, 4),
		kit.Column(6, host, hint(text.StartHostLine())),
		kit.Column(6, join, hint(text.StartJoinLine())),
		kit.Centered(mine),
		fault, busy,
	}
	if rows := known(a); rows != nil {
		parts = append(parts, kit.Column(6, page.Section(text.StartRecent()), rows))
	}
	if !a.IsNew() {
		open := kit.NewButton(kit.Plain, text.DataOpen(), a.OpenExport).Small()
		parts = append(parts, kit.Column(2, kit.Centered(open), hint(text.DataOpenLine())))
	}
	v := &View{object: page.New(frame, parts...), busy: busy}
	v.update = func() {
		host.SetEnabled(!a.Busy())
		join.SetEnabled(!a.Busy())
		mine.SetEnabled(!a.Busy())
		fault.Set(a.Fault())
		busy.Set(when(a.Busy(), text.JoinConnecting()))
	}
	v.update()
	return v
}

func hint(line string) *kit.Label {
	l := kit.NewHint(line)
	l.Center = true
	return l
}

func when(on bool, sentence string) string {
	if on {
		return sentence
	}
	return ""
}

// known lists the places of the profile, nil if there are none.
func known(a *state.App) fyne.CanvasObject {
	places := a.Places()
	if len(places) == 0 {
		return nil
	}
	rows := kit.Column(2)
	for _, p := range places {
		line, ico := text.StartRecentJoined(p.Person), icon.Name("")
		switch {
		case p.Hosted:
			line, ico = text.StartRecentHosted(), icon.Host
		case p.Archive:
			line = text.DataArchive()
		}
		row := kit.NewRow(kit.RowData{Title: p.Name, Line: line, LineIcon: ico, ID: p.ID}, func() { a.Enter(p.ID) }, nil)
		if !p.Hosted {
			var more *kit.IconButton
			more = kit.NewIconButton(icon.More, text.WordMore(), func() { layer.MenuBeside(more, forget(a, p, press.Canvas(more))) }).Side(32)
			row.With(more)
		}
		rows.Add(row)
	}
	return kit.NewCard(rows)
}

// forget offers to remove a place from this computer, and asks first.
func forget(a *state.App, p setup.Place, c fyne.Canvas) layer.Item {
	return layer.Item{Icon: icon.Trash, Label: text.StartForget(), Danger: true, Do: func() {
		var sheet *layer.Layer
		cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
		act := kit.NewButton(kit.Danger, text.StartForget(), func() {
			sheet.Dismiss()
			a.Forget(p.ID)
		})
		sheet = layer.Sheet(c, text.StartForgetAsk(p.Name), kit.NewParagraph(text.StartForgetLine()), cancel, act)
	}}
}

// Name asks what people should call this person.
func Name(a *state.App, frame page.Frame) *View {
	field := kit.NewField(text.NameHint(), "").WithHint(text.NameLine())
	page.Prefill(field, a.Person())
	next := func() { field.SetFault(a.SetName(field.Text())) }
	field.OnSubmit = func(string) { next() }
	button := kit.NewButton(kit.Primary, text.WordContinue(), next)
	fault := page.NewFault()
	v := &View{first: field.Entry()}
	v.object = page.New(frame, page.Heading(icon.Person, text.NameTitle(), ""), kit.Gap(0, 2), field, button, fault)
	v.update = func() {
		button.SetEnabled(!a.Busy())
		fault.Set(a.Fault())
	}
	v.update()
	return v
}

// Protect asks how this computer keeps what is on it.
func Protect(a *state.App, frame page.Frame) *View {
	first := kit.NewPassword(text.ProtectPassphraseHint(), "")
	again := kit.NewPassword(text.ProtectAgainHint(), "")
	suggested := kit.NewLabel("")
	suggest := kit.NewButton(kit.Plain, text.ProtectSuggest(), nil).Small()
	typed := kit.Column(12, first, again, kit.Flush(kit.WideLine(10, 1, suggest, suggested)))
	fault, busy := page.NewFault(), page.NewBusy()
	var choices *pick.Choices
	var next func()
	button := kit.NewButton(kit.Primary, text.WordContinue(), func() { next() })
	next = func() {
		f, g := a.Protect(choices.Chosen() == 0, first.Text(), again.Text())
		first.SetFault(f)
		again.SetFault(g)
	}
	suggest.SetPress(func() {
		words := state.SuggestPassword()
		suggested.SetText(words)
		first.SetText(words)
		again.SetText("")
		again.Focus()
	})
	first.OnSubmit = func(string) { again.Focus() }
	again.OnSubmit = func(string) { next() }

	holder := kit.Column(16)
	v := &View{busy: busy}
	shown := struct{ has, known, made bool }{}
	chosen := func(i int) {
		draw.Show(typed, i != 0)
		holder.Refresh()
		if i == 1 {
			first.Focus()
		}
	}
	v.update = func() {
		has, known := a.Keyring()
		if !shown.made || shown.has != has || shown.known != known {
			pickNow := 1
			if has {
				pickNow = 0
			}
			keyringLine := text.ProtectKeyringLine()
			if known && !has {
				keyringLine = text.ProtectKeyringMissing()
			}
			choices = pick.NewChoices([]pick.Option{
				{Title: text.ProtectKeyring(), Line: keyringLine, Off: !has},
				{Title: text.ProtectPassphrase(), Line: text.ProtectPassphraseLine()},
			}, pickNow, chosen)
			draw.Show(typed, pickNow != 0)
			holder.RemoveAll()
			holder.Add(choices)
			holder.Add(typed)
			shown.has, shown.known, shown.made = has, known, true
		}
		button.SetEnabled(!a.Busy() && shown.known)
		fault.Set(a.Fault())
		busy.Set(when(a.Busy(), text.ProtectWorking()))
	}
	v.object = page.New(frame, page.Heading(icon.Shield, text.ProtectTitle(), text.ProtectLine()), holder, button, fault, busy)
	v.update()
	if choices.Chosen() == 1 {
		v.first = first.Entry()
	}
	return v
}

// Locked asks for the passphrase.
func Locked(a *state.App, frame page.Frame) *View {
	field := kit.NewPassword(text.ProtectPassphraseHint(), "")
	button := kit.NewButton(kit.Primary, text.UnlockAction(), func() { a.Unlock(field.Text()) })
	field.OnSubmit = func(s string) { a.Unlock(s) }
	fault, busy := page.NewFault(), page.NewBusy()
	v := &View{first: field.Entry(), busy: busy}
	parts := []fyne.CanvasObject{page.Heading(icon.Lock, text.UnlockTitle(), "")}
	if a.ByPassphrase() {
		kitButton := kit.NewButton(kit.Plain, text.UnlockKit(), nil).Small()
		kitButton.SetPress(func() { anew(a, press.Canvas(kitButton)) })
		parts = append(parts, field, button, kit.Column(2, hint(text.UnlockForgot()), kit.Centered(kitButton)))
	} else {
		button.SetText(text.WordRetry())
		v.first = nil
		parts = append(parts, button)
	}
	v.object = page.New(frame, append(parts, fault, busy)...)
	v.update = func() {
		button.SetEnabled(!a.Busy())
		busy.Set(when(a.Busy(), text.UnlockWorking()))
		s := a.Fault()
		if a.ByPassphrase() && s.What == text.UnlockWrong() {
			field.SetFault(s.What)
			s = text.Sentence{}
		}
		fault.Set(s)
	}
	v.update()
	return v
}

// anew asks before what is locked is put aside.
func anew(a *state.App, c fyne.Canvas) {
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	act := kit.NewButton(kit.Primary, text.UnlockKitAction(), func() {
		sheet.Dismiss()
		a.StartAnew()
	})
	sheet = layer.Sheet(c, text.UnlockKitAsk(), kit.NewParagraph(text.UnlockKitLine()), cancel, act).Stay()
}

// Opening waits for the profile or a place.
func Opening(frame page.Frame) *View {
	busy := page.NewBusy()
	busy.Set(text.StartOpening())
	return &View{object: page.New(frame, kit.Gap(0, 40), busy), busy: busy}
}

// Broken says why the profile cannot be opened.
func Broken(a *state.App, frame page.Frame, quit func()) *View {
	s := a.Fault()
	say := kit.NewParagraph(s.Do)
	say.Color, say.Center = theme.SubText, true
	code := hint(s.Code)
	shut := kit.NewButton(kit.Primary, text.WordClose(), quit)
	return &View{object: page.New(frame, page.Heading(icon.Warn, s.What, ""), say, shut, code)}
}
