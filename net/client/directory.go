package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// directory is who is who, as the entries of the directory room prove it: the
// pin table. It is a pure state machine over rows and owned by one goroutine.
type directory struct {
	host     [32]byte
	accounts map[chat.AccountID]clientdb.Account
	devices  map[chat.DeviceID]*device
	numbers  map[[32]byte]uint64       // last revocation of each identity
	proofs   map[chat.DeviceID][]byte  // signed revocations
	names    map[string]chat.AccountID // by skeleton: no two people look alike
}

// device is a certified device. Its keys are parsed when it first speaks.
type device struct {
	clientdb.Device
	envelope identity.PublicKey
	identity [32]byte
	parsed   bool
}

// parse checks the certificate that is stored once more and takes the keys.
func (d *device) parse() error {
	if d.parsed {
		return nil
	}
	cert, err := identity.ParseCertificate(d.Certificate)
	if err != nil {
		return err
	}
	d.envelope, d.identity, d.parsed = cert.Envelope, cert.Identity.Array(), true
	return nil
}

// validAt reports whether the device might speak in the row seq: after the row
// that brought it, before one that ended it.
func (d *device) validAt(seq uint64) bool {
	return d.Seq < seq && (d.Revoked == 0 || seq < d.Revoked)
}

func loadDirectory(ctx context.Context, db *clientdb.DB, host [32]byte) (*directory, error) {
	accounts, devices, revocations, err := db.People(ctx)
	if err != nil {
		return nil, err
	}
	d := &directory{
		host: host, accounts: make(map[chat.AccountID]clientdb.Account),
		devices: make(map[chat.DeviceID]*device), numbers: make(map[[32]byte]uint64),
	}
	if err := loadProofs(ctx, db, d); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a.Identity != [32]byte{} {
			d.take(news{accounts: []clientdb.Account{a}})
		}
	}
	for _, v := range devices {
		d.devices[v.ID] = &device{Device: v}
	}
	for _, r := range revocations {
		d.numbers[r.Identity] = max(d.numbers[r.Identity], r.Number)
	}
	return d, nil
}

// news is what an entry changed.
type news struct {
	accounts    []clientdb.Account
	devices     []clientdb.Device
	revocations []clientdb.Revocation
	account     chat.AccountID
	identity    bool // an account's identity became another one
}

// errEntry says that an entry of the directory proves nothing.
var errEntry = errors.New("directory entry proves nothing")

// enter takes one entry: an envelope of the directory with its signature. On an
// error nothing has changed.
func (d *directory) enter(now int64, seq uint64, env *wire.Envelope, raw, signature []byte) (news, error) {
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return news{}, fmt.Errorf("%w: %v", errEntry, err)
	}
	switch b := body.(type) {
	case *wire.AccountEntry:
		return d.enterAccount(now, seq, env, b, raw, signature)
	case *wire.RevokeEntry:
		return d.enterRevocation(seq, env, b, raw, signature)
	case nil:
		return news{}, nil // of a later version
	}
	return news{}, fmt.Errorf("%w: kind %d", errEntry, env.Body)
}

