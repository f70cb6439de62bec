// Package compose is where a message is written: a field that grows, the
// buttons beside it, and above it the line that says who can read the room.
//
// It knows neither the room nor what sending is: it reports the text and keeps
// the draft until it is told to drop it. Sentences come from ui/text.
//
// Enter sends and Shift+Enter breaks the line, as everywhere; the limit of a
// message is the one of the protocol (16 KiB of UTF-8).
package compose

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/input"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

const (
	// MaxText is the most bytes of UTF-8 that a message may have.
	MaxText = 16 << 10

	// MaxRows is how many lines the field grows to before it scrolls.
	MaxRows = 8

	// maxDraft is the most that is taken into the field at all, so that pasting
	// a book does not stop the window. It is more than MaxText, so that a text
	// that is a little too long can be cut by hand.
	maxDraft = 4 * MaxText

	// nearLimit is from how many bytes on the counter is shown.
	nearLimit = MaxText - 1024
)

// Composer is the strip at the lower edge of a room. Callbacks may be nil.
type Composer struct {
	widget.BaseWidget

	OnSend    func(message string)           // Enter or the button; the field has been emptied
	OnChanged func(draft string)             // every change of the text
	OnBlur    func()                         // the field has lost the keyboard
	OnAttach  func()                         // the paper clip
	OnEmoji   func(anchor fyne.CanvasObject) // the smiling face
	OnPaste   func() (taken bool)            // Ctrl+V; if not taken, text is pasted
	OnCopy    func() (taken bool)            // Ctrl+C with nothing selected here
	OnUp      func()                         // the up key in an empty field
	OnDrop    func()                         // what is answered or changed is given up

	// OnQuery returns what completes a word that begins with SignPerson or
	// SignEmoji; the sign is not part of the word.
	OnQuery func(sign rune, word string) []Choice

	// Lines reports whether Enter breaks the line and Shift+Enter sends; nil: not.
	Lines func() bool

	list    *fyne.Container
	choices []Choice
	chosen  int
	strip   *strip
	extra   bool
	files   bool // files go out with the next message
	field   *field
	label   *kit.Label
	sign    *kit.Icon
	count   *kit.Label
	attach  *kit.IconButton
	smile   *kit.IconButton
	send    *kit.IconButton
	closed  string
	rows    int
}

// New makes an empty composer.
func New() *Composer {
	c := &Composer{rows: 1, label: kit.NewLabel(""), sign: kit.NewIcon(icon.Lock, theme.IconSmall), count: kit.NewLabel("")}
	c.label.TextSize, c.count.TextSize = theme.TextSmall, theme.TextSmall
	c.label.Color, c.count.Color = theme.SubText, theme.SubText
	c.list = kit.Column(0)
	c.strip = newStrip(c.drop)
	c.field = &field{c: c}
	c.field.MultiLine = true
	c.field.Wrapping = fyne.TextWrapWord
	c.field.PlaceHolder = text.ComposeHint()
	c.field.ExtendBaseWidget(c.field)
	c.field.SetMinRowsVisible(1)
	c.field.OnFocus = func(has bool) {
		if !has && c.OnBlur != nil {
			c.OnBlur()
		}
		c.Refresh()
	}
	c.field.OnKey = c.key
	c.field.OnChanged = func(string) {
		c.changed()
		c.complete()
	}
	// A click has taken the keyboard away. It goes back to the field first, so
	// that whatever opens returns it there.
	c.attach = kit.NewIconButton(icon.Attach, text.ComposeAttach(), func() {
		c.Focus()
		if c.OnAttach != nil {
			c.OnAttach()
		}
	})
	c.smile = kit.NewIconButton(icon.Smile, text.ComposeEmoji(), func() {
		c.Focus()
		if c.OnEmoji != nil {
			c.OnEmoji(c.smile)
		}
	})
	c.send = kit.NewIconButton(icon.Send, text.ComposeSend(), func() {
		c.submit()
		c.Focus()
	}).Filled()
	c.ExtendBaseWidget(c)
	c.changed()
	return c
}

// SetReaders shows who can read what is written here: an icon, a sentence, and
// the colour of both.
func (c *Composer) SetReaders(n icon.Name, sentence string, color fyne.ThemeColorName) {
	c.sign.Name, c.sign.Color = n, color
	c.label.Color = color
	c.label.SetText(sentence)
	c.sign.Refresh()
	c.Refresh()
}

