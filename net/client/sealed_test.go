package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// ok ends the test on an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// changes returns what the lines of a room say that was done to it.
func (m *member) changesIn(room chat.RoomID) string {
	m.t.Helper()
	p := must(m.Before(context.Background(), room, 0, 1000))
	names := func(ids []chat.AccountID) string {
		var s []string
		for _, id := range ids {
			person, _ := m.Person(id)
			s = append(s, person.Name)
		}
		return strings.Join(s, ",")
	}
	var s []string
	for _, msg := range p.Messages {
		if msg.Kind != client.LineRoom {
			continue
		}
		c := msg.Change
		line := msg.Name + ":"
		for _, part := range []struct {
			what string
			who  []chat.AccountID
		}{{"+", c.Added}, {"-", c.Removed}, {"left ", c.Left}, {"device ", c.Devices}, {"gone ", c.Gone}, {"admin ", c.Admins}, {"no admin ", c.Demoted}} {
			if len(part.who) > 0 {
				line += " " + part.what + names(part.who)
			}
		}
		if c.Renamed {
			line += " name " + c.Name
		}
		s = append(s, line)
	}
	return strings.Join(s, "; ")
}

// FEATURES C2, E2: three people in the Lobby, a sealed room and direct messages,
// through restarts of everybody.
func TestSealedStory(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "Plans"))
	ana.sayIn(den, "alone")
	ana.hearsIn(den, "Ana: alone")
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	r := ben.is(den, client.RoomJoined)
	if r.Name != "Den" || r.Topic != "Plans" || r.People != 2 || r.Admin || r.Kind != chat.RoomSealed {
		t.Errorf("Ben sees %+v", r)
	}
	ana.sayIn(den, "hello")
	ben.hearsIn(den, "Ana: hello") // nothing from before
	ben.sayIn(den, "hi")
	ana.hearsIn(den, "Ana: alone | Ana: hello | Ben: hi")
	if _, err := cat.Room(t.Context(), den); !errors.Is(err, client.ErrNoRoom) {
		t.Errorf("Cat knows of a room that she is not in: %v", err)
	}

	// Direct messages: Cat has to accept those of somebody she does not know.
	dm := must(ben.Direct(t.Context(), cat.Me().Account))
	ben.sayIn(dm, "psst")
	if r := cat.is(dm, client.RoomRequest); r.Name != "Ben" || r.Peer != ben.Me().Account || r.Kind != chat.RoomDirect {
		t.Errorf("Cat sees %+v", r)
	}
	cat.hearsIn(dm, "Ben: psst")
	if got := must(cat.Direct(t.Context(), ben.Me().Account)); got != dm {
		t.Errorf("Cat writes to Ben in another room: %v", got)
	}
	cat.is(dm, client.RoomJoined)
	cat.sayIn(dm, "what")
	ben.hearsIn(dm, "Ben: psst | Cat: what")
	ana.say("to all")
	for _, m := range []*member{ana, ben, cat} {
		m.hears("Ana: to all")
	}

	for _, m := range []*member{ana, ben, cat} {
		m.reopen()
	}
	p.stop()
	p.start()
	ben.sayIn(den, "again")
	cat.sayIn(dm, "yes")
	ana.hearsIn(den, "Ana: alone | Ana: hello | Ben: hi | Ben: again")
	ben.hearsIn(dm, "Ben: psst | Cat: what | Cat: yes")
	ben.hearsIn(den, "Ana: hello | Ben: hi | Ben: again")
	if got := ana.peopleIn(den); got != "Ana* Ben" {
		t.Errorf("people %s", got)
	}
	if got := cat.peopleIn(dm); got != "Ben* Cat*" {
		t.Errorf("people %s", got)
	}
	if got := ana.changesIn(den); got != "Ana: +Ben" {
		t.Errorf("Ana reads %q", got)
	}
	if got := ben.changesIn(den); got != "Ana: +Ben" {
		t.Errorf("Ben reads %q", got)
	}
}

