package client

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

// A screen that sleeps holds nobody up and misses nothing: what changed
// meanwhile comes as one.
func TestFeedMergesForSlowScreens(t *testing.T) {
	c := &Client{}
	slow, fast := c.Subscribe(), c.Subscribe()
	for range 10_000 {
		c.publishRoom(chat.Lobby)
		c.feed.publish(func(ch *Changes) { ch.People = true })
	}
	for name, s := range map[string]*Subscription{"slow": slow, "fast": fast} {
		ch, err := s.Next(t.Context())
		if err != nil || !ch.People || !ch.Rooms[chat.Lobby] || ch.State {
			t.Errorf("%s: got %+v, %v", name, ch, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if ch, err := slow.Next(ctx); err == nil {
		t.Errorf("got %+v, want nothing more", ch)
	}
	ch, _ := func() (Changes, error) { c.publishRoom(chat.Lobby); return fast.Next(t.Context()) }()
	ch.Rooms[chat.RoomID{9}] = true // a screen's own copy
	c.publishRoom(chat.Lobby)
	if ch, err := fast.Next(t.Context()); err != nil || len(ch.Rooms) != 1 {
		t.Errorf("got %+v, %v: screens share a map", ch, err)
	}
	if len(c.feed.subs) != 2 {
		t.Errorf("%d subscriptions, want 2", len(c.feed.subs))
	}
	slow.Close()
	fast.Close()
	if _, err := slow.Next(t.Context()); !errors.Is(err, ErrUnsubscribed) || len(c.feed.subs) != 0 {
		t.Errorf("after Close: %v with %d subscriptions", err, len(c.feed.subs))
	}
}

func TestFeedWakesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{}
		s := c.Subscribe()
		go func() {
			time.Sleep(time.Second)
			c.feed.publish(func(ch *Changes) { ch.Me = true })
			time.Sleep(time.Second)
			s.Close()
		}()
		if ch, err := s.Next(t.Context()); err != nil || !ch.Me {
			t.Errorf("got %+v, %v", ch, err)
		}
		if _, err := s.Next(t.Context()); !errors.Is(err, ErrUnsubscribed) {
			t.Errorf("got %v, want %v", err, ErrUnsubscribed)
		}
	})
}

// The waits between tries grow to half a minute and vary.
func TestNextWait(t *testing.T) {
	var wait time.Duration
	for i := range 20 {
		next := nextWait(wait, 0.5)
		if next < wait || next > lastWait || i == 0 && next != firstWait {
			t.Errorf("wait %d is %v after %v", i, next, wait)
		}
		wait = next
	}
	if wait != lastWait {
		t.Errorf("in the end %v, want %v", wait, lastWait)
	}
	for _, r := range []float64{0, 0.999} {
		if w := nextWait(4*time.Second, r); w < 6*time.Second || w > 10*time.Second {
			t.Errorf("random %v: %v, want 8 s give or take a quarter", r, w)
		}
	}
}
