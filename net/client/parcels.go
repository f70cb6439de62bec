package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// A parcel is a blob that lives in memory: a commit or a welcome that is too long
// for a message. It is sealed already, so it moves as it is.

// maxParcels is how many parcels move at once on one connection.
const maxParcels = 8

// parcelTime is how long the host may be silent about a parcel.
const parcelTime = 30 * time.Second

// parcel is one on its way.
type parcel struct {
	root [32]byte
	up   bool
	in   chan wire.Message
}

// hashesOf returns the list of the hashes of the blocks of data.
func hashesOf(data []byte) []byte {
	var list []byte
	for i := range transfer.Blocks(int64(len(data))) {
		begin := i * transfer.BlockSize
		sum := sha256.Sum256(data[begin : begin+transfer.BlockLen(int64(len(data)), i)])
		list = append(list, sum[:]...)
	}
	return list
}

// rootOfParcel returns the name of data as a blob.
func rootOfParcel(data []byte) [32]byte { return transfer.Root(int64(len(data)), hashesOf(data)) }

// take makes a parcel known to incoming. The caller calls the function that it
// returns when it is through.
func (f *fileRoom) takeParcel(root [32]byte, up bool) (*parcel, func(), error) {
	p := &parcel{root: root, up: up, in: make(chan wire.Message, maxPieces)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.parcels) >= maxParcels {
		return nil, nil, &CodeError{Code: wire.CodeBusy}
	}
	f.parcels[p] = true
	return p, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.parcels, p)
	}, nil
}

// toParcels hands a message to the parcels that it is about.
func (f *fileRoom) toParcelsLocked(m wire.Message, root [32]byte, asks, brings bool) error {
	for p := range f.parcels {
		if p.root != root || asks && !p.up || brings && p.up {
			continue
		}
		select {
		case p.in <- m:
		default:
			return fmt.Errorf("%w: more pieces than were asked for", ErrProtocol)
		}
	}
	return nil
}

// putParcel brings data to the host, and returns once the host has all of it.
func (f *fileRoom) putParcel(ctx context.Context, l *line, room chat.RoomID, root [32]byte, data []byte) error {
	p, done, err := f.takeParcel(root, true)
	if err != nil {
		return err
	}
	defer done()
	length := int64(len(data))
	feeder := transfer.NewFeeder(root, length, bytes.NewReader(hashesOf(data)), bytes.NewReader(data), l.send)
	if err := l.send(&wire.Offer{Room: room, Root: root, Length: length}); err != nil {
		return errConnection
	}
	silence := time.NewTimer(parcelTime)
	defer silence.Stop()
	for {
		select {
		case m := <-p.in:
			silence.Reset(parcelTime)
			switch m := m.(type) {
			case *wire.Pull:
				if err := feeder.Handle(m); err != nil {
					return err
				}
			case *wire.BlobState:
				if m.Code != wire.CodeOK {
					return &CodeError{Code: m.Code, Limit: m.Limit}
				}
				if m.Complete {
					return nil
				}
			case *wire.Cancel:
				return &CodeError{Code: orCode(m.Code, wire.CodeFileGone)}
			}
		case <-silence.C:
			return ErrNoAnswer
		case <-l.done:
			return errConnection
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// getParcel fetches a blob that a message names. A *CodeError with CodeNoBlob says
// that the host has none.
func (f *fileRoom) getParcel(ctx context.Context, l *line, room chat.RoomID, ref wire.BlobRef) ([]byte, error) {
	if ref.Length <= 0 || ref.Length > wire.MaxBlobRef {
		return nil, fmt.Errorf("%w: a blob of %d bytes", transfer.ErrTooLong, ref.Length)
	}
	p, done, err := f.takeParcel(ref.Root, false)
	if err != nil {
		return nil, err
	}
	defer done()
	var sink memory
	puller, err := transfer.NewPuller(ref.Root, ref.Length, &sink, l.send)
	if err != nil {
		return nil, err
	}
	if err := l.send(&wire.Get{Room: room, Root: ref.Root}); err != nil {
		return nil, errConnection
	}
	begun := false
	silence, tick := time.NewTimer(parcelTime), time.NewTicker(5*time.Second)
	defer silence.Stop()
	defer tick.Stop()
	for !begun || !puller.Done() {
		select {
		case m := <-p.in:
			silence.Reset(parcelTime)
			if s, ok := m.(*wire.BlobState); ok && !begun {
				if s.Code != wire.CodeOK {
					return nil, &CodeError{Code: s.Code, Limit: s.Limit}
				}
				if s.Length != ref.Length {
					return nil, fmt.Errorf("%w: another length", transfer.ErrDamaged)
				}
				begun = true
				if err := puller.Start(f.c.now()); err != nil {
					return nil, pullError(err)
				}
				continue
			}
			if err := puller.Handle(f.c.now(), m); err != nil {
				return nil, pullError(err)
			}
		case <-tick.C:
			if begun {
				if err := puller.Expire(f.c.now()); err != nil {
					return nil, pullError(err)
				}
			}
		case <-silence.C:
			return nil, ErrNoAnswer
		case <-l.done:
			return nil, errConnection
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	_ = l.send(&wire.Cancel{Root: ref.Root, Keep: true}) // the host may close its file
	return sink.data, nil
}

// memory is a parcel on its way here: the Sink of a Puller, which checks the
// blocks.
type memory struct{ data []byte }

// Begin makes room. length is bounded by getParcel.
func (m *memory) Begin(length int64, _ []byte) (func(int) bool, error) {
	m.data = make([]byte, length)
	return func(int) bool { return false }, nil
}

// WriteBlock keeps a block.
func (m *memory) WriteBlock(i int, b []byte) error {
	copy(m.data[i*transfer.BlockSize:], b)
	return nil
}
