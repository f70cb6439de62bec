package wire

import "github.com/snugchat/snug/storage/chat"

// MaxReoffer is how many rows a Reoffer may have: it is one message, so that as many
// small rows fit as in an answer to Fetch.
const MaxReoffer = 200

// Reoffer gives a host, whose store was restored from a backup, rows of a room back
// that it has lost: as it had sent them, in their order, without a gap, from behind
// the last one that it has. Without rows it asks up to where host and client have the
// same; with neither rows nor a cursor it says that this device has nothing to give.
type Reoffer struct {
	Room   chat.RoomID `cbor:"1,keyasint"`
	Cursor uint64      `cbor:"2,keyasint,omitempty"` // the row up to which the client wants to compare
	Rows   []Row       `cbor:"3,keyasint,omitempty"` // at most MaxReoffer, no tombstones
}

// Reoffered answers Reoffer, after what became of its rows.
type Reoffered struct {
	Room  chat.RoomID `cbor:"1,keyasint"`
	After uint64      `cbor:"2,keyasint,omitempty"` // the host's last row up to Cursor
	Chain []byte      `cbor:"3,keyasint,omitempty"` // of the room after that row, 32 bytes; with a Cursor only
	From  uint64      `cbor:"4,keyasint,omitempty"` // rows after this one were lost; 0: none ever were
	Open  bool        `cbor:"5,keyasint,omitempty"` // After is the room's last row, and rows behind it are taken at their places
}

// The numbers of the messages.
func (*Reoffer) Kind() Kind   { return 89 }
func (*Reoffered) Kind() Kind { return 90 }

func (m *Reoffer) bounds() error { return atMost("rows", len(m.Rows), MaxReoffer) }
