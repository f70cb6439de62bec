package state

import (
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
