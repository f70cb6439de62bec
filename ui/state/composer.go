package state

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/picture"
	"github.com/snugchat/snug/ui/text"
)

// MaxText is the longest message in bytes of UTF-8.
const MaxText = wire.MaxText

// MaxTray is how many files can wait to be sent at once: what one drop of a full
// folder may bring before it is surely a mistake.
const MaxTray = 100

// Send sends a text. It reports why not, "" if the text was taken: then the
// composer is empty. A text that cannot be stored comes back into the composer.
func (t *Conversation) Send(s string) (refused string) {
	s = strings.TrimRight(s, " \t\r\n")
	switch err := wire.CheckText(s); {
	case t.editing != (chat.MessageID{}) && t.editFile && errors.Is(err, wire.ErrEmptyText): // a caption may go
	case errors.Is(err, wire.ErrEmptyText) && t.editing != (chat.MessageID{}):
		return text.EditEmpty()
	case errors.Is(err, wire.ErrEmptyText):
		return text.ComposeNothing()
	case errors.Is(err, wire.ErrTooLong):
		return text.ComposeLong(text.Size(int64(len(s) - MaxText)))
	case err != nil:
		return text.ComposeUnreadable()
	}
	p := t.place
	room, words, editing := t.room, t.words(s), t.editing
	t.draft, t.mark, t.replying = "", "", chat.MessageID{}
	t.stopEdit()
	p.client.StopTyping(t.room)
	p.watch.Changed(PartExtra)
	written := new(bool) // belongs to the jobs: the draft goes when the message is there
	back := func() {
		if t.editAgain(editing, s) {
			return
		}
		t.unsaid(s, words.Reply)
	}
	if !p.do(func(ctx context.Context) (err error) {
		if editing != (chat.MessageID{}) {
			err = p.client.EditMessage(ctx, room, editing, words)
		} else {
			_, err = p.client.Post(ctx, room, words)
		}
		*written = err == nil
		return err
	}, func(err error) {
		if err != nil {
			p.fail(err, text.Facts{})
			back()
		}
	}) {
		back()
	} else {
		p.keepDraftIf(t, written)
	}
	p.watch.Changed(PartUnread)
	return ""
}

// Again sends a refused message once more; one of direct messages that are over in those
// that go on, which are shown then.
func (t *Conversation) Again(id string) {
	i := t.index(id)
	if i < 0 || t.lines[i].Mark != MarkRefused {
		return
	}
	room, msg, p := t.room, t.lines[i].Msg, t.place
	r := p.facts[room]
	again := func(ctx context.Context) error { return p.client.RetryMessage(ctx, room, msg) }
	if r.Kind != chat.RoomDirect || r.State != client.RoomLeft {
		p.do(again, nil) // in its order with what is sent next
		return
	}
	p.ask(again, func(err error) { // the host is asked, which may take a while
		if err == nil && p.open == room {
			p.Message(r.Peer)
		}
	})
}

// Discard removes a refused message.
func (t *Conversation) Discard(id string) {
	i := t.index(id)
	if i < 0 || t.lines[i].Mark != MarkRefused {
		return
	}
	room, msg, p := t.room, t.lines[i].Msg, t.place
	p.do(func(ctx context.Context) error { return p.client.DiscardMessage(ctx, room, msg) }, nil)
}

// Item is a file that waits in the tray above the composer.
type Item struct {
	Path string
	Name string
	Line string // its size, or why it cannot be sent
	Size int64
	OK   bool

	Picture bool // it is a picture out of which can be taken what it tells, and can mostly be shown
	Tells   bool // it is a picture or a film that tells where it was made, and goes as it is
}

// Tray returns the files that wait.
func (t *Conversation) Tray() []Item { return t.tray }

// shut reports whether nothing can be written: the room was left, say, or somebody's keys
// have changed (Place.Barrier).
func (t *Conversation) shut() bool { return t.place.open == t.room && t.place.Barrier().Shown() }

// TrayShown reports whether the tray is shown: it waits behind what stands in the way of
// writing, and while messages are picked.
func (t *Conversation) TrayShown() bool { return len(t.tray) > 0 && !t.shut() && !t.Picking() }

