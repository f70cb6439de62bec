package kit

import (
	"image"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Avatar is a disc in the colour of a person or room with up to two initials.
type Avatar struct {
	widget.BaseWidget
	side   fyne.ThemeSizeName
	name   string
	id     string
	online bool
	behind fyne.ThemeColorName // ground around the online dot
}

// NewAvatar makes an avatar. Its colour follows from id, which stays when a
// person takes another name.
func NewAvatar(name, id string, side fyne.ThemeSizeName) *Avatar {
	a := &Avatar{side: side, name: name, id: id, behind: theme.Sidebar}
	a.ExtendBaseWidget(a)
	return a
}

// SetOnline shows or hides the green dot.
func (a *Avatar) SetOnline(online bool) {
	if a.online != online {
		a.online = online
		a.Refresh()
	}
}

// SetPerson changes whose avatar it is.
func (a *Avatar) SetPerson(name, id string) {
	if a.name != name || a.id != id {
		a.name, a.id = name, id
		a.Refresh()
	}
}

// AccessibilityLabel implements fyne.Accessible.
func (a *Avatar) AccessibilityLabel() string { return text.AriaAvatar(a.name) }

// AccessibilityRole implements fyne.Accessible.
func (a *Avatar) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	a.ExtendBaseWidget(a)
	return draw.Laid(&avatarRenderer{a: a}, a.Size())
}

type avatarRenderer struct {
	a       *Avatar
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *avatarRenderer) Destroy()                     {}
func (r *avatarRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *avatarRenderer) MinSize() fyne.Size           { return fyne.NewSquareSize(theme.Size(r.a.side)) }

func (r *avatarRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	d := theme.Size(r.a.side)
	r.objects = AvatarObjects(r.a.name, r.a.id, d)
	if r.a.online {
		dot := max(theme.Units(9), d*0.24)
		rim := canvas.NewCircle(theme.Color(r.a.behind))
		draw.Place(rim, d-dot-1, d-dot-1, dot+4, dot+4)
		green := canvas.NewCircle(theme.Color(theme.Online))
		draw.Place(green, d-dot+1, d-dot+1, dot, dot)
		r.objects = append(r.objects, rim, green)
	}
}

func (r *avatarRenderer) Refresh() {
	r.once.Forget()
	r.Layout(r.a.Size())
	canvas.Refresh(r.a)
}

// AvatarObjects draws an avatar of a diameter at the origin, for views that
// hold canvas objects instead of widgets.
func AvatarObjects(name, id string, d float32) []fyne.CanvasObject {
	top, bottom := theme.AvatarColors(theme.Identity(id))
	disc := canvas.NewImageFromImage(gradient(top, bottom))
	disc.FillMode = canvas.ImageFillStretch
	disc.ScaleMode = canvas.ImageScaleFastest
	disc.CornerRadius = d / 2
	disc.Resize(fyne.NewSquareSize(d))
	size := float32(int(d * 0.4))
	initials := flow.Layout(Initials(name), flow.Style{Size: size, Line: flow.LineHeight(size), Bold: true}, flow.Unbounded)
	white := color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	at := fyne.NewPos((d-initials.Width)/2, (d-initials.Height)/2)
	return append([]fyne.CanvasObject{disc}, initials.Objects(at, flow.Ink{Text: white, Link: white})...)
}

// gradient is one pixel wide; the painter stretches it.
func gradient(top, bottom color.NRGBA) image.Image {
	const steps = 32
	m := image.NewNRGBA(image.Rect(0, 0, 2, steps))
	for y := range steps {
		mix := func(a, b uint8) uint8 { return uint8((int(a)*(steps-1-y) + int(b)*y) / (steps - 1)) }
		c := color.NRGBA{R: mix(top.R, bottom.R), G: mix(top.G, bottom.G), B: mix(top.B, bottom.B), A: 255}
		m.SetNRGBA(0, y, c)
		m.SetNRGBA(1, y, c)
	}
	return m
}

// Initials are the first characters of the first and the last word of a name,
// in capitals; an emoji stays whole and stands alone.
func Initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first := func(word string) string {
		rs := []rune(word)
		return string(rs[:flow.Clusters(rs)[1]])
	}
	a := first(words[0])
	if flow.IsEmoji([]rune(a)) || len(words) == 1 {
		return strings.ToUpper(a)
	}
	b := first(words[len(words)-1])
	if flow.IsEmoji([]rune(b)) {
		return strings.ToUpper(a)
	}
	return strings.ToUpper(a + b)
}
