package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/pairing"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// PairStep says how far the adding of a device is, on either side.
type PairStep uint8

// The steps.
const (
	PairWaiting PairStep = iota // for the other device
	PairMeeting                 // the two talk to each other
	PairCompare                 // the person compares Emoji on both, then Confirm or Cancel
	PairAgreed                  // confirmed here; the other side is to come
	PairDone                    // the new device is one of the account's
	PairFailed                  // Err says why
)

// PairState is the adding of a device as a person sees it.
type PairState struct {
	Step   PairStep
	Emoji  [7]int    // from PairCompare on; see crypto/verify
	Person string    // whose device the new one becomes, once that is known
	Ends   time.Time // when the link ends
	Err    error     // of PairFailed
}

var (
	// ErrPairNo says that the person has said no on the other device, or took the
	// link back.
	ErrPairNo = errors.New("the person said no on the other device")
	// ErrPairGone says that the other device is not there any more.
	ErrPairGone = errors.New("the other device has gone")
	// ErrPairTime says that the link was good for some minutes, and these are over.
	ErrPairTime = errors.New("the link for another device has ended")
	// ErrPairForged says that what came was not made with the secret of the link:
	// somebody sits between the two devices, or the link is of another pair.
	ErrPairForged = pairing.ErrFailed
	// ErrOtherAccount says that this profile was another person's in this place.
	ErrOtherAccount = errors.New("this profile belongs to another account of the place")
)

// NoIdentityError says that this device cannot add another one: the account's
// identity key is on the device Holder (zero: on none that is known).
type NoIdentityError struct{ Holder chat.DeviceID }

func (e *NoIdentityError) Error() string { return "the identity key is on another device" }

// Pairing is the adding of a device, seen from one of the two: the one that is there
// already (OfferDevice) or the new one (AddThisDevice). Its methods may be called
// from any goroutine.
type Pairing struct {
	c      *Client
	link   wire.DeviceLink
	id     [32]byte
	giving bool
	in     chan wire.Message // for the one that is there: of the host; nil: the connection was lost
	said   chan bool         // what the person says
	wake   chan struct{}

	mu    sync.Mutex // guards state
	state PairState
}

// maxPairMessages is how many messages of a pairing may wait to be handled.
const maxPairMessages = 2 * wire.MaxDeviceRelays

// OfferDevice makes a link by which another computer becomes a device of this
// account, with the help of this one: the person shows it there, and Run goes on.
// There is one at a time; a new link ends the one before. addresses, if there are
// any, stand in the link instead of those under which this device knows the place.
// A *NoIdentityError says that another device has to do it.
func (c *Client) OfferDevice(ctx context.Context, addresses []string) (*Pairing, error) {
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	if !place.Joined {
		return nil, ErrNotJoined
	}
	if place.Keys.Identity == nil {
		holder, err := c.identityHolder(ctx)
		if err != nil {
			return nil, err
		}
		return nil, &NoIdentityError{Holder: holder}
	}
	if len(addresses) == 0 {
		addresses = place.Addresses
	}
	secret := pairing.NewSecret()
	token := secret.Token()
	p := newPairing(c, wire.DeviceLink{
		Addresses: slices.Clone(addresses[:min(len(addresses), wire.MaxAddresses)]), Host: place.Host, Secret: secret,
	}, true)
	p.id = sha256.Sum256(token[:])
	p.state.Person = place.Person
	if _, err := wire.ParseDeviceLink(p.link.String()); err != nil {
		return nil, fmt.Errorf("make link for another device: %w", err)
	}
	c.mu.Lock()
	old := c.pairing
	c.pairing = p // before the host can say that somebody came
	c.mu.Unlock()
	if old != nil {
		old.Cancel()
	}
	p.state.Ends = c.now().Add(wire.DeviceOfferTime * time.Second)
	if _, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.OfferDevice{Ref: ref, ID: p.id} }); err != nil {
		c.forgetPairing(p)
		return nil, err
	}
	return p, nil
}

// AddThisDevice makes this computer a device of the account whose link this is. Run
// does it. Afterwards the client has joined, as after Register.
func (c *Client) AddThisDevice(link wire.DeviceLink) *Pairing {
	return newPairing(c, link, false)
}

