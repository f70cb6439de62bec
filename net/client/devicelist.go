package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

var (
	// ErrNoIdentity says that only a device that holds the account's identity key
	// can do that: the first one, or one that has read a recovery kit.
	ErrNoIdentity = errors.New("the identity key is on another device")
	// ErrDeviceName says that a text is no name for a device: too long, or it does
	// not fit one line.
	ErrDeviceName = errors.New("not a name for a device")
)

// CheckDeviceName says whether a text can be the name of a device: ErrDeviceName
// if not.
func CheckDeviceName(name string) error {
	if err := wire.CheckDeviceName(name); err != nil {
		return fmt.Errorf("%w: %v", ErrDeviceName, err)
	}
	return nil
}

// Device is one computer of this person's account, as its certificate and the
// directory prove.
type Device struct {
	ID       chat.DeviceID
	Name     string    // as the person calls it, else as it calls itself; "" for no name
	Added    time.Time // by the clock of who certified it
	Seen     time.Time // when it was last connected, as the host says; zero: unknown
	Online   bool      // as the host says
	This     bool
	Identity bool // it says that it holds the identity key, or is the account's first
	// Out says that the host has signed it out but the identity has not: it comes in
	// no more, yet private rooms still count it among their devices. SignOut ends that.
	Out bool
}

// Devices are the computers of this person's account.
type Devices struct {
	List []Device // this one first, then the one that was seen last
	// Identity reports whether this device holds the identity key, and so can sign
	// others out, add some and make a recovery kit.
	Identity bool
	Kit      time.Time // when the last recovery kit came to the host; zero: there is none
}

// Devices returns the computers of this person's account. It asks the host for
// what only it knows, and needs a connection (ErrOffline). Besides it tells the
// other devices whether this one holds the identity key, if they do not know.
func (c *Client) Devices(ctx context.Context) (Devices, error) {
	out, _, err := c.devices(ctx)
	return out, err
}

// devices is Devices, with the believed notes.
func (c *Client) devices(ctx context.Context) (Devices, map[chat.DeviceID]*wire.DeviceNote, error) {
	listed, err := request1[*wire.Devices](ctx, c, func(ref uint32) wire.Message { return &wire.ListDevices{Ref: ref} })
	if err != nil {
		return Devices{}, nil, err
	}
	out := Devices{Kit: timeOf(listed.Kit)}
	notes := make(map[chat.DeviceID]*wire.DeviceNote)
	err = c.inDirectory(ctx, func(ctx context.Context, s *session) error {
		out.Identity = s.holdsIdentity()
		names, err := s.mateNames(ctx)
		if err != nil {
			return err
		}
		names[s.device] = c.ownName()
		info := make(map[chat.DeviceID]*wire.DeviceInfo)
		for i := range listed.Devices {
			d := &listed.Devices[i]
			info[d.ID] = d
			if n := s.note(d); n != nil {
				notes[d.ID] = n
			}
		}
		var first *device // of this identity
		own := s.ownDevices()
		for _, d := range own {
			if first == nil || d.Seq < first.Seq {
				first = d
			}
		}
		for _, d := range own {
			v := Device{ID: d.ID, This: d.ID == s.device, Identity: d == first}
			if cert, err := identity.ParseCertificate(d.Certificate); err == nil {
				v.Added = timeOf(cert.Created)
			}
			if n := notes[d.ID]; n != nil {
				v.Name, v.Identity = n.Name, n.Identity
			}
			if v.Name == "" {
				v.Name = names[d.ID]
			}
			switch i := info[d.ID]; {
			case i != nil:
				v.Seen, v.Online, v.Out = timeOf(i.Seen), i.Online, i.Out != 0
			default:
				v.Out = true
			}
			if v.This {
				v.Identity, v.Out = out.Identity, false
			}
			out.List = append(out.List, v)
		}
		return nil
	})
	if err != nil {
		return Devices{}, nil, err
	}
	slices.SortStableFunc(out.List, func(a, b Device) int {
		if a.This != b.This {
			return btoi(b.This) - btoi(a.This)
		}
		return b.Seen.Compare(a.Seen)
	})
	me := c.Me().Device
	if n := notes[me]; n == nil && out.Identity || n != nil && n.Identity != out.Identity {
		name := ""
		if n != nil {
			name = n.Name
		}
		if err := c.putNote(ctx, &wire.DeviceNote{Device: me, Name: name, Identity: out.Identity}, n); err != nil {
			c.log.Debug("note of this device not kept", "err", err)
		}
	}
	return out, notes, nil
}

