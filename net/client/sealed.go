package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// sealedRoom is what a ledger has besides if its room is sealed: the MLS group
// and what this device is about to do in it. The goroutine of the session owns it.
type sealedRoom struct {
	kind       chat.RoomKind
	state      clientdb.RoomState
	group      *group.Group            // nil until it is opened, and when there is none
	opened     bool                    // the store was asked for the group
	people     int                     // who are in it
	healed     time.Time               // last fresh keys of this device
	spoken     uint64                  // messages of this device since then
	changes    []*change               // wanted, the first one is next
	commit     chat.MessageID          // the commit or proposal that is on its way; zero: none
	making     *change                 // the change that it is of, the first of changes; nil: one of an earlier connection
	shipped    bool                    // its parcels are on the host
	shipping   bool                    // they are being brought there
	reshipped  int                     // how often the host had lost them
	blocked    bool                    // the outbox waits for something to happen in the room
	leaveDue   time.Time               // when this device commits for them
	healAt     time.Time               // next fresh keys
	leaving    time.Time               // when somebody's wish to leave was seen
	news       uint64                  // last message of others that was not acknowledged as delivered
	newsAt     time.Time               // when it is to be
	told       uint64                  // what was acknowledged as delivered
	rejoin     *rejoining              // this device asked to be let in again
	mates      map[chat.AccountID]bool // RoomReturning: who is in the room, as the host says
	listing    bool                    // the host was asked for them
	placed     bool                    // with whom direct messages are was looked for
	lastCommit uint64                  // row of the last commit, whether it counted or not
	inviter    chat.DeviceID

	goneAt map[chat.DeviceID]time.Time // signed-out devices in it that this one may take out, and since when they are to go
	goes   clientdb.RoomState          // what it is once this person has left it, as they want to; 0: they do not

	peer     chat.AccountID // direct messages: the other one
	renewAt  time.Time      // with outdated keys: when they are begun anew
	renewals int            // how often that was tried

	heard   map[chat.DeviceID]heard // signals
	heardIn uint64                  // in this epoch
}

// sealedKind reports whether a room of this kind has an MLS group.
func sealedKind(k chat.RoomKind) bool { return k == chat.RoomSealed || k == chat.RoomDirect }

// errNoCertificate says that the directory has not brought the certificate of
// this device yet.
var errNoCertificate = errors.New("this device is not in the directory yet")

// groupDevice returns this device as the maker and opener of groups.
func (k *keeper) groupDevice() (*group.Device, error) {
	if k.device != nil {
		return k.device, nil
	}
	d := k.directory.devices[k.self]
	if d == nil {
		return nil, errNoCertificate
	}
	signer, err := mls.NewSigningKey(group.Suite, k.signer[:])
	if err != nil {
		return nil, err
	}
	k.device, err = group.NewDevice(k.host, d.Certificate, signer, k.c.now)
	return k.device, err
}

// open loads the group of a room, if the store has it.
func (k *keeper) open(ctx context.Context, l *ledger) error {
	sr := l.sealed
	if sr.group != nil || sr.opened {
		return nil
	}
	d, err := k.groupDevice()
	if err != nil {
		return err
	}
	tx := k.c.db.GroupTx(ctx)
	if goes, err := tx.Get(leavingKey(l.id), "state"); err != nil {
		return err
	} else if len(goes) == 1 {
		sr.goes = clientdb.RoomState(goes[0])
	}
	g, err := d.Load(tx, wire.GroupID(k.host, l.id))
	switch {
	case errors.Is(err, mls.ErrNoGroup) && !lostState(sr.state):
		// The store came back from a backup, which has no keys.
		err := k.c.db.Step(ctx, clientdb.Step{Room: l.id, Change: func(r *clientdb.Room) { r.State = clientdb.RoomBroken }})
		if err != nil {
			return err
		}
		sr.state = clientdb.RoomBroken
	case errors.Is(err, mls.ErrNoGroup):
	case err != nil:
		return err
	case lostState(sr.state) && g.Joined():
		// What is stored is the state that the group has left behind.
	default:
		sr.group = g
	}
	sr.opened = true
	return nil
}

