package state

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/picture"
	"github.com/snugchat/snug/ui/text"
)

// previewFrom is the longest side, in pixels, from which a preview is made.
const previewFrom = 256

// errUnclean says that what a picture tells could not be taken out of it.
var errUnclean = errors.New("picture not cleaned")

// sendPicture sends a picture, with its size and a few pixels in the note: a copy
// without what it tells of its maker, or with original as it is. A picture that is too
// large to be shown, or of a kind of JPEG that cannot be read, tells as much of its maker
// as others; what is no picture, or a broken one, is sent as the file that it is. What
// was pasted is gone from where it lay afterwards.
func (p *Place) sendPicture(ctx context.Context, room chat.RoomID, it Item, note client.FileNote, original bool) error {
	if _, err := p.client.CheckFile(it.Path); err != nil {
		return err
	}
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
	pasted := p.client.IsPasted(it.Path)
	if !original {
		kept := note
		if !pasted {
			kept.Shown = it.Path
		}
		err := p.sendCopy(ctx, room, it, kept, picture.Clean)
		if err == nil {
			return nil
		}
		none, damaged := errors.Is(err, picture.ErrNoPicture), errors.Is(err, picture.ErrDamaged)
		switch {
		case unseen != nil && (none || damaged): // it tells nothing that anybody finds
		case none, damaged, errors.Is(err, picture.ErrTooLarge):
			return fmt.Errorf("%w: %w", errUnclean, err)
		default:
			return err
		}
	}
	if pasted {
		return p.sendCopy(ctx, room, it, note, func(w io.Writer, r io.Reader) error {
			_, err := io.Copy(w, r)
			return err
		})
	}
	_, err := p.client.SendFileWith(ctx, room, it.Path, note)
	return err
}

// sendCopy sends what copied makes of a file.
func (p *Place) sendCopy(ctx context.Context, room chat.RoomID, it Item, note client.FileNote, copied func(io.Writer, io.Reader) error) error {
	in, err := os.Open(it.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	note.Name = it.Name
	_, err = p.client.SendCopy(ctx, room, func(w io.Writer) error { return copied(w, contextReader{ctx, in}) }, note)
	if err != nil {
		return err
	}
	_ = in.Close()                   // Windows removes no file that is open
	_ = p.client.DropPasted(it.Path) // else when the place closes; the file is on its way, and must not come back
	return nil
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
		path, err := p.client.Pasted(now.Format("Picture 2006-01-02 15.04.05.png"), png)
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
