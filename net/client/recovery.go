package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/recovery"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var (
	// ErrNoCode says that a text is neither a recovery kit nor its words; ErrCodeWrong
	// that it is nearly one: a WordError among them says which word is wrong.
	ErrNoCode    = recovery.ErrCode
	ErrCodeWrong = recovery.ErrMistyped
	// ErrOtherKit says that what the place gave for a code is not what the code was
	// made for: the place is another one, or does not tell the truth.
	ErrOtherKit = errors.New("the backup is not the one of this recovery kit")
	// ErrNewIdentity says that the account has another identity than the kit: it was
	// reset since, or the kit is of somebody else.
	ErrNewIdentity = errors.New("the account has got a new identity since this kit was made")
)

// WordError says which word of a recovery kit is none of the list.
type WordError = recovery.WordError

// Kit is a new recovery kit, shown once: nobody can show it again. It prints as
// "[secret]".
type Kit struct {
	code recovery.Code
	file wire.Kit
}

// Words are what a person writes down: 15 words.
func (k *Kit) Words() []string { return k.code.Words() }

// Letters are the same as Words, in nine groups of four letters.
func (k *Kit) Letters() string { return k.code.Text() }

// Block is the part of a kit's file that the program reads: all that a new computer
// needs.
func (k *Kit) Block() string { return k.file.Block() }

// Format prints "[secret]" for every verb.
func (k *Kit) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[secret]") }

// MakeKit makes a recovery kit for this person's identity in this place, and gives
// the sealed backup to the host, in the place of the one before: older kits do not
// work any more with an honest host. Only a device that holds the identity key
// can (ErrNoIdentity), and it needs a connection. addresses, if there are any, stand
// in its file instead of those under which this device knows the place.
func (c *Client) MakeKit(ctx context.Context, addresses ...string) (*Kit, error) {
	var key identity.PrivateKey
	err := c.inDirectory(ctx, func(_ context.Context, s *session) (err error) {
		key, err = s.identityKey()
		return err
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	if len(addresses) == 0 {
		addresses = place.Addresses
	}
	self, err := transportID(place.Keys)
	if err != nil {
		return nil, err
	}
	k, now := &Kit{code: recovery.NewCode()}, c.nowMS()
	backup, err := k.code.Seal(recovery.Backup{Place: place.Host, Identity: key, Device: identity.DeviceID(self), Created: now})
	if err != nil {
		return nil, err
	}
	k.file = wire.Kit{
		Addresses: slices.Clone(addresses[:min(len(addresses), wire.MaxAddresses)]), Host: place.Host, Code: k.code.Text(), Backup: backup,
		Place: place.Name, Person: place.Person, Created: now,
	}
	if _, err := wire.ParseKit([]byte(k.file.Block())); err != nil {
		return nil, fmt.Errorf("make recovery kit: %w", err) // a place without an address that others could reach
	}
	token := k.code.Token(place.Host)
	id := sha256.Sum256(token[:])
	if _, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.PutKit{Ref: ref, ID: id, Backup: backup} }); err != nil {
		return nil, err
	}
	err = c.savePlace(ctx, func(p *clientdb.Place) { p.KitMade, p.KitProved = now, 0 })
	c.feed.publish(func(ch *Changes) { ch.Me = true })
	return k, err
}

// KitState says what this device knows of the person's recovery kit.
type KitState struct {
	Made   time.Time // here, or used to come back here; zero: never
	Proved bool      // its person proved to have it
	Hidden bool      // they do not want to be asked again
	Can    bool      // this device has an identity key, of which a kit can be made
}

// KitState returns it.
func (c *Client) KitState() KitState {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.place
	return KitState{Made: timeOf(p.KitMade), Proved: p.KitProved != 0, Hidden: p.KitHidden != 0, Can: p.Keys.Identity != nil}
}

// ProveKit notes that the person has typed words of the kit that was made here.
func (c *Client) ProveKit(ctx context.Context) error {
	return c.noteKit(ctx, func(p *clientdb.Place) { p.KitProved = c.nowMS() })
}

