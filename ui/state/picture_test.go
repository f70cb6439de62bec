package state

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/ui/text"
)

// photo makes a JPEG of that size which says where it was taken.
func photo(t *testing.T, dir, name string, w, h int) (path string, size int) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i * len(name))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), "52.5200N 13.4050E"...)
	whole := slices.Concat(b.Bytes()[:2], []byte{0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif, b.Bytes()[2:])
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, b.Len()
}

// inReceived reports whether a picture lies among received files.
func inReceived(path string) bool {
	return path != "" && strings.Contains(filepath.ToSlash(path), "/received/")
}

// F2, F7: a pasted picture has no file of its own. Until it is sent or given up it lies
// in the profile; sent, it stays a picture for who sent it, which is saved, sent again and
// passed on like any other.
func TestF2PastedPictureStaysAPicture(t *testing.T) {
	x := newTown(t)
	c := x.ben.Conversation()
	c.PastePicture()
	x.b.until("a word about the empty clipboard", func() bool { return slices.Contains(x.b.notes, text.ComposePaste()) })
	var b bytes.Buffer
	shot := image.NewRGBA(image.Rect(0, 0, 300, 200))
	shot.Set(7, 7, color.White)
	if err := png.Encode(&b, shot); err != nil {
		t.Fatal(err)
	}
	x.b.picture = b.Bytes()
	c.PastePicture()
	x.b.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	path := c.Tray()[0].Path
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Fatalf("at %s lie %d bytes, %v", path, len(got), err)
	}
	c.Detach(path)
	x.b.until("it is gone", func() bool { return !isThere(path) })
	c.PastePicture()
	x.b.until("it is in the tray again", func() bool { return c.TrayReady() == 1 })
	path = c.Tray()[0].Path
	c.SendTray("my screen")
	x.sees(x.ana, "my screen")
	l := x.sees(x.ben, "my screen")
	x.until("it lies among received files", func() bool { l, _ = line(x.ben, "my screen"); return inReceived(l.File.Path) })
	if isThere(path) {
		t.Error("what was pasted is still where it was")
	}
	if got, err := os.ReadFile(l.File.Path); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("the own copy has %d bytes, want %d: %v", len(got), b.Len(), err)
	}
	if f := l.File; !f.Picture || f.Lent || !f.Can(FileOpen) || f.Can(FileGet) || !c.CanSave(l.ID) {
		t.Errorf("for who sent it, it is %+v", f)
	}
	x.b.folder = t.TempDir()
	c.Do(l.ID, FileSaveAs)
	x.b.until("a copy is saved", func() bool {
		saved, err := os.ReadFile(filepath.Join(x.b.folder, l.File.Name))
		return err == nil && bytes.Equal(saved, b.Bytes())
	})
	if !c.CanSendAgain(l.ID) {
		t.Fatal("it cannot be sent again")
	}
	files := func(p *Place) (n int) {
		for i := range p.Conversation().Len() {
			if p.Conversation().Line(i).File.Has() {
				n++
			}
		}
		return n
	}
	c.SendAgain(l.ID)
	x.until("Ana has it twice", func() bool { return files(x.ana) == 2 })
	if n := len(x.b.notes); n > 2 {
		t.Errorf("it says %q", x.b.notes)
	}
}

// F7: a photo is sent without what it tells. Who sent it sees what was sent, and when
// that was deleted the own file, which is never sent.
func TestF7OwnPhotoIsSeen(t *testing.T) {
	x := newTown(t)
	path, size := photo(t, t.TempDir(), "view.jpg", 300, 200)
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.b.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	c.SendTray("from here")
	x.sees(x.ana, "from here")
	l := x.sees(x.ben, "from here")
	x.until("the copy lies among received files", func() bool { l, _ = line(x.ben, "from here"); return inReceived(l.File.Path) })
	if info, err := os.Stat(l.File.Path); err != nil || info.Size() != int64(size) || l.File.Lent {
		t.Errorf("%+v: want the %d bytes without the place, %v", l.File, size, err)
	}
	var list []FileEntry
	c.Files(nil, func(all []FileEntry, _ bool) { list = all })
	x.until("it is in the list of files", func() bool { return len(list) == 1 })
	if list[0].Path != l.File.Path {
		t.Errorf("the list says %+v", list[0])
	}
	if err := os.Remove(l.File.Path); err != nil {
		t.Fatal(err)
	}
	c.Send("gone")
	x.sees(x.ben, "gone")
	x.until("the own file is shown", func() bool { l, _ = line(x.ben, "from here"); return l.File.Path == path })
	if !l.File.Lent || c.CanSendAgain(l.ID) || c.CanSave(l.ID) || !l.File.Can(FileGet) {
		t.Errorf("the own file, which tells all, is lent: %+v", l.File)
	}
	if c.Do(l.ID, FileSaveAs); !slices.Contains(x.b.notes, text.FileMoved()) {
		t.Errorf("to save it says %q", x.b.notes)
	}
}

// P1: who sends a tray of photos and quits at once loses none of them, nor the words.
func TestP1QuitAfterSendingPhotos(t *testing.T) {
	x := newTown(t)
	const n = 4
	dir := t.TempDir()
	var paths []string
	for i := range n {
		path, _ := photo(t, dir, fmt.Sprintf("day %d.jpg", i+1), 640, 480)
		paths = append(paths, path)
	}
	c := x.ben.Conversation()
	c.SetDraft("the week in pictures")
	c.Attach(paths)
	x.b.until("they are in the tray", func() bool { return c.TrayReady() == n })
	c.SendTray(c.Draft())
	id := x.member.ID
	x.ben.Close()
	if err := x.member.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := x.benHome.OpenPlace(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	again.Start()
	x.ben = NewPlace(again, x.b.desktop())
	t.Cleanup(x.ben.Close)
	x.until("Ana has all", func() bool {
		seen := make(map[string]bool)
		for i := range x.ana.Conversation().Len() {
			l := x.ana.Conversation().Line(i)
			if l.File.Has() && !l.File.Fault {
				seen[l.File.Name] = true
			}
		}
		_, words := line(x.ana, "the week in pictures")
		return len(seen) == n && words
	})
	if d := x.ben.Conversation().Draft(); d != "" {
		t.Errorf("%q is still being written", d)
	}
}

// F2: a file that the client does not take comes back into the tray, and the words that
// went with it into the composer.
func TestF2WordsOfARefusedFileComeBack(t *testing.T) {
	x := newTown(t)
	path, _ := photo(t, t.TempDir(), "gone.jpg", 30, 20)
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.b.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.SetDraft("look")
	c.SendTray(c.Draft())
	c.SetDraft("and more")
	x.b.until("it is back", func() bool { return len(c.Tray()) == 1 && !c.Tray()[0].OK })
	if c.Draft() != "look\nand more" {
		t.Errorf("in the composer stands %q", c.Draft())
	}
}
