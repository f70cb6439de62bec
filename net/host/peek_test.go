package host_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestPeek: the last rows of an open room come out of their turn, each as Fetch brings
// it, without a gap and never more than fit, and nobody listens by it. Nothing of a
// room is told to whom it does not belong, and nothing of a sealed one to anybody.
func TestPeek(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	olga := p.owner()
	const messages = 130
	for n := range messages {
		text := fmt.Sprint("message ", n)
		if n >= 100 && n < 110 {
			text = strings.Repeat("long ", 3000)
		}
		if got := olga.post(olga.text(text)); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	all := p.back(olga.who).live(chat.Lobby)
	if len(all) != messages {
		t.Fatalf("%d rows, want %d", len(all), messages)
	}
	c := p.back(olga.who)
	for i, before := range []uint64{0, 1<<64 - 1, all[100].Seq, all[3].Seq, all[0].Seq, all[107].Seq} {
		c.send(&wire.Peek{Ref: uint32(i + 1), Room: chat.Lobby, Before: before})
		got := expect[*wire.Peeked](c)
		end := messages
		for before > 0 && end > 0 && all[end-1].Seq >= before {
			end--
		}
		size := 0
		for k := range got.Rows {
			have, want := got.Rows[k], all[end-len(got.Rows)+k]
			size += len(have.Envelope) + len(have.Signature)
			if have.Seq != want.Seq || string(have.Envelope) != string(want.Envelope) || string(have.Signature) != string(want.Signature) {
				t.Fatalf("before %d: row %d is %d, want %d", before, k, have.Seq, want.Seq)
			}
		}
		switch n := len(got.Rows); {
		case got.Ref != uint32(i+1):
			t.Errorf("before %d: the answer to %d", before, got.Ref)
		case n == 0 && end > 0, n > wire.PeekRows, size > 48<<10:
			t.Errorf("before %d: %d rows of %d bytes", before, n, size)
		case n < min(end, wire.PeekRows) && size < 16<<10:
			t.Errorf("before %d: only %d rows of %d bytes", before, n, size)
		}
	}
	if got := c.post(olga.text("one more")); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	c.send(&wire.Peek{Ref: 20, Room: chat.Lobby})
	expect[*wire.Peeked](c)
	if d, err := next[*wire.Deliver](c, 0); err == nil {
		t.Errorf("row %d was delivered to who does not listen", d.Row.Seq)
	}

	den := chat.RoomID{1, 2, 3}
	c.send(&wire.CreateRoom{Ref: 30, Room: den, RoomKind: chat.RoomSealed})
	expect[*wire.Done](c)
	mia := p.newcomer("Mia", host.Command{})
	for i, x := range []struct {
		what string
		who  *client
		room chat.RoomID
		code wire.Code
	}{
		{"no such room", c, chat.RoomID{9}, wire.CodeNoRoom},
		{"a sealed room, by a member", c, den, wire.CodeNotAllowed},
		{"a sealed room, by another", mia, den, wire.CodeNoRoom},
		{"the directory", mia, chat.Directory, wire.CodeNotAllowed},
	} {
		x.who.send(&wire.Peek{Ref: uint32(40 + i), Room: x.room})
		if f := expect[*wire.Failure](x.who); f.Code != x.code || f.Ref != uint32(40+i) {
			t.Errorf("%s: got %+v, want code %d", x.what, f, x.code)
		}
	}
}
