package state

import (
	"context"
	"errors"
	"time"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

const (
	// draftRest is how long what a person types is in memory only: a program that is
	// killed loses no more of it than that. Each write is a transaction on the disk.
	draftRest = 1500 * time.Millisecond
	// draftAgain is how long after one that failed a draft is written once more.
	draftAgain = 10 * time.Second
)

// drafts is what a place knows of storing texts that are being written. All but
// begun belongs to the window's goroutine.
type drafts struct {
	begun chan time.Duration // see keepSoon; of capacity 1
	store func(ctx context.Context, room chat.RoomID, draft string) error
	again time.Duration // draftAgain
	fails bool          // the last one could not be stored, and that was said
}

// Draft returns what is being written in the conversation.
func (t *Conversation) Draft() string { return t.draft }

// SetDraft takes what the person has typed. It is in the encrypted store a moment
// later (draftRest), and before that when KeepDraft is called.
func (t *Conversation) SetDraft(s string) {
	if s == t.draft {
		return
	}
	t.draft = s
	t.place.typed(t, s)
	t.place.keepSoon(draftRest)
}

// KeepDraft stores what is being written at once. The view calls it when the
// composer loses the keyboard, when the window leaves the front, and at its end.
func (t *Conversation) KeepDraft() { t.place.keepDraft(t) }

// keepSoon has all drafts stored after a rest, or after the one that has begun.
func (p *Place) keepSoon(rest time.Duration) {
	select {
	case p.drafts.begun <- rest:
	default: // it begins as soon as that one is over
	}
}

// keepDrafts stores what was typed, until ctx ends.
func (p *Place) keepDrafts(ctx context.Context) {
	for {
		var rest time.Duration
		select {
		case rest = <-p.drafts.begun:
		case <-ctx.Done():
			return
		}
		timer := time.NewTimer(rest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		p.desktop.Do(func() {
			if p.ctx.Err() != nil {
				return
			}
			for _, t := range p.talks {
				if t.keeping > 0 { // a slow disk still writes the one before
					p.keepSoon(draftRest)
				} else {
					p.keepDraft(t)
				}
			}
		})
	}
}

// keepDraft writes a draft into the encrypted store if it is not there yet.
func (p *Place) keepDraft(t *Conversation) { p.keepDraftIf(t, nil) }

// keepDraftIf is keepDraft if what was to be written before it, by p.do, set is; nil:
// in any case.
func (p *Place) keepDraftIf(t *Conversation, is *bool) {
	draft := t.draft
	if t.editing != (chat.MessageID{}) {
		draft = t.aside // an edit that was not sent is not a message that was begun
	}
	if draft == t.kept && !t.unkept || len(draft) > 4*MaxText {
		return
	}
	room, store := t.room, p.drafts.store
	if !p.do(func(ctx context.Context) error {
		if is != nil && !*is {
			return nil
		}
		return store(ctx, room, draft)
	}, func(err error) {
		t.keeping--
		if err == nil {
			p.drafts.fails = false
			return
		}
		if t.keeping == 0 { // else a newer one is on its way
			t.unkept = true
		}
		p.keepSoon(p.drafts.again)
		if !p.drafts.fails && !errors.Is(err, context.Canceled) { // said once
			p.drafts.fails = true
			p.fail(err, text.Facts{})
		}
	}) {
		p.keepSoon(p.drafts.again)
		return
	}
	t.keeping++
	t.kept, t.unkept = draft, false
}
