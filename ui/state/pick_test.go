package state

import (
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// Several messages are copied, forwarded and deleted at once; a forwarded one says
// whose it was and leads there; and the marks of a private message go from the host
// to the other's device (D10).
func TestPickedMessages(t *testing.T) {
	x := newTown(t)
	a, b := x.ana.Conversation(), x.ben.Conversation()
	a.Send("one **two**")
	a.Send("three")
	b.Send("four")
	first, second, third := x.sees(x.ben, "one **two**"), x.sees(x.ben, "three"), x.sees(x.ana, "four")
	x.until("Ben's is on the host", func() bool { l, _ := line(x.ben, "four"); return l.Mark.Sent() })

	b.Pick(third.ID)
	b.Pick(first.ID)
	if got, want := b.Picked(), []string{first.ID, third.ID}; !b.Picking() || !slices.Equal(got, want) {
		t.Fatalf("picked are %v, want %v, in the order of the room", got, want)
	}
	if x.b.changes&PartPicked == 0 {
		t.Error("the view is not told")
	}
	b.CopyPicked()
	if lines := strings.Split(x.b.clip, "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], "Ana, ") || !strings.HasSuffix(lines[0], ": one two") || !strings.HasPrefix(lines[1], "Ben, ") {
		t.Errorf("copied are %q", x.b.clip)
	}
	if b.Picking() {
		t.Error("after copying it still picks")
	}
	b.Pick(second.ID)
	b.CopyPicked()
	if x.b.clip != "three" {
		t.Errorf("one message is copied as %q", x.b.clip)
	}
	for i := range b.Len() {
		if l := b.Line(i); l.System && b.CanPick(l.ID) {
			t.Errorf("%q can be picked", l.Text)
		}
	}

	// To a person with whom nothing was written yet.
	targets := x.ben.Targets()
	i := slices.IndexFunc(targets, func(x Target) bool { return x.Name == "Ana" })
	if i < 0 || targets[i].Room != (chat.RoomID{}) || targets[0].Account != x.ben.me.Account || targets[1].Room != chat.Lobby {
		t.Fatalf("Ben can forward to %+v", targets)
	}
	b.Forward([]string{first.ID, second.ID}, targets[i])
	x.until("Ben is told", func() bool { return slices.Contains(x.b.notes, text.ForwardDone(2, "Ana")) })
	var direct chat.RoomID
	x.until("Ana is asked", func() bool {
		for _, r := range x.ana.Rooms() {
			if r.Section == SectionRequests {
				direct = r.ID
			}
		}
		return direct != (chat.RoomID{})
	})
	x.ana.Show(direct)
	x.ana.Answer(AcceptRoom)
	copied := x.sees(x.ana, "one **two**")
	if copied.Origin.Label != text.ForwardFrom(text.WordYouWhom()) || copied.Own {
		t.Errorf("Ana sees %+v", copied.Origin)
	}
	x.ana.Conversation().GoOrigin(copied.ID)
	x.until("the original is shown", func() bool { return x.ana.Conversation().Room() == chat.Lobby && a.jump == first.ID })
	x.ben.Show(direct)
	x.until("it is on Ana's device", func() bool { l, _ := line(x.ben, "three"); return l.Mark == MarkOnDevice || l.Mark == MarkRead })
	own, _ := line(x.ben, "three")
	if x.ben.Conversation().CanEdit(own.ID) {
		t.Error("Ben may change what he forwarded")
	}
	var reach []Details
	x.ben.Conversation().Reach(own.ID, func(d []Details) { reach = d })
	x.until("the details name Ana", func() bool {
		return len(reach) == 1 && reach[0].Label == "Ana" && reach[0].Value != text.ChatStateHost()
	})

	x.ben.Show(chat.Lobby)
	x.until("the Lobby is there again", func() bool { return b.Settled() })
	b.Pick(first.ID)
	b.Pick(second.ID)
	b.DeletePicked()
	x.until("both are gone for Ben", func() bool {
		_, one := line(x.ben, "one **two**")
		_, two := line(x.ben, "three")
		return !one && !two && !b.Picking()
	})
	x.a.run()
	if l, ok := line(x.ana, "three"); !ok || l.System {
		t.Error("they are gone for Ana too")
	}
}
