package chat

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/rooms"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// over is what lies over the window, or the window.
func (s *stage) over() fyne.CanvasObject {
	if o := s.window.Canvas().Overlays().Top(); o != nil {
		return o
	}
	return s.window.Content()
}

// empties are the empty lists that are seen in what lies on top.
func (s *stage) empties() (all []*kit.Empty) {
	visit(s.over(), func(o fyne.CanvasObject) {
		if e, ok := o.(*kit.Empty); ok {
			all = append(all, e)
		}
	})
	return all
}

// types writes into the search field of what lies on top.
func (s *stage) types(words string) {
	s.t.Helper()
	f := s.window.Canvas().Focused()
	if f == nil {
		s.t.Fatal("nothing has the keyboard")
	}
	test.Type(f, words)
	s.run()
}

// TestJ3EveryEmptyListTeaches is row J3 of the features: each list of the
// conversation that can be empty then says one sentence and offers one button, and
// the button does something.
func TestJ3EveryEmptyListTeaches(t *testing.T) {
	other := chat.RoomID{7}
	kitchen := func(s *stage) { s.room(other, chat.RoomOpen, "Kitchen") }
	for name, x := range map[string]struct {
		fill func(*stage) // puts something into the store
		show func(*stage)
		says string
		does func(*stage) bool // the button has done it
	}{
		"a room in which nobody has said anything": {
			show: func(*stage) {},
			says: text.ChatEmpty(), does: func(s *stage) bool { return s.view.composer.Draft() != "" },
		},
		"a room without files": {
			show: func(s *stage) { s.view.sheets.Files() },
			says: text.FilesNone(), does: func(s *stage) bool { return s.window.Canvas().Overlays().Top() == nil },
		},
		"no file of that name": {
			fill: func(s *stage) { s.file("Maya Chen", "salt.pdf") },
			show: func(s *stage) {
				s.view.sheets.Files()
				s.until("the file is listed", func() bool { return len(s.empties()) == 0 && s.sees("salt.pdf") })
				s.search().SetText("pepper")
				s.search().OnChanged("pepper")
			},
			says: text.FilesNothing(), does: func(s *stage) bool { return len(s.empties()) == 0 },
		},
		"nothing found in this room": {
			fill: kitchen,
			show: func(s *stage) { s.view.Search(true); s.types("nowhere") },
			says: text.SearchBuilding(), does: func(s *stage) bool { // no host was reached yet
				e := s.empties()
				return len(e) == 1 && e[0].Button().Text() == text.SearchClear()
			},
		},
		"nothing found in all rooms": {
			show: func(s *stage) { s.view.Search(false); s.types("nowhere") },
			says: text.SearchBuilding(), does: func(s *stage) bool { return len(s.empties()) == 0 },
		},
		"nothing marked": {
			show: func(s *stage) { s.view.sheets.Marked() },
			says: text.ChatMarkedNone(), does: func(s *stage) bool { return s.window.Canvas().Overlays().Top() == nil },
		},
		"nothing missed": {
			show: func(s *stage) { s.view.showMissed() },
			says: text.MissedNone(), does: func(s *stage) bool { return s.window.Canvas().Overlays().Top() == nil },
		},
		"nobody and no room to forward to": {
			fill: func(s *stage) { s.text("Maya Chen", noon(), "Read this"); kitchen(s) },
			show: func(s *stage) {
				s.view.sheets.Forward([]string{s.place.Conversation().Line(s.place.Conversation().Len() - 1).ID})
				s.types("nowhere")
			},
			says: text.ForwardNone(), does: func(s *stage) bool { return len(s.empties()) == 0 },
		},
		"nobody to write to": {
			show: func(s *stage) { rooms.NewMessage(s.window.Canvas(), s.place) },
			says: text.PeopleNone(), does: func(s *stage) bool { return s.window.Canvas().Overlays().Top() == nil },
		},
		"no emoji of that name": {
			show: func(s *stage) { s.view.pickReaction("", fyne.NewPos(10, 10)); s.types("qqqq") },
			says: text.EmojiNone(), does: func(s *stage) bool { return len(s.empties()) == 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			if x.fill != nil {
				x.fill(s)
			}
			s.open(theme.Light, 1116, 900)
			x.show(s)
			var found []*kit.Empty
			s.until("the list says that it is empty", func() bool {
				found = s.empties()
				return len(found) == 1 && found[0].Sentence() == x.says
			})
			s.window.Resize(fyne.NewSize(360, 480))
			kittest.Settled(t, s.over())
			if strings.Count(x.says, ".") > 2 || !strings.HasSuffix(x.says, ".") {
				t.Errorf("not a sentence and what to do: %q", x.says)
			}
			b := found[0].Button()
			if b.Text() == "" || b.Disabled() {
				t.Fatalf("the button says %q and can be pressed: %v", b.Text(), !b.Disabled())
			}
			test.Tap(b)
			s.until("the button has done what it says", func() bool { return x.does(s) })
		})
	}
}

