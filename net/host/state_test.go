package host

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

const noon = int64(1_000_000)

// place is a state with one account of each role, and what tests do to it.
type place struct {
	*state
	t *testing.T
	n byte
}

func newPlace(t *testing.T, mode chat.JoinMode) *place {
	p := &place{state: newState(chat.Roster{}, chat.Place{Name: "Here", Mode: mode, MaxFile: 1}), t: t}
	for _, role := range []chat.Role{chat.Guest, chat.Member, chat.Moderator, chat.Admin, chat.Owner} {
		p.add(role)
	}
	return p
}

// add puts an account named after its role into the place, and returns it as an actor.
func (p *place) add(role chat.Role) actor {
	p.n++
	name := role.String()
	if p.lookup(name) != nil {
		name = fmt.Sprint(role, " ", p.n)
	}
	shown, skeleton, err := chat.NormalName(name)
	if err != nil {
		p.t.Fatal(err)
	}
	id := chat.AccountID{p.n}
	p.apply(&chat.Change{
		Accounts: []chat.Account{{ID: id, Name: shown, Skeleton: skeleton, Role: role, State: chat.Active, Identity: [32]byte{p.n}, Created: int64(p.n)}},
		Devices:  []chat.Device{{ID: chat.DeviceID{p.n}, Account: id}},
	})
	return actor{id: id, name: shown, role: role}
}

func (p *place) as(role chat.Role) actor {
	if role == console {
		return actor{role: console}
	}
	a := p.lookup(role.String())
	return actor{id: a.ID, name: a.Name, role: a.Role}
}

// token returns the token of an invite that it puts into the place.
func (p *place) token(v chat.Invite) []byte {
	p.n++
	token := make([]byte, 32)
	token[0] = p.n
	v.ID = sha256.Sum256(token)
	if v.Role == 0 {
		v.Role = chat.Member
	}
	if v.Uses == 0 {
		v.Uses = 1
	}
	p.apply(&chat.Change{Invites: []chat.Invite{v}})
	return token
}

// join returns what somebody new brings.
func (p *place) join(name string) enrolment {
	p.n++
	return enrolment{
		device: chat.Device{ID: chat.DeviceID{p.n, 1}, Account: chat.AccountID{p.n, 1}, Created: noon}, identity: [32]byte{p.n, 1}, kind: wire.KindAccount, name: name, record: []byte{1},
		entry: chat.Row{Room: chat.Directory, Device: chat.DeviceID{p.n, 1}, Counter: 1, ID: chat.MessageID{p.n}},
	}
}

func codeOf(err error) wire.Code {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	if err != nil {
		return 9999
	}
	return 0
}

// TestJoinModes covers B3 with each mode and A7 with each state of a link.
func TestJoinModes(t *testing.T) {
	links := []struct {
		name  string
		token func(*place) []byte
	}{
		{"no link", func(*place) []byte { return nil }},
		{"a good link", func(p *place) []byte { return p.token(chat.Invite{}) }},
		{"a link that asks first", func(p *place) []byte { return p.token(chat.Invite{AskFirst: true}) }},
		{"an unknown link", func(*place) []byte { return make([]byte, 32) }},
		{"half a token", func(*place) []byte { return make([]byte, 16) }},
		{"a revoked link", func(p *place) []byte { return p.token(chat.Invite{Revoked: 5}) }},
		{"an ended link", func(p *place) []byte { return p.token(chat.Invite{Expires: noon}) }},
		{"a link that ends later", func(p *place) []byte { return p.token(chat.Invite{Expires: noon + 1}) }},
		{"a used link", func(p *place) []byte { return p.token(chat.Invite{Uses: 2, Used: 2}) }},
		{"an owner link", func(p *place) []byte { return p.token(chat.Invite{Role: chat.Owner}) }},
	}
	const in, wait = wire.Code(0), wire.Code(1000) // wait: in, once a moderator agreed
	for _, c := range []struct {
		name string
		mode chat.JoinMode
		want [10]wire.Code
	}{
		{"B3 by invite", chat.JoinByInvite, [10]wire.Code{wire.CodeNeedLink, in, wait, wire.CodeLinkUnknown, wire.CodeLinkUnknown, wire.CodeLinkRevoked, wire.CodeLinkEnded, in, wire.CodeLinkUsed, in}},
		{"B3 open", chat.JoinOpen, [10]wire.Code{in, in, wait, in, in, in, in, in, in, in}},
		{"B3 by approval", chat.JoinByApproval, [10]wire.Code{wait, wait, wait, wait, wait, wait, wait, wait, wait, in}},
		{"B3 closed", chat.JoinClosed, [10]wire.Code{
			wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, wire.CodeClosed, in,
		}},
	} {
		for i, link := range links {
			t.Run(c.name+"/A7 "+link.name, func(t *testing.T) {
				p := newPlace(t, c.mode)
				token := link.token(p)
				e := p.join("Newcomer")
				change, err := p.register(noon, "Newcomer", token, e)
				got := codeOf(err)
				if err == nil && change.Accounts[0].State == chat.Waiting {
					got = wait
				}
				if got != c.want[i] {
					t.Fatalf("got code %d, want %d", got, c.want[i])
				}
				switch got {
				case in:
					if len(change.Rows) != 1 || len(change.Hold) != 0 {
						t.Errorf("%d rows and %d held, want the entry in the directory", len(change.Rows), len(change.Hold))
					}
				case wait:
					if len(change.Rows) != 0 || len(change.Hold) != 1 {
						t.Errorf("%d rows and %d held, want the entry held", len(change.Rows), len(change.Hold))
					}
				}
			})
		}
	}
}

