// Package export is the folder into which a person takes what Snug keeps for
// them of a place: pages that any browser opens without a network, the same as
// JSON for programs, and the files. It writes the folder and reads it again.
//
// It must not know a database, a message on the wire or a sentence for people:
// whoever writes hands in rows, lines and words, and whoever reads gets rows.
// Nothing in the folder is encrypted: it is meant to be read.
//
// EXPORT.md specifies the folder. A copy of it lies in each of them.
package export

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Format and Version are in the first file of an export. A reader takes every
// version up to its own.
const (
	Format  = "snug export"
	Version = 1
)

//go:embed EXPORT.md
var readme []byte

// The names of the parts.
const (
	indexName  = "index.html"
	dataName   = "data"
	mediaName  = "media"
	placeName  = "data/place.json"
	readmeName = "data/README.md"
)

var (
	// ErrFormat says that a folder is no export, or that a file of it is not what
	// EXPORT.md says.
	ErrFormat = errors.New("not an export that can be read")
	// ErrNewer says that a later version of Snug wrote the export.
	ErrNewer = errors.New("a newer version wrote this export")
)

// Time is unix milliseconds, 0 for never. In JSON it is RFC 3339 in UTC with
// milliseconds.
type Time int64

const timeLayout = "2006-01-02T15:04:05.000Z"

// MarshalJSON returns RFC 3339, or "" for never.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte(`""`), nil
	}
	return json.Marshal(time.UnixMilli(int64(t)).UTC().Format(timeLayout))
}

// UnmarshalJSON reads RFC 3339 of any zone, or "".
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%w: time %.40q", ErrFormat, b)
	}
	if s == "" {
		*t = 0
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%w: time %.40q", ErrFormat, s)
	}
	*t = Time(at.UnixMilli())
	return nil
}

// Place is data/place.json: everything but the messages. Ids are lower-case hex.
type Place struct {
	Format  string   `json:"format"`
	Version int      `json:"version"`
	Program string   `json:"program"`
	Made    Time     `json:"made"`
	Name    string   `json:"name"`
	Host    string   `json:"host"` // the pinned key
	Owner   string   `json:"owner,omitzero"`
	Me      string   `json:"me"` // account
	Person  string   `json:"person"`
	Role    string   `json:"role,omitzero"`
	People  []Person `json:"people"`
	Devices []Device `json:"devices"`
	Rooms   []Room   `json:"rooms"`
	Marked  []Marked `json:"marked,omitempty"`
}

// Person is an account of the place.
type Person struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Identity  string `json:"identity,omitzero"` // public key
	FirstSeen Time   `json:"first_seen,omitzero"`
	Changed   Time   `json:"changed,omitzero"`  // when the identity became another one
	Verified  Time   `json:"verified,omitzero"` // when this person verified it
	Role      string `json:"role,omitzero"`
	Present   bool   `json:"present"` // in the place, as far as was known
	Seen      Time   `json:"seen,omitzero"`
	Blocked   Time   `json:"blocked,omitzero"`
}

// Device is a device of an account; rows name the one that they came from.
type Device struct {
	ID      string `json:"id"`
	Account string `json:"account"`
}

// The kinds of rooms.
const (
	KindOpen      = "open"
	KindPrivate   = "private"
	KindDirect    = "direct"
	KindDirectory = "directory"
)

// Room is a room and where its messages are.
type Room struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Name    string   `json:"name"`
	Topic   string   `json:"topic,omitzero"`
	State   string   `json:"state,omitzero"` // of this person: joined, asked, coming, left, broken
	Peer    string   `json:"peer,omitzero"`  // account of the other one in direct messages
	Maker   string   `json:"maker,omitzero"`
	Admin   bool     `json:"admin,omitzero"`
	Created Time     `json:"created,omitzero"`
	Since   uint64   `json:"since,omitzero"` // rows up to this one were not for this person
	Head    uint64   `json:"head,omitzero"`  // last row that was here
	Read    uint64   `json:"read,omitzero"`  // last row that was read
	Members []Member `json:"members,omitempty"`
	Draft   string   `json:"draft,omitzero"`
	Rows    int64    `json:"rows"`           // lines of File
	File    string   `json:"file,omitzero"`  // "" for a room without messages
	Page    string   `json:"page,omitzero"`  // its first page
	Pages   int      `json:"pages,omitzero"` // how many
}

// Member is who is or was in a private room.
type Member struct {
	Account   string `json:"account"`
	Present   bool   `json:"present"`
	Admin     bool   `json:"admin,omitzero"`
	Devices   int    `json:"devices,omitzero"`
	Delivered uint64 `json:"delivered,omitzero"` // row up to which their devices have all
	Read      uint64 `json:"read,omitzero"`      // and up to which they read
}

// Marked is a message that this person marked.
type Marked struct {
	Room    string `json:"room"`
	Message string `json:"message"`
	At      Time   `json:"at"`
}

// Row is a message, or something that was said of one: a line of a room's file.
type Row struct {
	Seq      uint64 `json:"seq,omitzero"` // place in the host's order; 0: not sent yet
	ID       string `json:"id"`
	Room     string `json:"room,omitzero"` // if it is another one than the file's
	By       string `json:"by,omitzero"`   // account
	Device   string `json:"device,omitzero"`
	Counter  uint64 `json:"counter,omitzero"`
	Sent     Time   `json:"sent,omitzero"`     // the sender's clock
	Received Time   `json:"received,omitzero"` // the host's clock
	Kind     string `json:"kind"`

	Text     string          `json:"text,omitzero"`
	Reply    string          `json:"reply,omitzero"` // id of the message that it answers
	Mentions []string        `json:"mentions,omitempty"`
	Everyone bool            `json:"everyone,omitzero"`
	File     *File           `json:"file,omitempty"`
	Emoji    string          `json:"emoji,omitzero"`
	Off      bool            `json:"off,omitzero"`
	Moderate bool            `json:"moderate,omitzero"`
	Name     string          `json:"name,omitzero"` // of an account, as of then
	Change   json.RawMessage `json:"change,omitempty"`
	Fallback string          `json:"fallback,omitzero"`
	Raw      []byte          `json:"raw,omitempty"`

	About string   `json:"about,omitzero"` // id of the message of which this says something
	Flags []string `json:"flags,omitempty"`
}

// File is what a message says of its file.
type File struct {
	Name    string  `json:"name"`
	Type    string  `json:"type,omitzero"`
	Size    int64   `json:"size"`
	Width   uint16  `json:"width,omitzero"`
	Height  uint16  `json:"height,omitzero"`
	Preview []byte  `json:"preview,omitempty"`
	Media   string  `json:"media,omitzero"` // path in the export; "": it was not on this computer
	Sealed  *Sealed `json:"sealed,omitempty"`
}

// Sealed names the sealed bytes of a file on the host.
type Sealed struct {
	Root   string `json:"root"`
	Length int64  `json:"length"`
	Key    string `json:"key"`
}
