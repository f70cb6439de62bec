package state

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// hitsPage is how many answers a search shows at a time.
const hitsPage = 40

// Hit is one message that a search has found.
type Hit struct {
	ID     string // of its line
	Room   chat.RoomID
	Title  string // who, and where if all rooms or places are searched
	FromID string
	Text   string   // the words around the first that was found
	Marks  [][2]int // where in Text what was found stands: offsets of runes
	Words  string   // all that was written, or the name of the file
	When   string
	IsFile bool

	place *Place // where it is
	at    time.Time
	query string
}

// Hits are what a search has found so far.
type Hits struct {
	Query string
	List  []Hit
	More  bool   // there are more: ask again with them
	Note  string // what the person should know of it, "" for nothing

	rest []*shelf // where they go on
}

// Scope says where a search looks.
type Scope int

// The scopes.
const (
	InRoom   Scope = iota // the open room
	InRooms               // all rooms of the place
	InPlaces              // all places that are open
)

// CanSearchPlaces reports whether other places are open besides this one.
func (p *Place) CanSearchPlaces() bool { return len(p.places()) > 1 }

// places are those that are open, this one among them.
func (p *Place) places() []*Place {
	if p.beside != nil {
		if all := p.beside(); slices.Contains(all, p) {
			return all
		}
	}
	return []*Place{p}
}