// sealedBatch is what processing rows of a sealed room changes.
type sealedBatch struct {
	clientdb.Batch
	tx      *clientdb.GroupTx
	changed bool // of who is in the room, or what it is called
	left    bool
	broken  bool
	renewed bool // by an own commit
	mine    []chat.MessageID
	now     int64
}

// hold says why rows wait.
type hold uint8

const (
	goOn      hold = iota
	forPeople      // the directory must catch up
	forParcel      // the blob of a row must come
)

// takeSealed is take for a sealed room: rows go through its MLS group strictly
// in order, and what they say, the cursor and the keys are one transaction.
func (k *keeper) takeSealed(ctx context.Context, l *ledger, rows []wire.Row) (taken, error) {
	c, sr := k.c, l.sealed
	if len(l.held) > 0 {
		rows = append(l.held, rows...)
		l.held = nil
	}
	var t taken
	if len(rows) == 0 {
		return t, nil
	}
	if err := k.open(ctx, l); err != nil {
		return t, err
	}
	b := &sealedBatch{tx: c.db.GroupTx(ctx), now: c.nowMS()}
	b.Room, b.After = l.id, l.cursor
	c.mu.Lock()
	b.Own = c.place.Account
	c.mu.Unlock()
	l.forget()
	cursor, chain := l.cursor, l.chain
	for i := range rows {
		row := &rows[i]
		if row.Seq <= cursor {
			if i > 0 && row.Seq < rows[i-1].Seq {
				return t, fmt.Errorf("%w: rows out of order", ErrProtocol)
			}
			continue // came by Fetch and by Deliver
		}
		m, wait, ref, err := k.unseal(ctx, l, b, row)
		if err != nil {
			return t, err
		}
		if wait != goOn {
			if len(rows)-i > maxHeld {
				return t, fmt.Errorf("%w: directory or blobs lag behind", ErrProtocol)
			}
			l.held = slices.Clone(rows[i:])
			t.held, t.parcel = wait == forPeople, ref
			break
		}
		chain = wire.NextChain(chain, row.Seq, rowHash(row))
		cursor = row.Seq
		m.Chain = chain
		m.Raw, m.Signature = row.Envelope, row.Signature
		l.heads[cursor] = chain
		b.Messages = append(b.Messages, m)
		if b.left {
			break // what comes after is not for this device
		}
	}
	l.force = false
	if len(b.Messages) == 0 {
		return t, nil
	}
	b.finish(k, l)
	if b.renewed && !b.broken { // also by coming back
		if err := unmarkStale(b.tx, l.id); err != nil {
			return t, err
		}
	}
	if err := c.db.Apply(ctx, b.Batch); err != nil {
		return t, err
	}
	l.cursor, l.chain = cursor, chain
	t.messages, t.changed, t.left, t.broken, t.mine = b.Messages, b.changed, b.left, b.broken, b.mine
	if b.renewed {
		sr.healed, sr.spoken = c.now(), 0
	}
	if b.left {
		sr.group, sr.state = nil, clientdb.RoomLeft
	}
	if b.broken {
		sr.group, sr.state = nil, clientdb.RoomBroken
	}
	c.applied(&b.Batch)
	return t, nil
}

// finish puts together what the batch changes of the room.
func (b *sealedBatch) finish(k *keeper, l *ledger) {
	b.Groups = b.tx
	g := l.sealed.group
	var policy group.Policy
	if b.changed && g != nil && !b.left {
		policy = g.Policy()
		b.Members = k.membersOf(g, b.Messages[len(b.Messages)-1].Seq)
		l.sealed.people = len(b.Members)
	}
	if !b.changed && !b.left && !b.broken && !b.renewed {
		return
	}
	me, changed, left, broken, renewed, now := k.identity(), b.changed, b.left, b.broken, b.renewed, b.now
	b.Change = func(r *clientdb.Room) {
		switch {
		case left:
			r.State, r.Admin = clientdb.RoomLeft, false
		case broken:
			r.State = clientdb.RoomBroken
		case lostState(r.State):
			r.State = clientdb.RoomJoined // back
		}
		if changed && g != nil && !left {
			r.Name, r.Topic, r.Admin = policy.Name, policy.Topic, policy.IsAdmin(me)
		}
		if renewed {
			r.Healed, r.Spoken = now, 0
		}
	}
	if lostState(l.sealed.state) && !broken && g != nil && g.Joined() {
		l.sealed.state = clientdb.RoomJoined
	}
}

