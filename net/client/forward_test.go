package client_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// gets waits for the newest message of a room with a text and returns it.
func (m *member) gets(room chat.RoomID, text string) (out client.Message) {
	m.t.Helper()
	m.until("it reads "+text, func() bool {
		for _, x := range must(m.Before(context.Background(), room, 0, 100)).Messages {
			if x.Text == text && x.Seq > 0 {
				out = x
				return true
			}
		}
		return false
	})
	return out
}

// Whose words a copy shows depends on what its reader can read: the name stands
// there where the original is, and the host never learns what was said in a private
// room from where the copy goes.
func TestForwardNamesOnlyWhatIsRead(t *testing.T) {
	p := newPlace(t)
	ana, ben, cem := p.join("Ana"), p.join("Ben"), p.join("Cem")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	nook := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Nook", ""))
	ok(t, ben.InviteToRoom(t.Context(), nook, ana.Me().Account))
	ana.is(nook, client.RoomJoined)
	wide := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Wide", ""))
	ok(t, ben.InviteToRoom(t.Context(), wide, ana.Me().Account, cem.Me().Account))
	ana.is(wide, client.RoomJoined)
	cem.is(wide, client.RoomJoined)

	lobby := ana.gets(chat.Lobby, func() string { ana.say("open words"); return "open words" }())
	ben.gets(chat.Lobby, "open words")
	secret := must(ana.Post(t.Context(), den, client.Words{Text: "secret words"}))
	ben.gets(den, "secret words")
	for name, c := range map[string]struct {
		from, to chat.RoomID
		id       chat.MessageID
		text     string
		reader   *member
		whose    string
	}{
		"from the Lobby into a private room":               {chat.Lobby, wide, lobby.ID, "open words", cem, "Ana"},
		"from a private room to the same people":           {den, nook, secret, "secret words", ana, "Ana"},
		"from a private room to others":                    {den, wide, secret, "secret words", cem, ""},
		"from a private room to others, read by a member":  {den, wide, secret, "secret words", ana, ""},
		"from a private room into one that the host reads": {den, chat.Lobby, secret, "secret words", cem, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ok(t, ben.Forward(t.Context(), c.from, c.id, c.to))
			got := c.reader.gets(c.to, c.text)
			if got.Forwarded == nil || got.Forwarded.Name != c.whose {
				t.Errorf("shown as forwarded from %+v, want %q", got.Forwarded, c.whose)
			}
			row, err := c.reader.db.Message(t.Context(), got.Seq)
			ok(t, err)
			o := must(wire.ParseBody(wire.KindText, row.Body)).(*wire.Text).Origin
			if told := o.Message != nil; told != (c.whose != "") {
				t.Errorf("the row names where it comes from: %v", told)
			}
		})
	}
	if _, err := ben.Post(t.Context(), chat.Lobby, client.Words{Text: "plain"}); err != nil {
		t.Fatal(err)
	}
	if got := cem.gets(chat.Lobby, "plain"); got.Forwarded != nil {
		t.Errorf("a plain message is shown as %+v", got.Forwarded)
	}
}

// Nobody can put words into the mouth of somebody else by naming a message of
// theirs.
func TestForwardCannotBeForged(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	id := ana.say("I like tea")
	ben.gets(chat.Lobby, "I like tea")
	lobby := chat.Lobby
	ok(t, ben.PutBody(t.Context(), chat.Lobby, wire.KindText, &wire.Text{Text: "I hate tea", Origin: &wire.Origin{Room: &lobby, Message: &id}}))
	if got := ana.gets(chat.Lobby, "I hate tea").Forwarded; got == nil || got.Name != "" {
		t.Errorf("other words are shown as %+v", got)
	}
	// A true copy whose words are changed afterwards is nobody's any more.
	ok(t, ben.Forward(t.Context(), chat.Lobby, id, chat.Lobby))
	var copied client.Message
	ana.until("the copy is there", func() bool {
		for _, m := range ana.page() {
			if m.Forwarded != nil && m.Forwarded.Name == "Ana" {
				copied = m
			}
		}
		return copied.Seq > 0
	})
	ben.until("it is there for Ben, too", func() bool {
		_, err := ben.Find(context.Background(), chat.Lobby, copied.ID)
		return err == nil
	})
	ok(t, ben.EditMessage(t.Context(), chat.Lobby, copied.ID, client.Words{Text: "I like poison"}))
	if got := ana.gets(chat.Lobby, "I like poison").Forwarded; got == nil || got.Name != "" {
		t.Errorf("changed words are shown as %+v", got)
	}
}

