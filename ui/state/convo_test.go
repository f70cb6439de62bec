package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// H4: the list of what was missed counts to the end, however many there are.
func TestH4CatchUpCountsToTheEnd(t *testing.T) {
	const all, read = 2700, 200
	g := newGlass(t)
	p := newPlace(storedRead(t, all, read), g.desktop())
	t.Cleanup(p.Close)
	p.SetActive(false)
	g.until("the rooms", func() bool { return p.Behind() })
	var missed []Missed
	p.CatchUp(func(m []Missed) { missed = m })
	g.until("the list", func() bool { return missed != nil })
	if len(missed) != 1 || missed[0].More != all-read-missedLines || !strings.HasPrefix(missed[0].Since, "2500 new since ") {
		t.Errorf("it says %+v", missed)
	}
}

// D13: one's own notes are the first that can be written to and forwarded to.
func TestD13NotesToMyself(t *testing.T) {
	x := newTown(t)
	first := x.ben.WriteTo()[0]
	if first.Name != text.RoomsNotes() || !first.Me || len(x.ben.WriteTo()) != 2 {
		t.Fatalf("Ben can write to %+v", x.ben.WriteTo())
	}
	c := x.ben.Conversation()
	c.Send("remember the milk")
	said := x.sees(x.ben, "remember the milk")
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "remember the milk"); return l.Mark.Sent() })
	to := x.ben.Targets()[0]
	if to.Name != text.RoomsNotes() || to.Room != (chat.RoomID{}) {
		t.Fatalf("the first target is %+v", to)
	}
	c.Forward([]string{said.ID}, to)
	x.until("Ben is told", func() bool { return slices.Contains(x.b.notes, text.ForwardDone(1, text.RoomsNotes())) })
	x.ben.Message(first.Account)
	x.until("the notes are shown", func() bool { return x.ben.Header().Name == text.RoomsNotes() })
	x.sees(x.ben, "remember the milk")
	x.ben.Conversation().Send("and bread")
	x.sees(x.ben, "and bread")
	all := x.ben.Targets()
	if all[0].Room != x.ben.open || slices.ContainsFunc(all[1:], func(x Target) bool { return x.Name == text.RoomsNotes() }) {
		t.Errorf("Ben can forward to %+v", all)
	}
}

// D8: in a private room only its members can be named, between two people only they, and
// nowhere who is blocked.
func TestD8OnlyWhoReadsIsNamed(t *testing.T) {
	x := newTown(t)
	named := func() string {
		var names []string
		for _, c := range x.ben.Conversation().Candidates("a") {
			names = append(names, c.Name)
		}
		return strings.Join(names, " ")
	}
	if got := named(); got != "Ana" {
		t.Errorf("in the Lobby %q is offered", got)
	}
	x.ben.CreateRoom(false, "Alone", "", func(bool) {})
	x.until("the room is there with its member", func() bool { return x.ben.Header().Name == "Alone" && len(x.ben.RoomMembers()) == 1 })
	if got := named(); got != "" {
		t.Errorf("in a room without Ana %q is offered", got)
	}
	x.ben.Conversation().Send("I miss @Ana")
	if l := x.sees(x.ben, "I miss @Ana"); l.Names != "" {
		t.Errorf("%q is named who cannot read it", l.Names)
	}
	var ana chat.AccountID
	for _, m := range x.ben.Correspondents() {
		ana = m.Account
	}
	x.ben.Message(ana)
	x.until("the direct messages are there, and Ana can be named in them", func() bool {
		return x.ben.Header().Kind == chat.RoomDirect && named() == "Ana"
	})
	x.ben.Show(chat.Lobby)
	x.ben.Block(ana, true)
	x.until("she is blocked", func() bool { return x.ben.blocked(ana) })
	if got := named(); got != "" {
		t.Errorf("%q is offered, who is blocked", got)
	}
}

