package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Verb says what a Command asks for.
type Verb string

// The verbs, each with the fields of Command that it reads.
const (
	VerbInvite       Verb = "invite"        // Role (member if zero), Uses (1 if zero), Expires, AskFirst; Result.Secret
	VerbInvites      Verb = "invites"       // Result.Invites
	VerbRevokeInvite Verb = "revoke-invite" // Invite
	VerbPeople       Verb = "people"        // Result.People, all of them
	VerbApprove      Verb = "approve"       // Account or Name, like all that follow
	VerbReject       Verb = "reject"        //
	VerbRemove       Verb = "remove"        // and Reason
	VerbBan          Verb = "ban"           // and Until (0: for good), Reason
	VerbUnban        Verb = "unban"         //
	VerbRole         Verb = "role"          // and Role
	VerbReset        Verb = "reset"         // Result.Code and Result.Until
	VerbPlace        Verb = "place"         // Place; without it only Result.Place
	VerbStats        Verb = "stats"         // Result.Stats
	VerbAudit        Verb = "audit"         // Limit (100 if zero); Result.Audit
	VerbRooms        Verb = "rooms"         // Result.Rooms
	VerbFiles        Verb = "files"         // Place: what its Files would remove now, or without it what those of now do; Result.Files
)

// Command is what the computer of the host asks of it: `snug admin` and the
// host's window. Whoever can send one may do everything.
type Command struct {
	Verb     Verb
	Account  chat.AccountID // whom it concerns, or by
	Name     string         // name
	Role     chat.Role
	Until    int64
	Reason   string
	Uses     uint32
	Expires  int64
	AskFirst bool
	Invite   [32]byte
	Place    *chat.Place
	Limit    int
}

// Result is what came of a Command.
type Result struct {
	Code    string // one-time code
	Until   int64
	Secret  []byte // of an invite link, wire.SecretSize bytes
	Invite  [32]byte
	People  []wire.Person
	Invites []wire.InviteInfo
	Place   chat.Place
	Stats   Stats
	Audit   []chat.Audit
	Rooms   []RoomFacts
	Files   FileFacts
}

// FileFacts is what the host keeps of files, and what rules would do to them.
type FileFacts struct {
	Bytes int64 // that are kept or promised to files on their way
	Old   int   // files that the rules remove now
	Freed int64 // bytes of these
}

// RoomFacts is what the host knows of a room. Of a sealed one it is not more than
// this.
type RoomFacts struct {
	ID      chat.RoomID
	Kind    chat.RoomKind
	Name    string // of an open room
	By      string // who made it; "": the host itself, or somebody who is not there any more
	Created int64
	Members int    // of a sealed room
	Head    uint64 // seq of its last row, 0: there is none
}

// RefusedError says that a Command was refused; ui/text has a sentence for the
// code.
type RefusedError struct {
	Code wire.Code
}

// Error returns the refusal for logs.
func (e *RefusedError) Error() string { return fmt.Sprintf("refused with code %d", e.Code) }

// ErrVerb says that there is no such verb.
var ErrVerb = errors.New("no such command")

// Do carries out a command with the authority of the host itself. It waits until
// what changed is on disk. A refusal is a *RefusedError.
func (h *Host) Do(ctx context.Context, cmd Command) (Result, error) {
	var result Result
	err := h.do(ctx, cmd, &result)
	var r *refusal
	if errors.As(err, &r) {
		return Result{}, &RefusedError{Code: r.code}
	}
	if err != nil {
		return Result{}, err
	}
	return result, nil
}

func (h *Host) do(ctx context.Context, cmd Command, result *Result) (err error) {
	who := actor{role: console}
	switch cmd.Verb {
	case VerbInvite:
		return h.consoleInvite(ctx, cmd, result)
	case VerbInvites:
		result.Invites = h.invitesFor(who)
		return nil
	case VerbRevokeInvite:
		return h.revokeInvite(ctx, who, cmd.Invite)
	case VerbPeople:
		result.People = h.everybody()
		return nil
	case VerbPlace:
		if cmd.Place != nil {
			err = h.changePlace(ctx, who, *cmd.Place)
		}
		result.Place = h.Place()
		return err
	case VerbStats:
		result.Stats, result.Place = h.Stats(), h.Place()
		return nil
	case VerbRooms:
		result.Rooms = h.roomFacts()
		return nil
	case VerbFiles:
		rules := h.Place().Files
		if cmd.Place != nil {
			rules = cmd.Place.Files
		}
		result.Files, err = h.files.count(ctx, rules)
		return err
	case VerbAudit:
		result.Audit, err = h.store.Audit(ctx, cmp.Or(cmd.Limit, 100))
		return err
	}
	actions := map[Verb]wire.Action{
		VerbApprove: wire.ActionApprove, VerbReject: wire.ActionReject, VerbRemove: wire.ActionRemove, VerbBan: wire.ActionBan,
		VerbUnban: wire.ActionUnban, VerbRole: wire.ActionSetRole, VerbReset: wire.ActionReset,
	}
	action, known := actions[cmd.Verb]
	if !known {
		return fmt.Errorf("%w: %q", ErrVerb, cmd.Verb)
	}
	id := cmd.Account
	if id.IsZero() {
		h.roster.read(func(st *state) {
			if a := st.lookup(cmd.Name); a != nil {
				id = a.ID
			}
		})
	}
	done, err := h.act(ctx, who, request{action: action, account: id, until: cmd.Until, role: cmd.Role, reason: cmd.Reason})
	result.Code, result.Until = done.Text, done.Time
	return err
}

// consoleInvite makes an invite whose secret the host itself made.
func (h *Host) consoleInvite(ctx context.Context, cmd Command, result *Result) error {
	var secret identity.InviteSecret
	_, _ = rand.Read(secret[:]) // never fails
	token := identity.InviteToken(secret)
	v := chat.Invite{
		ID: sha256.Sum256(token[:]), Role: cmp.Or(cmd.Role, chat.Member), Uses: cmp.Or(cmd.Uses, 1), Expires: cmd.Expires, AskFirst: cmd.AskFirst,
	}
	if err := h.createInvite(ctx, actor{role: console}, v); err != nil {
		return err
	}
	result.Secret, result.Invite = secret[:], v.ID
	return nil
}

// everybody returns all accounts, those who are kept out included, by name.
func (h *Host) everybody() []wire.Person {
	var list []wire.Person
	h.mu.Lock()
	defer h.mu.Unlock()
	h.roster.read(func(st *state) {
		for _, a := range st.accounts {
			p, _ := h.personLocked(st, a, true)
			list = append(list, p)
		}
	})
	slices.SortFunc(list, func(a, b wire.Person) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Account[:], b.Account[:]))
	})
	return list
}

// roomFacts returns what the host knows of all rooms, the oldest first.
func (h *Host) roomFacts() []RoomFacts {
	var list []RoomFacts
	for _, r := range h.rooms.each() {
		f := RoomFacts{ID: r.id, Kind: r.kind, By: h.nameOf(r.by), Created: r.created, Members: len(h.rooms.accounts(r)), Head: r.head.Load()}
		f.Name, _ = h.rooms.title(r)
		list = append(list, f)
	}
	return list
}
