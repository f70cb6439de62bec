package rooms

import (
	"image"

	"fyne.io/fyne/v2"
	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/compare"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/code"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Verify is the open comparison with a person: one sheet whose content follows
// how far the two are.
type Verify struct {
	Account chat.AccountID
	place   *state.Place
	canvas  fyne.Canvas
	closed  func()
	sheet   *layer.Layer
	shown   state.Compare
	number  string // the safety number, once it was asked for
	fold    *fyne.Container
	open    bool // the fold is
	moving  bool // one sheet comes in the place of another
	began   bool // there was something to show
}

// ShowVerify opens the comparison with a person, which was asked for; closed is
// called when it is gone.
func ShowVerify(c fyne.Canvas, p *state.Place, account chat.AccountID, closed func()) *Verify {
	v := &Verify{Account: account, place: p, canvas: c, closed: closed}
	v.Update()
	return v
}

// Shown reports whether there is a sheet: there is none before the comparison
// has begun, or if it could not.
func (v *Verify) Shown() bool { return v.sheet != nil }

// Update shows the comparison as it is now, and closes the sheet when there is
// none any more.
func (v *Verify) Update() {
	k, ok := v.place.Compare(v.Account)
	switch {
	case !ok && !v.began:
		return // it was asked for, and begins in a moment
	case !ok:
		v.close()
		v.closed()
		return
	case v.began && same(k, v.shown):
		return
	}
	v.close()
	v.began, v.shown = true, k
	v.show()
}

// same reports whether two states of a comparison look alike.
func same(a, b state.Compare) bool {
	if len(a.Answers) != len(b.Answers) {
		return false
	}
	for i := range a.Answers {
		if a.Answers[i] != b.Answers[i] {
			return false
		}
	}
	a.Answers, b.Answers = nil, nil
	return a.Title == b.Title && a.Line == b.Line && a.Pictures == b.Pictures && a.Shown == b.Shown && a.Number == b.Number && a.Alarm == b.Alarm && a.Done == b.Done
}

// close takes the sheet away and ends nothing.
func (v *Verify) close() {
	if v.sheet != nil && v.sheet.Open() {
		v.moving = true
		v.sheet.Dismiss()
		v.moving = false
	}
	v.sheet = nil
}

func (v *Verify) show() {
	k := v.shown
	body := kit.Column(14)
	if k.Shown {
		body.Add(compare.New(k.Pictures))
	}
	switch {
	case k.Done:
		body.Add(kit.WideLine(10, 1, kit.NewIcon(icon.Shield, theme.IconNormal).In(theme.Good), kit.NewParagraph(k.Line)))
	case k.Alarm:
		body.Add(kit.WideLine(10, 1, kit.NewIcon(icon.Warn, theme.IconNormal).In(theme.Danger), kit.NewParagraph(k.Line)))
	case k.Line != "":
		body.Add(kit.NewParagraph(k.Line))
	}
	if k.Number {
		body.Add(v.details())
	}
	var buttons []*kit.Button
	for i, a := range k.Answers {
		kind := kit.Secondary
		if last := i == len(k.Answers)-1; last && (a == state.CompareMatch || a == state.CompareAgain) || a == state.CompareStop && k.Done {
			kind = kit.Primary
		}
		word := a.Word(k.Over())
		if k.Done {
			word = text.WordDone()
		}
		buttons = append(buttons, kit.NewButton(kind, word, func() { v.place.AnswerCompare(v.Account, a) }))
	}
	v.sheet = layer.Sheet(v.canvas, k.Title, body, buttons...)
	if !k.Over() {
		v.sheet.Stay() // a click beside it must not end it
	}
	v.sheet.OnClose = func() {
		if v.moving {
			return
		}
		v.sheet = nil
		v.closed()
		v.place.LeaveCompare(v.Account)
	}
}

// details is the fold with the number and its QR code.
func (v *Verify) details() fyne.CanvasObject {
	v.fold = kit.Column(12)
	var fold *kit.Button
	fold = kit.NewButton(kit.Plain, text.WordDetails(), func() {
		v.open = !v.open
		v.fillFold(fold)
	}).Small()
	v.fillFold(fold)
	return kit.Column(8, kit.Line(0, fold), v.fold)
}

func (v *Verify) fillFold(fold *kit.Button) {
	fold.WithIcon(icon.Down)
	v.fold.RemoveAll()
	if v.open {
		fold.WithIcon(icon.Up)
		if v.number == "" {
			v.place.SafetyNumber(v.Account, func(number string) {
				v.number = number
				v.fillFold(fold)
			})
		} else {
			v.fillNumber()
		}
	}
	fold.Refresh()
	if v.sheet != nil {
		v.sheet.Relayout()
	}
}

// fillNumber shows the safety number: to be read aloud, and to be scanned.
func (v *Verify) fillNumber() {
	name := v.place.NameOf(v.Account)
	digits := kit.NewParagraph(v.number)
	digits.Center, digits.TextSize, digits.Bold = true, theme.TextTitle, true
	number := v.number
	v.fold.Add(kit.NewHint(text.VerifyNumber(name)))
	v.fold.Add(kit.Narrow(digits, 300))
	if picture := numberCode(number); picture != nil {
		v.fold.Add(kit.Centered(code.New(picture)))
	}
	v.fold.Add(kit.Centered(kit.NewButton(kit.Secondary, text.VerifyNumberSame(), func() { v.place.SameNumber(v.Account, number) })))
}

// numberCode draws the digits as a QR code (ISO/IEC 18004).
func numberCode(number string) image.Image {
	drawn, err := qr.Encode(number, qr.M, qr.Auto)
	if err != nil {
		return nil
	}
	side := drawn.Bounds().Dx()
	scaled, err := barcode.Scale(drawn, 8*side, 8*side)
	if err != nil {
		return nil
	}
	return scaled
}