// D8, F2: a room in which nothing can be written takes no files, and shows none that
// waited there.
func TestF2NoFilesWhereNothingCanBeWritten(t *testing.T) {
	x := newTown(t)
	path := filepath.Join(t.TempDir(), "film.mp4")
	if err := os.WriteFile(path, []byte("\x00\x00\x00\x18ftypmp42 and where it was made"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.ben.CreateRoom(false, "Band", "", func(bool) {})
	x.until("the room is there", func() bool { return x.ben.Header().Name == "Band" && len(x.ben.RoomMembers()) == 1 })
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.until("it is in the tray", func() bool { return c.TrayReady() == 1 && c.TrayShown() })
	if it := c.Tray()[0]; !it.Tells || it.Picture || c.Telling() != text.FileTells(1) || !strings.Contains(it.Line, text.Size(it.Size)) {
		t.Errorf("of a film it says %+v, %q", it, c.Telling())
	}
	x.ben.Leave(c.Room())
	x.until("Ben has left", func() bool { return x.ben.Barrier().Shown() })
	if c.TrayShown() {
		t.Error("the tray is shown where nothing can be sent")
	}
	if refused := c.SendTray(""); refused != text.ComposeShut() || len(c.Tray()) != 1 {
		t.Errorf("the files are sent: %q", refused)
	}
	c.Detach(path)
	x.b.notes = nil
	c.Attach([]string{path})
	if len(c.Tray()) != 0 || c.choices != 0 || !slices.Contains(x.b.notes, text.ComposeShut()) {
		t.Errorf("the tray takes a file; it says %q", x.b.notes)
	}
}

// F7: a photo is known by its bytes: without an ending it is cleaned and shown all the
// same.
func TestF7PhotoWithoutEnding(t *testing.T) {
	x := newTown(t)
	path, size := photo(t, t.TempDir(), "IMG_0001", 300, 200)
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.until("it is in the tray", func() bool { return c.TrayReady() == 1 && c.HasPictures() && c.Telling() == "" })
	c.SendTray("no name")
	if l := x.sees(x.ana, "no name"); !l.File.Picture || l.File.Name != "IMG_0001" {
		t.Errorf("Ana sees %+v", l.File)
	}
	var l Line
	x.until("it lies among received files", func() bool { l, _ = line(x.ben, "no name"); return inReceived(l.File.Path) })
	if sent, err := os.ReadFile(l.File.Path); err != nil || len(sent) != size {
		t.Errorf("%d bytes were sent, want %d: %v", len(sent), size, err)
	}
}

// D1, D4: an answer and a change that cannot be stored come back as what they were.
func TestD4WhatIsNotStoredStaysWhatItIs(t *testing.T) {
	x := newTown(t)
	c := x.ben.Conversation()
	c.Send("at nine")
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "at nine"); return l.Mark.Sent() })
	said, _ := line(x.ben, "at nine")
	x.ben.jobs.finish() // nothing is stored any more
	c.Reply(said.ID)
	c.Send("why so late?")
	if e, ok := c.Extra(); !ok || e.Edit || e.Text != "at nine" || c.Draft() != "why so late?" {
		t.Errorf("the answer came back as %+v, %q", e, c.Draft())
	}
	c.DropExtra()
	c.SetDraft("begun")
	c.Edit(said.ID)
	c.Send("at ten")
	if e, ok := c.Extra(); !ok || !e.Edit || c.Draft() != "at ten" {
		t.Errorf("the change came back as %+v, %q", e, c.Draft())
	}
	c.DropExtra()
	if c.Draft() != "begun" {
		t.Errorf("what was begun is %q", c.Draft())
	}
}

// J6: what went wrong is said with its code, where the desktop can show details.
func TestJ6ProblemsHaveDetails(t *testing.T) {
	g := newGlass(t)
	d := g.desktop()
	var said text.Sentence
	d.Problem = func(s text.Sentence) { said = s }
	p := newPlace(stored(t, 1), d)
	t.Cleanup(p.Close)
	p.fail(os.ErrPermission, text.Facts{})
	if said.Code != text.For(text.NoPermission, text.Facts{}).Code || said.What == "" || len(g.notes) != 0 {
		t.Errorf("it says %+v and %q", said, g.notes)
	}
}
