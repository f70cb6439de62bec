package wire

import (
	"errors"
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// The bounds of history that goes from one device of an account to another.
const (
	// MaxPastRooms is how many rooms one HistoryAsk is about.
	MaxPastRooms = 256
	// MaxPastMarks is how many people one HistoryAnswer says something of: far more
	// than one person ever compares pictures with.
	MaxPastMarks = 1024
	// MaxOwnBookmarks is how many messages one OwnNews says something of: those that
	// were marked or let go last.
	MaxOwnBookmarks = 4096
	// MaxHistory is the largest HistoryAnswer in bytes: sealed it fits a blob.
	MaxHistory = 15 << 20
)

// HistoryAsk is the body of a letter by which a device asks another one of its
// account for what came before it. It is encoded as bodies are.
type HistoryAsk struct {
	Key   []byte    `cbor:"1,keyasint"`           // for the answer
	Rooms []PastAsk `cbor:"2,keyasint,omitempty"` // the wanted ones first, at most MaxPastRooms
	Left  bool      `cbor:"3,keyasint,omitempty"` // say which rooms the person has left, and whom they verified, too
}

// PastAsk asks for the history of a room: its lines before Before, and what was said
// of them in rows before Until.
type PastAsk struct {
	Room   chat.RoomID `cbor:"1,keyasint"`
	Before uint64      `cbor:"2,keyasint"`
	Until  uint64      `cbor:"3,keyasint"`
}

// HistoryAnswer is the body of the letter that answers.
type HistoryAnswer struct {
	Parts   []PastPart `cbor:"1,keyasint,omitempty"`
	Missing int64      `cbor:"2,keyasint,omitempty"` // lines of the rooms that were asked for, which are not in it
	Rooms   []PastRoom `cbor:"3,keyasint,omitempty"` // that the person has left, with HistoryAsk.Left
	Marks   []PastMark `cbor:"4,keyasint,omitempty"` // what the person knows of others, with HistoryAsk.Left; at most MaxPastMarks
}

// OwnNews is the body of a letter by which a device tells another one of its account
// whom the person has verified and whom they doubt now, what they have marked, and
// what it calls itself.
type OwnNews struct {
	Known     uint64        `cbor:"1,keyasint,omitempty"` // the last row of the directory that it had
	Marks     []PastMark    `cbor:"2,keyasint,omitempty"` // at most MaxPastMarks
	Bookmarks []OwnBookmark `cbor:"3,keyasint,omitempty"` // at most MaxOwnBookmarks
	Name      string        `cbor:"4,keyasint,omitempty"` // see CheckDeviceName; the one that the person gives goes before
}

// OwnBookmark says that the person has marked a message, or took the mark away.
type OwnBookmark struct {
	Room    chat.RoomID    `cbor:"1,keyasint"`
	Target  chat.MessageID `cbor:"2,keyasint"`
	At      int64          `cbor:"3,keyasint,omitempty"` // when, 0: it is not marked any more
	Changed int64          `cbor:"4,keyasint"`           // when the person did that
}

// PastMark says that the person verified the identity of somebody, or doubts it; with
// none of both, that they answered a doubt.
type PastMark struct {
	Account  chat.AccountID `cbor:"1,keyasint"`
	Identity [32]byte       `cbor:"2,keyasint"`
	Verified int64          `cbor:"3,keyasint,omitempty"` // when, 0: not
	Proof    uint8          `cbor:"4,keyasint,omitempty"` // how: clientdb.Proof
	Doubt    uint8          `cbor:"5,keyasint,omitempty"` // clientdb.Doubt, 0: none
	Judged   int64          `cbor:"6,keyasint,omitempty"` // when the person said so last, 0: it came by itself
}

// PastPart is a stretch of a room's history: all lines from Next on to where the part
// before it ended, or to PastAsk.Before.
type PastPart struct {
	Room   chat.RoomID `cbor:"1,keyasint"`
	Rows   []PastRow   `cbor:"2,keyasint,omitempty"` // in the order of the host
	Next   uint64      `cbor:"3,keyasint,omitempty"` // goes on before this one; 0: that was all of it
	Lacks  bool        `cbor:"4,keyasint,omitempty"` // the device itself misses what came before Next: another one may have it
	Joined bool        `cbor:"5,keyasint,omitempty"` // the person has accepted the room there
}

// PastRow is a row as the other device has processed it.
type PastRow struct {
	Seq      uint64         `cbor:"1,keyasint"`
	ID       chat.MessageID `cbor:"2,keyasint"`
	Device   chat.DeviceID  `cbor:"3,keyasint"` // zeros: of no known device
	Counter  uint64         `cbor:"4,keyasint"`
	Sent     int64          `cbor:"5,keyasint"`
	Received int64          `cbor:"6,keyasint"`
	Body     BodyKind       `cbor:"7,keyasint"`
	Data     []byte         `cbor:"8,keyasint,omitempty"`
	Text     string         `cbor:"9,keyasint,omitempty"`
	Flags    uint32         `cbor:"10,keyasint,omitempty"` // what was wrong with it: clientdb.Flags
	About    bool           `cbor:"11,keyasint,omitempty"` // it is about a line, and none itself
}

// PastRoom is a room that the person was in and has left.
type PastRoom struct {
	ID      chat.RoomID    `cbor:"1,keyasint"`
	Kind    chat.RoomKind  `cbor:"2,keyasint"`
	Name    string         `cbor:"3,keyasint,omitempty"`
	Topic   string         `cbor:"4,keyasint,omitempty"`
	Peer    chat.AccountID `cbor:"5,keyasint"`
	Created int64          `cbor:"6,keyasint,omitempty"`
	Head    uint64         `cbor:"7,keyasint"` // its last row
}

// ParseHistoryAsk reads the body of such a letter. The error wraps ErrBadMessage.
func ParseHistoryAsk(b []byte) (*HistoryAsk, error) {
	a := new(HistoryAsk)
	if len(b) > MaxMail {
		return nil, fmt.Errorf("%w: question of %d bytes", ErrBadMessage, len(b))
	}
	if err := unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	if err := atMost("rooms", len(a.Rooms), MaxPastRooms); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	return a, nil
}

// ParseHistoryAnswer reads the body of such a letter. The error wraps ErrBadMessage.
// What it says is checked by whom it is for.
func ParseHistoryAnswer(b []byte) (*HistoryAnswer, error) {
	a := new(HistoryAnswer)
	if len(b) > MaxHistory {
		return nil, fmt.Errorf("%w: history of %d bytes", ErrBadMessage, len(b))
	}
	if err := unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	if err := atMost("marks", len(a.Marks), MaxPastMarks); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	return a, nil
}

// ParseOwnNews reads the body of such a letter. The error wraps ErrBadMessage. What
// it says is checked by whom it is for.
func ParseOwnNews(b []byte) (*OwnNews, error) {
	n := new(OwnNews)
	if len(b) > MaxHistory {
		return nil, fmt.Errorf("%w: news of %d bytes", ErrBadMessage, len(b))
	}
	if err := unmarshal(b, n); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	err := errors.Join(atMost("marks", len(n.Marks), MaxPastMarks), atMost("bookmarks", len(n.Bookmarks), MaxOwnBookmarks), CheckDeviceName(n.Name))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrBadMessage, err)
	}
	return n, nil
}