// identity returns the own identity, as this device's certificate has it.
func (k *keeper) identity() identity.PublicKey {
	if k.device == nil {
		return identity.PublicKey{}
	}
	return k.device.Identity()
}

// accountOf returns whose device this is, by the directory.
func (k *keeper) accountOf(m group.Member) (chat.AccountID, bool) {
	d := k.directory.devices[chat.DeviceID(m.Device)]
	if d == nil || d.parse() != nil || d.identity != m.Identity.Array() {
		return chat.AccountID{}, false
	}
	return d.Account, true
}

// membersOf lists the people of a group. Who is new has seen what is before seq
// as far as others are concerned: it is not theirs.
func (k *keeper) membersOf(g *group.Group, seq uint64) []clientdb.Member {
	all := make(map[chat.AccountID]*clientdb.Member)
	policy := g.Policy()
	for _, m := range g.Members() {
		account, known := k.accountOf(m)
		if !known {
			continue // counted by nobody, but its messages are flagged
		}
		p := all[account]
		if p == nil {
			p = &clientdb.Member{Account: account, Present: true, Delivered: seq, Read: seq}
			all[account] = p
		}
		p.Devices++
		p.Admin = p.Admin || policy.IsAdmin(m.Identity)
	}
	out := make([]clientdb.Member, 0, len(all))
	for _, p := range all {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b clientdb.Member) int { return bytes.Compare(a.Account[:], b.Account[:]) })
	return out
}

// unseal processes one row. What is wrong with it becomes flags; an error is the
// store's.
func (k *keeper) unseal(ctx context.Context, l *ledger, b *sealedBatch, row *wire.Row) (m clientdb.Message, wait hold, ref wire.BlobRef, err error) {
	m = clientdb.Message{Seq: row.Seq, Room: l.id, Line: l.id, Received: row.Received}
	if len(row.Envelope) == 0 {
		m.Flags = clientdb.Deleted
		if len(row.Hash) != 32 {
			m.Flags |= clientdb.Malformed
		}
		return m, goOn, ref, nil
	}
	env, perr := wire.ParseEnvelope(row.Envelope)
	if perr != nil || env.Room != l.id || row.Seq > 1<<62 || env.Counter > 1<<62 || !env.Body.Sealed() || len(row.Signature) > 0 || env.Time != 0 || env.Text != "" {
		m.Flags = clientdb.Malformed
		return m, goOn, ref, nil
	}
	m.ID, m.Counter = env.ID, env.Counter
	if env.Body == wire.KindCommit {
		l.sealed.lastCommit = row.Seq
	}
	dir := k.ledgers[chat.Directory]
	if env.Known.Seq > dir.cursor && env.Known.Seq < row.Seq && !l.force {
		return m, forPeople, ref, nil
	}
	v, perr := wire.ParseBody(env.Body, env.Data)
	if perr != nil {
		m.Flags = clientdb.Malformed
		return m, goOn, ref, nil
	}
	sealed := v.(*wire.Sealed)
	message := sealed.Message
	if sealed.Blob != nil {
		var here bool
		if message, here = k.parcels[sealed.Blob.Root]; !here {
			return m, forParcel, *sealed.Blob, nil
		}
		delete(k.parcels, sealed.Blob.Root)
	}
	if err := k.process(ctx, l, b, row, env, message, &m); err != nil {
		return m, goOn, ref, err
	}
	if m.Flags&(clientdb.BadSignature|clientdb.UnknownDevice|clientdb.Unreadable) != 0 {
		return m, goOn, ref, nil // nobody is known to have said what it saw
	}
	seen, err := k.saw(ctx, l, env.Seen, row.Seq, clientdb.OtherHistory)
	if err != nil {
		return m, goOn, ref, err
	}
	known, err := k.saw(ctx, dir, env.Known, row.Seq, clientdb.OtherPeople)
	m.Flags |= seen | known
	return m, goOn, ref, err
}

