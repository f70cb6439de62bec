package client_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
)

// archiveOf exports what a member has and opens it as an archive.
func (m *member) archiveOf() *client.Client {
	m.t.Helper()
	index, err := m.Export(m.t.Context(), exportOptions(m.t.TempDir()))
	if err != nil {
		m.t.Fatal(err)
	}
	return importInto(m.t.(*testing.T), filepath.Dir(index))
}

// FEATURES B5: the only computer of a person is gone. With the recovery kit and an export,
// a clean one has identity, private rooms and what was said in them before: in its order,
// under its authors, with what was said of it, as read, once however often it is brought,
// beside what came since. Seen to fail with history that counts as news, with
// rows that replace those that are here, and without the directory's word for who wrote them.
func TestB5HistoryFromAnExport(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.stocked("Ana"), p.stocked("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "of bears"))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	direct := must(ben.Direct(t.Context(), ana.Me().Account))
	ana.is(direct, client.RoomRequest)
	ok(t, ana.AcceptRoom(t.Context(), direct))
	old := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Old", ""))
	ok(t, ben.InviteToRoom(t.Context(), old, ana.Me().Account))
	ana.is(old, client.RoomJoined)
	ben.sayIn(old, "long ago")
	ana.hearsIn(old, "Ben: long ago")
	ok(t, ana.LeaveRoom(t.Context(), old))
	ana.is(old, client.RoomLeft)
	ana.sayIn(den, "the first otter")
	ben.hearsIn(den, "Ana: the first otter")
	ben.sayIn(den, "a badger")
	ana.hearsIn(den, "Ana: the first otter | Ben: a badger")
	first, badger := ana.idOf(den, "the first otter"), ana.idOf(den, "a badger")
	_, err := ben.Post(t.Context(), den, client.Words{Text: "which otter?", Reply: first})
	ok(t, err)
	ok(t, ben.React(t.Context(), den, first, "\U0001f9a6", true))
	ok(t, ana.EditMessage(t.Context(), den, first, client.Words{Text: "the first marmot"}))
	ok(t, ana.MarkMessage(t.Context(), den, badger, true))
	file := filepath.Join(t.TempDir(), "otter.png")
	writeFile(t, file, 70_000)
	picture := must(ben.SendFileWith(t.Context(), den, file, client.FileNote{Caption: "look"}))
	ana.until("knows of the file", func() bool {
		got := ana.shows(den)
		if last := got[len(got)-1]; last.File != nil {
			_, err := ana.Download(t.Context(), last.Seq)
			return err == nil
		}
		return false
	})
	ben.sayIn(direct, "between us")
	ana.hearsIn(direct, "Ben: between us")
	var before []client.Message
	ana.untilOr("all of it is settled", func() bool {
		before = ana.shows(den)
		out, err := ana.db.Outbox(t.Context(), den)
		return err == nil && len(out) == 0 && len(before) >= 4 && before[len(before)-1].File != nil && ana.transferOf(picture).State == client.Finished &&
			strings.Contains(ana.textsIn(den), "which otter?") && strings.Contains(ana.textsIn(den), "marmot")
	}, func() string {
		return fmt.Sprintf("%d lines, %+v, %q", len(before), ana.transferOf(picture), ana.textsIn(den))
	})
	archive := ana.archiveOf()
	kit := must(ana.MakeKit(t.Context()))
	lost := ana.Me().Device
	ana.stop()

	again := p.recovered(words(kit), lost)
	again.is(den, client.RoomJoined)
	again.is(direct, client.RoomJoined)
	again.sayIn(den, "I am back")
	ben.until("Ben hears Ana again", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: I am back") })
	again.hearsIn(den, "Ana: I am back")
	var steps []int64
	got, err := again.Bring(t.Context(), archive, func(done, all int64) { steps = append(steps, done, all) })
	if err != nil || got.Rooms != 3 || got.Files != 1 || got.Lines == 0 || got.Waiting != 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if n := len(steps); n == 0 || steps[n-1] == 0 || steps[n-2] > steps[n-1] {
		t.Errorf("steps %v", steps)
	}
	now := again.shows(den)
	if len(now) <= len(before) {
		t.Fatalf("%d lines, %d before", len(now), len(before))
	}
	for i, want := range before {
		x, y := now[i], want
		x.State, y.State = 0, 0 // an export does not say how far others were
		if a, b := plain(x), plain(y); !equalLines(a, b) {
			t.Errorf("line %d:\n%+v\n%+v", i, a, b)
		}
	}
	if got := again.textsIn(den); !strings.HasPrefix(got, "Ana: the first marmot | Ben: a badger | ") || !strings.HasSuffix(got, "Ana: I am back") {
		t.Errorf("the room has %q", got)
	}
	if got := again.textsIn(direct); !strings.Contains(got, "Ben: between us") {
		t.Errorf("direct messages %q", got)
	}
	again.is(old, client.RoomLeft)
	if got := again.textsIn(old); got != "Ben: long ago" {
		t.Errorf("the room that was left has %q", got)
	}
	if tr := again.transferOf(picture); tr.State != client.Finished || sum(t, tr.Path) != sum(t, file) {
		t.Errorf("the file is %+v", tr)
	}
	for _, r := range must(again.Rooms(t.Context())) {
		if r.Unread > 0 || r.Mentions > 0 {
			t.Errorf("%s: %d messages of the past are shown as new", r.Name, r.Unread)
		}
	}
	for query, want := range map[string]int{"marmot": 1, "otter": 2, "badger": 1, "from:Ben between": 1} {
		if f := must(again.Search(t.Context(), query, chat.RoomID{}, 0, 10)); len(f.Messages) != want {
			t.Errorf("search for %q finds %d, want %d", query, len(f.Messages), want)
		}
	}
	// What is said of it from now on counts, for all.
	ok(t, ben.DeleteForAll(t.Context(), den, badger, false))
	again.until("the badger is gone", func() bool { return !strings.Contains(again.textsIn(den), "a badger") })
	lines := len(again.shows(den))
	if twice, err := again.Bring(t.Context(), archive, nil); err != nil || twice.Lines != 0 || twice.Files != 0 || len(again.shows(den)) != lines {
		t.Errorf("once more: %+v, %v, %d lines of %d", twice, err, len(again.shows(den)), lines)
	}
	if got := again.textsIn(den); strings.Contains(got, "a badger") {
		t.Errorf("what was deleted is there again: %q", got)
	}
	again.reopen()
	again.until("online", func() bool { return again.State().Phase == client.Online })
	if len(again.shows(den)) != lines {
		t.Errorf("after a start %d lines of %d", len(again.shows(den)), lines)
	}

	t.Run("of another person or place, or without a connection", func(t *testing.T) {
		if _, err := ben.Bring(t.Context(), archive, nil); !errors.Is(err, client.ErrOtherPerson) {
			t.Errorf("another person's: %v", err)
		}
		other := newPlace(t)
		cat := newMember(t, t.TempDir())
		ok(t, cat.Register(t.Context(), other.link(host.Command{Role: chat.Owner, Uses: 1}), "Cat", ""))
		if _, err := cat.Bring(t.Context(), archive, nil); !errors.Is(err, client.ErrOtherPlace) {
			t.Errorf("of another place: %v", err)
		}
		p.stop()
		again.until("offline", func() bool { return again.State().Phase == client.Offline })
		if _, err := again.Bring(t.Context(), archive, nil); err == nil {
			t.Error("without a connection nobody says whose devices there are")
		}
	})
}

// equalLines compares two lines as plain gives them.
func equalLines(a, b any) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }
