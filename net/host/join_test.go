package host_test

import (
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestOwnerAndFriend is the main job of a host: an owner, a friend by a link,
// words both ways, and both again after a restart.
func TestOwnerAndFriend(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	olga.live(chat.Directory)
	olga.live(chat.Lobby)
	token := p.token(host.Command{})
	ben := p.connect(newPerson("Ben"), token)
	if w := expect[*wire.Welcome](ben); w.Card == nil || w.Card.Place != "Our class" || w.Card.Host != "Olga" || w.Card.People != 1 || w.Link != 0 {
		t.Errorf("the card is %+v, link %d", w.Card, w.Link)
	}
	if s := ben.register(token); s.Role != chat.Member || s.State != chat.Active || s.Device != ben.who.device() {
		t.Errorf("session %+v", s)
	}
	ben.settle()
	if d := expect[*wire.Deliver](olga); d.Room != chat.Directory {
		t.Errorf("the owner got a row of %v, want one of the directory", d.Room)
	}
	if got := len(ben.live(chat.Directory)); got != 2 {
		t.Errorf("the directory has %d rows, want 2", got)
	}
	ben.live(chat.Lobby)
	if p := ben.post(ben.text("hello")); p.Code != 0 || p.Seq == 0 {
		t.Fatalf("posted: %+v", p)
	}
	if got := textOf(expect[*wire.Deliver](olga).Row); got != "hello" {
		t.Errorf("the owner got %q", got)
	}
	if got := textOf(expect[*wire.Deliver](ben).Row); got != "hello" {
		t.Errorf("the sender got %q", got)
	}
	p.restart()
	if bye := olga.ended(patience); bye.Code != wire.CodeStopping {
		t.Errorf("goodbye with code %d, want stopping", bye.Code)
	}
	again := p.back(ben.who)
	if rows := again.live(chat.Lobby); len(rows) != 1 || textOf(rows[0]) != "hello" {
		t.Errorf("after a restart the lobby has %d rows", len(rows))
	}
}
