// Package page is the frame of a screen that asks one thing: a way back, a
// heading, a column that stays readable in a wide window and scrolls in a small
// one, and one primary button.
//
// It knows kit, text and theme, and nothing of what is asked. A page reports
// what the person did and decides nothing.
//
// The look follows the visual language of the design notes; "every screen has
// one primary button" is the rule of UX.md.
package page

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Width is how wide the column of a page is where there is room, in units.
const Width = 420

// Frame is what surrounds the column of every page.
type Frame struct {
	Back  func()          // the arrow at the top left; nil for none
	Theme *kit.IconButton // the switch at the top right; nil for none
}

// New makes a page of parts under each other.
func New(f Frame, parts ...fyne.CanvasObject) fyne.CanvasObject {
	back := fyne.CanvasObject(kit.Gap(36, 36))
	if f.Back != nil {
		back = kit.NewIconButton(icon.Back, text.WordBack(), f.Back)
	}
	right := fyne.CanvasObject(kit.Gap(36, 36))
	if f.Theme != nil {
		right = f.Theme
	}
	bar := kit.Inset(kit.WideLine(0, 1, back, kit.Gap(0, 0), right), 10, 12, 0, 12)
	column := kit.Inset(kit.Narrow(kit.Column(16, parts...), Width), 4, 24, 24, 24)
	l := &pageLayout{column: column}
	if len(parts) > 0 {
		l.heading, _ = parts[0].(*heading)
	}
	body := container.New(l, container.NewVScroll(container.New(rise{}, column)), bar)
	return kit.NewSurface(theme.Sidebar, "", body)
}

// pageLayout sets the bar over the scrolled column. In a low window it leaves
// the picture of the heading out, so that the button stays in sight.
type pageLayout struct {
	column  fyne.CanvasObject
	heading *heading // nil for a page without one
}

func (*pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(280), theme.Units(240))
}

func (l *pageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	high := objects[1].MinSize().Height
	if l.heading != nil {
		l.column.Resize(fyne.NewSize(size.Width, l.column.Size().Height)) // a wrapped text learns its width
		need := l.column.MinSize().Height
		if l.heading.picture.Hidden {
			need += l.heading.picture.MinSize().Height + theme.Units(headingGap)
		}
		if low := need > size.Height-high; low != l.heading.picture.Hidden {
			draw.Show(l.heading.picture, !low)
			l.column.Refresh()
		}
	}
	draw.Place(objects[0], 0, high, size.Width, size.Height-high)
	draw.Place(objects[1], 0, 0, size.Width, high)
}

// rise puts the column a little above the middle, where the eye looks for it.
type rise struct{}

func (rise) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (rise) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	o := objects[0]
	o.Resize(size) // a wrapped text learns its width
	high := o.MinSize().Height
	draw.Place(o, 0, max(0, (size.Height-high)*0.38), size.Width, high)
}

// headingGap is the distance between the parts of a heading, in units.
const headingGap = 12

// heading is a picture, a title and a line. A low page does without the picture.
type heading struct {
	widget.BaseWidget
	content, picture *fyne.Container
}

func newHeading(picture fyne.CanvasObject, title, line string) *heading {
	h := &heading{picture: kit.Centered(picture)}
	name := kit.NewParagraph(title)
	name.TextSize, name.Bold, name.Center = theme.TextHero, true, true
	h.content = kit.Column(headingGap, h.picture, name)
	if line != "" {
		say := kit.NewParagraph(line)
		say.Color, say.Center = theme.SubText, true
		h.content.Add(say)
	}
	h.ExtendBaseWidget(h)
	return h
}

// CreateRenderer implements fyne.Widget.
func (h *heading) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(h.content) }

// Heading is what a page begins with: an icon, what is asked, and a line about
// it, which may be empty.
func Heading(n icon.Name, title, line string) fyne.CanvasObject {
	return newHeading(disc(n, theme.AccentSoft, theme.Accent), title, line)
}

