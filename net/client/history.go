package client

import (
	"context"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// A device that came later asks the others of its account for the history of the
// sealed rooms, part by part, the newest first. Each question has a key of one use,
// each answer is sealed to it. What is here is on disk with how far it goes, so that
// it goes on where it was after any interruption.

const (
	askHistory  = "history ask"
	tellHistory = "history"

	// historyChunk is about how many bytes of rows one answer has: few enough to be
	// through a slow line within a minute, so many that what is between them does not
	// count.
	historyChunk = 2 << 20
	// historyLines is how many lines one part has, which is written in one transaction.
	historyLines = 1000
	// historyWait is how long an answer may take before the question is repeated, to
	// the next device; it doubles up to historyMost.
	historyWait = time.Minute
	historyMost = 6 * time.Hour
	// historyShown is how long after the last part it is shown as being copied.
	historyShown = 20 * time.Second
)

// History says how the copying of older messages from another device goes.
type History struct {
	Copying bool  // parts are coming
	Have    int64 // messages that came since the program was started
	All     int64 // with those that are to come, as far as is known
}

// History returns how the copying of older messages goes.
func (c *Client) History() History {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.past.shown
	if h.Copying && c.now().Sub(c.past.last) > historyShown {
		h.Copying = false
	}
	return h
}

// pasts is what a client remembers of asking for history. All of it is guarded by the
// mutex of the Client.
type pasts struct {
	key    *mail.Key                              // of the question that waits for an answer
	until  time.Time                              // no question before
	wait   time.Duration                          // for the answer
	turn   int                                    // which device is asked
	poor   map[chat.RoomID]map[chat.DeviceID]bool // devices that lack the rest of a room themselves
	left   bool                                   // it is known which rooms the person has left
	taking bool                                   // an answer is being written
	shown  History
	last   time.Time // when a part came
}

// askPast asks for the history that is missing, if it is time to, and returns when to
// look again.
func (s *session) askPast(ctx context.Context) (time.Duration, error) {
	c := s.c
	missing, err := c.db.Pasts(ctx)
	if err != nil {
		return stewardEvery, err
	}
	if len(missing) == 0 && !s.fresh() {
		return stewardEvery, nil
	}
	devices := s.otherDevices()
	if len(devices) == 0 {
		return stewardEvery, nil
	}
	c.mu.Lock()
	p := &c.past
	now := c.now()
	if p.wait == 0 {
		p.wait = historyWait
	}
	if p.taking || len(missing) == 0 && p.left {
		c.mu.Unlock()
		return stewardEvery, nil
	}
	if now.Before(p.until) {
		defer c.mu.Unlock()
		return p.until.Sub(now), nil
	}
	if p.key != nil { // nobody has answered
		p.turn++
		p.wait = min(2*p.wait, historyMost)
	}
	device := devices[p.turn%len(devices)]
	ask := wire.HistoryAsk{Left: !p.left}
	for _, m := range missing {
		if len(ask.Rooms) < wire.MaxPastRooms && !p.poor[m.Room][device] {
			ask.Rooms = append(ask.Rooms, wire.PastAsk{Room: m.Room, Before: m.Before, Until: m.Until})
		}
	}
	if len(ask.Rooms) == 0 && len(missing) > 0 { // it lacks all of that itself; later it may not
		p.turn++
		wait := time.Duration(0)
		if p.turn%len(devices) == 0 { // all of them
			p.poor, p.key, wait = nil, nil, p.wait
			p.until, p.wait = now.Add(wait), min(2*p.wait, historyMost)
		}
		c.mu.Unlock()
		return max(wait, time.Millisecond), nil
	}
	if p.key == nil {
		key, err := mail.NewKey()
		if err != nil {
			c.mu.Unlock()
			return 0, err
		}
		p.key = &key
	}
	ask.Key = p.key.Public()
	wait := p.wait
	p.until = now.Add(wait)
	c.mu.Unlock()
	letter, err := mail.Sign(s.envelope, s.address(s.device, device, askHistory), wire.EncodeBody(&ask))
	if err != nil {
		return 0, err
	}
	m := wire.Mail{ID: chat.NewMessageID(), To: device, MailKind: wire.MailDevice, Data: letter}
	s.background(func(ctx context.Context) { s.mailOut(ctx, []wire.Mail{m}) })
	return wait, nil
}

// freshFor is how long a device that was added by another one asks whom the person
// verified although no history is missing: nobody is online at the same time as
// themselves all day, and each question is a mail.
const freshFor = 24 * time.Hour

// fresh reports whether this device was added by another one not long ago.
func (s *session) fresh() bool {
	c := s.c
	c.mu.Lock()
	first := c.place.Keys.Identity != nil
	c.mu.Unlock()
	d := s.keeper.directory.devices[s.device]
	if first || d == nil {
		return false
	}
	cert, err := identity.ParseCertificate(d.Certificate)
	return err == nil && c.nowMS()-cert.Created < freshFor.Milliseconds()
}

// otherDevices returns the other devices of this account, the one with the identity
// key first: it has been here longest.
func (s *session) otherDevices() []chat.DeviceID {
	me := s.account()
	key := s.keeper.directory.accounts[me].Identity
	var own []*device
	for _, d := range s.keeper.directory.devices {
		if d.Account == me && d.ID != s.device && d.Revoked == 0 && d.parse() == nil && d.identity == key {
			own = append(own, d)
		}
	}
	slices.SortFunc(own, func(a, b *device) int {
		if a.Seq < b.Seq {
			return -1
		}
		return 1
	})
	out := make([]chat.DeviceID, 0, len(own))
	for _, d := range own {
		out = append(out, d.ID)
	}
	return out
}

// ownEnvelope returns the key by which another device of this account signs letters;
// ok is false if it is none.
func (s *session) ownEnvelope(id chat.DeviceID) (key identity.PublicKey, ok bool) {
	if !slices.Contains(s.otherDevices(), id) {
		return key, false
	}
	return s.keeper.directory.devices[id].envelope, true
}
