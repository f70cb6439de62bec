package client

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/verify"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

const (
	// CompareTime is how long two people have to compare pictures, from the first
	// question on: time to make a call.
	CompareTime = 10 * time.Minute
	// MaxComparisons is with how many people one may compare at once.
	MaxComparisons = 16
	// maxAskedDevices is how many devices of a person are asked, the newest ones.
	maxAskedDevices = 8
	// quietTime is how long a person who was turned away cannot ask again.
	quietTime = time.Minute
)

// CompareStage is how far a comparison of pictures is.
type CompareStage uint8

// The stages.
const (
	CompareAsked   CompareStage = iota + 1 // the other one wants to compare: AgreeToCompare or StopComparing
	CompareWaiting                         // the other one's answer is to come
	CompareShown                           // Pictures are known: TheyMatch or TheyDiffer
	CompareSaid                            // this person said that they match; the other one has not yet
	CompareDone                            // both said so: verified
	CompareDiffer                          // they differ: somebody may be in between; Doubt is NoMatch
	CompareEnded                           // given up, turned away, too late, or the keys changed meanwhile
)

// over reports whether a comparison goes on no more.
func (s CompareStage) over() bool { return s >= CompareDone }

// Comparison is a comparison of pictures with a person, as a screen shows it.
type Comparison struct {
	Account  chat.AccountID
	Stage    CompareStage
	Pictures [7]int // from CompareShown on: indexes of verify.Picture
	Asked    bool   // this person has asked
	Late     bool   // CompareEnded: because nobody answered in time
}

// ErrNoComparison says that there is nothing to answer: the comparison is over, or
// is not that far.
var ErrNoComparison = errors.New("no such comparison now")

// ErrManyComparisons says that MaxComparisons are going on.
var ErrManyComparisons = errors.New("too many comparisons at once")

// party is a side of a comparison: whom it is about and by which device.
type party struct {
	place    [32]byte
	account  chat.AccountID
	device   chat.DeviceID
	identity [32]byte
}

func (p *party) claim() verify.Party {
	return verify.Party{Device: identity.DeviceID(p.device), Claim: p.identity[:]}
}

// comparing is all comparisons of this device. They live in memory only, and
// longer than a connection. Its methods decide and change nothing else: what
// follows from them is an outcome for Client.perform.
type comparing struct {
	wake    chan struct{} // there are letters to be brought
	changed func()        // tells screens; it does not block

	mu      sync.Mutex // guards what follows; nothing blocks under it
	all     map[chat.AccountID]*comparison
	quiet   map[chat.AccountID]time.Time // until when who was turned away cannot ask
	letters []outLetter
}

// comparison is one of them.
type comparison struct {
	Comparison
	self, peer party // the peer's device is zero until it is known
	id         [16]byte
	run        *verify.Comparison          // with that device; nil until it is known
	tries      map[chat.DeviceID]*question // devices that were asked
	start      []byte                      // CompareAsked: what they sent
	until      time.Time
}

// question is the question to one device.
type question struct {
	id  [16]byte
	run *verify.Comparison
}

// outcome is what follows from a step of a comparison.
type outcome struct {
	account  chat.AccountID
	identity [32]byte
	verified bool // both say that the pictures match
	differ   bool // they differ
	tell     bool // screens look again
}

func newComparing(changed func()) *comparing {
	return &comparing{
		wake: make(chan struct{}, 1), changed: changed,
		all: make(map[chat.AccountID]*comparison), quiet: make(map[chat.AccountID]time.Time),
	}
}

// perform writes down what follows from a step, and shows it.
func (c *Client) perform(ctx context.Context, o outcome) error {
	var err error
	switch {
	case o.verified:
		err = c.db.SetVerified(ctx, o.account, o.identity, ByPictures, c.nowMS())
	case o.differ:
		err = c.db.SetDoubt(ctx, o.account, o.identity, NoMatch, c.nowMS())
	}
	if errors.Is(err, clientdb.ErrNotFound) {
		// Another identity has come in the place of the one that was compared: it is
		// as doubtful as the store says.
		c.comparing.changedKeys(o.account)
		err = nil
	}
	if o.verified || o.differ {
		err = errors.Join(err, c.trusted(ctx, o.account))
	}
	if o.tell {
		c.comparing.changed()
	}
	return err
}

