package compose

import (
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Choice is one of the words that complete what is being typed.
type Choice struct {
	Sign     string // an emoji at the left; "" for a person's picture
	ID, Name string // of the person
	Label    string
	Hint     string
	Insert   string // what is put in the place of the word
}

// The characters that begin a word that can be completed.
const (
	SignPerson = '@'
	SignEmoji  = ':'
)

// longestWord is how many runes such a word may have: names are longer seldom.
const longestWord = 40

// leastEmoji is from how many letters on emoji are offered: ":p" is a face.
const leastEmoji = 2

// wordAt finds the word that ends at a place and can be completed: a sign at the
// start or after a space, and letters after it. Names may have spaces, so up to
// two words may follow an "@".
func wordAt(rs []rune, at int) (sign rune, word string, ok bool) {
	at = min(at, len(rs))
	spaces := 0
	for i := at - 1; i >= 0 && at-i <= longestWord; i-- {
		r := rs[i]
		switch {
		case r == SignPerson || r == SignEmoji:
			if i > 0 && !unicode.IsSpace(rs[i-1]) && rs[i-1] != '(' {
				return 0, "", false
			}
			word = string(rs[i+1 : at])
			if r == SignEmoji && (spaces > 0 || at-i-1 < leastEmoji) || strings.HasPrefix(word, " ") {
				return 0, "", false
			}
			return r, word, true
		case r == '\n':
			return 0, "", false
		case unicode.IsSpace(r):
			if spaces++; spaces > 1 {
				return 0, "", false
			}
		}
	}
	return 0, "", false
}

// complete looks for words that complete the one at the cursor.
func (c *Composer) complete() {
	var list []Choice
	if c.OnQuery != nil && c.closed == "" {
		if sign, word, ok := wordAt([]rune(c.field.Text), c.field.CursorTextOffset()); ok {
			list = c.OnQuery(sign, word)
		}
	}
	c.offer(list)
}

// offer shows choices above the field; none takes them away.
func (c *Composer) offer(list []Choice) {
	if len(list) == 0 && len(c.choices) == 0 {
		return
	}
	c.choices, c.chosen = list, 0
	c.list.RemoveAll()
	for i, one := range list {
		r := &choiceRow{c: c, n: i, of: one}
		r.Self, r.OnPress = r, func() { c.take(i) }
		r.ExtendBaseWidget(r)
		c.list.Add(r)
	}
	c.Refresh()
}

// take puts a choice in the place of the word at the cursor.
func (c *Composer) take(n int) {
	if n >= len(c.choices) {
		return
	}
	choice := c.choices[n]
	_, word, ok := wordAt([]rune(c.field.Text), c.field.CursorTextOffset())
	c.offer(nil)
	if !ok {
		return
	}
	c.Focus()
	for range len([]rune(word)) + 1 {
		c.field.Entry.Entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	}
	c.field.Insert(choice.Insert)
	c.offer(nil)
}

// choiceKey takes the keys that choose while choices are shown.
func (c *Composer) choiceKey(k *fyne.KeyEvent) bool {
	if len(c.choices) == 0 {
		return false
	}
	switch k.Name {
	case fyne.KeyUp:
		c.choose((c.chosen + len(c.choices) - 1) % len(c.choices))
	case fyne.KeyDown:
		c.choose((c.chosen + 1) % len(c.choices))
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab:
		c.take(c.chosen)
	case fyne.KeyEscape:
		c.offer(nil)
	default:
		return false
	}
	return true
}

func (c *Composer) choose(n int) {
	if c.chosen != n {
		c.chosen = n
		c.list.Refresh()
	}
}

// choiceRow is one choice.
type choiceRow struct {
	press.Base
	c  *Composer
	n  int
	of Choice
}

// AccessibilityLabel implements fyne.Accessible.
func (r *choiceRow) AccessibilityLabel() string { return r.of.Label }

// CreateRenderer implements fyne.Widget.
func (r *choiceRow) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	return draw.Laid(&choiceRenderer{r: r, ground: draw.Rect()}, r.Size())
}

type choiceRenderer struct {
	r       *choiceRow
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
	once    draw.Once
}

func (x *choiceRenderer) Destroy()                     {}
func (x *choiceRenderer) Objects() []fyne.CanvasObject { return x.objects }
func (x *choiceRenderer) MinSize() fyne.Size           { return fyne.NewSize(theme.Units(160), theme.Units(34)) }