// HideKit notes that the person does not want to be asked to make one.
func (c *Client) HideKit(ctx context.Context) error {
	return c.noteKit(ctx, func(p *clientdb.Place) { p.KitHidden = c.nowMS() })
}

func (c *Client) noteKit(ctx context.Context, change func(*clientdb.Place)) error {
	err := c.savePlace(ctx, change)
	c.feed.publish(func(ch *Changes) { ch.Me = true })
	return err
}

// Code is a recovery kit as a person gave it back: its words or letters, or its
// file, which says also where the place is. It prints as "[secret]".
type Code struct {
	code recovery.Code
	file *wire.Kit // nil: only the words
}

// ParseCode reads what a person typed, pasted or dropped: the words or letters of a
// kit, or its file. Errors are ErrNoCode, ErrCodeWrong and *WordError.
func ParseCode(typed string) (*Code, error) {
	if file, err := wire.ParseKit([]byte(typed)); err == nil {
		code, err := recovery.ParseCode(file.Code)
		if err != nil {
			return nil, err
		}
		return &Code{code: code, file: file}, nil
	}
	code, err := recovery.ParseCode(typed)
	if err != nil {
		return nil, err
	}
	return &Code{code: code}, nil
}

// Format prints "[secret]" for every verb.
func (k *Code) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[secret]") }

// Link says where the place of the kit is; false if only its file would say.
func (k *Code) Link() (wire.Link, bool) {
	if k.file == nil {
		return wire.Link{}, false
	}
	return wire.Link{Addresses: slices.Clone(k.file.Addresses), Host: k.file.Host}, true
}

// Names are what the place and the person were called when the kit was made; "" if
// only its file would say.
func (k *Code) Names() (place, person string) {
	if k.file == nil {
		return "", ""
	}
	return k.file.Place, k.file.Person
}

// Lost is what a recovery kit has found: whose identity it is, and which computers
// that person has.
type Lost struct {
	Link    wire.Link // with the host's key: what the kit was made for
	Place   string    // as the host says, "" if it does not tell strangers
	Name    string
	Devices []Device // by their certificates and signed names; the one seen last first
	// Made is the device that made the kit.
	Made chat.DeviceID

	account chat.AccountID
	key     identity.PrivateKey
}

// Format prints "[secret]" for every verb: the identity key is in it.
func (l *Lost) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[secret]") }

// FindLost asks the place at l what a recovery kit is for. A Host of zero in l is
// a bare address: the kit itself proves that the place is its own. A kit's file
// needs no backup of the host. Errors are those of Look, ErrOtherKit,
// *CodeError with wire.CodeNoKit (no such kit, or nobody with this identity).
func (c *Client) FindLost(ctx context.Context, k *Code, l wire.Link) (*Lost, error) {
	key, err := channel.GenerateKey() // of its own: looking tells nothing about this device
	if err != nil {
		return nil, err
	}
	d, err := c.knock(ctx, l, key)
	if err != nil {
		return nil, err
	}
	defer d.hangUp()
	var sealed []byte
	if k.file != nil {
		sealed = k.file.Backup
	} else {
		token := k.code.Token(d.peer)
		got, err := ask[*wire.Recovery](ctx, d, &wire.Recover{Token: token[:]})
		if err != nil {
			return nil, err
		}
		sealed = got.Backup
	}
	backup, err := openBackup(k.code, sealed, d.peer)
	if err != nil {
		return nil, err
	}
	got, err := d.proveIdentity(ctx, backup.Identity)
	if err != nil {
		return nil, err
	}
	l.Host = d.peer
	l.Secret, l.Inviter = nil, nil
	lost := &Lost{Link: l, Name: got.Name, Made: chat.DeviceID(backup.Device), account: got.Account, key: backup.Identity}
	if d.welcome.Card != nil {
		lost.Place = d.welcome.Card.Place
	}
	lost.Devices = certified(d.peer, backup.Identity.Public(), got.Devices)
	return lost, nil
}

// openBackup opens a backup and checks that it is of this place.
func openBackup(code recovery.Code, sealed []byte, host [32]byte) (recovery.Backup, error) {
	b, err := code.Open(sealed)
	if err != nil {
		return b, fmt.Errorf("%w: %v", ErrOtherKit, err)
	}
	if b.Place != host {
		return b, fmt.Errorf("%w: of another place", ErrOtherKit)
	}
	return b, nil
}

