package wire

import (
	"fmt"

	"github.com/snugchat/snug/storage/chat"
)

// MaxBackup is the largest sealed backup of an identity in bytes: those of
// crypto/recovery have 118.
const MaxBackup = 256

// LabelRecover is the label under which an identity proves itself to the host
// without a password; what is signed with it is the host's 32-byte key and the
// binding of the channel.
const LabelRecover = "snug/1 recover"

// PutKit keeps the sealed backup of the account's identity on the host, in the
// place of the one before. Done or Failure answers.
type PutKit struct {
	Ref    uint32   `cbor:"1,keyasint"`
	ID     [32]byte `cbor:"2,keyasint"`           // SHA-256 of the token by which it is asked for
	Backup []byte   `cbor:"3,keyasint,omitempty"` // empty: forget the one that is there
}

// Recover asks, on a connection that nobody is logged in on, for the backup that a
// recovery code opens (Token), or proves an identity (Identity and Proof): then
// the connection may go on with a RegisterFinish without a Record, as after
// LoginProved. On one that is logged in it may ask for a backup. Recovery or
// Failure answers.
type Recover struct {
	Ref      uint32 `cbor:"1,keyasint,omitempty"` // of a device that is logged in
	Token    []byte `cbor:"2,keyasint,omitempty"` // 32 bytes
	Identity []byte `cbor:"3,keyasint,omitempty"` // 32 bytes
	Proof    []byte `cbor:"4,keyasint,omitempty"` // 64 bytes
}

// Recovery answers Recover: the backup, or whose identity it is.
type Recovery struct {
	Ref     uint32         `cbor:"1,keyasint,omitempty"`
	Backup  []byte         `cbor:"2,keyasint,omitempty"`
	Account chat.AccountID `cbor:"3,keyasint"`
	Name    string         `cbor:"4,keyasint,omitempty"`
	Devices []DeviceInfo   `cbor:"5,keyasint,omitempty"` // of the account, with their certificates
}

// ListMembers asks whom a sealed room is delivered to. Members or Failure
// answers. A device that has lost a room, or never had it, learns so whom it may
// ask; what the members can read is another matter.
type ListMembers struct {
	Ref  uint32      `cbor:"1,keyasint"`
	Room chat.RoomID `cbor:"2,keyasint"`
}

// Members answers ListMembers, with at most MaxItems accounts.
type Members struct {
	Ref      uint32           `cbor:"1,keyasint"`
	Accounts []chat.AccountID `cbor:"2,keyasint,omitempty"`
}

// The numbers of the messages.
func (*PutKit) Kind() Kind      { return 84 }
func (*Recover) Kind() Kind     { return 85 }
func (*Recovery) Kind() Kind    { return 86 }
func (*ListMembers) Kind() Kind { return 87 }
func (*Members) Kind() Kind     { return 88 }

func (m *PutKit) bounds() error { return atMost("backup", len(m.Backup), MaxBackup) }

func (m *Recover) bounds() error {
	for _, f := range []struct {
		what string
		b    []byte
		size int
	}{{"token", m.Token, 32}, {"identity", m.Identity, 32}, {"proof", m.Proof, SignatureSize}} {
		if n := len(f.b); n != 0 && n != f.size {
			return fmt.Errorf("%s of %d bytes", f.what, n)
		}
	}
	return nil
}

func (m *Recovery) bounds() error {
	if err := deviceBounds(m.Devices); err != nil {
		return err
	}
	return atMost("backup", len(m.Backup), MaxBackup)
}