func (x *choiceRenderer) Layout(size fyne.Size) {
	if !x.once.Need(size) {
		return
	}
	x.ground.FillColor = color.Transparent
	if x.r.Over || x.r.c.chosen == x.r.n {
		x.ground.FillColor = theme.Color(theme.AccentSoft)
	}
	x.ground.CornerRadius = theme.Size(theme.RadiusSmall)
	x.ground.Resize(size)
	x.objects = append(x.objects[:0], x.ground)
	side := theme.Units(24)
	left, top := theme.Units(8), (size.Height-side)/2
	ink := theme.Color(theme.Text)
	if x.r.of.Sign != "" {
		s := theme.Units(18)
		b := flow.Layout(x.r.of.Sign, flow.Style{Size: s, Line: flow.LineHeight(s)}, flow.Unbounded)
		x.objects = append(x.objects, b.Objects(fyne.NewPos(left+(side-b.Width)/2, (size.Height-b.Height)/2), flow.Ink{Text: ink, Link: ink})...)
	} else if x.r.of.ID != "" {
		face := container.NewWithoutLayout(kit.AvatarObjects(x.r.of.Name, x.r.of.ID, side)...)
		face.Resize(fyne.NewSquareSize(side))
		face.Move(fyne.NewPos(left, top))
		x.objects = append(x.objects, face)
	} else {
		i := icon.Image(icon.People, theme.Color(theme.SubText), theme.Units(18))
		i.Move(fyne.NewPos(left+theme.Units(3), (size.Height-theme.Units(18))/2))
		x.objects = append(x.objects, i)
	}
	left += side + theme.Units(10)
	s := theme.Size(theme.TextBody)
	label := flow.Elide(x.r.of.Label, flow.Style{Size: s, Line: flow.LineHeight(s)}, max(0, size.Width-left-theme.Units(8)))
	x.objects = append(x.objects, label.Objects(fyne.NewPos(left, (size.Height-label.Height)/2), flow.Ink{Text: ink, Link: ink})...)
	left += label.Width + theme.Units(10)
	small := theme.Size(theme.TextSmall)
	sub := theme.Color(theme.SubText)
	hint := flow.Elide(x.r.of.Hint, flow.Style{Size: small, Line: flow.LineHeight(small)}, max(0, size.Width-left-theme.Units(8)))
	if hint.Width <= size.Width-left {
		x.objects = append(x.objects, hint.Objects(fyne.NewPos(left, (size.Height-hint.Height)/2), flow.Ink{Text: sub, Link: sub})...)
	}
}

func (x *choiceRenderer) Refresh() {
	x.once.Forget()
	x.Layout(x.r.Size())
	canvas.Refresh(x.r)
}

// strip says above the field what is answered or changed, with a button that
// gives it up.
type strip struct {
	widget.BaseWidget
	title, line *kit.Label
	sign        *kit.Icon
	close       *kit.IconButton
}

func newStrip(onClose func()) *strip {
	s := &strip{title: kit.NewLabel(""), line: kit.NewLabel(""), sign: kit.NewIcon(icon.Reply, theme.IconNormal), close: kit.NewIconButton(icon.Close, text.WordCancel(), onClose).Side(30)}
	s.title.TextSize, s.title.Bold, s.title.Color = theme.TextName, true, theme.Accent
	s.line.TextSize, s.line.Color = theme.TextSmall, theme.SubText
	s.sign.Color = theme.Accent
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *strip) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	bar := draw.Rect()
	bar.CornerRadius = 1.5
	return draw.Laid(&stripRenderer{s: s, bar: bar}, s.Size())
}

type stripRenderer struct {
	s   *strip
	bar *canvas.Rectangle
}

func (r *stripRenderer) Destroy() {}
func (r *stripRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.s.sign, r.bar, r.s.title, r.s.line, r.s.close}
}

func (r *stripRenderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(120), r.s.title.MinSize().Height+r.s.line.MinSize().Height+theme.Units(6))
}

func (r *stripRenderer) Layout(size fyne.Size) {
	side, i := theme.Units(30), theme.Size(theme.IconNormal)
	draw.Place(r.s.sign, theme.Units(8), (size.Height-i)/2, i, i)
	left := theme.Units(18) + i
	r.bar.FillColor = theme.Color(theme.Accent)
	draw.Place(r.bar, left, theme.Units(3), 3, size.Height-theme.Units(6))
	left += theme.Units(11)
	wide := max(0, size.Width-left-side-theme.Units(6))
	h := r.s.title.MinSize().Height
	draw.Place(r.s.title, left, theme.Units(3), wide, h)
	draw.Place(r.s.line, left, theme.Units(3)+h, wide, r.s.line.MinSize().Height)
	draw.Place(r.s.close, size.Width-side, (size.Height-side)/2, side, side)
}

func (r *stripRenderer) Refresh() {
	r.Layout(r.s.Size())
	canvas.Refresh(r.s)
}

// SetExtra shows above the field what is answered or, with edit, changed; an
// empty title takes it away.
func (c *Composer) SetExtra(title, line string, edit bool) {
	c.extra = title != ""
	c.strip.title.SetText(title)
	c.strip.line.SetText(line)
	c.strip.sign.Name = icon.Reply
	if edit {
		c.strip.sign.Name = icon.Edit
	}
	c.strip.sign.Refresh()
	c.judge()
	c.Refresh()
}
