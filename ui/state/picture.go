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

// sealing says that a picture is on its way in a message.
func (x *pictures) sealing(path string, id chat.MessageID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.wait[path] {
		delete(x.wait, path)
		x.sent[id] = path
	}
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