// kindOf is what the header says that a message is.
func kindOf(body wire.BodyKind) group.Kind {
	switch body {
	case wire.KindSealed:
		return group.Message
	case wire.KindCommit:
		return group.Changed
	}
	return group.Proposed
}

// process puts a message through the group, and what it says into m.
func (k *keeper) process(ctx context.Context, l *ledger, b *sealedBatch, row *wire.Row, env *wire.Envelope, message []byte, m *clientdb.Message) error {
	sr := l.sealed
	g := sr.group
	if env.Device == k.self && env.Body == wire.KindSealed {
		if own, err := k.ownMessage(ctx, l, b, row, m); err != nil || own {
			return err
		}
	}
	if l.aside {
		// It may be one that this device has read before the host lost it: its key is
		// gone. Or it was sealed again while this device is out of the group.
		unread := b.broken || g == nil || !g.Joined()
		if back, err := k.fromAside(ctx, l, b, row, env, unread, m); err != nil || back {
			return err
		}
	}
	if b.broken || g == nil || !g.Joined() && !g.IsPending(message) {
		k.welcomed(l, row, env, m)
		if m.Flags == clientdb.Unreadable && (env.Body != wire.KindSealed || sr.state == clientdb.RoomReturning) {
			m.Line = chat.RoomID{} // it says nothing to people, or was not for this device
		}
		return nil
	}
	event, err := g.Process(b.tx, kindOf(env.Body), env.Header(), message)
	switch {
	case err == nil:
	case group.Skip(err):
		if row.Seq == l.since+1 && env.Body == wire.KindCommit {
			k.welcomed(l, row, env, m) // the commit that brought this device
			return nil
		}
		m.Flags = clientdb.BadSignature
		k.c.log.Debug("sealed row not believed", "seq", row.Seq, "err", err)
		return nil
	case group.MustRejoin(err):
		k.c.log.Warn("a sealed room went on without this device", "seq", row.Seq, "err", err)
		m.Flags = clientdb.Unreadable
		b.broken = true
		return markStale(b.tx, l.id)
	default:
		return err
	}
	if event.From.Device != identity.DeviceID(env.Device) {
		m.Flags = clientdb.BadSignature // by a member who names another device
		return nil
	}
	account, known := k.accountOf(event.From)
	if !known {
		m.Flags = clientdb.UnknownDevice
	} else {
		m.Account, m.Device = account, env.Device
		if !k.directory.devices[env.Device].validAt(row.Seq) {
			m.Flags = clientdb.RevokedDevice
		}
	}
	switch event.Kind {
	case group.Own:
		// It is not what was posted: somebody else made it of parts of ours.
		m.Flags, m.Account, m.Device = clientdb.BadSignature, chat.AccountID{}, chat.DeviceID{}
	case group.Message:
		k.content(b, event.Content, m)
	case group.Proposed:
		m.Kind = uint16(wire.KindProposal)
		if chat.DeviceID(event.Leaving.Device) == k.self {
			change := RoomChange{Left: []chat.AccountID{b.Own}}
			m.Body = change.encode() // the commit that does it does not come here
		} else {
			m.Line = chat.RoomID{} // shown once it is so
		}
		sr.leaving = k.c.now()
		b.mine = appendOwn(b.mine, m, k.self)
	case group.Changed:
		k.changed(l, b, event, m)
		b.mine = appendOwn(b.mine, m, k.self)
	}
	return nil
}

func appendOwn(ids []chat.MessageID, m *clientdb.Message, self chat.DeviceID) []chat.MessageID {
	if m.Device == self {
		return append(ids, m.ID)
	}
	return ids
}

