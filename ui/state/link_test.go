package state

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// FEATURES M4: a link that is clicked while Snug runs opens the join screen,
// whatever the person is doing, and one that is damaged says so.
func TestClickedLink(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{})

	ben := start(t, t.TempDir(), "")
	ben.screen(ScreenStart)
	ben.app.Link(link)
	ben.begin("Ben") // asks who he is first
	ben.screen(ScreenJoin)
	ben.until("card", func() bool { return ben.app.Join().Step() == JoinCard })
	if got := ben.app.Join().PlaceName(); got != "Our class" {
		t.Errorf("the card is of %q", got)
	}

	before := ben.app.Within()
	ben.app.Link(link[:len(link)-3])
	ben.screen(ScreenJoin)
	if j := ben.app.Join(); j.Step() != JoinPaste || j.Fault().What == "" || j.Typed() != link[:len(link)-3] {
		t.Errorf("half a link: step %v, fault %q, typed %q", j.Step(), j.Fault(), j.Typed())
	}
	if ben.app.Within() == before {
		t.Error("the window does not see that this is another way in")
	}

	before = ben.app.Within()
	ben.app.Link("snug:tea")
	if j := ben.app.Join(); j.Fault().What == "" || j.Typed() != "snug:tea" {
		t.Errorf("nonsense: fault %q, typed %q", j.Fault(), j.Typed())
	}
	if ben.app.Within() == before {
		t.Error("nor that the next one is")
	}

	ben.app.Link("") // a second start without a link
	if ben.app.Screen() != ScreenJoin || ben.app.Join().Typed() != "snug:tea" {
		t.Error("a start without a link changed the screen")
	}
	maria.app.Link(link) // her own place
	maria.screen(ScreenPlace)
}

// FEATURES M4: a link is saved as a file that is called as the place is, and the
// path of that file leads in as the link does. A file without a link says so.
func TestInviteFile(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{})
	i := maria.app.Hosting().Invites
	i.Save(*i.Made()) // she changes her mind when the folder is asked for
	maria.pick = t.TempDir()
	for n, name := range []string{"Our class.snug", "Our class (2).snug"} {
		i.Save(*i.Made())
		maria.until("saved", func() bool { return maria.said(text.InviteSaved(name)) })
		path := filepath.Join(maria.pick, name)
		if got, err := os.ReadFile(path); err != nil || string(got) != link+"\n" {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, link)
		}
		if files, err := os.ReadDir(maria.pick); err != nil || len(files) != n+1 {
			t.Errorf("the folder has %d files, %v, want %d", len(files), err, n+1)
		}
	}
	file := filepath.Join(maria.pick, "Our class.snug")

	maria.pick = filepath.Join(maria.pick, "no folder")
	i.Save(*i.Made())
	maria.until("not saved", func() bool { return maria.said(maria.app.Say(os.ErrNotExist).String()) })

	none := filepath.Join(t.TempDir(), "tea.snug")
	if err := os.WriteFile(none, []byte("tea\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ben := start(t, t.TempDir(), none)
	ben.begin("Ben")
	ben.screen(ScreenJoin)
	want := text.For(text.BadInviteFile, text.Facts{})
	ben.until("no link in it", func() bool { return ben.app.Join().Fault().What == want.What })
	j := ben.app.Join()
	if j.Step() != JoinPaste || j.Typed() != none {
		t.Errorf("a file without a link: step %v, typed %q", j.Step(), j.Typed())
	}
	if fault := j.Paste(" \"" + file + "\" "); fault != "" || j.Fault().What != "" {
		t.Errorf("while the file is read: %q, %q", fault, j.Fault())
	}
	ben.until("card", func() bool { return j.Step() == JoinCard })
	if got := j.PlaceName(); got != "Our class" {
		t.Errorf("the card is of %q", got)
	}

	// Who goes on with something else is not called back.
	ben.app.Link(none)
	ben.screen(ScreenJoin)
	j = ben.app.Join()
	if fault := j.Paste("snug:tea"); fault == "" {
		t.Error("nonsense is no fault")
	}
	ben.app.work.Wait()
	for len(ben.todo) > 0 {
		(<-ben.todo)()
	}
	if j.Typed() != "snug:tea" || j.Fault().What == want.What {
		t.Errorf("typed %q, fault %q", j.Typed(), j.Fault())
	}
}

// The desktop's menu offers to host a place: Snug then begins there.
func TestStartToHost(t *testing.T) {
	dir := t.TempDir()
	s := startFor(t, dir, setup.Call{Host: true})
	s.begin("Ana")
	s.screen(ScreenHost)
	s.close()
	s = startFor(t, dir, setup.Call{Host: true})
	s.screen(ScreenLocked)
	s.app.Unlock(goodPassword)
	s.screen(ScreenHost)
	s.app.Back()
	s.screen(ScreenStart)
	s.app.ChooseHost() // by a second start, while the window is open
	s.screen(ScreenHost)
}

// A link that comes while a passphrase is tried waits for the profile to open.
func TestClickedLinkWaits(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, "")
	first.screen(ScreenStart)
	first.app.ChooseJoin()
	first.begin("Ana")
	first.screen(ScreenJoin)
	first.close()

	s := start(t, dir, "")
	s.screen(ScreenLocked)
	s.app.Unlock("not the passphrase")
	s.app.Link("snug:one")
	s.screen(ScreenLocked)
	s.until("said", func() bool { return s.app.Fault().What != "" })
	s.app.Unlock(goodPassword)
	s.app.Link("snug:two") // the last one counts
	s.screen(ScreenJoin)
	if got := s.app.Join().Typed(); got != "snug:two" {
		t.Errorf("got %q", got)
	}
	if got := s.app.Join().Fault().What; got != text.For(text.BadLink, text.Facts{}).String() {
		t.Errorf("fault %q", got)
	}
}

// said reports whether a note was shown.
func (s *screenOf) said(sentence string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.notes, sentence)
}
