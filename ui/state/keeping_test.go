package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// keep makes the host of the town keep files so.
func (x *town) keep(t *testing.T, maxFile int64, rules chat.FileRules) {
	t.Helper()
	p := x.hosting.Place()
	p.MaxFile, p.Files = maxFile, rules
	if err := x.hosting.ChangePlace(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// F8: members are told how long files stay, see that one is no longer on the host,
// open their own copies all the same, and send them again.
func TestF8MembersSeeRemovedFiles(t *testing.T) {
	x := newTown(t)
	if err := x.benHome.Prefs().Update(func(s *prefs.Settings) { s.AutoDownload = 0 }); err != nil { // or he has it before it is removed
		t.Fatal(err)
	}
	a, b := x.ana.Conversation(), x.ben.Conversation()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("a", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Attach([]string{path})
	x.until("it is in the tray", func() bool { return a.TrayReady() == 1 })
	if refused := a.SendTray("the notes"); refused != "" {
		t.Fatal(refused)
	}
	x.sees(x.ben, "the notes")
	x.until("the host has it", func() bool { return x.hosting.Host().Stats().Files == 1 })
	if got := x.ben.FilesKept(); got != "" {
		t.Errorf("without rules: %q", got)
	}
	x.keep(t, 0, chat.FileRules{Total: setup.LeastTotal(0)})
	x.until("it is removed", func() bool { used, _ := x.hosting.Files(); return used == 0 })
	ninety := (90 * 24 * time.Hour).Milliseconds()
	x.keep(t, 1<<20, chat.FileRules{Keep: ninety})
	x.until("the rule is known", func() bool {
		return x.ben.info.Files.Keep == ninety && x.ana.info.Files.Keep == ninety && x.ana.info.MaxFile == 1<<20
	})
	if got, want := x.ben.FilesKept(), text.FilesKeep(text.TimeDays(90)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	l, _ := line(x.ben, "the notes")
	b.Do(l.ID, FileGet)
	gone := text.ProblemFileGone() + " " + text.ProblemFileGoneDo()
	x.until("Ben reads why not", func() bool {
		l, _ := line(x.ben, "the notes")
		return l.File.Fault && l.File.Line == gone
	})
	list := func(t *Conversation) (out []FileEntry) {
		done := false
		t.Files(nil, func(all []FileEntry, _ bool) { out, done = all, true })
		x.until("the list of files", func() bool { return done })
		return out
	}
	if got := list(b); len(got) != 1 || !strings.Contains(got[0].Line, text.FilesGone()) || got[0].Path != "" {
		t.Errorf("Ben's list of files: %+v", got)
	}
	own := list(a)
	if len(own) != 1 || own[0].Path != path || strings.Contains(own[0].Line, text.FilesGone()) {
		t.Errorf("Ana's list of files: %+v", own)
	}
	if l, _ := line(x.ana, "the notes"); !l.File.Can(FileOpen) || !a.CanSendAgain(l.ID) || b.CanSendAgain(l.ID) {
		t.Errorf("Ana's own copy: %+v", l.File)
	}

	a.SendFileAgain(own[0])
	var again FileEntry
	x.until("it is there again", func() bool {
		all := list(b)
		again = all[0]
		return len(all) == 2
	})
	b.Fetch(again)
	x.until("Ben has it", func() bool { return list(b)[0].Path != "" })
}

// F8: who pins a file in a private room is told that this keeps it nowhere.
func TestF8PinInAPrivateRoom(t *testing.T) {
	x := newTown(t)
	c := x.hosting.Member().Client
	den, err := c.CreateRoom(t.Context(), chat.RoomSealed, "Den", "")
	if err != nil {
		t.Fatal(err)
	}
	x.keep(t, 1<<20, chat.FileRules{Total: 5 << 30})
	x.until("the rule is known", func() bool { return x.ana.info.Files.Total > 0 })
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, room := range []chat.RoomID{chat.Lobby, den} {
		x.until("the room is there", func() bool { return x.ana.facts[room].State == client.RoomJoined })
		x.ana.Show(room)
		if _, err := c.SendFileWith(t.Context(), room, path, client.FileNote{Caption: "the notes"}); err != nil {
			t.Fatal(err)
		}
		l := x.sees(x.ana, "the notes")
		x.until("it is sent", func() bool { l, _ = line(x.ana, "the notes"); return l.Seq > 0 })
		x.ana.Conversation().SetPinned(l.ID, true)
		x.until("it is pinned", func() bool { return len(x.ana.Conversation().Pins()) == 1 })
		told := func() bool { return slices.Contains(x.a.notes, text.FilesPinPrivate()) }
		if room == den {
			x.until("Ana is told", told)
		} else if told() {
			t.Error("told in a room that the host reads")
		}
	}
}

// F8: the host's window asks before files go at once, says when there are nearly as
// many as may be, and refuses what cannot be.
func TestF8HostsWindow(t *testing.T) {
	s := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	h := s.app.Hosting()
	c := h.host.Member().Client
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("a", 50_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendFile(t.Context(), chat.Lobby, path); err != nil {
		t.Fatal(err)
	}
	s.until("the host has it", func() bool { return h.host.Host().Stats().Files == 1 })
	to := h.Settings()
	if to.Files != (chat.FileRules{}) || h.FilesFull() != "" {
		t.Errorf("at first: %+v, %q", to, h.FilesFull())
	}
	never := func(int, string, func()) { t.Error("asked before nothing goes") }
	to.MaxFile, to.Files.Total = 2<<30, 3<<30
	if got := h.Save(to, never); got != "" || h.Fault().What != text.SettingsTotalSmall() {
		t.Errorf("no room for two: %q, %q", got, h.Fault())
	}
	used, _ := h.host.Files()
	to.MaxFile, to.Files = 20_000, chat.FileRules{Total: used * 5 / 4, Keep: Keeps()[1]}
	if got := h.Save(to, never); got != "" {
		t.Fatal(got)
	}
	s.until("saved", func() bool { return h.Settings() == to })
	if got, want := h.FilesFull(), text.FilesFull(text.Limit(used), text.Limit(used*5/4)); got != want {
		t.Errorf("at 80 %%: %q, want %q", got, want)
	}
	note := text.FilesFullPlace(h.Name(), text.Limit(used), text.Limit(used*5/4))
	h.Show(true)
	if got := h.FullNote(); got != "" {
		t.Errorf("beside the host's pane, which says it: %q", got)
	}
	h.Show(false)
	if got := h.FullNote(); got != note {
		t.Errorf("beside the conversation: %q, want %q", got, note)
	}
	if h.lookFull(); h.full != note {
		t.Errorf("the clock has seen %q, want %q", h.full, note)
	}
	h.HideFullNote()
	if h.lookFull(); h.FullNote() != "" {
		t.Errorf("put away: %q", h.FullNote())
	}
	if h.FilesFull() == "" {
		t.Error("put away in the host's pane too")
	}
	asked := 0
	var sure func()
	to.Files.Total = used - 1
	if got := h.Save(to, func(count int, _ string, do func()) { asked, sure = count, do }); got != "" {
		t.Fatal(got)
	}
	s.until("asked", func() bool { return asked == 1 })
	if used, _ := h.host.Files(); used == 0 || h.Settings().Files.Total == used-1 {
		t.Error("done without waiting for the answer")
	}
	sure()
	s.until("removed", func() bool { used, _ := h.host.Files(); return used == 0 && h.Settings() == to })
	if h.lookFull(); s.app.Prefs().FullHidden != 0 {
		t.Error("put away for the next time too")
	}
}
