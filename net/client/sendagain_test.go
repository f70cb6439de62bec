package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// removeFiles makes the host remove every file that it may, and then keep all
// again.
func (p *place) removeFiles(watch *member) {
	p.t.Helper()
	for _, full := range []bool{true, false} {
		now := p.host.Place()
		now.MaxFile, now.Files = 1<<30, chat.FileRules{}
		if full {
			now.MaxFile, now.Files.Total = 0, host.LeastTotal(0)
		}
		if _, err := p.host.Do(p.t.Context(), host.Command{Verb: host.VerbPlace, Place: &now}); err != nil {
			p.t.Fatal(err)
		}
		if full {
			watch.until("the files are removed", func() bool { return p.host.Stats().BlobBytes == 0 })
		}
	}
}

// F8: what a member sees of a file that the host removed, and how somebody who has
// it sends it again, in open rooms and private ones.
func TestF8RemovedFiles(t *testing.T) {
	p := newPlace(t)
	ana, ben, cem := p.join("Ana"), p.join("Ben"), p.join("Cem")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account, cem.Me().Account))
	ben.is(den, client.RoomJoined)
	cem.is(den, client.RoomJoined)
	path := filepath.Join(t.TempDir(), "plan.bin")
	writeFile(t, path, 70_000)
	sent := make(map[chat.RoomID]chat.MessageID)
	for _, room := range []chat.RoomID{chat.Lobby, den} {
		id := must(ana.SendFileWith(t.Context(), room, path, client.FileNote{Caption: "the plan"}))
		m := ben.gets(room, "the plan")
		must(ben.Download(t.Context(), m.Seq))
		ben.untilState(id, client.Finished)
		cem.gets(room, "the plan")
		sent[room] = id
	}
	ana.until("Ana's files are sent", func() bool { return len(must(ana.Transfers(t.Context()))) == 0 })
	ana.until("the host saved what is the Lobby's", func() bool { return p.host.Stats().Files == 1 })
	p.removeFiles(ana)
	for room, id := range sent {
		m := cem.gets(room, "the plan") // words stay
		must(cem.Download(t.Context(), m.Seq))
		if x := cem.untilState(id, client.Failed); client.CodeOf(x.Err) != wire.CodeNoBlob {
			t.Errorf("F8: what Cem hears: %v", x.Err)
		}
		if _, err := cem.SendAgain(t.Context(), room, id); !errors.Is(err, client.ErrNotHere) {
			t.Errorf("F8: Cem, who has none, sends it again: %v", err)
		}
		if x := ben.transferOf(id); x.State != client.Finished || sum(t, x.Path) != sum(t, path) {
			t.Errorf("F8: Ben's own copy: %+v", x)
		}
		who := ben
		if room == den {
			who = ana // from where it was
		}
		again := must(who.SendAgain(t.Context(), room, id))
		var came client.Message
		cem.until("it is there once more", func() bool {
			for _, m := range must(cem.Files(context.Background(), room, 0, 10)) {
				if m.ID == again {
					came = m
				}
			}
			return came.Seq > 0
		})
		row := must(cem.db.Message(t.Context(), came.Seq))
		if b := must(wire.ParseBody(wire.KindFile, row.Body)).(*wire.File); b.Name != "plan.bin" || b.Reply == nil || *b.Reply != id {
			t.Errorf("F8: sent again it is %q, an answer to %v", b.Name, b.Reply)
		}
		must(cem.Download(t.Context(), came.Seq))
		if x := cem.untilState(again, client.Finished); sum(t, x.Path) != sum(t, path) {
			t.Error("F8: other bytes came again")
		}
	}
	// Passed on without its bytes, while the host has none: refused, and nothing of
	// the copy is lost.
	p.removeFiles(ana)
	ok(t, ben.Forward(t.Context(), chat.Lobby, sent[chat.Lobby], chat.Lobby))
	ben.until("the host has refused it", func() bool {
		for _, m := range ben.page() {
			if m.State == client.Refused && m.File != nil {
				return ben.transferOf(m.ID).State == client.Finished
			}
		}
		return false
	})
}

// F8: members know how long the host keeps files, and forget it with the rules.
func TestF8MembersKnowTheRules(t *testing.T) {
	p := newPlace(t)
	ana := p.join("Ana")
	for _, rules := range []chat.FileRules{{Keep: host.MinKeep.Milliseconds()}, {Total: 5 << 30}, {}} {
		now := p.host.Place()
		now.Files = rules
		if _, err := p.host.Do(t.Context(), host.Command{Verb: host.VerbPlace, Place: &now}); err != nil {
			t.Fatal(err)
		}
		ana.until("the rules are known", func() bool { return ana.Place().Files == rules })
		if rules.Total > 0 {
			ana.reopen()
			ana.until("the rules are known again", func() bool { return ana.Place().Files == rules })
		}
	}
}

// F8: the rows about files that a restored host lost come back with the members, their
// bytes do not: who wants such a file hears that it is not there, in open rooms and in
// private ones, and who has it sends it again.
func TestF8FilesThatARestoredHostLost(t *testing.T) {
	p, den, ana, ben, cat := roomOf(t)
	said := talk(den, "", "before", ana, ben, cat)
	cat.stop()
	backup := p.backUp()
	path := filepath.Join(t.TempDir(), "plan.bin")
	writeFile(t, path, 70_000)
	sent := make(map[chat.RoomID]client.Message)
	for _, room := range []chat.RoomID{chat.Lobby, den} {
		must(ana.SendFileWith(t.Context(), room, path, client.FileNote{Caption: "the plan"}))
		sent[room] = ben.gets(room, "the plan")
	}
	ana.until("Ana's files are sent", func() bool { return len(must(ana.Transfers(t.Context()))) == 0 })
	p.stop()
	p.restore(backup)
	ok(t, os.RemoveAll(filepath.Join(p.dir, "blobs"))) // another disk
	p.start()
	for _, m := range []*member{ana, ben} {
		m.Reconnect()
		m.until("online", func() bool { return m.State().Phase == client.Online })
	}
	for room, file := range sent {
		ben.sayIn(room, "after") // not before all is given back
		for _, m := range []*member{ana, ben} {
			m.hearsIn(room, said+" | Ben: after")
		}
		if m := must(ben.Find(t.Context(), room, file.ID)); m.Seq != file.Seq || m.Warnings != 0 {
			t.Errorf("the row is at %d, was at %d, warnings %b", m.Seq, file.Seq, m.Warnings)
		}
		must(ben.Download(t.Context(), file.Seq))
		if x := ben.untilState(file.ID, client.Failed); client.CodeOf(x.Err) != wire.CodeNoBlob {
			t.Errorf("what Ben hears of a file that the host lost: %v", x.Err)
		}
		id := must(ana.SendAgain(t.Context(), room, file.ID))
		var seq uint64
		ben.until("Ben has the new message", func() bool {
			m, err := ben.Find(context.Background(), room, id)
			seq = m.Seq
			return err == nil && seq > 0
		})
		must(ben.Download(t.Context(), seq))
		if x := ben.untilState(id, client.Finished); sum(t, x.Path) != sum(t, path) {
			t.Error("other bytes came than were sent again")
		}
	}
}
