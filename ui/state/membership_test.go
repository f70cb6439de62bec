package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// TestRoomDeeds is row E5: who may do what with a room and its members. A host's
// role gives nothing in a private room.
func TestRoomDeeds(t *testing.T) {
	private := client.Room{ID: kitchen, Kind: chat.RoomSealed, State: client.RoomJoined}
	ruled := private
	ruled.Admin = true
	left, asked, coming := private, private, private
	left.State, asked.State, coming.State = client.RoomLeft, client.RoomRequest, client.RoomComing
	open := client.Room{ID: kitchen, Kind: chat.RoomOpen, State: client.RoomJoined}
	for name, c := range map[string]struct {
		room client.Room
		me   chat.Role
		want []RoomDeed
	}{
		"the Lobby, even for the owner":           {client.Room{ID: chat.Lobby, Kind: chat.RoomOpen}, chat.Owner, nil},
		"an open room, member":                    {open, chat.Member, nil},
		"an open room, moderator":                 {open, chat.Moderator, []RoomDeed{RenameRoom, DeleteRoom}},
		"a private room, member":                  {private, chat.Member, []RoomDeed{ShowMembers, LeaveRoom}},
		"a private room, member who owns all":     {private, chat.Owner, []RoomDeed{ShowMembers, LeaveRoom}},
		"a private room, admin":                   {ruled, chat.Member, []RoomDeed{InviteMembers, ShowMembers, RenameRoom, LeaveRoom, DeleteRoom}},
		"a private room that was left":            {left, chat.Owner, []RoomDeed{ForgetRoom}},
		"an invitation that was not answered":     {asked, chat.Member, nil},
		"a private room that is not there yet":    {coming, chat.Member, []RoomDeed{LeaveRoom}},
		"direct messages":                         {client.Room{ID: kitchen, Kind: chat.RoomDirect, State: client.RoomJoined, Admin: true}, chat.Owner, nil},
		"direct messages whose other one is gone": {client.Room{ID: kitchen, Kind: chat.RoomDirect, State: client.RoomLeft}, chat.Member, []RoomDeed{ForgetRoom}},
	} {
		if got := roomDeeds(c.room, c.me); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		admin bool
		x     client.RoomMember
		want  []MemberDeed
	}{
		"a member by a member":  {false, client.RoomMember{}, nil},
		"an admin by a member":  {false, client.RoomMember{Admin: true}, nil},
		"a member by an admin":  {true, client.RoomMember{}, []MemberDeed{MakeRoomAdmin, RemoveMember}},
		"an admin by an admin":  {true, client.RoomMember{Admin: true}, []MemberDeed{UnmakeRoomAdmin, RemoveMember}},
		"oneself by an admin":   {true, client.RoomMember{Admin: true, Me: true}, nil},
		"oneself by not an one": {false, client.RoomMember{Me: true}, nil},
	} {
		if got := memberDeeds(c.admin, c.x); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	me, other := client.RoomMember{Me: true, Admin: true}, client.RoomMember{}
	boss := client.RoomMember{Admin: true}
	for name, c := range map[string]struct {
		members []client.RoomMember
		want    bool
	}{
		"alone":                  {[]client.RoomMember{me}, false},
		"the only admin":         {[]client.RoomMember{me, other}, true},
		"one of two admins":      {[]client.RoomMember{me, other, boss}, false},
		"a member":               {[]client.RoomMember{{Me: true}, boss}, false},
		"before they were read":  {nil, false},
		"a room without admins?": {[]client.RoomMember{{Me: true}, other}, false},
	} {
		if got := mustAppoint(c.members); got != c.want {
			t.Errorf("%s: must appoint %v, want %v", name, got, c.want)
		}
	}
}

// TestBarrier is row L7: the first message of a stranger shows Accept, Delete and
// Block, and each other thing that keeps one from writing says why.
func TestBarrier(t *testing.T) {
	direct := func(s client.RoomState) client.Room {
		return client.Room{ID: kitchen, Kind: chat.RoomDirect, State: s}
	}
	private := func(s client.RoomState) client.Room {
		return client.Room{ID: kitchen, Kind: chat.RoomSealed, State: s, Name: "Cellar"}
	}
	for name, c := range map[string]struct {
		room    client.Room
		blocked bool
		line    string
		answers []Answer
	}{
		"a room as it should be":     {private(client.RoomJoined), false, "", nil},
		"the Lobby":                  {client.Room{ID: chat.Lobby, Kind: chat.RoomOpen}, false, "", nil},
		"a stranger's first message": {direct(client.RoomRequest), false, text.RoomsRequestLine(), []Answer{BlockSender, DropRoom, AcceptRoom}},
		"an invitation":              {private(client.RoomRequest), false, text.RoomsInvitedLine(), []Answer{DropRoom, AcceptRoom}},
		"no welcome yet":             {private(client.RoomComing), false, text.RoomsComingLine(), nil},
		"lost":                       {private(client.RoomBroken), false, text.RoomsBrokenLine(), nil},
		"lost, of two":               {direct(client.RoomBroken), false, text.RoomsBrokenLine(), []Answer{DropRoom}},
		"comes back":                 {private(client.RoomReturning), false, text.RoomsReturningLine(), nil},
		"comes back, of two":         {direct(client.RoomReturning), false, text.RoomsReturningLine(), []Answer{DropRoom}},
		"over, of two":               {direct(client.RoomLeft), false, text.RoomsOverLine("Eve"), []Answer{DropRoom, WriteAnew}},
		"over, with one blocked":     {direct(client.RoomLeft), true, text.RoomsOverLine("Eve"), []Answer{DropRoom}},
		"left":                       {private(client.RoomLeft), false, text.RoomsLeftLine(), []Answer{DropRoom}},
		"somebody who was blocked":   {direct(client.RoomJoined), true, text.PersonBlockedLine("Eve"), nil},
	} {
		got := barrierOf(c.room, "Eve", c.blocked)
		if got.Line != c.line || !slices.Equal(got.Answers, c.answers) || got.Shown() != (c.line != "") {
			t.Errorf("%s: got %+v", name, got)
		}
		for _, a := range got.Answers {
			if a.Word() == "" {
				t.Errorf("%s: answer %d has no word", name, a)
			}
		}
	}
}

// TestChangeLines: what happens to the members of a room stands in it in words.
func TestChangeLines(t *testing.T) {
	people := map[chat.AccountID]string{{1}: text.WordYouWhom(), {2}: "Ana", {3}: "Ben", {4}: "Eve", {5}: "Tom", {6}: "Zoe", {7}: "Kim"}
	name := func(a chat.AccountID) string { return people[a] }
	ids := func(n ...byte) (out []chat.AccountID) {
		for _, b := range n {
			out = append(out, chat.AccountID{b})
		}
		return out
	}
	for what, c := range map[string]struct {
		change client.RoomChange
		by     string
		own    bool
		want   string
	}{
		"made":                       {client.RoomChange{Created: true}, "Ana", false, "Ana made this room"},
		"added":                      {client.RoomChange{Added: ids(3)}, "Ana", false, "Ana added Ben"},
		"added by oneself":           {client.RoomChange{Added: ids(3, 4)}, "Me", true, "You added Ben and Eve"},
		"added oneself":              {client.RoomChange{Added: ids(1)}, "Ana", false, "Ana added you"},
		"by nobody that is known":    {client.RoomChange{Added: ids(1)}, "", false, "Somebody added you"},
		"three":                      {client.RoomChange{Added: ids(3, 4, 5)}, "Ana", false, "Ana added Ben, Eve and Tom"},
		"four":                       {client.RoomChange{Added: ids(3, 4, 5, 6)}, "Ana", false, "Ana added Ben, Eve, Tom and Zoe"},
		"many":                       {client.RoomChange{Added: ids(3, 4, 5, 6, 7, 2)}, "Ana", false, "Ana added Ben, Eve, Tom, Zoe and 2 more"},
		"left":                       {client.RoomChange{Left: ids(3)}, "Ana", false, "Ben left"},
		"left oneself":               {client.RoomChange{Left: ids(1)}, "Ana", false, "You left"},
		"removed":                    {client.RoomChange{Removed: ids(3)}, "Ana", false, "Ana removed Ben"},
		"a device":                   {client.RoomChange{Devices: ids(2)}, "Ana", false, "Ana added a device"},
		"a device less":              {client.RoomChange{Gone: ids(2)}, "Ana", false, "Ana has one device less in this room"},
		"an admin and a new name":    {client.RoomChange{Admins: ids(3), Renamed: true, Name: "Trip"}, "Ana", false, "Ana made Ben admin|Ana named this room Trip"},
		"no admin any more":          {client.RoomChange{Demoted: ids(3)}, "Me", true, "You took admin away from Ben"},
		"a device of nobody known":   {client.RoomChange{Unknown: 1}, "Ana", false, "Careful: 1 device came or went, and I do not know whose."},
		"a device that lost its way": {client.RoomChange{Rejoined: true}, "Ana", false, "Ana is back with a device that had lost this room"},
	} {
		if got := strings.Join(changeLines(&c.change, c.by, c.own, name), "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

// TestPrivateRoom lets two people meet in a private room (FEATURES C2, C3, E2):
// it is made by its name alone, the other one is invited from the list, both see
// the same lines, and what is said there is nowhere else.
func TestPrivateRoom(t *testing.T) {
	x := newTown(t)
	for _, bad := range []string{"", "  ", strings.Repeat("x", 41), "a\u202eb"} {
		if f := x.ana.CreateRoom(false, bad, "", func(bool) { t.Error("a bad name was sent") }); f.Name == "" {
			t.Errorf("%q was taken as a name", bad)
		}
	}
	if f := x.ana.CreateRoom(false, "Trip", strings.Repeat("x", maxTopic+1), nil); f.Topic == "" {
		t.Error("a topic of any length was taken")
	}
	made := false
	if f := x.ana.CreateRoom(false, " Weekend  trip ", "", func(ok bool) { made = ok }); f != (RoomFaults{}) {
		t.Fatalf("refused: %+v", f)
	}
	x.until("Ana is alone in the room", func() bool { return made && x.ana.Alone() })
	room := x.ana.Header().Room
	if h := x.ana.Header(); h.Name != "Weekend trip" || h.Open || h.Readable != text.ChatReadMembers() || h.Kind != chat.RoomSealed || h.People != text.RoomMembersCount(1) {
		t.Errorf("Ana's header: %+v", h)
	}
	if got := x.ana.Barrier(); got.Shown() {
		t.Errorf("Ana cannot write: %+v", got)
	}
	can := x.ana.Invitable()
	if len(can) != 1 || can[0].Name != "Ben" {
		t.Fatalf("Ana can invite %+v", can)
	}
	x.ana.Invite(room, []chat.AccountID{can[0].Account})
	has := func(p *Place) bool {
		return slices.ContainsFunc(p.Rooms(), func(l RoomLine) bool { return l.ID == room && l.Section == SectionPrivate && !l.Waits })
	}
	x.until("Ben is in the room", func() bool { return has(x.ben) && len(x.ana.RoomMembers()) == 2 })
	x.until("Ana sees that she added him", func() bool { _, ok := line(x.ana, "You added Ben"); return ok })
	x.ben.Show(room)
	x.until("Ben sees who added him", func() bool { _, ok := line(x.ben, "Ana added you"); return ok })
	x.until("Ben sees the members", func() bool {
		m := x.ben.RoomMembers()
		return len(m) == 2 && m[0].Name == "Ana" && m[0].Admin && !m[1].Admin && m[1].Me && len(m[0].Deeds) == 0
	})
	if x.ana.Alone() || len(x.ana.Invitable()) != 0 {
		t.Error("Ana is said to be alone still")
	}
	x.ben.Conversation().Send("only for us")
	x.until("Ana reads it", func() bool { _, ok := line(x.ana, "only for us"); return ok })
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "only for us"); return l.Mark.Sent() })
	file := filepath.Join(t.TempDir(), "route.txt")
	if err := os.WriteFile(file, []byte("over the bridge"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.ben.Conversation().Attach([]string{file})
	x.until("it is in the tray", func() bool { return x.ben.Conversation().TrayReady() == 1 })
	if got := x.ben.Conversation().Notice(); got != text.ChatReadKeepNot() {
		t.Errorf("the tray says %q", got)
	}
	x.ben.Conversation().SendTray("")
	x.until("Ana, whose host cannot open it, has the file without asking", func() bool {
		c := x.ana.Conversation()
		return c.Len() > 0 && c.Line(c.Len()-1).File.Name == "route.txt" && c.Line(c.Len()-1).File.Can(FileOpen)
	})
	x.ben.quieted = time.Time{}
	x.ben.Show(chat.Lobby)
	x.ana.Conversation().Send("while you look elsewhere")
	x.until("Ben's desktop tells him where", func() bool {
		return slices.Contains(x.b.news, "Weekend trip, Choir|Ana: while you look elsewhere")
	})
	x.until("and it is unread", func() bool { return x.ben.Unread() == 1 })
	x.ben.Show(room)
	if f := x.ana.Rename(room, "Mountain trip", "", func(bool) {}); f != (RoomFaults{}) {
		t.Fatalf("refused: %+v", f)
	}
	x.until("Ben sees the new name", func() bool { return x.ben.Header().Name == "Mountain trip" })
	x.until("Ben is told of it", func() bool { _, ok := line(x.ben, text.RoomLineNamed("Ana", "Mountain trip")); return ok })
	if !x.ana.MustAppoint() {
		t.Error("the only admin may leave")
	}
	x.ana.RemoveMember(room, can[0].Account)
	x.until("Ben is out", func() bool { return x.ben.Barrier().Line == text.RoomsLeftLine() })
	if got := x.ben.RoomDeeds(room); !slices.Equal(got, []RoomDeed{ForgetRoom}) {
		t.Errorf("Ben may %v", got)
	}
	x.ana.Conversation().Send("Ben is gone")
	x.until("Ana's words are on the host", func() bool { l, _ := line(x.ana, "Ben is gone"); return l.Mark.Sent() })
	if _, ok := line(x.ben, "Ben is gone"); ok {
		t.Error("Ben reads what is written after he was removed")
	}
	x.ben.Answer(DropRoom)
	x.until("it is gone from Ben's list, and he is in the Lobby", func() bool { return !has(x.ben) && len(x.ben.Rooms()) == 1 && x.ben.Header().Room == chat.Lobby })
}

// TestDirect lets Ben write to Ana alone, who does not know him yet (FEATURES C2,
// L7), and shows what blocking does.
func TestDirect(t *testing.T) {
	x := newTown(t)
	ana := x.ben.Correspondents()
	if len(ana) != 1 || ana[0].Name != "Ana" {
		t.Fatalf("Ben can write to %+v", ana)
	}
	card, ok := x.ben.Card(ana[0].Account)
	if !ok || !card.CanMessage || card.Me || card.Name != "Ana" {
		t.Fatalf("the card of Ana: %+v", card)
	}
	x.ben.Message(ana[0].Account)
	x.until("Ben is in the direct messages", func() bool { return x.ben.Header().Kind == chat.RoomDirect && x.ben.Header().Name == "Ana" })
	if h := x.ben.Header(); h.Open || h.Readable != text.ChatReadMembers() || h.Peer != ana[0].Account {
		t.Errorf("Ben's header: %+v", h)
	}
	x.ben.Conversation().Send("psst")
	x.until("Ana has a request", func() bool {
		r := x.ana.Rooms()
		return len(r) == 2 && r[0].Section == SectionRequests && r[0].Name == "Ben"
	})
	room := x.ana.Rooms()[0].ID
	x.until("her desktop says who asks, not what", func() bool {
		return slices.Contains(x.a.news, "Choir|"+text.RoomsNewsRequest("Ben"))
	})
	if said := strings.Join(x.a.news, "\n"); strings.Contains(said, "psst") {
		t.Errorf("the desktop shows what a stranger writes: %q", said)
	}
	x.ana.Show(room)
	x.until("she reads it and is asked", func() bool {
		_, ok := line(x.ana, "psst")
		return ok && len(x.ana.Barrier().Answers) == 3
	})
	x.ana.Answer(AcceptRoom)
	x.until("it is a room like others", func() bool { return !x.ana.Barrier().Shown() && x.ana.Rooms()[1].Section == SectionDirect })
	x.until("it is typed and not sent, and the other one sees that (FEATURES D9)", func() bool {
		x.ana.Conversation().SetDraft(x.ana.Conversation().Draft() + "h") // goes on, since the sign fades
		return slices.Equal(x.ben.Typing(), []string{"Ana"})
	})
	x.ana.Conversation().Send("hello")
	x.until("Ben has the answer", func() bool { _, ok := line(x.ben, "hello"); return ok })
	ben := x.ana.Header().Peer
	x.ana.Block(ben, true)
	x.until("Ben is hidden everywhere", func() bool {
		return len(x.ana.Rooms()) == 1 && len(x.ana.Members()) == 1 && len(x.ana.Blocked()) == 1 && x.ana.Header().Room == chat.Lobby
	})
	x.ben.Show(chat.Lobby)
	x.ben.Conversation().Send("can you see this")
	x.until("it is on the host", func() bool { l, _ := line(x.ben, "can you see this"); return l.Mark.Sent() })
	x.ana.Conversation().Send("I cannot")
	x.until("Ana's is too", func() bool { l, _ := line(x.ana, "I cannot"); return l.Mark.Sent() })
	if _, ok := line(x.ana, "can you see this"); ok {
		t.Error("Ana sees what somebody writes whom she has blocked")
	}
	x.ana.Block(ben, false)
	x.until("he is back", func() bool {
		_, ok := line(x.ana, "can you see this")
		return ok && len(x.ana.Rooms()) == 2 && len(x.ana.Blocked()) == 0
	})
}

// TestOpenRoom is row E2: a moderator makes a room that all are in and the host
// can read, which it says at the composer and for its files; members cannot.
func TestOpenRoom(t *testing.T) {
	x := newTown(t)
	x.until("both know what they may", func() bool { return x.ana.CanCreateOpen() && x.ben.CanWritePrivately() })
	if x.ben.CanCreateOpen() {
		t.Error("a member is offered to make an open room")
	}
	if f := x.ana.CreateRoom(true, "Kitchen", "Who cooks what", func(bool) {}); f != (RoomFaults{}) {
		t.Fatalf("refused: %+v", f)
	}
	x.until("Ben has it", func() bool {
		r := x.ben.Rooms()
		return len(r) == 2 && r[1].Section == SectionOpen && r[1].Name == "Kitchen"
	})
	room := x.ben.Rooms()[1].ID
	x.ben.Show(room)
	if h := x.ben.Header(); h.Topic != "Who cooks what" || !h.Open || h.Readable != text.ChatReadHost() || len(x.ben.RoomDeeds(room)) != 0 {
		t.Errorf("Ben's header: %+v, and he may %v", h, x.ben.RoomDeeds(room))
	}
	x.ben.Conversation().Send("soup")
	x.until("Ana reads it", func() bool { _, ok := line(x.ana, "soup"); return ok })
	for room, want := range map[chat.RoomKind]string{chat.RoomOpen: text.ChatReadKeepRoom(), chat.RoomSealed: text.ChatReadKeepNot(), chat.RoomDirect: text.ChatReadKeepNot()} {
		c := &Conversation{place: &Place{facts: map[chat.RoomID]client.Room{kitchen: {ID: kitchen, Kind: room}}}, room: kitchen, tray: []Item{{}}}
		if got := c.Notice(); got != want {
			t.Errorf("kind %d says of its files %q, want %q", room, got, want)
		}
	}
	x.ana.Delete(room)
	x.until("Ben is told that it is gone", func() bool {
		return x.ben.Header().Room == chat.Lobby || x.ben.Barrier().Line == text.RoomsLeftLine()
	})
}