// SetHint replaces "Message" in the empty field.
func (c *Composer) SetHint(hint string) { c.field.SetPlaceHolder(hint) }

// SetClosed shows a sentence in place of the field, for who may not write; ""
// opens it again. The draft is kept.
func (c *Composer) SetClosed(sentence string) {
	if c.closed == sentence {
		return
	}
	c.closed = sentence
	if sentence != "" {
		c.field.Disable()
	} else {
		c.field.Enable()
	}
	for _, b := range []*kit.IconButton{c.attach, c.smile} {
		b.SetEnabled(sentence == "")
	}
	c.changed()
}

// Draft is what is written and not sent.
func (c *Composer) Draft() string { return c.field.Text }

// SetDraft replaces it, with the cursor at the end, without OnChanged.
func (c *Composer) SetDraft(draft string) {
	told := c.OnChanged
	c.OnChanged = nil
	c.field.SetText("")
	c.field.Insert(limit(draft))
	c.offer(nil)
	c.changed()
	c.OnChanged = told
}

// limit cuts what no field should hold, at a character.
func limit(s string) string {
	if len(s) <= maxDraft {
		return s
	}
	return strings.ToValidUTF8(s[:maxDraft], "")
}

// Insert puts a text at the cursor, such as an emoji, and gives the field the
// keyboard unless another layer has it.
func (c *Composer) Insert(s string) {
	if c.closed == "" && len(c.field.Text)+len(s) <= maxDraft {
		c.field.Insert(s)
	}
}

// Type takes a letter that was typed elsewhere in the window, and the keyboard.
func (c *Composer) Type(r rune) {
	c.Focus()
	c.field.TypedRune(r)
}

// Focus gives the keyboard to the field.
func (c *Composer) Focus() {
	if c.closed == "" {
		press.Focus(c.field)
	}
}

// Focused reports whether the field has the keyboard, so that it can be given
// back after something that takes it.
func (c *Composer) Focused() bool { return c.field.Focused() }

// Field is what takes the keyboard.
func (c *Composer) Field() fyne.Focusable { return c.field }

// key takes the keys that mean something else than in a field of text.
func (c *Composer) key(k *fyne.KeyEvent) bool {
	switch {
	case c.choiceKey(k):
		return true
	case k.Name == fyne.KeyEscape && c.extra:
		c.drop()
		return true
	case k.Name == fyne.KeyUp && c.field.Text == "" && !c.extra && c.OnUp != nil:
		c.OnUp()
		return true
	}
	return false
}

// SetFiles says how many files go out with the next message: it may be empty then.
func (c *Composer) SetFiles(n int) {
	if c.files != (n > 0) {
		c.files = n > 0
		c.judge()
		c.field.SetPlaceHolder(text.ComposeHint())
		if c.files {
			c.field.SetPlaceHolder(text.ComposeCaption())
		}
	}
}

// drop gives up what is answered or changed.
func (c *Composer) drop() {
	if c.OnDrop != nil {
		c.OnDrop()
	}
	c.Focus()
}

// submit sends what is written, if it may be sent.
func (c *Composer) submit() {
	message := strings.TrimSpace(c.field.Text)
	if message == "" && !c.extra && !c.files || c.closed != "" || len(message) > MaxText {
		return
	}
	c.field.SetText("")
	if c.OnSend != nil {
		c.OnSend(message)
	}
}

// judge lets the button be pressed if there is something to send, and returns the
// length of the text.
func (c *Composer) judge() (n int) {
	n = len(strings.TrimSpace(c.field.Text))
	c.send.SetEnabled((n > 0 || c.extra || c.files) && n <= MaxText && c.closed == "")
	return n
}

// changed follows the text: height, counter, button.
func (c *Composer) changed() {
	n := c.judge()
	switch {
	case c.closed != "":
		c.count.SetText("")
	case n > MaxText:
		c.count.Color = theme.Danger
		c.count.SetText(text.ComposeLong(text.Limit(int64(n - MaxText))))
	case n > nearLimit:
		c.count.Color = theme.SubText
		c.count.SetText(text.ComposeLeft(text.Limit(int64(MaxText - n))))
	default:
		c.count.SetText("")
	}
	c.count.Refresh()
	c.measure()
	if c.OnChanged != nil {
		c.OnChanged(c.field.Text)
	}
}

// measure finds how many lines the text has at the field's width, and makes the
// field as high.
func (c *Composer) measure() {
	rows := c.field.lines()
	if rows == c.rows {
		c.Refresh()
		return
	}
	c.rows = rows
	c.field.SetMinRowsVisible(rows)
	c.Refresh()
}

