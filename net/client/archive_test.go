package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/export"
)

// exportOptions are those of a screen that says everything in English.
func exportOptions(parent string) client.ExportOptions {
	return client.ExportOptions{
		Parent: parent, Name: "Snug: Our class", Program: "snug test",
		Words: client.ExportWords{
			Lang: "en", Title: "Our class", Line: "made today", Rooms: "Rooms", People: "People", Data: "data", Back: "All rooms",
			Earlier: "Earlier", Later: "Later", NotHere: "not in this export",
			Kind:  func(r *client.ExportRoom) string { return r.Kind },
			Day:   func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
			Time:  func(t time.Time) string { return t.UTC().Format("15:04") },
			Count: func(n int64) string { return fmt.Sprint(n) },
		},
		RoomName: func(r *client.Room) string { return r.Name },
		Lines: func(m *client.Message, media string) []client.ExportLine {
			l := client.ExportLine{ID: m.ID.String(), From: m.Name, Own: m.Own, At: m.Received, Text: m.Text, System: m.Kind != client.LineText && m.Kind != client.LineFile}
			if m.Reply != nil {
				l.Quote = &client.ExportQuote{ID: m.Reply.ID.String(), From: m.Reply.Name, Text: m.Reply.Text}
			}
			for _, r := range m.Reactions {
				l.Reactions = append(l.Reactions, r.Emoji)
			}
			if m.File != nil {
				l.File = &client.ExportMedia{Name: m.File.Name, Size: fmt.Sprint(m.File.Size), Path: media}
			}
			return []client.ExportLine{l}
		},
	}
}

// everything returns all that a screen can show of a place, as one text a room.
func everything(t *testing.T, c *client.Client) map[string]string {
	t.Helper()
	all := make(map[string]string)
	text := func(v any) string { return string(must(json.Marshal(v))) + "\n" }
	for _, p := range c.People() {
		p.Online, p.Seen = false, time.Time{} // of this moment
		all["people"] += text(p)
	}
	me := c.Me()
	all["me"] = text([]any{me.Account, me.Name, me.Role, me.State})
	for _, r := range must(c.Rooms(t.Context())) {
		var s strings.Builder
		draft := must(c.Draft(t.Context(), r.ID))
		r.State = 0 // an archive's rooms are all left
		s.WriteString(text(r) + text(draft))
		if r.Kind != chat.RoomOpen {
			s.WriteString(text(must(c.RoomMembers(t.Context(), r.ID))))
		}
		for after := uint64(0); ; {
			page := must(c.After(t.Context(), r.ID, after, 7))
			for _, m := range page.Messages {
				s.WriteString(text(m))
				after = max(after, m.Seq)
				tr, has, err := c.Transfer(t.Context(), m.ID)
				if err != nil {
					t.Fatal(err)
				}
				if has && tr.State == client.Finished {
					fmt.Fprintf(&s, "%x\n", sum(t, tr.Path))
				}
			}
			if !page.Newer {
				break
			}
		}
		all[r.ID.String()] = s.String()
	}
	return all
}

// importInto opens an export as the archive of a fresh profile.
func importInto(t *testing.T, folder string) *client.Client {
	t.Helper()
	a, err := export.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	db := must(clientdb.Open(t.Context(), filepath.Join(dir, "place.db"), [32]byte{3}, log))
	t.Cleanup(func() { ok(t, db.Close()) })
	n := 0
	err = client.Import(t.Context(), a, db, client.ImportOptions{SaveFile: func(_ string, r io.Reader) (string, error) {
		n++
		path := filepath.Join(dir, fmt.Sprint("file ", n))
		b, err := io.ReadAll(r)
		return path, errors.Join(err, os.WriteFile(path, b, 0o600))
	}})
	if err != nil {
		t.Fatal(err)
	}
	return must(client.New(t.Context(), client.Config{Folder: dir}, db, log))
}

