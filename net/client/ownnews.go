package client

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/mail"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// The devices of an account tell each other whom their person has verified, whom they
// doubt, which messages they have marked, and what they are called until the person
// gives them a name. Each gives the others a key; who has something to tell seals all of
// it to that key, so that it is there also when the two are never connected at the same
// time. Nobody who is not a device of the account, the host included, can say anything.

const (
	newsKeyPurpose = "news key"
	newsPurpose    = "news"

	// newsKeyFor is how long a device's key is good: shorter than a host keeps mail
	// (30 days), since with a new key it is told everything again, and so short that
	// who steals the store can open little of what passed.
	newsKeyFor = 7 * 24 * time.Hour
	// newsAgain is when what the host did not take is sent again.
	newsAgain = 30 * time.Second
	// newsWait is how long news may wait for the directory that its sender had: a
	// host that was restored may have lost those rows for good.
	newsWait = time.Hour
)

// mate is what this device knows of another one of its account.
type mate struct {
	given int64    // which key of this device it was given: mates.made
	made  int64    // when its own key was made, by its clock
	key   []byte   // its key, nil: none has come
	told  [32]byte // what it was told last: digestOf
	name  string   // what it calls itself
}

// mates are the other devices of the account. The goroutine of the session owns it.
type mates struct {
	key    mail.Key
	made   int64 // 0: there is no key yet
	before []byte
	all    map[chat.DeviceID]*mate

	read   uint64 // Client.newsMade when news was read, and 1
	news   wire.OwnNews
	digest [32]byte
	busy   bool      // letters are on their way
	after  time.Time // not before
}

// matesKey is where the store has it, beside the keys of groups: a profile that comes
// back from a backup makes new keys.
func matesKey() []byte { return []byte("mates") }

// matePrefix is before the id of a device.
const matePrefix = "device "

func mateKey(id chat.DeviceID) string { return matePrefix + string(id[:]) }

// encode returns what parseMate reads: given (8), made (8), told (32), length of the
// name (1), name, key.
func (m *mate) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.given))
	b = binary.BigEndian.AppendUint64(b, uint64(m.made))
	b = append(append(b, m.told[:]...), byte(len(m.name))) // at most wire.MaxDeviceName
	return append(append(b, m.name...), m.key...)
}

func parseMate(b []byte) (*mate, error) {
	const head = 8 + 8 + 32 + 1
	if len(b) < head || len(b) != head+int(b[head-1]) && len(b) != head+int(b[head-1])+mail.PublicKeySize {
		return nil, fmt.Errorf("read own device: %d bytes", len(b))
	}
	name := head + int(b[head-1]) // its end
	m := &mate{given: int64(binary.BigEndian.Uint64(b)), made: int64(binary.BigEndian.Uint64(b[8:])), told: [32]byte(b[16:]), name: string(b[head:name])}
	if len(b) > name {
		m.key = b[name:]
	}
	return m, nil
}

// openMates reads what the store has of the other devices.
func (s *session) openMates(ctx context.Context) (*mates, error) {
	if s.mates != nil {
		return s.mates, nil
	}
	w := &mates{all: make(map[chat.DeviceID]*mate)}
	tx := s.c.db.GroupTx(ctx)
	for row, err := range tx.Scan(matesKey(), matePrefix) {
		if err != nil {
			return nil, err
		}
		id := chat.DeviceID([]byte(row.Key)[len(matePrefix):])
		if d := s.keeper.directory.devices[id]; d != nil && d.Revoked != 0 {
			if err := tx.Delete(matesKey(), row.Key); err != nil {
				return nil, err
			}
			continue
		}
		m, err := parseMate(row.Value)
		if err != nil {
			return nil, err
		}
		w.all[id] = m
	}
	b, err := tx.Get(matesKey(), "key")
	if err != nil {
		return nil, err
	}
	if len(b) > 8 {
		if w.key, err = mail.ParseKey(b[8:]); err != nil {
			return nil, err
		}
		w.made = int64(binary.BigEndian.Uint64(b))
	}
	if w.before, err = tx.Get(matesKey(), "key before"); err != nil {
		return nil, err
	}
	if err := s.c.db.WriteGroups(ctx, tx); err != nil {
		return nil, err
	}
	s.mates = w
	return w, nil
}

// keepMate writes down what is known of another device.
func (s *session) keepMate(ctx context.Context, id chat.DeviceID, m *mate) error {
	s.mates.all[id] = m
	tx := s.c.db.GroupTx(ctx)
	if err := tx.Put(matesKey(), mateKey(id), m.encode()); err != nil {
		return err
	}
	return s.c.db.WriteGroups(ctx, tx)
}