func TestRegister(t *testing.T) {
	t.Run("a place with nobody takes the owner only", func(t *testing.T) {
		p := &place{state: newState(chat.Roster{}, chat.Place{Mode: chat.JoinOpen}), t: t}
		if _, err := p.register(noon, "Ana", nil, p.join("Ana")); codeOf(err) != wire.CodeClosed {
			t.Errorf("without a link: %v", err)
		}
		e := p.join("Ana")
		e.record = nil // an owner link needs no password
		c, err := p.register(noon, "Ana", p.token(chat.Invite{Role: chat.Owner}), e)
		if err != nil || c.Accounts[0].Role != chat.Owner {
			t.Fatalf("%v, %v", c, err)
		}
		if p.apply(&c); p.owners != 1 || p.active != 1 || p.owner() != "Ana" {
			t.Errorf("%d owners, %d people, owner %q", p.owners, p.active, p.owner())
		}
	})
	t.Run("an invite is used", func(t *testing.T) {
		p := newPlace(t, chat.JoinByInvite)
		inviter := p.as(chat.Moderator).id
		token := p.token(chat.Invite{By: inviter, Uses: 2, Role: chat.Guest})
		for i := range 3 {
			name := fmt.Sprint("Person ", i+2)
			c, err := p.register(noon, name, token, p.join(name))
			if want := map[int]wire.Code{2: wire.CodeLinkUsed}[i]; codeOf(err) != want {
				t.Fatalf("use %d: %v, want code %d", i+1, err, want)
			}
			if err == nil {
				if a := c.Accounts[0]; a.InvitedBy != inviter || a.Role != chat.Guest {
					t.Errorf("got %+v", a)
				}
				p.apply(&c)
			}
		}
	})
	for _, c := range []struct {
		what string
		name string
		edit func(*place, *enrolment)
		want wire.Code
	}{
		{"a name like another's", "Ow\u200bner", nil, wire.CodeNameBad},
		{"a name that looks like another's", "0wner", nil, wire.CodeNameTaken},
		{"no name", " ", nil, wire.CodeNameBad},
		{"an entry with another name", "Ben", func(_ *place, e *enrolment) { e.name = "Bem" }, wire.CodeBadMessage},
		{"an entry of another kind", "Ben", func(_ *place, e *enrolment) { e.kind = wire.KindDevice }, wire.CodeBadMessage},
		{"no password", "Ben", func(_ *place, e *enrolment) { e.record = nil }, wire.CodeBadMessage},
		{"an account that exists", "Ben", func(p *place, e *enrolment) { e.device.Account = p.as(chat.Owner).id }, wire.CodeConflict},
		{"a device that exists", "Ben", func(_ *place, e *enrolment) { e.device.ID = chat.DeviceID{1} }, wire.CodeWrongKey},
		{"all well", "Ben", nil, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinOpen)
			e := p.join(c.name)
			if c.edit != nil {
				c.edit(p, &e)
			}
			if _, err := p.register(noon, c.name, nil, e); codeOf(err) != c.want {
				t.Errorf("got %v, want code %d", err, c.want)
			}
		})
	}
	t.Run("the waiting are bounded", func(t *testing.T) {
		p := newPlace(t, chat.JoinByApproval)
		for i := range MaxWaiting {
			p.apply(&chat.Change{Accounts: []chat.Account{{ID: chat.AccountID{1, 1, byte(i), byte(i >> 8)}, Skeleton: fmt.Sprint("waiting", i), State: chat.Waiting}}})
		}
		if _, err := p.register(noon, "Ben", nil, p.join("Ben")); codeOf(err) != wire.CodeTooMany {
			t.Errorf("got %v, want too many", err)
		}
	})
}

