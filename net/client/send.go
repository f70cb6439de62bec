package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxAdded is how many devices one commit adds: their mails and the commit must
// fit one message.
const maxAdded = 100

// maxChanges is how many changes of one room may wait.
const maxChanges = 64

// postRoom is how many bytes of a Post are left for mails beside an envelope.
const postRoom = wire.MaxMessage - wire.MaxEnvelope - 2<<10

// change is something that this device wants to do to a sealed room: a commit, a
// proposal, or to be let in again. When another member's commit comes first it is
// built anew.
type change struct {
	// build says what to do by the state of the room now; nil: nothing any more.
	// It runs on the goroutine of the session.
	build func(ctx context.Context, s *session, l *ledger) (*deed, error)
	done  chan error // has room for the one answer
	// What was written until then goes before it, but for what may not be sent: these
	// are so many messages, and the host takes or refuses each. Zero: nothing does.
	wanted time.Time
}

// waitsFor returns how many of the messages that are next go before a change.
func (ch *change) waitsFor(out []clientdb.Outgoing) int {
	if ch.wanted.IsZero() {
		return 0
	}
	n := slices.IndexFunc(out, func(o clientdb.Outgoing) bool { return isChange(o.Kind) || o.Created > ch.wanted.UnixMilli() })
	if n < 0 {
		n = len(out)
	}
	return n
}

// deed is what a change does.
type deed struct {
	plan    group.Plan
	members *wire.MemberChange
	leave   *identity.DeviceID // a proposal instead of a commit
	rejoin  []byte             // a GroupInfo: an external commit instead
}

func (ch *change) finish(err error) {
	select {
	case ch.done <- err:
	default:
	}
}

// isChange reports whether an entry of the outbox is a commit or a proposal.
func isChange(kind uint16) bool {
	return wire.BodyKind(kind) == wire.KindCommit || wire.BodyKind(kind) == wire.KindProposal
}

// envelopeFor returns the header of a message of a sealed room.
func (s *session) envelopeFor(l *ledger, id chat.MessageID, counter uint64, kind wire.BodyKind) wire.Envelope {
	return wire.Envelope{
		Room: l.id, Seen: l.head(), Known: s.keeper.ledgers[chat.Directory].head(),
		ID: id, Device: s.device, Counter: counter, Body: kind,
	}
}

// postSealed posts what waits in a sealed room: first what was sealed before and
// not answered, then changes of the room, but for messages that go before the first
// of them, then messages, which are sealed now.
func (s *session) postSealed(ctx context.Context, l *ledger, o *outbox) error {
	sr := l.sealed
	for len(o.flying) < window(l) && s.flying < maxUnacknowledgedBytes {
		if sr.commit != (chat.MessageID{}) {
			sr.blocked, o.empty = true, true // nothing is sealed until it has its place
			return nil
		}
		most := min(postsAtOnce, window(l)-len(o.flying))
		out, err := s.c.db.NextOutgoing(ctx, l.id, o.sent, most)
		if err != nil {
			return err
		}
		if len(out) > 0 && out[0].Post != nil {
			if isChange(out[0].Kind) {
				if done, err := s.ship(ctx, l, o); err != nil || !done {
					return err
				}
				sr.commit = out[0].ID
			}
			if err := s.postAgain(l, o, &out[0]); err != nil {
				return err
			}
			continue
		}
		if untold := s.c.cfg.Receipts().untold(out); len(untold) > 0 {
			if err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Drop: untold}); err != nil {
				return err
			}
			continue
		}
		if err := s.keeper.open(ctx, l); err != nil {
			return err
		}
		for len(out) > 0 && isChange(out[0].Kind) { // the program ended before it was made
			if err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Drop: []chat.MessageID{out[0].ID}}); err != nil {
				return err
			}
			out = nil
			o.sent = 0
		}
		if o.stale && l.cursor <= o.needs {
			sr.blocked, o.empty = true, true // the commit that came first has to come here
			return nil
		}
		o.stale = false
		before := false // these messages go before a change
		if len(sr.changes) > 0 {
			may, err := s.sealsNow(ctx, l)
			if err != nil {
				return err
			}
			if n := sr.changes[0].waitsFor(out); may && n > 0 {
				before, out = true, out[:n]
			}
		}
		if len(sr.changes) > 0 && !before {
			if len(o.flying) > 0 {
				return nil // their answers come first
			}
			if err := s.makeChange(ctx, l, o); err != nil {
				return err
			}
			continue
		}
		if len(out) == 0 {
			o.empty = true
			return nil
		}
		if !sr.maySeal() {
			sr.blocked, o.empty = true, true
			return nil
		}
		if held, err := s.held(ctx, l.id); err != nil || held {
			sr.blocked, o.empty = true, true // until this person has answered
			return err
		}
		if s.outdated(l) || s.mustGo(l) > 0 {
			sr.blocked, o.empty = true, true // see renewDirect and choreIn
			return nil
		}
		if err := s.seal(ctx, l, o, out); err != nil {
			return err
		}
		if before {
			continue
		}
		if len(out) < most {
			o.empty = true
			return nil
		}
	}
	return nil
}

