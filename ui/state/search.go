package state

import (
	"context"
	"strings"
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
	Title  string // who, and where if all rooms are searched
	FromID string
	Text   string   // the words around the first that was found
	Marks  [][2]int // where in Text what was found stands: offsets of runes
	Words  string   // all that was written, or the name of the file
	When   string
	IsFile bool

	query string
}

// Hits are what a search has found so far.
type Hits struct {
	Query string
	List  []Hit
	More  bool   // there are more: ask again with them
	Note  string // what the person should know of it, "" for nothing

	next uint64
}

// Search looks for messages in a room, or in all rooms for the zero id, and calls
// use on the window's goroutine. What was asked for before and is not answered yet
// is given up. more goes on behind an earlier answer; nil begins.
func (p *Place) Search(query string, room chat.RoomID, more *Hits, use func(Hits)) {
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
	names := make(map[chat.RoomID]string, len(p.rooms))
	for i := range p.rooms {
		names[p.rooms[i].ID] = p.rooms[i].Name
	}
	now := p.desktop.Now()
	out := Hits{Query: query}
	if more != nil {
		out = *more
	}
	below := out.next
	p.work.Go(func() {
		defer stop()
		found, err := p.client.Search(ctx, query, room, below, hitsPage)
		p.desktop.Do(func() {
			switch {
			case p.searches != mine || p.ctx.Err() != nil:
				return
			case err != nil:
				p.fail(err, text.Facts{})
				return
			}
			for i := range found.Messages {
				m := &found.Messages[i]
				if m.Kind != client.LineText && m.Kind != client.LineFile {
					continue
				}
				out.List = append(out.List, hitOf(m, query, names, room == chat.RoomID{}, text.Short(shownTime(m), now)))
			}
			out.next, out.More = found.Next, found.Next != 0
			switch {
			case len(found.Unknown) > 0:
				out.Note = text.SearchUnknown(strings.Join(found.Unknown, ", "))
			case found.Building:
				out.Note = text.SearchBuilding()
			case len(out.List) == 0:
				out.Note = text.SearchNone()
			}
			use(out)
		})
	})
}

func hitOf(m *client.Message, query string, rooms map[chat.RoomID]string, all bool, when string) Hit {
	h := Hit{ID: m.ID.String(), Room: m.Room, Title: m.Name, FromID: personID(m.Account), When: when}
	if m.Own {
		h.Title = text.WordYou()
	}
	if name := rooms[m.Room]; all && name != "" {
		h.Title = text.SearchIn(h.Title, name)
	}
	words := markup.PlainText(m.Text, nil)
	if m.File != nil {
		h.IsFile = true
		words = strings.TrimSpace(m.File.Name + " " + words)
	}
	h.Text, h.Words, h.query = around(words, query), words, query
	h.Marks = client.Marks(query, h.Text)
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

// Go opens the room of a hit and brings its message into sight, what was found in
// it marked.
func (p *Place) Go(h Hit) {
	p.Show(h.Room)
	p.talk(h.Room).jumpTo(h.ID, h.query)
}