// P4: an export shows everything without a network, and reading it again into a
// fresh profile gives the same messages, relations, rooms, people and files.
func TestP4ExportAndReimportEqual(t *testing.T) {
	p := newPlace(t)
	load := func(cfg *client.Config) { cfg.AutoDownload = func() int64 { return 1 << 20 } }
	ana, ben := p.join("Ana", load), p.join("Ben", load)
	ctx := context.Background()
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", "Plans & more"))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	direct := must(ben.Direct(t.Context(), ana.Me().Account))
	ana.is(direct, client.RoomRequest)
	ok(t, ana.AcceptRoom(ctx, direct)) // or Ben's file is fetched only when Ana asks for it
	hostile := `</div><script>alert(1)</script><img src="https://tracker.example/x.png" onerror=alert(1)> & "quotes"`
	for _, room := range []chat.RoomID{chat.Lobby, den, direct} {
		var ids []chat.MessageID
		for i := range 6 {
			ids = append(ids, must(ana.Send(ctx, room, fmt.Sprintf("message %d\nwith two lines", i))))
		}
		ids = append(ids, must(ana.Send(ctx, room, hostile)))
		ben.until("Ben has the room's messages", func() bool { return strings.Contains(ben.textsIn(room), "alert(1)") })
		ana.until("Ana knows that the host has them", func() bool {
			out, err := ana.db.Outbox(ctx, room)
			return err == nil && len(out) == 0 // what still waits cannot be edited
		})
		for i, id := range ids {
			ok(t, ben.React(ctx, room, id, []string{"👍", "🔥"}[i%2], true))
		}
		ok(t, ben.React(ctx, room, ids[0], "👍", false))
		must(ben.Post(ctx, room, client.Words{Text: "an answer", Reply: ids[1], Mentions: []chat.AccountID{ana.Me().Account}}))
		must(ben.Post(ctx, room, client.Words{Text: "all of you", Everyone: true}))
		ok(t, ana.EditMessage(ctx, room, ids[2], client.Words{Text: "said better"}))
		ok(t, ana.DeleteForAll(ctx, room, ids[3], false))
		ok(t, ana.PinMessage(ctx, room, ids[4], true))
		ok(t, ana.MarkMessage(ctx, room, ids[5], true))
		file := filepath.Join(t.TempDir(), `a <b> & "c".png`)
		writeFile(t, file, 70_000)
		must(ben.SendFileWith(ctx, room, file, client.FileNote{Caption: "look"}))
		ana.until("Ana has all and Ben's file", func() bool {
			for _, m := range must(ana.Before(ctx, room, 0, 1000)).Messages {
				if m.File != nil && ana.transferOf(m.ID).State == client.Finished {
					return true
				}
			}
			return false
		})
		ok(t, ana.SetDraft(ctx, room, "half a thought"))
	}
	ana.until("Ana's own are through", func() bool {
		for _, room := range []chat.RoomID{chat.Lobby, den, direct} {
			if out, err := ana.db.Outbox(ctx, room); err != nil || len(out) > 0 {
				return false
			}
		}
		return true
	})
	ana.until("Ben's phone has told what it has", func() bool {
		for _, m := range must(ana.Before(ctx, den, 0, 1000)).Messages {
			if m.Own && m.Kind == client.LineText && m.State < client.OnDevice {
				return false
			}
		}
		return true
	})
	p.stop()
	ana.until("Ana is offline", func() bool { return ana.State().Phase == client.Offline })
	ana.sayIn(chat.Lobby, "nobody has this yet")

	parent := t.TempDir()
	var last client.ExportProgress
	o := exportOptions(parent)
	o.Progress = func(p client.ExportProgress) { last = p }
	index, err := ana.Export(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if last.Rows != last.All || last.Bytes != last.Total || last.Bytes != 3*70_000 {
		t.Errorf("progress ended at %+v", last)
	}
	folder := filepath.Dir(index)
	pages := checkPages(t, folder)
	for _, want := range []string{hostile, "said better", "an answer", "nobody has this yet", "message 5\nwith two lines", "🔥", "look"} {
		if !strings.Contains(pages, html.EscapeString(want)) && !strings.Contains(html.UnescapeString(pages), want) {
			t.Errorf("the pages do not show %q", want)
		}
	}
	for _, not := range []string{"<script", "message 3\n", "message 2\n"} {
		if strings.Contains(pages, not) {
			t.Errorf("the pages have %q", not)
		}
	}

	got, want := everything(t, importInto(t, folder)), everything(t, ana.Client)
	for name, w := range want {
		g, w := strings.Split(got[name], "\n"), strings.Split(w, "\n")
		for i := range max(len(g), len(w)) {
			if i >= len(g) || i >= len(w) || g[i] != w[i] {
				t.Errorf("%s, line %d of %d: got\n%s\nwant\n%s", name, i, len(w), g[min(i, len(g)-1)], w[min(i, len(w)-1)])
			}
		}
	}
	if len(got) != len(want) || len(want) != 5 {
		t.Errorf("%d parts came back of %d", len(got), len(want))
	}
	again, err := ana.Export(t.Context(), exportOptions(parent))
	if err != nil || filepath.Dir(again) == folder {
		t.Errorf("a second export: %q, %v, want a folder of its own", again, err)
	}
}

// checkPages fails unless all links of an export's pages lead to files of it, and
// returns all pages as one text.
func checkPages(t *testing.T, folder string) string {
	t.Helper()
	link := regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	var all strings.Builder
	media := 0
	for _, page := range must(filepath.Glob(filepath.Join(folder, "*.html"))) {
		b := string(must(os.ReadFile(page)))
		all.WriteString(b)
		for _, m := range link.FindAllStringSubmatch(b, -1) {
			target := html.UnescapeString(m[1])
			if strings.HasPrefix(target, "#") {
				continue
			}
			path, err := url.PathUnescape(target)
			if err != nil || !filepath.IsLocal(path) {
				t.Errorf("a link leads to %q", target)
				continue
			}
			if strings.HasPrefix(path, "media/") {
				media++
			}
			if _, err := os.Stat(filepath.Join(folder, path)); err != nil {
				t.Errorf("a link leads nowhere: %v", err)
			}
		}
		if !strings.Contains(b, "default-src &#39;none&#39;") && !strings.Contains(b, "default-src 'none'") {
			t.Errorf("%s may load what it likes", filepath.Base(page))
		}
	}
	if media == 0 {
		t.Error("no page shows a file")
	}
	return all.String()
}

// P4: an export that is broken off, or for which there is no room, leaves nothing.
func TestP4ExportEndsClean(t *testing.T) {
	var free int64 = 1 << 40
	p := newPlace(t)
	ana := p.join("Ana", func(cfg *client.Config) { cfg.Free = func(string) (int64, error) { return free, nil } })
	for i := range 20 {
		ana.say(fmt.Sprint("message ", i))
	}
	ana.until("all are there", func() bool { return !strings.Contains(ana.texts(), "(") && strings.Contains(ana.texts(), "19") })
	empty := func(when string, parent string) {
		t.Helper()
		if left := must(os.ReadDir(parent)); len(left) > 0 {
			t.Errorf("%s left %v", when, left)
		}
	}
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	o := exportOptions(parent)
	o.Progress = func(client.ExportProgress) { cancel() }
	if _, err := ana.Export(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	empty("breaking off", parent)
	free = 1000
	if _, err := ana.Export(t.Context(), exportOptions(parent)); !errors.Is(err, client.ErrDiskFull) {
		t.Errorf("no room: %v, want %v", err, client.ErrDiskFull)
	}
	empty("no room", parent)
	free = 1 << 40
	if _, err := ana.Export(t.Context(), exportOptions(filepath.Join(parent, "none"))); err == nil {
		t.Error("an export into a folder that does not exist")
	}
}
