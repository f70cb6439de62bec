package client

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// maxHeads is how many recent chain values of a room are kept in memory, and those
// of the rows that are being processed; older ones are read from the store.
const maxHeads = 2048

// maxHeld is how many rows of a room may wait for the directory.
const maxHeld = 4096

// ledger is a room as it is being processed: where it stands and what its chain
// was. One goroutine owns it.
type ledger struct {
	id     chat.RoomID
	cursor uint64
	chain  [32]byte
	heads  map[uint64][32]byte // recent rows
	live   bool                // on this connection
	asked  bool                // a Fetch is under way
	same   bool                // on this connection: the host still has the row at the cursor
	offer  *offer              // rows that the host lost are being given back
	offers int                 // on this connection: how often that was begun
	told   bool                // on this connection: the host was told that there are no more
	past   uint64              // rows up to this were there before this person was: see listed
	held   []wire.Row          // wait until the directory has what their senders knew
	force  bool                // process what is held whatever the directory has

	kind     chat.RoomKind
	since    uint64      // rows after this are the account's
	chained  bool        // chain is known
	sealed   *sealedRoom // nil in open rooms
	fetching bool        // a blob of its rows is being fetched
	counted  bool        // on this connection: what waits has the counters after those of this device's rows
	unsure   bool        // the host may know a later counter of this device: see clientdb.CatchUp
	aside    bool        // of a sealed room: rows that the host lost are set aside
	span     uint64      // of a sealed room: where the time in it begins, as the host says, that is being read
}

// unlisted is the past of a room that is fetched for the first time as long as the
// host's list does not say where it stood: all that comes first is history.
const unlisted = math.MaxUint64

// listed notes where a room stood when this person came into it. What is written
// after that is news to them, also if it comes with the first rows.
func (l *ledger) listed(head uint64) {
	if l.past == unlisted {
		l.past = head
	}
}

// newLedger begins to process a room where the store has it.
func newLedger(r clientdb.Room) *ledger {
	l := &ledger{
		id: r.ID, kind: r.Kind, cursor: r.Cursor, chain: r.Chain, since: r.Since, chained: r.Chained,
		heads: make(map[uint64][32]byte),
	}
	if r.Cursor == r.Since {
		l.past = unlisted
	}
	if sealedKind(r.Kind) {
		l.sealed = &sealedRoom{kind: r.Kind, state: r.State, peer: r.Peer, healed: timeOf(r.Healed), spoken: r.Spoken}
	}
	return l
}

// forget lets the chain values of old rows go when there are many. Only when none of
// them is of a row that is still to be written: those are nowhere else.
func (l *ledger) forget() {
	if len(l.heads) >= maxHeads {
		clear(l.heads)
	}
}

// head returns what an envelope says that this device has seen.
func (l *ledger) head() wire.Head {
	if l.cursor == 0 {
		return wire.Head{}
	}
	return wire.Head{Seq: l.cursor, Chain: l.chain}
}

// keeper processes rows: it checks them and writes what they say.
type keeper struct {
	c         *Client
	host      [32]byte
	directory *directory
	ledgers   map[chat.RoomID]*ledger
	order     []chat.RoomID // the directory first

	self    chat.DeviceID
	signer  [32]byte            // private key for groups
	device  *group.Device       // see groupDevice
	parcels map[[32]byte][]byte // blobs that rows wait for
}

func newKeeper(ctx context.Context, c *Client) (*keeper, error) {
	c.mu.Lock()
	host, keys := c.place.Host, c.place.Keys
	c.mu.Unlock()
	self, err := transportID(keys)
	if err != nil {
		return nil, err
	}
	dir, err := loadDirectory(ctx, c.db, host)
	if err != nil {
		return nil, err
	}
	rooms, err := c.db.Rooms(ctx)
	if err != nil {
		return nil, err
	}
	k := &keeper{
		c: c, host: host, directory: dir, ledgers: make(map[chat.RoomID]*ledger),
		self: self, signer: keys.MLS, parcels: make(map[[32]byte][]byte),
	}
	for _, r := range rooms {
		if r.ID == chat.Directory || r.ID == chat.Lobby { // the others when the host lists them
			k.add(newLedger(r))
		}
	}
	if k.ledgers[chat.Directory] == nil || k.ledgers[chat.Lobby] == nil {
		return nil, fmt.Errorf("%w: no directory or Lobby", clientdb.ErrNoRoom)
	}
	return k, nil
}

// add takes a room in.
func (k *keeper) add(l *ledger) {
	k.ledgers[l.id] = l
	k.order = append(k.order, l.id)
}

// drop ends the work on a room.
func (k *keeper) drop(id chat.RoomID) {
	delete(k.ledgers, id)
	k.order = slices.DeleteFunc(k.order, func(o chat.RoomID) bool { return o == id })
}

