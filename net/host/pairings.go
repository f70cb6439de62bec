package host

import (
	"sync"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// offer is a device's word that another one may come to be added by it.
type offer struct {
	id      [32]byte // SHA-256 of the token
	account chat.AccountID
	device  chat.DeviceID // that adds the new one
	until   time.Time
	used    bool     // somebody came with the token
	taker   *session // who is at the door by it; nil: nobody yet, or gone
	sent    [2]int   // messages relayed: of the device, of who came
}

// pairings are the offers of all devices: at most one of each, in memory only. A host
// that ends forgets them, and the person makes a new link.
type pairings struct {
	mu      sync.Mutex // guards what follows
	offers  map[[32]byte]*offer
	devices map[chat.DeviceID]*offer
}

func newPairings() *pairings {
	return &pairings{offers: make(map[[32]byte]*offer), devices: make(map[chat.DeviceID]*offer)}
}

// put makes an offer the one of its device, nil for none, and returns who was at the
// door by the one before.
func (p *pairings) put(device chat.DeviceID, o *offer) (left *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o != nil && p.offers[o.id] != nil && p.offers[o.id].device != device {
		return nil // nobody's token is another one's; its hash was seen and copied
	}
	if old := p.devices[device]; old != nil {
		left = old.taker
		delete(p.offers, old.id)
		delete(p.devices, device)
	}
	if o != nil {
		p.offers[o.id], p.devices[device] = o, o
	}
	return left
}

// find returns the offer with an id, and what is wrong with it.
func (p *pairings) find(id [32]byte, now time.Time) (*offer, wire.Code) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.offers[id]
	switch {
	case o == nil:
		return nil, wire.CodeLinkUnknown
	case o.used:
		return nil, wire.CodeLinkUsed
	case !now.Before(o.until):
		return nil, wire.CodeLinkEnded
	}
	return o, wire.CodeOK
}

// take makes a connection the one of an offer. It reports false if another one was
// faster, or the offer was taken back.
func (p *pairings) take(o *offer, s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.offers[o.id] != o || o.used {
		return false
	}
	o.used, o.taker = true, s
	return true
}

// relay counts a message of one side and returns the other one: the connection of
// who came, or the device that adds. ok is false if there is none, or enough was said.
func (p *pairings) relay(o *offer, side int) (taker *session, device chat.DeviceID, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o == nil || o.taker == nil || p.offers[o.id] != o || o.sent[side] >= wire.MaxDeviceRelays {
		return nil, device, false
	}
	o.sent[side]++
	return o.taker, o.device, true
}

// of returns the offer of a device, nil if it has none.
func (p *pairings) of(device chat.DeviceID) *offer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.devices[device]
}

// leave notes that who came by an offer has gone. It reports whether the device
// waits for them still.
func (p *pairings) leave(o *offer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.taker == nil {
		return false
	}
	o.taker = nil
	return p.offers[o.id] == o
}

// good reports whether who came by an offer may be added still.
func (p *pairings) good(o *offer, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.offers[o.id] == o && o.taker != nil && now.Before(o.until)
}

// forget drops offers that ended some time ago; until then who comes late hears so.
func (p *pairings) forget(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, o := range p.offers {
		if now.Sub(o.until) > time.Hour {
			delete(p.offers, id)
			delete(p.devices, o.device)
		}
	}
}

// offerDevice answers OfferDevice.
func (s *session) offerDevice(m *wire.OfferDevice) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	var o *offer
	if m.ID != [32]byte{} {
		o = &offer{id: m.ID, account: who.id, device: s.device, until: s.h.now().Add(wire.DeviceOfferTime * time.Second)}
	}
	if left := s.h.pairings.put(s.device, o); left != nil {
		left.send(&wire.DeviceEnd{Code: wire.CodeLinkRevoked})
	}
	if o == nil {
		return s.answer(m.Ref, wire.Done{}, nil)
	}
	if s.h.pairings.of(s.device) != o {
		return s.fail(m.Ref, refuse(wire.CodeConflict))
	}
	return s.answer(m.Ref, wire.Done{Time: o.until.UnixMilli()}, nil)
}

