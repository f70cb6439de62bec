package client_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/link"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// record is what a host put into order, from which follows who is entitled to what.
type record struct {
	quiet atomic.Bool // rows come once and in order from now on

	mu     sync.Mutex // guards what follows
	junkOf chat.DeviceID
	rand   *rand.Rand
	events []event
	last   uint64 // row of any sealed room
	commit []byte // Data of the last commit

	returned map[uint64]bool // rows that members gave back

	wished int // how many wishes to leave there were

	commits, long int // how many there were, and how many as blobs
}

// chronicled puts a chronicle between a host and its store.
func chronicled(r *record) func(host.Store) host.Store {
	return func(s host.Store) host.Store { return &chronicle{Store: s, record: r} }
}

func (r *record) lastCommit() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit
}

// event is a row of a sealed room, or something else that changes who may read.
type event struct {
	when   time.Time // of all that add was called with
	seq    uint64
	room   chat.RoomID
	device chat.DeviceID // who posted
	commit bool
	asks   bool // to leave
	junk   bool
	came   []chat.AccountID
	went   []chat.AccountID
	brings []chat.DeviceID // welcomes with it

	wish int            // number of somebody's wish to leave
	who  chat.AccountID // whose

	lostFrom, lostTo uint64                 // the host lost the rows after the first, up to the second
	restored         chat.DeviceID          // went back to
	cursors          map[chat.RoomID]uint64 // these rows
	stocked          chat.DeviceID          // has given the host new key packages for all that it had
}

func (r *record) add(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.when = time.Now()
	r.events = append(r.events, e)
	r.last = max(r.last, e.seq)
}

// make notes a new room.
func (r *record) make(room chat.RoomID, maker chat.AccountID, device chat.DeviceID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = slices.Insert(r.events, 0, event{room: room, came: []chat.AccountID{maker}, brings: []chat.DeviceID{device}})
}

// wishes notes that somebody asks to leave a room, and returns the number of that:
// their devices go one after another, and none is entitled to what comes then.
func (r *record) wishes(room chat.RoomID, who chat.AccountID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wished++
	r.events = append(r.events, event{seq: r.last, room: room, wish: r.wished, who: who})
	return r.wished
}

// hasWished reports whether somebody ever asked to leave a room.
func (r *record) hasWished(who chat.AccountID, room chat.RoomID) bool {
	return slices.ContainsFunc(r.events, func(e event) bool { return e.wish != 0 && e.who == who && e.room == room })
}

// takeBack forgets a wish that nothing came of.
func (r *record) takeBack(wish int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = slices.DeleteFunc(r.events, func(e event) bool { return e.wish == wish })
}

func (r *record) restored(device chat.DeviceID, cursors map[chat.RoomID]uint64) {
	r.add(event{restored: device, cursors: cursors})
}

// changed reports whether anything changed in the rooms since there were n events, or
// somebody asked for that.
func (r *record) changed(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.events[n:], func(e event) bool {
		return !e.junk && (e.commit || e.asks || len(e.came)+len(e.went) > 0)
	})
}

// len returns how many events there are.
func (r *record) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// givenBack returns the rows that members gave back so far.
func (r *record) givenBack() map[uint64]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.returned)
}

// lose notes that the host lost the rows after one, and once more what was given back
// since its backup had only had these.
func (r *record) lose(after uint64, had map[uint64]bool) {
	r.mu.Lock()
	to := r.last
	r.returned = had
	r.mu.Unlock()
	r.add(event{lostFrom: after, lostTo: to})
}

// chronicle is the store of a host that keeps a record, and sometimes gives rows
// twice or in another order, and mails again.
type chronicle struct {
	host.Store
	record *record
}

func (s *chronicle) Append(p *chat.Post, done func(chat.Outcome, uint64, error)) error {
	return s.Store.Append(p, func(outcome chat.Outcome, last uint64, err error) {
		if err == nil && outcome == chat.Appended && p.Sealed {
			e := event{seq: p.Row.Seq, room: p.Row.Room, device: p.Row.Device, commit: p.Commit}
			s.record.mu.Lock()
			e.junk = e.device == s.record.junkOf
			s.record.mu.Unlock()
			for _, m := range p.Members {
				if m.Out {
					e.went = append(e.went, m.Account)
				} else {
					e.came = append(e.came, m.Account)
				}
			}
			for i := range p.Mails {
				e.brings = append(e.brings, p.Mails[i].To)
			}
			env, err := wire.ParseEnvelope(p.Row.Envelope)
			e.asks = err == nil && env.Body == wire.KindProposal
			s.record.add(e)
			if err == nil && p.Commit {
				s.record.mu.Lock()
				s.record.commits++
				if v, err := wire.ParseBody(env.Body, env.Data); err == nil && v.(*wire.Sealed).Blob != nil {
					s.record.long++
				}
				if e.device != s.record.junkOf {
					s.record.commit = env.Data
				}
				s.record.mu.Unlock()
			}
		}
		done(outcome, last, err)
	})
}

