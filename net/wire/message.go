package wire

import (
	"reflect"

	"github.com/snugchat/snug/storage/chat"
)

// Every message with its number. A client's messages and the host's share one
// list. Fields are CBOR map keys; new ones get the next number and omitempty,
// and are sent only to a peer whose version knows them.
var kinds = map[Kind]reflect.Type{
	1: reflect.TypeFor[Hello](), 2: reflect.TypeFor[Welcome](), 3: reflect.TypeFor[Failure](), 4: reflect.TypeFor[Goodbye](), 5: reflect.TypeFor[Session](),
	10: reflect.TypeFor[Register](), 11: reflect.TypeFor[RegisterReply](), 12: reflect.TypeFor[RegisterFinish](),
	13: reflect.TypeFor[Login](), 14: reflect.TypeFor[LoginReply](), 15: reflect.TypeFor[LoginFinish](),
	16: reflect.TypeFor[Password](), 17: reflect.TypeFor[PasswordReply](), 18: reflect.TypeFor[PasswordFinish](), 19: reflect.TypeFor[LoginProved](),
	20: reflect.TypeFor[Fetch](), 21: reflect.TypeFor[Rows](), 22: reflect.TypeFor[Post](), 23: reflect.TypeFor[Posted](), 24: reflect.TypeFor[Deliver](), 25: reflect.TypeFor[Typing](), 26: reflect.TypeFor[Signal](), 27: reflect.TypeFor[Peek](), 28: reflect.TypeFor[Peeked](),
	89: reflect.TypeFor[Reoffer](), 90: reflect.TypeFor[Reoffered](),
	30: reflect.TypeFor[People](), 31: reflect.TypeFor[Presence](), 32: reflect.TypeFor[Place](), 33: reflect.TypeFor[FileRules](),
	40: reflect.TypeFor[Admin](), 41: reflect.TypeFor[Done](), 42: reflect.TypeFor[CreateInvite](), 43: reflect.TypeFor[RevokeInvite](), 44: reflect.TypeFor[ListInvites](), 45: reflect.TypeFor[Invites](), 46: reflect.TypeFor[ChangePlace](),
	50: reflect.TypeFor[Offer](), 51: reflect.TypeFor[Get](), 52: reflect.TypeFor[BlobState](), 53: reflect.TypeFor[Pull](), 54: reflect.TypeFor[Piece](), 55: reflect.TypeFor[Cancel](),
	60: reflect.TypeFor[Rooms](), 61: reflect.TypeFor[CreateRoom](), 62: reflect.TypeFor[ChangeRoom](), 63: reflect.TypeFor[LeaveRoom](),
	64: reflect.TypeFor[PutKeyPackages](), 65: reflect.TypeFor[KeyPackageCount](), 66: reflect.TypeFor[GetKeyPackages](), 67: reflect.TypeFor[KeyPackages](),
	68: reflect.TypeFor[Mail](), 69: reflect.TypeFor[MailDone](), 70: reflect.TypeFor[SendMail](),
	72: reflect.TypeFor[OfferDevice](), 73: reflect.TypeFor[AddDevice](), 74: reflect.TypeFor[DeviceCame](), 75: reflect.TypeFor[DeviceRelay](), 76: reflect.TypeFor[DeviceEnd](),
	80: reflect.TypeFor[ListDevices](), 81: reflect.TypeFor[Devices](), 82: reflect.TypeFor[NoteDevice](), 83: reflect.TypeFor[SignOut](),
	84: reflect.TypeFor[PutKit](), 85: reflect.TypeFor[Recover](), 86: reflect.TypeFor[Recovery](), 87: reflect.TypeFor[ListMembers](), 88: reflect.TypeFor[Members](),
}

// Hello is a client's first message.
type Hello struct {
	Min     uint   `cbor:"1,keyasint"`           // oldest protocol version the client speaks
	Max     uint   `cbor:"2,keyasint"`           // newest
	Program string `cbor:"3,keyasint"`           // name and version, for people: at most MaxProgram bytes
	Token   []byte `cbor:"4,keyasint,omitempty"` // 32 bytes of an invite link, shows the Card before one registers
}

// MaxProgram is the largest length of a program's name and version, in bytes.
const MaxProgram = 64

