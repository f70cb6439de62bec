package state

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// filesPage is how many files are read for the list at a time.
const filesPage = 60

// FileEntry is a file in the list of a room.
type FileEntry struct {
	ID      string // of its line
	Name    string
	Line    string // size, where it is, who sent it
	When    string
	Picture bool
	Path    string // where it lies, "" if it is not here

	seq uint64
	msg chat.MessageID
}

// Files reads the files of the conversation, the newest first, and calls use with
// them on the window's goroutine; older goes on behind the last of those that are
// known. more: there are still older ones.
func (t *Conversation) Files(known []FileEntry, use func(all []FileEntry, more bool)) {
	room, before := t.room, uint64(0)
	if n := len(known); n > 0 {
		before = known[n-1].seq
	}
	now := t.place.desktop.Now()
	t.place.reader.ask(func(ctx context.Context, r *reader) error {
		failed := func(err error) error {
			r.show(func() { use(known, false) }) // who waits for it must not wait for ever
			return err
		}
		found, err := r.client.Files(ctx, room, before, filesPage)
		if err != nil {
			return failed(err)
		}
		out := slices.Clone(known)
		for i := range found {
			m := &found[i]
			name := m.Name
			if m.Own {
				name = text.WordYou()
			}
			e := FileEntry{ID: m.ID.String(), Name: m.File.Name, Picture: isPicture(m.File.Name), seq: m.Seq, msg: m.ID}
			where := text.FilesOnHost()
			x, ok, err := r.client.Transfer(ctx, m.ID)
			if err != nil {
				return failed(err)
			}
			if ok && (x.Upload || x.State == client.Finished) && !x.Copy && isThere(x.Path) {
				e.Path = x.Path
			}
			if ok && x.State == client.Failed && client.CodeOf(x.Err) == wire.CodeNoBlob {
				where = text.FilesGone()
			}
			if e.Path != "" {
				where = text.FilesIn(filepath.Base(filepath.Dir(e.Path)))
			}
			e.Line, e.When = text.FilesLine(text.Size(m.File.Size), name, where), text.Short(shownTime(m), now)
			out = append(out, e)
		}
		r.show(func() { use(out, len(found) > 0 && len(found) == filesPage) })
		return nil
	})
}

// Fetch downloads a file of the list.
func (t *Conversation) Fetch(e FileEntry) {
	p := t.place
	p.do(func(ctx context.Context) error {
		_, err := p.client.Download(ctx, e.seq)
		return err
	}, nil)
}

// SendFileAgain sends a file of the list once more.
func (t *Conversation) SendFileAgain(e FileEntry) { t.sendAgain(e.msg) }

// ShowFolder shows the folder in which a file of the list lies.
func (t *Conversation) ShowFolder(e FileEntry) {
	if !isThere(e.Path) {
		t.place.desktop.Toast(text.FileMoved())
		return
	}
	t.place.desktop.Open(filepath.Dir(e.Path))
}

// FileFilter says which files of a list are shown.
type FileFilter int

// The filters.
const (
	AllFiles FileFilter = iota
	PictureFiles
	OtherFiles
)

// Filter chooses files of a list by kind and by a part of the name.
func Filter(all []FileEntry, kind FileFilter, name string) []FileEntry {
	name = strings.ToLower(strings.TrimSpace(name))
	var out []FileEntry
	for _, e := range all {
		if kind == PictureFiles && !e.Picture || kind == OtherFiles && e.Picture || !strings.Contains(strings.ToLower(e.Name), name) {
			continue
		}
		out = append(out, e)
	}
	return out
}

// SaveAll copies those files of a list that are here into a folder that the
// person chooses, under names that are free there.
func (t *Conversation) SaveAll(list []FileEntry) {
	p := t.place
	var from []string
	for _, e := range list {
		if e.Path != "" {
			from = append(from, e.Path)
		}
	}
	if len(from) == 0 {
		return
	}
	p.desktop.ChooseFolder(func(folder string) {
		p.work.Go(func() {
			n := 0
			var failed error
			for _, path := range from {
				if _, err := copyInto(p.ctx, path, filepath.Base(path), folder); err != nil {
					failed = err
					break
				}
				n++
			}
			p.desktop.Do(func() {
				if p.ctx.Err() != nil {
					return
				}
				if failed != nil {
					p.fail(failed, text.Facts{})
					return
				}
				p.desktop.Toast(text.FilesSaved(n))
			})
		})
	})
}
