package transfer

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/net/wire"
)

// PullTimeout is how long a pull may stay without an answer before it is asked
// again: longer than a link may be silent (45 s) would be of no use, and a host
// that reads from a slow disk while others pull needs a while.
const PullTimeout = 20 * time.Second

// Sink keeps what a Puller fetched. Its methods are called from the Puller's
// methods, one at a time; an error ends the transfer and is handed to the caller.
type Sink interface {
	// Begin comes once, with the checked hash list: HashSize bytes for each
	// block, not to be changed. It returns which blocks the sink has already
	// (checked against these hashes), nil for none.
	Begin(length int64, hashes []byte) (have func(block int) bool, err error)
	// WriteBlock takes a block whose hash was right. b may be used only
	// during the call. Blocks come in no special order, each once.
	WriteBlock(block int, b []byte) error
}

// Puller fetches one sealed file. It is not safe for concurrent use: the
// goroutine that feeds it Handle, Expire and SetWindow owns it. It keeps at most
// two blocks and the hash list in memory, whatever the other side sends.
type Puller struct {
	root   [32]byte
	length int64
	sink   Sink
	send   func(wire.Message) error

	window int
	asked  []ask // pulls under way, oldest first; their lengths sum up to asking
	asking int
	stray  int

	hashes   []byte // the list; complete and checked once begun
	listGot  int
	listTry  int
	listNext int // first byte of the list that was not asked for
	begun    bool

	have     func(int) bool
	next     int      // first block that was not opened yet
	open     []*block // blocks being fetched, at most maxOpen
	spare    [][]byte
	redo     map[int]int // tries of blocks that were wrong; few
	done     int64       // bytes in the sink
	refetch  int
	complete bool
}

// maxOpen is how many blocks are fetched at once: the window reaches over one
// border between blocks.
const maxOpen = 2

// maxDamaged bounds the blocks of one file that may be wrong before the sender
// is given up.
const maxDamaged = 64

// ask is one pull under way.
type ask struct {
	part   wire.Part
	offset int64
	length int
	sent   time.Time
	tries  int
}

// block is one block that is being fetched.
type block struct {
	index int
	buf   []byte
	next  int // first byte that was not asked for
	got   int
}

// NewPuller returns a Puller for the sealed file of this root and length.
// Messages leave through send, which must not keep them; an error of send ends
// the transfer. It returns ErrTooLong for lengths that no file may have.
func NewPuller(root [32]byte, length int64, sink Sink, send func(wire.Message) error) (*Puller, error) {
	if length < 0 || length > MaxLength {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLong, length)
	}
	return &Puller{root: root, length: length, sink: sink, send: send, window: wire.Window}, nil
}

// SetWindow changes how many bytes may be under way, for example when several
// files share a link; it takes effect with the next answer. Less than one
// piece counts as one piece, more than wire.Window as wire.Window.
func (p *Puller) SetWindow(n int) { p.window = min(max(n, wire.MaxPiece), wire.Window) }

// Root returns which file this is.
func (p *Puller) Root() [32]byte { return p.root }

// Length returns the size of the sealed file in bytes.
func (p *Puller) Length() int64 { return p.length }

// Have returns how many bytes are checked and in the sink.
func (p *Puller) Have() int64 { return p.done }

// Done reports whether every block is in the sink.
func (p *Puller) Done() bool { return p.complete }

// Refetched returns how many times a block had to be asked for again because
// it arrived damaged.
func (p *Puller) Refetched() int { return p.refetch }

// Start sends the first pulls. A file without bytes is complete when it returns.
func (p *Puller) Start(now time.Time) error {
	p.hashes = make([]byte, 0, min(p.listLen(), wire.MaxPiece))
	if p.listLen() == 0 {
		return p.listComplete(now)
	}
	return p.fill(now)
}

func (p *Puller) listLen() int { return Blocks(p.length) * HashSize }

// Handle takes a Piece, BlobState or Cancel of this root; others are ignored.
// An error ends the transfer: ErrCancelled (often a *PeerError), ErrPaused,
// ErrDamaged, ErrStray, or what send or the sink returned.
func (p *Puller) Handle(now time.Time, m wire.Message) error {
	switch m := m.(type) {
	case *wire.Piece:
		if m.Root != p.root {
			return nil
		}
		return p.piece(now, m)
	case *wire.BlobState:
		if m.Root == p.root && m.Code != wire.CodeOK {
			return &PeerError{Code: m.Code, Limit: m.Limit}
		}
	case *wire.Cancel:
		switch {
		case m.Root != p.root:
		case m.Keep:
			return ErrPaused
		case m.Code != wire.CodeOK:
			return &PeerError{Code: m.Code}
		default:
			return ErrCancelled
		}
	}
	return nil
}

// Expire asks again for what was not answered within PullTimeout, and returns
// ErrSilent once that happened MaxTries times to the same bytes. Call it every
// few seconds while the link is up.
func (p *Puller) Expire(now time.Time) error {
	for i := range p.asked {
		a := &p.asked[i]
		if now.Sub(a.sent) < PullTimeout {
			continue
		}
		if a.tries >= MaxTries {
			return fmt.Errorf("%w: part %d at %d", ErrSilent, a.part, a.offset)
		}
		a.tries++
		a.sent = now
		if err := p.pull(*a); err != nil {
			return err
		}
	}
	return nil
}

