package host

import (
	"context"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// lost is what members can give back to a place that was opened from a backup. A
// room takes lost rows at the places that they had until it has a new one. So that
// those who were in the place come first, new ones wait for a short time.
type lost struct {
	after, until uint64 // rows between were lost; 0: none ever were

	// One token: rows are put back, and told to be there, one member at a time. A row
	// that is on disk is delivered a moment later; who were told of it before that would
	// fetch it in vain.
	turn chan struct{}

	mu    sync.Mutex // guards what follows
	waits map[chat.RoomID]*wait
	given map[chat.DeviceID]int // how many rows were put back
}

// wait is a room that waits for what members can give back.
type wait struct {
	ends time.Time
	told map[chat.DeviceID]struct{} // devices that have no more to give
	all  int                        // how many devices those in the room have
}

func newLost(after, until uint64) *lost {
	l := &lost{after: after, until: until, turn: make(chan struct{}, 1), waits: make(map[chat.RoomID]*wait), given: make(map[chat.DeviceID]int)}
	l.turn <- struct{}{}
	return l
}

// mayReturn reports whether a room takes lost rows: it has no newer ones.
func (h *Host) mayReturn(r *room) bool { return h.lost.until > 0 && r.head.Load() <= h.lost.until }

// holdPosts returns how long a new row of a room has to wait for those that were
// lost. The time begins when the first of its members is back, and ends at once when
// all their devices have told that they have no more.
func (h *Host) holdPosts(r *room) time.Duration {
	if !h.mayReturn(r) {
		return 0
	}
	now := h.now()
	w := h.waitOf(r, now)
	h.lost.mu.Lock()
	defer h.lost.mu.Unlock()
	if len(w.told) >= w.all {
		return 0
	}
	return min(w.ends.Sub(now), h.limits.ReturnTime) // a clock may be set back
}

// waitOf returns how a room waits, and lets it begin to.
func (h *Host) waitOf(r *room, now time.Time) *wait {
	h.lost.mu.Lock()
	w := h.lost.waits[r.id]
	h.lost.mu.Unlock()
	if w != nil {
		return w
	}
	fresh := &wait{ends: now.Add(h.limits.ReturnTime), told: make(map[chat.DeviceID]struct{}), all: h.devicesIn(r)}
	h.lost.mu.Lock()
	defer h.lost.mu.Unlock()
	if w := h.lost.waits[r.id]; w != nil {
		return w
	}
	h.lost.waits[r.id] = fresh
	return fresh
}

// devicesIn counts the devices of those who are in a room.
func (h *Host) devicesIn(r *room) (n int) {
	h.roster.read(func(st *state) {
		for _, d := range st.devices {
			a := st.accounts[d.Account]
			if d.Revoked == 0 && a != nil && a.State == chat.Active && h.rooms.in(r, d.Account) {
				n++
			}
		}
	})
	return n
}

// reoffer takes rows that the store lost from a member who has them, and tells up to
// where both have the same.
func (s *session) reoffer(m *wire.Reoffer) error {
	h := s.h
	r := h.rooms.get(m.Room)
	if _, err := s.member(); err != nil {
		return s.fail(0, err)
	}
	if r == nil {
		return s.fail(0, refuse(wire.CodeNoRoom))
	}
	scope, ok := h.rooms.scopeAfter(r, s.account, m.Cursor)
	if !ok {
		return s.fail(0, refuse(wire.CodeNoRoom))
	}
	answer := wire.Reoffered{Room: m.Room}
	if h.lost.until == 0 {
		s.send(&answer)
		return nil
	}
	answer.From = h.lost.after
	open := m.Room != chat.Directory && !scope.out && h.mayReturn(r)
	if open && len(m.Rows) == 0 && m.Cursor == 0 {
		w := h.waitOf(r, h.now())
		h.lost.mu.Lock()
		w.told[s.device] = struct{}{}
		h.lost.mu.Unlock()
	}
	if m.Cursor > 0 {
		head, err := s.putBack(r, m, open, &answer)
		if err != nil {
			return s.fail(0, err)
		}
		chain, err := h.chainAt(s, r, answer.After)
		if err != nil {
			return s.fail(0, err)
		}
		answer.Chain = chain[:]
		answer.Open = open && head == answer.After && head <= h.lost.until
	}
	s.send(&answer)
	return nil
}

// putBack puts rows back if the room is open for them, sets up to where it has the
// same as the member, and returns its last row.
func (s *session) putBack(r *room, m *wire.Reoffer, open bool, answer *wire.Reoffered) (head uint64, err error) {
	h := s.h
	select {
	case <-h.lost.turn:
	case <-s.ctx.Done():
		return 0, context.Cause(s.ctx)
	}
	defer func() { h.lost.turn <- struct{}{} }()
	if open {
		h.waitOf(r, h.now())
		if err := s.giveBack(r, m.Rows); err != nil {
			return 0, err
		}
	}
	if answer.After, err = h.store.HeadUpTo(s.ctx, r.id, m.Cursor); err != nil {
		return 0, err
	}
	return h.store.Head(s.ctx, r.id)
}

// giveBack puts rows of a room back, up to the first one that is not what the room
// may have had.
func (s *session) giveBack(r *room, rows []wire.Row) error {
	h := s.h
	h.lost.mu.Lock()
	left := h.limits.GivenBack - h.lost.given[s.device]
	h.lost.mu.Unlock()
	var posts []*chat.Post
	after := max(r.head.Load(), h.lost.after)
	for i := range rows {
		row := &rows[i]
		if len(posts) >= left {
			break
		}
		if row.Seq <= after { // somebody else was faster, or it was never lost
			continue
		}
		p := s.checkReturned(r, row)
		if p == nil || row.Seq > h.lost.until {
			h.log.Warn("a row that was given back is not taken", "name", s.name(), "seq", row.Seq)
			break
		}
		posts, after = append(posts, p), row.Seq
	}
	if len(posts) == 0 {
		return nil
	}
	return h.store.GiveBack(s.ctx, r.id, posts, h.lost.until, func(taken []*chat.Post) {
		var files bool
		for _, p := range taken {
			if p.Sealed {
				h.rooms.appended(p)
			}
			files = files || p.Files
			h.order.push(stored{row: p.Row, post: p, outcome: chat.Appended})
		}
		if len(taken) == 0 {
			return
		}
		h.lost.mu.Lock()
		h.lost.given[s.device] += len(taken)
		h.lost.mu.Unlock()
		h.log.Info("rows given back that were lost", "name", s.name(), "rows", len(taken))
		if files {
			h.files.arrived()
		}
	})
}

// checkReturned checks a row that somebody gives back as far as a host can: in an
// open room its author's signature, in a sealed one that its author was in the room.
// What it says there the members judge. It returns nil for what cannot have been.
func (s *session) checkReturned(r *room, row *wire.Row) *chat.Post {
	env, err := wire.ParseEnvelope(row.Envelope)
	if err != nil || env.Room != r.id || env.Seen.Seq >= row.Seq {
		return nil
	}
	p := &chat.Post{Row: &chat.Row{
		Room: r.id, Seq: row.Seq, Received: min(row.Received, s.h.now().UnixMilli()), Device: env.Device, Counter: env.Counter, ID: env.ID,
		Envelope: row.Envelope, Signature: row.Signature,
	}}
	var author *chat.Account
	var certificate []byte
	s.h.roster.read(func(st *state) {
		if d := st.devices[env.Device]; d != nil && d.Revoked == 0 {
			author, certificate = st.accounts[d.Account], d.Certificate
		}
	})
	if author == nil {
		return nil
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return nil
	}
	if r.kind.Sealed() {
		if !env.Body.Sealed() || env.Time != 0 || env.Text != "" || len(row.Signature) != 0 || !s.h.rooms.was(r, author.ID) {
			return nil
		}
		p.Sealed, p.Seen, p.Commit = true, env.Seen.Seq, env.Body == wire.KindCommit
		return p
	}
	cert, err := identity.ParseCertificate(certificate)
	if err != nil || !policy(author.Role, actPost, 0) || !cert.Envelope.Verify(wire.LabelOpenEnvelope, row.Signature, s.h.key[:], row.Envelope) {
		return nil
	}
	switch b := body.(type) {
	case *wire.Text, *wire.Reaction, *wire.Edit, *wire.Pin:
		return p
	case *wire.Delete:
		if !b.Moderate || policy(author.Role, actModerate, 0) {
			return p
		}
	case *wire.File:
		if policy(author.Role, actUpload, 0) {
			// Its bytes may be lost as well: then nobody gets them, as of any old file.
			p.Blobs, p.Files = [][32]byte{b.Root}, true
			return p
		}
	}
	return nil
}

// was reports whether an account is or was in a room.
func (rs *rooms) was(r *room, account chat.AccountID) bool {
	rs.mu.RLock()
	defer rs.mu.RUnlock()
	return r.members[account] != nil
}