// newKey makes a new key for this device; the one before opens what is on its way.
func (w *mates) newKey(ctx context.Context, db *clientdb.DB, now int64) error {
	key, err := mail.NewKey()
	if err != nil {
		return err
	}
	secret, err := key.Bytes()
	if err != nil {
		return err
	}
	tx := db.GroupTx(ctx)
	before := w.before
	if w.made != 0 {
		if before, err = w.key.Bytes(); err != nil {
			return err
		}
		if err := tx.Put(matesKey(), "key before", before); err != nil {
			return err
		}
	}
	made := max(now, w.made+1)
	if err := tx.Put(matesKey(), "key", append(binary.BigEndian.AppendUint64(nil, uint64(made)), secret...)); err != nil {
		return err
	}
	if err := db.WriteGroups(ctx, tx); err != nil {
		return err
	}
	w.key, w.made, w.before = key, made, before
	return nil
}

// digestOf tells apart what devices are told.
func digestOf(news wire.OwnNews) [32]byte {
	news.Known = 0
	return sha256.Sum256(wire.EncodeBody(&news))
}

// ownNews returns what the other devices of the account are to know.
func (c *Client) ownNews(ctx context.Context) (news wire.OwnNews, err error) {
	if news.Marks, err = c.trusts(ctx); err != nil {
		return news, err
	}
	marked, err := c.db.BookmarkChanges(ctx, wire.MaxOwnBookmarks)
	for _, m := range marked {
		news.Bookmarks = append(news.Bookmarks, wire.OwnBookmark(m))
	}
	return news, err
}

// ownName is what this device calls itself, "" if that is no name.
func (c *Client) ownName() string {
	if wire.CheckDeviceName(c.cfg.DeviceName) != nil {
		return ""
	}
	return c.cfg.DeviceName
}

// mateNames returns what the other devices call themselves.
func (s *session) mateNames(ctx context.Context) (map[chat.DeviceID]string, error) {
	w, err := s.openMates(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[chat.DeviceID]string, len(w.all))
	for id, m := range w.all {
		names[id] = m.name
	}
	return names, nil
}

// tellMates gives the other devices of the account this one's key, and tells them
// what the person has said since, if they do not know. It returns when to look again.
func (s *session) tellMates(ctx context.Context) (time.Duration, error) {
	c := s.c
	devices := s.otherDevices()
	if len(devices) == 0 {
		return stewardEvery, nil
	}
	w, err := s.openMates(ctx)
	if err != nil {
		return 0, err
	}
	now := c.now()
	if w.busy {
		return stewardEvery, nil // the end of that wakes the steward
	}
	if wait := w.after.Sub(now); wait > 0 {
		return wait, nil
	}
	if w.made == 0 || now.UnixMilli()-w.made >= newsKeyFor.Milliseconds() {
		if err := w.newKey(ctx, c.db, now.UnixMilli()); err != nil {
			return 0, err
		}
	}
	if made := c.newsMade.Load() + 1; w.read != made {
		if w.news, err = c.ownNews(ctx); err != nil {
			return 0, err
		}
		w.news.Name = c.ownName()
		w.read, w.digest = made, digestOf(w.news)
	}
	type news struct {
		mail wire.Mail
		sent func(m *mate)
	}
	var out []news
	for _, id := range devices {
		m := w.all[id]
		if m == nil {
			m = new(mate)
		}
		if made := w.made; m.given != made {
			letter, err := mail.Sign(s.envelope, s.address(s.device, id, newsKeyPurpose), append(binary.BigEndian.AppendUint64(nil, uint64(made)), w.key.Public()...))
			if err != nil {
				return 0, err
			}
			out = append(out, news{wire.Mail{ID: chat.NewMessageID(), To: id, MailKind: wire.MailNewsKey, Data: letter}, func(m *mate) { m.given = made }})
		}
		if digest, key := w.digest, m.made; m.key != nil && (len(w.news.Marks)+len(w.news.Bookmarks) > 0 || w.news.Name != "") && m.told != digest {
			told := w.news
			told.Known = s.keeper.ledgers[chat.Directory].cursor
			body := wire.EncodeBody(&told)
			letter, err := mail.Seal(s.envelope, s.address(s.device, id, newsPurpose), m.key, body)
			if err != nil {
				return 0, err
			}
			out = append(out, news{wire.Mail{ID: chat.NewMessageID(), To: id, MailKind: wire.MailNews, Data: letter}, func(m *mate) {
				if m.made == key { // and no new one has come
					m.told = digest
				}
			}})
		}
	}
	if len(out) == 0 {
		return stewardEvery, nil
	}
	w.busy = true
	line := s.line
	s.background(func(ctx context.Context) {
		for i := range out {
			n := &out[i]
			err := s.parcelOut(ctx, line, n.mail)
			if err != nil && ctx.Err() == nil {
				c.log.Warn("another device not told what the person said", "err", err)
			}
			last := i == len(out)-1
			s.tell(ctx, func(ctx context.Context) error {
				if w.busy = !last; last {
					signal(s.tend)
				}
				if err != nil {
					w.after = c.now().Add(newsAgain)
					return nil
				}
				m := w.all[n.mail.To]
				if m == nil {
					m = new(mate)
				}
				n.sent(m)
				return s.keepMate(ctx, n.mail.To, m)
			})
		}
	})
	return stewardEvery, nil
}

