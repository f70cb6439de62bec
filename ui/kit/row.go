package kit

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/theme"
)

// RowData is what a Row shows.
type RowData struct {
	Title, Line string // name; second line, "" for none
	Meta        string // time or state at the right of the title
	Unread      int    // count at the right of the second line
	Muted       bool   // that count is quiet, and a sign says so
	Selected    bool
	ID          string    // colour of the avatar; "" for none
	Online      bool      // green dot at the avatar
	Icon        icon.Name // instead of an avatar; "" for none
	LineIcon    icon.Name // before the second line
	LineColor   fyne.ThemeColorName
	Plain       bool // the title is words, not a name
	File        bool // the title is the name of a file, whose end has to be seen
}

// rowPad is the room in a row at its left and right, in units.
const rowPad = 10

// Row is one line of a list: a room, a person, an invite, a file.
type Row struct {
	press.Base
	data  RowData
	marks [][2]int // of the second line
	extra fyne.CanvasObject
}

// NewRow makes a row. Press is called on click, Enter and Space and may be nil;
// menu is called for the other mouse button with the place on the canvas and
// may be nil.
func NewRow(d RowData, onPress func(), menu func(at fyne.Position)) *Row {
	r := &Row{data: d}
	r.OnPress, r.OnSecond, r.Self = onPress, menu, r
	r.ExtendBaseWidget(r)
	return r
}

// With puts an object, such as a small button, at the right end.
func (r *Row) With(extra fyne.CanvasObject) *Row {
	r.extra = extra
	return r
}

// Mark holds up parts of the second line, such as what was looked for: offsets of
// runes, the second behind the last one.
func (r *Row) Mark(parts [][2]int) *Row {
	r.marks = parts
	return r
}

// Set shows other data.
func (r *Row) Set(d RowData) {
	if r.data != d {
		r.data = d
		r.Refresh()
	}
}

// Data is what the row shows.
func (r *Row) Data() RowData { return r.data }

// SetPress changes what a click does.
func (r *Row) SetPress(onPress func()) { r.OnPress = onPress }

// AccessibilityLabel implements fyne.Accessible.
func (r *Row) AccessibilityLabel() string {
	if r.data.Line == "" {
		return r.data.Title
	}
	return r.data.Title + ". " + r.data.Line
}

// TypedKey moves the keyboard to the neighbour row with the arrow keys.
func (r *Row) TypedKey(e *fyne.KeyEvent) {
	c := press.Canvas(r)
	switch {
	case c != nil && e.Name == fyne.KeyDown:
		c.FocusNext()
	case c != nil && e.Name == fyne.KeyUp:
		c.FocusPrevious()
	default:
		r.Base.TypedKey(e)
	}
}

// CreateRenderer implements fyne.Widget.
func (r *Row) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	return draw.Laid(&rowRenderer{r: r, ground: draw.Rect(), badge: NewBadge(0)}, r.Size())
}

type rowRenderer struct {
	r       *Row
	ground  *canvas.Rectangle
	avatar  *Avatar
	badge   *Pill
	objects []fyne.CanvasObject
	once    draw.Once
}

func (x *rowRenderer) Destroy()                     {}
func (x *rowRenderer) Objects() []fyne.CanvasObject { return x.objects }

func (x *rowRenderer) high() float32 {
	switch {
	case x.r.data.ID != "":
		return theme.Size(theme.RowHigh)
	case x.r.data.Line != "":
		return theme.Units(54)
	case x.r.data.Plain:
		return theme.Units(30)
	}
	return theme.Units(42)
}

func (x *rowRenderer) MinSize() fyne.Size {
	w := theme.Units(120)
	if x.r.extra != nil {
		w += x.r.extra.MinSize().Width
	}
	return fyne.NewSize(w, x.high())
}

