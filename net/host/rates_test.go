package host_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestReconnectGainsNothing shows that the limits of a device hold over all its
// connections.
func TestReconnectGainsNothing(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Limits.Posts, p.cfg.Limits.PostBurst = 1e-6, 5
		p.cfg.Limits.Requests, p.cfg.Limits.RequestBurst = 1e-6, 2
		p.cfg.Limits.Entries, p.cfg.Limits.EntryBurst = 1e-6, 4
	})
	p.owner()
	tom := p.newcomer("Tom", host.Command{})
	for n := range 5 {
		if got := tom.post(tom.text("x")); got.Code != 0 {
			t.Fatalf("post %d: %+v", n, got)
		}
	}
	for range 2 {
		tom.send(&wire.ListInvites{Ref: 1})
		expect[*wire.Invites](tom)
	}
	more := tom.text("x")
	for n := range 3 {
		tom.close()
		tom = p.back(tom.who)
		if got := tom.post(more); got.Code != wire.CodeSlowDown {
			t.Errorf("connection %d: posted %+v, want slow down", n, got)
		}
		tom.send(&wire.ListInvites{Ref: 1})
		expectCode(tom, wire.CodeSlowDown)
	}
	tom.close()
	tom = p.connect(tom.who, nil)
	if bye := tom.ended(patience); bye.Code != wire.CodeSlowDown {
		t.Errorf("came in too often: goodbye with code %d, want slow down", bye.Code)
	}
	// Another device of the same place has its own.
	mia := p.newcomer("Mia", host.Command{})
	if got := mia.post(mia.text("x")); got.Code != 0 {
		t.Errorf("another's post: %+v", got)
	}
}

// TestReconnectFloods shows that who was cut off for a flood cannot go on at once.
func TestReconnectFloods(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Limits.Messages, p.cfg.Limits.MessageBurst = 1e-6, 20
	})
	tom := p.owner()
	for range 30 {
		tom.send(&wire.Typing{Room: chat.Lobby})
	}
	if bye := tom.ended(patience); bye.Code != wire.CodeSlowDown {
		t.Fatalf("goodbye with code %d, want slow down", bye.Code)
	}
	tom = p.back(tom.who)
	tom.send(&wire.Typing{Room: chat.Lobby})
	if bye := tom.ended(patience); bye.Code != wire.CodeSlowDown {
		t.Errorf("after coming back: goodbye with code %d, want slow down", bye.Code)
	}
}

// TestRatesAreForgotten bounds what the host keeps of devices that have left.
func TestRatesAreForgotten(t *testing.T) {
	var later atomic.Int64
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	olga := p.owner()
	tom := p.newcomer("Tom", host.Command{})
	for range 30 {
		tom.post(tom.text("x"))
	}
	tom.close()
	if got := p.host.ForgetRates(); got != 2 {
		t.Errorf("%d are kept right after Tom left, want 2", got)
	}
	later.Store(int64(time.Minute))
	for end := time.Now().Add(patience); p.host.ForgetRates() != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are kept a minute later, want Olga's alone", p.host.ForgetRates())
		}
	}
	if got := olga.post(olga.text("x")); got.Code != 0 {
		t.Errorf("%+v", got)
	}
}
