package state

import (
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// shows notes what the composer of a place shows: the draft at the last PartDraft.
func shows(p *Place) *string {
	shown := new(string)
	p.Watch(Watcher{Changed: func(part Part) {
		if part&PartDraft != 0 {
			*shown = p.Conversation().Draft()
		}
	}, Edited: func(Edit) {}})
	return shown
}

// D4: the composer shows a change that could not be stored, and not the old text.
func TestD4AChangeThatIsNotStoredIsShown(t *testing.T) {
	x := newTown(t)
	c := x.ben.Conversation()
	c.Send("at nine")
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "at nine"); return l.Mark.Sent() })
	said, _ := line(x.ben, "at nine")
	shown := shows(x.ben)
	x.ben.jobs.finish() // nothing is stored any more
	c.Edit(said.ID)
	c.Send("at ten")
	if e, ok := c.Extra(); !ok || !e.Edit || c.Draft() != "at ten" || *shown != "at ten" {
		t.Errorf("the change came back as %+v, %q, and the composer shows %q", e, c.Draft(), *shown)
	}
}

// D4: a text that could not be stored waits behind a change that was begun meanwhile.
func TestD4WhatIsNotStoredIsNoPartOfAChange(t *testing.T) {
	x := newTown(t)
	c := x.ben.Conversation()
	c.Send("at nine")
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "at nine"); return l.Mark.Sent() })
	said, _ := line(x.ben, "at nine")
	room := c.room
	c.room = chat.RoomID{9} // there is no such room: nothing can be stored in it
	c.Send("who brings cake?")
	c.room = room
	c.SetDraft("begun")
	c.Edit(said.ID)
	shown := shows(x.ben)
	x.until("it is back", func() bool { return c.unkept })
	if e, ok := c.Extra(); !ok || !e.Edit || c.Draft() != "at nine" || *shown != "at nine" {
		t.Errorf("what is changed is %+v, %q, and the composer shows %q", e, c.Draft(), *shown)
	}
	c.DropExtra()
	if want := "who brings cake?\nbegun"; c.Draft() != want || *shown != want {
		t.Errorf("afterwards stands there %q, shown is %q; want %q", c.Draft(), *shown, want)
	}
}
