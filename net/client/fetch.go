package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// fetch asks for the next rows of a room. The first time on a connection it asks
// for the last row that is here as well: a host that was restored from a backup
// has none or another one in its place.
func (s *session) fetch(l *ledger) error {
	if l.asked {
		return nil
	}
	l.asked = true
	if !l.chained {
		l.same = true // its history begins here
		return s.line.send(&wire.Fetch{Room: l.id, After: l.cursor, Chain: true})
	}
	after := l.cursor
	if !l.same && after > l.since {
		after--
	}
	return s.line.send(&wire.Fetch{Room: l.id, After: after})
}

// stillThere compares the first row of a Fetch with the last one that is here,
// and returns those behind it. ErrHostRestored says that it is another one.
func (s *session) stillThere(ctx context.Context, l *ledger, m *wire.Rows) ([]wire.Row, error) {
	if len(m.Rows) == 0 || m.Rows[0].Seq != l.cursor {
		// The cursor may be where a lost row was passed already.
		_, err := s.c.db.Message(ctx, l.cursor)
		if errors.Is(err, clientdb.ErrNotFound) {
			return m.Rows, nil
		}
		if err != nil || !s.restored {
			return nil, errors.Join(err, fmt.Errorf("%w: row %d is missing", ErrHostRestored, l.cursor))
		}
		if s.mayReoffer(l) {
			return nil, s.reoffer(l)
		}
		// The host says that it was restored: it goes on with what it has, and the
		// history here stays what it is.
		s.c.log.Warn("the host lost rows when it was restored", "last_row", l.cursor)
		// The chain goes on from what the host has, which is asked for: else all that
		// others say they have seen would be of another history for ever. What was
		// sealed and not sent says that this device saw the lost rows.
		l.chained = false
		err = s.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.Chained = false }})
		if err == nil && l.sealed != nil {
			err = s.c.db.Unseal(ctx, l.id, [2]uint16{uint16(wire.KindCommit), uint16(wire.KindProposal)})
		}
		if err == nil {
			err = s.c.db.PassLost(ctx, l.id, l.cursor)
		}
		l.cursor++
		return nil, err
	}
	if row := &m.Rows[0]; len(row.Envelope) > 0 { // its content may have been deleted since
		have, err := s.c.db.Message(ctx, l.cursor)
		if err != nil {
			return nil, err
		}
		env, err := wire.ParseEnvelope(row.Envelope)
		if known := have.Flags&(clientdb.Malformed|clientdb.Deleted) == 0; known && (err != nil || env.ID != have.ID) {
			if s.restored && s.mayReoffer(l) {
				return nil, s.reoffer(l)
			}
			return nil, fmt.Errorf("%w: row %d is another one", ErrHostRestored, l.cursor)
		}
	}
	return m.Rows[1:], nil
}

// noteLineage saves that the host's store is another one, once every room has
// gone on with it.
func (s *session) noteLineage(ctx context.Context) error {
	c := s.c
	c.mu.Lock()
	known := c.place.Lineage
	c.mu.Unlock()
	if known == s.lineage {
		return nil
	}
	for _, l := range s.keeper.ledgers {
		if !l.live && s.restored {
			return nil
		}
	}
	return c.savePlace(ctx, func(p *clientdb.Place) { p.Lineage = s.lineage })
}

