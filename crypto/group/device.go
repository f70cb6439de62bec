package group

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// maxCertificates is how many checked certificates a Device remembers: those of
// two groups of the largest size. When they are more, all are forgotten.
const maxCertificates = 4096

// Device makes, joins and opens the groups of one device in one place. Its
// methods may be called by several goroutines.
type Device struct {
	place       [32]byte
	encoded     []byte
	certificate identity.Certificate
	id          identity.DeviceID
	signer      mls.SigningKey
	sign        identity.PrivateKey // the same key, for signals
	now         func() time.Time

	mu      sync.Mutex // guards checked
	checked map[string]identity.Certificate
}

// NewDevice takes the host's static key, the device's encoded certificate for
// that place and the signing key that the certificate names for groups. now is
// the clock for lifetimes of key packages and counters of signals.
func NewDevice(place [32]byte, certificate []byte, signer mls.SigningKey, now func() time.Time) (*Device, error) {
	c, err := identity.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Place != place:
		return nil, fmt.Errorf("%w: certificate for another place", ErrCredential)
	case signer.Suite() != Suite || !bytes.Equal(c.MLS.Bytes(), signer.Public()):
		return nil, fmt.Errorf("%w: certificate for another signing key", ErrCredential)
	case now == nil:
		return nil, errors.New("group device without a clock")
	}
	sign, err := identity.NewPrivateKey(signer.Bytes())
	if err != nil {
		return nil, err
	}
	return &Device{
		place: place, encoded: bytes.Clone(certificate), certificate: c, id: c.Device(), signer: signer, sign: sign,
		now: now, checked: make(map[string]identity.Certificate),
	}, nil
}

// ID is the device's id, Identity whose it is.
func (d *Device) ID() identity.DeviceID { return d.id }

// Identity is the identity that certified this device.
func (d *Device) Identity() identity.PublicKey { return d.certificate.Identity }

// client makes the MLS client. join judges a group before it is joined.
func (d *Device) client(join func(*mls.Joining) error) (*mls.Client, error) {
	return mls.NewClient(mls.Config{
		Signer:       d.signer,
		Credential:   mls.Credential{Type: mls.BasicCredential, Identity: d.encoded},
		Policy:       rules{d},
		CheckJoin:    join,
		Supports:     []mls.ExtensionType{extPolicy},
		OpenExternal: true, // the policy decides who may replace whom
		Now:          d.now,
		Padding:      func(int) int { return 0 }, // what is sealed was padded
	})
}

// certificateOf checks the certificate in a leaf, once.
func (d *Device) certificateOf(l *mls.LeafNode) (identity.Certificate, error) {
	if l.Credential.Type != mls.BasicCredential {
		return identity.Certificate{}, fmt.Errorf("%w: type of the credential", ErrCredential)
	}
	b := l.Credential.Identity
	d.mu.Lock()
	c, known := d.checked[string(b)]
	d.mu.Unlock()
	if !known {
		var err error
		if c, err = identity.ParseCertificate(b); err != nil {
			return c, fmt.Errorf("%w: %w", ErrCredential, err)
		}
		if c.Place != d.place {
			return c, fmt.Errorf("%w: certificate for another place", ErrCredential)
		}
		d.mu.Lock()
		if len(d.checked) >= maxCertificates {
			clear(d.checked)
		}
		d.checked[string(b)] = c
		d.mu.Unlock()
	}
	if !bytes.Equal(c.MLS.Bytes(), l.SignatureKey) {
		return c, fmt.Errorf("%w: certificate for another signing key", ErrCredential)
	}
	return c, nil
}

// member describes a leaf of a group, whose certificate was checked.
func (d *Device) member(i mls.LeafIndex, l *mls.LeafNode) Member {
	c, err := d.certificateOf(l)
	if err != nil { // no leaf without one comes into a group
		return Member{Leaf: i}
	}
	return Member{Leaf: i, Device: c.Device(), Identity: c.Identity, Certificate: c}
}