// Welcome answers Hello. A known device gets a Session right after it.
type Welcome struct {
	Version uint     `cbor:"1,keyasint"` // the version both speak from here on
	Program string   `cbor:"2,keyasint"`
	Now     int64    `cbor:"3,keyasint"` // the host's clock, unix milliseconds
	Lineage [16]byte `cbor:"4,keyasint"` // of the host's store; another one: it was restored from a backup
	Card    *Card    `cbor:"5,keyasint,omitempty"`
	Link    Code     `cbor:"6,keyasint,omitempty"` // what is wrong with Hello's token, 0: nothing
}

// Card is what somebody who stands at the door may see: given to known devices,
// to holders of a valid invite, and to all if the place is open or by approval.
type Card struct {
	Place  string        `cbor:"1,keyasint"`
	Mode   chat.JoinMode `cbor:"2,keyasint"`
	Host   string        `cbor:"3,keyasint"` // the owner's name, may be empty
	People uint32        `cbor:"4,keyasint"`
	Ask    bool          `cbor:"5,keyasint,omitempty"` // a moderator must agree
	NoPass bool          `cbor:"6,keyasint,omitempty"` // an owner link that may be used without a password
}

// Failure says that a request was not carried out; the connection goes on.
type Failure struct {
	Ref   uint32 `cbor:"1,keyasint,omitempty"` // of the request, 0 for log-in steps
	Code  Code   `cbor:"2,keyasint"`
	After uint32 `cbor:"3,keyasint,omitempty"` // seconds to wait before the next try
	Limit int64  `cbor:"4,keyasint,omitempty"` // the limit that was passed, in the unit of the code
}

// Goodbye is the last message of a connection that the host ends on purpose.
type Goodbye struct {
	Code   Code   `cbor:"1,keyasint"`
	By     string `cbor:"2,keyasint,omitempty"` // name of the person who did it
	Reason string `cbor:"3,keyasint,omitempty"` // as that person wrote it
	Until  int64  `cbor:"4,keyasint,omitempty"` // end of a ban, unix milliseconds
}

// Session says that this connection is logged in. It comes again when role or
// state of the account change.
type Session struct {
	Account chat.AccountID    `cbor:"1,keyasint"`
	Device  chat.DeviceID     `cbor:"2,keyasint"`
	Name    string            `cbor:"3,keyasint"`
	Role    chat.Role         `cbor:"4,keyasint"`
	State   chat.AccountState `cbor:"5,keyasint"` // Active or Waiting
	MaxFile int64             `cbor:"6,keyasint"` // largest file in bytes, 0: files are off
	HasPass bool              `cbor:"7,keyasint,omitempty"`
}

// Register begins a registration, or with Code the return of an account whose
// password was reset. Request is the OPAQUE registration request (RFC 9807,
// section 5); it may be absent only with an owner link (Card.NoPass).
type Register struct {
	Name    string `cbor:"1,keyasint"`
	Token   []byte `cbor:"2,keyasint,omitempty"` // 32 bytes of the invite link
	Code    string `cbor:"3,keyasint,omitempty"` // one-time reset code
	Request []byte `cbor:"4,keyasint,omitempty"`
}

// RegisterReply carries the OPAQUE registration response. With a reset code it
// names the account that comes back.
type RegisterReply struct {
	Response []byte         `cbor:"1,keyasint,omitempty"`
	Account  chat.AccountID `cbor:"2,keyasint"` // to be used in the Entry
}

// RegisterFinish makes the account (or brings it back): the OPAQUE record, the
// device's certificate and the entry for the directory, an envelope of
// KindAccount (or KindIdentity), signed by this device.
type RegisterFinish struct {
	Record      []byte `cbor:"1,keyasint,omitempty"`
	Certificate []byte `cbor:"2,keyasint"`
	Entry       []byte `cbor:"3,keyasint"`
	Signature   []byte `cbor:"4,keyasint"`
}

// Login begins a log-in with name and password: KE1 of OPAQUE-3DH.
type Login struct {
	Name string `cbor:"1,keyasint"`
	KE1  []byte `cbor:"2,keyasint"`
}

// LoginReply is KE2. Unknown names get one too, of the same size.
type LoginReply struct {
	KE2 []byte `cbor:"1,keyasint"`
}

// LoginFinish is KE3, which proves the password.
type LoginFinish struct {
	KE3 []byte `cbor:"1,keyasint"`
}