func (s *chronicle) GiveBack(ctx context.Context, room chat.RoomID, rows []*chat.Post, until uint64, committed func([]*chat.Post)) error {
	return s.Store.GiveBack(ctx, room, rows, until, func(taken []*chat.Post) {
		s.record.mu.Lock()
		if s.record.returned == nil {
			s.record.returned = make(map[uint64]bool)
		}
		for _, p := range taken {
			s.record.returned[p.Row.Seq] = true
		}
		s.record.mu.Unlock()
		committed(taken)
	})
}

func (s *chronicle) Apply(ctx context.Context, c *chat.Change, committed func()) error {
	return s.Store.Apply(ctx, c, func() {
		for i := range c.Members {
			if m := &c.Members[i]; m.Gone != 0 {
				s.record.add(event{seq: m.Until, room: m.Room, went: []chat.AccountID{m.Account}})
			}
		}
		committed()
	})
}

func (s *chronicle) PutKeyPackages(ctx context.Context, device chat.DeviceID, packages []chat.KeyPackage, replace bool, most int) (bool, error) {
	ok, err := s.Store.PutKeyPackages(ctx, device, packages, replace, most)
	if err == nil && ok && replace {
		s.record.add(event{stocked: device})
	}
	return ok, err
}

func (s *chronicle) chance(percent int) bool {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return !s.record.quiet.Load() && s.record.rand.IntN(100) < percent
}

func (s *chronicle) After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) ([]chat.Row, bool, error) {
	rows, more, err := s.Store.After(ctx, room, seq, maxRows, maxBytes)
	if err != nil || len(rows) < 2 || more || room == chat.Directory {
		return rows, more, err
	}
	size := 0
	for i := range rows {
		size += len(rows[i].Envelope)
	}
	i := len(rows) / 2
	switch {
	case size > 16<<10:
	case s.chance(4): // twice
		rows = slices.Insert(rows, i, rows[i])
	case s.chance(2) && i+1 < len(rows)-1: // the last one stays the last
		rows[i], rows[i+1] = rows[i+1], rows[i]
	}
	return rows, more, nil
}

func (s *chronicle) RemoveMail(ctx context.Context, device chat.DeviceID, id chat.MessageID) error {
	if s.chance(10) {
		return nil // lost on the way: it comes again
	}
	return s.Store.RemoveMail(ctx, device, id)
}

// span is a stretch of rows, without the first and with the last.
type span struct{ from, to uint64 }

const (
	noEnd  = 1 << 62
	noTime = 24 * time.Hour // longer than any run
)

// entitled returns the rows of a room that a device must be able to read. excused
// are those that it need not, though they are shown: from before it was restored
// until it came back in.
func (r *record) entitled(m *wild, room chat.RoomID) (must, excused []span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var in bool       // the device
	var gap uint64    // restored, and not back: since this row
	var leaves uint64 // wants to leave: since the row before this one
	// It was restored, and the host had key packages until then whose keys it lost: who
	// brings it in with one of these, lets it ask to be let in.
	var was bool
	var dead time.Time
	enter := func(seq uint64) { must, in = append(must, span{seq, noEnd}), true }
	for i := range r.events {
		e := &r.events[i]
		if e.restored == m.device && e.cursors != nil {
			at := e.cursors[room]
			must = slices.DeleteFunc(must, func(s span) bool { return s.from >= at })
			for i := range must {
				must[i].to = min(must[i].to, at)
			}
			if gap == 0 {
				gap = max(at, 1)
			}
			in, leaves, was, dead = false, 0, true, e.when.Add(noTime)
			continue
		}
		switch {
		case e.lostTo != 0 && was:
			dead = e.when.Add(noTime)
		case e.stocked == m.device && was:
			dead = e.when.Add(chaosPatience) // one may be on its way
		}
		if e.room != room || e.junk {
			continue
		}
		if e.wish != 0 {
			if e.who == m.account && in && leaves == 0 {
				leaves, must[len(must)-1].to = e.seq+1, e.seq
			}
			continue
		}
		brings := slices.Contains(e.brings, m.device)
		if brings && e.when.Before(dead) && (!in || leaves != 0) {
			if leaves != 0 {
				excused, leaves, in = append(excused, span{leaves - 1, e.seq}), 0, false
			}
			if gap == 0 {
				gap = e.seq
			}
			continue
		}
		if leaves != 0 && brings {
			excused = append(excused, span{leaves - 1, e.seq})
			leaves = 0
			enter(e.seq)
			continue
		}
		if leaves != 0 && slices.Contains(e.went, m.account) {
			excused = append(excused, span{leaves - 1, e.seq})
			leaves, in = 0, false
			continue
		}
		if gap != 0 && (e.device == m.device && e.commit || brings) {
			excused = append(excused, span{gap - 1, e.seq})
			gap = 0
			enter(e.seq)
			continue
		}
		if brings && !in && gap == 0 {
			enter(e.seq)
		}
		if slices.Contains(e.went, m.account) && in {
			must[len(must)-1].to, in = e.seq, false
		}
	}
	for _, since := range []uint64{gap, leaves} {
		if since != 0 {
			excused = append(excused, span{since - 1, noEnd})
		}
	}
	return must, excused
}