// TestApproval covers B3: the queue of those who wait.
func TestApproval(t *testing.T) {
	wait := func(t *testing.T) (*place, chat.AccountID) {
		p := newPlace(t, chat.JoinByApproval)
		e := p.join("Ben")
		c, err := p.register(noon, "Ben", nil, e)
		if err != nil {
			t.Fatal(err)
		}
		p.apply(&c)
		if p.waiting != 1 {
			t.Fatalf("%d wait, want 1", p.waiting)
		}
		return p, e.device.Account
	}
	t.Run("B3 approved: the entry goes into the directory", func(t *testing.T) {
		p, ben := wait(t)
		c, err := p.act(noon+1, p.as(chat.Moderator), request{action: wire.ActionApprove, account: ben})
		if err != nil || len(c.Rows) != 1 || len(c.Release) != 1 || c.Rows[0].Received != noon+1 {
			t.Fatalf("%+v, %v", c, err)
		}
		p.apply(&c)
		if a := p.accounts[ben]; a.State != chat.Active || p.waiting != 0 || len(p.held) != 0 {
			t.Errorf("state %d, %d wait, %d held", a.State, p.waiting, len(p.held))
		}
		if _, err := p.act(noon+1, p.as(chat.Moderator), request{action: wire.ActionApprove, account: ben}); codeOf(err) != wire.CodeNoAccount {
			t.Errorf("approved twice: %v", err)
		}
	})
	t.Run("B3 rejected: nothing stays, the name is free", func(t *testing.T) {
		p, ben := wait(t)
		c, err := p.act(noon+1, p.as(chat.Moderator), request{action: wire.ActionReject, account: ben})
		if err != nil {
			t.Fatal(err)
		}
		if p.apply(&c); p.accounts[ben] != nil || p.waiting != 0 || len(p.held) != 0 || len(p.devices) != 5 {
			t.Errorf("left: %v, %d wait, %d held, %d devices", p.accounts[ben], p.waiting, len(p.held), len(p.devices))
		}
		if _, err := p.register(noon, "Ben", nil, p.join("Ben")); err != nil {
			t.Errorf("the name is not free: %v", err)
		}
	})
	t.Run("banned while waiting, and waiting again after it", func(t *testing.T) {
		p, ben := wait(t)
		for _, step := range []struct {
			r    request
			want chat.AccountState
		}{{request{action: wire.ActionBan, account: ben}, chat.Banned}, {request{action: wire.ActionUnban, account: ben}, chat.Waiting}} {
			c, err := p.act(noon, p.as(chat.Moderator), step.r)
			if err != nil {
				t.Fatal(err)
			}
			if p.apply(&c); p.accounts[ben].State != step.want {
				t.Errorf("state %d, want %d", p.accounts[ben].State, step.want)
			}
		}
	})
}

// TestActRoles covers E5 by decisions: each action by each role on each other.
func TestActRoles(t *testing.T) {
	roles := []chat.Role{chat.Guest, chat.Member, chat.Moderator, chat.Admin, chat.Owner}
	kinds := map[wire.Action]action{
		wire.ActionRemove: actRemove, wire.ActionBan: actBan, wire.ActionReset: actReset, wire.ActionSetRole: actSetRole,
	}
	for wanted, kind := range kinds {
		for _, by := range append(roles, console) {
			for _, on := range roles {
				p := newPlace(t, chat.JoinOpen)
				p.add(chat.Owner) // so that none is the last
				subject := p.add(on)
				before := maps.Clone(p.accounts)
				c, err := p.act(noon, p.as(by), request{action: wanted, account: subject.id, role: chat.Guest, code: "1"})
				want := wire.Code(0)
				if !policy(by, kind, on) {
					want = wire.CodeNotAllowed
				}
				if codeOf(err) != want {
					t.Errorf("action %d by %v on %v: %v, want code %d", wanted, by, on, err, want)
				}
				if err != nil && !reflect.DeepEqual(c, chat.Change{}) {
					t.Errorf("action %d by %v on %v: refused with a change", wanted, by, on)
				}
				if !reflect.DeepEqual(before, p.accounts) {
					t.Errorf("action %d by %v on %v changed the state before it was stored", wanted, by, on)
				}
			}
		}
	}
}