// newsKeyCame takes the key of another device of this account, and reports whether
// the mail is through.
func (s *session) newsKeyCame(ctx context.Context, m *wire.Mail) (bool, error) {
	envelope, own := s.ownEnvelope(m.From)
	if !own {
		return s.keeper.directory.devices[m.From] != nil, nil // the directory brings it
	}
	body, err := mail.Verify(envelope, s.address(m.From, s.device, newsKeyPurpose), m.Data)
	if err != nil || len(body) != 8+mail.PublicKeySize || !mail.CheckKey(body[8:]) {
		s.c.log.Warn("key of another device refused")
		return true, nil
	}
	w, err := s.openMates(ctx)
	if err != nil {
		return false, err
	}
	have := w.all[m.From]
	if have == nil {
		have = new(mate)
	}
	made := int64(binary.BigEndian.Uint64(body))
	if made <= have.made {
		return true, nil // an older one
	}
	have.made, have.key, have.told = made, slices.Clone(body[8:]), [32]byte{}
	signal(s.tend)
	return true, s.keepMate(ctx, m.From, have)
}

// newsCame takes what another device of this account tells, and reports whether the
// mail is through.
func (s *session) newsCame(ctx context.Context, m *wire.Mail) (bool, error) {
	c := s.c
	envelope, own := s.ownEnvelope(m.From)
	if !own {
		return s.keeper.directory.devices[m.From] != nil, nil // the directory brings it
	}
	w, err := s.openMates(ctx)
	if err != nil {
		return false, err
	}
	address := s.address(m.From, s.device, newsPurpose)
	var body []byte
	err = mail.ErrLetter
	if w.made != 0 {
		body, err = mail.Open(w.key, envelope, address, m.Data)
	}
	if err != nil && len(w.before) > 0 {
		key, kerr := mail.ParseKey(w.before)
		if kerr != nil {
			return false, kerr
		}
		body, err = mail.Open(key, envelope, address, m.Data)
	}
	var news *wire.OwnNews
	if err == nil {
		news, err = wire.ParseOwnNews(body)
	}
	if err != nil {
		c.log.Warn("news of another device refused", "err", err)
		return true, nil
	}
	if news.Known > s.keeper.ledgers[chat.Directory].cursor && c.nowMS()-m.Time < newsWait.Milliseconds() {
		return false, nil // it may be of identities that the directory brings
	}
	from := w.all[m.From]
	if from == nil {
		from = new(mate)
	}
	if from.name != news.Name {
		from.name = news.Name
		if err := s.keepMate(ctx, m.From, from); err != nil {
			return false, err
		}
	}
	if err := c.adopt(ctx, news.Marks, s.account()); err != nil {
		return false, err
	}
	if all, err := c.adoptBookmarks(ctx, news.Bookmarks); err != nil || !all && c.nowMS()-m.Time < newsWait.Milliseconds() {
		return false, err // some may be in rooms that this device is still to come into
	}
	have, err := c.ownNews(ctx)
	if err != nil {
		return false, err
	}
	news.Name = ""
	if digestOf(have) != digestOf(*news) || from.told == ([32]byte{}) {
		return true, nil // it is to be told; what this device calls itself too
	}
	have.Name = c.ownName()
	if digest := digestOf(have); from.told != digest { // it knows
		from.told = digest
		return true, s.keepMate(ctx, m.From, from)
	}
	return true, nil
}

// adoptBookmarks takes what the person marked on another device, or does not want to
// be marked any more, where that is the last word. It reports whether all rooms of
// it are here.
func (c *Client) adoptBookmarks(ctx context.Context, told []wire.OwnBookmark) (all bool, err error) {
	if len(told) == 0 {
		return true, nil
	}
	marks := make([]clientdb.Bookmark, len(told))
	for i, m := range told {
		marks[i] = clientdb.Bookmark(m)
	}
	taken, all, err := c.db.AdoptBookmarks(ctx, marks)
	if err != nil || len(taken) == 0 {
		return all, err
	}
	c.mu.Lock()
	if c.marks == nil {
		c.marks = make(map[chat.MessageID]bool)
	}
	for _, m := range taken {
		if m.At > 0 {
			c.marks[m.Target] = true
		} else {
			delete(c.marks, m.Target)
		}
	}
	c.mu.Unlock()
	for _, m := range taken {
		c.publishRelated(m.Room)
	}
	c.newsChanged()
	return all, nil
}

// newsChanged has the other devices of the account told.
func (c *Client) newsChanged() {
	c.newsMade.Add(1)
	c.poke(func(_ context.Context, s *session) { signal(s.tend) })
}