// Compare asks a person to compare pictures. It needs a connection; the other one
// may answer later. Errors are ErrOffline, ErrNotJoined, ErrNoDevice and
// ErrManyComparisons. One that is going on with this person begins anew, but for a
// question of theirs, which this agrees to.
func (c *Client) Compare(ctx context.Context, account chat.AccountID) error {
	if k, ok := c.Comparison(account); ok && k.Stage == CompareAsked {
		return c.AgreeToCompare(ctx, account)
	}
	return c.inSession(ctx, func(ctx context.Context, s *session) error {
		self, a := s.party(), s.keeper.directory.accounts[account]
		devices := s.devicesOf(account)
		if len(devices) == 0 || account == self.account || self.identity == [32]byte{} {
			return ErrNoDevice
		}
		peer := party{place: self.place, account: account, identity: a.Identity}
		o, err := c.comparing.ask(c.now(), self, peer, devices)
		if err != nil {
			return err
		}
		return c.perform(ctx, o)
	})
}

// devicesOf returns the devices of a person that can be written to, the newest
// first, at most maxAskedDevices.
func (s *session) devicesOf(account chat.AccountID) []chat.DeviceID {
	dir := s.keeper.directory
	var found []*device
	for _, d := range dir.devices {
		if d.Account == account && d.Revoked == 0 && d.parse() == nil && d.identity == dir.accounts[account].Identity {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *device) int {
		if a.Seq > b.Seq {
			return -1
		}
		return 1
	})
	var out []chat.DeviceID
	for _, d := range found[:min(len(found), maxAskedDevices)] {
		out = append(out, d.ID)
	}
	return out
}

// AgreeToCompare answers a person who wants to compare. ErrNoComparison says that
// nobody asks.
func (c *Client) AgreeToCompare(ctx context.Context, account chat.AccountID) error {
	o, err := c.comparing.agree(c.now(), account)
	if err != nil {
		return err
	}
	return c.perform(ctx, o)
}

// TheyMatch says that this person sees the same pictures as the other one. When
// both have said so they are verified to each other. ErrNoComparison says that no
// pictures are shown.
func (c *Client) TheyMatch(ctx context.Context, account chat.AccountID) error {
	o, err := c.comparing.match(account)
	if err != nil {
		return err
	}
	return c.perform(ctx, o)
}

// TheyDiffer says that the pictures are others: private messages with this person
// stop, here and there, until the one who sees that answers. ErrNoComparison is
// that of TheyMatch.
func (c *Client) TheyDiffer(ctx context.Context, account chat.AccountID) error {
	o, err := c.comparing.differs(account)
	if err != nil {
		return err
	}
	return c.perform(ctx, o)
}

// StopComparing gives a comparison up, or turns a question away, and forgets what
// is over. It does nothing if there is none.
func (c *Client) StopComparing(account chat.AccountID) { c.comparing.stop(c.now(), account) }

// Comparison returns the comparison with a person, if there is one.
func (c *Client) Comparison(account chat.AccountID) (Comparison, bool) {
	q := c.comparing
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[account]
	if k == nil {
		return Comparison{}, false
	}
	return k.Comparison, true
}

// Comparisons returns all comparisons that are going on, or over and not
// forgotten, in the order of the accounts.
func (c *Client) Comparisons() []Comparison {
	q := c.comparing
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []Comparison
	for _, id := range slices.SortedFunc(maps.Keys(q.all), func(a, b chat.AccountID) int { return bytes.Compare(a[:], b[:]) }) {
		out = append(out, q.all[id].Comparison)
	}
	return out
}

// ask begins a comparison with all devices of a person.
func (q *comparing) ask(now time.Time, self, peer party, devices []chat.DeviceID) (outcome, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.endLocked(peer.account)
	if !q.roomLocked() {
		return outcome{}, ErrManyComparisons
	}
	k := &comparison{
		Comparison: Comparison{Account: peer.account, Stage: CompareWaiting, Asked: true},
		self:       self, peer: peer, tries: make(map[chat.DeviceID]*question), until: now.Add(CompareTime),
	}
	for _, d := range devices {
		other := peer
		other.device = d
		run, start, err := verify.Start(verify.Person, self.place, self.claim(), other.claim())
		if err != nil {
			return outcome{}, err
		}
		id, _, _ := verify.Transaction(start)
		k.tries[d] = &question{id: id, run: run}
		q.stepLocked(peer.account, d, start)
	}
	q.all[peer.account] = k
	return outcome{tell: true}, nil
}

// roomLocked makes room for one more comparison, if need be by forgetting one
// that is over.
func (q *comparing) roomLocked() bool {
	if len(q.all) < MaxComparisons {
		return true
	}
	for id, k := range q.all {
		if k.Stage.over() {
			delete(q.all, id)
			return true
		}
	}
	return false
}

// endLocked takes away a comparison that another one comes in the place of.
func (q *comparing) endLocked(account chat.AccountID) {
	if k := q.all[account]; k != nil {
		if !k.Stage.over() {
			q.cancelLocked(k)
		}
		delete(q.all, account)
	}
}