func TestAct(t *testing.T) {
	for _, c := range []struct {
		what string
		by   chat.Role
		r    request
		on   chat.Role
		want wire.Code
	}{
		{"E5 the last owner is not removed", console, request{action: wire.ActionRemove}, chat.Owner, wire.CodeLastOwner},
		{"E5 nor banned", console, request{action: wire.ActionBan}, chat.Owner, wire.CodeLastOwner},
		{"E5 nor demoted, by itself either", chat.Owner, request{action: wire.ActionSetRole, role: chat.Admin}, chat.Owner, wire.CodeLastOwner},
		{"nobody bans oneself", chat.Owner, request{action: wire.ActionBan}, chat.Owner, wire.CodeNotAllowed},
		{"E5 an admin makes no admin", chat.Admin, request{action: wire.ActionSetRole, role: chat.Admin}, chat.Member, wire.CodeNotAllowed},
		{"E5 an admin makes a moderator", chat.Admin, request{action: wire.ActionSetRole, role: chat.Moderator}, chat.Member, 0},
		{"an owner makes an owner", chat.Owner, request{action: wire.ActionSetRole, role: chat.Owner}, chat.Member, 0},
		{"no role", chat.Owner, request{action: wire.ActionSetRole, role: 7}, chat.Member, wire.CodeBadMessage},
		{"the role of a computer", chat.Owner, request{action: wire.ActionSetRole, role: console}, chat.Member, wire.CodeBadMessage},
		{"a ban that is over", chat.Owner, request{action: wire.ActionBan, until: noon}, chat.Member, wire.CodeBadMessage},
		{"a ban without an end", chat.Owner, request{action: wire.ActionBan}, chat.Member, 0},
		{"a long reason", chat.Owner, request{action: wire.ActionBan, reason: string(make([]byte, wire.MaxReason+1))}, chat.Member, wire.CodeTooLong},
		{"an unknown action", chat.Owner, request{action: 99}, chat.Member, wire.CodeBadMessage},
		{"approve one who does not wait", chat.Owner, request{action: wire.ActionApprove}, chat.Member, wire.CodeNoAccount},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinOpen)
			c.r.account = p.as(c.on).id
			if _, err := p.act(noon, p.as(c.by), c.r); codeOf(err) != c.want {
				t.Errorf("got %v, want code %d", err, c.want)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		p := newPlace(t, chat.JoinOpen)
		if _, err := p.act(noon, p.as(chat.Owner), request{action: wire.ActionBan, account: chat.AccountID{99}}); codeOf(err) != wire.CodeNoAccount {
			t.Errorf("got %v", err)
		}
	})
	t.Run("L1 a timed ban ends, and its invites with it", func(t *testing.T) {
		p := newPlace(t, chat.JoinByInvite)
		member := p.as(chat.Member)
		token := p.token(chat.Invite{By: member.id, Uses: 5})
		c, err := p.act(noon, p.as(chat.Moderator), request{action: wire.ActionBan, account: member.id, until: noon + 100, reason: "noise"})
		if err != nil {
			t.Fatal(err)
		}
		p.apply(&c)
		a := p.accounts[member.id]
		if mayEnter(a, noon+99) != wire.CodeBanned || mayEnter(a, noon+100) != 0 {
			t.Error("the ban is not from now until then")
		}
		if c := p.lift(noon+99, member.id); !c.Empty() {
			t.Error("lifted too early")
		}
		if _, err := p.admit(noon, "Friend", token); codeOf(err) != wire.CodeLinkRevoked {
			t.Errorf("the invite of a banned person: %v", err)
		}
		c = p.lift(noon+100, member.id)
		if p.apply(&c); p.accounts[member.id].State != chat.Active || p.accounts[member.id].Reason != "" {
			t.Errorf("after it: %+v", p.accounts[member.id])
		}
	})
	t.Run("removed for good, and brought back", func(t *testing.T) {
		p := newPlace(t, chat.JoinOpen)
		member := p.as(chat.Member)
		for _, step := range []struct {
			action wire.Action
			enter  wire.Code
		}{{wire.ActionRemove, wire.CodeRemoved}, {wire.ActionRemove, wire.CodeRemoved}, {wire.ActionUnban, 0}, {wire.ActionUnban, 0}} {
			c, err := p.act(noon, p.as(chat.Admin), request{action: step.action, account: member.id})
			if err != nil {
				t.Fatal(err)
			}
			if p.apply(&c); mayEnter(p.accounts[member.id], noon) != step.enter {
				t.Errorf("after action %d: code %d, want %d", step.action, mayEnter(p.accounts[member.id], noon), step.enter)
			}
		}
		c, _ := p.act(noon, p.as(chat.Admin), request{action: wire.ActionRemove, account: member.id})
		p.apply(&c)
		if _, err := p.register(noon, "member", nil, p.join("member")); codeOf(err) != wire.CodeNameTaken {
			t.Errorf("somebody took the name of one who was removed: %v", err)
		}
	})
}

