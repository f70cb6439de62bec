package state

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// sees waits until a person sees a text and returns its line.
func (x *town) sees(p *Place, s string) Line {
	x.a.t.Helper()
	x.until(s+" is seen", func() bool { l, ok := line(p, s); return ok && l.Seq > 0 })
	l, _ := line(p, s)
	return l
}

// D3, D4, D5, D13: what two people do to messages, as their windows show it.
func TestD4TalkAboutMessages(t *testing.T) {
	x := newTown(t)
	a, b := x.ana.Conversation(), x.ben.Conversation()
	a.Send("the **plan** is ready")
	at := x.sees(x.ben, "the **plan** is ready")

	b.Reply(at.ID)
	if e, ok := b.Extra(); !ok || e.Edit || e.Text != "the plan is ready" || !strings.Contains(e.Title, "Ana") {
		t.Fatalf("the composer is about %+v, %v", e, ok)
	}
	b.Send("where is it?")
	if _, ok := b.Extra(); ok {
		t.Error("the composer still answers after the answer was sent")
	}
	answer := x.sees(x.ana, "where is it?")
	if q := answer.Reply; q.ID != at.ID || q.Text != "the plan is ready" || q.From != text.WordYou() || q.Gone {
		t.Errorf("Ana sees the quote %+v", q)
	}

	b.React(at.ID, "👍")
	x.until("Ana sees who reacted", func() bool {
		l, _ := line(x.ana, "the **plan** is ready")
		r := l.Reactions.List()
		return len(r) == 1 && r[0] == ReactionLine{Emoji: "👍", Count: 1, Who: "Ben"}
	})
	a.React(at.ID, "👍")
	x.until("it is two", func() bool {
		l, _ := line(x.ben, "the **plan** is ready")
		r := l.Reactions.List()
		return len(r) == 1 && r[0].Count == 2 && r[0].Own && r[0].Who == "Ben, Ana"
	})
	b.React(at.ID, "👍") // a second press takes it away
	x.until("it is one again", func() bool {
		l, _ := line(x.ana, "the **plan** is ready")
		return len(l.Reactions.List()) == 1 && l.Reactions.List()[0].Who == "Ana"
	})

	x.until("Ana's is on the host", func() bool { l, _ := line(x.ana, "the **plan** is ready"); return l.Mark.Sent() })
	a.SetDraft("begun")
	if !a.EditLast() || a.Draft() != "the **plan** is ready" {
		t.Fatalf("the up key put %q into the composer", a.Draft())
	}
	if b.CanEdit(at.ID) {
		t.Error("Ben may change what Ana wrote")
	}
	a.Send("the plan is *done*")
	if a.Draft() != "begun" {
		t.Errorf("after the edit the composer has %q, want what was begun", a.Draft())
	}
	if edited := x.sees(x.ben, "the plan is *done*"); !edited.Edited || edited.ID != at.ID {
		t.Errorf("Ben sees %+v", edited)
	}
	x.until("the quote is of the new text", func() bool { l, _ := line(x.ana, "where is it?"); return l.Reply.Text == "the plan is done" })

	b.SetPinned(at.ID, true)
	x.until("it is pinned for Ana", func() bool {
		return len(a.Pins()) == 1 && a.Pins()[0].ID == at.ID && a.Pins()[0].Text == "the plan is done"
	})

	if b.CanDeleteAll(at.ID) {
		t.Error("Ben, a member, may delete what Ana wrote")
	}
	x.a.notes = nil
	a.DeleteForAll(at.ID)
	x.until("it is deleted for Ben", func() bool { _, ok := line(x.ben, text.ChatDeleted()); return ok })
	x.until("Ana is told how far that goes", func() bool { return slices.Contains(x.a.notes, text.DeleteAsked()) })
	x.until("it is no longer pinned, and the quote says so", func() bool {
		l, _ := line(x.ben, "where is it?")
		return len(b.Pins()) == 0 && l.Reply.Gone && l.Reply.Text == text.ChatDeleted()
	})

	b.DeleteForMe(answer.ID)
	x.until("it is gone for Ben", func() bool { _, ok := line(x.ben, "where is it?"); return !ok })
	x.a.run()
	if _, ok := line(x.ana, "where is it?"); !ok {
		t.Error("it is gone for Ana too")
	}
}