func (x *rowRenderer) Layout(size fyne.Size) {
	if !x.once.Need(size) {
		return
	}
	d := x.r.data
	x.ground.CornerRadius = theme.Size(theme.RadiusCard)
	x.ground.StrokeWidth = 0
	x.ground.FillColor = theme.Color(theme.Sidebar)
	quiet := theme.SubText
	behind := theme.Sidebar
	x.objects = x.objects[:0]
	switch {
	case d.Selected:
		behind = theme.AccentSoft
	case x.r.Down && x.r.OnPress != nil:
		behind = theme.Pressed
	case x.r.Over && x.r.OnPress != nil:
		behind = theme.Hover
	}
	draw.Place(x.ground, 0, 0, size.Width, size.Height)
	if behind != theme.Sidebar || x.r.Ring {
		x.ground.FillColor = theme.Color(behind)
		if x.r.Ring {
			x.ground.StrokeColor, x.ground.StrokeWidth = theme.Color(theme.FocusRing), 2
		}
		x.objects = append(x.objects, x.ground)
	}
	left, right := theme.Units(rowPad), size.Width-theme.Units(rowPad)
	if d.ID != "" {
		if x.avatar == nil {
			x.avatar = NewAvatar(d.Title, d.ID, theme.AvatarRow)
		}
		x.avatar.name, x.avatar.id, x.avatar.online, x.avatar.behind = d.Title, d.ID, d.Online, behind
		a := theme.Size(theme.AvatarRow)
		draw.Place(x.avatar, left, (size.Height-a)/2, a, a)
		x.avatar.Refresh()
		x.objects = append(x.objects, x.avatar)
		left += a + theme.Units(10)
	} else if d.Icon != "" {
		side := theme.Size(theme.IconNormal)
		i := icon.Image(d.Icon, theme.Color(quiet), side)
		draw.Place(i, left+theme.Units(2), (size.Height-side)/2, side, side)
		x.objects = append(x.objects, i)
		left += side + theme.Units(14)
	}
	if x.r.extra != nil {
		m := x.r.extra.MinSize()
		right -= m.Width
		draw.Place(x.r.extra, right, (size.Height-m.Height)/2, m.Width, m.Height)
		x.objects = append(x.objects, x.r.extra)
		right -= theme.Units(8)
	}
	x.texts(d, quiet, left, right, size.Height)
}

// texts sets title, meta, second line and badge between left and right.
func (x *rowRenderer) texts(d RowData, quiet fyne.ThemeColorName, left, right, high float32) {
	body, small, tiny := theme.Size(theme.TextBody), theme.Size(theme.TextName), theme.Size(theme.TextTime)
	title := flow.Style{Size: body, Line: flow.LineHeight(body), Bold: !d.Plain}
	if d.Plain {
		title.Size, title.Line = small, flow.LineHeight(small)
	}
	second := flow.Style{Size: small, Line: flow.LineHeight(small)}
	y := (high - title.Line) / 2
	if d.Line != "" {
		y = (high - title.Line - second.Line - theme.Units(2)) / 2
	}
	ink := func(c fyne.ThemeColorName) flow.Ink { return flow.Ink{Text: theme.Color(c), Link: theme.Color(c)} }
	end := right
	if d.Meta != "" {
		b := flow.Elide(d.Meta, flow.Style{Size: tiny, Line: title.Line}, (right-left)/2)
		x.objects = append(x.objects, b.Objects(fyne.NewPos(right-b.Width, y), ink(quiet))...)
		end = right - b.Width - theme.Units(8)
	}
	sign := theme.Units(14)
	if d.Muted {
		end -= sign + theme.Units(6)
	}
	cut := flow.Elide
	if d.File {
		cut = flow.ElideName
	}
	t := cut(d.Title, title, max(0, end-left))
	x.objects = append(x.objects, t.Objects(fyne.NewPos(left, y), ink(theme.Text))...)
	if d.Muted {
		i := icon.Image(icon.Mute, theme.Color(quiet), sign)
		draw.Place(i, left+t.Width+theme.Units(6), y+(title.Line-sign)/2, sign, sign)
		x.objects = append(x.objects, i)
	}
	if d.Line == "" {
		return
	}
	y += title.Line + theme.Units(2)
	end = right
	if d.Unread > 0 {
		x.badge.SetCount(d.Unread)
		x.badge.Ground, x.badge.Ink = theme.Primary, theme.PrimaryText
		if d.Muted {
			x.badge.Ground, x.badge.Ink = theme.Pill, theme.PillText
		}
		m := x.badge.MinSize()
		draw.Place(x.badge, right-m.Width, y+(second.Line-m.Height)/2, m.Width, m.Height)
		x.badge.Refresh()
		x.objects = append(x.objects, x.badge)
		end = right - m.Width - theme.Units(8)
	}
	color := quiet
	if d.LineColor != "" {
		color = d.LineColor
	}
	if d.LineIcon != "" {
		side := theme.Units(14)
		i := icon.Image(d.LineIcon, theme.Color(color), side)
		draw.Place(i, left, y+(second.Line-side)/2, side, side)
		x.objects = append(x.objects, i)
		left += side + theme.Units(4)
	}
	s := flow.Elide(d.Line, second, max(0, end-left))
	seen := s.Len()
	if seen < len([]rune(d.Line)) {
		seen-- // an ellipsis stands for the rest
	}
	for _, m := range x.r.marks {
		for _, a := range s.Rects(min(m[0], seen), min(m[1], seen)) {
			g := draw.Rect()
			g.FillColor, g.CornerRadius = theme.Color(theme.Found), theme.Units(3)
			draw.Place(g, left+a.X-1, y+a.Y, a.W+2, a.H)
			x.objects = append(x.objects, g)
		}
	}
	x.objects = append(x.objects, s.Objects(fyne.NewPos(left, y), ink(color))...)
}

func (x *rowRenderer) Refresh() {
	x.once.Forget()
	x.Layout(x.r.Size())
	canvas.Refresh(x.r)
}
