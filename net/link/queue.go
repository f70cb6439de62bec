package link

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/snugchat/snug/crypto/channel"
)

// lengthSize is the length of the length in front of every message.
const lengthSize = 4

// A message and its length must fit one record, as messages never span two.
const _ = uint(channel.MaxRecord - lengthSize - MaxMessage)

// checkRecord reports whether record is one or more whole messages and nothing
// else. The whole record is checked before its first message is used.
func checkRecord(record []byte) error {
	if len(record) == 0 {
		return fmt.Errorf("%w: empty", ErrBadRecord)
	}
	for rest := record; len(rest) > 0; {
		if len(rest) < lengthSize {
			return fmt.Errorf("%w: %d bytes left over", ErrBadRecord, len(rest))
		}
		n := binary.BigEndian.Uint32(rest)
		rest = rest[lengthSize:]
		if n > MaxMessage || int(n) > len(rest) {
			return fmt.Errorf("%w: message of %d bytes, %d are left", ErrBadRecord, n, len(rest))
		}
		rest = rest[n:]
	}
	return nil
}

// nextMessage cuts the first message off a record that was checked.
func nextMessage(record []byte) (msg, rest []byte) {
	end := lengthSize + int(binary.BigEndian.Uint32(record))
	return record[lengthSize:end:end], record[end:]
}

// span returns the length of as many of the queued messages as fit one record,
// at least one.
func span(queued []byte) int {
	if len(queued) <= channel.MaxRecord {
		return len(queued)
	}
	n := 0
	for {
		next := n + lengthSize + int(binary.BigEndian.Uint32(queued[n:]))
		if next > channel.MaxRecord {
			return n
		}
		n = next
	}
}

// appendMessage appends msg with its length to q and returns q or, when that is
// full or nil, a larger buffer in its place.
func appendMessage(q *buffer, msg []byte) *buffer {
	need := lengthSize + len(msg)
	if q == nil {
		q = getBuffer(need)
	} else if need += len(q.b); need > cap(q.b) {
		larger := getBuffer(need)
		larger.b = append(larger.b, q.b...)
		q.release()
		q = larger
	}
	q.b = binary.BigEndian.AppendUint32(q.b, uint32(len(msg)))
	q.b = append(q.b, msg...)
	return q
}

// buffer is a queue's memory, on loan from the pool of its size.
type buffer struct {
	b    []byte
	pool *sync.Pool
}

// pools lend buffers of 1 KiB x 4^n up to MaxQueue. They are caches without
// meaning: what lies in them changes nothing but speed. A queue goes back as
// soon as it is written, so that an idle link has none.
var pools = newPools()

func newPools() []*sync.Pool {
	var all []*sync.Pool
	for size := 1 << 10; size <= MaxQueue; size *= 4 {
		p := new(sync.Pool)
		p.New = func() any { return &buffer{b: make([]byte, 0, size), pool: p} }
		all = append(all, p)
	}
	return all
}

// getBuffer lends an empty buffer for at least n bytes (at most MaxQueue).
func getBuffer(n int) *buffer {
	i := 0
	for size := 1 << 10; size < n; size *= 4 {
		i++
	}
	return pools[i].Get().(*buffer)
}

func (b *buffer) release() {
	b.b = b.b[:0]
	b.pool.Put(b)
}