// sealsNow reports whether nothing keeps messages of a room back.
func (s *session) sealsNow(ctx context.Context, l *ledger) (bool, error) {
	if !l.sealed.maySeal() || s.outdated(l) || s.mustGo(l) > 0 {
		return false, nil
	}
	held, err := s.held(ctx, l.id)
	return !held, err
}

// maySeal reports whether this device may write in the room now.
func (sr *sealedRoom) maySeal() bool {
	g := sr.group
	return g != nil && g.Joined() && !g.Pending() && !g.NeedsCommit() && (sr.state == clientdb.RoomJoined || sr.state == clientdb.RoomRequest)
}

// postAgain sends a message exactly as it was sealed.
func (s *session) postAgain(l *ledger, o *outbox, out *clientdb.Outgoing) error {
	post, err := parsePost(out.Post)
	if err != nil {
		return fmt.Errorf("read sealed message: %w", err)
	}
	env, err := wire.ParseEnvelope(post.Envelope)
	if err != nil {
		return fmt.Errorf("read sealed message: %w", err)
	}
	o.flying[out.ID] = posting{counter: out.Counter, size: len(out.Post), seen: env.Seen.Seq, cursor: l.cursor}
	s.flying += len(out.Post)
	o.sent = out.Counter
	return s.line.link.Send(out.Post)
}