// times returns the rows of a room that were sent while somebody was in it.
func (r *record) times(who chat.AccountID, room chat.RoomID) (all []span) {
	in := false
	for i := range r.events {
		e := &r.events[i]
		if e.room != room || e.junk {
			continue
		}
		if slices.Contains(e.came, who) && !in {
			all, in = append(all, span{e.seq, noEnd}), true
		}
		if slices.Contains(e.went, who) && in {
			all[len(all)-1].to, in = e.seq, false
		}
	}
	return all
}

// inPlace returns the place that a row had which the host lost: storage/clientdb gives
// another one to these.
func inPlace(seq uint64) uint64 {
	if seq%(1<<32) >= 1<<31 {
		seq -= 1 << 31
	}
	return seq
}

// lost reports whether the host lost a row for good, or it is one that is kept aside
// since, and junk whether it was junk.
func (r *record) lost(seq uint64) bool {
	seq = inPlace(seq)
	return !r.returned[seq] && slices.ContainsFunc(r.events, func(e event) bool { return seq > e.lostFrom && seq <= e.lostTo })
}

func (r *record) junk(seq uint64) bool {
	return slices.ContainsFunc(r.events, func(e event) bool { return e.junk && e.seq == seq })
}

func within(spans []span, seq uint64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return seq > s.from && seq <= s.to })
}

// believed returns the texts of a member in a room by their rows, and the rows with
// which something is wrong.
func believed(m *member, room chat.RoomID, ignore client.Warnings) (texts map[uint64]string, wrong map[uint64]string, waiting int) {
	texts, wrong = make(map[uint64]string), make(map[uint64]string)
	var before uint64
	for {
		p, err := m.After(context.Background(), room, before, 1000)
		if err != nil {
			return texts, map[uint64]string{0: err.Error()}, 0
		}
		for i := range p.Messages {
			msg := &p.Messages[i]
			if msg.Seq == 0 {
				if msg.State == client.Waiting {
					waiting++
				}
				continue
			}
			before = msg.Seq
			if msg.Kind == client.LineBroken || msg.Warnings&^ignore != 0 {
				wrong[msg.Seq] = fmt.Sprintf("kind %d, warnings %b, of %s", msg.Kind, msg.Warnings, msg.Name)
			}
			if msg.Kind == client.LineText {
				texts[msg.Seq] = msg.Name + ": " + msg.Text
			}
		}
		if !p.Newer {
			return texts, wrong, waiting
		}
	}
}