// search is the search field that is seen.
func (s *stage) search() (found *kit.Field) {
	visit(s.over(), func(o fyne.CanvasObject) {
		if f, ok := o.(*kit.Field); ok && found == nil {
			found = f
		}
	})
	return found
}

// second presses a row with the other mouse button.
func (s *stage) second(title string) {
	s.t.Helper()
	var row *kit.Row
	visit(s.over(), func(o fyne.CanvasObject) {
		if r, ok := o.(*kit.Row); ok && row == nil && (r.Data().Title == title || r.Data().Line == title) {
			row = r
		}
	})
	if row == nil {
		s.t.Fatalf("no row is called %q", title)
	}
	row.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(400, 300)})
	s.run()
}

// menu is what the menu that lies on top offers.
func (s *stage) menu() (labels []string) {
	visit(s.over(), func(o fyne.CanvasObject) {
		a, says := o.(fyne.Accessible)
		if _, tap := o.(fyne.Tappable); says && tap && a.AccessibilityLabel() != "" {
			labels = append(labels, a.AccessibilityLabel())
		}
	})
	return labels
}

// TestMenusEverywhere: what is listed has a menu under the other mouse button, as
// messages and rooms have: pins and marks.
func TestMenusEverywhere(t *testing.T) {
	s := newStage(t)
	s.text("Maya Chen", noon(), "The **key** is under the mat")
	s.text("Maya Chen", noon(), "Salt is in the jar")
	s.open(theme.Light, 1116, 900)
	talk := s.place.Conversation()
	s.until("both messages", func() bool { return talk.Len() >= 2 && strings.Contains(talk.Line(talk.Len()-1).Text, "Salt") })
	last := talk.Line(talk.Len() - 1).ID
	talk.SetMarked(last, true)
	talk.SetPinned(last, true)
	s.until("the pin", func() bool { return len(talk.Pins()) == 1 && s.view.pins.Object.Visible() })

	s.view.sheets.Marked()
	s.until("the mark is listed", func() bool { return s.window.Canvas().Overlays().Top() != nil })
	s.second("Maya Chen")
	if got := s.menu(); !slices.Contains(got, text.FilesGo()) || !slices.Contains(got, text.ChatCopyText()) || !slices.Contains(got, text.ChatUnmark()) {
		t.Errorf("the menu of a mark: %q", got)
	}
	s.choose(text.ChatUnmark())
	s.until("it is not marked any more", func() bool { return !talk.Line(talk.Len() - 1).Marked })
	if s.window.Canvas().Overlays().Top() != nil {
		t.Error("the list of marks stays though one is gone")
	}

	s.view.pins.Menu(fyne.NewPos(400, 80))
	if got := s.menu(); !slices.Contains(got, text.ChatUnpin()) {
		t.Errorf("the menu of a pin: %q", got)
	}
	s.choose(text.ChatUnpin())
	s.until("it is not pinned any more", func() bool { return len(talk.Pins()) == 0 })
}

// choose presses what is called so in what lies on top.
func (s *stage) choose(label string) {
	s.t.Helper()
	var found fyne.Tappable
	visit(s.over(), func(o fyne.CanvasObject) {
		a, says := o.(fyne.Accessible)
		if tap, ok := o.(fyne.Tappable); ok && says && found == nil && a.AccessibilityLabel() == label {
			found = tap
		}
	})
	if found == nil {
		s.t.Fatalf("nothing is called %q: %q", label, s.menu())
	}
	found.Tapped(&fyne.PointEvent{})
	s.run()
}

// file stores a message that hands over a file.
func (s *stage) file(who, name string) {
	s.t.Helper()
	s.say(who, noon(), wire.KindFile, &wire.File{Name: name, Type: "application/pdf", Size: 418_000, Length: 420_000}, 0)
}

