package state

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Part says what of a place is no longer as it was shown. Lines of a
// conversation have their own announcement: see Watcher.
type Part uint16

// The parts of a place.
const (
	PartConnection Part = 1 << iota // Bar
	PartRooms                       // Rooms
	PartPeople                      // Header, Members
	PartTyping                      // Typing
	PartDraft                       // Draft was changed from here: put it into the composer
	PartTray                        // Tray
	PartRoom                        // another room is open: everything
	PartUnread                      // Unread
	PartExtra                       // Extra: what the composer is about
	PartJump                        // TakeJump
	PartPins                        // Pins
	PartMembers                     // RoomMembers, Barrier
	PartPicked                      // Picking, IsPicked
	PartCompare                     // Asks, Compare
)

// allParts is what a view shows at first.
const allParts = PartConnection | PartRooms | PartPeople | PartTyping | PartDraft | PartTray | PartRoom | PartUnread | PartExtra | PartPins | PartMembers | PartPicked | PartCompare

// Watcher is told what changed. Its functions are called on the window's
// goroutine and may ask the place anything.
type Watcher struct {
	Changed func(Part)
	// Edited is called once for each step in which the lines of the open
	// conversation change, when the lines are as the step leaves them.
	Edited func(Edit)
}

// Place is one place as it is shown: its rooms, its people, and the conversation
// that is open. All methods but Close belong to the window's goroutine and do
// not block.
type Place struct {
	client  *client.Client
	desktop Desktop
	watch   Watcher
	reader  *reader
	jobs    *jobs
	ctx     context.Context // ends with Close; handed to what the place starts
	stop    context.CancelFunc
	work    sync.WaitGroup

	state    client.State
	history  client.History
	info     client.Place
	me       client.Me
	rooms    []RoomLine
	facts    map[chat.RoomID]client.Room // of the same rooms
	people   []client.Person
	compares []client.Comparison
	members  []client.RoomMember // of the open room, if it is private
	asked    int                 // requests under way
	typing   []string
	open     chat.RoomID
	talks    map[chat.RoomID]*Conversation
	recent   []chat.RoomID // those but the open one that hold lines, the last shown at the end
	tried    time.Time     // the person asked for a try
	active   bool          // the window is in front and shows this place
	quieted  time.Time     // no notification before
	habits   Habits
	drafts   drafts

	beside func() []*Place // the places that are open, this one among them; nil: it is alone
	visit  func(*Place)    // shows one of them

	searching context.CancelFunc // gives up the search that is not answered yet
	searches  int                // how many there were; what an earlier one finds is not shown
}

