package chat

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/chat/bars"
	"github.com/snugchat/snug/ui/compose"
	"github.com/snugchat/snug/ui/emoji"
	"github.com/snugchat/snug/ui/state"
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

// trayPrefix marks the pictures that were asked for by the tray.
const trayPrefix = "tray "

// newTray makes the tray of files above the composer.
func (v *View) newTray() *bars.Tray {
	return bars.NewTray(bars.TrayDeeds{
		Send: func() {
			if refused := v.place.Conversation().SendTray(v.composer.Draft()); refused != "" {
				v.desktop.Toast(refused)
				return
			}
			v.lines.ScrollToEnd()
			v.composer.Focus()
		},
		Clear: func() {
			talk := v.place.Conversation()
			for _, it := range talk.Tray() {
				talk.Detach(it.Path)
			}
			v.composer.Focus()
		},
		Remove:   func(path string) { v.place.Conversation().Detach(path) },
		Original: func(on bool) { v.place.Conversation().SetOriginal(on) },
	}, func(path string) image.Image {
		m, _ := v.pictures.Thumb(path, trayPrefix+path)
		return m
	})
}

// showTray shows the files that are about to be sent.
func (v *View) showTray(t *state.Conversation) {
	v.tray.Set(t)
	v.composer.SetFiles(t.TrayReady())
	v.talk.Refresh()
}
