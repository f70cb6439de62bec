package state

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/ui/text"
)

// glass stands in for a window: what is sent to its goroutine waits until the
// test looks.
type glass struct {
	t     *testing.T
	mu    sync.Mutex // guards queue
	queue []func()
	wake  chan struct{}

	clip    string
	notes   []string
	news    []string
	opened  []string
	chosen  []string
	folder  string
	picture []byte
	changes Part
	edits   int
	shadow  []Line // what a list that only hears of edits would show
}

func newGlass(t *testing.T) *glass { return &glass{t: t, wake: make(chan struct{}, 1)} }

func (g *glass) desktop() Desktop {
	return Desktop{
		Do: func(f func()) {
			g.mu.Lock()
			g.queue = append(g.queue, f)
			g.mu.Unlock()
			nudge(g.wake)
		},
		Clipboard:    func() string { return "" },
		SetClipboard: func(s string) { g.clip = s },
		Picture:      func() []byte { return g.picture },
		ChooseFile:   func(chosen func([]string)) { chosen(g.chosen) },
		ChooseFolder: func(chosen func(string)) { chosen(g.folder) },
		OpenURL:      func(string) {},
		Open:         func(path string) { g.opened = append(g.opened, path) },
		Notify:       func(title, body string) { g.news = append(g.news, title+"|"+body) },
		Toast:        func(s string) { g.notes = append(g.notes, s) },
		Now:          time.Now,
	}
}

// run does what was sent to the window.
func (g *glass) run() {
	for {
		g.mu.Lock()
		q := g.queue
		g.queue = nil
		g.mu.Unlock()
		if len(q) == 0 {
			return
		}
		for _, f := range q {
			f()
		}
	}
}

// until runs the window until ok holds.
func (g *glass) until(what string, ok func() bool) {
	g.t.Helper()
	end := time.After(90 * time.Second)
	for {
		g.run()
		if ok() {
			return
		}
		select {
		case <-g.wake:
		case <-time.After(20 * time.Millisecond):
		case <-end:
			g.t.Fatalf("after 90 s still not: %s; notes %q", what, g.notes)
		}
	}
}

// watch follows a place as a list does that only hears of edits.
func (g *glass) watch(p *Place) {
	p.Watch(Watcher{
		Changed: func(c Part) {
			g.changes |= c
			if c&PartRoom != 0 {
				g.shadow = slices.Clone(p.Conversation().lines)
			}
		},
		Edited: func(e Edit) {
			g.edits++
			c := p.Conversation()
			switch {
			case e.Reset:
				g.shadow = slices.Clone(c.lines)
				return
			case e.Changed > 0:
				copy(g.shadow[e.At:e.At+e.Changed], c.lines[e.At:])
			}
			g.shadow = slices.Delete(g.shadow, e.At, e.At+e.Removed)
			g.shadow = slices.Insert(g.shadow, e.At, c.lines[e.At:e.At+e.Added]...)
			if !slices.Equal(g.shadow, c.lines) {
				g.t.Fatalf("edit %+v does not lead to the lines that are there", e)
			}
		},
	})
}

// town is a place with its host's person and one who joined.
type town struct {
	hosting  *setup.Hosting
	ana, ben *Place
	a, b     *glass
	benHome  *setup.Profile
	member   *setup.Member
}

