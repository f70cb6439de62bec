package export

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/snugchat/snug/storage/paths"
)

// maxSameFolder is how many exports of one name a folder takes.
const maxSameFolder = 1000

// Writer makes an export. One goroutine uses it. It holds no more than one line.
type Writer struct {
	root  *os.Root
	words Words
	rooms []Room
	room  *roomWriter
}

// Create makes a new folder in parent, called name or what is free beside it,
// which only this person can read. The caller calls Finish, or Discard.
func Create(parent, name string, words Words) (*Writer, error) {
	name = paths.SafeName(name)
	for n := 1; n <= maxSameFolder; n++ {
		try := filepath.Join(parent, name)
		if n > 1 {
			try = fmt.Sprintf("%s (%d)", try, n)
		}
		err := os.Mkdir(try, 0o700)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("make folder of export: %w", err)
		}
		root, err := os.OpenRoot(try)
		if err != nil {
			return nil, fmt.Errorf("open folder of export: %w", errors.Join(err, os.Remove(try)))
		}
		w := &Writer{root: root, words: words}
		for _, dir := range []string{dataName, mediaName} {
			if err := root.Mkdir(dir, 0o700); err != nil {
				return nil, errors.Join(fmt.Errorf("make folder of export: %w", err), w.Discard())
			}
		}
		return w, nil
	}
	return nil, fmt.Errorf("make folder of export: %w", os.ErrExist)
}

// Folder is where the export lies.
func (w *Writer) Folder() string { return w.root.Name() }

// Index is the page that one opens first.
func (w *Writer) Index() string { return filepath.Join(w.root.Name(), indexName) }

// Discard removes everything again. It is called instead of Finish, or after it
// has failed.
func (w *Writer) Discard() error {
	if w.room != nil {
		_ = w.room.abandon() // its files go
		w.room = nil
	}
	err := w.root.Close()
	if rerr := os.RemoveAll(w.root.Name()); rerr != nil {
		err = fmt.Errorf("remove export: %w", rerr)
	}
	return err
}

// create makes a file of the export.
func (w *Writer) create(name string) (*os.File, error) {
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write export: %w", err)
	}
	return f, nil
}

// AddMedia copies the file at from into the export and returns its path in it.
// id keeps files of one name apart: the message's. moved is told how many more
// bytes were copied. An error wraps ErrMissing if the file is gone, cannot be read
// or has another size than it had: the export goes on without it.
func (w *Writer) AddMedia(ctx context.Context, id, name, from string, size int64, moved func(int64)) (string, error) {
	src, err := os.Open(from)
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrMissing, paths.Nameless(err))
	}
	defer src.Close()
	if info, err := src.Stat(); err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return "", ErrMissing
	}
	to := path.Join(mediaName, id[:min(8, len(id))]+"-"+paths.SafeName(name))
	dst, err := w.create(to)
	if err != nil {
		if !errors.Is(err, os.ErrExist) {
			return "", err
		}
		to = path.Join(mediaName, id+"-"+paths.SafeName(name)) // two ids that begin alike
		if dst, err = w.create(to); err != nil {
			return "", err
		}
	}
	_, err = io.Copy(dst, &counted{ctx, src, moved})
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		return to, nil
	}
	_ = w.root.Remove(to) // the first error says more
	if errors.Is(err, errRead) {
		return "", fmt.Errorf("%w: %v", ErrMissing, err)
	}
	return "", fmt.Errorf("write export: %w", err)
}

// ErrMissing says that a file of the person's cannot be read any more.
var ErrMissing = errors.New("the file is not there any more")

// errRead tells an error of reading from one of writing.
var errRead = errors.New("read file")

// counted is a reader that ends with ctx and tells how far it is.
type counted struct {
	ctx   context.Context
	r     io.Reader
	moved func(int64)
}

func (c *counted) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(b)
	c.moved(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %v", errRead, paths.Nameless(err))
	}
	return n, err
}

// roomWriter writes one room.
type roomWriter struct {
	Room
	base string // "room-001"
	data *os.File
	rows *bufio.Writer
	enc  *json.Encoder
	page *pageWriter // nil before the first line
}

func (r *roomWriter) abandon() error {
	err := r.data.Close()
	if r.page != nil {
		err = errors.Join(err, r.page.f.Close())
	}
	return err
}

// BeginRoom begins a room; its rows and lines follow, then EndRoom.
func (w *Writer) BeginRoom(r Room) error {
	rw := &roomWriter{Room: r, base: fmt.Sprintf("room-%03d", len(w.rooms)+1)}
	rw.File = path.Join(dataName, rw.base+".jsonl")
	f, err := w.create(rw.File)
	if err != nil {
		return err
	}
	rw.data, rw.rows = f, bufio.NewWriterSize(f, 64<<10)
	rw.enc = json.NewEncoder(rw.rows)
	rw.enc.SetEscapeHTML(false)
	w.room = rw
	return nil
}

// Row writes a row of the room for programs.
func (w *Writer) Row(r *Row) error {
	w.room.Rows++
	if err := w.room.enc.Encode(r); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// Line writes a line of the room for people.
func (w *Writer) Line(l *Line) error {
	r := w.room
	if r.page != nil && r.page.lines >= pageLines {
		if err := w.endPage(true); err != nil {
			return err
		}
	}
	if r.page == nil {
		if err := w.beginPage(); err != nil {
			return err
		}
	}
	return r.page.line(l)
}

// EndRoom ends a room.
func (w *Writer) EndRoom() error {
	r := w.room
	if r.page == nil {
		if err := w.beginPage(); err != nil {
			return err
		}
	}
	if err := w.endPage(false); err != nil {
		return err
	}
	err := r.rows.Flush()
	if err == nil {
		err = r.data.Sync()
	}
	if cerr := r.data.Close(); err == nil {
		err = cerr
	}
	w.room = nil
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	w.rooms = append(w.rooms, r.Room)
	return nil
}

// Finish writes the index and, last, data/place.json, without which an export is
// not whole. Rooms of p are those that were written. After an error the caller
// calls Discard.
func (w *Writer) Finish(p Place) error {
	p.Format, p.Version, p.Rooms = Format, Version, w.rooms
	if err := w.writeIndex(&p); err != nil {
		return err
	}
	if err := w.write(readmeName, func(out io.Writer) error { _, err := out.Write(readme); return err }); err != nil {
		return err
	}
	err := w.write(placeName, func(out io.Writer) error {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "\t")
		return enc.Encode(&p)
	})
	if err != nil {
		return err
	}
	for _, dir := range []string{dataName, mediaName, "."} {
		if err := paths.SyncDir(filepath.Join(w.root.Name(), dir)); err != nil {
			return err
		}
	}
	if err := w.root.Close(); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// write makes a whole file of the export.
func (w *Writer) write(name string, fill func(io.Writer) error) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 64<<10)
	err = fill(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// pageName is the name of the n-th page of a room, from 1.
func pageName(base string, n int) string {
	if n == 1 {
		return base + ".html"
	}
	return fmt.Sprintf("%s-%03d.html", base, n)
}

// isMedia says whether a path of an export leads to its media.
func isMedia(name string) bool {
	rest, ok := strings.CutPrefix(name, mediaName+"/")
	return ok && rest != "" && !strings.Contains(rest, "/") && filepath.IsLocal(filepath.FromSlash(name))
}