// welcomed says of a row what a device knows that was not in the group then: the
// commit that brought it, or nothing.
func (k *keeper) welcomed(l *ledger, row *wire.Row, env *wire.Envelope, m *clientdb.Message) {
	if row.Seq != l.since+1 || env.Body != wire.KindCommit || l.sealed.group == nil {
		m.Flags = clientdb.Unreadable
		return
	}
	m.Kind = uint16(wire.KindCommit)
	k.c.mu.Lock()
	me := k.c.place.Account
	k.c.mu.Unlock()
	change := RoomChange{Added: []chat.AccountID{me}}
	if d := k.directory.devices[env.Device]; d != nil && l.sealed.inviter == env.Device {
		m.Account, m.Device = d.Account, d.ID // the welcome proved it
		if d.Account == me {
			change = RoomChange{Devices: change.Added} // the person was here before
		}
	}
	m.Body = change.encode()
}

// ownMessage takes a message of this device that came back. Its key is gone: what
// it says is in the outbox. It reports whether the row is exactly what was posted.
func (k *keeper) ownMessage(ctx context.Context, l *ledger, b *sealedBatch, row *wire.Row, m *clientdb.Message) (bool, error) {
	out, err := k.c.db.Outgoing(ctx, m.ID)
	if err != nil {
		if errors.Is(err, clientdb.ErrNotFound) {
			err = nil
		}
		return false, err
	}
	// A device whose store was restored without its groups has no keys, and not the
	// bytes that it sent either: then the id says that the message is on the host.
	restored := out.Post == nil && l.sealed.group == nil
	if posted, perr := parsePost(out.Post); out.Room != l.id || !restored && (perr != nil || !bytes.Equal(posted.Envelope, row.Envelope)) {
		return false, nil
	}
	m.Account, m.Device = b.Own, k.self
	m.Kind, m.Body, m.Sent = out.Kind, out.Body, out.Created
	b.mark(m)
	if body, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body); err == nil && m.Flags == 0 {
		about(m, body, true, b.Own)
	}
	return true, nil
}

// parsePost reads a message as it was kept for sending.
func parsePost(b []byte) (*wire.Post, error) {
	m, err := wire.Parse(b)
	if err != nil {
		return nil, err
	}
	post, ok := m.(*wire.Post)
	if !ok {
		return nil, fmt.Errorf("%w: kind %d", wire.ErrBadMessage, m.Kind())
	}
	return post, nil
}

// content reads what a member wrote.
func (k *keeper) content(b *sealedBatch, content []byte, m *clientdb.Message) {
	if m.Flags&clientdb.UnknownDevice != 0 {
		return
	}
	inner, err := wire.ParseInner(content)
	if err != nil {
		m.Flags |= clientdb.Malformed
		return
	}
	m.Sent = inner.Time
	body, err := wire.ParseBody(inner.Body, inner.Data)
	if _, mark := body.(*wire.Upto); err != nil || !mark && !belongsInRooms(body) {
		m.Flags |= clientdb.Malformed
		return
	}
	m.Kind, m.Body, m.Text = uint16(inner.Body), inner.Data, inner.Text
	b.mark(m)
	if m.Flags == 0 {
		about(m, body, true, b.Own)
	}
}

// mark notes how far the sender of a message is. Who writes has seen what came
// before.
func (b *sealedBatch) mark(m *clientdb.Message) {
	kind := wire.BodyKind(m.Kind)
	if kind != wire.KindDelivered && kind != wire.KindRead {
		return
	}
	m.Line = chat.RoomID{} // it says nothing to people
	if m.Flags&clientdb.RevokedDevice != 0 {
		return
	}
	v, err := wire.ParseBody(kind, m.Body)
	if err != nil {
		return
	}
	upto := min(v.(*wire.Upto).Seq, m.Seq) // nobody has what comes later
	mark := clientdb.Mark{Account: m.Account, Delivered: upto}
	if kind == wire.KindRead {
		mark.Read = upto
	}
	b.Marks = append(b.Marks, mark)
}

