package settings

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// kitSheets are the steps of making a recovery kit, a sheet each.
type kitSheets struct {
	canvas fyne.Canvas
	app    *state.App
	making *state.Kit
	sheet  *layer.Layer
	step   state.KitStep
	update func() // shows what has changed at this step
	busy   *page.Busy
	fault  *page.Fault
}

// ShowKit opens the recovery kit of a place.
func ShowKit(c fyne.Canvas, a *state.App, e *state.Entered) {
	x := &kitSheets{canvas: c, app: a}
	x.making = a.Kit(e, x.changed)
	x.open()
}

// changed shows the step that is reached.
func (x *kitSheets) changed() {
	if x.making.Step() != x.step {
		x.shut()
		x.open()
		return
	}
	x.show()
}

// show shows what has changed at this step.
func (x *kitSheets) show() {
	said := ""
	if x.making.Busy() {
		said = text.LoginWorking()
	}
	x.busy.Set(said)
	x.fault.Set(x.making.Fault())
	x.update()
	x.sheet.Relayout()
}

// shut closes the sheet of a step that is over.
func (x *kitSheets) shut() {
	x.sheet.OnClose = nil
	x.busy.Set("")
	x.sheet.Dismiss()
}

// open opens the sheet of the step.
func (x *kitSheets) open() {
	x.step, x.busy, x.fault, x.update = x.making.Step(), page.NewBusy(), page.NewFault(), func() {}
	switch x.step {
	case state.KitWords:
		x.words()
	case state.KitProve:
		x.prove()
	case state.KitDone:
		x.done()
	case state.KitWhy:
		if x.making.Can() {
			x.why()
		} else {
			x.use()
		}
	}
	x.sheet.OnClose = func() {
		x.busy.Set("")
		x.making.Close()
	}
	x.show()
}

// show a sheet that is not closed by a click beside it: what stands in it does not
// come again.
func (x *kitSheets) stay(title string, content fyne.CanvasObject, buttons ...*kit.Button) {
	x.sheet = layer.Sheet(x.canvas, title, kit.Column(14, content, x.busy, x.fault), buttons...).Stay()
}

// why says what a kit is for.
func (x *kitSheets) why() {
	label := text.KitMake()
	made := x.making.Line()
	parts := kit.Column(14, point(icon.Key, text.KitWhy()), point(icon.Lock, text.KitCare(x.making.Place())), point(icon.Info, text.KitHistory()))
	if made != "" {
		label = text.KitAnother()
		parts.Add(point(icon.Check, made+" "+text.KitEnds()))
	}
	act := kit.NewButton(kit.Primary, label, x.making.Make)
	shut := kit.NewButton(kit.Secondary, text.WordClose(), func() { x.sheet.Dismiss() })
	x.sheet = layer.Sheet(x.canvas, text.KitTitle(), kit.Column(14, parts, x.busy, x.fault), shut, act)
	x.update = func() { act.SetEnabled(!x.making.Busy()) }
}

func point(n icon.Name, line string) fyne.CanvasObject {
	return kit.WideLine(12, 1, kit.NewIcon(n, theme.IconNormal).In(theme.Accent), kit.NewParagraph(line))
}

// use brings the identity to this computer by a kit that is there already.
func (x *kitSheets) use() {
	code := kit.NewField(text.RecoverCode(), text.RecoverCodeHint())
	submit := func() {
		code.SetFault(x.making.Use(code.Text()))
		x.sheet.Relayout()
	}
	code.OnSubmit = func(string) { submit() }
	file := kit.NewButton(kit.Plain, text.RecoverFile(), func() {
		x.app.OpenKit(func(typed, fault string) {
			code.SetText(typed)
			code.SetFault(fault)
			x.sheet.Relayout()
		})
	}).Small()
	act := kit.NewButton(kit.Primary, text.KitUse(), submit)
	x.stay(text.KitTitle(), kit.Column(14, kit.NewParagraph(text.KitKey()), code, kit.Line(0, file)), kit.NewButton(kit.Secondary, text.WordClose(), func() { x.sheet.Dismiss() }), act)
	code.Focus()
	x.update = func() {
		act.SetEnabled(!x.making.Busy())
		if x.making.Can() { // it has worked: now one can be made here
			x.shut()
			x.open()
		}
	}
}