func newPairing(c *Client, link wire.DeviceLink, giving bool) *Pairing {
	return &Pairing{
		c: c, link: link, giving: giving,
		in: make(chan wire.Message, maxPairMessages), said: make(chan bool, 1), wake: make(chan struct{}, 1),
	}
}

// identityHolder returns the device that made the account's identity, which has its
// private key, as far as the directory tells.
func (c *Client) identityHolder(ctx context.Context) (chat.DeviceID, error) {
	accounts, devices, _, err := c.db.People(ctx)
	if err != nil {
		return chat.DeviceID{}, err
	}
	c.mu.Lock()
	me := c.place.Account
	c.mu.Unlock()
	var key [32]byte
	for _, a := range accounts {
		if a.ID == me {
			key = a.Identity
		}
	}
	var first clientdb.Device
	for _, d := range devices {
		by, _, ok := identity.CertificateNames(d.Certificate)
		if ok && d.Account == me && by == key && (first.Seq == 0 || d.Seq < first.Seq) {
			first = d
		}
	}
	if first.Revoked != 0 {
		return chat.DeviceID{}, nil
	}
	return first.ID, nil
}

// Link is what the other computer is shown. Whoever has it can try to become a
// device of this account, until the pictures are compared.
func (p *Pairing) Link() string { return p.link.String() }

// State returns how far it is.
func (p *Pairing) State() PairState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Next waits until something changed and returns how far it is then. One goroutine
// may call it at a time.
func (p *Pairing) Next(ctx context.Context) (PairState, error) {
	select {
	case <-p.wake:
		return p.State(), nil
	case <-ctx.Done():
		return PairState{}, context.Cause(ctx)
	}
}

// Confirm says that the person sees the same pictures on both devices.
func (p *Pairing) Confirm() { p.say(true) }

// Cancel ends it. On the other side that is ErrPairNo.
func (p *Pairing) Cancel() { p.say(false) }

func (p *Pairing) say(yes bool) {
	if !yes {
		select { // no comes before a yes that nobody has heard
		case <-p.said:
		default:
		}
	}
	select {
	case p.said <- yes:
	default:
	}
}

func (p *Pairing) set(change func(*PairState)) {
	p.mu.Lock()
	if p.state.Step != PairDone && p.state.Step != PairFailed {
		change(&p.state)
	}
	p.mu.Unlock()
	signal(p.wake)
}

func (p *Pairing) fail(err error) { p.set(func(s *PairState) { s.Step, s.Err = PairFailed, err }) }

// compare shows the pictures once they are known.
func (p *Pairing) compare(emoji [7]int, known bool) {
	if known {
		p.set(func(s *PairState) {
			if s.Step < PairCompare {
				s.Step, s.Emoji = PairCompare, emoji
			}
		})
	}
}

// Run does this device's part until the new one is added or it has failed, and says
// which, as State does. It waits for the person: Confirm and Cancel. The end of ctx
// is the same as Cancel.
func (p *Pairing) Run(ctx context.Context) error {
	var err error
	if p.giving {
		err = p.give(ctx)
		p.c.forgetPairing(p)
	} else {
		err = p.take(ctx)
	}
	if err != nil {
		p.fail(err)
		return err
	}
	p.set(func(s *PairState) { s.Step = PairDone })
	return nil
}

func (c *Client) forgetPairing(p *Pairing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pairing == p {
		c.pairing = nil
	}
}

// toPairing hands a message about the adding of a device to whoever waits for it.
func (c *Client) toPairing(m wire.Message) {
	c.mu.Lock()
	p := c.pairing
	c.mu.Unlock()
	if p == nil {
		return
	}
	select {
	case p.in <- m:
	default: // more than two honest sides have to say
		p.Cancel()
	}
}

