package client

import (
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// A commit that a connection made and did not hear of goes to the host again by the next
// one. Who then wants to change the room is not told that this is done: that commit is
// not theirs.
func TestCommitOfEarlierConnection(t *testing.T) {
	id := chat.NewMessageID()
	first, next := &change{done: make(chan error, 1)}, &change{done: make(chan error, 1)}
	l := &ledger{sealed: &sealedRoom{commit: id, changes: []*change{first, next}}}
	new(session).settled(l, id)
	select {
	case err := <-first.done:
		t.Fatalf("a change that nobody made is answered with %v", err)
	default:
	}
	if got, want := len(l.sealed.changes), 2; got != want {
		t.Fatalf("%d changes are still to be made, want %d", got, want)
	}
	l.sealed.commit, l.sealed.making = id, first // now it is made
	new(session).settled(l, id)
	select {
	case err := <-first.done:
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
	default:
		t.Error("the change that was made has no answer")
	}
	if len(l.sealed.changes) != 1 || l.sealed.changes[0] != next {
		t.Errorf("still to be made: %v, want the next one", l.sealed.changes)
	}
}
