package state

import (
	"context"
	"errors"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// maxPicked is how many messages can be picked at once: what a person may still
// have meant.
const maxPicked = 100

// Picking reports whether messages are being picked, to do something with all of
// them.
func (t *Conversation) Picking() bool { return t.picked != nil }

// Picked returns the lines that are picked, in their order.
func (t *Conversation) Picked() []string {
	out := make([]string, 0, len(t.picked))
	for i := range t.lines {
		if t.picked[t.lines[i].ID] {
			out = append(out, t.lines[i].ID)
		}
	}
	return out
}

// IsPicked reports whether a line is picked.
func (t *Conversation) IsPicked(id string) bool { return t.picked[id] }

// CanPick reports whether a line can be picked: it is a message that is in the
// room.
func (t *Conversation) CanPick(id string) bool {
	l, ok := t.message(id)
	return ok && l.Seq > 0
}

// Pick picks a line, or lets it go if it is picked. The first one begins to pick.
func (t *Conversation) Pick(id string) {
	switch {
	case t.picked[id]:
		delete(t.picked, id)
	case !t.CanPick(id):
		return
	case len(t.picked) >= maxPicked:
		t.place.desktop.Toast(text.PickFull(maxPicked))
		return
	default:
		if t.picked == nil {
			t.picked = make(map[string]bool)
		}
		t.picked[id] = true
	}
	t.place.watch.Changed(PartPicked)
}

// StopPicking lets all go. It reports whether there was anything to end.
func (t *Conversation) StopPicking() bool {
	if t.picked == nil {
		return false
	}
	t.picked = nil
	t.place.watch.Changed(PartPicked)
	return true
}

// unpickGone lets go what is not held any more.
func (t *Conversation) unpickGone() {
	if len(t.picked) == 0 {
		return
	}
	for id := range t.picked {
		if i := t.index(id); i < 0 || t.lines[i].System {
			delete(t.picked, id)
		}
	}
	t.place.watch.Changed(PartPicked)
}

// CopyPicked puts the words of what is picked on the clipboard: of one message its
// words alone, of several who said them, and when.
func (t *Conversation) CopyPicked() {
	ids := t.Picked()
	var lines []string
	for _, id := range ids {
		l := &t.lines[t.index(id)]
		words := markup.PlainText(l.Text, l.Names.List())
		if l.File.Has() {
			words = strings.TrimSpace(l.File.Name + "\n" + words)
		}
		if len(ids) > 1 {
			name := l.From
			if l.Own {
				name = t.place.me.Name
			}
			words = text.PickLine(name, l.At.Local().Format("2006-01-02 15:04"), words)
		}
		lines = append(lines, words)
	}
	if len(lines) > 0 {
		t.place.desktop.SetClipboard(strings.Join(lines, "\n"))
		t.place.desktop.Toast(text.WordCopied())
	}
	t.StopPicking()
}

// DeletePicked removes what is picked from this computer.
func (t *Conversation) DeletePicked() {
	for _, id := range t.Picked() {
		t.DeleteForMe(id)
	}
	t.StopPicking()
}

// Target is where messages can be forwarded to: a room, or a person.
type Target struct {
	Room    chat.RoomID    // zero: the direct messages with Account, which are begun
	Account chat.AccountID // of a person
	Name    string
	Line    string
	ID      string // colour of the picture
	Here    bool
}

// Targets lists where this person can write: their own notes, their rooms in the order
// of the list, then the people with whom they have not written yet.
func (p *Place) Targets() []Target {
	var out []Target
	known := make(map[chat.AccountID]bool)
	for _, l := range p.rooms {
		room := p.facts[l.ID]
		if room.State != client.RoomJoined {
			continue
		}
		known[room.Peer] = true
		if room.Kind == chat.RoomDirect && room.Peer == p.me.Account {
			continue // on top
		}
		x := Target{Room: l.ID, Name: l.Name, ID: l.Face, Here: l.Here, Line: text.ChatReadMembers()}
		if l.Open {
			x.Line = text.ChatReadHost()
		}
		out = append(out, x)
	}
	if !p.CanWritePrivately() {
		return out
	}
	notes := Target{Account: p.me.Account, Name: text.RoomsNotes(), Line: text.RoomsNotesLine(), ID: personID(p.me.Account)}
	for id, room := range p.facts {
		if room.Kind == chat.RoomDirect && room.Peer == p.me.Account && room.State == client.RoomJoined {
			notes.Room = id
		}
	}
	out = append([]Target{notes}, out...)
	for _, m := range p.Correspondents() {
		if !known[m.Account] && !p.blocked(m.Account) {
			out = append(out, Target{Account: m.Account, Name: m.Name, Line: m.Line, ID: m.ID, Here: m.Here})
		}
	}
	return out
}

// CanForward reports whether a line can be passed on.
func (t *Conversation) CanForward(id string) bool { return t.CanPick(id) }

// Forward passes lines on in their order and says how it went. What cannot be
// passed on is said, and the others go.
func (t *Conversation) Forward(ids []string, to Target) {
	var msgs []chat.MessageID
	for _, id := range ids {
		if l, ok := t.message(id); ok && l.Seq > 0 {
			msgs = append(msgs, l.Msg)
		}
	}
	if len(msgs) == 0 {
		return
	}
	p, from := t.place, t.room
	done, missing := 0, 0
	pass := func(room chat.RoomID) {
		p.do(func(ctx context.Context) error {
			for _, id := range msgs {
				switch err := p.client.Forward(ctx, from, id, room); {
				case errors.Is(err, client.ErrNotHere):
					missing++
				case err != nil:
					return err
				default:
					done++
				}
			}
			return nil
		}, func(err error) {
			switch {
			case err != nil:
				p.fail(err, text.Facts{})
			case missing > 0 && done == 0:
				p.desktop.Toast(text.ForwardMissing(missing))
			case missing > 0:
				p.desktop.Toast(text.ForwardDone(done, to.Name) + " " + text.ForwardMissing(missing))
			default:
				p.desktop.Toast(text.ForwardDone(done, to.Name))
			}
		})
	}
	t.StopPicking()
	if to.Room != (chat.RoomID{}) {
		pass(to.Room)
		return
	}
	var room chat.RoomID
	p.ask(func(ctx context.Context) (err error) {
		room, err = p.client.Direct(ctx, to.Account)
		return err
	}, func(err error) {
		if err == nil {
			pass(room)
		}
	})
}

// GoOrigin shows the message that a forwarded one is a copy of.
func (t *Conversation) GoOrigin(id string) {
	l, ok := t.message(id)
	if !ok || l.Origin.ID == "" {
		return
	}
	t.place.Show(l.Origin.Room)
	t.place.talk(l.Origin.Room).JumpTo(l.Origin.ID)
}

// OriginLine is where a forwarded message comes from. The zero value is one that
// was not forwarded. It can be compared with ==.
type OriginLine struct {
	Label string // "Forwarded from Ana", or "Forwarded" where that cannot be known
	Room  chat.RoomID
	ID    string // of the original's line, "" if it cannot be read here
}

func originOf(f *client.Forwarded) OriginLine {
	switch {
	case f == nil:
		return OriginLine{}
	case f.ID == (chat.MessageID{}):
		return OriginLine{Label: text.ForwardLabel()}
	}
	name := f.Name
	if f.Own {
		name = text.WordYouWhom()
	}
	if name == "" {
		name = text.WordSomebody()
	}
	return OriginLine{Label: text.ForwardFrom(name), Room: f.Room, ID: f.ID.String()}
}

// Reach reads how far an own message has come with each of the others and calls
// use with it on the window's goroutine; with nothing in open rooms, of whose
// readers nobody knows.
func (t *Conversation) Reach(id string, use func([]Details)) {
	l, ok := t.message(id)
	if !ok || !l.Own || l.Seq == 0 {
		return
	}
	room, seq := t.room, l.Seq
	t.place.reader.ask(func(ctx context.Context, r *reader) error {
		all, err := r.client.Reach(ctx, room, seq)
		if err != nil {
			return err
		}
		var out []Details
		for _, x := range all {
			name := x.Name
			if name == "" {
				name = text.WordSomebody()
			}
			state := text.ChatStateHost()
			switch x.State {
			case client.OnDevice:
				state = text.ChatStateDevice()
			case client.Read:
				state = text.ChatStateRead()
			case client.OnHost, client.Waiting, client.Refused:
			}
			out = append(out, Details{name, state})
		}
		r.show(func() { use(out) })
		return nil
	})
}
