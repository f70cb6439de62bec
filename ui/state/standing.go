package state

import (
	"context"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Barrier is what stands in the place of the composer while nothing can be
// written in the open room. The zero Barrier is not shown.
type Barrier struct {
	Title   string // "" for none
	Line    string
	Waits   bool // it goes away by itself
	Alarm   bool // somebody may be pretending to be Who
	Who     chat.AccountID
	Answers []Answer
}

// Shown reports whether it is there at all.
func (b Barrier) Shown() bool { return b.Line != "" }

// Answer is a button of a Barrier.
type Answer int

// The answers, the one that is meant last.
const (
	BlockSender Answer = iota + 1 // and never hear of them again
	DropRoom                      // takes the room out of the list
	AcceptRoom
	WriteAnyway // to somebody who is doubtful
	VerifyAgain // Barrier.Who
	WriteAnew   // to the other one of direct messages that are over
)

// Word is what stands on the button.
func (a Answer) Word() string {
	switch a {
	case BlockSender:
		return text.PersonBlock()
	case DropRoom:
		return text.ChatDiscard()
	case AcceptRoom:
		return text.RoomsAccept()
	case WriteAnyway:
		return text.DoubtWrite()
	case VerifyAgain:
		return text.VerifyAgain()
	case WriteAnew:
		return text.RoomsDirectNew()
	}
	return ""
}

// Barrier says what stands in the place of the composer of the open room.
func (p *Place) Barrier() Barrier {
	if p.client.Archive() {
		return Barrier{Line: text.DataArchiveLine()}
	}
	room, known := p.facts[p.open]
	if !known {
		return Barrier{}
	}
	for _, who := range room.Held {
		if x, ok := p.person(who); ok && x.Doubt != 0 {
			return doubtBarrier(x)
		}
	}
	return barrierOf(room, p.nameOf(room.Peer), p.blocked(room.Peer))
}

// doubtBarrier stands in rooms with somebody who is doubtful.
func doubtBarrier(x *client.Person) Barrier {
	b := Barrier{Title: text.DoubtKeys(x.Name), Line: text.DoubtKeysLine(), Alarm: true, Who: x.Account, Answers: []Answer{WriteAnyway, VerifyAgain}}
	if x.Doubt == client.NoMatch {
		b.Title, b.Line = text.DoubtMatch(x.Name), text.DoubtMatchLine()
	}
	return b
}

// barrierOf decides from how this person stands to a room.
func barrierOf(room client.Room, peer string, blocked bool) Barrier {
	switch {
	case room.State == client.RoomRequest && room.Kind == chat.RoomDirect:
		return Barrier{Title: text.RoomsRequestTitle(peer), Line: text.RoomsRequestLine(), Answers: []Answer{BlockSender, DropRoom, AcceptRoom}}
	case room.State == client.RoomRequest:
		return Barrier{Title: text.RoomsInvitedTitle(roomName(room)), Line: text.RoomsInvitedLine(), Answers: []Answer{DropRoom, AcceptRoom}}
	case room.State == client.RoomComing:
		return Barrier{Line: text.RoomsComingLine(), Waits: true}
	case room.State == client.RoomBroken && room.Kind == chat.RoomDirect: // it has no menu
		return Barrier{Line: text.RoomsBrokenLine(), Waits: true, Answers: []Answer{DropRoom}}
	case room.State == client.RoomBroken:
		return Barrier{Line: text.RoomsBrokenLine(), Waits: true}
	case room.State == client.RoomReturning && room.Kind == chat.RoomDirect:
		return Barrier{Line: text.RoomsReturningLine(), Waits: true, Answers: []Answer{DropRoom}}
	case room.State == client.RoomReturning:
		return Barrier{Line: text.RoomsReturningLine(), Waits: true}
	case room.State == client.RoomLeft && room.Kind == chat.RoomDirect && peer != "":
		b := Barrier{Line: text.RoomsOverLine(peer), Answers: []Answer{DropRoom}}
		if !blocked {
			b.Answers = append(b.Answers, WriteAnew)
		}
		return b
	case room.State == client.RoomLeft:
		return Barrier{Line: text.RoomsLeftLine(), Answers: []Answer{DropRoom}}
	case room.Kind == chat.RoomDirect && blocked:
		return Barrier{Line: text.PersonBlockedLine(peer)}
	}
	return Barrier{}
}

// matter says in the list what is the matter with a room; "" for nothing.
func matter(room client.Room) string {
	switch {
	case len(room.Held) > 0:
		return text.DoubtRow()
	case room.State == client.RoomRequest && room.Kind == chat.RoomDirect:
		return text.RoomsRequest()
	case room.State == client.RoomRequest:
		return text.RoomsInvited()
	case room.State == client.RoomComing:
		return text.RoomsComing()
	case room.State == client.RoomLeft && room.Kind == chat.RoomDirect && room.Name != "":
		return text.RoomsOver()
	case room.State == client.RoomBroken:
		return text.RoomsBroken()
	case room.State == client.RoomReturning:
		return text.RoomsReturning()
	case room.State == client.RoomLeft:
		return text.RoomsLeft()
	}
	return ""
}

// Answer does what a button of the Barrier says.
func (p *Place) Answer(a Answer) {
	room := p.facts[p.open]
	switch a {
	case AcceptRoom:
		p.ask(func(ctx context.Context) error { return p.client.AcceptRoom(ctx, room.ID) }, nil)
	case DropRoom:
		p.drop(room.ID)
	case BlockSender:
		p.Block(room.Peer, true)
	case WriteAnyway:
		p.WriteAnyway(p.Barrier().Who)
	case VerifyAgain:
		p.Verify(p.Barrier().Who)
	case WriteAnew:
		p.Message(room.Peer)
	}
}

// drop takes a room out of the list.
func (p *Place) drop(room chat.RoomID) {
	p.ask(func(ctx context.Context) error { return p.client.DeclineRoom(ctx, room) }, func(err error) {
		if err == nil && p.open == room {
			p.Show(chat.Lobby)
		}
	})
}

// maxAsked is how many requests of a person may be under way at once: more than
// anybody starts by hand while one is answered.
const maxAsked = 16

// ask runs what the host or other members answer, beside the changes of the
// store, and then done with its error on the window's goroutine. What went wrong
// is shown as a note; done may be nil.
func (p *Place) ask(request func(context.Context) error, done func(error)) {
	if p.asked >= maxAsked {
		p.desktop.Toast(text.For(text.HostBusy, text.Facts{}).String())
		return
	}
	p.asked++
	p.work.Go(func() {
		err := request(p.ctx)
		p.desktop.Do(func() {
			if p.ctx.Err() != nil {
				return
			}
			p.asked--
			p.fail(err, text.Facts{})
			if done != nil {
				done(err)
			}
		})
	})
}