// NewKeyPackage makes a package by which others add this device while it is
// away, good for 90 days, and keeps its private keys in tx until Join uses them.
// One of last resort may be used again and again: it is handed out when there is
// no other (RFC 9420, section 16.8).
func (d *Device) NewKeyPackage(tx mls.Tx, lastResort bool) ([]byte, error) {
	c, err := d.client(nil)
	if err != nil {
		return nil, err
	}
	k, err := c.NewKeyPackage(tx, lastResort)
	if err != nil {
		return nil, err
	}
	return k.Bytes(), nil
}

// DropKeyPackages deletes the private keys of packages whose lifetime ended, of
// those of last resort that were made before a time, and of the oldest if there are
// more than most, of which the newest of last resort never is one. The Welcomes made
// with them are lost.
func (d *Device) DropKeyPackages(tx mls.Tx, before time.Time, most int) error {
	c, err := d.client(nil)
	if err != nil {
		return err
	}
	return c.DropKeyPackages(tx, before, most)
}

// KeyPackage is a checked key package of another device.
type KeyPackage struct {
	Device      identity.DeviceID
	Identity    identity.PublicKey
	Certificate identity.Certificate
	LastResort  bool
	Expires     time.Time

	mls *mls.KeyPackage
}

// ParseKeyPackage checks a key package that somebody handed out: its signatures
// and suite, its device's certificate for this place, that its lifetime includes
// now, and that it understands groups of ours. Whether the identity is the one
// that is pinned and the device is not revoked is for the caller to ask. Errors
// are ErrKeyPackage.
func ParseKeyPackage(place [32]byte, b []byte, now time.Time) (*KeyPackage, error) {
	k, err := mls.ParseKeyPackage(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyPackage, err)
	}
	l := k.Leaf
	switch {
	case k.Suite != Suite:
		return nil, fmt.Errorf("%w: cipher suite %#04x", ErrKeyPackage, uint16(k.Suite))
	case l.Credential.Type != mls.BasicCredential:
		return nil, fmt.Errorf("%w: %w: type of the credential", ErrKeyPackage, ErrCredential)
	case !slices.Contains(l.Capabilities.Extensions, extPolicy):
		return nil, fmt.Errorf("%w: its device knows no policies", ErrKeyPackage)
	case l.NotBefore > uint64(now.Unix()) || l.NotAfter < uint64(now.Unix()):
		return nil, fmt.Errorf("%w: not in its lifetime", ErrKeyPackage)
	case l.NotAfter-l.NotBefore > 366*24*60*60:
		return nil, fmt.Errorf("%w: lifetime is too long", ErrKeyPackage)
	}
	c, err := identity.ParseCertificate(l.Credential.Identity)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w: %w", ErrKeyPackage, ErrCredential, err)
	case c.Place != place:
		return nil, fmt.Errorf("%w: %w: certificate for another place", ErrKeyPackage, ErrCredential)
	case !bytes.Equal(c.MLS.Bytes(), l.SignatureKey):
		return nil, fmt.Errorf("%w: %w: certificate for another signing key", ErrKeyPackage, ErrCredential)
	}
	return &KeyPackage{
		Device: c.Device(), Identity: c.Identity, Certificate: c, LastResort: k.LastResort(),
		Expires: time.Unix(int64(l.NotAfter), 0), mls: k,
	}, nil
}

// Create makes a group with this device as its only member; its identity must be
// among the admins.
func (d *Device) Create(tx mls.Tx, id [32]byte, p Policy) (*Group, error) {
	if !p.IsAdmin(d.Identity()) {
		return nil, fmt.Errorf("%w: the creator is no admin", ErrPolicy)
	}
	data, err := p.Encode()
	if err != nil {
		return nil, err
	}
	c, err := d.client(nil)
	if err != nil {
		return nil, err
	}
	g, err := c.Create(tx, id[:], mls.Extensions{{Type: extPolicy, Data: data}})
	if err != nil {
		return nil, err
	}
	return &Group{device: d, mls: g}, nil
}