// LoginProved tells a client whose password was right which account it is and
// which identity key that account has. The client answers with a RegisterFinish
// without a Record: a KindDevice entry if it holds that identity, else a
// KindIdentity entry, which signs out every other device of the account.
type LoginProved struct {
	Account  chat.AccountID `cbor:"1,keyasint"`
	Name     string         `cbor:"2,keyasint"`
	Identity [32]byte       `cbor:"3,keyasint"`
}

// Password begins a change of password by a device that is logged in. KE1 proves
// the old one, and is absent only if the account has none.
type Password struct {
	Ref     uint32 `cbor:"1,keyasint"`
	KE1     []byte `cbor:"2,keyasint,omitempty"`
	Request []byte `cbor:"3,keyasint"`
}

// PasswordReply answers Password.
type PasswordReply struct {
	Ref      uint32 `cbor:"1,keyasint"`
	KE2      []byte `cbor:"2,keyasint,omitempty"`
	Response []byte `cbor:"3,keyasint"`
}

// PasswordFinish sets the new password; Done or Failure answers.
type PasswordFinish struct {
	Ref    uint32 `cbor:"1,keyasint"`
	KE3    []byte `cbor:"2,keyasint,omitempty"`
	Record []byte `cbor:"3,keyasint"`
	Keep   bool   `cbor:"4,keyasint,omitempty"` // do not sign out the account's other devices
}

// Fetch asks for the rows of a room after a cursor. Once a Rows answer says
// Live, every later row of the room comes by itself as Deliver.
type Fetch struct {
	Room  chat.RoomID `cbor:"1,keyasint"`
	After uint64      `cbor:"2,keyasint,omitempty"` // seq of the last row that the client has
	Chain bool        `cbor:"3,keyasint,omitempty"` // say the chain before the first row that comes
}

// Rows answers Fetch with the next rows, oldest first, as many as fit a message.
type Rows struct {
	Room chat.RoomID `cbor:"1,keyasint"`
	Rows []Row       `cbor:"2,keyasint,omitempty"`
	Head uint64      `cbor:"3,keyasint,omitempty"` // seq of the room's last row
	Live bool        `cbor:"4,keyasint,omitempty"` // these were the last: what follows comes as Deliver

	// Chain is the 32 bytes of the room's chain before the first of Rows, or at
	// the room's end if there are none: in answer to Fetch.Chain only.
	Chain []byte `cbor:"5,keyasint,omitempty"`

	// In a sealed room, which time that the account was in it these are of: the
	// rows after Since, up to Until if it is over.
	Since uint64 `cbor:"6,keyasint,omitempty"`
	Until uint64 `cbor:"7,keyasint,omitempty"`
}

// PeekRows is how many rows Peeked has at most: more than the highest window shows,
// and few enough that they come before much else does.
const PeekRows = 50

// Peek asks for the last rows of an open room, or the last ones before a row, out of
// their turn: they are shown while what lies before them still comes by Fetch. A
// host of an earlier version skips it, so nothing may wait for the answer.
type Peek struct {
	Ref    uint32      `cbor:"1,keyasint"`
	Room   chat.RoomID `cbor:"2,keyasint"`
	Before uint64      `cbor:"3,keyasint,omitempty"` // seq that all of them are before, 0: they are the newest
}

// Peeked answers Peek with up to PeekRows rows, oldest first, and as many as fit.
// None of the room's rows between them is left out.
type Peeked struct {
	Ref  uint32 `cbor:"1,keyasint"`
	Rows []Row  `cbor:"2,keyasint,omitempty"`
}

// Row is one stored envelope as it travels. A tombstone has Hash and no Envelope.
type Row struct {
	Seq       uint64 `cbor:"1,keyasint"`
	Received  int64  `cbor:"2,keyasint"` // the host's clock, unix milliseconds
	Envelope  []byte `cbor:"3,keyasint,omitempty"`
	Signature []byte `cbor:"4,keyasint,omitempty"`
	Hash      []byte `cbor:"5,keyasint,omitempty"`
}