// field is the text field of a composer.
type field struct {
	input.Entry
	c *Composer
}

// lines counts wrapped lines with the widget that Fyne's field itself sets its
// text in; from a length that always fills MaxRows on it does not count.
func (f *field) lines() int {
	width := f.Size().Width
	if width <= 0 || f.Text == "" {
		return 1
	}
	if strings.Count(f.Text, "\n") >= MaxRows-1 || len(f.Text) > 4096 {
		return MaxRows
	}
	probe := widget.NewRichText(&widget.TextSegment{Text: f.Text, Style: widget.RichTextStyleInline})
	probe.Wrapping = fyne.TextWrapWord
	probe.Resize(fyne.NewSize(width, 10))
	pad := theme.Units(16)
	line := fyne.MeasureText("M", theme.Size(theme.TextBody), fyne.TextStyle{}).Height
	rows := int(math.Round(float64((probe.MinSize().Height - pad) / line)))
	return max(1, min(rows, MaxRows))
}

// TypedKey implements fyne.Focusable.
func (f *field) TypedKey(k *fyne.KeyEvent) {
	if k.Name != fyne.KeyReturn && k.Name != fyne.KeyEnter {
		f.Entry.TypedKey(k)
		return
	}
	if f.c.choiceKey(k) {
		return
	}
	if f.Shift() == (f.c.Lines != nil && f.c.Lines()) {
		f.c.submit()
		return
	}
	f.Insert("\n")
}

// AcceptsTab implements fyne.Tabbable: Tab takes what is offered.
func (f *field) AcceptsTab() bool { return len(f.c.choices) > 0 }

// TypedRune implements fyne.Focusable.
func (f *field) TypedRune(r rune) {
	if len(f.Text) < maxDraft {
		f.Entry.TypedRune(r)
	}
}

// TypedShortcut implements fyne.Shortcutable.
func (f *field) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutPaste:
		if f.c.closed != "" || f.c.OnPaste != nil && f.c.OnPaste() {
			return
		}
		f.c.pasteText(s)
		return
	case *fyne.ShortcutCopy:
		if f.SelectedText() == "" && f.c.OnCopy != nil && f.c.OnCopy() {
			return
		}
	}
	f.Entry.TypedShortcut(s)
}

// pasteText pastes unless it would be more than any message may have; then it
// says so and changes nothing.
func (c *Composer) pasteText(s *fyne.ShortcutPaste) {
	if s.Clipboard == nil {
		return
	}
	over := len(c.field.Text) + len(s.Clipboard.Content()) - MaxText
	if over > maxDraft-MaxText {
		c.count.Color = theme.Danger
		c.count.SetText(text.ComposeLong(text.Limit(int64(over))))
		c.count.Refresh()
		c.Refresh()
		return
	}
	c.field.Insert(strings.ReplaceAll(s.Clipboard.Content(), "\r\n", "\n"))
}

// CreateRenderer implements fyne.Widget.
func (c *Composer) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	return draw.Laid(&renderer{c: c, ground: draw.Rect(), line: draw.Rect(), box: draw.Rect(), shut: kit.NewParagraph("")}, c.Size())
}

type renderer struct {
	c                 *Composer
	ground, line, box *canvas.Rectangle
	shut              *kit.Label
}

func (r *renderer) Destroy() {}

func (r *renderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.ground, r.line, r.box}
	if r.c.closed != "" {
		out = append(out, r.shut)
	} else {
		out = append(out, r.c.field, r.c.attach, r.c.smile, r.c.send)
	}
	if r.c.label.Text() != "" {
		out = append(out, r.c.sign, r.c.label)
	}
	if r.c.count.Text() != "" {
		out = append(out, r.c.count)
	}
	if r.c.extra {
		out = append(out, r.c.strip)
	}
	if len(r.c.choices) > 0 {
		out = append(out, r.c.list)
	}
	return out
}

// top is the height of the choices and of what is answered, above all else.
func (r *renderer) top() float32 {
	var high float32
	if len(r.c.choices) > 0 {
		high += r.c.list.MinSize().Height + theme.Units(6)
	}
	if r.c.extra {
		high += r.c.strip.MinSize().Height + theme.Units(4)
	}
	return high
}

// head is the height of what stands above the field.
func (r *renderer) head() float32 { return r.top() + r.readersHigh() }

