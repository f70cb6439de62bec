package timeline

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/flow"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline/bubble"
)

// Typing is the strip that says who is writing. It lies over the lower edge of the
// messages, which leave room for it at their end, so that nothing jumps, and moves
// only while somebody writes.
type Typing struct {
	widget.BaseWidget
	words string
	beat  *progress.Beat
	step  int
	calm  bool
}

// NewTyping makes an empty strip.
func NewTyping() *Typing {
	t := &Typing{}
	t.beat = progress.NewBeat(func(n int) {
		t.step = n
		t.Refresh()
	})
	t.ExtendBaseWidget(t)
	return t
}

// Set says who is writing; nobody empties the strip.
func (t *Typing) Set(names []string) {
	words := text.Typing(names)
	if words == t.words {
		return
	}
	t.words = words
	t.move()
	t.Refresh()
}

// move lets the dots move while somebody writes, unless nothing shall.
func (t *Typing) move() {
	if t.words == "" || t.calm || theme.IsCalm() || !t.Visible() {
		t.beat.Stop()
	} else {
		t.beat.Start()
	}
}

// SetCalm stops the dots for people who want no motion, and while the window is
// not in front.
func (t *Typing) SetCalm(calm bool) {
	t.calm = calm
	t.move()
}

// Text is what the strip says.
func (t *Typing) Text() string { return t.words }

// AccessibilityLabel implements fyne.Accessible.
func (t *Typing) AccessibilityLabel() string { return t.words }

// AccessibilityRole implements fyne.Accessible.
func (t *Typing) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// CreateRenderer implements fyne.Widget.
func (t *Typing) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	return draw.Laid(&typingRenderer{t: t, ground: draw.Rect()}, t.Size())
}

type typingRenderer struct {
	t       *Typing
	ground  *canvas.Rectangle
	dots    [3]*canvas.Circle
	words   []fyne.CanvasObject
	said    string
	width   float32
	size    float32
	dark    bool
	objects []fyne.CanvasObject
	once    draw.Once
}

func (r *typingRenderer) Destroy()                     { r.t.beat.Stop() }
func (r *typingRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *typingRenderer) MinSize() fyne.Size {
	return fyne.NewSize(theme.Units(60), theme.Units(stripHigh))
}

func (r *typingRenderer) Layout(size fyne.Size) {
	if !r.once.Need(size) {
		return
	}
	r.objects = r.objects[:0]
	if r.t.words == "" {
		return
	}
	r.ground.FillColor = theme.Color(theme.Chat)
	r.ground.Resize(size)
	r.objects = append(r.objects, r.ground)
	d, left := theme.Units(5), theme.Units(22)
	for i := range r.dots {
		if r.dots[i] == nil {
			r.dots[i] = canvas.NewCircle(theme.Color(theme.Accent))
		}
		r.dots[i].FillColor = theme.Color(theme.Accent)
		up := float32(0)
		if r.t.beat.Running() && r.t.step%4 == i {
			up = theme.Units(3)
		}
		draw.Place(r.dots[i], left+float32(i)*theme.Units(8), (size.Height-d)/2-up+1, d, d)
		r.objects = append(r.objects, r.dots[i])
	}
	if r.said != r.t.words || r.width != size.Width || r.dark != theme.IsDark() || r.size != theme.Size(theme.TextSmall) {
		b := flow.Elide(r.t.words, bubble.Style(theme.TextSmall, false), max(0, size.Width-left-theme.Units(44)))
		c := theme.Color(theme.SubText)
		r.words = b.Objects(fyne.NewPos(left+theme.Units(32), (size.Height-b.Height)/2), flow.Ink{Text: c, Link: c})
		r.said, r.width, r.dark, r.size = r.t.words, size.Width, theme.IsDark(), theme.Size(theme.TextSmall)
	}
	r.objects = append(r.objects, r.words...)
}

func (r *typingRenderer) Refresh() {
	if theme.IsCalm() { // since a moment ago
		r.t.beat.Stop()
	}
	r.once.Forget()
	r.Layout(r.t.Size())
	canvas.Refresh(r.t)
}