func profile(t *testing.T) *setup.Profile {
	t.Helper()
	p, err := setup.Open(setup.Options{Dir: t.TempDir(), Program: "test", Logs: logs.New(logs.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	return p
}

// newTown hosts a place as Ana and lets Ben join.
func newTown(t *testing.T) *town {
	t.Helper()
	x := &town{a: newGlass(t), b: newGlass(t)}
	h, err := profile(t).StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	x.hosting = h
	link, err := h.Invite(t.Context(), host.Command{Uses: 3})
	if err != nil {
		t.Fatal(err)
	}
	link.Addresses = []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}
	x.benHome = profile(t)
	if x.member, err = x.benHome.Join(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	if err := x.member.Client.Register(t.Context(), *link, "Ben", "zebra-candle-orbit-mint"); err != nil {
		t.Fatal(err)
	}
	x.member.Start()
	x.ana, x.ben = NewPlace(h.Member(), x.a.desktop()), NewPlace(x.member, x.b.desktop())
	t.Cleanup(x.ana.Close)
	t.Cleanup(x.ben.Close)
	x.a.watch(x.ana)
	x.b.watch(x.ben)
	x.until("both are here", func() bool {
		return strings.Contains(x.ana.Header().People, "2 here now") && strings.Contains(x.ben.Header().People, "2 here now")
	})
	return x
}

func (x *town) until(what string, ok func() bool) {
	x.a.t.Helper()
	x.a.until(what, func() bool {
		x.b.run()
		return ok()
	})
}

// line finds a line by its text.
func line(p *Place, s string) (Line, bool) {
	c := p.Conversation()
	for i := range c.Len() {
		if c.Line(i).Text == s {
			return c.Line(i), true
		}
	}
	return Line{}, false
}

// TestTwoTalk shows what each side sees of a message (FEATURES D1): own and
// others', and a mark that is never ahead of the host.
func TestTwoTalk(t *testing.T) {
	x := newTown(t)
	if got := x.ben.Conversation().Send("Hello Ana"); got != "" {
		t.Fatalf("refused: %s", got)
	}
	x.until("Ana sees it", func() bool { _, ok := line(x.ana, "Hello Ana"); return ok })
	x.until("Ben sees that it is on the host", func() bool { l, _ := line(x.ben, "Hello Ana"); return l.Mark.Sent() })
	at, _ := line(x.ana, "Hello Ana")
	own, _ := line(x.ben, "Hello Ana")
	switch {
	case at.Own || !own.Own:
		t.Errorf("own: Ana has %v, Ben has %v", at.Own, own.Own)
	case at.From != "Ben" || at.Mark != MarkNone:
		t.Errorf("Ana sees %+v", at)
	case at.ID != own.ID:
		t.Errorf("the message has two ids: %s, %s", at.ID, own.ID)
	}
	x.until("Ana's room list has it", func() bool { return x.ana.Rooms()[0].Line == "Ben: Hello Ana" })
	x.until("Ben's room list has it", func() bool { return x.ben.Rooms()[0].Line == "You: Hello Ana" })
	if _, ok := line(x.ana, text.ChatJoined("Ben")); !ok {
		t.Error("Ana is not told that Ben came in")
	}
	x.b.changes = 0
	x.ana.Conversation().SetDraft("H")
	x.until("Ben sees Ana typing", func() bool { return slices.Equal(x.ben.Typing(), []string{"Ana"}) })
	x.ana.Conversation().Send("Hi Ben")
	x.until("it came, and the dots are gone", func() bool {
		_, ok := line(x.ben, "Hi Ben")
		return ok && len(x.ben.Typing()) == 0
	})
}

// TestUnread: what comes while nobody looks is counted, marked once, and read
// when the person is back.
func TestUnread(t *testing.T) {
	x := newTown(t)
	x.ana.SetActive(false)
	for i := range 3 {
		x.ben.Conversation().Send(fmt.Sprint("news ", i))
	}
	x.until("three are unread", func() bool { return x.ana.Unread() == 3 })
	id, label := x.ana.Conversation().UnreadLine()
	first, _ := line(x.ana, "news 0")
	if id != first.ID || !strings.HasPrefix(label, "3 new since ") {
		t.Errorf("unread line at %s says %q; the first is %s", id, label, first.ID)
	}
	if len(x.a.news) == 0 || !strings.HasPrefix(x.a.news[0], "Choir|Ben: news") {
		t.Errorf("notifications: %q", x.a.news)
	}
	x.ana.SetActive(true)
	x.until("all are read", func() bool { return x.ana.Unread() == 0 })
	if again, _ := x.ana.Conversation().UnreadLine(); again != id {
		t.Errorf("the line moved from %s to %q while it was read", id, again)
	}
	x.ana.Conversation().Send("thanks")
	if again, _ := x.ana.Conversation().UnreadLine(); again != "" {
		t.Errorf("the line is still at %q after an answer", again)
	}
	x.ana.SetActive(false)
	x.ben.Conversation().Send("more")
	x.until("one is unread", func() bool { return x.ana.Unread() == 1 })
	more, _ := line(x.ana, "more")
	if id, _ := x.ana.Conversation().UnreadLine(); id != more.ID {
		t.Errorf("the new line is at %s, want %s", id, more.ID)
	}
}

// TestOffline: without the host a message waits and says so, the bar offers to
// try, and it goes out by itself later. The draft survives the program.
func TestOffline(t *testing.T) {
	x := newTown(t)
	if got := x.ben.Bar(); got.Shown {
		t.Errorf("bar while online: %+v", got)
	}
	if err := x.hosting.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.b.until("the bar is there", func() bool { b := x.ben.Bar(); return b.Shown && b.Retry && b.Tone == ToneNotice })
	if got := x.ben.Header().People; strings.Contains(got, "here") {
		t.Errorf("header says %q without a connection", got)
	}
	// What waits can be changed, and taken back.
	conv := x.ben.Conversation()
	conv.Send("leater")
	x.b.until("it waits", func() bool { l, _ := line(x.ben, "leater"); return l.Mark == MarkWaiting })
	l, _ := line(x.ben, "leater")
	if !conv.CanEdit(l.ID) || !conv.CanDeleteAll(l.ID) || !conv.Waits(l.ID) {
		t.Error("a message that waits cannot be changed")
	}
	conv.Edit(l.ID)
	conv.Send("later")
	x.b.until("it has other words and waits", func() bool {
		l, is := line(x.ben, "later")
		_, was := line(x.ben, "leater")
		return is && !was && l.Mark == MarkWaiting
	})
	conv.Send("never")
	x.b.until("one more waits", func() bool { _, is := line(x.ben, "never"); return is })
	l, _ = line(x.ben, "never")
	conv.DeleteForAll(l.ID)
	x.b.until("it is taken back", func() bool { _, is := line(x.ben, "never"); return !is })
	x.ben.Conversation().SetDraft("half a tho")
	x.ben.Conversation().KeepDraft()
	x.ben.Close()
	again := newGlass(t)
	p := NewPlace(x.member, again.desktop())
	defer p.Close()
	again.watch(p)
	again.until("outbox and draft are back", func() bool {
		l, _ := line(p, "later")
		return l.Mark == MarkWaiting && p.Conversation().Draft() == "half a tho"
	})
	if again.changes&PartDraft == 0 {
		t.Error("the composer was not told of the draft")
	}
}

// TestTextLimits: what cannot be a message is refused in words before it is sent.
func TestTextLimits(t *testing.T) {
	x := newTown(t)
	c := x.ben.Conversation()
	for _, s := range []string{"", " \n\t", strings.Repeat("x", MaxText+1), "broken \xff"} {
		if got := c.Send(s); got == "" {
			t.Errorf("%.20q was taken", s)
		}
	}
	if got := c.Send(strings.Repeat("x", MaxText)); got != "" {
		t.Errorf("the longest message is refused: %s", got)
	}
	x.until("it arrives", func() bool { _, ok := line(x.ana, strings.Repeat("x", MaxText)); return ok })
}

// TestFiles follows a file from the tray into the other's folder (FEATURES F3,
// F6), and what is refused at choose time (F5).
func TestFiles(t *testing.T) {
	x := newTown(t)
	dir := t.TempDir()
	if err := x.hosting.Member().Client.ChangePlace(t.Context(), "Choir", chat.JoinByInvite, 100_000); err != nil {
		t.Fatal(err)
	}
	x.b.until("the limit is known", func() bool { return x.ben.info.MaxFile == 100_000 })
	write := func(name string, n int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("a", n)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	small, large, setupExe := write("notes.txt", 5000), write("film.mp4", 100_001), write("setup.exe", 10)
	c := x.ben.Conversation()
	x.b.chosen = []string{small, large, t.TempDir(), filepath.Join(dir, "nothing"), setupExe, small}
	c.Choose()
	x.b.until("the tray is full", func() bool { return len(c.Tray()) == 5 })
	want := []string{"5 KB", "Too big for this place: 100 KB, limit 98 KiB.", "A folder cannot be sent.", "not there any more", "10 B"}
	for i, it := range c.Tray() {
		if !strings.Contains(it.Line, want[i]) || it.OK != (i == 0 || i == 4) {
			t.Errorf("%s: %q, ok %v; want %q", it.Name, it.Line, it.OK, want[i])
		}
	}
	if c.TrayReady() != 2 || c.Notice() == "" {
		t.Errorf("ready %d, notice %q", c.TrayReady(), c.Notice())
	}
	c.SendTray("")
	if got := len(c.Tray()); got != 3 {
		t.Errorf("%d files stay in the tray, want those that cannot be sent", got)
	}
	find := func(p *Place, name string) Line {
		for i := range p.Conversation().Len() {
			if l := p.Conversation().Line(i); l.File.Name == name {
				return l
			}
		}
		return Line{}
	}
	// The host keeps a copy for its own person, whose client fetches nothing by itself.
	for _, name := range []string{"notes.txt", "setup.exe"} {
		x.until("Ana can fetch "+name, func() bool { return find(x.ana, name).File.Can(FileGet) })
		x.ana.Conversation().Do(find(x.ana, name).ID, FileGet)
	}
	x.until("Ana has both", func() bool {
		return find(x.ana, "notes.txt").File.Can(FileOpen) && find(x.ana, "setup.exe").File.Can(FileOpen)
	})
	if n := find(x.ana, "notes.txt"); n.File.Bar || !strings.Contains(n.File.Line, "5 KB") {
		t.Errorf("finished file: %+v", n.File)
	}
	a := x.ana.Conversation()
	if !a.Do(find(x.ana, "setup.exe").ID, FileOpen) {
		t.Error("a program is opened without a warning")
	}
	if a.Do(find(x.ana, "notes.txt").ID, FileOpen) {
		t.Error("a text is warned of")
	}
	x.a.until("the text is opened", func() bool { return len(x.a.opened) == 1 })
	if name := filepath.Base(x.a.opened[0]); !strings.HasPrefix(name, "notes") {
		t.Errorf("%s is opened", name)
	}
	x.a.folder = t.TempDir()
	a.Do(find(x.ana, "notes.txt").ID, FileSaveAs)
	x.a.until("a copy is saved", func() bool {
		b, err := os.ReadFile(filepath.Join(x.a.folder, filepath.Base(x.a.opened[0])))
		return err == nil && len(b) == 5000
	})
	if err := os.Remove(x.a.opened[0]); err != nil {
		t.Fatal(err)
	}
	x.a.notes = nil
	a.Do(find(x.ana, "notes.txt").ID, FileOpen)
	x.a.until("a sentence", func() bool { return slices.Contains(x.a.notes, text.FileMoved()) })
	back := write("answer.txt", 70)
	a.Attach([]string{back})
	x.until("Ana's tray", func() bool { return a.TrayReady() == 1 })
	a.SendTray("")
	x.until("Ben has the answer without asking", func() bool { return find(x.ben, "answer.txt").File.Can(FileFolder) && !find(x.ben, "answer.txt").Own })
	x.until("Ben's copy is on the host", func() bool { return find(x.ben, "notes.txt").Mark.Sent() })
}

// TestBar: the bar comes after a moment, then says the same however often the
// client tries, and tells a try that the person asked for.
func TestBar(t *testing.T) {
	now := time.Now()
	since := func(d time.Duration) time.Time { return now.Add(-d) }
	line, trying := text.OfflineLine(), text.OfflineConnecting()
	for name, x := range map[string]struct {
		state client.State
		tried bool
		want  string
	}{
		"online":                        {client.State{Phase: client.Online, Since: since(time.Hour)}, false, ""},
		"a hiccup":                      {client.State{Phase: client.Connecting, Since: since(100 * time.Millisecond)}, false, ""},
		"the first tries":               {client.State{Phase: client.Connecting, Since: since(time.Second)}, false, trying},
		"between tries":                 {client.State{Phase: client.Offline, Since: since(time.Minute), Err: client.ErrUnreachable}, false, line},
		"a try by itself":               {client.State{Phase: client.Connecting, Since: since(time.Minute)}, false, line},
		"a try that was asked for":      {client.State{Phase: client.Offline, Since: since(time.Minute), Err: client.ErrUnreachable}, true, trying},
		"the host's disk is full":       {client.State{Phase: client.Online, Since: since(time.Minute), Err: &client.CodeError{Code: wire.CodeDiskFull}}, false, "The host's disk is full. What you write waits."},
		"the host's disk does not work": {client.State{Phase: client.Online, Since: since(time.Minute), Err: &client.CodeError{Code: wire.CodeFailed}}, false, "Something went wrong on the computer of the host. What you write waits."},
		"the disk takes no writes":      {client.State{Phase: client.Offline, Since: since(time.Minute), Err: client.ErrReadOnly}, false, text.For(text.ReadOnly, text.Facts{}).String()},
		"the disk is full":              {client.State{Phase: client.Offline, Since: since(time.Minute), Err: client.ErrDiskFull}, false, text.For(text.DiskFull, text.Facts{}).String()},
		"the host was stopped":          {client.State{Phase: client.Offline, Since: since(time.Minute), Err: &client.CodeError{Code: wire.CodeStopping}}, false, say(&client.CodeError{Code: wire.CodeStopping}, text.Facts{}).What + " " + line},
	} {
		if got := barOf(x.state, now, x.tried); got.Text != x.want || got.Shown != (x.want != "") {
			t.Errorf("%s: got %q, want %q", name, got.Text, x.want)
		}
	}
}