// TestMenusOfPeopleAndHits: somebody who is here has a menu in the list beside the
// conversation, with what may be done by a member and by who runs the place; so
// has what a search found.
func TestMenusOfPeopleAndHits(t *testing.T) {
	v := newVillage(t, "Ben")
	v.view.Deeds = func(chat.AccountID, fyne.Canvas) []layer.Item {
		return []layer.Item{{Icon: icon.Ban, Label: "Ban...", Danger: true, Do: func() {}}}
	}
	v.until("Ben is in the list", func() bool { return v.sees("Ben") })
	var row *kit.Row
	visit(v.window.Content(), func(o fyne.CanvasObject) {
		if r, ok := o.(*kit.Row); ok && r.Data().Title == "Ben" {
			row = r
		}
	})
	if row == nil {
		t.Fatalf("Ben has no row: %q", v.words())
	}
	row.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(100, 300)})
	for _, w := range []string{text.PersonMessage(), text.PersonCard(), "Ban..."} {
		if !v.sees(w) {
			t.Errorf("the menu of a person lacks %q: %q", w, v.words())
		}
	}
	v.press(text.PersonCard())
	v.until("the card", func() bool { return v.sees(text.VerifyAction()) })
	press.Escape(v.window.Canvas())

	v.others["Ben"].place.Conversation().Send("The **key** is under the mat")
	v.until("Ben's message", func() bool { return v.sees("under the mat") })
	v.view.Search(true)
	test.Type(v.window.Canvas().Focused(), "key")
	var hit *kit.Row
	v.until("it is found", func() bool {
		hit = nil
		visit(v.top(), func(o fyne.CanvasObject) {
			if r, ok := o.(*kit.Row); ok && r.Data().Line == "The key is under the mat" {
				hit = r
			}
		})
		return hit != nil
	})
	hit.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(400, 300)})
	for _, w := range []string{text.FilesGo(), text.ChatCopyText()} {
		if !v.sees(w) {
			t.Errorf("the menu of a hit lacks %q: %q", w, v.words())
		}
	}
	press.Escape(v.window.Canvas()) // the menu

	// What was looked for is marked in the list, and after the jump in the message.
	marks := func(o fyne.CanvasObject) (n int) {
		visit(o, func(o fyne.CanvasObject) {
			if r, ok := o.(*canvas.Rectangle); ok && r.FillColor == theme.Color(theme.Found) {
				n++
			}
		})
		return n
	}
	if got := marks(v.top()); got != 1 {
		t.Errorf("%d marks in the list, want 1", got)
	}
	for _, zoom := range []int{100, 200} {
		v.app.Settings().SetTheme(theme.New(theme.Dark, zoom))
		v.window.Resize(map[int]fyne.Size{100: fyne.NewSize(360, 560), 200: fyne.NewSize(1116, 820)}[zoom])
		v.until("it is drawn", func() bool { return marks(v.top()) == 1 })
		kittest.Picture(t, v.window, fmt.Sprintf("search-%d", zoom))
	}
	hit.Tapped(&fyne.PointEvent{})
	v.until("the message is marked", func() bool { return marks(v.window.Content()) == 1 })
	kittest.Picture(t, v.window, "found-200")
	v.ana.place.Conversation().JumpTo(v.ana.place.Conversation().Line(0).ID)
	v.until("another jump takes it away", func() bool { return marks(v.window.Content()) == 0 })
}

// TestShownIsPainted: a part that comes into the window is painted then, not with
// the next thing that happens to change: Fyne's containers do not see to that.
func TestShownIsPainted(t *testing.T) {
	s := crew(t)
	s.open(theme.Light, 1116, 900)
	for name, o := range map[string]fyne.CanvasObject{
		"no message": s.view.empty, "nobody else": s.view.alone, "what stands for the composer": s.view.barrier.Object,
		"the pins": s.view.pins.Object, "the outlines": s.view.skeleton,
	} {
		draw.Show(o, false)
		if !s.app.Painted(func() { draw.Show(o, true) }) {
			t.Errorf("%s: shown, but not painted", name)
		}
		if s.app.Painted(func() { draw.Show(o, true) }) {
			t.Errorf("%s: painted though it was there already", name)
		}
	}
}