// cancelLocked tells the other side that a comparison is over.
func (q *comparing) cancelLocked(k *comparison) {
	if k.run != nil {
		q.stepLocked(k.Account, k.peer.device, k.run.Cancel())
		return
	}
	if k.Stage == CompareAsked {
		q.stepLocked(k.Account, k.peer.device, verify.CancelOf(k.id))
		return
	}
	for d, t := range k.tries {
		q.stepLocked(k.Account, d, t.run.Cancel())
	}
}

// stepLocked queues a message of a comparison.
func (q *comparing) stepLocked(account chat.AccountID, to chat.DeviceID, step []byte) {
	q.postLocked(outLetter{id: chat.NewMessageID(), account: account, to: to, body: (&note{kind: noteStep, step: step}).encode()})
}

// postLocked queues a letter. One too many is lost: whoever waits for it gives up
// in time.
func (q *comparing) postLocked(l outLetter) {
	if len(q.letters) < maxLetters {
		q.letters = append(q.letters, l)
	}
	signal(q.wake)
}

func (q *comparing) post(l outLetter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.postLocked(l)
}

// firstLetter returns the letter that is to be brought next.
func (q *comparing) firstLetter() (outLetter, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.letters) == 0 {
		return outLetter{}, false
	}
	return q.letters[0], true
}

func (q *comparing) dropLetter(id chat.MessageID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.letters = slices.DeleteFunc(q.letters, func(l outLetter) bool { return l.id == id })
}

// agree answers a question.
func (q *comparing) agree(now time.Time, account chat.AccountID) (outcome, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[account]
	if k == nil || k.Stage != CompareAsked {
		return outcome{}, ErrNoComparison
	}
	return q.answerLocked(now, k)
}

// answerLocked answers the question that a comparison has.
func (q *comparing) answerLocked(now time.Time, k *comparison) (outcome, error) {
	run, answer, err := verify.Answer(verify.Person, k.self.place, k.self.claim(), k.peer.claim(), k.start)
	if err != nil {
		k.Stage = CompareEnded
		return outcome{tell: true}, nil
	}
	k.run, k.Stage, k.until = run, CompareWaiting, now.Add(CompareTime)
	q.stepLocked(k.Account, k.peer.device, answer)
	return outcome{tell: true}, nil
}

func (q *comparing) match(account chat.AccountID) (outcome, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[account]
	if k == nil || k.Stage != CompareShown {
		return outcome{}, ErrNoComparison
	}
	confirm, err := k.run.Confirm()
	if err != nil {
		return outcome{}, ErrNoComparison
	}
	q.stepLocked(account, k.peer.device, confirm)
	k.Stage = CompareSaid
	return k.finished(), nil
}

// finished says what follows if both have confirmed.
func (k *comparison) finished() outcome {
	o := outcome{account: k.Account, identity: k.peer.identity, tell: true}
	if k.run.Done() {
		k.Stage, o.verified = CompareDone, true
	}
	return o
}

func (q *comparing) differs(account chat.AccountID) (outcome, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[account]
	if k == nil || k.Stage != CompareShown && k.Stage != CompareSaid {
		return outcome{}, ErrNoComparison
	}
	return q.differLocked(k, true), nil
}

// differLocked ends a comparison whose pictures differ; say tells the other side.
func (q *comparing) differLocked(k *comparison, say bool) outcome {
	k.run.Cancel()
	k.Stage = CompareDiffer
	if say {
		q.postLocked(outLetter{id: chat.NewMessageID(), account: k.Account, to: k.peer.device, body: (&note{kind: noteDiffer, transaction: k.id}).encode()})
	}
	return outcome{account: k.Account, identity: k.peer.identity, differ: true, tell: true}
}

func (q *comparing) stop(now time.Time, account chat.AccountID) {
	q.mu.Lock()
	k := q.all[account]
	if k != nil && k.Stage == CompareAsked {
		maps.DeleteFunc(q.quiet, func(_ chat.AccountID, until time.Time) bool { return now.After(until) })
		if len(q.quiet) < MaxComparisons {
			q.quiet[account] = now.Add(quietTime)
		}
	}
	q.endLocked(account)
	q.mu.Unlock()
	if k != nil {
		q.changed()
	}
}

// refused ends a comparison whose letters the host does not take.
func (q *comparing) refused(account chat.AccountID) outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[account]
	if k == nil || k.Stage.over() {
		return outcome{}
	}
	k.Stage = CompareEnded
	return outcome{tell: true}
}

// changedKeys ends a comparison of an identity that is not the person's any more.
func (q *comparing) changedKeys(account chat.AccountID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if k := q.all[account]; k != nil {
		k.Stage = CompareEnded
	}
}

