package client_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
)

// BenchmarkNewestScreen measures how long somebody who missed 10,000 messages of the room
// that they look at waits for the newest screen of it, and for all of them, from the
// moment that the program has opened its store: FEATURES P2. The host and all clients
// share the computer.
func BenchmarkNewestScreen(b *testing.B) {
	const missed = 10_000
	for _, kind := range []chat.RoomKind{chat.RoomOpen, chat.RoomSealed} {
		b.Run(fmt.Sprintf("missed=%d/kind=%s", missed, map[chat.RoomKind]string{chat.RoomOpen: "open", chat.RoomSealed: "sealed"}[kind]), func(b *testing.B) {
			p := newPlace(b, func(p *place) {
				p.dir = fast(b)
				p.cfg.Limits = host.Limits{Posts: 1e6, PostBurst: 1e6, Messages: 1e6, MessageBurst: 1e6, Entries: 1e6, EntryBurst: 1e6}
			})
			ana, ben := p.join("Ana"), p.join("Ben")
			room := must(ana.CreateRoom(b.Context(), kind, "Den", ""))
			if kind == chat.RoomSealed {
				if err := ana.InviteToRoom(b.Context(), room, ben.Me().Account); err != nil {
					b.Fatal(err)
				}
			}
			ben.is(room, client.RoomJoined)
			ana.sayIn(room, "before")
			ben.hearsIn(room, "Ana: before")
			ben.stop()
			for i := range missed {
				for {
					if _, err := ana.Send(b.Context(), room, fmt.Sprint("message ", i)); err == nil {
						break
					}
					time.Sleep(5 * time.Millisecond) // the outbox has its bound
				}
			}
			ana.until("all are on the host", func() bool {
				out, err := ana.db.Outbox(context.Background(), room)
				return err == nil && len(out) == 0
			})
			ana.stop()
			files := must(filepath.Glob(filepath.Join(ben.dir, "place.db*")))
			kept := make(map[string][]byte, len(files))
			for _, f := range files {
				kept[f] = must(os.ReadFile(f))
			}
			var newest, all []time.Duration
			last := fmt.Sprint("message ", missed-1)
			for b.Loop() {
				b.StopTimer()
				for f, data := range kept {
					if err := os.WriteFile(f, data, 0o600); err != nil {
						b.Fatal(err)
					}
				}
				ben.load()
				ben.LookAt(room)
				b.StartTimer()
				began := time.Now()
				ben.run()
				ben.until("the newest screen", func() bool {
					page := must(ben.Before(context.Background(), room, 0, 20))
					return slices.ContainsFunc(page.Messages, func(m client.Message) bool { return m.Text == last })
				})
				newest = append(newest, time.Since(began))
				ben.until("all of them", func() bool {
					r := must(ben.db.Room(context.Background(), room))
					m, err := ben.db.Message(context.Background(), r.Cursor)
					return err == nil && strings.Contains(string(m.Body), last)
				})
				all = append(all, time.Since(began))
				b.StopTimer()
				ben.stop()
				b.StartTimer()
			}
			slices.Sort(newest)
			slices.Sort(all)
			b.ReportMetric(newest[len(newest)/2].Seconds()*1000, "p50-ms/newest-screen")
			b.ReportMetric(all[len(all)/2].Seconds()*1000, "p50-ms/all")
		})
	}
}
