package export

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

const (
	// maxPlace is the largest data/place.json that is read, in bytes: 100,000
	// people with their devices take about 40 MB.
	maxPlace = 128 << 20
	// maxRow is the longest line of a room that is read, in bytes: a message has at
	// most 60 KiB, of which JSON makes at most six times as much, once more for raw.
	maxRow = 1 << 20
)

// Archive is an export that is read. Its methods are called by one goroutine at
// a time.
type Archive struct {
	Place Place
	root  *os.Root
}

// Open reads what an export says of its place. Errors: ErrFormat, ErrNewer, or
// the system's. The caller closes it.
func Open(folder string) (*Archive, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open export: %w", err)
	}
	a := &Archive{root: root}
	if err := a.open(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return a, nil
}

func (a *Archive) open() error {
	f, err := a.root.Open(placeName)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: no %s", ErrFormat, placeName)
	}
	if err != nil {
		return fmt.Errorf("open export: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPlace+1))
	if err != nil {
		return fmt.Errorf("open export: %w", err)
	}
	if len(b) > maxPlace {
		return fmt.Errorf("%w: %s is larger than %d bytes", ErrFormat, placeName, maxPlace)
	}
	return a.Place.parse(b)
}

// parse reads data/place.json.
func (p *Place) parse(b []byte) error {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Format != Format || head.Version < 1 {
		return fmt.Errorf("%w: no head", ErrFormat)
	}
	if head.Version > Version {
		return fmt.Errorf("%w: version %d", ErrNewer, head.Version)
	}
	if err := json.Unmarshal(b, p); err != nil {
		return fmt.Errorf("%w: %v", ErrFormat, err)
	}
	for i := range p.Rooms {
		if f := p.Rooms[i].File; f != "" && !filepath.IsLocal(filepath.FromSlash(f)) {
			return fmt.Errorf("%w: file of a room", ErrFormat)
		}
	}
	return nil
}

// Close ends reading.
func (a *Archive) Close() error { return a.root.Close() }

// Rows returns the rows of a room one by one, until ctx ends. An error is the
// last thing that it yields.
func (a *Archive) Rows(ctx context.Context, r *Room) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if r.File == "" {
			return
		}
		f, err := a.root.Open(r.File)
		if err != nil {
			yield(nil, fmt.Errorf("read export: %w", err))
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(make([]byte, 0, 64<<10), maxRow)
		for n := 1; lines.Scan(); n++ {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			row := new(Row)
			if err := json.Unmarshal(lines.Bytes(), row); err != nil {
				yield(nil, fmt.Errorf("%w: line %d of a room: %v", ErrFormat, n, err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("read export: %w", err))
		}
	}
}

// Media opens a file of the export by the path in File.Media. The error wraps
// ErrMissing if it is not there, ErrFormat if the path leads elsewhere.
func (a *Archive) Media(name string) (*os.File, error) {
	if !isMedia(name) {
		return nil, fmt.Errorf("%w: path of a file", ErrFormat)
	}
	f, err := a.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMissing, err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // it was not used
		return nil, ErrMissing
	}
	return f, nil
}
