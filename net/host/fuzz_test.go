package host_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// FuzzSession lets a stranger or a member say anything in any order: the host
// neither panics nor stops serving others.
//
// The input is a list of messages: a byte that chooses which, and for raw ones a
// length and bytes.
func FuzzSession(f *testing.F) {
	p := newPlace(f, chat.JoinOpen, fast)
	olga := p.owner()
	// One person is who fuzzes, and another who must not notice. With one account
	// for all inputs the store does not grow without bound.
	fuzzer := p.newcomer("Fuzzer", host.Command{Role: chat.Moderator})
	fuzzer.close()
	olga.live(chat.Lobby)
	f.Add([]byte{0})
	f.Add([]byte{1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23})
	f.Add([]byte{1, 0xff, 3, 0, 1, 0xa0, 0xff, 5, 0, 22, 0xa0, 1, 2})
	f.Add([]byte{0, 2, 9, 9, 9, 7, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		at := *p
		at.t, olga.t = t, t
		who := fuzzer.who
		if b[0]%2 == 0 {
			who = newPerson("Stranger")
		}
		near, far := net.Pipe()
		served := make(chan struct{})
		ctx, stop := context.WithCancel(context.Background())
		go func() { defer close(served); _ = at.host.ServeConn(ctx, far) }()
		c := at.over(near, who)
		if b[0]%4 != 3 {
			c.send(&wire.Hello{Min: 1, Max: 1})
		}
		for rest := b[1:]; len(rest) > 0; {
			var msg []byte
			msg, rest = fuzzMessage(c, rest)
			if len(msg) > 0 && c.l.Send(msg) != nil {
				break
			}
		}
		// Whatever it said, it hears of its end.
		time.AfterFunc(5*time.Millisecond, stop)
		select {
		case <-served:
		case <-time.After(patience):
			t.Fatal("the connection does not end")
		}
		stop()
		c.close()
		olga.send(&wire.Fetch{Room: chat.Lobby, After: 1 << 40})
		expect[*wire.Rows](olga)
	})
}

// fuzzMessage returns the message that the first bytes of b choose, and the rest.
func fuzzMessage(c *client, b []byte) (msg, rest []byte) {
	choice, rest := b[0], b[1:]
	if choice == 0xff { // raw bytes
		if len(rest) == 0 {
			return nil, nil
		}
		n := min(int(rest[0]), len(rest)-1)
		return rest[1 : 1+n], rest[1+n:]
	}
	var arg byte
	if len(rest) > 0 {
		arg = rest[0]
	}
	id := [32]byte{arg}
	certificate, entry, signature := []byte{arg}, []byte{arg}, []byte{arg}
	if choice%2 == 0 {
		certificate, entry, signature = c.certificate([]wire.BodyKind{wire.KindAccount, wire.KindDevice, wire.KindIdentity, wire.KindText}[arg%4])
	}
	messages := []wire.Message{
		&wire.Hello{Min: uint(arg), Max: 1, Token: id[:]},
		&wire.Register{Name: "x", Code: string(rune(arg)), Request: anyRequest()},
		&wire.RegisterFinish{Record: anyRecord(), Certificate: certificate, Entry: entry, Signature: signature},
		&wire.Login{Name: "Olga", KE1: make([]byte, 96)},
		&wire.LoginFinish{KE3: make([]byte, 64)},
		&wire.Password{Ref: 1, KE1: make([]byte, 96), Request: anyRequest()},
		&wire.PasswordFinish{Ref: 1, KE3: make([]byte, 64), Record: anyRecord()},
		&wire.Fetch{Room: chat.Lobby, After: uint64(arg)},
		&wire.Fetch{Room: chat.RoomID{arg}},
		&wire.Peek{Ref: 1, Room: chat.Lobby, Before: uint64(arg)},
		&wire.Peek{Ref: 1, Room: chat.RoomID{arg % 8}},
		&wire.Post{Envelope: entry, Signature: signature},
		c.text(string(rune('a' + arg%26))),
		c.text("x", func(e *wire.Envelope) { e.Counter, e.Room[0] = uint64(arg), e.Room[0]^(arg&1) }),
		&wire.Typing{Room: chat.Lobby},
		&wire.Admin{Ref: 1, Action: wire.Action(arg), Account: c.who.account, Role: chat.Role(arg), Until: int64(arg)},
		&wire.CreateInvite{Ref: 1, ID: id, Uses: uint32(arg), Role: chat.Member},
		&wire.RevokeInvite{Ref: 1, ID: id},
		&wire.ListInvites{Ref: 1},
		&wire.ChangePlace{Ref: 1, Name: "Y", Mode: chat.JoinMode(arg)},
		&wire.Offer{Room: chat.Lobby, Root: id, Length: 352},
		&wire.Get{Room: chat.Lobby, Root: id},
		&wire.Pull{Root: id, Part: wire.Part(arg % 4), Offset: int64(arg) << 20, Length: uint32(arg) << 8},
		&wire.Piece{Root: id, Part: wire.Part(arg % 4), Data: make([]byte, int(arg)*32)},
		&wire.BlobState{Root: id, Length: 352, Code: wire.Code(arg)},
		&wire.Cancel{Root: id, Keep: arg%2 == 0},
		&wire.CreateRoom{Ref: 1, Room: chat.RoomID{7}, RoomKind: chat.RoomKind(arg % 6), Name: string(rune(arg))},
		&wire.ChangeRoom{Ref: 1, Room: chat.RoomID{7}, Name: string(rune(arg)), Delete: arg == 9},
		&wire.LeaveRoom{Ref: 1, Room: chat.RoomID{7}},
		&wire.Fetch{Room: chat.RoomID{7}, After: uint64(arg), Chain: true},
		c.in(chat.RoomID{7}).put(wire.BodyKind(30+arg%6), func(e *wire.Envelope, p *wire.Post) {
			e.Counter, e.Seen.Seq = uint64(arg), uint64(arg)<<56
			p.Blobs = [][32]byte{id}[:arg%2]
			if arg%3 == 0 {
				p.Members = &wire.MemberChange{Set: []wire.MemberEntry{{Account: c.who.account, Admin: arg%2 == 0}}}
				p.Mails = []wire.Mail{{To: c.who.device(), Room: chat.RoomID{7}}}
			}
		}),
		&wire.Signal{Room: chat.RoomID{7}, Data: id[:]},
		&wire.PutKeyPackages{Ref: 1, Packages: [][]byte{id[:]}, LastResort: id[:arg%32], Replace: arg%2 == 0},
		&wire.GetKeyPackages{Ref: 1, Account: c.who.account},
		&wire.SendMail{Ref: 1, Mails: []wire.Mail{{To: c.who.device(), Room: chat.RoomID{arg % 8}, Data: id[:]}}},
		&wire.MailDone{ID: chat.MessageID(id[:16])},
		&wire.Offer{Root: id, Length: int64(arg)},
		&wire.Posted{Seq: 1}, // what only a host says
		&wire.Goodbye{Code: wire.CodeBanned},
	}
	return wire.Append(nil, messages[int(choice)%len(messages)]), rest
}