func (d *directory) enterAccount(now int64, seq uint64, env *wire.Envelope, b *wire.AccountEntry, raw, signature []byte) (news, error) {
	cert, err := identity.ParseCertificate(b.Certificate)
	switch {
	case err != nil:
		return news{}, fmt.Errorf("%w: %v", errEntry, err)
	case cert.Place != d.host:
		return news{}, fmt.Errorf("%w: certificate of another place", errEntry)
	case chat.DeviceID(cert.Device()) != env.Device:
		return news{}, fmt.Errorf("%w: certificate of another device", errEntry)
	case !cert.Envelope.Verify(wire.LabelOpenEnvelope, signature, d.host[:], raw):
		return news{}, fmt.Errorf("%w: signature", errEntry)
	case d.devices[env.Device] != nil:
		return news{}, fmt.Errorf("%w: the device is known already", errEntry)
	}
	old, known := d.accounts[b.Account]
	key := cert.Identity.Array()
	n := news{account: b.Account}
	switch env.Body {
	case wire.KindAccount:
		if known {
			return news{}, fmt.Errorf("%w: the account is known already", errEntry)
		}
		// The host must not show a second person under a name that is pinned.
		shown, skeleton, err := chat.NormalName(b.Name)
		if err != nil || shown != b.Name {
			return news{}, fmt.Errorf("%w: not a name", errEntry)
		}
		if _, taken := d.names[skeleton]; taken {
			return news{}, fmt.Errorf("%w: somebody else has this name", errEntry)
		}
		n.accounts = []clientdb.Account{{ID: b.Account, Name: b.Name, Identity: key, FirstSeen: now}}
	case wire.KindDevice:
		if !known || old.Identity != key || old.Name != b.Name {
			return news{}, fmt.Errorf("%w: the account's identity does not vouch for the device", errEntry)
		}
	case wire.KindIdentity:
		if !known || old.Identity == key || old.Name != b.Name {
			return news{}, fmt.Errorf("%w: no new identity", errEntry)
		}
		// What the old identity vouched for ends with it.
		for _, v := range slices.SortedFunc(maps.Values(d.devices), func(a, b *device) int { return slices.Compare(a.ID[:], b.ID[:]) }) {
			if v.Account == b.Account && v.Revoked == 0 {
				gone := v.Device
				gone.Revoked = seq
				n.devices = append(n.devices, gone)
			}
		}
		old.Identity, old.Changed = key, now
		n.accounts, n.identity = []clientdb.Account{old}, true
	}
	n.devices = append(n.devices, clientdb.Device{ID: env.Device, Account: b.Account, Certificate: b.Certificate, Seq: seq})
	d.take(n)
	return n, nil
}

func (d *directory) enterRevocation(seq uint64, env *wire.Envelope, b *wire.RevokeEntry, raw, signature []byte) (news, error) {
	speaker := d.devices[env.Device]
	a, known := d.accounts[b.Account]
	switch {
	case !known || speaker == nil || speaker.Account != b.Account || !speaker.validAt(seq) || speaker.parse() != nil:
		return news{}, fmt.Errorf("%w: by a device that has no say", errEntry)
	case !speaker.envelope.Verify(wire.LabelOpenEnvelope, signature, d.host[:], raw):
		return news{}, fmt.Errorf("%w: signature", errEntry)
	}
	r, err := identity.ParseRevocation(b.Revocation)
	switch {
	case err != nil:
		return news{}, fmt.Errorf("%w: %v", errEntry, err)
	case r.Place != d.host || r.Identity.Array() != a.Identity:
		return news{}, fmt.Errorf("%w: revocation of another place or identity", errEntry)
	case errors.Is(r.Follows(d.numbers[a.Identity]), identity.ErrRevocationOld):
		return news{}, fmt.Errorf("%w: old revocation", errEntry)
	}
	target := d.devices[chat.DeviceID(r.Device)]
	if target == nil || target.Account != b.Account {
		return news{}, fmt.Errorf("%w: revocation of an unknown device", errEntry)
	}
	// A gap means that the host keeps one back; this one counts all the same.
	n := news{account: b.Account, revocations: []clientdb.Revocation{{
		Identity: a.Identity, Number: r.Number, Device: chat.DeviceID(r.Device), At: r.At, Seq: seq,
	}}}
	if target.Revoked == 0 {
		gone := target.Device
		gone.Revoked = seq
		n.devices = []clientdb.Device{gone}
	}
	d.take(n)
	d.prove(b)
	return n, nil
}

// prove keeps a revocation: it lets members who are no admins take the device out
// of their rooms.
func (d *directory) prove(b *wire.RevokeEntry) {
	r, err := identity.ParseRevocation(b.Revocation)
	if err != nil {
		return
	}
	if d.proofs == nil {
		d.proofs = make(map[chat.DeviceID][]byte)
	}
	d.proofs[chat.DeviceID(r.Device)] = b.Revocation
}

// take changes the state by what is new.
func (d *directory) take(n news) {
	for _, a := range n.accounts {
		d.accounts[a.ID] = a
		if _, skeleton, err := chat.NormalName(a.Name); err == nil {
			if d.names == nil {
				d.names = make(map[string]chat.AccountID)
			}
			d.names[skeleton] = a.ID
		}
	}
	for _, v := range n.devices {
		if old := d.devices[v.ID]; old != nil {
			old.Device = v
			continue
		}
		d.devices[v.ID] = &device{Device: v}
	}
	for _, r := range n.revocations {
		d.numbers[r.Identity] = max(d.numbers[r.Identity], r.Number)
	}
}