// addDevice answers AddDevice: the device that made the offer is told.
func (s *session) addDevice(m *wire.AddDevice) error {
	d := s.door
	if len(m.Token) != 32 || d.adding != nil {
		return s.fail(0, refuse(wire.CodeBadMessage))
	}
	s.slowDown()
	now := s.h.now()
	o, code := s.h.pairings.find(tokenHash(m.Token), now)
	if code != wire.CodeOK {
		return s.fail(0, refuse(code))
	}
	if a := s.h.roster.account(o.account); a == nil || a.State != chat.Active {
		return s.fail(0, refuse(wire.CodeLinkEnded))
	}
	if s.h.deviceHere(o.device) == nil {
		return s.fail(0, &refusal{code: wire.CodeBusy, after: 2})
	}
	if !s.h.pairings.take(o, s) {
		return s.fail(0, refuse(wire.CodeLinkUsed))
	}
	d.registering, d.login, d.proved, d.adding = nil, nil, chat.AccountID{}, o
	// The two people compare pictures now: that takes longer than a password.
	s.life.Reset(o.until.Sub(now) + time.Minute)
	s.h.log.Info("a new device asks to be added", "name", s.h.nameOf(o.account), "peer", s.l.RemoteAddr().String())
	if there := s.h.deviceHere(o.device); there != nil {
		there.send(&wire.DeviceCame{ID: o.id, Device: s.device})
	}
	return nil
}

// deviceHere returns the connection of a device that is logged in, or nil.
func (h *Host) deviceHere(device chat.DeviceID) *session {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[device]; s != nil && s.present {
		return s
	}
	return nil
}

// relayDevice passes on what one of two devices says to the other.
func (s *session) relayDevice(m *wire.DeviceRelay) error {
	if s.door != nil && !s.known {
		o := s.door.adding
		_, device, ok := s.h.pairings.relay(o, 1)
		var there *session
		if ok {
			there = s.h.deviceHere(device)
		}
		if there == nil {
			s.send(&wire.DeviceEnd{Code: wire.CodeLinkEnded})
			return nil
		}
		there.send(m)
		return nil
	}
	if _, err := s.member(); err != nil {
		return s.fail(0, err)
	}
	taker, _, ok := s.h.pairings.relay(s.h.pairings.of(s.device), 0)
	if !ok {
		s.send(&wire.DeviceEnd{Code: wire.CodeLinkEnded})
		return nil
	}
	taker.send(m)
	return nil
}

// endDevice takes it that the person wants no more of it.
func (s *session) endDevice() error {
	if s.door != nil && !s.known {
		s.leftDoor(wire.CodeRejected)
		return nil
	}
	if left := s.h.pairings.put(s.device, nil); left != nil {
		left.send(&wire.DeviceEnd{Code: wire.CodeRejected})
	}
	return nil
}

// leftDoor tells the device that made an offer how it ended: CodeOK, the new one is
// in.
func (s *session) leftDoor(code wire.Code) {
	if s.door == nil || s.door.adding == nil {
		return
	}
	o := s.door.adding
	s.door.adding = nil
	if !s.h.pairings.leave(o) {
		return
	}
	if there := s.h.deviceHere(o.device); there != nil {
		there.send(&wire.DeviceEnd{Code: code})
	}
}

// addTo adds a device to the account of the one that has certified it. Nothing else
// proves who it is, so that it must be by the account's identity. by is the device
// that made the offer.
func (s *state) addTo(now int64, id chat.AccountID, by chat.DeviceID, e enrolment) (chat.Change, error) {
	if a := s.accounts[id]; a == nil || a.State != chat.Active || e.kind != wire.KindDevice || len(e.record) > 0 {
		return chat.Change{}, refuse(wire.CodeWrongKey)
	}
	if d := s.devices[by]; d == nil || d.Account != id || d.Revoked != 0 {
		return chat.Change{}, refuse(wire.CodeLinkEnded) // it was signed out meanwhile
	}
	fails := s.accounts[id].Fails
	c, err := s.enrol(now, id, e, false)
	for i := range c.Accounts {
		c.Accounts[i].Fails = fails // no password was proved
	}
	return c, err
}
