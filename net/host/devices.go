package host

import (
	"cmp"
	"errors"
	"slices"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// listDevices answers which devices the account has.
func (s *session) listDevices(m *wire.ListDevices) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	out := &wire.Devices{Ref: m.Ref, Devices: s.h.devicesOf(who.id, false)}
	if a := s.h.roster.account(who.id); a != nil {
		out.Kit, out.Number = a.KitAt, a.Revocations
	}
	s.send(out)
	return nil
}

// maxSignedOut is how many devices that are signed out a list has, the last ones.
const maxSignedOut = 16

// devicesOf returns the devices of an account that are not signed out, in the
// order in which they came, and then the last ones that are.
func (h *Host) devicesOf(account chat.AccountID, certificates bool) []wire.DeviceInfo {
	var list, out []wire.DeviceInfo
	h.mu.Lock()
	defer h.mu.Unlock()
	h.roster.read(func(st *state) {
		for _, id := range st.owned[account] {
			d := st.devices[id]
			info := wire.DeviceInfo{
				ID: id, Created: d.Created, Seen: max(d.Seen, h.seen[id]), Online: h.sessions[id] != nil, Note: d.Note, Signature: d.NoteSign, Out: d.Revoked,
			}
			if certificates {
				info.Certificate = d.Certificate
			}
			if d.Revoked != 0 {
				out = append(out, info)
			} else {
				list = append(list, info)
			}
		}
	})
	slices.SortStableFunc(out, func(a, b wire.DeviceInfo) int { return cmp.Compare(b.Out, a.Out) })
	return append(list, out[:min(len(out), maxSignedOut)]...)
}

// noteDevice keeps what the devices of an account tell each other of one of them.
func (s *session) noteDevice(m *wire.NoteDevice) error {
	who, err := s.asking()
	if err == nil {
		var note *wire.DeviceNote
		if note, err = wire.ParseDeviceNote(m.Note); err != nil || note.By != s.device || len(m.Signature) != wire.SignatureSize {
			err = refuse(wire.CodeBadMessage)
		} else if key, kerr := s.envelopeKey(); kerr != nil {
			err = kerr
		} else if !key.Verify(wire.LabelDeviceNote, m.Signature, s.h.key[:], m.Note) {
			err = refuse(wire.CodeBadSignature)
		} else {
			err = s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) { return st.noteDevice(who.id, note.Device, m) }, nil)
		}
	}
	return s.answer(m.Ref, wire.Done{}, err)
}

func (s *state) noteDevice(account chat.AccountID, device chat.DeviceID, m *wire.NoteDevice) (chat.Change, error) {
	d := s.devices[device]
	if d == nil || d.Account != account || d.Revoked != 0 {
		return chat.Change{}, refuse(wire.CodeNoAccount)
	}
	next := *d
	next.Note, next.NoteSign = m.Note, m.Signature
	return chat.Change{Devices: []chat.Device{next}}, nil
}

// signOut signs a device of the account out.
func (s *session) signOut(m *wire.SignOut) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	now := s.h.now().UnixMilli()
	var out signingOut
	if len(m.Entry) == 0 {
		out.device = s.device
	} else if out, err = s.checkRevocation(m); err != nil {
		return s.fail(m.Ref, err)
	}
	// The answer goes out before the goodbye, if it is this device.
	err = s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) { return st.signOut(now, who.id, out) }, func(d *decision) {
		s.send(&wire.Done{Ref: m.Ref})
		s.h.announce(who)(d)
	})
	if errors.Is(err, chat.ErrCounter) {
		err = refuse(wire.CodeConflict)
	}
	if err != nil {
		return s.fail(m.Ref, err)
	}
	s.h.log.Info("device signed out", "name", who.name, "device", out.device.String())
	return nil
}

// signingOut is a checked SignOut. Without an entry it is the device's own wish,
// which binds the host alone.
type signingOut struct {
	device     chat.DeviceID
	revocation identity.Revocation
	entry      *chat.Row
}

// checkRevocation checks the entry of a SignOut, as far as no state is needed.
func (s *session) checkRevocation(m *wire.SignOut) (out signingOut, err error) {
	env, err := wire.ParseEnvelope(m.Entry)
	if err != nil || env.Room != chat.Directory || env.Device != s.device || env.Body != wire.KindRevoke {
		return out, refuse(wire.CodeBadMessage)
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return out, refuse(wire.CodeBadMessage)
	}
	entry, ok := body.(*wire.RevokeEntry)
	if !ok || entry.Account != s.account {
		return out, refuse(wire.CodeBadMessage)
	}
	r, err := identity.ParseRevocation(entry.Revocation)
	if err != nil || r.Place != s.h.key {
		return out, refuse(wire.CodeWrongKey)
	}
	key, err := s.envelopeKey()
	if err != nil {
		return out, err
	}
	if !key.Verify(wire.LabelOpenEnvelope, m.Signature, s.h.key[:], m.Entry) {
		return out, refuse(wire.CodeBadSignature)
	}
	return signingOut{device: chat.DeviceID(r.Device), revocation: r, entry: &chat.Row{
		Room: chat.Directory, Received: s.h.now().UnixMilli(), Device: env.Device, Counter: env.Counter, ID: env.ID,
		Envelope: m.Entry, Signature: m.Signature,
	}}, nil
}

func (s *state) signOut(now int64, account chat.AccountID, out signingOut) (chat.Change, error) {
	var c chat.Change
	a, d := s.accounts[account], s.devices[out.device]
	if a == nil || d == nil || d.Account != account {
		return c, refuse(wire.CodeNoAccount)
	}
	if out.entry != nil {
		switch {
		case out.revocation.Identity.Array() != a.Identity:
			return c, refuse(wire.CodeWrongKey)
		case out.revocation.Number != a.Revocations+1:
			return c, refuse(wire.CodeConflict)
		}
		next := *a
		next.Revocations++
		c.Accounts = append(c.Accounts, next)
		c.Rows = append(c.Rows, *out.entry)
	}
	if d.Revoked == 0 {
		next := *d
		next.Revoked = now
		c.Devices = append(c.Devices, next)
	}
	c.Audit = append(c.Audit, chat.Audit{Time: now, Actor: account, Action: "device signed out", Object: out.device.String()})
	return c, nil
}

// listMembers answers whom a sealed room is delivered to.
func (s *session) listMembers(m *wire.ListMembers) error {
	if _, err := s.asking(); err != nil {
		return s.fail(m.Ref, err)
	}
	r := s.h.rooms.get(m.Room)
	if r == nil || !r.kind.Sealed() || !s.h.rooms.in(r, s.account) {
		return s.fail(m.Ref, refuse(wire.CodeNoRoom))
	}
	s.send(&wire.Members{Ref: m.Ref, Accounts: s.h.rooms.accounts(r)})
	return nil
}
