package clientdb

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// How a room stands in the list survives the program, and what is changed about
// the room otherwise.
func TestListing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.db")
	d := openAt(t, path)
	ctx := t.Context()
	den := chat.RoomID{7}
	must(t, d.EnsureRoom(ctx, Room{ID: den, Kind: chat.RoomSealed, Name: "Den"}))
	if all, err := d.Listings(ctx); err != nil || len(all) != 0 {
		t.Errorf("at first: %v, %v", all, err)
	}
	must(t, d.ListRoom(ctx, den, func(l *Listing) { l.Muted, l.Pinned = true, 5 }))
	must(t, d.ListRoom(ctx, den, func(l *Listing) { l.Archived = true }))
	must(t, d.Step(ctx, Step{Room: den, Change: func(r *Room) { r.Name = "Nook" }}))
	must(t, d.Close())
	d = openAt(t, path)
	defer d.Close()
	all, err := d.Listings(ctx)
	if want := (Listing{Muted: true, Pinned: 5, Archived: true}); err != nil || len(all) != 1 || all[den] != want {
		t.Errorf("got %v, %v, want %v", all, err, want)
	}
	if err := d.ListRoom(ctx, chat.RoomID{8}, func(*Listing) {}); !errors.Is(err, ErrNoRoom) {
		t.Errorf("of a room that is not there: %v", err)
	}
}
