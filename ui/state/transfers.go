package state

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/text"
)

// FileAction is something that a person can do with a file.
type FileAction uint8

// The actions.
const (
	FileGet FileAction = iota + 1
	FilePause
	FileResume
	FileCancel
	FileOpen
	FileSaveAs
	FileFolder
	FileRetry
)

// maxActions is how many actions a file offers at once.
const maxActions = 3

// FileLine is what a line says of its file. The zero value is no file. It can be
// compared with ==.
type FileLine struct {
	Name    string // "" for no file
	Line    string // size, speed and time left, or why it stopped
	Size    string // in words
	Part    float64
	Bar     bool // Part is shown
	Fault   bool // Line says what went wrong
	Actions [maxActions]FileAction

	Picture       bool   // it can be shown
	Width, Height int    // of a picture, as its sender says
	Preview       string // a few pixels of it, as they came
	Path          string // where it lies, once it is here
	Lent          bool   // Path is the person's own file of which a copy was sent, and that is not here
}

// Has reports whether there is a file.
func (f FileLine) Has() bool { return f.Name != "" }

// Can reports whether the action is offered.
func (f FileLine) Can(a FileAction) bool { return slices.Contains(f.Actions[:], a) }

// fileLine says what is known of the file of a message.
func fileLine(m *client.Message, files map[chat.MessageID]client.Transfer, limit int64) FileLine {
	f := fileState(m, files, limit)
	f.Width, f.Height, f.Preview = m.File.Width, m.File.Height, string(m.File.Preview)
	f.Picture = isPicture(f.Name) || f.Width > 0 && f.Preview != "" // it may have no ending
	t, ok := files[m.ID]
	if ok && (t.Upload || t.State == client.Finished) && isThere(t.Path) {
		f.Path = t.Path
	}
	if f.Path == "" && t.Upload && isThere(t.Shown) {
		f.Path, f.Lent = t.Shown, true // the copy that was sent is gone, what it was made from is not
	}
	return f
}