// give is Run of the device that is there.
func (p *Pairing) give(ctx context.Context) error {
	c := p.c
	timer := time.NewTimer(p.State().Ends.Sub(c.now()))
	defer timer.Stop()
	var g *pairing.Giver
	for {
		select {
		case m := <-p.in:
			done, err := p.given(ctx, &g, m)
			if err != nil {
				p.hangUp()
				return err
			}
			if done {
				return nil
			}
		case yes := <-p.said:
			if !yes {
				p.hangUp()
				return ErrPairNo
			}
			if g == nil {
				continue // nothing to confirm yet
			}
			out, err := g.Confirm()
			if err != nil {
				continue // nothing to confirm yet
			}
			p.set(func(s *PairState) { s.Step = PairAgreed })
			for _, b := range out {
				if err := p.send(b); err != nil {
					return err
				}
			}
		case <-timer.C:
			p.hangUp()
			return ErrPairTime
		case <-ctx.Done():
			p.hangUp()
			return context.Cause(ctx)
		}
	}
}

// hangUp takes the offer back, so that nobody comes by it any more, unless another
// link has replaced it already.
func (p *Pairing) hangUp() {
	p.c.mu.Lock()
	mine := p.c.pairing == p
	p.c.mu.Unlock()
	if !mine {
		return
	}
	if l, err := p.c.online(); err == nil {
		_ = l.send(&wire.DeviceEnd{}) // a host that does not hear it ends the offer by itself
	}
}

func (p *Pairing) send(b []byte) error {
	l, err := p.c.online()
	if err != nil {
		return ErrPairGone
	}
	if err := l.send(&wire.DeviceRelay{Data: b}); err != nil {
		return ErrPairGone
	}
	return nil
}

// given takes a message of the host on the device that is there.
func (p *Pairing) given(ctx context.Context, g **pairing.Giver, m wire.Message) (done bool, err error) {
	switch m := m.(type) {
	case *wire.DeviceCame:
		if m.ID != p.id || *g != nil {
			return false, nil // of an offer before
		}
		var first []byte
		if *g, first, err = p.c.newGiver(ctx, p.link.Secret); err != nil {
			return false, err
		}
		p.set(func(s *PairState) { s.Step = PairMeeting })
		return false, p.send(first)
	case *wire.DeviceRelay:
		if *g == nil {
			return false, nil
		}
		reply, err := (*g).Handle(m.Data)
		if err != nil {
			return false, ErrPairForged
		}
		emoji, known := (*g).Emoji()
		p.compare(emoji, known)
		if reply != nil {
			return false, p.send(reply)
		}
	case *wire.DeviceEnd:
		switch {
		case *g == nil:
			return false, nil
		case m.Code == wire.CodeOK && (*g).Issued():
			return true, nil
		case m.Code == wire.CodeRejected:
			return false, ErrPairNo
		}
		return false, ErrPairGone
	case nil:
		if *g != nil {
			return false, ErrPairGone
		}
	}
	return false, nil
}

