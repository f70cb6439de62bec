package state

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/snugchat/snug/net/client"
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

// D4, F2: when too many changes wait, files and their caption stay, and the draft of a
// text that is refused counts as one that is still to be stored.
func TestD4TooManyWait(t *testing.T) {
	x := newTown(t)
	p, c := x.ben, x.ben.Conversation()
	path, _ := photo(t, t.TempDir(), "cake.jpg", 30, 20)
	c.Attach([]string{path})
	x.b.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	begun, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	p.jobs.add(func(context.Context) { close(begun); <-release })
	<-begun
	for p.jobs.add(func(context.Context) {}) {
	}
	if got := c.SendTray("the cake"); got != tooFast() || c.TrayReady() != 1 || p.jobs.sends.Load() != 0 {
		t.Errorf("SendTray: %q, %d in the tray, %d are sent; want %q", got, c.TrayReady(), p.jobs.sends.Load(), tooFast())
	}
	p.desktop.Toast = func(string) { // the disk is faster again
		p.jobs.mu.Lock()
		p.jobs.wait = nil
		p.jobs.mu.Unlock()
	}
	if c.Send("who brings it?"); c.Draft() != "who brings it?" || !c.unkept {
		t.Errorf("the text came back as %q, to be stored: %v", c.Draft(), c.unkept)
	}
}

// F2: a pasted picture that is on its way and cannot be removed from where it lay does not
// come back, to be sent twice.
func TestF2PastedThatStaysIsSentOnce(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("needs a folder in which this person removes nothing")
	}
	x := newTown(t)
	p := x.ben
	path, err := p.client.Pasted("screen.png", []byte("what is on the screen"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // or it is gone
	err = p.sendCopy(t.Context(), p.Conversation().room, Item{Path: path, Name: "screen.png"}, client.FileNote{Caption: "once"}, func(w io.Writer, r io.Reader) error {
		_, err := io.Copy(w, r)
		return err
	})
	if err != nil || !isThere(path) {
		t.Errorf("it is sent, and lies there still (%v): got %v", isThere(path), err)
	}
	x.sees(x.ana, "once")
}