// Load opens a group that this device has created or joined. mls.ErrNoGroup says
// that the store has none.
func (d *Device) Load(tx mls.Tx, id [32]byte) (*Group, error) {
	c, err := d.client(nil)
	if err != nil {
		return nil, err
	}
	g, err := c.Load(tx, id[:])
	if err != nil {
		return nil, err
	}
	return &Group{device: d, mls: g}, nil
}

// Join enters the group with this id by a Welcome. Nothing is written if it is
// refused: ErrWrongGroup if it leads into another group, mls.ErrNoKeyPackage if
// it is for none of the key packages in tx, ErrNotAllowed if who made it may not
// add this device, or other errors for which Skip is true.
func (d *Device) Join(tx mls.Tx, id [32]byte, welcome []byte) (*Group, error) {
	c, err := d.client(func(j *mls.Joining) error {
		if !bytes.Equal(j.GroupID, id[:]) {
			return ErrWrongGroup
		}
		p, err := newPolicyOf(j.Extensions)
		if err != nil {
			return err
		}
		if by := namesOf(j.Member(j.Signer)); !p.has(by.identity) && by.identity != d.Identity().Array() {
			return fmt.Errorf("%w: invited by a member who is no admin", ErrNotAllowed)
		}
		return checkMembers(p, j.Roster())
	})
	if err != nil {
		return nil, err
	}
	g, err := c.Join(tx, welcome, nil)
	if err != nil {
		return nil, err
	}
	return &Group{device: d, mls: g}, nil
}

// Rejoin comes back into a group whose state is lost or broken, by an external
// commit that replaces this device's leaf. groupInfo comes from
// [Group.GroupInfo] of a member. What the store had of the group is deleted at
// once; the new Group waits with Joined false until Process meets the commit in
// the order of the group. If another commit came first, call DropPending and try
// again with a newer GroupInfo.
//
// Nobody can prove to somebody outside that a GroupInfo is the group's present
// one: take it only from a device that was a member by the last state known.
func (d *Device) Rejoin(tx mls.Tx, id [32]byte, groupInfo []byte, header [32]byte) (*Group, []byte, error) {
	return d.rejoin(tx, id, groupInfo, header, d.id, nil)
}

// Recover is [Device.Rejoin] for a device that takes the place of a lost one of
// the same identity, which the revocation (encoded) names.
func (d *Device) Recover(tx mls.Tx, id [32]byte, groupInfo []byte, header [32]byte, revocation []byte) (*Group, []byte, error) {
	r, err := identity.ParseRevocation(revocation)
	if err != nil {
		return nil, nil, err
	}
	return d.rejoin(tx, id, groupInfo, header, r.Device, [][]byte{revocation})
}

func (d *Device) rejoin(tx mls.Tx, id [32]byte, groupInfo []byte, header [32]byte, replaces identity.DeviceID, revocations [][]byte) (*Group, []byte, error) {
	aad, err := authenticatedData(header, revocations)
	if err != nil {
		return nil, nil, err
	}
	c, err := d.client(func(j *mls.Joining) error {
		if !bytes.Equal(j.GroupID, id[:]) {
			return ErrWrongGroup
		}
		p, err := newPolicyOf(j.Extensions)
		if err != nil {
			return err
		}
		return checkMembers(p, j.Roster())
	})
	if err != nil {
		return nil, nil, err
	}
	g, message, err := c.Rejoin(tx, groupInfo, mls.Rejoining{
		AuthenticatedData: aad,
		Replaces:          func(l *mls.LeafNode) bool { return namesOf(l).device == replaces },
	})
	if err != nil {
		return nil, nil, err
	}
	return &Group{device: d, mls: g}, message, nil
}

// InfoEpoch reads which epoch a GroupInfo is of, unverified, to decide whether a
// Rejoin is worth it. Errors are ErrWrongGroup and those of mls.ParseMessage.
func InfoEpoch(id [32]byte, groupInfo []byte) (uint64, error) {
	m, err := mls.ParseMessage(groupInfo)
	if err != nil {
		return 0, err
	}
	of, epoch, ok := m.Group()
	if !ok || m.ContentKind() != 0 || !bytes.Equal(of, id[:]) {
		return 0, ErrWrongGroup
	}
	return epoch, nil
}