// newGiver begins what the device that is there says to the new one.
func (c *Client) newGiver(ctx context.Context, secret pairing.Secret) (*pairing.Giver, []byte, error) {
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	self, err := transportID(place.Keys)
	if err != nil {
		return nil, nil, err
	}
	key, err := identity.NewPrivateKey(place.Keys.Identity)
	if err != nil {
		return nil, nil, err
	}
	_, devices, _, err := c.db.People(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range devices {
		if d.ID == self {
			return pairing.NewGiver(secret, place.Host, key, pairing.Terms{Account: place.Account, Name: place.Person, Certificate: d.Certificate})
		}
	}
	return nil, nil, errNoCertificate
}

// thereWait is how long a new device waits for the one that is there, which is not
// connected at the moment: the person has it in front of them.
const thereWait = time.Minute

// take is Run of the new device.
func (p *Pairing) take(ctx context.Context) error {
	c := p.c
	c.join.Lock()
	defer c.join.Unlock()
	n, pending, err := c.newDevice(p.link)
	if err != nil {
		return err
	}
	d, err := c.knock(ctx, wire.Link{Addresses: p.link.Addresses, Host: p.link.Host}, n.transport)
	if err != nil {
		return err
	}
	n.place.Lineage = d.welcome.Lineage
	if card := d.welcome.Card; card != nil {
		n.place.Name, n.place.Mode, n.place.Owner = card.Place, card.Mode, card.Host
	}
	if err := p.meet(ctx, d, n, pending); err != nil {
		_ = d.send(&wire.DeviceEnd{})
		d.hangUp()
		return err
	}
	d.hangUp()
	c.Reconnect()
	return nil
}

// newDevice returns the keys of a device that another one is to add, and the identity
// key that a registration here may have left without an answer.
func (c *Client) newDevice(link wire.DeviceLink) (n *newcomer, pending []byte, err error) {
	n, err = c.newcomer(wire.Link{Addresses: link.Addresses, Host: link.Host})
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	if c.known && !c.place.Joined && c.place.Host == link.Host {
		pending = c.place.Keys.Identity
	}
	c.mu.Unlock()
	n.identity, n.hadIdentity, n.place.Keys.Identity = identity.PrivateKey{}, false, nil
	return n, pending, nil
}

// meet is the conversation of a new device with the one that adds it.
func (p *Pairing) meet(ctx context.Context, d *door, n *newcomer, pending []byte) error {
	c := p.c
	secret := pairing.Secret(p.link.Secret)
	token := secret.Token()
	taker := pairing.NewTaker(secret, p.link.Host, pairing.Keys{Transport: n.transport.Public().Array(), Envelope: n.envelope, MLS: n.mls.Public()}, c.nowMS())
	begun := c.now()
	p.set(func(s *PairState) { s.Ends = begun.Add(wire.DeviceOfferTime * time.Second) })
	timer := time.NewTimer(wire.DeviceOfferTime * time.Second)
	defer timer.Stop()
	var again <-chan time.Time
	ask := func() error { return d.send(&wire.AddDevice{Token: token[:]}) }
	if err := ask(); err != nil {
		return err
	}
	take := func(m wire.Message) (done bool, err error) {
		switch m := m.(type) {
		case *wire.Session: // the answer to an earlier try was lost
			if n.place.Joined {
				return false, fmt.Errorf("%w: session of a new device", ErrProtocol)
			}
			n.place.Keys.Identity = pending
			return true, d.joined(ctx, n, m)
		case *wire.Failure:
			err := reasonOf(m)
			if m.Code == wire.CodeBusy && c.now().Sub(begun) < thereWait && p.State().Step == PairWaiting {
				again = time.After(time.Duration(max(m.After, 1)) * time.Second)
				return false, nil
			}
			return false, err
		case *wire.Goodbye:
			return false, reasonOf(m)
		case *wire.DeviceEnd:
			if m.Code == wire.CodeRejected || m.Code == wire.CodeLinkRevoked {
				return false, ErrPairNo
			}
			return false, ErrPairGone
		case *wire.DeviceRelay:
			reply, err := taker.Handle(m.Data)
			if err != nil {
				return false, ErrPairForged
			}
			if terms, ok := taker.Terms(); ok {
				if n.place.Joined && n.place.Account != chat.AccountID(terms.Account) {
					return false, ErrOtherAccount
				}
				p.set(func(s *PairState) { s.Step, s.Person = max(s.Step, PairMeeting), terms.Name })
			}
			emoji, known := taker.Emoji()
			p.compare(emoji, known)
			if reply != nil {
				return false, d.send(&wire.DeviceRelay{Data: reply})
			}
			if cert := taker.Certificate(); cert != nil {
				terms, _ := taker.Terms()
				n.place.Account, n.place.Person = chat.AccountID(terms.Account), terms.Name
				return true, d.enrol(ctx, n, &wire.RegisterFinish{Certificate: cert}, wire.KindDevice)
			}
		}
		return false, nil
	}
	for {
		select {
		case m := <-d.in:
			if done, err := take(m); done || err != nil {
				return err
			}
		case <-d.done:
			for { // what came before the end
				select {
				case m := <-d.in:
					if done, err := take(m); done || err != nil {
						return err
					}
					continue
				default:
				}
				return ErrPairGone
			}
		case <-again:
			again = nil
			if err := ask(); err != nil {
				return ErrPairGone
			}
		case yes := <-p.said:
			if !yes {
				return ErrPairNo
			}
			b, err := taker.Confirm()
			if err != nil {
				continue // nothing to confirm yet
			}
			p.set(func(s *PairState) { s.Step = PairAgreed })
			if err := d.send(&wire.DeviceRelay{Data: b}); err != nil {
				return ErrPairGone
			}
		case <-timer.C:
			return ErrPairTime
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
