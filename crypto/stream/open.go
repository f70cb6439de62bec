package stream

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/minio/sio"
)

// Open reads the sealed file from r to its end, checks all of it and writes
// exactly size bytes to w, at most 1 MiB at a time. Everything written is
// authentic, but only the return of nil says that nothing is missing: write to
// a temporary file and rename it then. It holds about 1 MiB whatever the size,
// and asks ctx between writes.
//
// ErrDamaged means wrong key, wrong size, or sealed bytes that were changed,
// cut, reordered, lengthened or not padded with zeros. Errors of r and w come
// back wrapped.
func Open(ctx context.Context, w io.Writer, r io.Reader, key Key, size int64) error {
	plain, err := newPlainReader(r, key, size)
	if err != nil {
		return err
	}
	buffer := make([]byte, min(BlockSize, PaddedSize(size)))
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := plain.Read(buffer)
		if n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return fmt.Errorf("write opened file: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// NewReader returns a reader of the file in r. It yields exactly size bytes and
// then io.EOF once it has checked that the padding is zero and that r ends
// where it should. Until that io.EOF nobody knows that the file is complete;
// other errors are as those of Open.
func NewReader(r io.Reader, key Key, size int64) (io.Reader, error) {
	return newPlainReader(r, key, size)
}

// plainReader hides the padding and the errors of sio.
type plainReader struct {
	dare  io.Reader
	left  int64 // bytes of the file still to come
	pad   int64 // bytes of padding still to come
	state error // what every further Read returns
}

func newPlainReader(r io.Reader, key Key, size int64) (*plainReader, error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	dare, err := sio.DecryptReader(r, config(&key))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return &plainReader{dare: dare, left: size, pad: PaddedSize(size) - size}, nil
}

// Read implements io.Reader.
func (p *plainReader) Read(b []byte) (int, error) {
	if p.state != nil {
		return 0, p.state
	}
	if len(b) == 0 {
		return 0, nil
	}
	if p.left == 0 {
		p.state = p.finish()
		return 0, p.state
	}
	n, err := io.ReadFull(p.dare, b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	switch {
	case err != nil:
		p.state = readError(err)
	case p.left == 0:
		p.state = p.finish()
	}
	if p.state == io.EOF { //nolint:errorlint // finish returns io.EOF itself
		return n, nil // io.EOF comes with the next Read
	}
	return n, p.state
}

// finish reads the padding and the end; io.EOF means that all is well.
func (p *plainReader) finish() error {
	buffer := make([]byte, max(1, min(p.pad, packageSize)))
	for p.pad > 0 {
		b := buffer[:min(p.pad, packageSize)]
		if _, err := io.ReadFull(p.dare, b); err != nil {
			return readError(err)
		}
		for _, v := range b {
			if v != 0 {
				return fmt.Errorf("%w: padding is not zero", ErrDamaged)
			}
		}
		p.pad -= int64(len(b))
	}
	// One more byte must not come: this also has sio see the end of r.
	switch n, err := p.dare.Read(buffer[:1]); {
	case n > 0 || err == nil:
		return fmt.Errorf("%w: longer than its size class", ErrDamaged)
	case !errors.Is(err, io.EOF):
		return readError(err)
	}
	return io.EOF
}

// readError returns the error for a failure of sio: ErrDamaged for what it
// found in the bytes or missed at their end, and otherwise the source's own, so
// that a broken disk is not reported as a damaged file.
func readError(err error) error {
	if _, ok := errors.AsType[sio.Error](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return fmt.Errorf("read sealed file: %w", err)
}

// ReaderAt reads any part of a sealed file, for previews. What it returns is
// authentic and at its true place; that the file as a whole is complete, only
// Open says. Any number of goroutines may use it.
type ReaderAt struct {
	dare io.ReaderAt
	size int64
}

// NewReaderAt returns a ReaderAt of the file of that size which r holds sealed.
func NewReaderAt(r io.ReaderAt, key Key, size int64) (*ReaderAt, error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	dare, err := sio.DecryptReaderAt(r, config(&key))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	return &ReaderAt{dare: dare, size: size}, nil
}

// Size returns the size of the file in bytes.
func (r *ReaderAt) Size() int64 { return r.size }

// ReadAt implements io.ReaderAt. Each call decrypts every package of 64 KiB
// that it touches, so read sequentially through a bufio.Reader of that size.
// Errors are io.EOF at the end of the file, ErrDamaged, or those of the source.
func (r *ReaderAt) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%w: offset %d", ErrSize, off)
	}
	if off >= r.size {
		return 0, io.EOF
	}
	short := int64(len(b)) > r.size-off
	if short {
		b = b[:r.size-off]
	}
	n, err := r.dare.ReadAt(b, off)
	if n < len(b) {
		return n, readError(err)
	}
	if short {
		return n, io.EOF
	}
	return n, nil
}