// Post asks the host to append an envelope to its room. Members and Mails belong
// to sealed rooms: they and the row are stored together or not at all.
type Post struct {
	Envelope  []byte        `cbor:"1,keyasint"`
	Signature []byte        `cbor:"2,keyasint"` // empty in sealed rooms
	Members   *MemberChange `cbor:"3,keyasint,omitempty"`
	Mails     []Mail        `cbor:"4,keyasint,omitempty"` // at most MaxMails
	Blobs     [][32]byte    `cbor:"5,keyasint,omitempty"` // roots of the blobs that this row keeps alive, at most MaxPostBlobs: the host cannot see them in a sealed row
}

// Posted answers Post: with Code 0 the envelope is on the host's disk as row
// Seq. A retry gets the same answer, and Counter if there are later ones. Another
// code says why it was refused.
type Posted struct {
	Room    chat.RoomID    `cbor:"1,keyasint"`
	ID      chat.MessageID `cbor:"2,keyasint"`
	Seq     uint64         `cbor:"3,keyasint,omitempty"`
	Time    int64          `cbor:"4,keyasint,omitempty"` // Row.Received
	Code    Code           `cbor:"5,keyasint,omitempty"`
	After   uint32         `cbor:"6,keyasint,omitempty"` // seconds to wait, with CodeSlowDown
	Counter uint64         `cbor:"7,keyasint,omitempty"` // the last one that the host has of this device in this room: with CodeConflict, or when it is later than that of a retry
}

// Deliver brings a new row of a room that is live.
type Deliver struct {
	Room chat.RoomID `cbor:"1,keyasint"`
	Row  Row         `cbor:"2,keyasint"`
}

// Typing says that somebody writes. A client sends it at most every 3 s; the
// host fills in Account and passes it on. It is never stored.
type Typing struct {
	Room    chat.RoomID    `cbor:"1,keyasint"`
	Account chat.AccountID `cbor:"2,keyasint"`
}

// Person is one account as members see it: what the host says, not what keys
// prove (that is the directory's).
type Person struct {
	Account chat.AccountID    `cbor:"1,keyasint"`
	Name    string            `cbor:"2,keyasint"`
	Role    chat.Role         `cbor:"3,keyasint"`
	State   chat.AccountState `cbor:"4,keyasint"`
	Online  bool              `cbor:"5,keyasint,omitempty"`
	Seen    int64             `cbor:"6,keyasint,omitempty"` // last time online, unix milliseconds
	Until   int64             `cbor:"7,keyasint,omitempty"` // end of a ban, shown to moderators
	By      string            `cbor:"8,keyasint,omitempty"` // who invited a waiting person, shown to moderators
}

// People lists accounts: all after log-in (in several messages, the last has
// Last), then each that changes. Waiting and banned ones only go to moderators.
type People struct {
	People []Person `cbor:"1,keyasint,omitempty"`
	First  bool     `cbor:"2,keyasint,omitempty"` // forget what you had
	Last   bool     `cbor:"3,keyasint,omitempty"`
}

// Presence says that an account came online or left. Dropped first under load;
// People heals it at the next log-in.
type Presence struct {
	Account chat.AccountID `cbor:"1,keyasint"`
	Online  bool           `cbor:"2,keyasint,omitempty"`
	Seen    int64          `cbor:"3,keyasint,omitempty"`
}

// Place tells members the settings of the place, after log-in and on change.
type Place struct {
	Name    string        `cbor:"1,keyasint"`
	Mode    chat.JoinMode `cbor:"2,keyasint"`
	MaxFile int64         `cbor:"3,keyasint"`
	Owner   string        `cbor:"4,keyasint,omitempty"`
}

// FileRules tells members how long the host keeps files, and how much of them:
// after Place, if it does not keep all for ever, and on change. Place says that it
// does unless FileRules follows.
type FileRules struct {
	Total int64 `cbor:"1,keyasint,omitempty"` // bytes of all files together, sealed; 0: no bound
	Keep  int64 `cbor:"2,keyasint,omitempty"` // milliseconds after the last message that hands a file over; 0: for ever
}

// Action numbers what Admin can ask for: append only.
type Action uint8

// The actions, each with the fields of Admin that it reads.
const (
	ActionApprove Action = 1 // Account
	ActionReject  Action = 2 // Account
	ActionRemove  Action = 3 // Account, Reason
	ActionBan     Action = 4 // Account, Until (0: for good), Reason
	ActionUnban   Action = 5 // Account
	ActionSetRole Action = 6 // Account, Role
	ActionReset   Action = 7 // Account; Done.Text is the one-time code
	ActionEnd     Action = 8 // Account, which is the asking one: it ends, with all its devices
)

