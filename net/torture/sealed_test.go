//go:build unix

package torture

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// den is a sealed room whose first two members are admins, and a guest who is let in
// and out.
type den struct {
	t      testing.TB
	room   chat.RoomID
	rec    *recorder
	people []*person // as those who talk in it
	guest  *person

	mu      sync.Mutex
	renamed map[string]bool // the names that it got, those of which its client was told so
	turns   int             // how often the guest was let in or out
}

// den makes a sealed room of people who are in the place.
func (p *place) den(people []*person, guest *person) *den {
	p.t.Helper()
	maker := people[0]
	d := &den{t: p.t, guest: guest, renamed: make(map[string]bool)}
	d.room = must(maker.CreateRoom(p.t.Context(), chat.RoomSealed, "Den", ""))
	d.rec = newRecorder(p.t, d.room)
	for i, m := range people {
		if i > 0 {
			if err := maker.InviteToRoom(p.t.Context(), d.room, m.Me().Account); err != nil {
				p.t.Fatal(err)
			}
		}
		if i == 1 {
			if err := maker.SetRoomAdmin(p.t.Context(), d.room, m.Me().Account, true); err != nil {
				p.t.Fatal(err)
			}
		}
		m.until("is in the den", func() bool {
			r, err := m.Room(context.Background(), d.room)
			return err == nil && r.State == client.RoomJoined && (i != 1 || r.Admin)
		})
		d.people = append(d.people, m.in(d.rec))
	}
	return d
}

// again does something to the room until stop is closed. Without a host nothing can be
// done to it; what was begun when it went may have been done.
func again(stop <-chan struct{}, do func(ctx context.Context, n int) error) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	})
	for n := 0; ctx.Err() == nil; n++ {
		_ = do(ctx, n) // see above
		pause(ctx, 20*time.Millisecond)
	}
}

// rename gives the room new names.
func (d *den) rename(stop <-chan struct{}, m *person) {
	again(stop, func(ctx context.Context, n int) error {
		name := fmt.Sprintf("den %s %d", m.name, n)
		err := m.RenameRoom(ctx, d.room, name, "")
		if err == nil {
			d.mu.Lock()
			d.renamed[name] = true
			d.mu.Unlock()
		}
		return err
	})
}

// turn lets the guest in and out.
func (d *den) turn(stop <-chan struct{}, m *person) {
	who := d.guest.Me().Account
	again(stop, func(ctx context.Context, _ int) error {
		members, err := m.RoomMembers(ctx, d.room)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(members, func(x client.RoomMember) bool { return x.Account == who }) {
			err = m.RemoveFromRoom(ctx, d.room, who)
		} else {
			err = m.InviteToRoom(ctx, d.room, who)
		}
		if err == nil {
			d.mu.Lock()
			d.turns++
			d.mu.Unlock()
		}
		return err
	})
}

// changed reports whether it was renamed and somebody was let in or out.
func (d *den) changed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.renamed) > 0 && d.turns > 0
}

// check looks, once all is through, whether each change that a client was told of is in
// everybody's history, and none is there twice. It returns how many there were.
func (d *den) check() int {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.people {
		names := make(map[string]int)
		for after := uint64(0); ; {
			page, err := m.After(context.Background(), d.room, after, 1000)
			if err != nil {
				d.t.Fatalf("%s: %v", m.name, err)
			}
			before := after
			for _, x := range page.Messages {
				if x.Kind == client.LineRoom && x.Change.Renamed {
					names[x.Change.Name]++
				}
				after = max(after, x.Seq)
			}
			if after == before {
				break
			}
		}
		for name := range d.renamed {
			if names[name] == 0 {
				d.t.Errorf("%s: the room was called %q, and that is lost", m.name, name)
			}
		}
		for name, n := range names {
			if n > 1 {
				d.t.Errorf("%s: the room was called %q %d times", m.name, name, n)
			}
		}
	}
	return len(d.renamed) + d.turns
}