// words shows the words, once.
func (x *kitSheets) words() {
	saved := kit.NewHint("")
	save := kit.NewButton(kit.Secondary, text.KitSave(), x.making.Save).WithIcon(icon.Download)
	letters := kit.NewHint(text.KitLetters(x.making.Letters()))
	next := kit.NewButton(kit.Primary, text.KitHave(), x.making.Next)
	x.stay(text.KitWords(), kit.Column(14, kit.NewParagraph(text.KitWordsLine()), kit.NewCard(words(x.making.Words())), letters, saved), save, next)
	x.update = func() {
		save.SetEnabled(!x.making.Busy())
		next.SetEnabled(!x.making.Busy())
		line := ""
		if name := x.making.Saved(); name != "" {
			line = text.KitSaved(name)
		}
		saved.SetText(line)
		draw.Show(saved, line != "")
	}
}

// words is a grid of numbered words, to be read down its columns.
func words(all []string) fyne.CanvasObject {
	grid := container.New(&wordGrid{})
	for i, w := range all {
		number := kit.NewHint(strconv.Itoa(i + 1))
		number.Wrap = false
		word := kit.NewLabel(w)
		word.Bold = true
		grid.Add(kit.WideLine(6, 1, kit.Sized(number, 20, 0), word))
	}
	return grid
}

// wordWide is the least width of a column of words, in units: of the longest of the
// list (eight letters) with its number.
const wordWide = 108

// wordGrid sets objects in as many columns as have room, each filled before the
// next.
type wordGrid struct{ width float32 }

// shape is how many columns and rows there are.
func (g *wordGrid) shape(n int) (columns, rows int) {
	columns = max(1, min(3, int(g.width/theme.Units(wordWide))))
	return columns, (n + columns - 1) / columns
}

// row is the height of one row, with the room below.
func (g *wordGrid) row(objects []fyne.CanvasObject) float32 {
	return objects[0].MinSize().Height + theme.Units(8)
}

// MinSize implements fyne.Layout.
func (g *wordGrid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	_, rows := g.shape(len(objects))
	return fyne.NewSize(theme.Units(wordWide), float32(rows)*g.row(objects)-theme.Units(8))
}

// Layout implements fyne.Layout.
func (g *wordGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	g.width = size.Width
	columns, rows := g.shape(len(objects))
	wide, high := size.Width/float32(columns), g.row(objects)
	for i, o := range objects {
		draw.Place(o, float32(i/rows)*wide, float32(i%rows)*high, wide, o.MinSize().Height)
	}
}

// prove asks for two of the words.
func (x *kitSheets) prove() {
	asked := x.making.Asked()
	var fields [2]*kit.Field
	for i, n := range asked {
		fields[i] = kit.NewField(text.KitWord(strconv.Itoa(n)), "")
	}
	submit := func() {
		for i, fault := range x.making.Prove([2]string{fields[0].Text(), fields[1].Text()}) {
			fields[i].SetFault(fault)
		}
		x.sheet.Relayout()
	}
	fields[0].OnSubmit = func(string) { fields[1].Focus() }
	fields[1].OnSubmit = func(string) { submit() }
	back := kit.NewButton(kit.Secondary, text.KitShow(), x.making.Back)
	act := kit.NewButton(kit.Primary, text.KitCheck(), submit)
	x.stay(text.KitProve(), kit.Column(14, kit.NewParagraph(text.KitProveLine()), fields[0], fields[1]), back, act)
	fields[0].Focus()
	x.update = func() { act.SetEnabled(!x.making.Busy()) }
}

// done says that the kit is good.
func (x *kitSheets) done() {
	x.sheet = layer.Sheet(x.canvas, text.KitDone(), kit.Column(14, point(icon.Check, text.KitDoneLine()), x.busy, x.fault),
		kit.NewButton(kit.Primary, text.WordDone(), func() { x.sheet.Dismiss() }))
}
