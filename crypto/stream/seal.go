package stream

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/minio/sio"
)

// sealBuffers is how many blocks are in memory while sealing: one is filled,
// one is hashed and written, one waits.
const sealBuffers = 3

// Sealed is what Seal returns: all that a message about the file has to carry,
// and its hash list.
type Sealed struct {
	Key    Key
	Root   Root
	Size   int64 // of the file, before padding
	Length int64 // of the sealed bytes
	Hashes HashList
}

// config is DARE 2.0 with AES-256-GCM and nothing else.
func config(key *Key) sio.Config {
	return sio.Config{
		Key:          key[:],
		MinVersion:   sio.Version20,
		MaxVersion:   sio.Version20,
		CipherSuites: []byte{sio.AES_256_GCM},
	}
}

// Seal reads a file of exactly size bytes from r, pads, encrypts and hashes it
// in one pass under a new random key, and writes SealedSize(size) bytes to w, a
// block at a time. It holds a few MiB whatever the size, and asks ctx between
// blocks. After an error what was written is useless. ErrChanged: r had another
// size. Seal a file once and keep the sealed bytes for resuming: sealing again
// gives another key and another root.
func Seal(ctx context.Context, w io.Writer, r io.Reader, size int64) (Sealed, error) {
	key, err := GenerateKey()
	if err != nil {
		return Sealed{}, err
	}
	hashes, err := seal(ctx, w, r, size, config(&key))
	if err != nil {
		return Sealed{}, err
	}
	return Sealed{Key: key, Root: hashes.Root(), Size: size, Length: hashes.Length(), Hashes: hashes}, nil
}

func seal(parent context.Context, w io.Writer, r io.Reader, size int64, c sio.Config) (HashList, error) {
	if size < 0 || size > MaxSize {
		return HashList{}, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	src := &paddedReader{r: r, left: size, padding: PaddedSize(size) - size}
	sealed, err := sio.EncryptReader(src, c)
	if err != nil {
		return HashList{}, fmt.Errorf("seal file: %w", err)
	}
	length := SealedSize(size)
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)

	// This goroutine reads and encrypts, the other hashes and writes.
	buffers := min(sealBuffers, Blocks(length))
	free, full := make(chan []byte, buffers), make(chan []byte, buffers)
	for range buffers {
		free <- make([]byte, min(BlockSize, length))
	}
	list := HashList{length: length, hashes: make([]byte, 0, Blocks(length)*HashSize)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for b := range full {
			if ctx.Err() == nil {
				hash := sha256.Sum256(b)
				list.hashes = append(list.hashes, hash[:]...)
				if _, err := w.Write(b); err != nil {
					stop(fmt.Errorf("write sealed file: %w", err))
				}
			}
			free <- b[:cap(b)]
		}
	})
	err = encryptBlocks(ctx, sealed, length, free, full)
	close(full)
	wg.Wait()
	switch cause := context.Cause(ctx); {
	case err != nil:
		return HashList{}, err
	case cause != nil:
		return HashList{}, cause
	}
	return list, nil
}

// encryptBlocks fills free buffers with sealed bytes until length is reached.
func encryptBlocks(ctx context.Context, sealed io.Reader, length int64, free <-chan []byte, full chan<- []byte) error {
	for left := length; left > 0; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b := <-free
		b = b[:min(int64(len(b)), left)]
		if _, err := io.ReadFull(sealed, b); err != nil {
			return fmt.Errorf("seal file: %w", err)
		}
		left -= int64(len(b))
		full <- b
	}
	return nil
}

// paddedReader reads left bytes from r, makes sure that there are no more, and
// goes on with zeros.
type paddedReader struct {
	r       io.Reader
	left    int64
	padding int64
	checked bool // that r ends where it should
}

func (p *paddedReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if p.left > 0 {
		n, err := p.r.Read(b[:min(int64(len(b)), p.left)])
		p.left -= int64(n)
		if errors.Is(err, io.EOF) {
			err = nil
			if p.left > 0 {
				err = fmt.Errorf("%w: %d bytes are missing", ErrChanged, p.left)
			}
		}
		return n, err
	}
	if !p.checked {
		var more [1]byte
		switch _, err := io.ReadFull(p.r, more[:]); {
		case err == nil:
			return 0, fmt.Errorf("%w: there is more of it", ErrChanged)
		case !errors.Is(err, io.EOF):
			return 0, err
		}
		p.checked = true
	}
	if p.padding == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.padding))
	clear(b[:n])
	p.padding -= int64(n)
	return n, nil
}
