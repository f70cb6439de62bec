package clientdb

import (
	"errors"
	"slices"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// What waits moves to the end of another room's outbox, in its order, but for what is
// sealed, what must not, and what has no room there; what stays follows on.
func TestMoveOutbox(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	from, to := chat.RoomID{1}, chat.RoomID{2}
	must(t, d.EnsureRoom(ctx, Room{ID: from, Kind: chat.RoomDirect}))
	must(t, d.EnsureRoom(ctx, Room{ID: to, Kind: chat.RoomDirect}))
	put := func(room chat.RoomID, n byte, kind uint16) {
		t.Helper()
		o := outgoing(n)
		o.Room, o.Kind = room, kind
		_, err := d.Enqueue(ctx, o)
		must(t, err)
	}
	put(to, 1, 1)
	for n := range byte(5) {
		put(from, 10+n, 1+uint16(n%2)) // 10 12 14 are of kind 1
	}
	must(t, d.Step(ctx, Step{Room: from, Posts: []Prepared{{ID: outgoing(10).ID, Post: []byte("sealed")}}}))
	must(t, d.MoveOutbox(ctx, from, to, func(kind uint16, body []byte) ([]byte, bool) {
		return append([]byte("moved "), body...), kind == 1 && len(body) == 1
	}))
	check := func(room chat.RoomID, ids []byte, counters []uint64) {
		t.Helper()
		out, err := d.Outbox(ctx, room)
		must(t, err)
		var gotIDs []byte
		var gotCounters []uint64
		for _, o := range out {
			gotIDs, gotCounters = append(gotIDs, o.ID[1]), append(gotCounters, o.Counter)
		}
		if !slices.Equal(gotIDs, ids) || !slices.Equal(gotCounters, counters) {
			t.Errorf("room %v has %v with counters %v, want %v with %v", room, gotIDs, gotCounters, ids, counters)
		}
	}
	check(to, []byte{1, 12, 14}, []uint64{1, 2, 3})
	check(from, []byte{10, 11, 13}, []uint64{1, 2, 3})
	if o, err := d.Outgoing(ctx, outgoing(10).ID); err != nil || string(o.Post) != "sealed" {
		t.Errorf("what was sealed is %q, %v", o.Post, err)
	}
	for n, want := range map[byte]string{1: "\x01", 12: "moved \x0c", 13: "\x0d"} {
		if o, err := d.Outgoing(ctx, outgoing(n).ID); err != nil || string(o.Body) != want {
			t.Errorf("message %d says %q, %v, want %q", n, o.Body, err, want)
		}
	}
	put(from, 20, 1)
	check(from, []byte{10, 11, 13, 20}, []uint64{1, 2, 3, 4})
}

// A refused message goes to another room once, with what it says there.
func TestMoveRefused(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	from, to := chat.RoomID{1}, chat.RoomID{2}
	for _, room := range []chat.RoomID{from, to} {
		must(t, d.EnsureRoom(ctx, Room{ID: room, Kind: chat.RoomDirect}))
		o := outgoing(room[0])
		o.Room = room
		_, err := d.Enqueue(ctx, o)
		must(t, err)
	}
	id := outgoing(1).ID
	if err := d.MoveRefused(ctx, id, to, []byte("x")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a message that waits: %v", err)
	}
	must(t, d.Refuse(ctx, id, 7))
	must(t, d.MoveRefused(ctx, id, to, []byte("words alone")))
	if err := d.MoveRefused(ctx, id, to, []byte("once more")); !errors.Is(err, ErrNotFound) {
		t.Errorf("the second time: %v", err)
	}
	out, err := d.Outbox(ctx, to)
	must(t, err)
	if len(out) != 2 || out[1].ID != id || out[1].Counter != 2 || out[1].State != Waiting || out[1].Code != 0 || string(out[1].Body) != "words alone" {
		t.Errorf("the other room has %+v", out)
	}
	if left, err := d.Outbox(ctx, from); err != nil || len(left) != 0 {
		t.Errorf("its room has %d, %v", len(left), err)
	}
}
