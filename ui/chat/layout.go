package chat

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/theme"
)

// narrowWide is the width, in units, below which there is room for one pane only.
const narrowWide = 660

// panes sets the sidebar beside the conversation, or shows one of them at a time.
type panes struct {
	object   *fyne.Container
	side     fyne.CanvasObject
	rule     fyne.CanvasObject
	talk     fyne.CanvasObject
	narrow   bool
	inTalk   bool // which one is shown while it is narrow
	onNarrow func(bool)
}

func newPanes(side, talk fyne.CanvasObject, onNarrow func(bool)) *panes {
	p := &panes{side: side, talk: talk, rule: kit.NewSurface(theme.Line, "", kit.Gap(1, 1)), inTalk: true, onNarrow: onNarrow}
	p.object = container.New(p, side, talk, p.rule)
	return p
}

// MinSize implements fyne.Layout.
func (p *panes) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(300), theme.Units(260))
}

// Layout implements fyne.Layout.
func (p *panes) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	narrow := size.Width < theme.Units(narrowWide)
	if narrow != p.narrow {
		p.narrow = narrow
		p.onNarrow(narrow)
	}
	draw.Show(p.side, !narrow || !p.inTalk)
	draw.Show(p.talk, !narrow || p.inTalk)
	draw.Show(p.rule, !narrow)
	if narrow {
		draw.Place(p.side, 0, 0, size.Width, size.Height)
		draw.Place(p.talk, 0, 0, size.Width, size.Height)
		return
	}
	w := min(theme.Size(theme.SidebarWide), size.Width*0.4)
	draw.Place(p.side, 0, 0, w, size.Height)
	draw.Place(p.rule, w, 0, 1, size.Height)
	draw.Place(p.talk, w+1, 0, size.Width-w-1, size.Height)
}

// showTalk chooses the pane of a narrow window.
func (p *panes) showTalk(talk bool) {
	if p.inTalk != talk {
		p.inTalk = talk
		p.object.Refresh()
	}
}

// overLayout sets a bar, while it is shown, over what takes the rest.
type overLayout struct{}

func (*overLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[1].MinSize() }

func (*overLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	if o[0].Visible() {
		o[0].Resize(fyne.NewSize(size.Width, o[0].MinSize().Height)) // its words break by its width
		y = o[0].MinSize().Height
		draw.Place(o[0], 0, 0, size.Width, y)
	}
	draw.Place(o[1], 0, y, size.Width, max(0, size.Height-y))
}

// talkLayout stacks the parts of a conversation: header, bar, pins, lines (which take
// what is left), tray, composer.
type talkLayout struct{}

// linesPart is the number of the part that takes the room that is left.
const linesPart = 3

func (*talkLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(280), theme.Units(240))
}

func (*talkLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	high := make([]float32, len(o))
	left := size.Height
	for i, x := range o {
		if i == linesPart || !x.Visible() {
			continue
		}
		x.Resize(fyne.NewSize(size.Width, x.MinSize().Height)) // what wraps learns its width
		high[i] = x.MinSize().Height
		left -= high[i]
	}
	high[linesPart] = max(left, 0)
	y := float32(0)
	for i, x := range o {
		if x.Visible() {
			draw.Place(x, 0, y, size.Width, high[i])
			y += high[i]
		}
	}
}
