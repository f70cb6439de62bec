package chat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// files is how many there are in these tests: three pages, since more are only slower
// to lay out under the race detector.
const files = 130

// manyFiles is a room into which people put files of all kinds, with long names.
func manyFiles(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	for i := range files {
		ending := []string{"jpg", "pdf", "tar.gz", "mp3"}[i%4]
		name := fmt.Sprintf("%03d-notes-of-the-meeting-about-the-summer-festival-and-what-everybody-brings.%s", i, ending)
		s.say("Maya Chen", noon().Add(time.Duration(i-400)*time.Minute), wire.KindFile, &wire.File{Name: name, Size: int64(1000 * i), Length: int64(1000*i + 500)}, 0)
	}
	return s
}

// listed are the names of the rows in the sheet that is open.
func (s *stage) listed() (names []string) {
	visit(s.over(), func(o fyne.CanvasObject) {
		if r, ok := o.(*kit.Row); ok {
			names = append(names, r.Data().Title)
		}
	})
	return names
}

// FEATURES F8, J3: the list of files stays of use with many of them: it is read as one
// scrolls, a name and a kind are looked for in all of it, and long names keep their end.
func TestF8ManyFiles(t *testing.T) {
	s := manyFiles(t)
	s.open(theme.Dark, 1116, 900)
	s.view.sheets.Files()
	s.until("the first page", func() bool { return len(s.listed()) >= 60 })
	if names := s.listed(); len(names) != 60 || !strings.HasPrefix(names[0], "129-") {
		t.Errorf("%d files at first, the first is %q", len(names), names[0])
	}
	scroll := func() *container.Scroll {
		var found *container.Scroll
		visit(s.over(), func(o fyne.CanvasObject) {
			if x, ok := o.(*container.Scroll); ok {
				found = x // the inner one
			}
		})
		return found
	}()
	for end := time.Now().Add(time.Minute); len(s.listed()) < files && time.Now().Before(end); {
		scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -400)})
		s.run()
		time.Sleep(2 * time.Millisecond)
	}
	if names := s.listed(); len(names) != files || !strings.HasPrefix(names[files-1], "000-") {
		t.Fatalf("%d files after scrolling to the end", len(names))
	}

	// At every size the rows end in the sheet, and what a file is can be read.
	for _, x := range []struct {
		name string
		zoom int
		size fyne.Size
	}{{"files-many-tiny", 100, fyne.NewSize(360, 560)}, {"files-many-twice", 200, fyne.NewSize(1116, 900)}} {
		s.app.Settings().SetTheme(theme.New(theme.Dark, x.zoom))
		s.window.Resize(x.size)
		s.run()
		kittest.Picture(t, s.window, x.name)
		if x.zoom == 100 {
			kittest.Settled(t, s.over())
		}
		if high := scroll.Size().Height; high < theme.Units(100) {
			t.Errorf("%s: the list is only %v high", x.name, high)
		}
		rows := 0
		visit(s.over(), func(o fyne.CanvasObject) {
			r, ok := o.(*kit.Row)
			if !ok || rows > 4 {
				return
			}
			rows++
			found := map[string]fyne.Position{}
			for _, part := range test.WidgetRenderer(r).Objects() {
				words(part, fyne.Position{}, found)
			}
			ending := r.Data().Title[strings.Index(r.Data().Title, ".")+1:]
			seen := false
			for word, at := range found {
				seen = seen || strings.HasSuffix(word, ending)
				if at.X > r.Size().Width {
					t.Errorf("%s: %q is outside of its row", x.name, word)
				}
			}
			if !seen {
				t.Errorf("%s: nobody sees that %q ends in %q", x.name, r.Data().Title, ending)
			}
		})
	}
}

// A name on a page that was not read yet is found, and so are all of a kind.
func TestF8FilesAreFoundOnAllPages(t *testing.T) {
	s := manyFiles(t)
	s.open(theme.Light, 1116, 900)
	s.view.sheets.Files()
	s.until("the first page", func() bool { return len(s.listed()) == 60 })
	find := s.search()
	find.SetText("003-NOTES")
	find.OnChanged("003-NOTES")
	if len(s.empties()) != 0 {
		t.Error("says that there is no such file while it looks for it")
	}
	s.until("the file of the last page", func() bool { names := s.listed(); return len(names) == 1 && strings.HasPrefix(names[0], "003-") })
	find.SetText("nowhere")
	find.OnChanged("nowhere")
	s.until("that there is none", func() bool { e := s.empties(); return len(e) == 1 && e[0].Sentence() == text.FilesNothing() })
	find.SetText("")
	find.OnChanged("")
	s.until("all", func() bool { return len(s.listed()) == files })
	visit(s.over(), func(o fyne.CanvasObject) {
		if tabs, ok := o.(*pick.Tabs); ok {
			tapTab(s, tabs, text.FilesPictures())
		}
	})
	s.until("the pictures", func() bool { return len(s.listed()) == (files+3)/4 })
	for _, name := range s.listed() {
		if !strings.HasSuffix(name, ".jpg") {
			t.Errorf("%s is among the pictures", name)
		}
	}
}

// tapTab presses a tab by its name.
func tapTab(s *stage, tabs *pick.Tabs, label string) {
	s.t.Helper()
	done := false
	visit(tabs, func(o fyne.CanvasObject) {
		a, ok := o.(interface{ AccessibilityLabel() string })
		tap, can := o.(fyne.Tappable)
		if ok && can && !done && strings.HasPrefix(a.AccessibilityLabel(), label) {
			tap.Tapped(&fyne.PointEvent{})
			done = true
		}
	})
	if !done {
		s.t.Fatalf("no tab is called %q", label)
	}
	s.run()
}