func TestEnrol(t *testing.T) {
	for _, c := range []struct {
		what string
		edit func(*place, *enrolment)
		want wire.Code
	}{
		{"one more device", nil, 0},
		{"with another identity", func(_ *place, e *enrolment) { e.identity = [32]byte{77} }, wire.CodeWrongKey},
		{"a new identity that is the old one", func(_ *place, e *enrolment) { e.kind = wire.KindIdentity }, wire.CodeWrongKey},
		{"as an account", func(_ *place, e *enrolment) { e.kind = wire.KindAccount }, wire.CodeWrongKey},
		{"under another name", func(_ *place, e *enrolment) { e.name = "Member" }, wire.CodeBadMessage},
		{"a device of somebody else", func(p *place, e *enrolment) { e.device.ID = chat.DeviceID{1} }, wire.CodeWrongKey},
		{"a device that is there", func(p *place, e *enrolment) { e.device.ID = chat.DeviceID{2} }, wire.CodeConflict},
		{"a device that was signed out", func(p *place, e *enrolment) {
			d := *p.devices[chat.DeviceID{2}]
			d.Revoked = 1
			p.apply(&chat.Change{Devices: []chat.Device{d}})
			e.device.ID = d.ID
		}, wire.CodeSignedOut},
		{"too many devices", func(p *place, e *enrolment) {
			for i := range MaxDevices {
				p.apply(&chat.Change{Devices: []chat.Device{{ID: chat.DeviceID{9, 9, byte(i)}, Account: e.device.Account}}})
			}
		}, wire.CodeTooMany},
		{"a banned person", func(p *place, e *enrolment) {
			a := *p.accounts[e.device.Account]
			a.State = chat.Banned
			p.apply(&chat.Change{Accounts: []chat.Account{a}})
		}, wire.CodeBanned},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinOpen)
			member := p.as(chat.Member)
			e := p.join("member")
			e.kind, e.device.Account, e.identity = wire.KindDevice, member.id, p.accounts[member.id].Identity
			if c.edit != nil {
				c.edit(p, &e)
			}
			if _, err := p.enrol(noon, member.id, e, false); codeOf(err) != c.want {
				t.Errorf("got %v, want code %d", err, c.want)
			}
		})
	}
	t.Run("a new identity signs out the other devices", func(t *testing.T) {
		p := newPlace(t, chat.JoinOpen)
		member := p.as(chat.Member)
		e := p.join("member")
		e.kind, e.device.Account = wire.KindIdentity, member.id
		c, err := p.enrol(noon, member.id, e, false)
		if err != nil {
			t.Fatal(err)
		}
		p.apply(&c)
		if p.accounts[member.id].Identity != e.identity || p.liveDevices(member.id) != 1 || p.devices[e.device.ID].Revoked != 0 {
			t.Errorf("identity %x, %d live devices", p.accounts[member.id].Identity[:2], p.liveDevices(member.id))
		}
	})
}