// Alarm is a heading in red, of a page from which nothing leads on.
func Alarm(n icon.Name, title, line string) fyne.CanvasObject {
	return newHeading(disc(n, theme.DangerSoft, theme.Danger), title, line)
}

// Face is a heading with the picture of a place or a person.
func Face(face fyne.CanvasObject, title string) fyne.CanvasObject {
	return newHeading(face, title, "")
}

func disc(n icon.Name, ground, ink fyne.ThemeColorName) fyne.CanvasObject {
	return kit.NewSurface(ground, theme.RadiusSheet, kit.Inset(kit.NewIcon(n, theme.IconLarge).In(ink), 14))
}

// Logo is a heading with the program's own picture.
func Logo(picture fyne.Resource, title, line string) fyne.CanvasObject {
	image := canvas.NewImageFromResource(picture)
	image.FillMode, image.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
	return newHeading(kit.Sized(image, 84, 84), title, line)
}

// Prefill puts a text into a field and selects it, so that typing replaces it.
func Prefill(f *kit.Field, s string) {
	f.SetText(s)
	if e, ok := f.Entry().(fyne.Shortcutable); ok && s != "" {
		e.TypedShortcut(&fyne.ShortcutSelectAll{})
	}
}

// Section is a small heading inside of a page.
func Section(title string) *kit.Label {
	l := kit.NewLabel(title)
	l.TextSize, l.Bold = theme.TextName, true
	return l
}

// Busy is a spinner and what it waits for, in one line. It turns while it is
// shown.
type Busy struct {
	widget.BaseWidget
	content *fyne.Container
	spinner *progress.Spinner
	label   *kit.Label
}

// NewBusy makes a hidden line.
func NewBusy() *Busy {
	b := &Busy{spinner: progress.NewSpinner(), label: kit.NewLabel("").Fit()}
	b.label.Color = theme.SubText
	b.content = kit.Centered(kit.Line(10, b.spinner, b.label))
	b.Hidden = true
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer implements fyne.Widget.
func (b *Busy) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(b.content) }

// Set shows the line with a sentence, or hides it with "".
func (b *Busy) Set(sentence string) {
	if sentence == "" {
		b.spinner.Stop()
		draw.Show(b, false)
		return
	}
	if b.Visible() && b.label.Text() == sentence {
		return
	}
	b.label.SetText(sentence)
	b.spinner.Start()
	draw.Show(b, true)
	b.content.Refresh()
}

// Fault is a card that says what went wrong. It is hidden while there is
// nothing to say.
type Fault struct {
	widget.BaseWidget
	surface        *kit.Surface
	what, do, code *kit.Label
}

// NewFault makes a hidden card.
func NewFault() *Fault {
	f := &Fault{what: kit.NewParagraph(""), do: kit.NewParagraph(""), code: kit.NewLabel("")}
	f.what.Color, f.what.Bold = theme.Danger, true
	f.do.Color = theme.Text
	f.code.TextSize, f.code.Color = theme.TextTime, theme.SubText
	words := kit.Column(3, f.what, f.do, f.code)
	f.surface = kit.NewSurface(theme.DangerSoft, theme.RadiusCard, kit.Inset(kit.WideLine(12, 1, kit.NewIcon(icon.Warn, theme.IconNormal).In(theme.Danger), words), 12, 14))
	f.Hidden = true
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer implements fyne.Widget.
func (f *Fault) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.surface) }

// Set shows a sentence; the zero one hides the card.
func (f *Fault) Set(s text.Sentence) {
	if s.What == "" {
		draw.Show(f, false)
		return
	}
	if f.Visible() && f.what.Text() == s.What && f.do.Text() == s.Do {
		return
	}
	f.what.SetText(s.What)
	f.do.SetText(s.Do)
	draw.Show(f.do, s.Do != "")
	f.code.SetText(s.Code)
	draw.Show(f.code, s.Code != "")
	draw.Show(f, true)
	f.surface.Refresh()
}

// Said is what the card says, for tests.
func (f *Fault) Said() string {
	if !f.Visible() {
		return ""
	}
	return text.Sentence{What: f.what.Text(), Do: f.do.Text()}.String()
}