// seal seals messages, writes down how, and sends them.
func (s *session) seal(ctx context.Context, l *ledger, o *outbox, out []clientdb.Outgoing) error {
	sr := l.sealed
	tx := s.c.db.GroupTx(ctx)
	step := clientdb.Step{Room: l.id, Groups: tx}
	n := 0
	for i := range out {
		if out[i].Post != nil || isChange(out[i].Kind) {
			break
		}
		post, err := s.sealOne(l, tx, &out[i])
		if errors.Is(err, wire.ErrTooLong) {
			if n > 0 {
				break // in its turn, when those before it are gone
			}
			return s.c.db.Refuse(ctx, out[i].ID, uint16(wire.CodeTooLong))
		}
		if err != nil {
			return err
		}
		out[i].Post = wire.Append(nil, post)
		step.Posts = append(step.Posts, clientdb.Prepared{ID: out[i].ID, Post: out[i].Post})
		n++
	}
	spoken := uint64(n)
	step.Change = func(r *clientdb.Room) { r.Spoken += spoken }
	if err := s.c.db.Step(ctx, step); err != nil {
		return err
	}
	sr.spoken += spoken
	for i := range n {
		if err := s.postAgain(l, o, &out[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) sealOne(l *ledger, tx *clientdb.GroupTx, out *clientdb.Outgoing) (*wire.Post, error) {
	env := s.envelopeFor(l, out.ID, out.Counter, wire.KindSealed)
	inner := wire.Inner{Time: out.Created, Body: wire.BodyKind(out.Kind), Data: out.Body}
	body, err := wire.ParseBody(inner.Body, inner.Data)
	if err != nil {
		return nil, fmt.Errorf("seal message: %w", err) // bodies are checked before they are written
	}
	inner.Text = wire.Fallback(body)
	content, err := inner.Seal()
	if err != nil {
		return nil, err
	}
	message, err := l.sealed.group.Seal(tx, env.Header(), content)
	if err != nil {
		return nil, fmt.Errorf("seal message: %w", err)
	}
	env.Data = wire.EncodeBody(&wire.Sealed{Message: message})
	raw, err := env.Seal()
	if err != nil {
		return nil, fmt.Errorf("seal message: %w", err)
	}
	post := &wire.Post{Envelope: raw}
	if file, ok := body.(*wire.File); ok {
		post.Blobs = [][32]byte{file.Root}
	}
	return post, nil
}

// makeChange makes the commit or proposal of the first change that waits, and
// writes it down. The next round of postSealed sends it.
func (s *session) makeChange(ctx context.Context, l *ledger, o *outbox) error {
	sr := l.sealed
	ch := sr.changes[0]
	drop := func(err error) {
		sr.changes = sr.changes[1:]
		ch.finish(err)
	}
	d, err := ch.build(ctx, s, l)
	if err != nil || d == nil {
		drop(err)
		return nil
	}
	g := sr.group
	if d.rejoin == nil && (g == nil || !g.Joined()) {
		drop(ErrNoRoom)
		return nil
	}
	kind := wire.KindCommit
	if d.leave != nil {
		kind = wire.KindProposal
	}
	c := s.c
	entry := clientdb.Outgoing{Room: l.id, ID: chat.NewMessageID(), Kind: uint16(kind), Created: c.nowMS()}
	if entry.Counter, err = c.db.EnqueueFirst(ctx, entry); err != nil {
		return err
	}
	env := s.envelopeFor(l, entry.ID, entry.Counter, kind)
	tx := c.db.GroupTx(ctx)
	step := clientdb.Step{Room: l.id, Groups: tx, Unpack: true}
	var message, welcome []byte
	switch {
	case d.rejoin != nil:
		g, message, err = s.comeIn(tx, l, d.rejoin, env.Header())
	case d.leave != nil:
		message, err = g.Leave(tx, env.Header(), *d.leave)
	default:
		if g.Pending() { // one that was given up
			err = g.DropPending(tx)
		}
		var out *group.Outgoing
		if err == nil {
			if out, err = g.Commit(tx, env.Header(), d.plan); err == nil {
				message, welcome = out.Message, out.Welcome
			}
		}
	}
	var post *wire.Post
	if err == nil {
		post, err = s.wrap(l, &env, message, welcome, d, &step)
	}
	if err != nil {
		drop(err)
		return c.db.Step(ctx, clientdb.Step{Room: l.id, Drop: []chat.MessageID{entry.ID}})
	}
	step.Posts = []clientdb.Prepared{{ID: entry.ID, Post: wire.Append(nil, post)}}
	if err := c.db.Step(ctx, step); err != nil {
		return err
	}
	sr.group, sr.shipped, sr.making = g, len(step.Parcels) == 0, ch
	o.sent = entry.Counter - 1
	return nil
}

// inline is the length of the longest commit or welcome that may travel in a message.
func (c *Client) inline() int {
	if c.cfg.inline == 0 {
		return wire.MaxMail
	}
	return c.cfg.inline
}

// wrap puts a commit or proposal into an envelope, and what goes with it into a
// Post. What is too long becomes a parcel.
func (s *session) wrap(l *ledger, env *wire.Envelope, message, welcome []byte, d *deed, step *clientdb.Step) (*wire.Post, error) {
	post := &wire.Post{Members: d.members}
	pack := func(b []byte) *wire.BlobRef {
		root := rootOfParcel(b)
		step.Parcels = append(step.Parcels, clientdb.Parcel{Root: root, Data: b})
		post.Blobs = append(post.Blobs, root)
		return &wire.BlobRef{Root: root, Length: int64(len(b))}
	}
	env.Data = wire.EncodeBody(&wire.Sealed{Message: message})
	raw, err := env.Seal()
	if errors.Is(err, wire.ErrTooLong) || err == nil && env.Body == wire.KindCommit && len(message) > s.c.inline() {
		env.Data = wire.EncodeBody(&wire.Sealed{Blob: pack(message)})
		raw, err = env.Seal()
	}
	if err != nil {
		return nil, err
	}
	post.Envelope = raw
	if welcome == nil {
		return post, nil
	}
	mail := wire.Mail{Room: l.id, MailKind: wire.MailWelcome, Data: welcome}
	if len(welcome) > s.c.inline() || len(welcome)*len(d.plan.Add) > postRoom {
		mail.Data, mail.Blob = nil, pack(welcome)
	}
	for _, k := range d.plan.Add {
		m := mail
		m.ID, m.To = chat.NewMessageID(), chat.DeviceID(k.Device)
		post.Mails = append(post.Mails, m)
	}
	return post, nil
}

// ship brings the parcels of a commit to the host before the commit itself. It
// reports whether they are there.
func (s *session) ship(ctx context.Context, l *ledger, o *outbox) (bool, error) {
	sr := l.sealed
	if sr.shipped {
		return true, nil
	}
	parcels, err := s.c.db.ParcelsOf(ctx, l.id)
	if err != nil || len(parcels) == 0 {
		sr.shipped = err == nil
		return sr.shipped, err
	}
	sr.blocked, o.empty = true, true
	if sr.shipping {
		return false, nil // woken meanwhile by something else
	}
	sr.shipping = true
	room, line := l.id, s.line
	s.background(func(ctx context.Context) {
		var err error
		for _, p := range parcels {
			if err = s.c.files.putParcel(ctx, line, room, p.Root, p.Data); err != nil {
				s.c.log.Warn("part of a commit not brought to the host", "err", err)
				break
			}
		}
		if err != nil {
			select { // not at once again
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		s.tell(ctx, func(context.Context) error {
			sr.shipped, sr.shipping = err == nil, false
			s.unblock(l)
			return nil
		})
	})
	return false, nil
}

// lost takes back a commit or proposal that the host refused. With again the
// change is built anew, after the commit that came first.
func (s *session) lost(ctx context.Context, l *ledger, id chat.MessageID, again bool, why error) error {
	sr := l.sealed
	tx := s.c.db.GroupTx(ctx)
	if err := s.keeper.open(ctx, l); err != nil {
		return err
	}
	if g := sr.group; g != nil && g.Pending() {
		rejoining := !g.Joined()
		if err := g.DropPending(tx); err != nil {
			return err
		}
		if rejoining {
			sr.group = nil
		}
	}
	if err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Groups: tx, Drop: []chat.MessageID{id}, Unpack: true}); err != nil {
		return err
	}
	if sr.commit == id {
		sr.commit = chat.MessageID{}
	}
	if ch := sr.made(); ch != nil && !again {
		sr.changes = sr.changes[1:]
		ch.finish(why)
	}
	s.unblock(l)
	return nil
}

// settled says that an own commit or proposal has its place in the order.
func (s *session) settled(l *ledger, id chat.MessageID) {
	sr := l.sealed
	if sr.commit != id {
		return
	}
	sr.commit = chat.MessageID{}
	sr.shipped = false
	if ch := sr.made(); ch != nil {
		sr.changes = sr.changes[1:]
		ch.finish(nil)
	}
}

// made returns the change whose commit or proposal is not under way any more. Whoever
// wanted one that an earlier connection made was told that it ended: what is wanted now
// is something else, and still to be done.
func (sr *sealedRoom) made() *change {
	ch := sr.making
	sr.making = nil
	if ch == nil || len(sr.changes) == 0 || sr.changes[0] != ch {
		return nil
	}
	return ch
}

// unblock lets the outbox of a room go on.
func (s *session) unblock(l *ledger) {
	l.sealed.blocked = false
	if o := s.outbox[l.id]; o != nil {
		o.empty = false
	}
}

// want queues a change of a room. The answer comes on the change's channel.
func (s *session) want(l *ledger, ch *change) error {
	sr := l.sealed
	if len(sr.changes) >= maxChanges {
		return &CodeError{Code: wire.CodeBusy}
	}
	sr.changes = append(sr.changes, ch)
	s.unblock(l)
	return nil
}

// changeRoom carries a change of a sealed room out and waits until it has its
// place in the order.
func (c *Client) changeRoom(ctx context.Context, room chat.RoomID, build func(ctx context.Context, s *session, l *ledger) (*deed, error)) error {
	return c.carryOut(ctx, room, &change{build: build})
}

// carryOut is changeRoom of a change without done.
func (c *Client) carryOut(ctx context.Context, room chat.RoomID, ch *change) error {
	ch.done = make(chan error, 1)
	var ended <-chan struct{}
	err := c.inSession(ctx, func(ctx context.Context, s *session) error {
		l := s.keeper.ledgers[room]
		if l == nil || l.sealed == nil {
			return ErrNoRoom
		}
		if err := s.keeper.open(ctx, l); err != nil {
			return err
		}
		ended = s.ended
		return s.want(l, ch)
	})
	if err != nil {
		return err
	}
	select {
	case err := <-ch.done:
		return plainError(err)
	case <-ended:
		return ErrOffline
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// plainError turns errors of the group into this package's.
func plainError(err error) error {
	switch {
	case errors.Is(err, group.ErrLastAdmin):
		return fmt.Errorf("%w: %v", ErrLastAdmin, err)
	case errors.Is(err, group.ErrNotAllowed), errors.Is(err, group.ErrLeaving):
		return fmt.Errorf("%w: %v", ErrNotAllowed, err)
	case errors.Is(err, mls.ErrNoGroup), errors.Is(err, mls.ErrNotJoined):
		return fmt.Errorf("%w: %v", ErrNoRoom, err)
	}
	return err
}