// TestReset covers the one-time code that replaces a password.
func TestReset(t *testing.T) {
	p := newPlace(t, chat.JoinOpen)
	member := p.as(chat.Member)
	c, err := p.act(noon, p.as(chat.Admin), request{action: wire.ActionReset, account: member.id, code: "4831-7720"})
	if err != nil {
		t.Fatal(err)
	}
	p.apply(&c)
	a := p.accounts[member.id]
	end := noon + time.Hour.Milliseconds()
	for _, c := range []struct {
		what string
		a    *chat.Account
		at   int64
		code string
		want bool
	}{
		{"right", a, noon, "4831-7720", true},
		{"without the dash", a, noon, " 48317720", true},
		{"wrong", a, noon, "4831-7721", false},
		{"empty", a, noon, "", false},
		{"too late", a, end, "4831-7720", false},
		{"of somebody else", p.accounts[p.as(chat.Admin).id], noon, "4831-7720", false},
		{"of nobody", nil, noon, "4831-7720", false},
	} {
		if got := checkCode(c.a, c.at, c.code); got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
	e := p.join("member")
	e.kind, e.device.Account = wire.KindIdentity, member.id
	if _, err := p.comeBack(noon, member.id, "1111-1111", e); codeOf(err) != wire.CodeCodeWrong {
		t.Errorf("wrong code: %v", err)
	}
	without := e
	without.record = nil
	if _, err := p.comeBack(noon, member.id, "4831-7720", without); codeOf(err) != wire.CodeBadMessage {
		t.Errorf("without a record: %v", err)
	}
	c, err = p.comeBack(noon, member.id, "4831-7720", e)
	if err != nil {
		t.Fatal(err)
	}
	p.apply(&c)
	if p.liveDevices(member.id) != 1 || checkCode(p.accounts[member.id], noon, "4831-7720") {
		t.Error("the code is still good, or an old device")
	}
}

func TestInvites(t *testing.T) {
	for _, c := range []struct {
		what string
		by   chat.Role
		v    chat.Invite
		want wire.Code
	}{
		{"A7 by a member", chat.Member, chat.Invite{Role: chat.Member, Uses: 5, Expires: noon + 1}, 0},
		{"by a guest", chat.Guest, chat.Invite{Role: chat.Guest, Uses: 1}, wire.CodeNotAllowed},
		{"for a moderator by a member", chat.Member, chat.Invite{Role: chat.Moderator, Uses: 1}, wire.CodeNotAllowed},
		{"for an owner by an owner", chat.Owner, chat.Invite{Role: chat.Owner, Uses: 1}, wire.CodeNotAllowed},
		{"for an owner by the host itself", console, chat.Invite{Role: chat.Owner, Uses: 1}, 0},
		{"for two owners", console, chat.Invite{Role: chat.Owner, Uses: 2}, wire.CodeNotAllowed},
		{"without uses", chat.Member, chat.Invite{Role: chat.Member}, wire.CodeBadMessage},
		{"with too many uses", chat.Member, chat.Invite{Role: chat.Member, Uses: chat.MaxUses + 1}, wire.CodeBadMessage},
		{"personal for two", chat.Member, chat.Invite{Role: chat.Member, Uses: 2, Personal: true}, wire.CodeBadMessage},
		{"over already", chat.Member, chat.Invite{Role: chat.Member, Uses: 1, Expires: noon}, wire.CodeBadMessage},
		{"one that exists", chat.Member, chat.Invite{ID: [32]byte{7}, Role: chat.Member, Uses: 1}, wire.CodeBadMessage},
		{"without a role", chat.Member, chat.Invite{Uses: 1}, wire.CodeBadMessage},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinByInvite)
			p.apply(&chat.Change{Invites: []chat.Invite{{ID: [32]byte{7}}}})
			if _, err := p.invite(noon, p.as(c.by), c.v); codeOf(err) != c.want {
				t.Errorf("got %v, want code %d", err, c.want)
			}
		})
	}
	p := newPlace(t, chat.JoinByInvite)
	member := p.as(chat.Member)
	for i := range MaxInvites + 1 {
		c, err := p.invite(noon, member, chat.Invite{ID: [32]byte{1, byte(i), byte(i >> 8)}, Role: chat.Member, Uses: 1})
		if want := map[bool]wire.Code{true: wire.CodeTooMany}[i == MaxInvites]; codeOf(err) != want {
			t.Fatalf("invite %d: %v", i, err)
		}
		p.apply(&c)
	}
	for _, c := range []struct {
		what string
		by   chat.Role
		want wire.Code
	}{
		{"A7 ended by another member", chat.Guest, wire.CodeLinkUnknown},
		{"A7 ended by a moderator", chat.Moderator, 0},
		{"ended twice", chat.Member, 0},
	} {
		change, err := p.revokeInvite(noon, p.as(c.by), [32]byte{1})
		if codeOf(err) != c.want {
			t.Errorf("%s: %v, want code %d", c.what, err, c.want)
		}
		p.apply(&change)
	}
}

// TestInvitesAfterRoleChange ends the invites that a demoted person could not make
// any more.
func TestInvitesAfterRoleChange(t *testing.T) {
	for _, c := range []struct {
		what                    string
		to                      chat.Role
		guests, members, admins bool // live afterwards
	}{
		{"an owner who becomes a member", chat.Member, true, true, false},
		{"an owner who becomes a guest", chat.Guest, false, false, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinByInvite)
			other := p.add(chat.Owner)
			var invites []chat.Invite
			for n, role := range []chat.Role{chat.Guest, chat.Member, chat.Admin} {
				invites = append(invites, chat.Invite{ID: [32]byte{byte(n)}, By: other.id, Role: role, Uses: 1})
			}
			invites = append(invites, chat.Invite{ID: [32]byte{3}, By: p.as(chat.Admin).id, Role: chat.Member, Uses: 1})
			p.apply(&chat.Change{Invites: invites})
			change, err := p.act(noon, p.as(chat.Owner), request{action: wire.ActionSetRole, account: other.id, role: c.to})
			if err != nil {
				t.Fatal(err)
			}
			p.apply(&change)
			for n, want := range []bool{c.guests, c.members, c.admins, true} {
				if got := live(p.invites[[32]byte{byte(n)}], noon); got != want {
					t.Errorf("invite %d: live %v, want %v", n, got, want)
				}
			}
		})
	}
}

