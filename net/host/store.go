// Package host runs a place: it lets people in, puts what they post into one
// order on disk, hands it to everyone who listens, keeps their files, and does
// what the owner and moderators ask.
//
// It must not know SQL, windows or files of its own: stores and folders come in
// as the small interfaces of this file. It never sees a password (crypto/opaque)
// nor the text of a sealed room, and writes neither texts nor file names into its
// log.
//
// net/PROTOCOL.md specifies what it says and expects.
package host

import (
	"context"
	"io"

	"github.com/snugchat/snug/storage/chat"
)

// Accounts keeps the people of a place. storage/hostdb does it on this computer.
type Accounts interface {
	// Load returns all that is kept.
	Load(ctx context.Context) (chat.Roster, error)
	// Apply stores a change whole or not at all, sets Seq of its rows, and calls
	// committed once it is on disk, before it returns and in one order with what
	// Envelopes.Append calls.
	Apply(ctx context.Context, c *chat.Change, committed func()) error
	// Secret returns what is kept under a name, after storing what create returns
	// if there is nothing yet.
	Secret(ctx context.Context, name string, create func() ([]byte, error)) ([]byte, error)
	// Audit returns the last lines of the record of who changed what.
	Audit(ctx context.Context, limit int) ([]chat.Audit, error)
}

// Envelopes keeps the one order of all rooms.
type Envelopes interface {
	// Append hands over a row with what belongs to it and returns at once. done is
	// called once, when the row is on disk or refused, for the rows of all rooms in
	// the order in which they were committed; then Seq is set, and Received if it
	// is a retry. last is the last counter of the row's device in its room. done is
	// quick.
	Append(p *chat.Post, done func(outcome chat.Outcome, last uint64, err error)) error
	// After returns rows after seq, as many as fit, and whether there are more.
	After(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) (rows []chat.Row, more bool, err error)
	// Before returns the last rows before seq, oldest first, as many as fit.
	Before(ctx context.Context, room chat.RoomID, seq uint64, maxRows, maxBytes int) ([]chat.Row, error)
	// Head returns the seq of a room's last row, and HeadUpTo that of its last row up
	// to another.
	Head(ctx context.Context, room chat.RoomID) (uint64, error)
	HeadUpTo(ctx context.Context, room chat.RoomID, seq uint64) (uint64, error)
	// GiveBack puts rows of a room back at the places that they had (Row.Seq) before
	// the store was restored from a backup: those behind its last row, while that is
	// none after until, up to the first that does not follow. committed is called as
	// by Accounts.Apply, with those that it took.
	GiveBack(ctx context.Context, room chat.RoomID, rows []*chat.Post, until uint64, committed func(taken []*chat.Post)) error
}

// BlobIndex keeps who offered which blob and which message names it.
type BlobIndex interface {
	PutBlob(ctx context.Context, b chat.Blob) error
	Blob(ctx context.Context, root [32]byte) (chat.Blob, bool, error)
	RemoveBlob(ctx context.Context, root [32]byte) error
	SavedBlob(ctx context.Context, root [32]byte, at int64) error
	BlobUse(ctx context.Context, account chat.AccountID) (chat.BlobUse, error)
	BlobsToSave(ctx context.Context, after uint64, limit int) ([]chat.Blob, []chat.Row, error)
	AbandonedBlobs(ctx context.Context, before int64, limit int) ([]chat.Blob, error)
	OldBlobs
}

// OldBlobs removes files that were kept long enough. First a store is told what the
// rows of open rooms say of them, then it decides, then the bytes go, then the rows.
type OldBlobs interface {
	MarkRows(ctx context.Context, read func(*chat.Row) (chat.Mark, bool)) (more bool, err error)
	OldBlobs(ctx context.Context, account chat.AccountID, after chat.OldBlob, limit int) ([]chat.OldBlob, error)
	KeepBlob(ctx context.Context, root [32]byte) error
	LeaveBlobs(ctx context.Context, roots [][32]byte, at int64) (left [][32]byte, behind bool, err error)
	GoneBlobs(ctx context.Context, limit int) ([][32]byte, error)
	ForgetBlobs(ctx context.Context, roots [][32]byte) error
}

// RoomIndex keeps which rooms there are and who is in the sealed ones.
type RoomIndex interface {
	// Rooms returns all rooms, deleted ones included, and the members of others.
	Rooms(ctx context.Context) ([]chat.Room, []chat.RoomMember, error)
	// Checkpoint returns the last noted chain of a room at or before a row.
	Checkpoint(ctx context.Context, room chat.RoomID, seq uint64) (at uint64, chain [32]byte, err error)
	PutCheckpoint(ctx context.Context, room chat.RoomID, seq uint64, chain [32]byte) error
	// SweepRooms takes away a part of what deleted rooms left, and members who went
	// before a time, and reports whether there may be more.
	SweepRooms(ctx context.Context, before int64) (more bool, err error)
}

// Mailroom keeps what is for devices that are away, or of them.
type Mailroom interface {
	PutMails(ctx context.Context, mails []chat.Mail, at int64) (ok bool, err error)
	Mails(ctx context.Context, device chat.DeviceID, after int64, maxBytes int) ([]chat.Mail, error)
	RemoveMail(ctx context.Context, device chat.DeviceID, id chat.MessageID) error
	ExpireMail(ctx context.Context, before int64) error
	// MailNames reports whether a device has a mail that names a blob.
	MailNames(ctx context.Context, device chat.DeviceID, root [32]byte) (bool, error)
}

// KeyPackages keeps key packages of devices. Each is given out once, but for those
// of last resort.
type KeyPackages interface {
	PutKeyPackages(ctx context.Context, device chat.DeviceID, packages []chat.KeyPackage, replace bool, most int) (ok bool, err error)
	TakeKeyPackages(ctx context.Context, devices []chat.DeviceID, use bool) ([]chat.KeyPackage, error)
	KeyPackages(ctx context.Context, device chat.DeviceID) (chat.KeyPackages, error)
}

// Store is everything that a host keeps but the bytes of files.
type Store interface {
	Accounts
	Envelopes
	RoomIndex
	Mailroom
	KeyPackages
	BlobIndex
}

// ReceivedFile is a file on its way into the folder where the owner finds it. It
// appears there at Commit only, under a name that no other file has. CommitOnce
// is for one that may lie there already: then that one is the file.
type ReceivedFile interface {
	io.Writer
	Commit() (name string, err error)
	CommitOnce() (name string, err error)
	Discard() // instead of Commit; nothing is left behind
}