// RoomChange is what somebody did to a sealed room, with whom.
type RoomChange struct {
	Created  bool             `json:"created,omitempty"`
	Added    []chat.AccountID `json:"added,omitempty"`
	Removed  []chat.AccountID `json:"removed,omitempty"`
	Left     []chat.AccountID `json:"left,omitempty"`     // by themselves
	Devices  []chat.AccountID `json:"devices,omitempty"`  // who have one more device in the room
	Gone     []chat.AccountID `json:"gone,omitempty"`     // who have one less
	Admins   []chat.AccountID `json:"admins,omitempty"`   // who became admins
	Demoted  []chat.AccountID `json:"demoted,omitempty"`  // who are none any more
	Name     string           `json:"name,omitempty"`     // the new name, with Renamed
	Renamed  bool             `json:"renamed,omitempty"`  // the name or the topic
	Topic    string           `json:"topic,omitempty"`    // the new topic, with Renamed
	Rejoined bool             `json:"rejoined,omitempty"` // a device came back that had lost the room
	Unknown  int              `json:"unknown,omitempty"`  // devices that came or went whose person is not known
}

// empty reports whether nothing happened that people want to know.
func (r *RoomChange) empty() bool {
	return !r.Created && !r.Renamed && !r.Rejoined && r.Unknown == 0 &&
		len(r.Added)+len(r.Removed)+len(r.Left)+len(r.Devices)+len(r.Gone)+len(r.Admins)+len(r.Demoted) == 0
}

// encode returns what the store keeps of it.
func (r *RoomChange) encode() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("encode room change: %v", err)) // a plain struct always encodes
	}
	return b
}

func parseRoomChange(b []byte) (*RoomChange, error) {
	r := new(RoomChange)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("read room change: %w", err)
	}
	return r, nil
}

// changed takes a commit that counts.
func (k *keeper) changed(l *ledger, b *sealedBatch, event *group.Event, m *clientdb.Message) {
	g, c := l.sealed.group, event.Change
	b.left = event.Left
	r := RoomChange{Rejoined: c.Rejoined}
	// A person is added with the first device and removed with the last one.
	is := make(map[[32]byte]int)
	if !event.Left {
		for _, v := range g.Members() {
			is[v.Identity.Array()]++
		}
	}
	was := make(map[[32]byte]int)
	for id, n := range is {
		was[id] = n
	}
	for _, v := range c.Added {
		was[v.Identity.Array()]--
	}
	for _, v := range c.Removed {
		was[v.Identity.Array()]++
	}
	note := func(list *[]chat.AccountID, v group.Member) {
		if account, known := k.accountOf(v); !known {
			r.Unknown++
		} else if !slices.Contains(*list, account) {
			*list = append(*list, account)
		}
	}
	for _, v := range c.Added {
		if was[v.Identity.Array()] == 0 {
			note(&r.Added, v)
		} else {
			note(&r.Devices, v)
		}
	}
	for _, v := range c.Removed {
		left := slices.ContainsFunc(c.Left, func(o group.Member) bool { return o.Device == v.Device })
		switch {
		case is[v.Identity.Array()] > 0:
			note(&r.Gone, v)
		case left:
			note(&r.Left, v)
		default:
			note(&r.Removed, v)
		}
	}
	for _, key := range c.After.Admins {
		if !c.Before.IsAdmin(key) {
			if account, known := k.accountWith(key); known {
				r.Admins = append(r.Admins, account)
			}
		}
	}
	for _, key := range c.Before.Admins {
		if account, known := k.accountWith(key); known && !c.After.IsAdmin(key) && is[key.Array()] > 0 {
			r.Demoted = append(r.Demoted, account)
		}
	}
	if c.Before.Name != c.After.Name || c.Before.Topic != c.After.Topic {
		r.Renamed, r.Name, r.Topic = true, c.After.Name, c.After.Topic
	}
	m.Kind, m.Body = uint16(wire.KindCommit), r.encode()
	if r.empty() {
		m.Line = chat.RoomID{} // fresh keys only
	} else {
		b.changed = true
	}
	if m.Device == k.self {
		b.renewed = true
	}
	if !g.NeedsCommit() {
		l.sealed.leaving = time.Time{}
	}
}

// accountWith returns who has an identity now.
func (k *keeper) accountWith(key identity.PublicKey) (chat.AccountID, bool) {
	want := key.Array()
	for id, a := range k.directory.accounts {
		if a.Identity == want {
			return id, true
		}
	}
	return chat.AccountID{}, false
}
