package chat

import "errors"

// ErrDiskFull comes from a host's store when its disk has no room. Nothing was
// stored, and reading goes on.
var ErrDiskFull = errors.New("the disk of the host is full")

// Place is what the owner decides about a place as a whole.
type Place struct {
	Name    string
	Mode    JoinMode
	MaxFile int64 // largest file in bytes; 0: no files
	Files   FileRules
}

// FileRules say how long a host keeps the files of messages, and how many. The
// zero value keeps all of them for ever.
type FileRules struct {
	Total int64 // bytes of all files together, as they are kept (sealed); 0: no bound
	Keep  int64 // milliseconds after the last message that hands the file over; 0: for ever
}

// Roster is everything that a host keeps about the people of a place.
type Roster struct {
	Lineage [16]byte // of the store; another one: it was restored from a backup
	// Rows after LostAfter, up to LostUntil, may have been lost when it was restored
	// the last time; 0: it never was.
	LostAfter, LostUntil uint64
	Place                *Place // nil in a new store
	Accounts             []Account
	Devices              []Device
	Invites              []Invite
	Waiting              []Row // entries for the directory of accounts in state Waiting, in order of arrival
}

// Change is what one decision of a host changes: a store writes all of it in one
// transaction or nothing. Accounts, devices, invites and rooms replace those with
// the same id whole.
type Change struct {
	Place    *Place
	Accounts []Account
	Devices  []Device
	Invites  []Invite
	Forget   []AccountID // accounts that are deleted with their devices and waiting entries
	Expire   [][32]byte  // invites that are deleted
	Hold     []Row       // entries for the directory that wait for a moderator
	Release  []DeviceID  // whose waiting entries are dropped (they are in Rows if they were accepted)
	Rows     []Row       // to be appended; the store sets Seq
	Rooms    []Room
	Members  []RoomMember // replace what was kept of the account in the room
	Audit    []Audit
}

// Empty reports whether the change changes nothing.
func (c *Change) Empty() bool {
	return c.Place == nil && len(c.Accounts) == 0 && len(c.Devices) == 0 && len(c.Invites) == 0 && len(c.Forget) == 0 && len(c.Expire) == 0 &&
		len(c.Hold) == 0 && len(c.Release) == 0 && len(c.Rows) == 0 && len(c.Rooms) == 0 && len(c.Members) == 0 && len(c.Audit) == 0
}

// ErrCounter says that the counter of a row in a change does not follow the last
// one of its device. Nothing of the change was stored.
var ErrCounter = errors.New("a row's counter does not follow")

// Outcome says what became of a row that was to be appended.
type Outcome uint8

// The outcomes.
const (
	Appended Outcome = 1 // it is on disk, and its Seq is new
	Repeated Outcome = 2 // it was on disk already: a retry, with the Seq and Received of then
	Conflict Outcome = 3 // its counter does not follow, or belongs to another message; nothing was stored
	Stale    Outcome = 4 // a commit lies after what its sender had seen; nothing was stored
	Full     Outcome = 5 // a device has no room for one of its mails; nothing was stored
)

// Blob is what a host keeps of the sealed bytes of a file that somebody offered.
type Blob struct {
	Root    [32]byte
	Length  int64 // of the sealed bytes
	Account AccountID
	Room    RoomID
	Created int64
	Seq     uint64 // of the message that names it, 0 while there is none
	Saved   int64  // when the host wrote the opened file into its received folder, 0: not yet, -1: it never will
	Gone    int64  // when the host decided to remove it, 0: it did not; such a row is there until the bytes are gone
}

// OldBlob is a blob that a host may remove, with what it needs to decide.
type OldBlob struct {
	Blob
	Last     uint64 // seq of the last message that hands it over
	At       int64  // when that came
	Sealed   bool   // its room is
	Envelope []byte // then that of the message Blob.Seq, which may be what the blob holds
}

// Mark is something that a host reads in the rows of open rooms to know which
// files are pinned there.
type Mark struct {
	Room   RoomID
	Target MessageID // the message that hands over Root, or that is pinned, let go or deleted
	What   MarkKind
	Root   [32]byte // with MarkFile
	Device DeviceID // with MarkFile and MarkDeleted: who sent the row
}

// MarkKind says what a Mark is.
type MarkKind uint8

// The kinds of marks. MarkDeleted counts if the same account handed the file
// over, MarkRemoved always.
const (
	MarkFile MarkKind = iota + 1
	MarkPinned
	MarkLetGo
	MarkDeleted
	MarkRemoved
)

// BlobUse is how much an account has offered.
type BlobUse struct {
	Bytes   int64 // of its blobs
	Count   int   // how many they are
	Unnamed int   // of them, those that no message names
}
