package state

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// perFrame is the shortest time between two changes that reach the screen by
// themselves: more than thirty a second nobody sees, and each costs a frame.
const perFrame = 33 * time.Millisecond

// reader is the goroutine that reads for a place: it takes what changed and what
// the person asked for, looks it up in the client, and hands finished lines to
// the window.
type reader struct {
	place   *Place
	client  *client.Client
	desktop Desktop
	wake    chan struct{}

	mu   sync.Mutex // guards asks
	asks []func(context.Context, *reader) error

	// The rest belongs to run.
	room  chat.RoomID
	part  stretch
	host  chat.AccountID         // who brought this person in, once it is known
	last  map[chat.RoomID]uint64 // the newest message of each room, nil before they were read
	again time.Time              // when the bar's grace is over
	apply []func()               // for the window
	facts fileFacts
}

func newReader(p *Place) *reader {
	return &reader{place: p, client: p.client, desktop: p.desktop, wake: make(chan struct{}, 1), room: p.open}
}

// ask has the reader do something on its goroutine. It never blocks.
func (r *reader) ask(f func(context.Context, *reader) error) {
	r.mu.Lock()
	r.asks = append(r.asks, f)
	r.mu.Unlock()
	nudge(r.wake)
}

// run reads until ctx ends.
func (r *reader) run(ctx context.Context) {
	sub := r.client.Subscribe()
	changes := make(chan client.Changes)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			ch, err := sub.Next(ctx)
			if err != nil {
				return
			}
			select {
			case changes <- ch:
			case <-ctx.Done():
				return
			}
		}
	})
	defer wg.Wait()
	defer sub.Close()

	r.fault(r.everything(ctx))
	r.cross(ctx)
	var last time.Time // of the latest change that reached the screen
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		open := changes
		wait := time.Hour
		now := time.Now()
		if gap := last.Add(perFrame).Sub(now); gap > 0 {
			open, wait = nil, gap
		}
		if !r.again.IsZero() {
			wait = min(wait, max(time.Until(r.again), perFrame))
		}
		timer.Reset(wait)
		select {
		case ch := <-open:
			r.fault(r.take(ctx, ch))
			last = time.Now()
		case <-r.wake:
			r.answer(ctx)
		case <-timer.C:
			if !r.again.IsZero() && !time.Now().Before(r.again) {
				r.again = time.Time{}
				r.readState()
				r.readHistory()
			}
		case <-ctx.Done():
			return
		}
		r.cross(ctx)
	}
}

// answer does what was asked for.
func (r *reader) answer(ctx context.Context) {
	r.mu.Lock()
	asks := r.asks
	r.asks = nil
	r.mu.Unlock()
	for _, f := range asks {
		r.fault(f(ctx, r))
	}
}

// cross hands everything that was read to the window and waits until it is
// shown, so that a slow window is not buried in changes.
func (r *reader) cross(ctx context.Context) {
	if len(r.apply) == 0 {
		return
	}
	apply := r.apply
	r.apply = nil
	shown := make(chan struct{})
	r.desktop.Do(func() {
		defer close(shown)
		if ctx.Err() != nil {
			return
		}
		for _, f := range apply {
			f()
		}
	})
	select {
	case <-shown:
	case <-ctx.Done():
	}
}

// show adds a function for the window.
func (r *reader) show(f func()) { r.apply = append(r.apply, f) }

// fault says that reading failed.
func (r *reader) fault(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	r.show(func() { r.place.fail(err, text.Facts{}) })
}

// everything reads all that is shown.
func (r *reader) everything(ctx context.Context) error {
	r.readState()
	r.readHistory()
	r.readPeople()
	r.readTyping()
	r.readCompare()
	return errors.Join(r.readRooms(ctx), r.openRoom(ctx, r.room))
}

// take reads what changed.
func (r *reader) take(ctx context.Context, ch client.Changes) error {
	var errs []error
	if ch.State {
		r.readState()
	}
	if ch.Me || ch.Place || ch.People || ch.State {
		r.readPeople()
	}
	if ch.Typing[r.room] || ch.People {
		r.readTyping()
	}
	if ch.Compare {
		r.readCompare()
	}
	if len(ch.Rooms) > 0 || ch.People || ch.RoomList {
		errs = append(errs, r.readRooms(ctx))
	}
	if ch.RoomList || ch.People {
		errs = append(errs, r.readMembers(ctx))
	}
	if ch.History {
		r.readHistory()
	}
	if ch.Past[r.room] {
		errs = append(errs, r.readPast(ctx))
	}
	if ch.Early[r.room] {
		errs = append(errs, r.readEarly(ctx))
	}
	if ch.Rooms[r.room] {
		errs = append(errs, r.readNews(ctx), r.client.Deliver(ctx, r.room, r.part.rows))
	}
	if ch.Related[r.room] {
		errs = append(errs, r.relate(ctx, ch.Hidden))
	}
	if len(ch.Transfers) > 0 {
		errs = append(errs, r.readTransfers(ctx, ch.Transfers))
	}
	if ch.Rooms[r.room] || ch.People {
		errs = append(errs, r.readHost(ctx))
	}
	if ch.Rooms[r.room] || ch.People || len(ch.Transfers) > 0 {
		r.lines()
	}
	return errors.Join(errs...)
}

func (r *reader) readState() {
	s := r.client.State()
	for _, over := range []time.Time{s.Since.Add(firstTry), s.Since.Add(grace)} {
		if s.Phase != client.Online && time.Now().Before(over) {
			r.again = over.Add(perFrame)
		}
	}
	r.show(func() {
		r.place.state = s
		r.place.watch.Changed(PartConnection)
	})
}

func (r *reader) readPeople() {
	people, me, info := r.client.People(), r.client.Me(), r.client.Place()
	r.show(func() {
		p := r.place
		p.people, p.me, p.info = people, me, info
		p.watch.Changed(PartPeople)
	})
}

func (r *reader) readTyping() {
	ids := r.client.TypingIn(r.room)
	names := typingNames(ids, r.client.Person)
	room := r.room
	r.show(func() {
		p := r.place
		if room != p.open || slices.Equal(names, p.typing) {
			return
		}
		p.typing = names
		p.watch.Changed(PartTyping)
	})
}