// TrayReady returns how many of them can be sent.
func (t *Conversation) TrayReady() int {
	n := 0
	for i := range t.tray {
		if t.tray[i].OK {
			n++
		}
	}
	return n
}

// Notice is the line about who keeps files of this room; "" when none waits.
func (t *Conversation) Notice() string {
	if len(t.tray) == 0 {
		return ""
	}
	switch room := t.place.facts[t.room]; {
	case room.Kind.Sealed():
		return text.ChatReadKeepNot()
	case t.room != chat.Lobby:
		return text.ChatReadKeepRoom()
	}
	return text.ChatReadKeep()
}

// Choose lets the person choose files for the tray.
func (t *Conversation) Choose() {
	t.place.desktop.ChooseFile(func(paths []string) { t.Attach(paths) })
}

// Attach puts files into the tray. Those that cannot be sent stand there with
// the reason: too large (with the number, FEATURES F5), gone, not readable. Of a
// folder its files come, not those in folders inside.
func (t *Conversation) Attach(paths []string) {
	p := t.place
	if t.shut() {
		p.desktop.Toast(text.ComposeShut())
		return
	}
	t.StopPicking()
	if room := MaxTray - len(t.tray) - t.choices; len(paths) > room {
		paths = paths[:max(room, 0)]
		p.desktop.Toast(text.FileTrayFull(MaxTray))
	}
	if len(paths) == 0 {
		return
	}
	t.choices += len(paths)
	limit := p.info.MaxFile
	p.work.Go(func() {
		var items []Item
		for _, path := range paths {
			for _, file := range unfold(path) {
				if len(items) <= MaxTray {
					items = append(items, itemOf(file, limit, p.client.CheckFile))
				}
			}
		}
		p.desktop.Do(func() {
			if p.ctx.Err() != nil {
				return
			}
			t.choices -= len(paths)
			for _, it := range items {
				if t.inTray(it.Path) {
					continue
				}
				if len(t.tray) >= MaxTray { // a folder held more
					p.desktop.Toast(text.FileTrayFull(MaxTray))
					break
				}
				t.tray = append(t.tray, it)
			}
			p.watch.Changed(PartTray)
		})
	})
}

// unfold returns the files of a folder, those in folders inside and hidden ones
// left out; of a file, or a folder without any, the path itself.
func unfold(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path}
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, filepath.Join(path, e.Name()))
		}
	}
	if len(out) == 0 {
		return []string{path}
	}
	return out
}

func (t *Conversation) inTray(path string) bool {
	for i := range t.tray {
		if t.tray[i].Path == path {
			return true
		}
	}
	return false
}

// itemOf looks at a file.
func itemOf(path string, limit int64, check func(string) (int64, error)) Item {
	it := Item{Path: path, Name: filepath.Base(path)}
	size, err := check(path)
	if err == nil {
		it.Size, it.Line, it.OK = size, text.Size(size), true
		switch kindOf(path) {
		case picture.Clear:
			it.Picture = true
		case picture.Telling:
			it.Tells, it.Line = true, text.FileAsIs(text.Size(size))
		case picture.Other:
		}
		return it
	}
	if info, err := os.Stat(path); err == nil { // the number that is too large
		it.Size = info.Size()
	}
	it.Line = sayFile(err, it.Size, limit).String()
	return it
}

// kindOf looks at the first bytes of a file, whatever its name is.
func kindOf(path string) picture.Kind {
	f, err := os.Open(path)
	if err != nil {
		return picture.Other // it is said when it is sent
	}
	defer f.Close()
	kind, err := picture.KindOf(f)
	if err != nil {
		return picture.Other // as above
	}
	return kind
}

// Detach takes a file out of the tray.
func (t *Conversation) Detach(path string) {
	for i := range t.tray {
		if t.tray[i].Path == path {
			t.tray = append(t.tray[:i:i], t.tray[i+1:]...)
			t.place.do(func(context.Context) error { return t.place.client.DropPasted(path) }, nil)
			t.place.watch.Changed(PartTray)
			return
		}
	}
}

// Original reports whether pictures are sent as they are, with all that they
// tell: where and when they were taken, and with what.
func (t *Conversation) Original() bool { return t.original }