// FEATURES E2: an open room of the place is everybody's at once; moderators make
// it, and its name and topic are known to all.
func TestOpenRoom(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	news := must(ana.CreateRoom(t.Context(), chat.RoomOpen, "News", "What is new"))
	if r := ben.is(news, client.RoomJoined); r.Name != "News" || r.Topic != "What is new" || r.Kind != chat.RoomOpen {
		t.Errorf("Ben sees %+v", r)
	}
	ben.sayIn(news, "first")
	ana.hearsIn(news, "Ben: first")
	ok(t, ana.RenameRoom(t.Context(), news, "Tidings", ""))
	ben.until("the room has its new name", func() bool { return must(ben.Room(t.Context(), news)).Name == "Tidings" })
	ana.reopen()
	ana.hearsIn(news, "Ben: first")
	ana.until("Ana is online", func() bool { return ana.State().Phase == client.Online })
	ok(t, ana.DeleteRoom(t.Context(), news))
	ben.is(news, client.RoomLeft)
	ben.hearsIn(news, "Ben: first")
}

// FEATURES E5, C4: who is removed reads nothing that is written then, whether
// online or not; who was invited again reads from there on. Only admins do that.
func TestRemovedReadsNoMore(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account))
	ben.is(den, client.RoomJoined)
	cat.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	cat.hearsIn(den, "Ana: one")
	for what, err := range map[string]error{
		"remove": ben.RemoveFromRoom(t.Context(), den, cat.Me().Account),
		"rename": ben.RenameRoom(t.Context(), den, "Mine", ""),
		"admin":  ben.SetRoomAdmin(t.Context(), den, ben.Me().Account, true),
	} {
		if !errors.Is(err, client.ErrNotAllowed) && client.CodeOf(err) != wire.CodeNotAllowed {
			t.Errorf("%s by somebody who is no admin: %v", what, err)
		}
	}
	cat.stop()
	ok(t, ana.RemoveFromRoom(t.Context(), den, ben.Me().Account))
	ok(t, ana.RemoveFromRoom(t.Context(), den, cat.Me().Account))
	ben.is(den, client.RoomLeft)
	ana.sayIn(den, "two")
	ana.hearsIn(den, "Ana: one | Ana: two")
	cat.open()
	cat.is(den, client.RoomLeft)
	ben.hearsIn(den, "Ana: one")
	cat.hearsIn(den, "Ana: one")
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "three")
	ben.hearsIn(den, "Ana: one | Ana: three")
	ok(t, ana.SetRoomAdmin(t.Context(), den, ben.Me().Account, true))
	ben.until("Ben is an admin", func() bool { return must(ben.Room(t.Context(), den)).Admin })
	ok(t, ben.InviteToRoom(t.Context(), den, cat.Me().Account))
	cat.is(den, client.RoomJoined)
	ben.sayIn(den, "four")
	cat.hearsIn(den, "Ana: one | Ben: four")
	if got, want := ana.changesIn(den), "Ana: +Ben,Cat; Ana: -Ben; Ana: -Cat; Ana: +Ben; Ana: admin Ben; Ben: +Cat"; got != want {
		t.Errorf("Ana reads %q, want %q", got, want)
	}
}