// taken is what processing rows brought.
type taken struct {
	messages []clientdb.Message
	people   bool
	held     bool // some rows wait for the directory

	// Of sealed rooms:
	parcel  wire.BlobRef     // rows wait for this blob, if it is not zero
	changed bool             // who is in the room, or what it is called
	left    bool             // this device is out
	broken  bool             // the group went on without this device
	mine    []chat.MessageID // own commits and proposals that have their place
}

// take processes rows of a room in order: those that are here already are
// skipped, the others checked, written in one transaction and shown. The error
// is the store's, or ErrProtocol if the rows are out of order.
func (k *keeper) take(ctx context.Context, l *ledger, rows []wire.Row) (taken, error) {
	if l.sealed != nil {
		return k.takeSealed(ctx, l, rows)
	}
	c := k.c
	if len(l.held) > 0 {
		rows = append(l.held, rows...)
		l.held = nil
	}
	batch := clientdb.Batch{Room: l.id, After: l.cursor}
	c.mu.Lock()
	batch.Own = c.place.Account
	c.mu.Unlock()
	now := c.nowMS()
	var t taken
	var renewed []chat.AccountID // whose identity became another one
	l.forget()
	cursor, chain := l.cursor, l.chain
	early := c.earlyTurn(l.id)
	for i := range rows {
		row := &rows[i]
		if row.Seq <= cursor {
			if i > 0 && row.Seq < rows[i-1].Seq {
				return t, fmt.Errorf("%w: rows out of order", ErrProtocol)
			}
			continue // came by Fetch and by Deliver
		}
		m, env, ahead, err := k.check(ctx, l, row)
		if err != nil {
			return t, err
		}
		if ahead && !l.force {
			if len(rows)-i > maxHeld {
				return t, fmt.Errorf("%w: directory lags behind", ErrProtocol)
			}
			l.held = slices.Clone(rows[i:])
			t.held = true
			break
		}
		if l.id == chat.Directory && m.Flags == 0 {
			n, err := k.directory.enter(now, row.Seq, env, row.Envelope, row.Signature)
			if err != nil {
				c.log.Warn("directory entry not believed", "seq", row.Seq, "err", err)
				m.Flags |= clientdb.BadEntry
			} else {
				m.Account, m.Device = n.account, env.Device
				batch.Accounts = append(batch.Accounts, n.accounts...)
				batch.Devices = append(batch.Devices, n.devices...)
				batch.Revocations = append(batch.Revocations, n.revocations...)
				t.people = true
				if n.identity {
					m.Flags |= clientdb.IdentityNew
					renewed = append(renewed, n.account)
				}
			}
			m.Line = chat.Lobby
		}
		hash := rowHash(row)
		if err := early.next(row.Seq, hash); err != nil {
			return t, c.refuseEarly(l.id, err)
		}
		chain = wire.NextChain(chain, row.Seq, hash)
		cursor = row.Seq
		m.Chain = chain
		m.Raw, m.Signature = row.Envelope, row.Signature
		l.heads[cursor] = chain
		batch.Messages = append(batch.Messages, m)
	}
	l.force = false
	if len(batch.Messages) == 0 {
		return t, nil
	}
	if err := c.db.Apply(ctx, batch); err != nil {
		return t, err
	}
	l.cursor, l.chain = cursor, chain
	t.messages = batch.Messages
	c.passEarly(early, cursor)
	c.applied(&batch)
	if len(renewed) > 0 {
		return t, c.refreshTrust(ctx, renewed...) // before anything more is sent
	}
	return t, nil
}

// rowHash returns the hash of a row, as the chain takes it. A tombstone has only that.
func rowHash(row *wire.Row) [32]byte {
	if len(row.Envelope) == 0 && len(row.Hash) == 32 {
		return [32]byte(row.Hash)
	}
	return wire.RowHash(row.Envelope, row.Signature)
}