// check waits until all is quiet and says what is wrong.
func (x *chaos) check() {
	t := x.t
	t.Helper()
	seen := 0
	deadline := time.Now().Add(3 * patience)
	for i, room := range x.rooms {
		var problems []string
		var union map[uint64]string
		for {
			if union, problems = x.look(room); len(problems) == 0 || time.Now().After(deadline) {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		seen += len(union)
		if len(problems) > 0 {
			slices.Sort(problems)
			t.Errorf("room %d: %d problems: %s\n%s", i, len(problems), strings.Join(problems[:min(len(problems), 15)], "\n"), x.states(room))
		}
	}
	if seen == 0 {
		t.Error("nobody said anything")
	}
	t.Logf("%d messages in the rooms", seen)
}

// states says how all devices stand to a room.
func (x *chaos) states(room chat.RoomID) string {
	var s []string
	for _, m := range x.all {
		r, err := m.Room(context.Background(), room)
		must, _ := x.record.entitled(m, room)
		s = append(s, fmt.Sprintf("%s: state %d, phase %d, row %d, people %d, restored %v, must %v, %v", m.Me().Name, r.State, m.State().Phase, r.Head, r.People, m.wasRestored, must, err))
	}
	return strings.Join(s, "\n")
}

// look compares what all devices have of a room.
func (x *chaos) look(room chat.RoomID) (union map[uint64]string, problems []string) {
	union = make(map[uint64]string)
	have := make([]map[uint64]string, len(x.all))
	say := func(j int, format string, args ...any) {
		m := x.all[j]
		r, _ := m.Room(context.Background(), room)
		problems = append(problems, fmt.Sprintf("%s's device %d (state %d, phase %d, row %d): ", m.Me().Name, j, r.State, m.State().Phase, r.Head)+fmt.Sprintf(format, args...))
	}
	must, excused := make([][]span, len(x.all)), make([][]span, len(x.all))
	// If all who have the keys of a room have left it, nobody can let those in again
	// who lost them in a restore.
	dead := !slices.ContainsFunc(x.all, func(m *wild) bool {
		r, err := m.Room(context.Background(), room)
		return err == nil && r.State == client.RoomJoined
	})
	for j, m := range x.all {
		var wrong map[uint64]string
		var waiting int
		// Who was restored rightly hears that messages between are not there.
		var ignore client.Warnings
		if m.wasRestored {
			ignore |= clientdb.CounterGap
		}
		have[j], wrong, waiting = believed(m.member, room, ignore)
		must[j], excused[j] = x.record.entitled(m, room)
		r, err := m.Room(context.Background(), room)
		if m.State().Phase != client.Online || err == nil && !(dead && m.wasRestored) && (r.State == client.RoomComing || r.State == client.RoomBroken || r.State == client.RoomJoined && waiting > 0) {
			say(j, "not quiet: %d wait, %v", waiting, m.State().Err)
		}
		x.record.mu.Lock()
		for seq, what := range wrong {
			if !x.record.junk(seq) && (!within(excused[j], seq) || within(must[j], seq)) {
				say(j, "row %d is wrong: %s; must %v, excused %v", seq, what, must[j], excused[j])
			}
		}
		x.record.mu.Unlock()
		for seq, text := range have[j] {
			if old, known := union[seq]; known && old != text {
				say(j, "row %d is %q and %q", seq, old, text)
			}
			union[seq] = text
		}
	}
	said := make([]map[string]bool, len(x.all))
	for j := range x.all {
		said[j] = make(map[string]bool)
		for seq, text := range have[j] {
			if said[j][text] {
				say(j, "row %d, %s, is there twice", seq, text)
			}
			said[j][text] = true
		}
	}
	x.record.mu.Lock()
	defer x.record.mu.Unlock()
	own := make([][]span, len(x.all)) // what a device may have from another one of its person
	for j, m := range x.all {
		own[j] = x.record.times(m.account, room)
	}
	// A person is there if none of their devices ever was out of the room, or restored.
	there := make(map[string]bool)
	for j, m := range x.all {
		in := !m.wasRestored && len(own[j]) == 1 && own[j][0].to == noEnd && !x.record.hasWished(m.account, room)
		name := m.Me().Name
		if was, known := there[name]; known {
			in = in && was
		}
		there[name] = in
	}
	for seq, text := range union {
		if x.record.lost(seq) {
			// It has come again, behind others, if who wrote it is there: to all who were.
			who, _, _ := strings.Cut(text, ":")
			for j, m := range x.all {
				if there[who] && there[m.Me().Name] && within(must[j], inPlace(seq)) && !said[j][text] {
					say(j, "lacks %s, which the host lost at %d", text, seq)
				}
			}
			continue
		}
		for j := range x.all {
			has := have[j][seq] != ""
			switch is := within(must[j], seq); {
			case is && !said[j][text]: // what a restored device sent again is shown where it came first
				say(j, "lacks row %d, %s; must %v, excused %v", seq, text, must[j], excused[j])
			case !is && has && !within(excused[j], seq) && !within(own[j], seq):
				say(j, "has row %d, %s, which is not for it; must %v", seq, text, must[j])
			}
		}
	}
	return union, problems
}

// heckler is a device of a member without a client, which posts junk where commits
// belong.
type heckler struct {
	p    *place
	key  channel.PrivateKey
	self chat.DeviceID

	mu       sync.Mutex // guards what follows
	counters map[chat.RoomID]uint64
	link     *link.Link
	answers  chan wire.Message
	done     chan struct{}
}

func newHeckler(p *place, m *member) *heckler {
	z := &heckler{p: p, self: m.Me().Device, counters: make(map[chat.RoomID]uint64)}
	db := must(clientdb.Open(context.Background(), m.dir+"/place.db", [32]byte{2}, m.log))
	keys := must(db.Place(context.Background())).Keys
	z.key = must(channel.NewPrivateKey(keys.Transport[:]))
	for _, r := range must(db.Rooms(context.Background())) {
		z.counters[r.ID] = r.Counter
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
	return z
}

// connect comes in, if it is not in.
func (z *heckler) connect() error {
	if z.link != nil {
		select {
		case <-z.done:
		default:
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", z.p.addr)
	if err != nil {
		return err
	}
	ch, err := channel.Client(ctx, nc, z.key, channel.Pin(z.p.cfg.Key.Public()))
	if err != nil {
		return err
	}
	l, answers, done := link.New(ch, z.p.log), make(chan wire.Message, 64), make(chan struct{})
	go func() {
		defer close(done)
		_ = l.Run(context.Background(), func(b []byte) error {
			switch m, err := wire.Parse(b); m.(type) {
			case *wire.Session, *wire.Posted, *wire.Reoffered:
				if err == nil {
					answers <- m
				}
			}
			return nil
		})
	}()
	z.link, z.answers, z.done = l, answers, done
	if err := l.Send(wire.Append(nil, &wire.Hello{Min: 1, Max: 1, Program: "Junk"})); err != nil {
		return err
	}
	_, err = z.wait(ctx)
	return err
}

func (z *heckler) wait(ctx context.Context) (wire.Message, error) {
	select {
	case m := <-z.answers:
		return m, nil
	case <-z.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (z *heckler) close() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.link != nil {
		z.link.Close()
		<-z.done
	}
}

// junk posts something that looks like a commit: noise, or one of somebody else's.
func (z *heckler) junk(x *chaos, room chat.RoomID, kind, size int) {
	data := make([]byte, 1+size)
	_, _ = crand.Read(data)
	data = wire.EncodeBody(&wire.Sealed{Message: data})
	if last := x.record.lastCommit(); kind%2 == 0 && last != nil {
		data = last
	}
	z.post(room, data)
}

// giveBack gives a host that was restored rows of a room back, and returns the last
// one that the room has then.
func (z *heckler) giveBack(room chat.RoomID, rows ...wire.Row) (uint64, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.connect(); err != nil {
		return 0, err
	}
	if err := z.link.Send(wire.Append(nil, &wire.Reoffer{Room: room, Cursor: 1 << 40, Rows: rows})); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := z.wait(ctx)
	if err != nil {
		return 0, err
	}
	answer, is := m.(*wire.Reoffered)
	if !is {
		return 0, fmt.Errorf("answered by %T", m)
	}
	return answer.After, nil
}

// post posts a commit with this in it, and reports whether the host took it.
func (z *heckler) post(room chat.RoomID, data []byte) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if err := z.connect(); err != nil {
		return false // the host is away
	}
	env := wire.Envelope{Room: room, Seen: wire.Head{Seq: 1 << 40}, ID: chat.NewMessageID(), Device: z.self, Body: wire.KindCommit, Data: data}
	var blobs [][32]byte
	if v, err := wire.ParseBody(env.Body, data); err == nil && v.(*wire.Sealed).Blob != nil {
		blobs = append(blobs, v.(*wire.Sealed).Blob.Root)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for range 3 {
		env.Counter = z.counters[room] + 1
		if err := z.link.Send(wire.Append(nil, &wire.Post{Envelope: must(env.Seal()), Blobs: blobs})); err != nil {
			return false
		}
		m, err := z.wait(ctx)
		posted, is := m.(*wire.Posted)
		switch {
		case err != nil || !is:
			return false
		case posted.Code == wire.CodeOK:
			z.counters[room] = env.Counter
			return true
		case posted.Code == wire.CodeConflict:
			z.counters[room] = posted.Counter
		default:
			return false
		}
	}
	return false
}