// Admin asks the host to do something to an account. Done or Failure answers.
type Admin struct {
	Ref     uint32         `cbor:"1,keyasint"`
	Action  Action         `cbor:"2,keyasint"`
	Account chat.AccountID `cbor:"3,keyasint"`
	Until   int64          `cbor:"4,keyasint,omitempty"`
	Role    chat.Role      `cbor:"5,keyasint,omitempty"`
	Reason  string         `cbor:"6,keyasint,omitempty"`
}

// MaxReason is the largest length of a reason in bytes.
const MaxReason = 500

// Done says that a request was carried out.
type Done struct {
	Ref  uint32 `cbor:"1,keyasint"`
	Text string `cbor:"2,keyasint,omitempty"` // a one-time code
	Time int64  `cbor:"3,keyasint,omitempty"` // until when it is valid
}

// CreateInvite makes an invite. The client made the secret and keeps it; the
// host learns only the token's hash.
type CreateInvite struct {
	Ref      uint32    `cbor:"1,keyasint"`
	ID       [32]byte  `cbor:"2,keyasint"`
	Uses     uint32    `cbor:"3,keyasint"`
	Expires  int64     `cbor:"4,keyasint,omitempty"` // 0: never
	AskFirst bool      `cbor:"5,keyasint,omitempty"`
	Personal bool      `cbor:"6,keyasint,omitempty"`
	Role     chat.Role `cbor:"7,keyasint"`
}

// RevokeInvite ends an invite.
type RevokeInvite struct {
	Ref uint32   `cbor:"1,keyasint"`
	ID  [32]byte `cbor:"2,keyasint"`
}

// ListInvites asks for the invites that one may see: one's own, or all for
// moderators. Invites answers.
type ListInvites struct {
	Ref uint32 `cbor:"1,keyasint"`
}

// Invites answers ListInvites.
type Invites struct {
	Ref     uint32       `cbor:"1,keyasint"`
	Invites []InviteInfo `cbor:"2,keyasint,omitempty"`
	More    bool         `cbor:"3,keyasint,omitempty"` // another Invites with the same Ref follows
}

// InviteInfo is one invite as its maker and moderators see it.
type InviteInfo struct {
	ID       [32]byte       `cbor:"1,keyasint"`
	By       chat.AccountID `cbor:"2,keyasint"`
	Uses     uint32         `cbor:"3,keyasint"`
	Used     uint32         `cbor:"4,keyasint,omitempty"`
	Created  int64          `cbor:"5,keyasint"`
	Expires  int64          `cbor:"6,keyasint,omitempty"`
	Revoked  int64          `cbor:"7,keyasint,omitempty"`
	AskFirst bool           `cbor:"8,keyasint,omitempty"`
	Personal bool           `cbor:"9,keyasint,omitempty"`
	Role     chat.Role      `cbor:"10,keyasint"`
}

// ChangePlace changes the settings of the place. Done or Failure answers, and
// everybody gets a Place.
type ChangePlace struct {
	Ref     uint32        `cbor:"1,keyasint"`
	Name    string        `cbor:"2,keyasint"`
	Mode    chat.JoinMode `cbor:"3,keyasint"`
	MaxFile int64         `cbor:"4,keyasint"`
}

// Part says which bytes of a blob are meant: append only.
type Part uint8

// The parts of a blob.
const (
	PartHashes Part = 1 // the list of block hashes, 32 bytes each
	PartData   Part = 2 // the sealed bytes
)

// MaxPiece is the largest Data of a Piece in bytes.
const MaxPiece = 56 << 10

// Window is how many bytes of pieces a puller has under way at most, so that
// bulk never fills a queue (1 MiB) or delays text.
const Window = 256 << 10

// Offer says that the client has a blob for a room. The host answers with
// BlobState and pulls what it lacks, or with a BlobState with a Code.
type Offer struct {
	Room   chat.RoomID `cbor:"1,keyasint"`
	Root   [32]byte    `cbor:"2,keyasint"`
	Length int64       `cbor:"3,keyasint"` // of the sealed bytes
}