// A file of the Lobby goes to another open room without its bytes, and is sealed
// anew for a private one, under another root and key.
func TestForwardFile(t *testing.T) {
	p := newPlace(t)
	get := func(c *client.Config) { c.AutoDownload = func() int64 { return client.DefaultAutoDownload } }
	ana, ben := p.join("Ana", get), p.join("Ben", get)
	open := must(ana.CreateRoom(t.Context(), chat.RoomOpen, "Plans", ""))
	ben.is(open, client.RoomJoined)
	den := must(ben.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ben.InviteToRoom(t.Context(), den, ana.Me().Account))
	ana.is(den, client.RoomJoined)
	path := filepath.Join(t.TempDir(), "plan.bin")
	writeFile(t, path, 2<<20+5)
	id := must(ana.SendFileWith(t.Context(), chat.Lobby, path, client.FileNote{Caption: "the plan"}))
	ben.untilState(id, client.Finished)
	first := ben.gets(chat.Lobby, "the plan")
	row := must(ben.db.Message(t.Context(), first.Seq))
	root := must(wire.ParseBody(wire.KindFile, row.Body)).(*wire.File).Root

	ok(t, ben.Forward(t.Context(), chat.Lobby, id, open))
	got := ana.gets(open, "the plan")
	if got.Forwarded == nil || got.Forwarded.Name != "Ana" || !got.Forwarded.Own {
		t.Errorf("in another open room it is from %+v", got.Forwarded)
	}
	row = must(ana.db.Message(t.Context(), got.Seq))
	if b := must(wire.ParseBody(wire.KindFile, row.Body)).(*wire.File); b.Root != root {
		t.Error("the bytes were sent twice")
	}
	must(ana.Download(t.Context(), got.Seq))
	if x := ana.untilState(got.ID, client.Finished); sum(t, x.Path) != sum(t, path) {
		t.Error("other bytes arrived in the open room")
	}

	ok(t, ben.Forward(t.Context(), chat.Lobby, id, den))
	got = ana.gets(den, "the plan")
	row = must(ana.db.Message(t.Context(), got.Seq))
	if b := must(wire.ParseBody(wire.KindFile, row.Body)).(*wire.File); b.Root == root {
		t.Error("the host sees that a private room has the file of the Lobby")
	}
	if x := ana.untilState(got.ID, client.Finished); sum(t, x.Path) != sum(t, path) {
		t.Error("other bytes arrived in the private room")
	}

	cem := p.join("Cem") // has nothing of it
	cem.gets(chat.Lobby, "the plan")
	hut := must(cem.CreateRoom(t.Context(), chat.RoomSealed, "Hut", ""))
	if err := cem.Forward(t.Context(), chat.Lobby, id, hut); !errors.Is(err, client.ErrNotHere) {
		t.Errorf("a file that is not here: %v", err)
	}
	ok(t, cem.Forward(t.Context(), chat.Lobby, id, open)) // the host has it
}

// FEATURES D10: for each of the others in a private room, how far a message came.
func TestReach(t *testing.T) {
	p := newPlace(t)
	ana, ben, cem := p.join("Ana"), p.join("Ben"), p.join("Cem")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cem.Me().Account))
	ben.is(den, client.RoomJoined)
	cem.is(den, client.RoomJoined)
	cem.stop()
	must(ana.Post(t.Context(), den, client.Words{Text: "hello"}))
	seq := ben.gets(den, "hello").Seq
	ok(t, ben.MarkRead(t.Context(), den, seq))
	state := func() map[string]client.Delivery {
		out := map[string]client.Delivery{}
		for _, r := range must(ana.Reach(context.Background(), den, seq)) {
			out[r.Name] = r.State
		}
		return out
	}
	ana.until("Ben has read it, Cem is away", func() bool {
		s := state()
		return len(s) == 2 && s["Ben"] == client.Read && s["Cem"] == client.OnHost
	})
	cem.open()
	ana.until("Cem has it", func() bool { return state()["Cem"] == client.OnDevice })
	if got := must(ana.Reach(t.Context(), chat.Lobby, 1)); got != nil {
		t.Errorf("of the Lobby it says %v", got)
	}
}