// D8: a name is completed, and who is named sees it.
func TestD8NamesAreCompletedAndSeen(t *testing.T) {
	x := newTown(t)
	a := x.ana.Conversation()
	names := func(c []Candidate) string {
		var s []string
		for _, one := range c {
			s = append(s, one.Name)
		}
		return strings.Join(s, " ")
	}
	for prefix, want := range map[string]string{"": "Ben everyone", "b": "Ben everyone", "BE": "Ben", "x": ""} {
		if prefix == "b" {
			want = "Ben"
		}
		if got := names(a.Candidates(prefix)); got != want {
			t.Errorf("@%s: got %q, want %q", prefix, got, want)
		}
	}
	a.Send("@ben look, not `@Ben`")
	got := x.sees(x.ben, "@ben look, not `@Ben`")
	if !got.ForMe || got.Names != "Ben" {
		t.Errorf("Ben sees %+v", got)
	}
	a.Send("mail to x@Ben only")
	if got := x.sees(x.ben, "mail to x@Ben only"); got.ForMe {
		t.Error("an address is taken for a name")
	}
	a.Send("@everyone come")
	if got := x.sees(x.ben, "@everyone come"); !got.ForMe {
		t.Error("Ben is not part of everyone")
	}
}

// D4, H4: a quote and a date lead to messages that are many pages away.
func TestH4JumpAcrossPages(t *testing.T) {
	x := newTown(t)
	a, b := x.ana.Conversation(), x.ben.Conversation()
	b.Send("the first")
	first := x.sees(x.ana, "the first")
	for i := range pageRows + 40 {
		a.Send(fmt.Sprint("filler ", i))
		if i%50 == 49 { // not faster than the host takes them
			x.sees(x.ben, fmt.Sprint("filler ", i))
		}
	}
	b.Reply(first.ID)
	b.Send("about the first")
	x.sees(x.ana, "about the first")
	a.lines, a.loaded = nil, false // as after a start: the newest page only
	opened := false                // until then older news may still bring what was held before
	x.ana.reader.ask(func(ctx context.Context, r *reader) error {
		err := r.openRoom(ctx, a.room)
		r.show(func() { opened = true })
		return err
	})
	x.until("the newest page", func() bool { _, ok := line(x.ana, "about the first"); return ok && opened })
	if _, ok := line(x.ana, "the first"); ok {
		t.Fatal("the first message is on the newest page")
	}
	l, _ := line(x.ana, "about the first")
	x.a.changes = 0
	a.JumpTo(l.Reply.ID)
	x.until("the page around it", func() bool { _, ok := line(x.ana, "the first"); return ok && x.a.changes&PartJump != 0 })
	if got := a.TakeJump(); got != first.ID {
		t.Errorf("the list is sent to %q, want %q", got, first.ID)
	}
	if !a.HasNewer() {
		t.Error("the end is said to be here")
	}
	x.a.changes = 0
	a.JumpToDate(DayOf(time.Now()))
	x.until("a jump to today", func() bool { return x.a.changes&PartJump != 0 })
	a.JumpToDate(DayOf(time.Now().AddDate(0, 0, 2)))
	x.until("a day to come has nothing", func() bool { return slices.Contains(x.a.notes, text.JumpNothing()) })
}

func TestParseDay(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.Local)
	for in, want := range map[string]string{
		"2026-11-23": "2026-11-23", "23.11.2026": "2026-11-23", "23.11.": "2026-11-23", " 1.2 ": "2026-02-01",
		"24.12.": "2025-12-24", "1.1.25": "2025-01-01", "29.2.2024": "2024-02-29",
		"29.2.2026": "", "32.1.2026": "", "1.13.": "", "": "", "soon": "", "2026-11": "", "1969-01-01": "", "..": "",
	} {
		d, ok := ParseDay(in, now)
		if got := d.String(); ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %s, %v, want %q", in, got, ok, want)
		}
	}
}