// TestInvitesEver shows that nobody can use up the invites of a place.
func TestInvitesEver(t *testing.T) {
	id := func(n int) [32]byte { return [32]byte{9, byte(n), byte(n >> 8)} }
	kept := func(p *place, by chat.AccountID, from, to int) {
		var c chat.Change
		for n := from; n < to; n++ {
			c.Invites = append(c.Invites, chat.Invite{ID: id(n), By: by, Role: chat.Member, Uses: 1, Created: noon, Revoked: noon})
		}
		p.apply(&c)
	}
	for _, c := range []struct {
		what    string
		by      chat.Role
		own, of int // kept invites: their own, of all
		want    wire.Code
	}{
		{"a member who made as many as one may", chat.Member, MaxInvitesMade, MaxInvitesMade, wire.CodeTooMany},
		{"one with one less", chat.Member, MaxInvitesMade - 1, MaxInvitesMade, 0},
		{"an admin in a place with too many", chat.Admin, 0, MaxInvitesEver, wire.CodeTooMany},
		{"an owner who made many", chat.Owner, MaxInvitesMade, MaxInvitesMade, 0},
		{"an owner in a place with too many", chat.Owner, 0, MaxInvitesEver, 0},
		{"an owner of a place that has no room at all", chat.Owner, 0, MaxInvitesEver + ownersInvites, wire.CodeTooMany},
		{"the host itself", console, MaxInvitesMade, MaxInvitesEver, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinByInvite)
			kept(p, p.as(c.by).id, 0, c.own)
			kept(p, chat.AccountID{200}, c.own, c.of)
			if _, err := p.invite(noon+1, p.as(c.by), chat.Invite{ID: [32]byte{1}, Role: chat.Member, Uses: 1}); codeOf(err) != c.want {
				t.Errorf("got %v, want code %d", err, c.want)
			}
		})
	}
}

// TestInvitesAreForgotten forgets an invite 90 days after its end.
func TestInvitesAreForgotten(t *testing.T) {
	end := noon + inviteTime.Milliseconds()
	for _, c := range []struct {
		what string
		v    chat.Invite
		came int64 // somebody by it
		now  int64
		want bool // forgotten
	}{
		{"revoked, in time", chat.Invite{Uses: 1, Revoked: noon}, 0, end, false},
		{"revoked, after it", chat.Invite{Uses: 1, Revoked: noon}, 0, end + 1, true},
		{"over, in time", chat.Invite{Uses: 1, Expires: noon}, 0, end, false},
		{"over, after it", chat.Invite{Uses: 1, Expires: noon}, 0, end + 1, true},
		{"over, then revoked", chat.Invite{Uses: 1, Expires: noon, Revoked: noon + 100}, 0, end + 1, true},
		{"used by somebody later", chat.Invite{Uses: 1, Used: 1, Created: 1}, noon, end, false},
		{"used, after it", chat.Invite{Uses: 1, Used: 1, Created: 1}, noon, end + 1, true},
		{"used by somebody who is gone", chat.Invite{Uses: 1, Used: 1, Created: noon}, 0, end + 1, true},
		{"never used", chat.Invite{Uses: 1, Created: 1}, 0, 10 * end, false},
		{"used in part", chat.Invite{Uses: 2, Used: 1, Created: 1}, noon, 10 * end, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t, chat.JoinByInvite)
			c.v.ID = [32]byte{1}
			p.apply(&chat.Change{Invites: []chat.Invite{c.v}})
			if c.came != 0 {
				p.apply(&chat.Change{Accounts: []chat.Account{{ID: chat.AccountID{100}, Skeleton: "x", Created: c.came, Invite: c.v.ID[:]}}})
			}
			change := p.expireInvites(c.now, 10)
			if got := len(change.Expire) == 1; got != c.want {
				t.Errorf("forgotten %v, want %v", got, c.want)
			}
			p.apply(&change)
			if got := p.invites[c.v.ID] == nil; got != c.want {
				t.Errorf("gone %v, want %v", got, c.want)
			}
		})
	}
	p := newPlace(t, chat.JoinByInvite)
	for n := range byte(5) {
		p.apply(&chat.Change{Invites: []chat.Invite{{ID: [32]byte{n}, Uses: 1, Revoked: noon}}})
	}
	if c := p.expireInvites(end+1, 3); len(c.Expire) != 3 {
		t.Errorf("%d at once, want 3", len(c.Expire))
	}
}

