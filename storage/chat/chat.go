// Package chat holds the nouns that every other package speaks of: accounts,
// devices, rooms, messages, invites, bans.
//
// It must not know anything else of Snug: it imports no other package of ours,
// does no input or output, and holds no key that must stay secret.
//
// What the words mean is written in net/PROTOCOL.md.
package chat

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
)

// AccountID names an account of a place for ever, also after its name, identity
// key or devices changed. 16 random bytes, chosen by the client that registers.
type AccountID [16]byte

// DeviceID names one installation of an account. It is derived from the
// device's transport key (crypto/identity), so nobody can claim another's.
type DeviceID [16]byte

// RoomID names a room: 16 random bytes, but for the two rooms that every place has
// and those of direct messages.
type RoomID [16]byte

// MessageID names a message: 16 random bytes, chosen by the sending device.
type MessageID [16]byte

// The two rooms that every place has from its first second.
var (
	// Directory is the open room of accounts, identities, device certificates
	// and revocations. Nobody writes text in it.
	Directory = RoomID{'d', 'i', 'r', 'e', 'c', 't', 'o', 'r', 'y'}
	// Lobby is the open room that everyone is in. The host can read it.
	Lobby = RoomID{'l', 'o', 'b', 'b', 'y'}
)

// NewAccountID returns a random account id.
func NewAccountID() (id AccountID) { mustRandom(id[:]); return id }

// NewRoomID returns a random room id for anything but direct messages.
func NewRoomID() (id RoomID) {
	mustRandom(id[:])
	id[0] &^= directBit
	return id
}

// directBit is set in the first byte of the ids of direct rooms, and of no others:
// these ids can be computed by everybody, and nobody shall take one for another room.
const directBit = 0x80

// NewDirectID returns the id of a direct room, made of 16 bytes that the two
// compute alike.
func NewDirectID(b [16]byte) (id RoomID) {
	id = b
	id[0] |= directBit
	return id
}

// Direct reports whether the id is one of a direct room.
func (id RoomID) Direct() bool { return id[0]&directBit != 0 }

// NewMessageID returns a random message id.
func NewMessageID() (id MessageID) { mustRandom(id[:]); return id }

// mustRandom fills b. crypto/rand.Read never fails (it ends the program if the
// system has no randomness).
func mustRandom(b []byte) { _, _ = rand.Read(b) }

// String returns the id in hex, for logs and tests.
func (id AccountID) String() string { return hex.EncodeToString(id[:]) }

// String returns the id in hex, for logs and tests.
func (id DeviceID) String() string { return hex.EncodeToString(id[:]) }

// String returns the id in hex, for logs and tests.
func (id RoomID) String() string { return hex.EncodeToString(id[:]) }

// String returns the id in hex, for logs and tests.
func (id MessageID) String() string { return hex.EncodeToString(id[:]) }

// IsZero reports whether the id was never set.
func (id AccountID) IsZero() bool { return id == AccountID{} }

// IsZero reports whether the id was never set.
func (id DeviceID) IsZero() bool { return id == DeviceID{} }

// ErrBadID says that a text is not an id in hex.
var ErrBadID = errors.New("not an id of 32 hex digits")

// ParseAccountID reads what AccountID.String wrote.
func ParseAccountID(s string) (id AccountID, err error) {
	if len(s) != 2*len(id) {
		return id, ErrBadID
	}
	if _, err = hex.Decode(id[:], []byte(s)); err != nil {
		return AccountID{}, fmt.Errorf("%w: %v", ErrBadID, err)
	}
	return id, nil
}

// RoomKind says who can read a room. The numbers are stored and sent: append only.
type RoomKind uint8

// The kinds of rooms.
const (
	RoomDirectory RoomKind = 1 // accounts and keys; the host can read it
	RoomOpen      RoomKind = 2 // Lobby and public rooms; the host can read them
	RoomSealed    RoomKind = 3 // private rooms; only members can read them
	RoomDirect    RoomKind = 4 // direct messages; only the two can read them
)

// Role says what an account may do in a place. A larger role may do all that a
// smaller one may. The numbers are stored and sent: append only, gaps kept for
// roles in between.
type Role uint8

// The roles, smallest first.
const (
	Guest     Role = 10
	Member    Role = 20
	Moderator Role = 30
	Admin     Role = 40
	Owner     Role = 50
)

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool {
	return r == Guest || r == Member || r == Moderator || r == Admin || r == Owner
}

// String returns the role as a lower-case word, for logs and the command line.
func (r Role) String() string {
	switch r {
	case Guest:
		return "guest"
	case Member:
		return "member"
	case Moderator:
		return "moderator"
	case Admin:
		return "admin"
	case Owner:
		return "owner"
	}
	return fmt.Sprintf("role(%d)", uint8(r))
}

// ParseRole reads what Role.String wrote.
func ParseRole(s string) (Role, bool) {
	for _, r := range []Role{Guest, Member, Moderator, Admin, Owner} {
		if r.String() == s {
			return r, true
		}
	}
	return 0, false
}