// RenameDevice gives a device of this person another name, "" for the one that it calls
// itself. Own devices and the host see it. Errors are ErrDeviceName, ErrOffline,
// clientdb.ErrNotFound, *CodeError.
func (c *Client) RenameDevice(ctx context.Context, id chat.DeviceID, name string) error {
	if err := CheckDeviceName(name); err != nil {
		return err
	}
	all, notes, err := c.devices(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.List, func(d Device) bool { return d.ID == id })
	if i < 0 {
		return fmt.Errorf("rename device: %w", clientdb.ErrNotFound)
	}
	return c.putNote(ctx, &wire.DeviceNote{Device: id, Name: name, Identity: all.List[i].Identity}, notes[id])
}

// putNote signs a note of an own device and gives it to the host. before is the
// one that it takes the place of, or nil.
func (c *Client) putNote(ctx context.Context, n *wire.DeviceNote, before *wire.DeviceNote) error {
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	key, err := identity.NewPrivateKey(place.Keys.Envelope[:])
	if err != nil {
		return err
	}
	if n.By, err = transportID(place.Keys); err != nil {
		return err
	}
	n.Time = c.nowMS()
	if before != nil {
		n.Time = max(n.Time, before.Time+1)
	}
	note := n.Encode()
	_, err = c.do(ctx, func(ref uint32) wire.Message {
		return &wire.NoteDevice{Ref: ref, Note: note, Signature: key.Sign(wire.LabelDeviceNote, place.Host[:], note)}
	})
	return err
}

// note returns what own devices say of one of them, nil if nothing that can be
// believed.
func (s *session) note(d *wire.DeviceInfo) *wire.DeviceNote {
	if len(d.Note) == 0 {
		return nil
	}
	n, err := wire.ParseDeviceNote(d.Note)
	if err != nil || n.Device != d.ID {
		return nil
	}
	by := s.keeper.directory.devices[n.By]
	// What a device said of itself before it was signed out still counts.
	if by == nil || by.Account != s.account() || by.parse() != nil || by.Revoked != 0 && n.By != n.Device {
		return nil
	}
	if !by.envelope.Verify(wire.LabelDeviceNote, d.Signature, s.keeper.host[:], d.Note) {
		return nil
	}
	return n
}

// ownDevices returns the devices of this account that its identity has not ended.
func (s *session) ownDevices() []*device {
	me := s.account()
	is := s.keeper.directory.accounts[me].Identity
	var all []*device
	for _, d := range s.keeper.directory.devices {
		if d.Account == me && d.Revoked == 0 && d.parse() == nil && d.identity == is {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *device) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return all
}

// holdsIdentity reports whether this device has the account's identity key.
func (s *session) holdsIdentity() bool {
	_, err := s.identityKey()
	return err == nil
}

// identityKey returns the account's identity key, ErrNoIdentity if it is not here,
// or not the account's any more.
func (s *session) identityKey() (identity.PrivateKey, error) {
	s.c.mu.Lock()
	seed, me := s.c.place.Keys.Identity, s.c.place.Account
	s.c.mu.Unlock()
	if seed == nil {
		return identity.PrivateKey{}, ErrNoIdentity
	}
	key, err := identity.NewPrivateKey(seed)
	if err != nil {
		return key, err
	}
	if key.Public().Array() != s.keeper.directory.accounts[me].Identity {
		return identity.PrivateKey{}, ErrNoIdentity
	}
	return key, nil
}

// signOutTries is how often a revocation is made anew because the directory went
// on meanwhile.
const signOutTries = 3

// SignOut signs a device of this person out, for good: with the identity key, by
// a revocation that everybody enforces; all members take it out of the private
// rooms at once. A device without that key can only sign out itself: the host
// lets it in no more, and one that has the key revokes it when it next comes. It
// waits until the host has taken it. Errors are ErrNoIdentity, ErrOffline,
// clientdb.ErrNotFound for a device that is none of this person's, *CodeError.
//
// This device hears that it was signed out, and State becomes Stopped.
func (c *Client) SignOut(ctx context.Context, id chat.DeviceID) error {
	c.revoking.Lock() // revocations have numbers: one at a time
	defer c.revoking.Unlock()
	for try := 1; ; try++ {
		err := c.signOut(ctx, id)
		if CodeOf(err) != wire.CodeConflict || try == signOutTries {
			return err
		}
		select { // the directory brings what came first
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Client) signOut(ctx context.Context, id chat.DeviceID) error {
	m := new(wire.SignOut)
	err := c.inDirectory(ctx, func(ctx context.Context, s *session) error {
		d := s.keeper.directory.devices[id]
		if d == nil || d.Account != s.account() {
			return fmt.Errorf("sign out: %w", clientdb.ErrNotFound)
		}
		if d.Revoked != 0 {
			m = nil // it is so already
			return nil
		}
		key, err := s.identityKey()
		if errors.Is(err, ErrNoIdentity) && id == s.device {
			return nil
		}
		if err != nil {
			return err
		}
		return s.revocation(ctx, m, id, key)
	})
	if err != nil || m == nil {
		return err
	}
	if m.Entry == nil {
		if err := c.putNote(ctx, &wire.DeviceNote{Device: id, Out: true}, nil); err != nil {
			return err
		}
	}
	if _, err = c.do(ctx, func(ref uint32) wire.Message { m.Ref = ref; return m }); err != nil {
		return err
	}
	if id == c.Me().Device {
		return nil
	}
	return c.directoryHas(ctx, func(s *session) bool { return s.keeper.directory.devices[id].Revoked != 0 })
}

// revocation makes the entry that revokes a device.
func (s *session) revocation(ctx context.Context, m *wire.SignOut, id chat.DeviceID, key identity.PrivateKey) error {
	k, now := s.keeper, s.c.nowMS()
	r, err := identity.Revocation{
		Place: k.host, Identity: key.Public(), Number: k.directory.numbers[key.Public().Array()] + 1, Device: identity.DeviceID(id), At: now,
	}.Sign(key)
	if err != nil {
		return err
	}
	// Its own entry was the first row of this device in the directory, and
	// revocations are the only others.
	counter := uint64(1)
	rows, err := s.c.db.RevocationRows(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Device == s.device {
			counter = max(counter, rows[i].Counter)
		}
	}
	dir := k.ledgers[chat.Directory]
	env := wire.Envelope{
		Room: chat.Directory, Seen: dir.head(), Known: dir.head(), ID: chat.NewMessageID(), Device: s.device, Counter: counter + 1, Time: now,
		Body: wire.KindRevoke, Data: wire.EncodeBody(&wire.RevokeEntry{Account: s.account(), Revocation: r}),
	}
	if m.Entry, err = env.Seal(); err != nil {
		return err
	}
	m.Signature = s.envelope.Sign(wire.LabelOpenEnvelope, k.host[:], m.Entry)
	return nil
}

// inDirectory is inSession once the directory is complete on this connection.
func (c *Client) inDirectory(ctx context.Context, f func(ctx context.Context, s *session) error) error {
	var wait time.Duration
	for {
		ready := false
		err := c.inSession(ctx, func(ctx context.Context, s *session) error {
			dir := s.keeper.ledgers[chat.Directory]
			if ready = dir.live && len(dir.held) == 0; !ready {
				return nil
			}
			return f(ctx, s)
		})
		if err != nil || ready {
			return err
		}
		if wait += 20 * time.Millisecond; wait > time.Second {
			wait = time.Second
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// directoryHas waits until the directory says something. ErrNoAnswer says that it
// did not in time.
func (c *Client) directoryHas(ctx context.Context, is func(s *session) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		done := false
		err := c.inDirectory(ctx, func(_ context.Context, s *session) error {
			done = is(s)
			return nil
		})
		if err != nil || done {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// request1 sends a request that one message of type M answers.
func request1[M wire.Message](ctx context.Context, c *Client, build func(ref uint32) wire.Message) (M, error) {
	var none M
	r, err := c.begin()
	if err != nil {
		return none, err
	}
	defer r.end()
	m, err := r.ask(ctx, build(r.ref))
	if err != nil {
		return none, err
	}
	got, ok := m.(M)
	if !ok {
		return none, reasonOf(m)
	}
	return got, nil
}

// tidyEvery is how often a device that holds the identity key looks whether
// another one signed itself out.
const tidyEvery = 10 * time.Minute

// tidyDevices does for the own devices what only one that holds the identity key
// can do: it revokes the one whose place this one takes, and those that signed
// themselves out.
func (s *session) tidyDevices(ctx context.Context) {
	c := s.c
	c.mu.Lock()
	lost := c.place.Replaces
	c.mu.Unlock()
	if lost != (chat.DeviceID{}) {
		err := c.SignOut(ctx, lost)
		if err == nil || errors.Is(err, clientdb.ErrNotFound) { // it never was in the directory
			err = c.savePlace(ctx, func(p *clientdb.Place) { p.Replaces = chat.DeviceID{} })
		}
		if err != nil {
			if ctx.Err() == nil {
				c.log.Warn("lost device not revoked", "err", err)
			}
			s.tell(ctx, func(context.Context) error { s.tidied = c.now().Add(5*time.Second - tidyEvery); return nil })
			return
		}
		signal(s.tend)
	}
	all, notes, err := c.devices(ctx)
	if err != nil || !all.Identity {
		if err != nil && ctx.Err() == nil {
			c.log.Debug("own devices not looked at", "err", err)
		}
		return
	}
	for _, d := range all.List {
		if n := notes[d.ID]; d.Out && !d.This && n != nil && n.Out && n.By == d.ID {
			if err := c.SignOut(ctx, d.ID); err != nil {
				c.log.Warn("device that signed itself out not revoked", "err", err)
			}
		}
	}
}