// proveIdentity proves an identity to the host, on this channel only.
func (d *door) proveIdentity(ctx context.Context, key identity.PrivateKey) (*wire.Recovery, error) {
	m := &wire.Recover{Identity: key.Public().Bytes(), Proof: key.Sign(wire.LabelRecover, d.peer[:], d.binding[:])}
	return ask[*wire.Recovery](ctx, d, m)
}

// certified returns which devices of a list the identity has certified, with the
// names that such devices have signed.
func certified(host [32]byte, of identity.PublicKey, list []wire.DeviceInfo) []Device {
	certs := make(map[chat.DeviceID]identity.Certificate)
	for _, i := range list {
		cert, err := identity.ParseCertificate(i.Certificate)
		if err == nil && cert.Place == host && cert.Identity.Equal(of) && chat.DeviceID(cert.Device()) == i.ID {
			certs[i.ID] = cert
		}
	}
	var out []Device
	for _, i := range list {
		cert, is := certs[i.ID]
		if !is {
			continue
		}
		v := Device{ID: i.ID, Added: timeOf(cert.Created), Seen: timeOf(i.Seen), Online: i.Online, Out: i.Out != 0}
		if n, err := wire.ParseDeviceNote(i.Note); err == nil && n.Device == i.ID {
			if by, known := certs[n.By]; known && by.Envelope.Verify(wire.LabelDeviceNote, i.Signature, host[:], i.Note) {
				v.Name, v.Identity = n.Name, n.Identity
			}
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b Device) int { return b.Seen.Compare(a.Seen) })
	return out
}

// Recover makes this device one of the account that FindLost has found, by its
// identity and without a password: afterwards Run connects. replaces is the
// computer that is lost: it is revoked as soon as the directory is here, and this
// one takes its place in private rooms, each once another member is online; zero
// for none. Errors are those of Look, ErrJoined and *CodeError.
func (c *Client) Recover(ctx context.Context, lost *Lost, replaces chat.DeviceID) error {
	return c.signUp(ctx, lost.Link, func(ctx context.Context, d *door, n *newcomer) error {
		if n.place.Joined && n.place.Account != lost.account {
			return ErrNewIdentity // this store is somebody else's
		}
		got, err := d.proveIdentity(ctx, lost.key)
		if err != nil {
			return err
		}
		n.identity = lost.key
		n.place.Keys.Identity = lost.key.Bytes()
		n.place.Account, n.place.Person, n.place.Replaces = got.Account, got.Name, replaces
		n.place.KitMade, n.place.KitProved = c.nowMS(), c.nowMS() // it is in the person's hands
		return d.enrol(ctx, n, &wire.RegisterFinish{}, wire.KindDevice)
	})
}

// TakeIdentity brings the identity key to this device, which is logged in, by the
// words or the file of a recovery kit: from then on it can sign others out, add
// some and make a kit. Errors are ErrOtherKit, ErrNewIdentity, ErrOffline and
// *CodeError.
func (c *Client) TakeIdentity(ctx context.Context, k *Code) error {
	host := c.Place().Host
	var sealed []byte
	if k.file != nil {
		sealed = k.file.Backup
	} else {
		token := k.code.Token(host)
		got, err := request1[*wire.Recovery](ctx, c, func(ref uint32) wire.Message { return &wire.Recover{Ref: ref, Token: token[:]} })
		if err != nil {
			return err
		}
		sealed = got.Backup
	}
	backup, err := openBackup(k.code, sealed, host)
	if err != nil {
		return err
	}
	return c.inDirectory(ctx, func(ctx context.Context, s *session) error {
		if s.keeper.directory.accounts[s.account()].Identity != backup.Identity.Public().Array() {
			return ErrNewIdentity
		}
		err := c.savePlace(ctx, func(p *clientdb.Place) {
			p.Keys.Identity, p.KitMade, p.KitProved = backup.Identity.Bytes(), c.nowMS(), c.nowMS()
		})
		c.feed.publish(func(ch *Changes) { ch.Me = true })
		return err
	})
}