// SetOriginal chooses that for the files of this tray.
func (t *Conversation) SetOriginal(on bool) { t.original = on }

// HasPictures reports whether the tray holds pictures, which tell more than is
// seen.
func (t *Conversation) HasPictures() bool {
	for i := range t.tray {
		if t.tray[i].OK && t.tray[i].Picture {
			return true
		}
	}
	return false
}

// Telling says that some files of the tray tell where they were made, and that this
// cannot be taken out of them; "" if there are none.
func (t *Conversation) Telling() string {
	n := 0
	for i := range t.tray {
		if t.tray[i].OK && t.tray[i].Tells {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return text.FileTells(n)
}

// SendTray sends the files that can be sent, in their order, and leaves the
// others with their reasons. The first takes the caption, and what the composer
// answers. It reports why not, "" if they were taken: then the composer is empty.
// While a message is changed its words are no caption, and it goes on being changed.
func (t *Conversation) SendTray(caption string) (refused string) {
	p := t.place
	if t.shut() {
		return text.ComposeShut()
	}
	caption = strings.TrimSpace(caption)
	changing := t.editing != (chat.MessageID{})
	if changing {
		caption = ""
	}
	if over := len(caption) - wire.MaxCaption; over > 0 {
		return text.ComposeLong(text.Size(int64(over)))
	}
	note := client.FileNote{Caption: caption, Reply: t.replying}
	var rest []Item
	var said *bool
	sent := false
	for i, it := range t.tray {
		if !it.OK {
			rest = append(rest, it)
			continue
		}
		written, ok := p.sendFile(t, it, note)
		if !ok && !sent {
			return tooFast()
		}
		if !ok { // those after it wait too, in their order
			rest = append(rest, t.tray[i:]...)
			p.desktop.Toast(tooFast())
			break
		}
		if !sent {
			said = written
		}
		note, sent = client.FileNote{}, true
	}
	t.tray, t.mark = rest, ""
	if sent {
		t.original = false
	}
	if sent && !changing {
		t.replying, t.draft = chat.MessageID{}, ""
		p.keepDraftIf(t, said)
		p.watch.Changed(PartExtra | PartDraft)
	}
	p.watch.Changed(PartTray | PartUnread)
	return ""
}

// editAgain goes on with a change of a message that could not be stored, if nothing else
// was begun meanwhile.
func (t *Conversation) editAgain(msg chat.MessageID, words string) bool {
	if _, busy := t.Extra(); busy || msg == (chat.MessageID{}) {
		return false
	}
	for i := range t.lines {
		if t.lines[i].Msg == msg && t.canEdit(i) {
			t.Edit(t.lines[i].ID)
			t.draft = words
			t.place.watch.Changed(PartDraft) // Edit has shown the text as it was
			return true
		}
	}
	return false
}

// unsaid puts words that were not sent back into the composer, and what they answer.
func (t *Conversation) unsaid(words string, reply chat.MessageID) {
	p := t.place
	if words != "" {
		into := &t.draft
		if t.editing != (chat.MessageID{}) {
			into = &t.aside // what is being written is another message
		}
		if *into != "" {
			words += "\n" + *into
		}
		*into = words
		t.unkept = true
		p.keepSoon(draftRest)
		if p.open == t.room && into == &t.draft {
			p.watch.Changed(PartDraft)
		}
	}
	_, busy := t.Extra()
	if reply != (chat.MessageID{}) && !busy {
		t.replying = reply
		for i := range t.lines {
			if t.lines[i].Msg == reply {
				t.about = t.aboutLine(i)
			}
		}
		p.watch.Changed(PartExtra)
	}
}

// PastedFiles finds the files that a pasted text names: each line a path or a
// file:// address of a file that exists here. nil means that it is plain text.
func PastedFiles(s string) []string {
	const longest = 64 << 10
	if s == "" || len(s) > longest {
		return nil
	}
	var out []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		path, ok := pathOf(line)
		if !ok || len(out) == MaxTray {
			return nil
		}
		info, err := os.Stat(path)
		if err != nil || info.IsDir() {
			return nil
		}
		out = append(out, path)
	}
	return out
}
