package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/picture"
	"github.com/snugchat/snug/ui/text"
)

// pictures are files made of pasted pictures. They lie in the clear in the
// computer's folder for passing files, readable by this person only, until they
// are sealed or given up.
type pictures struct {
	mu   sync.Mutex                // guards what follows
	wait map[string]bool           // in a tray
	sent map[chat.MessageID]string // being sealed
}

// add makes a file of a picture.
func (x *pictures) add(png []byte, now time.Time) (string, error) {
	dir, err := os.MkdirTemp("", "snug-picture-")
	if err != nil {
		return "", fmt.Errorf("keep a pasted picture: %w", err)
	}
	path := filepath.Join(dir, now.Format("Picture 2006-01-02 15.04.05.png"))
	if err := os.WriteFile(path, png, 0o600); err != nil {
		return "", errors.Join(fmt.Errorf("keep a pasted picture: %w", err), os.RemoveAll(dir))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.wait == nil {
		x.wait, x.sent = make(map[string]bool), make(map[chat.MessageID]string)
	}
	x.wait[path] = true
	return path, nil
}

// clean makes a copy of a picture without what it tells besides what is seen.
func (x *pictures) clean(path string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	dir, err := os.MkdirTemp("", "snug-picture-")
	if err != nil {
		return "", err
	}
	copied := filepath.Join(dir, filepath.Base(path))
	out, err := os.OpenFile(copied, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	err = errors.Join(picture.Clean(out, in), out.Close())
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.wait == nil {
		x.wait, x.sent = make(map[string]bool), make(map[chat.MessageID]string)
	}
	x.wait[copied] = true
	return copied, nil
}

// previewFrom is the longest side, in pixels, from which a preview is made.
const previewFrom = 256

// preparePicture looks at a picture that is about to be sent: its size and a few
// pixels go into the note. It returns the file to send: a copy without what it
// tells of its maker, or with original the file itself. A picture that is too large to
// be shown, or of a kind of JPEG that cannot be read, tells as much of its maker as
// others; what is no picture, or a broken one, is sent as the file that it is.
func (p *Place) preparePicture(note *client.FileNote, it Item, original bool) (string, error) {
	m, unseen := picture.Open(it.Path, previewFrom)
	if unseen == nil {
		if f, err := os.Open(it.Path); err == nil {
			if c, err := picture.Look(f); err == nil {
				note.Width, note.Height = c.Width, c.Height
			}
			_ = f.Close() // only read
		}
		note.Preview = picture.Preview(m)
	}
	if original {
		return it.Path, nil
	}
	path, err := p.pictures.clean(it.Path)
	if unseen != nil && (errors.Is(err, picture.ErrNoPicture) || errors.Is(err, picture.ErrDamaged)) {
		return it.Path, nil
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errUnclean, err)
	}
	if !p.pictures.ours(it.Path) {
		note.Shown = it.Path
	}
	return path, p.pictures.drop(it.Path) // a pasted one has a copy now
}

// errUnclean says that what a picture tells could not be taken out of it.
var errUnclean = errors.New("picture not cleaned")

// sealing says that a picture is on its way in a message.
func (x *pictures) sealing(path string, id chat.MessageID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.wait[path] {
		delete(x.wait, path)
		x.sent[id] = path
	}
}

// ours reports whether a picture lies where it is only until it is sent.
func (x *pictures) ours(path string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.wait[path]
}

// moved removes the picture of a transfer that needs it no more.
func (x *pictures) moved(t client.Transfer) error {
	x.mu.Lock()
	path, ours := x.sent[t.ID]
	if t.State != client.Sealing {
		delete(x.sent, t.ID)
	}
	x.mu.Unlock()
	if !ours || t.State == client.Sealing {
		return nil
	}
	return remove(path)
}

// drop removes a picture that is not sent.
func (x *pictures) drop(path string) error {
	x.mu.Lock()
	ours := x.wait[path]
	delete(x.wait, path)
	x.mu.Unlock()
	if !ours {
		return nil
	}
	return remove(path)
}

// clear removes all that are left.
func (x *pictures) clear() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var errs []error
	for path := range x.wait {
		errs = append(errs, remove(path))
	}
	for _, path := range x.sent {
		errs = append(errs, remove(path))
	}
	x.wait, x.sent = nil, nil
	return errors.Join(errs...)
}

func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(filepath.Dir(path)))
}

// PastePicture puts the picture that is on the clipboard into the tray, or says
// that there is none.
func (t *Conversation) PastePicture() {
	p := t.place
	now := p.desktop.Now().Local()
	p.work.Go(func() {
		var png []byte
		if p.desktop.Picture != nil {
			png = p.desktop.Picture()
		}
		if len(png) == 0 {
			p.desktop.Do(func() { p.desktop.Toast(text.ComposePaste()) })
			return
		}
		path, err := p.pictures.add(png, now)
		p.desktop.Do(func() {
			switch {
			case p.ctx.Err() != nil:
			case err != nil:
				p.fail(err, text.Facts{})
			default:
				t.Attach([]string{path})
			}
		})
	})
}