func TestChangePlace(t *testing.T) {
	p := newPlace(t, chat.JoinOpen)
	for _, c := range []struct {
		what string
		by   chat.Role
		to   chat.Place
		want wire.Code
	}{
		{"by a moderator", chat.Moderator, chat.Place{Name: "X2", Mode: chat.JoinOpen}, wire.CodeNotAllowed},
		{"by an admin", chat.Admin, chat.Place{Name: "X2", Mode: chat.JoinOpen}, 0},
		{"a bad name", chat.Admin, chat.Place{Name: "", Mode: chat.JoinOpen}, wire.CodeNameBad},
		{"no mode", chat.Admin, chat.Place{Name: "X2"}, wire.CodeBadMessage},
		{"F5 too large a file", chat.Admin, chat.Place{Name: "X2", Mode: chat.JoinOpen, MaxFile: MaxFileLimit + 1}, wire.CodeTooBig},
		{"a negative file", chat.Admin, chat.Place{Name: "X2", Mode: chat.JoinOpen, MaxFile: -1}, wire.CodeBadMessage},
	} {
		if _, err := p.changePlace(noon, p.as(c.by), c.to); codeOf(err) != c.want {
			t.Errorf("%s: %v, want code %d", c.what, err, c.want)
		}
	}
}

func TestBucket(t *testing.T) {
	start := time.Unix(1000, 0)
	var b bucket
	for i := range 3 {
		if wait := b.take(start, 2, 3); wait != 0 {
			t.Fatalf("token %d: wait %v", i, wait)
		}
	}
	if wait := b.take(start, 2, 3); wait != 500*time.Millisecond {
		t.Errorf("an empty bucket says %v, want 500ms", wait)
	}
	if wait := b.take(start.Add(500*time.Millisecond), 2, 3); wait != 0 {
		t.Errorf("after half a second: %v", wait)
	}
	if wait := b.take(start, 2, 3); wait == 0 {
		t.Error("a clock that went back gave tokens")
	}
	var r bucket
	var waits []time.Duration
	for range 5 {
		waits = append(waits, r.reserve(start, 1, 1, 2*time.Second))
	}
	if want := []time.Duration{0, time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second}; !reflect.DeepEqual(waits, want) {
		t.Errorf("got %v, want %v", waits, want)
	}
	if r.full(start.Add(2*time.Second), 1, 1) || !r.full(start.Add(3*time.Second), 1, 1) {
		t.Error("full is not when the debt is paid and the burst is back")
	}
}

// TestEndAccount: who ends their own account leaves nothing with which they could come
// in, and nobody ends another's.
func TestEndAccount(t *testing.T) {
	p := newPlace(t, chat.JoinOpen)
	member, owner := p.as(chat.Member), p.as(chat.Owner)
	device := chat.Device{ID: chat.DeviceID{7}, Account: member.id, Certificate: []byte("c"), Created: 1}
	other := chat.Device{ID: chat.DeviceID{8}, Account: owner.id, Certificate: []byte("c"), Created: 1}
	a := *p.accounts[member.id]
	a.Record, a.ResetHash, a.ResetUntil, a.KitID, a.Kit, a.KitAt = []byte("r"), []byte("h"), noon+1, []byte("i"), []byte("k"), noon
	p.apply(&chat.Change{Accounts: []chat.Account{a}, Devices: []chat.Device{device, other}})
	for what, c := range map[string]struct {
		who  actor
		of   chat.AccountID
		want wire.Code
	}{
		"of somebody else":       {owner, member.id, wire.CodeNotAllowed},
		"by the host itself":     {actor{role: console}, member.id, wire.CodeNotAllowed},
		"of nobody":              {member, chat.AccountID{99}, wire.CodeNoAccount},
		"that of the last owner": {owner, owner.id, wire.CodeLastOwner},
	} {
		if _, err := p.act(noon, c.who, request{action: wire.ActionEnd, account: c.of}); codeOf(err) != c.want {
			t.Errorf("%s: got %v, want code %d", what, err, c.want)
		}
	}
	c, err := p.act(noon, member, request{action: wire.ActionEnd, account: member.id})
	if err != nil {
		t.Fatal(err)
	}
	p.apply(&c)
	got := p.accounts[member.id]
	if got.State != chat.Removed || got.By != member.id || got.Record != nil || got.ResetHash != nil || got.KitID != nil || got.Kit != nil || got.Identity != a.Identity {
		t.Errorf("the account is %+v", got)
	}
	if p.devices[device.ID].Revoked != noon || p.devices[other.ID].Revoked != 0 || p.liveDevices(member.id) != 0 {
		t.Errorf("devices: his %d, another's %d", p.devices[device.ID].Revoked, p.devices[other.ID].Revoked)
	}
	if len(c.Audit) != 1 || c.Audit[0].Actor != member.id || c.Audit[0].Action != "end account" {
		t.Errorf("audit %+v", c.Audit)
	}
	if mayEnter(got, noon) != wire.CodeRemoved || p.lookup(a.Name) != got {
		t.Error("he may come in, or his name is free")
	}
	if _, err := p.act(noon, member, request{action: wire.ActionEnd, account: member.id}); codeOf(err) != wire.CodeNotAllowed {
		t.Errorf("of one that was ended, and whose why and when would be lost: %v", err)
	}
}
