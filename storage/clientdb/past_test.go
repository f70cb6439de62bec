package clientdb

import (
	"errors"
	"fmt"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// Messages from before that come after what was said of them are what they would be
// if they had come first: edited ones are found by their new words, and deleted ones
// leave nothing.
func TestPastMeetsWhatWasSaidOfIt(t *testing.T) {
	d := newDB(t)
	withBen(t, d)
	ctx := t.Context()
	const edit, remove = 4, 5
	edited, deleted, kept := text(10, 1), text(11, 2), text(12, 3)
	for i, m := range []*Message{&edited, &deleted, &kept} {
		*m = of(*m, berta, bertaPhone, 1, chat.MessageID{}, 0)
		m.Line, m.Words = chat.Lobby, &Words{Text: fmt.Sprintf("otter %d", i)}
	}
	about := func(m *Message) {
		m.Words = nil
		switch m.Kind {
		case edit:
			m.Words = &Words{Text: "marmot"}
		case remove:
			m.Erase = EraseOwn
		}
	}
	late := []Message{
		of(text(21, 11), berta, bertaPhone, edit, edited.ID, 0),
		of(text(22, 12), berta, bertaPhone, remove, deleted.ID, 0),
		of(text(23, 1), ana, anaPhone, remove, kept.ID, 0), // not hers to delete
	}
	must(t, d.Step(ctx, Step{Room: chat.Lobby, Past: 20, Change: func(r *Room) { r.Cursor, r.Since = 19, 19 }}))
	live := make([]Message, len(late))
	for i := range late {
		live[i] = late[i]
		about(&live[i])
	}
	must(t, d.Apply(ctx, Batch{Room: chat.Lobby, After: 19, Messages: live}))
	if n, err := d.AddPast(ctx, PastPart{Room: chat.Lobby, Rows: []Message{edited, deleted, kept}, Before: 5, About: about}); err != nil || n != 3 {
		t.Fatalf("got %d new lines, %v, want 3", n, err)
	}
	if n, err := d.AddPast(ctx, PastPart{Room: chat.Lobby, Rows: []Message{edited}, Before: 5, About: about}); err != nil || n != 0 {
		t.Errorf("a second time: got %d new lines, %v, want 0", n, err)
	}
	for row, want := range map[uint64]Flags{10: 0, 11: Deleted, 12: 0} {
		m, err := d.Message(ctx, row)
		must(t, err)
		if m.Flags != want || (len(m.Body) == 0) != (want == Deleted) {
			t.Errorf("row %d has flags %d and a body of %d bytes, want flags %d", row, m.Flags, len(m.Body), want)
		}
	}
	for query, want := range map[string]string{"marmot": "10", "otter": "12"} {
		if got := found(t, d, Query{Terms: terms(query), N: 10}); got != want {
			t.Errorf("%s: found %q, want %q", query, got, want)
		}
	}
	left, err := d.Pasts(ctx)
	must(t, err)
	if len(left) != 1 || left[0] != (Past{Room: chat.Lobby, Before: 5, Until: 20}) {
		t.Errorf("got %+v", left)
	}
	if n, err := d.Unread(ctx, chat.Lobby, ana, [2]uint16{1, 2}, 100); err != nil || n != 0 {
		t.Errorf("%d messages of the past are new, %v", n, err)
	}
	must(t, func() error {
		_, err := d.AddPast(ctx, PastPart{Room: chat.Lobby, About: about})
		return err
	}())
	if left, err := d.Pasts(ctx); err != nil || len(left) != 0 {
		t.Errorf("at the end: got %+v, %v", left, err)
	}
}

func TestPastStaysInItsPlace(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	row := text(10, 1)
	part := func(rows ...Message) PastPart {
		return PastPart{Room: chat.Lobby, Rows: rows, About: func(*Message) {}}
	}
	if _, err := d.AddPast(ctx, part(row)); !errors.Is(err, ErrOrder) {
		t.Errorf("not asked for: got %v, want %v", err, ErrOrder)
	}
	must(t, d.Step(ctx, Step{Room: chat.Lobby, Past: 20}))
	other := row
	other.Room = chat.Directory
	for what, p := range map[string]PastPart{
		"of one's own time":         part(text(20, 1)),
		"in another order":          part(text(11, 2), text(10, 1)),
		"the same row twice":        part(row, row),
		"of another room":           part(other),
		"of a room that is unknown": {Room: chat.RoomID{7}, Rows: []Message{row}},
	} {
		if _, err := d.AddPast(ctx, p); !errors.Is(err, ErrOrder) && !errors.Is(err, ErrNoRoom) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if n, err := d.CountLines(ctx, chat.Lobby, 100); err != nil || n != 1 { // an account came
		t.Errorf("%d lines, %v", n, err)
	}
}