// newPlace follows a client.
func newPlace(c *client.Client, d Desktop) *Place {
	p := &Place{
		client: c, desktop: d, open: chat.Lobby, active: true,
		watch: Watcher{Changed: func(Part) {}, Edited: func(Edit) {}},
		talks: make(map[chat.RoomID]*Conversation), habits: defaultHabits(),
		state: c.State(), info: c.Place(), me: c.Me(), people: c.People(),
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.talk(p.open)
	p.jobs = newJobs()
	p.drafts = drafts{begun: make(chan time.Duration, 1), store: c.SetDraft, again: draftAgain}
	p.reader = newReader(p)
	p.work.Go(func() { p.reader.run(p.ctx) })
	p.work.Go(func() { p.jobs.run(p.ctx) })
	p.work.Go(func() { p.keepDrafts(p.ctx) })
	return p
}

// Watch sets who is told of changes, and tells it that all is new.
func (p *Place) Watch(w Watcher) {
	p.watch = w
	w.Changed(allParts)
}

// Unwatch stops telling.
func (p *Place) Unwatch() {
	p.watch = Watcher{Changed: func(Part) {}, Edited: func(Edit) {}}
}

// Close ends what the place started and waits for it; what was typed and not
// sent is kept. The client goes on. It is called off the window's goroutine.
func (p *Place) Close() {
	p.jobs.finish()
	p.stop()
	p.work.Wait()
	p.client.DropAllPasted() // what was not sent
}

// Client returns the client that the place follows.
func (p *Place) Client() *client.Client { return p.client }

// Name returns the name of the place.
func (p *Place) Name() string { return p.info.Name }

// talk returns the conversation of a room, which is made on first use.
func (p *Place) talk(room chat.RoomID) *Conversation {
	t := p.talks[room]
	if t == nil {
		t = &Conversation{place: p, room: room, atEnd: true}
		p.talks[room] = t
	}
	return t
}

// Conversation returns the conversation that is open.
func (p *Place) Conversation() *Conversation { return p.talk(p.open) }

// SetActive says whether the window is in front and shows this place: only then
// does what is on screen count as read.
func (p *Place) SetActive(active bool) {
	if p.active == active {
		return
	}
	p.active = active
	t := p.Conversation()
	if active {
		p.markRead(t)
	}
}

// Active reports what SetActive said.
func (p *Place) Active() bool { return p.active }

// Tone says how urgent the bar under the header is.
type Tone int

// The tones.
const (
	ToneCalm   Tone = iota // on its way
	ToneNotice             // not as it should be; goes on by itself
	ToneAlarm              // does not go on by itself
)

// Bar is the thin bar under the header.
type Bar struct {
	Shown bool
	Text  string
	Tone  Tone
	Retry bool // [Try now] makes sense
}

// grace is how long a lost connection may last before the bar appears: most come
// back at once, and a flash of a bar helps nobody.
const grace = 700 * time.Millisecond

// firstTry is how long the first tries after a loss count as connecting; after
// that the person is told that it may take longer.
const firstTry = 3 * time.Second

// Bar returns what the bar says.
func (p *Place) Bar() Bar {
	if p.client.Archive() {
		return Bar{}
	}
	now := p.desktop.Now()
	b := barOf(p.state, now, now.Sub(p.tried) < triedShown)
	if h := p.history; !b.Shown && h.Copying {
		return Bar{Shown: true, Text: text.HistoryCopying(text.Number(h.Have), text.Number(h.All)), Tone: ToneCalm}
	}
	return b
}

// triedShown is how long a try that the person asked for is shown.
const triedShown = 2 * time.Second

// barOf decides what the bar says in a state of the connection. Tries that go on
// by themselves change nothing on it, so that it does not flicker.
func barOf(s client.State, now time.Time, tried bool) Bar {
	switch s.Phase {
	case client.Online:
		if client.CodeOf(s.Err) != 0 { // what is written waits
			return Bar{Shown: true, Text: text.OfflineWaits(say(s.Err, text.Facts{Now: now}).What), Tone: ToneNotice}
		}
		return Bar{}
	case client.Idle, client.Connecting:
		switch gone := now.Sub(s.Since); {
		case gone < grace:
			return Bar{}
		case gone < firstTry || tried:
			return Bar{Shown: true, Text: text.OfflineConnecting(), Tone: ToneNotice, Retry: true}
		}
		return Bar{Shown: true, Text: text.OfflineLine(), Tone: ToneNotice, Retry: true}
	case client.WaitingApproval:
		return Bar{Shown: true, Text: text.JoinWaitingHost(), Tone: ToneCalm}
	case client.Offline:
		if errors.Is(s.Err, client.ErrDiskFull) || errors.Is(s.Err, client.ErrReadOnly) {
			return Bar{Shown: true, Text: say(s.Err, text.Facts{Now: now}).String(), Tone: ToneNotice, Retry: true}
		}
		if tried {
			return Bar{Shown: true, Text: text.OfflineConnecting(), Tone: ToneNotice, Retry: true}
		}
		if client.CodeOf(s.Err) != 0 {
			return Bar{Shown: true, Text: say(s.Err, text.Facts{Now: now}).What + " " + text.OfflineLine(), Tone: ToneNotice, Retry: true}
		}
		return Bar{Shown: true, Text: text.OfflineLine(), Tone: ToneNotice, Retry: true}
	case client.Stopped:
		return Bar{Shown: true, Text: say(s.Err, text.Facts{Now: now}).String(), Tone: ToneAlarm, Retry: true}
	}
	return Bar{}
}

// TryNow connects at once.
func (p *Place) TryNow() {
	p.tried = p.desktop.Now()
	p.client.Reconnect()
	p.watch.Changed(PartConnection)
	p.reader.ask(func(_ context.Context, r *reader) error {
		r.again = time.Now().Add(triedShown + perFrame) // the bar says how it went
		return nil
	})
}

// fail shows an error as a passing note.
func (p *Place) fail(err error, f text.Facts) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	f.Now = p.desktop.Now()
	p.problem(say(err, f))
}