// F2, F7, F8: a photo goes out with a caption and without what it tells of its
// maker, comes with a preview, and stands in the list of files.
func TestF7PhotoTellsNothing(t *testing.T) {
	x := newTown(t)
	a := x.ana.Conversation()
	const place = "52.5200N 13.4050E"
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 300, 200)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), place...)
	photo := slices.Concat(b.Bytes()[:2], []byte{0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif, b.Bytes()[2:])
	path := filepath.Join(t.TempDir(), "holiday.jpg")
	if err := os.WriteFile(path, photo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, original := range []bool{false, true} {
		caption := fmt.Sprint("as it is: ", original)
		a.Attach([]string{path})
		x.until("it is in the tray", func() bool { return a.TrayReady() == 1 })
		if !a.HasPictures() {
			t.Fatal("the tray does not know that it is a picture")
		}
		a.SetOriginal(original)
		if refused := a.SendTray(caption); refused != "" {
			t.Fatal(refused)
		}
		got := x.sees(x.ben, caption)
		if f := got.File; f.Name != "holiday.jpg" || !f.Picture || f.Width != 300 || f.Height != 200 || f.Preview == "" {
			t.Errorf("Ben sees %+v", f)
		}
		x.ben.Conversation().Do(got.ID, FileGet)
		x.until("Ben has it", func() bool { l, _ := line(x.ben, caption); return l.File.Path != "" })
		l, _ := line(x.ben, caption)
		sent, err := os.ReadFile(l.File.Path)
		if err != nil {
			t.Fatal(err)
		}
		if told := bytes.Contains(sent, []byte(place)); told != original {
			t.Errorf("%s: the photo tells where it was taken: %v", caption, told)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, photo) {
		t.Errorf("the photo of Ana was changed, %v", err)
	}
	var list []FileEntry
	x.ben.Conversation().Files(nil, func(all []FileEntry, _ bool) { list = all })
	x.until("the list of files", func() bool { return len(list) == 2 })
	if len(Filter(list, PictureFiles, "HOLI")) != 2 || len(Filter(list, OtherFiles, "")) != 0 || len(Filter(list, AllFiles, "x")) != 0 {
		t.Errorf("the filters find something else in %+v", list)
	}
	x.b.folder = t.TempDir()
	x.b.notes = nil
	x.ben.Conversation().SaveAll(list)
	x.until("both are saved", func() bool { return slices.Contains(x.b.notes, text.FilesSaved(2)) })
	if saved, err := os.ReadDir(x.b.folder); err != nil || len(saved) != 2 {
		t.Errorf("%d files were saved, %v", len(saved), err)
	}
}

// D4, F2: files that are sent while a message is changed take nothing of its words.
func TestF2FilesGoBesideAChange(t *testing.T) {
	x := newTown(t)
	a := x.ana.Conversation()
	a.Send("see you at nine")
	x.until("it is on the host", func() bool { l, ok := line(x.ana, "see you at nine"); return ok && l.Mark.Sent() })
	path := filepath.Join(t.TempDir(), "map.txt")
	if err := os.WriteFile(path, []byte("turn left"), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Attach([]string{path})
	x.until("it is in the tray", func() bool { return a.TrayReady() == 1 })
	if !a.EditLast() {
		t.Fatal("the last message cannot be changed")
	}
	if refused := a.SendTray("see you at ten"); refused != "" {
		t.Fatal(refused)
	}
	if e, ok := a.Extra(); !ok || !e.Edit || a.Draft() != "see you at nine" {
		t.Errorf("the change is over: %+v, %q", e, a.Draft())
	}
	x.until("Ben sees the file", func() bool {
		n := x.ben.Conversation().Len()
		return n > 0 && x.ben.Conversation().Line(n-1).File.Name == "map.txt"
	})
	if l := x.ben.Conversation().Line(x.ben.Conversation().Len() - 1); l.Text != "" {
		t.Errorf("the file says %q", l.Text)
	}
}

// F7: a photo that is too large to be looked at tells nothing of its maker either.
func TestF7LargePhotoTellsNothing(t *testing.T) {
	x := newTown(t)
	const place = "52.5200N 13.4050E"
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 300, 200)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00"), place...)
	photo := slices.Concat(b.Bytes()[:2], []byte{0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif, b.Bytes()[2:])
	at := bytes.Index(photo, []byte{0xFF, 0xC0})
	copy(photo[at+5:], []byte{0x4E, 0x20, 0x4E, 0x20}) // 20,000 x 20,000 pixels, says its frame header (ITU T.81, B.2.2)
	path := filepath.Join(t.TempDir(), "panorama.jpg")
	if err := os.WriteFile(path, photo, 0o600); err != nil {
		t.Fatal(err)
	}
	c := x.ben.Conversation()
	c.Attach([]string{path})
	x.until("it is in the tray", func() bool { return c.TrayReady() == 1 })
	c.SendTray("all of it")
	if l := x.sees(x.ana, "all of it"); l.File.Preview != "" {
		t.Error("there is a preview of what nobody looked at")
	}
	x.sees(x.ben, "all of it")
	var l Line
	x.until("it lies among received files", func() bool { l, _ = line(x.ben, "all of it"); return inReceived(l.File.Path) })
	if got, err := os.ReadFile(l.File.Path); err != nil || bytes.Contains(got, []byte(place)) || len(got) != len(photo)-len(exif)-4 {
		t.Errorf("%d bytes of %d are sent, with where it was taken: %v, %v", len(got), len(photo), bytes.Contains(got, []byte(place)), err)
	}
}

// F7: the card of a recording says how long it lasts, that of a document how many
// pages it has, for who sent it and for who has it; a bomb says nothing, and no
// more than its size is known of what is not here.
func TestF7CardsSayTheirLength(t *testing.T) {
	x := newTown(t)
	dir := t.TempDir()
	sound := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x40\x9c\x00\x00"), make([]byte, 5*8000)...)
	for name, f := range map[string]struct {
		content []byte
		says    string
	}{
		"song.wav":  {sound, "0:05"},
		"notes.pdf": {[]byte("%PDF-1.4\n2 0 obj << /Type /Pages /Kids [] /Count 12 >> endobj"), text.FilePages(12)},
		"bomb.pdf":  {[]byte("%PDF-1.4\n2 0 obj << /Type /Pages /Kids [] /Count 999999999 >> endobj"), ""},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.content, 0o600); err != nil {
			t.Fatal(err)
		}
		a := x.ana.Conversation()
		a.Attach([]string{path})
		x.until("it is in the tray", func() bool { return a.TrayReady() == 1 })
		if refused := a.SendTray("this is " + name); refused != "" {
			t.Fatal(refused)
		}
		x.sees(x.ben, "this is "+name)
		for who, p := range map[string]*Place{"Ana": x.ana, "Ben": x.ben} {
			x.until(who+" has "+name, func() bool { l, ok := line(p, "this is "+name); return ok && l.File.Path != "" && !l.File.Bar })
			l, _ := line(p, "this is "+name)
			if got := l.File.Line; f.says == "" && strings.Contains(got, "page") || !strings.HasSuffix(got, f.says) {
				t.Errorf("%s: the card of %s says %q, want %q in it", who, name, got, f.says)
			}
		}
	}
}

// H2: what is found is shown with the words around it, and leads to its room.
func TestH2Search(t *testing.T) {
	x := newTown(t)
	a := x.ana.Conversation()
	a.Send("There is much to say before the word **testing** comes, and it is late in the line")
	a.Send("nothing of that")
	x.sees(x.ben, "nothing of that")
	var got Hits
	ask := func(q string) {
		got = Hits{}
		done := false
		x.ben.Search(q, InRoom, nil, func(h Hits) { got, done = h, true })
		x.until("the answer to "+q, func() bool { return done })
	}
	x.until("the index has it", func() bool { ask("test"); return len(got.List) == 1 })
	h := got.List[0]
	if h.Title != "Ana" || !strings.HasPrefix(h.Text, "…") || !strings.Contains(h.Text, "testing comes") || strings.Contains(h.Text, "*") {
		t.Errorf("got %+v", h)
	}
	for _, m := range h.Marks {
		if got := string([]rune(h.Text)[m[0]:m[1]]); got != "test" {
			t.Errorf("%q is marked in %q", got, h.Text)
		}
	}
	if len(h.Marks) != 1 {
		t.Errorf("%d marks in %q, want 1", len(h.Marks), h.Text)
	}
	for q, want := range map[string]string{"zebra": text.SearchNone(), "from:nobody x": text.SearchUnknown("nobody"), " ": ""} {
		if ask(q); len(got.List) != 0 || got.Note != want {
			t.Errorf("%q: got %d hits and %q, want %q", q, len(got.List), got.Note, want)
		}
	}
	// What was asked for before comes too late to be shown.
	for range 3 {
		late, now := false, false
		x.ben.Search("test", InRoom, nil, func(Hits) { late = true })
		time.Sleep(50 * time.Millisecond) // the answer waits for the window
		x.ben.Search("zebra", InRoom, nil, func(Hits) { now = true })
		x.until("the later answer", func() bool { return now })
		if late {
			t.Fatal("the answer to an earlier search is shown")
		}
	}
	x.b.changes = 0
	x.ben.Go(h)
	x.until("the message is brought into sight", func() bool { return x.b.changes&PartJump != 0 })
	if id := x.ben.Conversation().TakeJump(); id != h.ID {
		t.Errorf("got line %q, want %q", id, h.ID)
	}
	b := x.ben.Conversation()
	if got := b.Marks(h.ID, "a testing"); len(got) != 1 || got[0] != [2]int{2, 6} {
		t.Errorf("marked in the message: %v", got)
	}
	if got := b.Marks("another", "a testing"); len(got) != 0 {
		t.Errorf("marked in another message: %v", got)
	}
	b.JumpTo(h.ID)
	if got := b.Marks(h.ID, "a testing"); len(got) != 0 {
		t.Errorf("still marked after a jump without a search: %v", got)
	}
	x.ben.Go(h)
	b.Leave("", 0)
	if got := b.Marks(h.ID, "a testing"); len(got) != 0 {
		t.Errorf("still marked after another room was opened: %v", got)
	}
}

func TestAround(t *testing.T) {
	for in, want := range map[[2]string]string{
		{"short words", "words"}: "short words",
		{"one two three four five six seven eight nine ten", "nine"}:     "…five six seven eight nine ten",
		{"one two three four five six seven eight nine ten", "from:ana"}: "one two three four five six seven eight nine ten",
		{"İ one two three four five six seven eight nine", "nine"}:       "…five six seven eight nine",
	} {
		if got := around(in[0], in[1]); got != want {
			t.Errorf("%q in %q: got %q, want %q", in[1], in[0], got, want)
		}
	}
}

// F2: of a folder that is dropped its files come into the tray, as far as it holds.
func TestF2DropAFolder(t *testing.T) {
	x := newTown(t)
	a := x.ana.Conversation()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "b.txt", ".hidden", "inside/c.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.Attach([]string{dir})
	x.until("the files are in the tray", func() bool { return len(a.Tray()) > 0 })
	if n := a.TrayReady(); n != 2 || a.Tray()[0].Name != "a.txt" || a.Tray()[1].Name != "b.txt" {
		t.Errorf("the tray holds %+v", a.Tray())
	}
	full := t.TempDir()
	for i := range MaxTray + 5 {
		if err := os.WriteFile(filepath.Join(full, fmt.Sprintf("%03d", i)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.Attach([]string{full, filepath.Join(dir, "inside", "none")})
	x.until("the tray is full, and it is said", func() bool {
		return len(a.Tray()) == MaxTray && slices.Contains(x.a.notes, text.FileTrayFull(MaxTray))
	})
	empty := t.TempDir()
	for len(a.Tray()) > 0 {
		a.Detach(a.Tray()[0].Path)
	}
	a.Attach([]string{empty})
	x.until("an empty folder stands there with the reason", func() bool { return len(a.Tray()) == 1 && !a.Tray()[0].OK })
}

// FEATURES H2: one box looks in all places that are open, and shows what they have by
// its time; a word that was mistyped counts where nothing has it as it stands.
func TestH2SearchInAllPlaces(t *testing.T) {
	x, y := newTown(t), newTown(t)
	var visited *Place
	x.ben.beside = func() []*Place { return []*Place{x.ben, y.ben} }
	x.ben.visit = func(p *Place) { visited = p }
	if !x.ben.CanSearchPlaces() || y.ben.CanSearchPlaces() {
		t.Fatal("which places are open is not known")
	}
	want := []string{"zebra 0", "zebra 1", "zebra 2", "zebra 3", "zebra 4"}
	for i, s := range want {
		at := []*town{x, y}[i%2]
		at.ana.Conversation().Send(s)
		at.sees(at.ben, s)
		at.until("the index has it", func() bool {
			f, err := at.ben.client.Search(t.Context(), `"`+s+`"`, chat.RoomID{}, 0, 1)
			return err == nil && len(f.Messages) == 1
		})
	}
	y.ana.Conversation().Send("zebras and a zerba") // the last of all
	y.sees(y.ben, "zebras and a zerba")
	slices.Reverse(want)
	want = append([]string{"zebras and a zerba"}, want...)
	ask := func(q string, in Scope) (got Hits) {
		done := false
		x.ben.Search(q, in, nil, func(h Hits) { got, done = h, true })
		x.until("the answer to "+q, func() bool { return done })
		return got
	}
	words := func(list []Hit) (out []string) {
		for _, h := range list {
			out = append(out, h.Words)
		}
		return out
	}
	all := ask("zebra", InPlaces)
	if got := words(all.List); !slices.Equal(got, want) || all.More || all.Note != "" {
		t.Errorf("all places: %q, more %v, %q; want %q", got, all.More, all.Note, want)
	}
	if got := ask("zebra", InRooms); len(got.List) != 3 || got.List[0].Title != "Ana in Lobby" {
		t.Errorf("one place: %+v", got.List)
	}
	if len(all.List) == 0 || all.List[0].Title != "Ana in Lobby, Choir" {
		t.Fatalf("the place is not named: %+v", all.List)
	}
	// A page at a time, the same.
	rest := []*shelf{x.ben.shelf("zebra", InPlaces), y.ben.shelf("zebra", InPlaces)}
	var paged []Hit
	for range len(want) {
		var page []Hit
		var err error
		if page, rest, err = gather(t.Context(), rest, 1); err != nil || len(page) != 1 {
			t.Fatalf("%d hits, %v", len(page), err)
		}
		paged = append(paged, page...)
	}
	if got := words(paged); !slices.Equal(got, want) {
		t.Errorf("one by one: %q, want %q", got, want)
	}
	for q, want := range map[string]struct {
		hits int
		note string
	}{
		"zerba":         {1, ""}, // one place has it as it stands: no other word is looked for in the other
		"zebar":         {6, text.SearchInstead("zebar", "zebra")},
		"from:nobody x": {0, text.SearchUnknown("nobody")},
		"🎉":             {0, text.SearchSigns()},
		"giraffe":       {0, text.SearchNone()},
		"after:2020":    {6, ""},
	} {
		got := ask(q, InPlaces)
		if len(got.List) < want.hits || want.hits > 0 != (len(got.List) > 0) || want.hits == 1 && len(got.List) != 1 || got.Note != want.note {
			t.Errorf("%s: %d hits, %q; want %d, %q", q, len(got.List), got.Note, want.hits, want.note)
		}
		for _, h := range got.List {
			if q == "zebar" && len(h.Marks) == 0 {
				t.Errorf("%s: nothing is marked in %q", q, h.Text)
			}
		}
	}
	x.ben.Go(all.List[0])
	if visited != y.ben {
		t.Error("its place is not shown")
	}
	y.until("the message is brought into sight", func() bool { return y.b.changes&PartJump != 0 })
	if id := y.ben.Conversation().TakeJump(); id != all.List[0].ID {
		t.Errorf("got line %q, want %q", id, all.List[0].ID)
	}
}