// expire ends what took too long. It is called now and then.
func (q *comparing) expire(now time.Time) {
	q.mu.Lock()
	tell := false
	for id, k := range q.all {
		if now.Before(k.until) {
			continue
		}
		tell = true
		if !k.Stage.over() {
			q.cancelLocked(k)
		}
		if k.Stage.over() || k.Stage == CompareAsked {
			delete(q.all, id) // nobody waits for it
			continue
		}
		k.Stage, k.Late, k.until = CompareEnded, true, now.Add(CompareTime)
	}
	q.mu.Unlock()
	if tell {
		q.changed()
	}
}

// came takes a step of a comparison from a device that the directory proved to be
// of its account.
func (q *comparing) came(now time.Time, self party, d *device, n *note) outcome {
	q.mu.Lock()
	defer q.mu.Unlock()
	k := q.all[d.Account]
	if k != nil && !k.Stage.over() && (k.self != self || k.peer.identity != d.identity) {
		k.Stage = CompareEnded // keys of one of both are others now
	}
	switch {
	case n.start:
		return q.askedLocked(now, k, self, d, n)
	case k == nil || k.Stage.over():
		if k == nil && n.kind == noteStep && !verify.IsCancel(n.step) {
			q.stepLocked(d.Account, d.ID, verify.CancelOf(n.transaction)) // forgotten, as after a restart
		}
		return outcome{}
	case k.run == nil && k.Asked:
		return q.answeredLocked(k, d, n)
	case d.ID != k.peer.device || n.transaction != k.id:
		return outcome{}
	case k.run == nil: // they asked, and ask no more
		if n.kind == noteStep && verify.IsCancel(n.step) {
			delete(q.all, d.Account)
			return outcome{tell: true}
		}
		return outcome{}
	case n.kind == noteDiffer:
		if k.Stage != CompareShown && k.Stage != CompareSaid {
			return outcome{}
		}
		return q.differLocked(k, false)
	}
	reply, err := k.run.Handle(n.step)
	if err != nil {
		if verify.IsCancel(n.step) {
			k.Stage = CompareEnded
			return outcome{tell: true}
		}
		return q.differLocked(k, true) // what does not fit was not sent by who it seems to be
	}
	if reply != nil {
		q.stepLocked(k.Account, k.peer.device, reply)
	}
	if pictures, ok := k.run.Emoji(); ok && k.Stage == CompareWaiting {
		k.Pictures, k.Stage = pictures, CompareShown
	}
	return k.finished()
}

// askedLocked takes a question.
func (q *comparing) askedLocked(now time.Time, k *comparison, self party, d *device, n *note) outcome {
	turnAway := func() outcome {
		q.stepLocked(d.Account, d.ID, verify.CancelOf(n.transaction))
		return outcome{}
	}
	both := k != nil && k.Stage == CompareWaiting && k.run == nil && k.Asked
	switch {
	case now.Before(q.quiet[d.Account]):
		return turnAway()
	case self.identity == [32]byte{}:
		return turnAway()
	case both && bytes.Compare(self.account[:], d.Account[:]) < 0:
		return outcome{} // both asked: the question of the lower account counts
	}
	if both {
		for other, t := range k.tries {
			if other != d.ID { // that one takes no notice of the question
				q.stepLocked(d.Account, other, t.run.Cancel())
			}
		}
		delete(q.all, d.Account)
	}
	q.endLocked(d.Account)
	if !q.roomLocked() {
		return turnAway()
	}
	fresh := &comparison{
		Comparison: Comparison{Account: d.Account, Stage: CompareAsked},
		self:       self, peer: party{place: self.place, account: d.Account, device: d.ID, identity: d.identity},
		id: n.transaction, start: n.step, until: now.Add(CompareTime),
	}
	q.all[d.Account] = fresh
	if both { // this person has agreed by asking
		o, _ := q.answerLocked(now, fresh)
		return o
	}
	return outcome{tell: true}
}

// answeredLocked takes the first answer of one of the devices that were asked.
func (q *comparing) answeredLocked(k *comparison, d *device, n *note) outcome {
	t := k.tries[d.ID]
	if t == nil || t.id != n.transaction || n.kind != noteStep {
		return outcome{}
	}
	reply, err := t.run.Handle(n.step)
	delete(k.tries, d.ID)
	for other, t := range k.tries { // the person is at this one
		q.stepLocked(k.Account, other, t.run.Cancel())
	}
	k.tries = nil
	k.run, k.id, k.peer.device = t.run, t.id, d.ID
	if err != nil {
		k.Stage = CompareEnded
		return outcome{tell: true}
	}
	q.stepLocked(k.Account, d.ID, reply)
	if pictures, ok := k.run.Emoji(); ok {
		k.Pictures, k.Stage = pictures, CompareShown
	}
	return outcome{tell: true}
}