// check verifies one row against the directory and what its sender saw. What is
// wrong becomes flags, so that a screen can show it: a row that cannot be
// believed is never dropped. ahead says that its sender knew more of the
// directory than this device does yet.
func (k *keeper) check(ctx context.Context, l *ledger, row *wire.Row) (m clientdb.Message, env *wire.Envelope, ahead bool, err error) {
	m = clientdb.Message{Seq: row.Seq, Room: l.id, Line: l.id, Received: row.Received}
	if l.id == chat.Directory {
		m.Line = chat.Lobby
	}
	if len(row.Envelope) == 0 {
		m.Flags = clientdb.Deleted
		if len(row.Hash) != 32 {
			m.Flags |= clientdb.Malformed
		}
		return m, nil, false, nil
	}
	env, perr := wire.ParseEnvelope(row.Envelope)
	if perr != nil || env.Room != l.id || row.Seq > 1<<62 || env.Counter > maxCounter {
		m.Flags = clientdb.Malformed
		return m, nil, false, nil
	}
	m.ID, m.Counter, m.Sent = env.ID, env.Counter, env.Time
	dir := k.ledgers[chat.Directory]
	if l.id == chat.Directory {
		// enter judges the signature: the certificate is in the entry.
		m.Kind, m.Body, m.Text = uint16(env.Body), env.Data, env.Text
		m.Flags, err = k.saw(ctx, l, env.Seen, row.Seq, clientdb.OtherHistory)
		return m, env, false, err
	}
	if env.Known.Seq > dir.cursor && env.Known.Seq < row.Seq && !l.force {
		return m, env, true, nil
	}
	d := k.directory.devices[env.Device]
	switch {
	case d == nil || d.parse() != nil:
		m.Flags = clientdb.UnknownDevice
		return m, env, false, nil
	case !d.envelope.Verify(wire.LabelOpenEnvelope, row.Signature, k.host[:], row.Envelope):
		m.Flags = clientdb.BadSignature
		return m, env, false, nil
	}
	m.Account, m.Device = d.Account, d.ID
	if !d.validAt(row.Seq) {
		m.Flags = clientdb.RevokedDevice
	}
	if body, perr := wire.ParseBody(env.Body, env.Data); perr != nil || !belongsInRooms(body) {
		m.Flags |= clientdb.Malformed
		return m, env, false, nil
	}
	m.Kind, m.Body, m.Text = uint16(env.Body), env.Data, env.Text
	if body, perr := wire.ParseBody(env.Body, env.Data); perr == nil && m.Flags == 0 {
		c := k.c
		c.mu.Lock()
		me := c.place.Account
		c.mu.Unlock()
		about(&m, body, false, me)
	}
	seen, err := k.saw(ctx, l, env.Seen, row.Seq, clientdb.OtherHistory)
	if err != nil {
		return m, env, false, err
	}
	known, err := k.saw(ctx, dir, env.Known, row.Seq, clientdb.OtherPeople)
	m.Flags |= seen | known
	return m, env, false, err
}

// belongsInRooms reports whether a body is one for people; those of the
// directory are not, nil is one of a later version.
func belongsInRooms(body any) bool {
	switch body.(type) {
	case *wire.Text, *wire.File, *wire.Reaction, *wire.Edit, *wire.Delete, *wire.Pin, nil:
		return true
	}
	return false
}

// saw compares what the sender of the row seq had seen of a room with what this
// device has of it, and returns flag if that is another history.
func (k *keeper) saw(ctx context.Context, l *ledger, head wire.Head, seq uint64, flag clientdb.Flags) (clientdb.Flags, error) {
	if head.Seq == 0 || head.Seq <= l.since {
		return 0, nil // nothing yet, or nothing that this device can know
	}
	if head.Seq >= seq {
		return flag, nil // nobody can have seen what comes later
	}
	chain, ok := l.heads[head.Seq]
	if !ok {
		var err error
		if chain, ok, err = k.c.db.Chain(ctx, l.id, head.Seq); err != nil {
			return 0, err
		}
	}
	if !ok || chain != head.Chain {
		return flag, nil
	}
	return 0, nil
}

// applied shows what a batch changed.
func (c *Client) applied(b *clientdb.Batch) {
	lines := map[chat.RoomID]bool{}
	typing := map[chat.RoomID]bool{}
	related := map[chat.RoomID]bool{}
	c.mu.Lock()
	for _, a := range b.Accounts {
		p := c.people[a.ID]
		if p == nil {
			p = &Person{Account: a.ID}
			c.people[a.ID] = p
		}
		c.claimLocked(a.Name, a.ID, true)
		p.Name, p.Pinned, p.Changed = a.Name, true, timeOf(a.Changed)
		if p.identity == [32]byte{} {
			p.identity = a.Identity // a new one is shown by refreshTrust
		}
	}
	if len(b.Marks) > 0 {
		lines[b.Room] = true // how far one's own messages are
	}
	for i := range b.Messages {
		m := &b.Messages[i]
		if m.Line != (chat.RoomID{}) {
			lines[m.Line] = true
		}
		if m.Target != (chat.MessageID{}) {
			lines[m.Room], related[m.Room] = true, true
		}
		if c.typing.Stop(m.Room, m.Account) {
			typing[m.Room] = true
		}
	}
	c.mu.Unlock()
	c.feed.publish(func(ch *Changes) {
		ch.Rooms = lines
		ch.Related = related
		ch.Typing = typing
		ch.People = len(b.Accounts) > 0
		ch.RoomList = b.Change != nil || b.Members != nil
	})
}