// Who leaves is out at once, the others commit it by themselves, and go on. The
// only admin cannot leave people alone.
func TestLeaveRoom(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account))
	ben.is(den, client.RoomJoined)
	cat.is(den, client.RoomJoined)
	if err := ana.LeaveRoom(t.Context(), den); !errors.Is(err, client.ErrLastAdmin) {
		t.Errorf("the only admin leaves: %v", err)
	}
	ok(t, ben.LeaveRoom(t.Context(), den))
	ben.is(den, client.RoomLeft)
	for _, m := range []*member{ana, cat} {
		m.untilOr("Ben is out", func() bool { return !strings.Contains(m.peopleIn(den), "Ben") }, func() string { return m.peopleIn(den) })
	}
	cat.sayIn(den, "gone")
	ana.hearsIn(den, "Cat: gone")
	if got := ben.textsIn(den); got != "" {
		t.Errorf("Ben reads %q", got)
	}
	if got := ana.changesIn(den); !strings.HasSuffix(got, "left Ben") {
		t.Errorf("Ana reads %q", got)
	}
	ok(t, ana.SetRoomAdmin(t.Context(), den, cat.Me().Account, true))
	ok(t, ana.LeaveRoom(t.Context(), den))
	cat.untilOr("Ana is out", func() bool { return cat.peopleIn(den) == "Cat*" }, func() string { return cat.peopleIn(den) })
	cat.sayIn(den, "alone")
	ok(t, cat.LeaveRoom(t.Context(), den)) // the last one
}

