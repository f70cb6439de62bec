package client

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/wire"
)

// giveUp answers those who wait for something that the connection does not bring
// any more.
func (s *session) giveUp() {
	for _, l := range s.keeper.ledgers {
		if l.sealed == nil {
			continue
		}
		for _, ch := range l.sealed.changes {
			ch.finish(ErrOffline)
		}
	}
}

// tookSealed does what rows of a sealed room call for.
func (s *session) tookSealed(ctx context.Context, l *ledger, t *taken) error {
	c, sr := s.c, l.sealed
	if ref := t.parcel; ref != (wire.BlobRef{}) && !l.fetching {
		s.fetchParcel(l, ref)
	}
	for _, id := range t.mine {
		s.settled(l, id)
	}
	me := s.account()
	for i := range t.messages {
		m := &t.messages[i]
		if shownKind(wire.BodyKind(m.Kind)) && m.Account != me && m.Flags&unbelievable == 0 && !m.Account.IsZero() && m.Seq > sr.told {
			if sr.news <= sr.told {
				sr.newsAt = c.now().Add(receiptWait)
			}
			sr.news = m.Seq
		}
	}
	if len(t.messages) > 0 && sr.blocked {
		s.unblock(l)
	}
	if len(t.messages) > 0 && len(s.mails) > 0 {
		s.mailDue = true // a welcome may have waited for these rows
	}
	if t.left {
		if err := s.over(ctx, l, 0); err != nil {
			return err
		}
	}
	if len(t.mine) > 0 || t.changed || t.broken || !sr.leaving.IsZero() {
		signal(s.tend)
	}
	return nil
}

// fetchParcel fetches the blob that the first held row of a room names.
func (s *session) fetchParcel(l *ledger, ref wire.BlobRef) {
	l.fetching = true
	line := s.line
	s.background(func(ctx context.Context) {
		data, err := s.c.files.getParcel(ctx, line, l.id, ref)
		gone := CodeOf(err) == wire.CodeNoBlob || CodeOf(err) == wire.CodeFileGone
		if err != nil && !gone {
			s.c.log.Warn("part of a commit not fetched", "err", err)
			select { // not at once again
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
		s.tell(ctx, func(ctx context.Context) error {
			l.fetching = false
			switch {
			case gone:
				s.keeper.parcels[ref.Root] = []byte{} // no message: nobody can open that
			case err == nil:
				s.keeper.parcels[ref.Root] = data
			}
			if s.keeper.ledgers[l.id] != l {
				return nil
			}
			if err := s.take(ctx, l, nil); err != nil {
				return err
			}
			if len(l.held) == 0 && !l.live {
				return s.fetch(l)
			}
			return nil
		})
	})
}