// fetched takes an answer to Fetch.
func (s *session) fetched(ctx context.Context, m *wire.Rows) error {
	l := s.keeper.ledgers[m.Room]
	if l == nil && m.Room != chat.Directory {
		return nil // this person left in the meantime
	}
	if l == nil || !l.asked {
		return fmt.Errorf("%w: rows that nobody asked for", ErrProtocol)
	}
	l.asked = false
	if l.sealed != nil {
		if m.Since > l.cursor {
			return s.over(ctx, l, m.Since) // the host has nothing more of the time that was being read
		}
		l.span = m.Since
	}
	rows := m.Rows
	if !l.chained {
		if len(m.Chain) != 32 {
			return fmt.Errorf("%w: no chain", ErrProtocol)
		}
		chain := [32]byte(m.Chain)
		err := s.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.Chain, r.Chained = chain, true }})
		if err != nil {
			return err
		}
		l.chain, l.chained = chain, true
	}
	if !l.same && l.cursor > l.since {
		var err error
		if rows, err = s.stillThere(ctx, l, m); err != nil || l.offer != nil {
			return err
		}
		if !l.chained {
			return s.fetch(l)
		}
	}
	first := !l.same
	l.same = true
	if err := errors.Join(s.peekAhead(l, m), s.fetchAhead(l, m, rows)); err != nil {
		return err
	}
	before := l.cursor + uint64(len(l.held))
	if err := s.take(ctx, l, rows); err != nil {
		return err
	}
	if s.keeper.ledgers[m.Room] != l {
		return nil // a row took this person out
	}
	if l.sealed != nil && m.Live && m.Until != 0 {
		if len(l.held) > 0 {
			return nil // asks again when these are through
		}
		return s.over(ctx, l, 0)
	}
	if !m.Live && first && len(rows) == 0 && len(m.Rows) > 0 {
		return s.fetch(l) // the answer had room for the one row only
	}
	if !m.Live {
		if l.cursor+uint64(len(l.held)) == before {
			return fmt.Errorf("%w: no rows and no end", ErrProtocol)
		}
		if len(l.held) > 0 {
			return nil // goes on when these are through
		}
		return s.fetch(l)
	}
	l.live, l.past = true, 0
	if err := s.endEarly(l); err != nil {
		return err
	}
	if err := s.nothingToOffer(ctx, l); err != nil {
		return err
	}
	l.counted = false
	if err := s.noteLineage(ctx); err != nil {
		return err
	}
	if l.id != chat.Directory {
		signal(s.c.wake) // what waits may be sent
		signal(s.tend)
		if l.sealed != nil && len(s.mails) > 0 { // somebody may have asked about the room
			if err := s.tryMails(ctx); err != nil {
				return err
			}
		}
		return s.fetchMore()
	}
	// The directory is complete. Whatever waited for it, or came before, goes on.
	s.dirAsked = false
	for _, id := range slices.Clone(s.keeper.order) {
		r := s.keeper.ledgers[id]
		if r == nil || r == l {
			continue
		}
		if len(r.held) > 0 {
			r.force = true
			if err := s.take(ctx, r, nil); err != nil {
				return err
			}
		}
	}
	if err := s.fetchMore(); err != nil {
		return err
	}
	if err := s.stockPackages(ctx); err != nil {
		return err
	}
	if err := s.introduce(ctx); err != nil {
		return err
	}
	return s.tryMails(ctx)
}

// fetchAhead asks for the rows behind those that came before these are written, so
// that the host and the line work meanwhile. In a sealed room a row may end what is being
// read, and rows that wait for the directory are enough of them.
func (s *session) fetchAhead(l *ledger, m *wire.Rows, rows []wire.Row) error {
	n := len(rows)
	if m.Live || n == 0 || l.sealed != nil || len(l.held) > 0 || rows[n-1].Seq <= l.cursor {
		return nil
	}
	l.asked = true
	return s.line.send(&wire.Fetch{Room: l.id, After: rows[n-1].Seq})
}

// take processes rows of a room and does what they call for.
func (s *session) take(ctx context.Context, l *ledger, rows []wire.Row) error {
	t, err := s.keeper.take(ctx, l, rows)
	if err != nil {
		return err
	}
	if err := s.endEarly(l); err != nil {
		return err
	}
	if t.held && !s.dirAsked {
		s.dirAsked = true
		dir := s.keeper.ledgers[chat.Directory]
		if err := s.fetch(dir); err != nil {
			return err
		}
	}
	if o := s.outbox[l.id]; o != nil {
		for i := range t.messages {
			o.came(t.messages[i].ID)
		}
	}
	if l.sealed != nil {
		if err := s.tookSealed(ctx, l, &t); err != nil {
			return err
		}
	}
	if l.id == chat.Directory && t.people {
		signal(s.tend)
		if err := s.stockPackages(ctx); err != nil {
			return err
		}
		if len(s.mails) > 0 { // one of a new device
			if err := s.tryMails(ctx); err != nil {
				return err
			}
		}
	}
	s.c.files.arrived(ctx, t.messages, l.past)
	return nil
}
