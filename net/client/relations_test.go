package client_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// shown is all that a screen could show of the Lobby, as one text.
func (m *member) shown() string {
	m.t.Helper()
	var out []string
	for _, x := range m.page() {
		if x.Kind == client.LineCame {
			continue
		}
		s := fmt.Sprintf("%d %s %d %q", x.Seq, x.Name, x.Kind, x.Text)
		if x.State != client.OnHost {
			s += " waits"
		}
		if x.Edited {
			s += " edited"
		}
		if x.Pinned {
			s += " pinned"
		}
		if x.By != "" {
			s += " by " + x.By
		}
		if x.Reply != nil {
			s += fmt.Sprintf(" answers %s %q", x.Reply.Name, x.Reply.Text)
		}
		for _, r := range x.Reactions {
			s += " " + r.Emoji
			for _, by := range r.By {
				p, _ := m.Person(by)
				s += p.Name
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

// settled waits until everybody has sent all and has the same rows.
func settled(t *testing.T, all ...*member) {
	t.Helper()
	for _, m := range all {
		m.until("everything is through and the same", func() bool {
			var heads []uint64
			for _, x := range all {
				if strings.Contains(x.shown(), " waits") {
					return false
				}
				out, err := x.db.Outbox(context.Background(), chat.Lobby)
				if err != nil || len(out) > 0 {
					return false
				}
				heads = append(heads, must(x.Rooms(context.Background()))[0].Head)
			}
			return slices.Min(heads) == slices.Max(heads)
		})
	}
}

// D3, D4, D5, D13: whatever three people do to each other's messages at the same
// time, online and offline, all three see the same in the end, and so does one
// who reads all of it from the start.
func TestD3RelationsConverge(t *testing.T) {
	p := newPlace(t)
	ana, ben, cem := p.join("Ana"), p.join("Ben"), p.join("Cem")
	all := []*member{ana, ben, cem}
	var ids []chat.MessageID
	for i := range 6 {
		ids = append(ids, all[i%3].say(fmt.Sprint("message ", i)))
	}
	settled(t, all...)
	emoji := []string{"👍", "🔥", "❤️"}
	ctx := context.Background()
	r := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	for range 90 {
		m, id := all[r.IntN(3)], ids[r.IntN(len(ids))]
		var err error
		switch r.IntN(12) {
		case 0, 1:
			err = m.EditMessage(ctx, chat.Lobby, id, client.Words{Text: fmt.Sprint("edit ", r.IntN(1000))})
		case 2:
			err = m.PinMessage(ctx, chat.Lobby, id, r.IntN(2) == 0)
		case 3:
			_, err = m.Post(ctx, chat.Lobby, client.Words{Text: "an answer", Reply: id})
		case 4:
			if r.IntN(4) == 0 {
				err = m.DeleteForAll(ctx, chat.Lobby, id, r.IntN(2) == 0)
			}
		case 5:
			if r.IntN(4) == 0 {
				m.reopen() // what waits, waits on disk
			}
		default:
			err = m.React(ctx, chat.Lobby, id, emoji[r.IntN(3)], r.IntN(3) > 0)
		}
		if err != nil && !errors.Is(err, client.ErrNotAuthor) {
			t.Fatal(err)
		}
	}
	settled(t, all...)
	want := ana.shown()
	if !strings.Contains(want, "👍") {
		t.Errorf("no reaction is left to compare in\n%s", want)
	}
	for i, m := range all {
		if got := m.shown(); got != want {
			t.Errorf("person %d sees\n%s\nAna sees\n%s", i, got, want)
		}
	}
	late := p.join("Dora")
	settled(t, ana, late)
	if got := late.shown(); got != ana.shown() {
		t.Errorf("who came later sees\n%s\nAna sees\n%s", got, ana.shown())
	}
}

// D5: only the author edits, and only the author and moderators delete, whatever
// a client sends.
func TestD5OnlyTheAuthorChanges(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	ben := newMember(t, t.TempDir())
	link := p.link(host.Command{Role: chat.Guest, Uses: 1})
	if err := ben.Register(t.Context(), link, "Ben", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	id := ana.say("the first text")
	settled(t, ana, ben)
	ctx := t.Context()
	for what, do := range map[string]func() error{
		"an edit":       func() error { return ben.EditMessage(ctx, chat.Lobby, id, client.Words{Text: "forged"}) },
		"a deletion":    func() error { return ben.DeleteForAll(ctx, chat.Lobby, id, false) },
		"of what is no": func() error { return ben.React(ctx, chat.Lobby, id, "no", true) },
	} {
		if err := do(); !errors.Is(err, client.ErrNotAuthor) && !errors.Is(err, wire.ErrBadBody) {
			t.Errorf("%s by another person: got %v", what, err)
		}
	}
	// A client that does not ask itself.
	for _, forged := range []struct {
		kind wire.BodyKind
		body any
	}{
		{wire.KindEdit, &wire.Edit{Target: id, Text: "forged"}},
		{wire.KindDelete, &wire.Delete{Target: id}},
		{wire.KindDelete, &wire.Delete{Target: id, Moderate: true}}, // the host refuses it
	} {
		if err := ben.PutBody(ctx, chat.Lobby, forged.kind, forged.body); err != nil {
			t.Fatal(err)
		}
	}
	ben.until("the host has refused what only moderators may", func() bool { return strings.Contains(ben.shown(), "waits") })
	ana.until("the forged rows have come", func() bool { return must(ana.Rooms(ctx))[0].Head >= must(ben.Rooms(ctx))[0].Head })
	for _, m := range []*member{ana, ben} {
		if got := m.shown(); !strings.Contains(got, `"the first text"`) || strings.Contains(got, "forged") && m == ana {
			t.Errorf("got\n%s", got)
		}
	}
	// Ana owns the place: she may delete what Ben wrote, and it is said who did.
	said := ben.say("an insult")
	ana.until("Ana has it", func() bool { return strings.Contains(ana.shown(), "an insult") })
	if err := ana.DeleteForAll(ctx, chat.Lobby, said, true); err != nil {
		t.Fatal(err)
	}
	ben.until("Ben sees that Ana deleted it", func() bool { return strings.Contains(ben.shown(), "by Ana") })
	if strings.Contains(ben.shown(), "an insult") || strings.Contains(ana.shown(), "an insult") {
		t.Error("the insult is still shown")
	}
	// And for oneself alone.
	if err := ben.DeleteForMe(ctx, chat.Lobby, id); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(ben.shown(), "the first text") || !strings.Contains(ana.shown(), "the first text") {
		t.Error("deleting for oneself did not do only that")
	}
}

// D8: who is named is told apart from who is not, and unread mentions are
// counted.
func TestD8Mentions(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ctx := t.Context()
	ana.until("Ana knows Ben", func() bool { return len(ana.People()) == 2 })
	_, err := ana.Post(ctx, chat.Lobby, client.Words{Text: "@Ben look", Mentions: []chat.AccountID{ben.Me().Account}})
	if err != nil {
		t.Fatal(err)
	}
	must(ana.Post(ctx, chat.Lobby, client.Words{Text: "@room all of you", Everyone: true}))
	ana.say("nobody")
	ben.until("Ben has all", func() bool { return strings.Contains(ben.shown(), "nobody") })
	var forMe []string
	for _, m := range ben.page() {
		if m.ForMe {
			forMe = append(forMe, m.Text)
		}
	}
	if got := strings.Join(forMe, "|"); got != "@Ben look|@room all of you" {
		t.Errorf("for Ben: %q", got)
	}
	if r := must(ben.Rooms(ctx))[0]; r.Mentions != 2 || r.Unread != 3 {
		t.Errorf("got %d mentions, %d unread, want 2 and 3", r.Mentions, r.Unread)
	}
	for _, m := range ana.page() {
		if m.ForMe {
			t.Errorf("%q is for Ana herself", m.Text)
		}
	}
}

// D13: pins are the room's, marks are one's own, and both survive a restart.
func TestD13PinsAndMarks(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ctx := t.Context()
	one, two := ana.say("one"), ana.say("two")
	settled(t, ana, ben)
	for _, id := range []chat.MessageID{one, two} {
		if err := ben.PinMessage(ctx, chat.Lobby, id, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := ana.MarkMessage(ctx, chat.Lobby, one, true); err != nil {
		t.Fatal(err)
	}
	settled(t, ana, ben)
	ana.reopen()
	names := func(ms []client.Message) string {
		var s []string
		for _, m := range ms {
			s = append(s, m.Text)
		}
		return strings.Join(s, " ")
	}
	if got := names(must(ana.Pins(ctx, chat.Lobby))); got != "two one" {
		t.Errorf("pinned: %q, want the latest first", got)
	}
	if got := names(must(ana.Marked(ctx))); got != "one" {
		t.Errorf("Ana marked %q", got)
	}
	if got := names(must(ben.Marked(ctx))); got != "" {
		t.Errorf("Ben sees the marks of Ana: %q", got)
	}
	if err := ana.PinMessage(ctx, chat.Lobby, two, false); err != nil {
		t.Fatal(err)
	}
	if got := names(must(ana.Pins(ctx, chat.Lobby))); got != "one" {
		t.Errorf("pinned: %q, want one at once, before the host has it", got)
	}
}

// An older client shows what it does not know by the fallback of its sender.
func TestOlderClientsShowAFallback(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	id := ana.say("hello")
	settled(t, ana)
	if err := ana.React(t.Context(), chat.Lobby, id, "🔥", true); err != nil {
		t.Fatal(err)
	}
	settled(t, ana)
	row := must(ana.db.RelationsOf(t.Context(), chat.Lobby, id))
	if len(row) != 1 || row[0].Text != "🔥" {
		t.Errorf("got %+v, want one row with its fallback", row)
	}
}

// FEATURES F8: the list of files goes on to its end, page by page, though some were
// deleted: a page with fewer files than were asked for is the last one.
func TestF8FilesGoToTheEnd(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	dir := t.TempDir()
	var ids []chat.MessageID
	for i := range 7 {
		path := filepath.Join(dir, fmt.Sprintf("%d.txt", i))
		if err := os.WriteFile(path, []byte("la la"), 0o600); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, must(ana.SendFile(t.Context(), chat.Lobby, path)))
		ana.until("it is there", func() bool { // files that are sent at once come in any order
			last := must(ana.Files(t.Context(), chat.Lobby, 0, 1))
			return len(last) == 1 && last[0].ID == ids[i]
		})
	}
	pages := func() string {
		var out []string
		for before := uint64(0); ; {
			files := must(ana.Files(t.Context(), chat.Lobby, before, 2))
			for i := range files {
				out = append(out, files[i].File.Name)
			}
			if len(files) < 2 {
				return strings.Join(out, " ")
			}
			out, before = append(out, "|"), files[1].Seq
		}
	}
	if got, want := pages(), "6.txt 5.txt | 4.txt 3.txt | 2.txt 1.txt | 0.txt"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, i := range []int{5, 4, 3} {
		if err := ana.DeleteForAll(t.Context(), chat.Lobby, ids[i], false); err != nil {
			t.Fatal(err)
		}
	}
	ana.until("the others are listed to the end", func() bool { return pages() == "6.txt 2.txt | 1.txt 0.txt |" })
}