// Many commits and messages at once, by everybody: the first commit wins, others
// are built anew, nothing is lost or doubled, and all see one order.
func TestConcurrentCommits(t *testing.T) {
	p := newPlace(t)
	all := []*member{p.join("Ana"), p.join("Ben"), p.join("Cat"), p.join("Dan")}
	ana := all[0]
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	for _, m := range all[1:] {
		ok(t, ana.InviteToRoom(t.Context(), den, m.Me().Account))
		m.is(den, client.RoomJoined)
		ok(t, ana.SetRoomAdmin(t.Context(), den, m.Me().Account, true))
	}
	for _, m := range all {
		m.until("it is an admin", func() bool { return must(m.Room(t.Context(), den)).Admin })
	}
	var wg sync.WaitGroup
	for i, m := range all {
		wg.Go(func() {
			for j := range 5 {
				for k := range 5 {
					m.sayIn(den, fmt.Sprintf("%d.%d.%d", i, j, k))
				}
				if err := m.RenameRoom(context.Background(), den, fmt.Sprintf("Den %d.%d", i, j), ""); err != nil {
					t.Errorf("rename by %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	agree(t, den, 100, all...)
	for _, m := range all {
		m.untilOr("20 commits", func() bool { return strings.Count(m.changesIn(den), "name Den") == 20 }, func() string { return m.changesIn(den) })
	}
	for _, m := range all {
		if got, want := m.changesIn(den), ana.changesIn(den); got != want && m != all[2] && m != all[3] { // who came later has less
			t.Errorf("%s reads %q, want %q", m.Me().Name, got, want)
		}
		if got, want := must(m.Room(t.Context(), den)).Name, must(ana.Room(t.Context(), den)).Name; got != want {
			t.Errorf("%s calls it %q, want %q", m.Me().Name, got, want)
		}
	}
}

// agree waits until everybody has n texts of a room, and checks that they have
// the same ones in the same order, each once, and none with a warning.
func agree(t *testing.T, room chat.RoomID, n int, members ...*member) {
	t.Helper()
	var want string
	for _, m := range members {
		m.untilOr(fmt.Sprintf("%d texts", n), func() bool {
			got := m.textsIn(room)
			return strings.Count(got, " | ") == n-1 && !strings.Contains(got, "(")
		}, func() string { return m.textsIn(room) })
		got := m.textsIn(room)
		if strings.Contains(got, "!") {
			t.Errorf("%s has warnings: %s", m.Me().Name, got)
		}
		texts := strings.Split(got, " | ")
		slices.Sort(texts)
		if len(slices.Compact(texts)) != n {
			t.Errorf("%s has texts twice: %s", m.Me().Name, got)
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s has %s\nwant %s", m.Me().Name, got, want)
		}
	}
}

// FEATURES C11, Z2: somebody who was away through 200 commits reads all of it
// afterwards, in order.
func TestCatchingUpThroughCommits(t *testing.T) {
	commits := 200
	if raced {
		commits = 15
	}
	p := newPlace(t)
	p.stop()
	p.cfg.Limits.Commits, p.cfg.Limits.CommitBurst = 10_000, 10_000
	p.start()
	ana, ben := p.join("Ana"), p.join("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.stop()
	for i := range commits {
		ana.sayIn(den, fmt.Sprint(i))
		ok(t, ana.RenameRoom(t.Context(), den, fmt.Sprint("Den ", i), ""))
	}
	began := time.Now()
	ben.open()
	agree(t, den, commits, ana, ben)
	t.Logf("%d commits and messages took %v", commits, time.Since(began))
	ben.until("the last name is here too", func() bool { // its commit comes after the last text
		return must(ben.Room(context.Background(), den)).Name == fmt.Sprint("Den ", commits-1)
	})
}

// FEATURES D10: waiting, on the host, on their device, read; and the last two
// only as far as both let the other know.
func TestDeliveryStates(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	dm := must(ana.Direct(t.Context(), ben.Me().Account))
	ok(t, func() error { _, err := ben.Direct(t.Context(), ana.Me().Account); return err }())
	ben.is(dm, client.RoomJoined)
	state := func(m *member, text string) client.Delivery {
		for _, msg := range must(m.Before(context.Background(), dm, 0, 100)).Messages {
			if msg.Text == text {
				return msg.State
			}
		}
		return 255
	}
	ben.stop()
	ana.sayIn(dm, "one")
	ana.hearsIn(dm, "Ana: one")
	if got := state(ana, "one"); got != client.OnHost {
		t.Errorf("while Ben is away it is in state %d", got)
	}
	ben.open()
	ben.hearsIn(dm, "Ana: one")
	ana.until("it is on Ben's device", func() bool { return state(ana, "one") == client.OnDevice })
	last := must(ben.Before(t.Context(), dm, 0, 1)).Messages[0].Seq
	ok(t, ben.MarkRead(t.Context(), dm, last))
	ana.until("Ben has read it", func() bool { return state(ana, "one") == client.Read })
	if r := must(ben.Room(t.Context(), dm)); r.Unread != 0 {
		t.Errorf("Ben has %d unread", r.Unread)
	}

	// Who tells nobody is told nothing.
	ben.stop()
	ben.cfg.Receipts = func() client.Receipts { return client.Receipts{} }
	ben.open()
	ana.sayIn(dm, "two")
	ben.hearsIn(dm, "Ana: one | Ana: two")
	ok(t, ben.MarkRead(t.Context(), dm, must(ben.Before(t.Context(), dm, 0, 1)).Messages[0].Seq))
	ben.sayIn(dm, "three")
	ana.hearsIn(dm, "Ana: one | Ana: two | Ben: three")
	ok(t, ana.MarkRead(t.Context(), dm, must(ana.Before(t.Context(), dm, 0, 1)).Messages[0].Seq))
	time.Sleep(1500 * time.Millisecond) // longer than receipts are gathered
	if got := state(ana, "two"); got != client.OnHost {
		t.Errorf("Ben told that it is in state %d", got)
	}
	if got := state(ben, "three"); got == client.Read {
		t.Error("Ben sees what he does not show")
	}
}

// FEATURES D9: typing in a sealed room is seen there and nowhere else, and can be
// taken back.
func TestSealedTyping(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "x")
	ben.hearsIn(den, "Ana: x")
	ana.Typing(den)
	ben.until("Ana writes", func() bool { return slices.Contains(ben.TypingIn(den), ana.Me().Account) })
	if len(ben.TypingIn(chat.Lobby)) > 0 {
		t.Error("Ana writes in the Lobby too")
	}
	ana.StopTyping(den)
	ben.until("Ana stopped", func() bool { return len(ben.TypingIn(den)) == 0 })
}

// FEATURES F1: a file in a sealed room comes whole to its members, and the host
// saves nothing of it.
func TestSealedFile(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben", func(c *client.Config) { c.AutoDownload = func() int64 { return client.DefaultAutoDownload } })
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	path := filepath.Join(t.TempDir(), "secret plan.bin")
	writeFile(t, path, 3<<20+17)
	id := must(ana.SendFile(t.Context(), den, path))
	tr := ben.untilState(id, client.Finished)
	if sum(t, tr.Path) != sum(t, path) {
		t.Error("other bytes arrived than were sent")
	}
	ana.nothingLeft("Ana")
	if left, err := filepath.Glob(filepath.Join(p.received(), "*")); err != nil || len(left) > 0 {
		t.Errorf("the host saved %v, %v", left, err)
	}
}

// FEATURES L7: what a blocked person writes is seen nowhere, and their room is
// gone, until that ends. A request can be deleted.
func TestBlockAndDecline(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	dm := must(ana.Direct(t.Context(), ben.Me().Account))
	ana.sayIn(dm, "buy")
	ben.is(dm, client.RoomRequest)
	ben.hearsIn(dm, "Ana: buy")
	listed := func() bool {
		return slices.ContainsFunc(must(ben.Rooms(context.Background())), func(r client.Room) bool { return r.ID == dm })
	}
	ok(t, ben.Block(t.Context(), ana.Me().Account, true))
	ana.say("spam")
	ana.hears("Ana: spam")
	ben.say("calm")
	ben.hears("Ben: calm")
	if listed() || ben.textsIn(dm) != "" {
		t.Error("a blocked person is still seen")
	}
	ok(t, ben.Block(t.Context(), ana.Me().Account, false))
	ben.hears("Ana: spam | Ben: calm")
	if !listed() {
		t.Error("no longer blocked, and not listed")
	}
	ok(t, ben.DeclineRoom(t.Context(), dm))
	if listed() {
		t.Error("a declined room is listed")
	}
	ana.until("Ben is out", func() bool { return !strings.Contains(ana.peopleIn(dm), "Ben") })
}

// FEATURES L7: who is blocked is hidden everywhere: their reactions, what others quote,
// pin and pass on of theirs, and that they named one; all of it is back when they are
// not blocked any more. What others said stays.
func TestBlockedIsHiddenEverywhere(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	ana.say("before") // what Ben has read
	ben.hears("Ana: before")
	ok(t, ben.MarkRead(t.Context(), chat.Lobby, ben.lastRow(chat.Lobby)))
	spam := must(ana.Post(t.Context(), chat.Lobby, client.Words{Text: "spam for Ben", Mentions: []chat.AccountID{ben.Me().Account}}))
	cat.hears("Ana: before | Ana: spam for Ben")
	must(cat.Post(t.Context(), chat.Lobby, client.Words{Text: "no thanks", Reply: spam}))
	ok(t, cat.PinMessage(t.Context(), chat.Lobby, spam, true))
	ok(t, cat.Forward(t.Context(), chat.Lobby, spam, chat.Lobby))
	calm := cat.say("calm")
	cat.until("it is on the host", func() bool {
		m, err := cat.Find(context.Background(), chat.Lobby, calm)
		return err == nil && m.Seq > 0
	})
	ana.until("Ana has it", func() bool { _, err := ana.Find(context.Background(), chat.Lobby, calm); return err == nil })
	for _, m := range []*member{ana, cat} {
		ok(t, m.React(t.Context(), chat.Lobby, calm, "\U0001f44d", true))
	}
	ok(t, ben.MarkMessage(t.Context(), chat.Lobby, spam, true))
	// sees says what Ben sees of Ana, through others.
	sees := func() string {
		lines := must(ben.Before(context.Background(), chat.Lobby, 0, 100)).Messages
		ok(t, ben.Relate(context.Background(), chat.Lobby, lines))
		quote, from, liked := "", "", ""
		for _, m := range lines {
			switch {
			case m.Text == "no thanks" && m.Reply != nil:
				quote = m.Reply.Name + m.Reply.Text
			case m.Forwarded != nil:
				from = m.Name + " from " + m.Forwarded.Name
			case m.ID == calm:
				for _, r := range m.Reactions {
					for _, who := range r.By {
						person, _ := ben.Person(who)
						liked += person.Name
					}
				}
			}
		}
		return fmt.Sprintf("quote %q, %s, liked by %s, %d pins, %d marks, %d mentions", quote, from, liked,
			len(must(ben.Pins(context.Background(), chat.Lobby))), len(must(ben.Marked(context.Background()))), must(ben.Room(context.Background(), chat.Lobby)).Mentions)
	}
	const all = `quote "Anaspam for Ben", Cat from Ana, liked by AnaCat, 1 pins, 1 marks, 1 mentions`
	seen := func(s string) string { return strings.Replace(s, "CatAna", "AnaCat", 1) } // whoever was first
	ben.untilOr("Ben sees all of it", func() bool { return seen(sees()) == all }, sees)
	ok(t, ben.Block(t.Context(), ana.Me().Account, true))
	if got, want := sees(), `quote "", Cat from , liked by Cat, 0 pins, 0 marks, 0 mentions`; got != want {
		t.Errorf("with Ana blocked Ben sees %s, want %s", got, want)
	}
	ok(t, ben.Block(t.Context(), ana.Me().Account, false))
	if got := seen(sees()); got != all {
		t.Errorf("with Ana not blocked any more Ben sees %s, want %s", got, all)
	}
}

// FEATURES L7, F1: files of a stranger who was not accepted yet, and of somebody who is
// blocked, do not come onto one's computer by themselves; those of others do.
func TestFilesOfStrangersWait(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben", func(c *client.Config) { c.AutoDownload = func() int64 { return client.DefaultAutoDownload } })
	path := filepath.Join(t.TempDir(), "offer.pdf")
	// sends has Ana send a file, and returns its id once Ben's device has the row of it
	// and has looked at the row after it, too.
	size := int64(5000)
	sends := func(room chat.RoomID) chat.MessageID {
		t.Helper()
		size++
		writeFile(t, path, size) // another file each time
		id := must(ana.SendFile(t.Context(), room, path))
		ana.untilState(id, client.Finished)
		var at uint64
		ana.until("it is on the host", func() bool {
			m, err := ana.Find(context.Background(), room, id)
			at = m.Seq
			return err == nil && at > 0
		})
		ben.until("Ben has the row", func() bool { return ben.lastRow(room) >= at })
		ana.sayIn(room, "next")
		ben.until("Ben has the row after it", func() bool { return ben.lastRow(room) > at })
		after := ben.lastRow(room)
		ana.sayIn(room, "and another")
		ben.until("and one more", func() bool { return ben.lastRow(room) > after })
		return id
	}
	begun := func(id chat.MessageID) bool { _, is, err := ben.Transfer(t.Context(), id); return is || err != nil }

	dm := must(ana.Direct(t.Context(), ben.Me().Account))
	ana.sayIn(dm, "good day")
	ben.is(dm, client.RoomRequest)
	ben.hearsIn(dm, "Ana: good day")
	asked := sends(dm)
	if begun(asked) {
		t.Error("a stranger's file is fetched before the stranger was accepted")
	}
	ok(t, ben.AcceptRoom(t.Context(), dm))
	m := must(ben.Find(t.Context(), dm, asked))
	must(ben.Download(t.Context(), m.Seq)) // by hand
	ben.untilState(asked, client.Finished)
	ben.untilState(sends(dm), client.Finished)

	ok(t, ben.Block(t.Context(), ana.Me().Account, true))
	for name, room := range map[string]chat.RoomID{"in the Lobby": chat.Lobby, "in direct messages": dm} {
		if begun(sends(room)) {
			t.Errorf("a blocked person's file %s is fetched", name)
		}
	}
	ok(t, ben.Block(t.Context(), ana.Me().Account, false))
	ben.untilState(sends(chat.Lobby), client.Finished)
}

// Notes to oneself are direct messages too.
func TestNotes(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	notes := must(ana.Direct(t.Context(), ana.Me().Account))
	ana.sayIn(notes, "milk")
	ana.hearsIn(notes, "Ana: milk")
	if again := must(ana.Direct(t.Context(), ana.Me().Account)); again != notes {
		t.Error("notes are in two rooms")
	}
	if r := ana.is(notes, client.RoomJoined); r.Peer != ana.Me().Account || r.People != 1 {
		t.Errorf("got %+v", r)
	}
}

// What was written offline is sealed when it goes out, in order, also when
// others committed in between.
func TestWrittenOffline(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ben.stop()
	ben.load()
	for i := range 100 {
		ben.sayIn(den, fmt.Sprint("b", i))
	}
	for i := range 10 {
		ana.sayIn(den, fmt.Sprint("a", i))
		ok(t, ana.RenameRoom(t.Context(), den, fmt.Sprint("Den ", i), ""))
	}
	ben.run()
	agree(t, den, 110, ana, ben)
	if got := must(ben.db.Outbox(t.Context(), den)); slices.ContainsFunc(got, func(o clientdb.Outgoing) bool { return o.Kind == uint16(wire.KindText) }) {
		t.Errorf("still in the outbox: %d", len(got))
	}
}

// A device that lost the keys of a room, since its store came back from a backup,
// is let in again by another member, and nobody else notices more than a line.
func TestRejoin(t *testing.T) {
	p := newPlace(t)
	ana, ben, cat := p.join("Ana"), p.join("Ben"), p.join("Cat")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cat.Me().Account))
	ben.is(den, client.RoomJoined)
	cat.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	cat.hearsIn(den, "Ana: one")
	ben.stop()
	ben.load()
	tx := ben.db.GroupTx(t.Context())
	id := wire.GroupID(p.cfg.Key.Public().Array(), den)
	ok(t, tx.DeletePrefix(id[:], ""))
	ok(t, ben.db.WriteGroups(t.Context(), tx))
	ben.sayIn(den, "mine") // written while nothing can be sealed
	ben.run()
	ben.untilOr("Ben is back", func() bool { return strings.Contains(ana.textsIn(den), "Ben: mine") }, func() string { return fmt.Sprint(must(ben.Room(context.Background(), den)).State) })
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "two")
	for _, m := range []*member{ana, ben, cat} {
		m.untilOr("all have two", func() bool { return strings.HasSuffix(m.textsIn(den), "Ben: mine | Ana: two") }, func() string { return m.textsIn(den) })
	}
	if got := ana.peopleIn(den); got != "Ana* Ben Cat" {
		t.Errorf("people %q", got)
	}
}

// A profile that was copied becomes one more device of its account: it is brought
// into the rooms by the first one, and both read and write.
func TestTwoDevices(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	link := p.link(host.Command{Role: chat.Member, Uses: 5})
	const pass = "a long enough password"
	ben := newMember(t, t.TempDir())
	ok(t, ben.Register(t.Context(), link, "Ben", pass))
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "one")
	ben.hearsIn(den, "Ana: one")
	ben.stop()
	dir := t.TempDir()
	ok(t, os.CopyFS(dir, os.DirFS(ben.dir)))
	second := newMember(t, dir)
	second.until("the copy is online", func() bool { return second.State().Phase == client.Online })
	ben.open()
	stopped := func(m *member) bool { return m.State().Phase == client.Stopped }
	second.until("one of the two was stopped", func() bool { return stopped(second) || stopped(ben) })
	if !stopped(second) { // whichever connected first
		ben, second = second, ben
	}
	ok(t, second.Login(t.Context(), link, "Ben", pass))
	second.until("the copy is a device", func() bool { return second.State().Phase == client.Online })
	second.is(den, client.RoomJoined)
	ana.sayIn(den, "two")
	ben.sayIn(den, "first")
	second.sayIn(den, "second")
	for _, m := range []*member{ana, ben, second} {
		m.untilOr("all have all", func() bool {
			got := m.textsIn(den)
			return strings.Contains(got, "Ana: two") && strings.Contains(got, "Ben: first") && strings.Contains(got, "Ben: second") && !strings.Contains(got, "(")
		}, func() string { return m.textsIn(den) })
		if got := m.textsIn(den); strings.Contains(got, "!") {
			t.Errorf("warnings: %s", got)
		}
	}
	if got := ana.changesIn(den); !strings.HasSuffix(got, "Ben: device Ben") {
		t.Errorf("Ana reads %q", got)
	}
	if got := ana.peopleIn(den); got != "Ana* Ben" {
		t.Errorf("people %q", got)
	}
}

// FEATURES B4, B2: an admin's reset brings a person back into the place, but into
// no private room: the new identity is taken in only by being invited again, and
// reads nothing from before.
func TestResetOpensNoRooms(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	link := p.link(host.Command{Role: chat.Member, Uses: 5})
	ben := newMember(t, t.TempDir())
	ok(t, ben.Register(t.Context(), link, "Ben", "a long enough password"))
	ben.until("Ben is online", func() bool { return ben.State().Phase == client.Online })
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ana.sayIn(den, "secret")
	ben.hearsIn(den, "Ana: secret")
	ben.stop()
	code, _, err := ana.ResetPassword(t.Context(), ben.Me().Account)
	ok(t, err)
	again := newMember(t, t.TempDir())
	ok(t, again.Reset(t.Context(), link, "Ben", code, "another long password"))
	again.until("Ben is back", func() bool { return again.State().Phase == client.Online })
	ana.untilOr("the old Ben is out of the room", func() bool { return ana.peopleIn(den) == "Ana*" }, func() string { return ana.peopleIn(den) })
	ana.sayIn(den, "later")
	ana.hearsIn(den, "Ana: secret | Ana: later")
	if got := again.textsIn(den); got != "" {
		t.Errorf("the new Ben reads %q", got)
	}
	again.until("key packages are there", again.Stocked)
	ok(t, ana.InviteToRoom(t.Context(), den, again.Me().Account))
	again.is(den, client.RoomJoined)
	ana.sayIn(den, "welcome")
	again.hearsIn(den, "Ana: welcome")
	ben.open()
	ben.until("the old device is stopped", func() bool { return ben.State().Phase == client.Stopped })
	ben.hearsIn(den, "Ana: secret") // what is here stays readable
}

// FEATURES C4: a device gives a room fresh keys soon after it came in, and again
// after a day and after 500 messages.
func TestHealing(t *testing.T) {
	p := newPlace(t)
	var ahead atomic.Int64
	clock := func(c *client.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	}
	ana, ben := p.join("Ana", clock), p.join("Ben", clock)
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	healed := func() int64 { return must(ben.db.Room(context.Background(), den)).Healed }
	fresh := func(what string, than int64) int64 {
		t.Helper()
		ben.until(what, func() bool { ben.Tend(); return healed() > than })
		return healed()
	}
	first := fresh("fresh keys after coming in", 0)
	ahead.Store(int64(12 * time.Hour))
	for range 20 {
		ben.Tend()
		time.Sleep(5 * time.Millisecond)
	}
	if healed() != first {
		t.Error("fresh keys after half a day")
	}
	ahead.Store(int64(28 * time.Hour))
	second := fresh("fresh keys after a day", first)
	if raced {
		return // 500 messages take long then
	}
	for i := range 500 {
		ben.sayIn(den, fmt.Sprint(i))
	}
	fresh("fresh keys after 500 messages", second)
	if spoken := must(ben.db.Room(context.Background(), den)).Spoken; spoken >= 500 {
		t.Errorf("%d messages since the last fresh keys", spoken)
	}
	ana.sayIn(den, "end")
	ben.until("all goes on", func() bool { return strings.HasSuffix(ben.textsIn(den), "Ana: end") })
	ana.untilOr("all is there", func() bool { return strings.Count(ana.textsIn(den), "Ben: ") == 500 }, func() string { return fmt.Sprint(strings.Count(ana.textsIn(den), "Ben: ")) })
}