// readersHigh is the height of the line that says who can read this.
func (r *renderer) readersHigh() float32 {
	line := r.c.label.MinSize().Height
	switch {
	case r.c.label.Text() == "" && r.c.count.Text() == "":
		return theme.Units(8)
	case r.stacked():
		line *= 2
	}
	return theme.Units(6) + line + theme.Units(4)
}

// stacked reports whether the counter needs a line of its own: who can read
// the room is never hidden.
func (r *renderer) stacked() bool {
	if r.c.label.Text() == "" || r.c.count.Text() == "" {
		return false
	}
	room := r.c.Size().Width - 2*theme.Units(22)
	return r.c.label.Wide()+r.c.count.Wide()+theme.Units(30) > room
}

func (r *renderer) boxHigh() float32 {
	high := theme.Units(44)
	if r.c.closed != "" {
		return max(high, r.shut.MinSize().Height+theme.Units(20))
	}
	return max(high, r.c.field.MinSize().Height+theme.Units(6))
}

func (r *renderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(240), r.head()+r.boxHigh()+theme.Units(10))
}

func (r *renderer) Layout(size fyne.Size) {
	pad := theme.Units(12)
	r.ground.FillColor, r.line.FillColor = theme.Color(theme.Sidebar), theme.Color(theme.Line)
	r.ground.Resize(size)
	draw.Place(r.line, 0, 0, size.Width, 1)
	y := r.head()
	wide := size.Width - 2*pad
	side := theme.Units(36)
	r.fieldPlace(pad, y, wide, side)
	high := r.boxHigh()
	b := r.box
	b.FillColor, b.CornerRadius = theme.Color(theme.Input), theme.Units(22)
	b.StrokeColor, b.StrokeWidth = theme.Color(theme.InputLine), 1
	if r.c.field.Focused() {
		b.StrokeColor, b.StrokeWidth = theme.Color(theme.FocusRing), 1.5
	}
	draw.Place(b, pad, y, wide, high)
	low := y + high - side - theme.Units(4)
	draw.Place(r.c.attach, pad+theme.Units(4), low, side, side)
	draw.Place(r.c.send, pad+wide-side-theme.Units(4), low, side, side)
	draw.Place(r.c.smile, pad+wide-2*side-theme.Units(8), low, side, side)
	r.headline(size, pad)
	y0 := theme.Units(4)
	if len(r.c.choices) > 0 {
		h := r.c.list.MinSize().Height
		draw.Place(r.c.list, pad, y0, wide, h)
		y0 += h + theme.Units(2)
	}
	if r.c.extra {
		draw.Place(r.c.strip, pad, y0, wide, r.c.strip.MinSize().Height)
	}
	if r.c.closed != "" {
		r.shut.Color, r.shut.Center = theme.SubText, true
		r.shut.SetText(r.c.closed)
		h := r.shut.MinSize().Height
		draw.Place(r.shut, pad*2, y+(high-h)/2, wide-2*pad, h)
	}
}

// fieldPlace gives the field its width first, because its height follows.
func (r *renderer) fieldPlace(pad, y, wide, side float32) {
	left := pad + side + theme.Units(6)
	room := wide - 3*side - theme.Units(18)
	f := r.c.field
	if f.Size().Width != room {
		f.Resize(fyne.NewSize(room, f.MinSize().Height))
		if rows := f.lines(); rows != r.c.rows {
			r.c.rows = rows
			f.SetMinRowsVisible(rows)
		}
	}
	h := f.MinSize().Height
	draw.Place(f, left, y+(r.boxHigh()-h)/2, room, h)
}

// headline sets who can read at the left and the counter at the right, or under
// it.
func (r *renderer) headline(size fyne.Size, pad float32) {
	y := r.top() + theme.Units(6)
	h := r.c.label.MinSize().Height
	left := pad + theme.Units(10)
	end := size.Width - left
	if r.c.count.Text() != "" {
		w := min(r.c.count.Wide(), end-left)
		if r.stacked() {
			draw.Place(r.c.count, left, y+h, end-left, h)
		} else {
			draw.Place(r.c.count, end-w, y, w, h)
			end -= w + theme.Units(12)
		}
	}
	s := theme.Units(14)
	draw.Place(r.c.sign, left, y+(h-s)/2, s, s)
	draw.Place(r.c.label, left+s+theme.Units(5), y, max(0, end-left-s-theme.Units(5)), h)
}

func (r *renderer) Refresh() {
	r.Layout(r.c.Size())
	r.c.field.Refresh()
	canvas.Refresh(r.c)
}