// isThere reports whether a file that came or went still lies where it was.
func isThere(path string) bool {
	if path == "" {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// isPicture reports whether a name is that of a picture that is shown.
func isPicture(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp":
		return true
	}
	return false
}

// fileState says how far the file of a message is.
func fileState(m *client.Message, files map[chat.MessageID]client.Transfer, limit int64) FileLine {
	t, ok := files[m.ID]
	if !ok {
		f := FileLine{Name: m.File.Name, Line: text.Size(m.File.Size), Size: text.Size(m.File.Size)}
		if !m.Own {
			f.Actions[0] = FileGet
		}
		return f
	}
	return transferLine(t, m.Own, limit)
}

// uploadLine is the line of a file that is still on its way to the host.
func uploadLine(t client.Transfer, limit int64) Line {
	f := transferLine(t, true, limit)
	f.Picture, f.Path = isPicture(t.Name), t.Path
	if !isThere(f.Path) {
		f.Path, f.Lent = t.Shown, true
	}
	return Line{ID: t.ID.String(), Msg: t.ID, Own: true, At: t.Created, Mark: MarkWaiting, File: f}
}

// transferLine says how far a file is and what can be done about it.
func transferLine(t client.Transfer, own bool, limit int64) FileLine {
	f := FileLine{Name: t.Name, Line: text.Size(t.Size), Size: text.Size(t.Size)}
	p := t.Progress
	if p.Total > 0 {
		f.Part = float64(p.Done) / float64(p.Total)
	}
	percent := int(f.Part * 100)
	switch t.State {
	case client.Sealing:
		f.Line, f.Bar = text.FilePreparing(), true
		f.Actions = [maxActions]FileAction{FileCancel}
	case client.Running:
		f.Bar = true
		f.Line = moving(t)
		f.Actions = [maxActions]FileAction{FilePause, FileCancel}
	case client.Paused:
		f.Bar = true
		f.Line = text.FilePaused(percent)
		f.Actions = [maxActions]FileAction{FileResume, FileCancel}
	case client.Finished:
		f.Part = 0
		switch {
		case !t.Upload:
			f.Line = text.FileReceived(text.Size(t.Size))
			f.Actions = [maxActions]FileAction{FileOpen, FileSaveAs, FileFolder}
		case !isThere(t.Path): // moved or deleted
			f.Actions = [maxActions]FileAction{FileGet}
		case t.Copy: // it is about to be where others are
			f.Actions = [maxActions]FileAction{FileSaveAs}
		default:
			f.Actions = [maxActions]FileAction{FileOpen, FileSaveAs, FileFolder}
		}
	case client.Failed:
		f.Fault = true
		f.Line = sayFile(t.Err, t.Size, limit).String()
		f.Actions = [maxActions]FileAction{FileRetry}
		if t.Upload {
			f.Actions[1] = FileCancel
		}
	case client.Canceled:
		f.Line = text.FileCancelled()
		if !own {
			f.Line = text.Size(t.Size)
			f.Actions[0] = FileGet
		}
	}
	return f
}

// moving says how a file that moves gets on: "3.1 MB of 40 MB, 12 MB/s, 40 s
// left". What is counted are sealed bytes; what is said are those of the file.
func moving(t client.Transfer) string {
	p := t.Progress
	done := t.Size
	if p.Total > 0 && p.Done < p.Total {
		done = int64(float64(t.Size) * float64(p.Done) / float64(p.Total))
	}
	line := text.FileSizeOf(text.Size(done), text.Size(t.Size))
	switch {
	case p.Rate > 0 && p.Left > 0:
		return line + ", " + text.FileProgress(text.Rate(p.Rate), text.Duration(p.Left))
	case p.Done == 0:
		return text.FileWaiting() + " " + text.Size(t.Size)
	}
	return line
}

// readFiles reads the transfers of the room that are not known yet: those on
// their way, and those of messages that are held.
func (r *reader) readFiles(ctx context.Context) error {
	open, err := r.client.Transfers(ctx)
	if err != nil {
		return err
	}
	files := make(map[chat.MessageID]client.Transfer, len(open))
	for _, t := range open {
		if t.Room == r.room {
			files[t.ID] = t
		}
	}
	for _, rows := range [][]client.Message{r.part.rows, r.part.wait} {
		for i := range rows {
			m := &rows[i]
			if m.Kind != client.LineFile {
				continue
			}
			if _, ok := files[m.ID]; ok {
				continue
			}
			if t, ok := r.part.files[m.ID]; ok && t.State == client.Finished {
				files[m.ID] = t // that does not change by itself
				continue
			}
			t, ok, err := r.client.Transfer(ctx, m.ID)
			if err != nil {
				return err
			}
			if ok {
				files[m.ID] = t
			}
		}
	}
	r.part.files = files
	return nil
}

// readTransfers reads the transfers that moved on.
func (r *reader) readTransfers(ctx context.Context, ids map[chat.MessageID]bool) error {
	for id := range ids {
		t, ok, err := r.client.Transfer(ctx, id)
		switch {
		case err != nil:
			return err
		case !ok:
			delete(r.part.files, id)
		case t.Room == r.room:
			r.part.files[id] = t
		}
	}
	return nil
}

// sayFile says what went wrong with a file.
func sayFile(err error, size, limit int64) text.Sentence {
	if e, ok := errors.AsType[*client.CodeError](err); ok && e.Code == wire.CodeTooBig {
		if e.Limit > 0 {
			limit = e.Limit
		}
		if limit <= 0 {
			return text.Sentence{What: text.ProblemFilesOff()}
		}
		return text.For(text.FileTooLarge, text.Facts{Size: size, Limit: limit})
	}
	for _, e := range []struct {
		err     error
		problem text.Problem
	}{
		{client.ErrFileNotRegular, text.FolderNotFile},
		{client.ErrFileGone, text.FileMissing},
		{client.ErrFileChanged, text.FileChanged},
		{client.ErrFilePermission, text.FileUnreadable},
		{client.ErrFileDamaged, text.FileDamaged},
		{client.ErrFileTrouble, text.FileUnreadable},
	} {
		if errors.Is(err, e.err) {
			return text.For(e.problem, text.Facts{})
		}
	}
	return say(err, text.Facts{Size: size, Limit: limit})
}

// sendFile hands a file of the tray to the client; ok: it will. written belongs to the
// jobs and says later that the client has it. A file that cannot be sent comes back into
// the tray, and what was said with it into the composer.
func (p *Place) sendFile(t *Conversation, it Item, note client.FileNote) (written *bool, ok bool) {
	room, limit, original := t.room, p.info.MaxFile, t.original
	written = new(bool)
	p.jobs.sends.Add(1)
	ok = p.queue(func(ctx context.Context) (err error) {
		defer p.jobs.sends.Add(-1)
		if it.Picture {
			err = p.sendPicture(ctx, room, it, note, original)
		} else {
			_, err = p.client.SendFileWith(ctx, room, it.Path, note)
		}
		*written = err == nil
		return err
	}, func(err error) {
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		it.OK, it.Line = false, sayFile(err, it.Size, limit).String()
		if errors.Is(err, errUnclean) {
			it.OK, it.Line = true, text.FileUnclean()
		}
		t.tray = append(t.tray, it)
		t.unsaid(note.Caption, note.Reply)
		p.watch.Changed(PartTray)
	})
	if !ok {
		p.jobs.sends.Add(-1)
	}
	return written, ok
}

// Do does something with the file of a line. It reports true when the file is a
// program that is opened only after a warning: then OpenAnyway opens it.
func (t *Conversation) Do(id string, a FileAction) (warn bool) {
	i := t.index(id)
	if i < 0 || !t.lines[i].File.Can(a) && (a != FileSaveAs || !t.CanSave(id)) {
		if a == FileSaveAs { // the full view always offers it
			t.place.desktop.Toast(text.FileMoved())
		}
		return false
	}
	p, msg, seq := t.place, t.lines[i].Msg, t.lines[i].Seq
	switch a {
	case FileGet:
		p.do(func(ctx context.Context) error {
			_, err := p.client.Download(ctx, seq)
			return err
		}, nil)
	case FilePause:
		p.do(func(ctx context.Context) error { return p.client.PauseTransfer(ctx, msg) }, nil)
	case FileResume, FileRetry:
		p.do(func(ctx context.Context) error { return p.client.ResumeTransfer(ctx, msg) }, nil)
	case FileCancel:
		p.do(func(ctx context.Context) error { return p.client.CancelTransfer(ctx, msg) }, nil)
	case FileOpen:
		if isProgram(t.lines[i].File.Name) {
			return true
		}
		t.OpenAnyway(id)
	case FileFolder:
		t.withFile(id, func(path, _ string) { p.desktop.Open(filepath.Dir(path)) })
	case FileSaveAs:
		t.withFile(id, func(path, name string) {
			p.desktop.ChooseFolder(func(folder string) { p.saveAs(path, name, folder) })
		})
	}
	return false
}

// OpenAnyway opens the file of a line with the program that the computer has for
// it.
func (t *Conversation) OpenAnyway(id string) {
	t.withFile(id, func(path, _ string) { t.place.desktop.Open(path) })
}

// CanSave reports whether a copy of the file of a line can be made: it is here, be it
// still on its way to the host.
func (t *Conversation) CanSave(id string) bool {
	i := t.index(id)
	if i < 0 {
		return false
	}
	f := &t.lines[i].File
	return f.Can(FileSaveAs) || f.Picture && f.Path != "" && !f.Lent
}

// withFile calls use with the path of a file that is here and its name, or says that it
// is gone.
func (t *Conversation) withFile(id string, use func(path, name string)) {
	i := t.index(id)
	if i < 0 {
		return
	}
	p, msg := t.place, t.lines[i].Msg
	var path, name string
	p.do(func(ctx context.Context) error {
		x, ok, err := p.client.Transfer(ctx, msg)
		switch {
		case err != nil:
			return err
		case !ok || x.Path == "":
			return os.ErrNotExist
		}
		path, name = x.Path, filepath.Base(x.Path)
		if x.Copy {
			name = x.Name
		}
		_, err = os.Stat(path)
		return err
	}, func(err error) {
		switch {
		case errors.Is(err, os.ErrNotExist):
			p.desktop.Toast(text.FileMoved())
		case err != nil:
			p.fail(err, text.Facts{})
		default:
			use(path, name)
		}
	})
}

// saveAs copies a finished file into a folder, under a name that is free there.
func (p *Place) saveAs(path, name, folder string) {
	p.work.Go(func() {
		name, err := copyInto(p.ctx, path, name, folder)
		p.desktop.Do(func() {
			switch {
			case p.ctx.Err() != nil:
			case err != nil:
				p.fail(err, text.Facts{})
			default:
				p.desktop.Toast(text.FileSaved(name))
			}
		})
	})
}

// copyInto copies a file. Nothing is left behind when it fails.
func copyInto(ctx context.Context, path, name, folder string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	out, err := paths.Receive(root, name)
	if err != nil {
		return "", err
	}
	defer out.Discard()
	if _, err := io.Copy(out, contextReader{ctx, in}); err != nil {
		return "", err
	}
	return out.Commit()
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