// problem shows what went wrong as a passing note, with its details.
func (p *Place) problem(s text.Sentence) {
	if p.desktop.Problem == nil {
		p.desktop.Toast(s.String())
		return
	}
	p.desktop.Problem(s)
}

// do runs a change of the store after those before it, off the window's
// goroutine, and then done with its error on it. done may be nil: an error is
// then shown as a note. It reports false, and says so in a note, when too many wait.
func (p *Place) do(job func(context.Context) error, done func(error)) bool {
	ok := p.queue(job, done)
	if !ok {
		p.desktop.Toast(tooFast())
	}
	return ok
}

// tooFast says that too many changes wait.
func tooFast() string { return text.For(text.TooFast, text.Facts{Wait: time.Second}).String() }

// queue is do without the note when too many wait.
func (p *Place) queue(job func(context.Context) error, done func(error)) bool {
	return p.jobs.add(func(ctx context.Context) {
		err := job(ctx)
		p.desktop.Do(func() {
			switch {
			case p.ctx.Err() != nil:
			case done != nil:
				done(err)
			default:
				p.fail(err, text.Facts{})
			}
		})
	})
}

// maxJobs is how many changes may wait to be written: far more than a person
// makes while a slow disk writes one.
const maxJobs = 1000

// jobs runs functions one after another.
type jobs struct {
	mu   sync.Mutex // guards what follows
	wait []func(context.Context)
	last bool // no more are taken
	wake chan struct{}

	sends atomic.Int64 // files among them that are to be sent
}

func newJobs() *jobs { return &jobs{wake: make(chan struct{}, 1)} }

// add puts a job at the end; it reports false when too many wait.
func (j *jobs) add(f func(context.Context)) bool {
	j.mu.Lock()
	ok := len(j.wait) < maxJobs && !j.last
	if ok {
		j.wait = append(j.wait, f)
	}
	j.mu.Unlock()
	nudge(j.wake)
	return ok
}

// finish waits until everything that was added is done, for a moment.
func (j *jobs) finish() {
	done := make(chan struct{})
	if !j.add(func(context.Context) { close(done) }) {
		return
	}
	wait := finishTime
	if j.sends.Load() > 0 {
		wait = finishSends
	}
	select {
	case <-done:
	case <-time.After(wait):
	}
	j.mu.Lock()
	j.last = true
	j.mu.Unlock()
}

// finishTime is how long closing a place waits for changes that are still to be
// written.
const finishTime = 2 * time.Second

// finishSends is how long it waits for files that were sent in the last moment and are
// not the client's yet: a full tray of large photos, of each of which a copy is made.
const finishSends = time.Minute

func (j *jobs) run(ctx context.Context) {
	for {
		j.mu.Lock()
		var next func(context.Context)
		if len(j.wait) > 0 {
			next, j.wait = j.wait[0], j.wait[1:]
		}
		j.mu.Unlock()
		if next != nil {
			next(ctx)
			continue
		}
		select {
		case <-j.wake:
		case <-ctx.Done():
			return
		}
	}
}

// nudge wakes whoever waits on a channel of capacity 1.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