// Search looks for messages and calls use on the window's goroutine, those of several
// places by their time. What was asked for before and is not answered yet is given up.
// more goes on behind an earlier answer; nil begins.
func (p *Place) Search(query string, in Scope, more *Hits, use func(Hits)) {
	if p.searching != nil {
		p.searching()
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.searching = stop
	p.searches++
	mine := p.searches
	if strings.TrimSpace(query) == "" {
		stop()
		use(Hits{Query: query})
		return
	}
	out := Hits{Query: query}
	if more != nil {
		out = *more
		out.rest = nil
		for _, s := range more.rest { // one that was given up may still read on
			again := *s
			out.rest = append(out.rest, &again)
		}
	} else {
		places := []*Place{p}
		if in == InPlaces {
			places = p.places()
		}
		for _, q := range places {
			out.rest = append(out.rest, q.shelf(query, in))
		}
	}
	p.work.Go(func() {
		defer stop()
		list, rest, err := gather(ctx, out.rest, hitsPage)
		p.desktop.Do(func() {
			switch {
			case p.searches != mine || p.ctx.Err() != nil:
				return
			case err != nil:
				p.fail(err, text.Facts{})
				if len(list) == 0 {
					return
				}
			}
			out.List, out.rest = append(out.List, list...), rest
			out.More = slices.ContainsFunc(rest, func(s *shelf) bool { return s.more || len(s.hits) > 0 })
			out.Note = noteOf(rest, len(out.List) == 0)
			use(out)
		})
	})
}

// shelf is what one place has found and was not shown yet. Each search has its own.
type shelf struct {
	place *Place
	query string // that it answers: perhaps not as it was typed
	asked string
	room  chat.RoomID
	names map[chat.RoomID]string
	all   bool   // the title says the room
	title string // the title says this place, "" for not
	now   time.Time

	hits  []Hit
	next  uint64
	more  bool // there may be more than hits
	found client.Found
}

// shelf prepares a search of this place.
func (p *Place) shelf(query string, in Scope) *shelf {
	s := &shelf{place: p, query: query, asked: query, names: make(map[chat.RoomID]string, len(p.rooms)), all: in != InRoom, now: p.desktop.Now(), more: true}
	if in == InRoom {
		s.room = p.open
	}
	if in == InPlaces {
		s.title = p.Name()
	}
	for i := range p.rooms {
		s.names[p.rooms[i].ID] = p.rooms[i].Name
	}
	return s
}

// fill reads until something is there to be shown, or nothing is left.
func (s *shelf) fill(ctx context.Context) error {
	for len(s.hits) == 0 && s.more {
		s.hits = nil
		found, err := s.place.client.Search(ctx, s.query, s.room, s.next, hitsPage)
		if err != nil {
			s.more = false
			return err
		}
		if found.Instead != "" {
			s.query = found.Instead
		}
		for i := range found.Messages {
			m := &found.Messages[i]
			if m.Kind == client.LineText || m.Kind == client.LineFile {
				s.hits = append(s.hits, s.hitOf(m))
			}
		}
		s.next, s.more = found.Next, found.Next != 0
		found.Messages, found.Instead = nil, s.query
		s.found = found
	}
	return nil
}

// gather takes the newest n from shelves, and returns those that go on: what was
// mistyped is not looked for in another place where the words are found as they are.
// A shelf that fails leaves the others.
func gather(ctx context.Context, all []*shelf, n int) (list []Hit, rest []*shelf, failed error) {
	for _, s := range all {
		if err := s.fill(ctx); err != nil {
			failed = err
		}
	}
	rest = all
	if slices.ContainsFunc(all, func(s *shelf) bool { return len(s.hits) > 0 && s.query == s.asked }) {
		rest = slices.DeleteFunc(slices.Clone(all), func(s *shelf) bool { return s.query != s.asked })
	}
	for len(list) < n {
		var newest *shelf
		for _, s := range rest {
			if err := s.fill(ctx); err != nil {
				failed = err
			}
			if len(s.hits) > 0 && (newest == nil || s.hits[0].at.After(newest.hits[0].at)) {
				newest = s
			}
		}
		if newest == nil {
			break
		}
		list, newest.hits = append(list, newest.hits[0]), newest.hits[1:]
	}
	return list, rest, failed
}

// noteOf is what a person should know of an answer.
func noteOf(all []*shelf, none bool) string {
	each := func(is func(client.Found) bool) bool {
		return !slices.ContainsFunc(all, func(s *shelf) bool { return !is(s.found) })
	}
	building := slices.ContainsFunc(all, func(s *shelf) bool { return s.found.Building })
	switch {
	case len(all) > 0 && each(func(f client.Found) bool { return len(f.Unknown) > 0 }):
		return text.SearchUnknown(strings.Join(all[0].found.Unknown, ", "))
	case len(all) > 0 && each(func(f client.Found) bool { return f.Nothing }):
		return text.SearchSigns()
	case !none && len(all) > 0 && all[0].query != all[0].asked:
		return text.SearchInstead(all[0].asked, all[0].query)
	case building:
		return text.SearchBuilding()
	case none:
		return text.SearchNone()
	}
	return ""
}

func (s *shelf) hitOf(m *client.Message) Hit {
	at := shownTime(m)
	h := Hit{ID: m.ID.String(), Room: m.Room, Title: m.Name, FromID: personID(m.Account), When: text.Short(at, s.now), place: s.place, at: at, query: s.query}
	if m.Own {
		h.Title = text.WordYou()
	}
	switch name := s.names[m.Room]; {
	case s.title != "" && name != "":
		h.Title = text.SearchInPlace(h.Title, name, s.title)
	case s.all && name != "":
		h.Title = text.SearchIn(h.Title, name)
	}
	words := markup.PlainText(m.Text, nil)
	if m.File != nil {
		h.IsFile = true
		words = strings.TrimSpace(m.File.Name + " " + words)
	}
	h.Text, h.Words = around(words, s.query), words
	h.Marks = client.Marks(s.query, h.Text)
	return h
}

// aroundBefore is how many runes of a text stand before the first word that was
// found.
const aroundBefore = 24

// around cuts a text so that the first that a query finds in it is seen.
func around(words, query string) string {
	marks := client.Marks(query, words)
	if len(marks) == 0 || marks[0][0] <= aroundBefore {
		return oneLine(words)
	}
	rs, at := []rune(words), marks[0][0]
	from := at - aroundBefore
	for from < at && !unicode.IsSpace(rs[from]) {
		from++
	}
	return "\u2026" + oneLine(string(rs[from:]))
}

// Go opens the room of a hit, in its place, and brings its message into sight, what
// was found in it marked.
func (p *Place) Go(h Hit) {
	if q := h.place; q != nil && q != p {
		if !slices.Contains(p.places(), q) {
			return // it was closed meanwhile
		}
		p.visit(q)
		p = q
	}
	p.Show(h.Room)
	p.talk(h.Room).jumpTo(h.ID, h.query)
}
