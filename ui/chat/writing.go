package chat

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/compose"
	"github.com/snugchat/snug/ui/emoji"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/picture"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// wireComposer connects the composer with the conversation.
func (v *View) wireComposer() {
	c := v.composer
	c.OnChanged = func(draft string) {
		if !v.filling {
			v.place.Conversation().SetDraft(draft)
		}
	}
	c.OnBlur = func() { v.place.Conversation().KeepDraft() }
	c.OnSend = func(message string) {
		t := v.place.Conversation()
		send := t.Send
		if t.TrayReady() > 0 {
			if e, ok := t.Extra(); !ok || !e.Edit {
				send = t.SendTray
			}
		}
		if refused := send(message); refused != "" {
			v.desktop.Toast(refused)
			c.SetDraft(message)
			t.SetDraft(message)
			return
		}
		v.lines.ScrollToEnd()
	}
	c.Lines = v.place.EnterLines
	c.OnUp = func() { v.place.Conversation().EditLast() }
	c.OnDrop = func() { v.place.Conversation().DropExtra() }
	c.OnQuery = v.completions
	c.OnAttach = func() { v.place.Conversation().Choose() }
	c.OnEmoji = v.pickEmoji
	c.OnPaste = v.paste
	c.OnCopy = func() bool {
		if v.lines.Selected() == "" {
			return false
		}
		v.lines.Copy()
		return true
	}
}

// maxEmoji is how many emoji are offered for a name.
const maxEmoji = 6

// completions are the people or emoji that complete a word.
func (v *View) completions(sign rune, word string) []compose.Choice {
	var out []compose.Choice
	if sign == compose.SignPerson {
		for _, p := range v.place.Conversation().Candidates(word) {
			out = append(out, compose.Choice{ID: p.ID, Name: p.Name, Label: p.Name, Hint: p.Hint, Insert: "@" + p.Name + " "})
		}
		return out
	}
	tone := v.place.Emoji().Tone
	for _, e := range emoji.Search(strings.TrimSuffix(word, ":")) {
		if len(out) == maxEmoji {
			break
		}
		out = append(out, compose.Choice{Sign: e.In(tone), Label: e.Name, Insert: e.In(tone)})
	}
	return out
}

// pickEmoji opens the picker, which stays open for a second one.
func (v *View) pickEmoji(anchor fyne.CanvasObject) {
	m := v.place.Emoji()
	p := emoji.NewPicker(m.Recent, m.Tone)
	p.OnPick = v.composer.Insert
	p.OnRecent = func(recent []string) {
		m.Recent = recent
		v.place.KeepEmoji(m)
	}
	p.OnTone = func(tone int) {
		m.Tone = tone
		v.place.KeepEmoji(m)
	}
	if l := p.Open(anchor); l != nil {
		l.OnClose = v.composer.Focus
	}
}

// paste takes files whose paths are on the clipboard, or a picture. It reports
// false when what is there is text.
func (v *View) paste() bool {
	words := v.desktop.Clipboard()
	paths := state.PastedFiles(words)
	switch {
	case len(paths) > 0:
		v.place.Conversation().Attach(paths)
	case words == "":
		v.place.Conversation().PastePicture()
	default:
		return false
	}
	return true
}

// trayRows is how many files the tray shows before it scrolls.
const trayRows = 4

// tray shows the files that are about to be sent, above the composer.
type tray struct {
	view   *View
	object *fyne.Container
	list   *fyne.Container
	scroll *container.Scroll
	box    *fyne.Container
	notice *kit.Label
	send   *kit.Button
	clear  *kit.Button

	talk     *state.Conversation // whose files are shown
	original *pick.Toggle
}

// trayPrefix marks the pictures that were asked for by the tray.
const trayPrefix = "tray "

// thumbSide is the longest side of a picture in the tray, in pixels.
const thumbSide = 120

// came shows a picture of the tray that was decoded.
func (t *tray) came(id string) {
	if t.talk != nil && strings.HasPrefix(id, trayPrefix) {
		t.set(t.talk)
	}
}

// thumb is a row of the tray with a picture.
func thumb(m image.Image, it state.Item, remove fyne.CanvasObject) fyne.CanvasObject {
	pic := canvas.NewImageFromImage(m)
	pic.FillMode, pic.ScaleMode, pic.CornerRadius = canvas.ImageFillCover, canvas.ImageScaleSmooth, theme.Size(theme.RadiusSmall)
	pic.SetMinSize(fyne.NewSquareSize(theme.Units(46)))
	name := kit.NewLabel(it.Name)
	name.Bold = true
	return kit.Inset(kit.WideLine(12, 1, pic, kit.Column(0, name, kit.NewHint(it.Line)), remove), 3, 10)
}

func newTray(v *View) *tray {
	t := &tray{view: v, list: kit.Column(2), notice: kit.NewHint("")}
	t.scroll = container.NewVScroll(t.list)
	t.box = container.New(&trayLayout{t}, t.scroll)
	t.send = kit.NewButton(kit.Primary, "", func() {
		c := v.composer
		message := c.Draft()
		if refused := v.place.Conversation().SendTray(message); refused != "" {
			v.desktop.Toast(refused)
			return
		}
		v.lines.ScrollToEnd()
		c.Focus()
	})
	t.clear = kit.NewButton(kit.Secondary, text.WordCancel(), func() {
		talk := v.place.Conversation()
		for _, it := range talk.Tray() {
			talk.Detach(it.Path)
		}
		v.composer.Focus()
	})
	t.original = pick.NewToggle(text.FileOriginal(), text.FileOriginalLine(), false, func(on bool) { v.place.Conversation().SetOriginal(on) })
	foot := kit.WideLine(10, 0, t.notice, t.clear, t.send)
	ground := kit.NewSurface(theme.Sidebar, "", kit.Inset(kit.Column(8, t.box, kit.Inset(kit.Column(8, t.original, foot), 0, 10)), 8, 14, 10, 14))
	t.object = container.NewStack(kit.Column(0, kit.Rule(), ground))
	t.object.Hide()
	return t
}

// set shows the files of a conversation.
func (t *tray) set(talk *state.Conversation) {
	items := talk.Tray()
	t.list.Objects = t.list.Objects[:0]
	t.talk = talk
	for _, it := range items {
		remove := kit.NewIconButton(icon.Close, text.WordRemove(), func() { talk.Detach(it.Path) }).Side(30)
		if it.Picture && it.OK {
			if m, _ := t.view.pictures.get("tray "+it.Path, trayPrefix+it.Path, func() (image.Image, error) { return picture.Open(it.Path, thumbSide) }); m != nil {
				t.list.Objects = append(t.list.Objects, thumb(m, it, remove))
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
	t.view.composer.SetFiles(n)
	t.notice.SetText(talk.Notice())
	t.original.SetOn(talk.Original())
	draw.Show(t.original, talk.HasPictures())
	draw.Show(t.object, len(items) > 0)
	t.object.Refresh()
	t.view.talk.Refresh()
}

// trayLayout gives the list of files the height of a few rows at most.
type trayLayout struct{ t *tray }

func (l *trayLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(160), min(l.t.list.MinSize().Height, theme.Units(56)*trayRows))
}

func (l *trayLayout) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }
