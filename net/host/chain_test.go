package host_test

import (
	"bytes"
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestChainForNewcomers shows that one who comes in late is told the chain before
// his first row, so that he can check that of others from then on; and that it is
// computed from what is noted, not from the first row each time.
func TestChainForNewcomers(t *testing.T) {
	p, olga, ana, ben := three(t)
	room := olga.room
	const many = 2300
	done := make(chan struct{}, many)
	chains := map[uint64][32]byte{0: wire.FirstChain(ana.key, room)}
	chain := chains[0]
	var list []*chat.Row
	for n := range uint64(many) {
		r := &chat.Row{Room: room, Received: 5, Device: olga.who.device(), Counter: n + 1, ID: chat.NewMessageID(), Envelope: bytes.Repeat([]byte{byte(n)}, 256)}
		list = append(list, r)
		if err := p.db.Append(&chat.Post{Row: r, Sealed: true}, func(chat.Outcome, uint64, error) { done <- struct{}{} }); err != nil {
			t.Fatal(err)
		}
	}
	for range many {
		<-done
	}
	for _, r := range list {
		chain = wire.NextChain(chain, r.Seq, wire.RowHash(r.Envelope, r.Signature))
		chains[r.Seq] = chain
	}
	p.restart()
	olga = p.back(olga.who).in(room)
	olga.counter, olga.seen = many, list[many-1].Seq

	ask := func(c *client, after uint64) *wire.Rows {
		t.Helper()
		c.send(&wire.Fetch{Room: room, After: after, Chain: true})
		return expect[*wire.Rows](c)
	}
	ana, ben = p.back(ana.who), p.back(ben.who)
	added := olga.add(ana)
	ana.told(room)
	rows := ask(ana, 0)
	if len(rows.Rows) != 1 || rows.Rows[0].Seq != added || !bytes.Equal(rows.Chain, chain[:]) {
		t.Errorf("ana got %d rows and chain %x, want the commit and %x", len(rows.Rows), rows.Chain, chain)
	}
	chain = wire.NextChain(chain, added, wire.RowHash(rows.Rows[0].Envelope, rows.Rows[0].Signature))
	if again := ask(ana, added); !bytes.Equal(again.Chain, chain[:]) || len(again.Rows) != 0 || !again.Live {
		t.Errorf("at the end: %d rows, chain %x, want %x", len(again.Rows), again.Chain, chain)
	}
	for _, after := range []uint64{0, list[0].Seq, list[998].Seq, list[999].Seq, list[1000].Seq, list[many-2].Seq} {
		got, want := ask(olga.client, after), chains[after]
		if !bytes.Equal(got.Chain, want[:]) {
			t.Errorf("after %d: chain %x, want %x", after, got.Chain, want)
		}
	}
	for seq, want := range map[uint64]uint64{list[998].Seq: 0, list[999].Seq: list[999].Seq, added: list[1999].Seq} {
		if at, noted, err := p.db.Checkpoint(t.Context(), room, seq); err != nil || at != want || (at != 0 && noted != chains[at]) {
			t.Errorf("noted up to %d: %d, %v, want %d", seq, at, err, want)
		}
	}
	// In the Lobby too, and for nobody who is not in the room.
	first := wire.FirstChain(ana.key, chat.Lobby)
	ben.send(&wire.Fetch{Room: chat.Lobby, Chain: true})
	if got := expect[*wire.Rows](ben); !bytes.Equal(got.Chain, first[:]) {
		t.Errorf("the Lobby: chain %x, want %x", got.Chain, first)
	}
	ben.send(&wire.Fetch{Room: room, Chain: true})
	expectCode(ben, wire.CodeNoRoom)
	ben.send(&wire.Fetch{Room: chat.Lobby})
	if got := expect[*wire.Rows](ben); got.Chain != nil {
		t.Error("a chain that nobody asked for")
	}
}

// TestChainsAreBounded shows that nobody keeps the host busy with chains.
func TestChainsAreBounded(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.cfg.Limits.Lookups, p.cfg.Limits.LookupBurst = 1e-6, 2 })
	olga := p.newcomer("Olga", host.Command{Role: chat.Owner})
	for range 2 {
		olga.send(&wire.Fetch{Room: chat.Lobby, Chain: true})
		expect[*wire.Rows](olga)
	}
	olga.send(&wire.Fetch{Room: chat.Lobby, Chain: true})
	if f := expectCode(olga, wire.CodeSlowDown); f.After == 0 {
		t.Error("it does not say how long")
	}
	olga.live(chat.Lobby)
}