// AccountState says whether an account may come in. Stored and sent: append only.
type AccountState uint8

// The states of an account.
const (
	Active  AccountState = 1 // may come in
	Waiting AccountState = 2 // registered, a moderator has not let them in yet
	Banned  AccountState = 3 // kept out, for good or until Account.BannedUntil
	Removed AccountState = 4 // taken out of the place; the name stays reserved
)

// JoinMode says who may register. Stored and sent: append only.
type JoinMode uint8

// The ways of joining a place.
const (
	JoinByInvite   JoinMode = 1 // whoever has an invite link
	JoinOpen       JoinMode = 2 // whoever reaches the place
	JoinByApproval JoinMode = 3 // whoever has a link or reaches the place, once a moderator agreed
	JoinClosed     JoinMode = 4 // nobody
)

// Valid reports whether m is one of the modes.
func (m JoinMode) Valid() bool { return m >= JoinByInvite && m <= JoinClosed }

// String returns the mode as a lower-case word, for logs and the command line.
func (m JoinMode) String() string {
	switch m {
	case JoinByInvite:
		return "invite"
	case JoinOpen:
		return "open"
	case JoinByApproval:
		return "approval"
	case JoinClosed:
		return "closed"
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// ParseJoinMode reads what JoinMode.String wrote.
func ParseJoinMode(s string) (JoinMode, bool) {
	for m := JoinByInvite; m <= JoinClosed; m++ {
		if m.String() == s {
			return m, true
		}
	}
	return 0, false
}

// Account is what the host keeps of a person in a place. Times are unix
// milliseconds; 0 means never.
type Account struct {
	ID          AccountID
	Name        string // as shown; see NormalName
	Skeleton    string // what must be unique; see NormalName
	Role        Role
	State       AccountState
	Identity    [32]byte // Ed25519 public identity key
	Record      []byte   // OPAQUE registration record (RFC 9807); empty: no password yet
	Created     int64
	Fails       uint32    // wrong passwords in a row
	FailedAt    int64     // time of the last of them
	BannedUntil int64     // with State Banned: end of the ban, 0 for good
	Reason      string    // of a ban or removal, as the moderator wrote it
	By          AccountID // who banned or removed; zero: the host itself
	ResetHash   []byte    // SHA-256 of a one-time reset code, empty when none is out
	ResetUntil  int64
	Invite      []byte    // id of the invite that was used, empty if none
	InvitedBy   AccountID // zero if nobody
	Revocations uint64    // number of the last revocation by the identity
	KitID       []byte    // SHA-256 of the token that asks for Kit, empty if there is none
	Kit         []byte    // the sealed backup of the identity (crypto/recovery)
	KitAt       int64     // when it came
}

// Device is one installation of an account, as the host keeps it.
type Device struct {
	ID          DeviceID
	Account     AccountID
	Transport   [32]byte // X25519 public key of its transport handshakes
	Certificate []byte   // signed by the account's identity (crypto/identity)
	Created     int64
	Seen        int64  // last time it was connected
	Revoked     int64  // 0 while it may connect
	Note        []byte // what the account's devices tell each other of it, empty if nothing
	NoteSign    []byte // signature of that by one of them
}

// Invite is what the host keeps of an invite link; the secret in the link is
// only with those who have the link.
type Invite struct {
	ID       [32]byte  // SHA-256 of the token that the link's secret yields
	By       AccountID // zero: made by the host itself (an owner link)
	Role     Role      // what the newcomer becomes
	Uses     uint32    // how many may come in by it altogether
	Used     uint32
	Created  int64
	Expires  int64 // 0: never
	Revoked  int64 // 0: not
	AskFirst bool  // a moderator must agree to each
	Personal bool  // for one person, and proves who that is
}

// MaxUses is the largest number of uses that an invite can have; it is also
// what "anyone with the link" means.
const MaxUses = 100_000

// Audit is one line of the host's record of who changed what. It never holds
// texts, file names, passwords or keys.
type Audit struct {
	Time   int64
	Actor  AccountID // zero: the host itself
	Action string    // a constant word, such as "ban"
	Object string    // what it was done to: an id, a name, a role
}

// Row is a stored envelope with its place in the order of its room.
type Row struct {
	Room      RoomID
	Seq       uint64 // place in the host's total order; grows, gaps allowed
	Received  int64  // the host's clock, unix milliseconds
	Device    DeviceID
	Counter   uint64 // of this device in this room, from 1, no gaps
	ID        MessageID
	Envelope  []byte   // exact bytes, padded; empty in a tombstone
	Signature []byte   // 64 bytes by the device's envelope key; empty in a tombstone
	Hash      [32]byte // SHA-256 of envelope and signature; all that a tombstone keeps
}

// Tombstone reports whether the row's content was deleted.
func (r *Row) Tombstone() bool { return len(r.Envelope) == 0 }