// Get asks for a blob that the host has. BlobState answers, then the client pulls.
type Get struct {
	Room chat.RoomID `cbor:"1,keyasint"`
	Root [32]byte    `cbor:"2,keyasint"`
}

// BlobState says how far the host is with a blob. It comes after Offer and Get,
// about once a second while an upload runs, and when it is complete.
type BlobState struct {
	Root     [32]byte `cbor:"1,keyasint"`
	Length   int64    `cbor:"2,keyasint,omitempty"`
	Have     int64    `cbor:"3,keyasint,omitempty"` // sealed bytes on the host's disk, checked
	Complete bool     `cbor:"4,keyasint,omitempty"`
	Code     Code     `cbor:"5,keyasint,omitempty"` // why it goes no further
	Limit    int64    `cbor:"6,keyasint,omitempty"` // with CodeTooBig and CodeQuota: the limit in bytes
}

// Pull asks the side that has a blob for Length bytes at Offset, at most
// MaxPiece; Piece answers, or BlobState or Cancel with a Code.
type Pull struct {
	Root   [32]byte `cbor:"1,keyasint"`
	Part   Part     `cbor:"2,keyasint"`
	Offset int64    `cbor:"3,keyasint,omitempty"`
	Length uint32   `cbor:"4,keyasint"`
}

// Piece brings the bytes that Pull asked for.
type Piece struct {
	Root   [32]byte `cbor:"1,keyasint"`
	Part   Part     `cbor:"2,keyasint"`
	Offset int64    `cbor:"3,keyasint,omitempty"`
	Data   []byte   `cbor:"4,keyasint"`
}

// Cancel ends a transfer. With Keep it is only paused: the other side keeps what
// it has and goes on at the next Offer or Get.
type Cancel struct {
	Root [32]byte `cbor:"1,keyasint"`
	Keep bool     `cbor:"2,keyasint,omitempty"`
	Code Code     `cbor:"3,keyasint,omitempty"` // why, if it was not a person's wish
}

// The numbers of the messages.
func (*Hello) Kind() Kind          { return 1 }
func (*Welcome) Kind() Kind        { return 2 }
func (*Failure) Kind() Kind        { return 3 }
func (*Goodbye) Kind() Kind        { return 4 }
func (*Session) Kind() Kind        { return 5 }
func (*Register) Kind() Kind       { return 10 }
func (*RegisterReply) Kind() Kind  { return 11 }
func (*RegisterFinish) Kind() Kind { return 12 }
func (*Login) Kind() Kind          { return 13 }
func (*LoginReply) Kind() Kind     { return 14 }
func (*LoginFinish) Kind() Kind    { return 15 }
func (*Password) Kind() Kind       { return 16 }
func (*PasswordReply) Kind() Kind  { return 17 }
func (*PasswordFinish) Kind() Kind { return 18 }
func (*LoginProved) Kind() Kind    { return 19 }
func (*Fetch) Kind() Kind          { return 20 }
func (*Rows) Kind() Kind           { return 21 }
func (*Post) Kind() Kind           { return 22 }
func (*Posted) Kind() Kind         { return 23 }
func (*Deliver) Kind() Kind        { return 24 }
func (*Typing) Kind() Kind         { return 25 }
func (*Peek) Kind() Kind           { return 27 }
func (*Peeked) Kind() Kind         { return 28 }
func (*People) Kind() Kind         { return 30 }
func (*Presence) Kind() Kind       { return 31 }
func (*Place) Kind() Kind          { return 32 }
func (*FileRules) Kind() Kind      { return 33 }
func (*Admin) Kind() Kind          { return 40 }
func (*Done) Kind() Kind           { return 41 }
func (*CreateInvite) Kind() Kind   { return 42 }
func (*RevokeInvite) Kind() Kind   { return 43 }
func (*ListInvites) Kind() Kind    { return 44 }
func (*Invites) Kind() Kind        { return 45 }
func (*ChangePlace) Kind() Kind    { return 46 }
func (*Offer) Kind() Kind          { return 50 }
func (*Get) Kind() Kind            { return 51 }
func (*BlobState) Kind() Kind      { return 52 }
func (*Pull) Kind() Kind           { return 53 }
func (*Piece) Kind() Kind          { return 54 }
func (*Cancel) Kind() Kind         { return 55 }
