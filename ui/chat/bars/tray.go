package bars

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// trayRows is how many files the tray shows before it scrolls.
const trayRows = 4

// TrayDeeds is what the buttons of a tray do.
type TrayDeeds struct {
	Send     func()
	Clear    func()
	Remove   func(path string)
	Original func(on bool) // pictures go as they are
}

// Tray shows the files that are about to be sent, above the composer.
type Tray struct {
	Object *fyne.Container

	// thumb is the picture in a file, nil while it is not here or cannot be shown.
	thumb func(path string) image.Image

	deeds  TrayDeeds
	list   *fyne.Container
	scroll *container.Scroll
	box    *fyne.Container
	notice *kit.Label
	tells  *kit.Label
	send   *kit.Button
	clear  *kit.Button

	original *pick.Toggle
}

// withThumb is a row of the tray with a picture.
func withThumb(m image.Image, it state.Item, remove fyne.CanvasObject) fyne.CanvasObject {
	pic := canvas.NewImageFromImage(m)
	pic.FillMode, pic.ScaleMode, pic.CornerRadius = canvas.ImageFillCover, canvas.ImageScaleSmooth, theme.Size(theme.RadiusSmall)
	pic.SetMinSize(fyne.NewSquareSize(theme.Units(46)))
	name := kit.NewLabel(it.Name)
	name.Bold = true
	return kit.Inset(kit.WideLine(12, 1, pic, kit.Column(0, name, kit.NewHint(it.Line)), remove), 3, 10)
}

// NewTray makes one that is hidden.
func NewTray(d TrayDeeds, thumb func(path string) image.Image) *Tray {
	t := &Tray{thumb: thumb, deeds: d, list: kit.Column(2), notice: kit.NewHint(""), tells: kit.NewParagraph("")}
	t.tells.Hide()
	t.scroll = container.NewVScroll(t.list)
	t.box = container.New(&trayLayout{t}, t.scroll)
	t.send = kit.NewButton(kit.Primary, "", d.Send)
	t.clear = kit.NewButton(kit.Secondary, text.WordCancel(), d.Clear)
	t.original = pick.NewToggle(text.FileOriginal(), text.FileOriginalLine(), false, d.Original)
	foot := kit.WideLine(10, 0, t.notice, t.clear, t.send)
	ground := kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.Column(8, t.box, kit.Inset(kit.Column(8, t.original, t.tells, foot), 0, 10)), 8, 14, 10, 14))
	t.Object = container.NewStack(kit.Column(0, kit.Rule(), ground))
	t.Object.Hide()
	return t
}

// Set shows the files that a conversation is about to send.
func (t *Tray) Set(talk *state.Conversation) {
	items := talk.Tray()
	t.list.Objects = t.list.Objects[:0]
	for _, it := range items {
		remove := kit.NewIconButton(icon.Close, text.WordRemove(), func() { t.deeds.Remove(it.Path) }).Side(30)
		if it.Picture && it.OK {
			if m := t.thumb(it.Path); m != nil {
				t.list.Objects = append(t.list.Objects, withThumb(m, it, remove))
				continue
			}
		}
		d := kit.RowData{Title: it.Name, Line: it.Line, Icon: icon.File, File: true}
		if !it.OK {
			d.Icon, d.LineColor = icon.Warn, theme.Danger
		}
		t.list.Objects = append(t.list.Objects, kit.NewRow(d, nil, nil).With(remove))
	}
	n := talk.TrayReady()
	t.send.SetText(text.FileSend(n))
	t.send.SetEnabled(n > 0)
	t.notice.SetText(talk.Notice())
	t.original.SetOn(talk.Original())
	draw.Show(t.original, talk.HasPictures())
	t.tells.SetText(talk.Telling())
	draw.Show(t.tells, talk.Telling() != "")
	draw.Show(t.Object, talk.TrayShown())
	t.Object.Refresh()
}

// trayLayout gives the list of files the height of a few rows at most.
type trayLayout struct{ t *Tray }

func (l *trayLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(160), min(l.t.list.MinSize().Height, theme.Units(56)*trayRows))
}

func (l *trayLayout) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }
