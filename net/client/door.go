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
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/crypto/password"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// stepTimeout is how long the host may take for one step of signing up: it
// waits up to 5 s for its turn at OPAQUE, and people have slow lines.
const stepTimeout = 30 * time.Second

// Visit is what somebody sees who stands at the door.
type Visit struct {
	Link        wire.Link  // with Host filled in: what Register and Login take
	Card        *wire.Card // nil: the place tells strangers nothing
	Problem     wire.Code  // what is wrong with the invite, wire.CodeOK: nothing
	Program     string     // that hosts the place
	Fingerprint string     // of the host's key
}

// Look connects to a place and asks what a newcomer may know. A link whose Host
// is zero is a bare address: the key that the host shows is put into
// Visit.Link, and a person has to compare Visit.Fingerprint before that is used
// (trust on first use). Errors are ErrUnreachable, ErrWrongHost, a *CodeError
// (wire.CodeTooOld and wire.CodeTooNew among them), ErrProtocol.
func (c *Client) Look(ctx context.Context, l wire.Link) (Visit, error) {
	// A key of its own: looking tells the host nothing about who looks.
	key, err := channel.GenerateKey()
	if err != nil {
		return Visit{}, err
	}
	d, err := c.knock(ctx, l, key)
	if err != nil {
		return Visit{}, err
	}
	defer d.hangUp()
	l.Host = d.peer
	return Visit{Link: l, Card: d.welcome.Card, Problem: d.welcome.Link, Program: d.welcome.Program, Fingerprint: identity.Fingerprint(d.peer)}, nil
}

// CheckPassword says what is wrong with a new password: one of the errors of
// package password. names are those of the person and the place.
func CheckPassword(pass string, names ...string) error { return password.Check(pass, names...) }

// SuggestPassword returns four random words.
func SuggestPassword() string { return password.Suggest() }

// Register makes an account and this device its first: afterwards Run connects.
// An empty password is for owner links (Card.NoPass) only. If the connection is
// lost before the host has answered, the same call again finds out whether the
// account was made. It computes for about a second. Errors are those of Look,
// of CheckPassword and chat.NormalName, and ErrJoined.
func (c *Client) Register(ctx context.Context, l wire.Link, name, pass string) error {
	shown, _, err := chat.NormalName(name)
	if err != nil {
		return err
	}
	if pass != "" {
		if err := password.Check(pass, shown); err != nil {
			return err
		}
	}
	return c.signUp(ctx, l, func(ctx context.Context, d *door, n *newcomer) error {
		if err := n.plain(); err != nil {
			return err
		}
		m := &wire.Register{Name: shown, Token: tokenOf(l)}
		finish := &wire.RegisterFinish{}
		response, err := d.register(ctx, m, finish, pass)
		if err != nil {
			return err
		}
		n.place.Account, n.place.Person, n.place.HasPass = response.Account, shown, pass != ""
		if err := c.keepIntroduction(ctx, l); err != nil {
			return err
		}
		return d.enrol(ctx, n, finish, wire.KindAccount)
	})
}

// Reset brings an account back whose password an admin reset: code is the
// one-time code, pass the new password.
func (c *Client) Reset(ctx context.Context, l wire.Link, name, code, pass string) error {
	shown, _, err := chat.NormalName(name)
	if err != nil {
		return err
	}
	if err := password.Check(pass, shown); err != nil {
		return err
	}
	err = c.signUp(ctx, l, reset(shown, code, pass, false))
	if CodeOf(err) == wire.CodeWrongKey {
		// This computer has an identity of the account that is not the account's
		// any more. The host has not used the code up.
		err = c.signUp(ctx, l, reset(shown, code, pass, true))
	}
	return err
}

// reset returns the steps of Reset. With fresh, the account gets a new identity
// though one is here.
func reset(shown, code, pass string, fresh bool) func(context.Context, *door, *newcomer) error {
	return func(ctx context.Context, d *door, n *newcomer) error {
		if err := n.plain(); err != nil {
			return err
		}
		finish := &wire.RegisterFinish{}
		response, err := d.register(ctx, &wire.Register{Name: shown, Code: code}, finish, pass)
		if err != nil {
			return err
		}
		kind := wire.KindIdentity
		if n.place.Account == response.Account && n.hadIdentity && !fresh {
			kind, n.place.Replaces = wire.KindDevice, n.earlier
		} else if err := n.newIdentity(); err != nil {
			return err
		}
		n.place.Account, n.place.Person, n.place.HasPass = response.Account, shown, true
		return d.enrol(ctx, n, finish, kind)
	}
}

// Login makes this device one more of an account, by name and password. If the
// account's identity key is not here, the account gets a new one, which signs
// out its other devices and is shown to everyone. A wrong password and an
// unknown name are a *CodeError with wire.CodeRefused.
func (c *Client) Login(ctx context.Context, l wire.Link, name, pass string) error {
	shown, _, err := chat.NormalName(name)
	if err != nil {
		return &CodeError{Code: wire.CodeRefused} // no account has such a name
	}
	return c.signUp(ctx, l, func(ctx context.Context, d *door, n *newcomer) error {
		if err := n.plain(); err != nil {
			return err
		}
		login, ke1, err := opaque.StartLogin(d.binding, pass)
		if err != nil {
			return refusal(err)
		}
		defer login.Discard()
		reply, err := ask[*wire.LoginReply](ctx, d, &wire.Login{Name: shown, KE1: ke1})
		if err != nil {
			return err
		}
		ke3, err := login.Finish(reply.KE2)
		if err != nil {
			return refusal(err)
		}
		proved, err := ask[*wire.LoginProved](ctx, d, &wire.LoginFinish{KE3: ke3})
		if err != nil {
			return err
		}
		kind := wire.KindDevice
		if !n.hadIdentity || n.identity.Public().Array() != proved.Identity {
			if err := n.newIdentity(); err != nil {
				return err
			}
			kind = wire.KindIdentity
		} else {
			n.place.Replaces = n.earlier
		}
		n.place.Account, n.place.Person, n.place.HasPass = proved.Account, proved.Name, true
		return d.enrol(ctx, n, &wire.RegisterFinish{}, kind)
	})
}

// refusal hides why OPAQUE failed: it is a wrong name or password to everybody.
func refusal(err error) error {
	if errors.Is(err, opaque.ErrRefused) {
		return &CodeError{Code: wire.CodeRefused}
	}
	return fmt.Errorf("%w: %v", ErrProtocol, err)
}

func tokenOf(l wire.Link) []byte {
	if len(l.Secret) != wire.SecretSize {
		return nil
	}
	token := identity.InviteToken(identity.InviteSecret(l.Secret))
	return token[:]
}

// newcomer is a device that signs up, with its keys.
type newcomer struct {
	place       clientdb.Place
	transport   channel.PrivateKey
	envelope    identity.PrivateKey
	mls         identity.PrivateKey
	identity    identity.PrivateKey
	hadIdentity bool // of the account, from an earlier device here
	// earlier is that device if the host signed it out or forgot it: the new one
	// takes its place. Zero else: another computer may use its keys.
	earlier chat.DeviceID
}

// plain forgets what an attempt to recover has left, which was given up.
func (n *newcomer) plain() error {
	recovered := !n.place.Joined && n.place.KitProved != 0
	n.place.Replaces = chat.DeviceID{}
	if !recovered {
		return nil
	}
	n.place.KitMade, n.place.KitProved = 0, 0
	return n.newIdentity()
}

func (n *newcomer) newIdentity() (err error) {
	if n.identity, err = identity.GenerateKey(); err != nil {
		return err
	}
	n.place.Keys.Identity = n.identity.Bytes()
	return nil
}

// newcomer returns the keys to sign up with. Keys that were made before and
// never belonged to a member are used again: if the host enrolled them and its
// answer was lost, it knows them.
func (c *Client) newcomer(l wire.Link) (*newcomer, error) {
	c.mu.Lock()
	n := &newcomer{place: c.place}
	known := c.known
	state := c.state
	c.mu.Unlock()
	if known && n.place.Joined && state.Phase != Stopped {
		return nil, ErrJoined
	}
	if known && n.place.Host != l.Host {
		if n.place.Joined {
			return nil, ErrWrongHost // this store belongs to another place
		}
		known = false
	}
	if !known {
		n.place = clientdb.Place{Host: l.Host}
	}
	n.place.Addresses = slices.Clone(l.Addresses)
	var err error
	if n.place.Joined && (CodeOf(state.Err) == wire.CodeSignedOut || errors.Is(state.Err, ErrUnknownDevice)) {
		if n.earlier, err = transportID(n.place.Keys); err != nil {
			return nil, err
		}
	}
	if n.hadIdentity = n.place.Joined && n.place.Keys.Identity != nil; n.hadIdentity {
		n.identity, err = identity.NewPrivateKey(n.place.Keys.Identity)
	} else if known && !n.place.Joined && n.place.Keys.Identity != nil {
		n.identity, err = identity.NewPrivateKey(n.place.Keys.Identity)
	} else {
		err = n.newIdentity()
	}
	if err != nil {
		return nil, err
	}
	if known && !n.place.Joined {
		return n, n.readKeys()
	}
	return n, n.makeKeys()
}

func (n *newcomer) readKeys() error {
	var err1, err2, err3 error
	n.transport, err1 = channel.NewPrivateKey(n.place.Keys.Transport[:])
	n.envelope, err2 = identity.NewPrivateKey(n.place.Keys.Envelope[:])
	n.mls, err3 = identity.NewPrivateKey(n.place.Keys.MLS[:])
	return errors.Join(err1, err2, err3)
}

func (n *newcomer) makeKeys() error {
	var err1, err2, err3 error
	n.transport, err1 = channel.GenerateKey()
	n.envelope, err2 = identity.GenerateKey()
	n.mls, err3 = identity.GenerateKey()
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	n.place.Keys.Transport = [32]byte(n.transport.Bytes())
	n.place.Keys.Envelope = [32]byte(n.envelope.Bytes())
	n.place.Keys.MLS = [32]byte(n.mls.Bytes())
	return nil
}

// door is a connection of somebody who is not a member yet.
type door struct {
	*line
	c       *Client
	welcome *wire.Welcome
}

// knock connects and says hello.
func (c *Client) knock(ctx context.Context, l wire.Link, key channel.PrivateKey) (*door, error) {
	verify := func(channel.PublicKey) error { return nil } // a bare address
	if l.Host != [32]byte{} {
		pin, err := channel.NewPublicKey(l.Host[:])
		if err != nil {
			return nil, fmt.Errorf("%w: %v", wire.ErrBadLink, err)
		}
		verify = channel.Pin(pin)
	}
	conn, err := c.reach(ctx, l.Addresses, key, verify)
	if err != nil {
		return nil, err
	}
	d := &door{line: newLine(ctx, c, conn), c: c}
	step, cancel := context.WithTimeoutCause(ctx, stepTimeout, ErrNoAnswer)
	defer cancel()
	if d.welcome, err = d.greet(step, c.cfg.Program, tokenOf(l)); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// signUp runs steps on a connection of a newcomer's keys.
func (c *Client) signUp(ctx context.Context, l wire.Link, steps func(context.Context, *door, *newcomer) error) error {
	if l.Host == [32]byte{} {
		return fmt.Errorf("%w: no key of the host: Look first", wire.ErrBadLink)
	}
	c.join.Lock()
	defer c.join.Unlock()
	n, err := c.newcomer(l)
	if err != nil {
		return err
	}
	d, err := c.knock(ctx, l, n.transport)
	if err != nil {
		return err
	}
	n.place.Lineage = d.welcome.Lineage
	if card := d.welcome.Card; card != nil {
		n.place.Name, n.place.Mode, n.place.Owner = card.Place, card.Mode, card.Host
	}
	err = steps(ctx, d, n)
	var already *enrolledError
	if errors.As(err, &already) && !n.place.Joined {
		err = d.joined(ctx, n, already.session) // the answer to an earlier try was lost
	}
	if err != nil {
		d.close()
		return err
	}
	d.hangUp()
	c.Reconnect()
	return nil
}

// enrolledError says that the host knows this device already.
type enrolledError struct{ session *wire.Session }

func (e *enrolledError) Error() string { return "this device is enrolled already" }

// ask sends a message and waits for an answer of type M.
func ask[M wire.Message](ctx context.Context, d *door, m wire.Message) (M, error) {
	var none M
	if err := d.send(m); err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, stepTimeout, ErrNoAnswer)
	defer cancel()
	for {
		got, err := d.receive(ctx)
		if err != nil {
			return none, err
		}
		if answer, ok := got.(M); ok {
			return answer, nil
		}
		switch got := got.(type) {
		case *wire.Session:
			return none, &enrolledError{got}
		case *wire.Failure, *wire.Goodbye:
			return none, reasonOf(got)
		}
		// Others are what a member gets; they come again when Run connects.
	}
}

// register runs the OPAQUE registration and puts the record into finish.
func (d *door) register(ctx context.Context, m *wire.Register, finish *wire.RegisterFinish, pass string) (*wire.RegisterReply, error) {
	var reg *opaque.Registration
	if pass != "" {
		var err error
		if reg, m.Request, err = opaque.StartRegistration(pass); err != nil {
			return nil, err
		}
		defer reg.Discard()
	}
	reply, err := ask[*wire.RegisterReply](ctx, d, m)
	if err != nil {
		return nil, err
	}
	if reg != nil {
		if finish.Record, err = reg.Finish(reply.Response); err != nil {
			return nil, refusal(err)
		}
	}
	return reply, nil
}

// enrol certifies the device, unless finish has a certificate of another one that
// did, announces it in the directory and waits until the host has it on disk.
func (d *door) enrol(ctx context.Context, n *newcomer, finish *wire.RegisterFinish, kind wire.BodyKind) error {
	now := d.c.nowMS()
	var err error
	if finish.Certificate == nil {
		finish.Certificate, err = identity.Certificate{
			Place: d.peer, Identity: n.identity.Public(), Transport: n.transport.Public().Array(),
			Envelope: n.envelope.Public(), MLS: n.mls.Public(), Created: now,
		}.Sign(n.identity, n.envelope)
		if err != nil {
			return err
		}
	}
	entry := wire.Envelope{
		Room: chat.Directory, ID: chat.NewMessageID(), Device: deviceOf(n.transport), Counter: 1, Time: now, Body: kind,
		Data: wire.EncodeBody(&wire.AccountEntry{Account: n.place.Account, Name: n.place.Person, Certificate: finish.Certificate}),
	}
	if finish.Entry, err = entry.Seal(); err != nil {
		return err
	}
	finish.Signature = n.envelope.Sign(wire.LabelOpenEnvelope, d.peer[:], finish.Entry)
	if !n.place.Joined {
		// From here on the host may have enrolled these keys.
		if err := d.c.keepPending(ctx, n.place); err != nil {
			return err
		}
	}
	session, err := ask[*wire.Session](ctx, d, finish)
	if err != nil {
		return err
	}
	return d.joined(ctx, n, session)
}

// keepPending stores the keys of a device that is about to be enrolled.
func (c *Client) keepPending(ctx context.Context, p clientdb.Place) error {
	return c.savePlace(ctx, func(to *clientdb.Place) { *to = p })
}

// joined makes the device a member's in the store.
func (d *door) joined(ctx context.Context, n *newcomer, s *wire.Session) error {
	p := n.place
	if s.Device != deviceOf(n.transport) {
		return fmt.Errorf("%w: session of another device", ErrProtocol)
	}
	p.Joined, p.Account, p.Person, p.Role, p.State, p.MaxFile, p.HasPass = true, s.Account, s.Name, s.Role, s.State, s.MaxFile, s.HasPass
	c := d.c
	if err := c.enrolled(ctx, p); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) { ch.Me, ch.Place = true, true })
	return c.load(ctx)
}

// enrolled stores the place of a device that the host has enrolled.
func (c *Client) enrolled(ctx context.Context, p clientdb.Place) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	if err := c.db.Enrol(ctx, p); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.place, c.known = p, true
	return nil
}

// SetAddresses replaces the addresses under which the place is looked for, for
// example by those of a newer link to the same host.
func (c *Client) SetAddresses(ctx context.Context, addresses []string) error {
	if len(addresses) > wire.MaxAddresses {
		addresses = addresses[:wire.MaxAddresses]
	}
	return c.savePlace(ctx, func(p *clientdb.Place) { p.Addresses = slices.Clone(addresses) })
}

// InvitedBy returns whose personal link this is, if the directory has them.
func (c *Client) InvitedBy(ctx context.Context, l wire.Link) (Person, bool, error) {
	if len(l.Inviter) == 0 {
		return Person{}, false, nil
	}
	accounts, _, _, err := c.db.People(ctx)
	if err != nil {
		return Person{}, false, err
	}
	for _, a := range accounts {
		if sum := sha256.Sum256(a.Identity[:]); slices.Equal(sum[:wire.InviterSize], l.Inviter) {
			return *personOf(a), true, nil
		}
	}
	return Person{}, false, nil
}

// deviceOf returns the id of the device with this transport key.
func deviceOf(key channel.PrivateKey) chat.DeviceID {
	return chat.DeviceID(identity.NewDeviceID(key.Public().Array()))
}

// transportID returns the id of the device with these keys.
func transportID(k clientdb.Keys) (chat.DeviceID, error) {
	if k.Transport == [32]byte{} {
		return chat.DeviceID{}, ErrNotJoined
	}
	key, err := channel.NewPrivateKey(k.Transport[:])
	if err != nil {
		return chat.DeviceID{}, err
	}
	return deviceOf(key), nil
}
