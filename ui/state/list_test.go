package state

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// H4: what was missed is listed by room, exactly, and all is marked read at once; a
// muted room is quiet unless somebody names this person; an archived one comes back
// when somebody writes there, unless it is muted.
func TestH4CatchUpAndList(t *testing.T) {
	x := newTown(t)
	x.ana.CreateRoom(true, "Kitchen", "", func(bool) {})
	var kitchen chat.RoomID
	entry := func(p *Place, id chat.RoomID) (l RoomLine) {
		for _, r := range p.Rooms() {
			if r.ID == id {
				l = r
			}
		}
		return l
	}
	x.until("Ben has the room", func() bool {
		for _, r := range x.ben.Rooms() {
			if r.Name == "Kitchen" {
				kitchen = r.ID
			}
		}
		return kitchen != (chat.RoomID{}) && entry(x.ana, kitchen).Name != ""
	})
	x.ana.Show(chat.Lobby)
	x.ana.SetActive(false)
	say := func(room chat.RoomID, words ...string) {
		x.ben.Show(room)
		for _, w := range words {
			x.ben.Conversation().Send(w)
		}
	}
	say(chat.Lobby, "one", "@Ana two", "three", "four", "five")
	say(kitchen, "soup")
	x.until("all of it is unread", func() bool { return x.ana.Unread() == 6 && x.ana.Behind() })
	var missed []Missed
	x.ana.CatchUp(func(m []Missed) { missed = m })
	x.until("the list is there", func() bool { return missed != nil })
	if len(missed) != 2 {
		t.Fatalf("missed in %d rooms: %+v", len(missed), missed)
	}
	m := missed[0]
	if m.Room != chat.Lobby || len(m.Lines) != missedLines || m.Lines[0].Text != "Ben: one" || m.More != 2 || m.Mentions != 1 || !strings.HasPrefix(m.Since, "5 new since ") {
		t.Errorf("of the Lobby it says %+v", m)
	}
	if m := missed[1]; m.Name != "Kitchen" || len(m.Lines) != 1 || m.More != 0 || m.Mentions != 0 {
		t.Errorf("of the kitchen it says %+v", m)
	}
	x.ana.ReadAll()
	x.until("all is read", func() bool { return x.ana.Unread() == 0 && !x.ana.Behind() })

	if d := x.ana.ListDeeds(chat.Lobby); slices.Contains(d, ArchiveRoom) || slices.Contains(d, ReadRoom) {
		t.Errorf("with the Lobby one can do %v", d)
	}
	x.ana.List(kitchen, PinRoom)
	x.until("it is on top", func() bool { return x.ana.Rooms()[0].ID == kitchen && x.ana.Rooms()[0].Section == SectionPinned })
	x.ana.List(kitchen, ArchiveRoom)
	x.until("it is in the archive", func() bool { return entry(x.ana, kitchen).Section == SectionArchived })
	say(kitchen, "bread")
	x.until("it is back", func() bool { e := entry(x.ana, kitchen); return e.Section == SectionOpen && e.Unread == 1 })

	x.ana.List(kitchen, MuteRoom)
	x.ana.List(kitchen, ArchiveRoom)
	x.until("it is muted and in the archive", func() bool { e := entry(x.ana, kitchen); return e.Muted && e.Section == SectionArchived })
	x.a.news = nil
	x.ana.quieted = x.ana.quieted.AddDate(-1, 0, 0)
	say(kitchen, "butter")
	x.until("two are unread there", func() bool { return entry(x.ana, kitchen).Unread == 2 })
	if e := entry(x.ana, kitchen); e.Section != SectionArchived || x.ana.Unread() != 0 || len(x.a.news) != 0 {
		t.Errorf("a muted room counts %d, is in section %d, and the desktop says %q", x.ana.Unread(), e.Section, x.a.news)
	}
	say(kitchen, "@Ana salt?")
	x.until("who is named is told", func() bool { return len(x.a.news) == 1 && entry(x.ana, kitchen).Section == SectionOpen })
}

// An own picture that was sent as a copy without what it tells is shown from the
// file that the person has, also after the copy is gone.
func TestOwnPictureIsSeen(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	x := newTown(t)
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "view.png")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.b.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	c.SendTray("from here")
	x.sees(x.ana, "from here")
	x.until("the copy is gone", func() bool {
		found, err := filepath.Glob(filepath.Join(os.TempDir(), "snug-picture-*", "*"))
		l, _ := line(x.ben, "from here")
		return err == nil && len(found) == 0 && l.Mark.Sent()
	})
	if l, _ := line(x.ben, "from here"); l.File.Path != path {
		t.Errorf("it is shown from %q, want %q", l.File.Path, path)
	}
	var files []FileEntry
	c.Files(nil, func(all []FileEntry, _ bool) { files = all })
	x.until("it is in the list of files", func() bool { return len(files) == 1 })
	if f := files[0]; f.Path != "" || !strings.Contains(f.Line, text.FilesOnHost()) {
		t.Errorf("the list says %+v; what was sent is on the host only", f)
	}
}

func TestBriefNames(t *testing.T) {
	for name, want := range map[string]string{
		"Ben":                                 "Ben",
		"Maria del Carmen":                    "Maria del Carmen",
		"Aisha Featherstonehaugh":             "Aisha",
		"Wolfeschlegelsteinhausenbergerdorff": "Wolfeschlegelsteinhausenbergerdorff",
		"מריה־לורדס בת־אברהם וכל המשפחה": "מריה־לורדס",
	} {
		if got := brief(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