func (p *Puller) piece(now time.Time, m *wire.Piece) error {
	i := slices.IndexFunc(p.asked, func(a ask) bool { return a.part == m.Part && a.offset == m.Offset })
	if i < 0 || len(m.Data) != p.asked[i].length {
		if p.stray++; p.stray > maxStray {
			return ErrStray
		}
		return nil // an honest late answer, or nonsense that Expire heals
	}
	a := p.asked[i]
	p.asked = slices.Delete(p.asked, i, i+1)
	p.asking -= a.length
	if a.part == wire.PartHashes {
		if err := p.listPiece(now, a, m.Data); err != nil {
			return err
		}
	} else if err := p.dataPiece(a, m.Data); err != nil {
		return err
	}
	return p.fill(now)
}

func (p *Puller) listPiece(now time.Time, a ask, data []byte) error {
	// The list is asked for one piece after the other and grows only with
	// what arrived, so a length that is a lie costs nothing.
	p.hashes = append(p.hashes, data...)
	p.listGot += a.length
	if p.listGot < p.listLen() {
		return nil
	}
	if Root(p.length, p.hashes) == p.root {
		return p.listComplete(now)
	}
	if p.listTry++; p.listTry >= MaxTries {
		return fmt.Errorf("%w: hash list", ErrDamaged)
	}
	p.refetch++
	p.hashes, p.listGot, p.listNext = p.hashes[:0], 0, 0
	return nil
}

func (p *Puller) listComplete(now time.Time) error {
	if Root(p.length, p.hashes) != p.root {
		return fmt.Errorf("%w: hash list", ErrDamaged) // an empty file of another root
	}
	have, err := p.sink.Begin(p.length, p.hashes)
	if err != nil {
		return err
	}
	if have == nil {
		have = func(int) bool { return false }
	}
	p.have, p.begun = have, true
	for i := range Blocks(p.length) {
		if have(i) {
			p.done += int64(BlockLen(p.length, i))
		}
	}
	p.complete = p.done == p.length
	return p.fill(now)
}

func (p *Puller) dataPiece(a ask, data []byte) error {
	index := int(a.offset / BlockSize)
	i := slices.IndexFunc(p.open, func(b *block) bool { return b.index == index })
	if i < 0 {
		panic("transfer: a pull without its block")
	}
	b := p.open[i]
	copy(b.buf[a.offset%BlockSize:], data)
	b.got += a.length
	if b.got < len(b.buf) {
		return nil
	}
	if sum := sha256.Sum256(b.buf); [HashSize]byte(p.hashes[index*HashSize:]) != sum {
		if p.redo == nil {
			p.redo = make(map[int]int)
		}
		p.redo[index]++
		if p.redo[index] >= MaxTries || len(p.redo) > maxDamaged {
			return fmt.Errorf("%w: block %d", ErrDamaged, index)
		}
		p.refetch++
		b.got, b.next = 0, 0
		return nil
	}
	if err := p.sink.WriteBlock(index, b.buf); err != nil {
		return err
	}
	p.done += int64(len(b.buf))
	p.complete = p.done == p.length
	p.spare = append(p.spare, b.buf[:cap(b.buf)])
	p.open = slices.Delete(p.open, i, i+1)
	return nil
}

// fill sends pulls until the window is full or nothing is left to ask for.
func (p *Puller) fill(now time.Time) error {
	for !p.complete {
		a, ok := p.nextAsk()
		if !ok || (p.asking > 0 && p.asking+a.length > p.window) {
			return nil
		}
		a.sent, a.tries = now, 1
		p.take(a)
		p.asked = append(p.asked, a)
		p.asking += a.length
		if err := p.pull(a); err != nil {
			return err
		}
	}
	return nil
}

// nextAsk returns what is to be asked for next, without taking it.
func (p *Puller) nextAsk() (ask, bool) {
	if !p.begun {
		n := min(wire.MaxPiece, p.listLen()-p.listNext)
		if n == 0 || p.asking > 0 {
			return ask{}, false
		}
		return ask{part: wire.PartHashes, offset: int64(p.listNext), length: n}, true
	}
	for _, b := range p.open {
		if b.next < len(b.buf) {
			return ask{part: wire.PartData, offset: int64(b.index)*BlockSize + int64(b.next), length: min(wire.MaxPiece, len(b.buf)-b.next)}, true
		}
	}
	if len(p.open) == maxOpen {
		return ask{}, false
	}
	for p.next < Blocks(p.length) && p.have(p.next) {
		p.next++
	}
	if p.next == Blocks(p.length) {
		return ask{}, false
	}
	return ask{part: wire.PartData, offset: int64(p.next) * BlockSize, length: min(wire.MaxPiece, BlockLen(p.length, p.next))}, true
}

// take moves the mark behind what a asks for, and opens its block if it is new.
func (p *Puller) take(a ask) {
	if a.part == wire.PartHashes {
		p.listNext += a.length
		return
	}
	index := int(a.offset / BlockSize)
	for _, b := range p.open {
		if b.index == index {
			b.next += a.length
			return
		}
	}
	n := BlockLen(p.length, index)
	var buf []byte
	if k := len(p.spare); k > 0 {
		buf, p.spare = p.spare[k-1], p.spare[:k-1]
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	p.open = append(p.open, &block{index: index, buf: buf[:n], next: a.length})
	p.next = index + 1
}

func (p *Puller) pull(a ask) error {
	return p.send(&wire.Pull{Root: p.root, Part: a.part, Offset: a.offset, Length: uint32(a.length)})
}
