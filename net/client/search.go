package client

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// Found is an answer to a search.
type Found struct {
	// Messages are what was found, the newest first, as they are now. Room and Seq
	// say where: Before and After of those give what stands around.
	Messages []Message
	// Next is where to go on (below), 0 when that was all.
	Next uint64
	// Unknown are names in from: and in: that nobody and no room has.
	Unknown []string
	// Instead is the query that was answered, if nothing has what was asked for and a
	// word of it seems to be mistyped; "": the one that was asked. Whoever goes on behind Next asks that one.
	Instead string
	// Nothing says that the query asks for nothing that can be looked for, such as
	// emoji alone.
	Nothing bool
	// Building says that messages from before the index are still being put into it.
	Building bool
}

// maxQuery is how long a query can be in bytes; the rest is left out.
const maxQuery = 1024

// Search looks for messages in everything that this device has, sealed rooms
// included; nobody else learns of it. A query has words, whose last letters may be
// missing, "words in a row", and from:name (from:me), in:room, has:file,
// before:date and after:date, with dates as 2026-11-23, 2026-11, 2026 or 23.11.2026
// by this computer's clock; the day itself belongs to neither. room, if not zero,
// is the only one. At most n are returned. below is 0, or Found.Next of the answer
// before. If nothing is found at first, words that differ by a letter are looked for
// in the place of those that nothing has (Found.Instead).
func (c *Client) Search(ctx context.Context, query string, room chat.RoomID, below uint64, n int) (Found, error) {
	f, err := c.search(ctx, query, room, below, n)
	if err != nil || len(f.Messages) > 0 || below > 0 || len(f.Unknown) > 0 || n <= 0 {
		return f, err
	}
	all, spots, err := c.alike(ctx, query)
	if err != nil || len(spots) == 0 {
		return f, err
	}
	for i := range clientdb.MaxAlike {
		instead, tried := all, true
		for _, s := range spots { // the last in the query first
			instead = instead[:s.at] + s.words[min(i, len(s.words)-1)] + instead[s.end:]
			tried = tried && i >= len(s.words)
		}
		if tried {
			break
		}
		other, err := c.search(ctx, instead, room, below, n)
		if err != nil {
			return f, err
		}
		if len(other.Messages) > 0 {
			other.Instead = instead
			return other, nil
		}
	}
	return f, nil
}

// spot is a word of a query that no message has, and words that are like it.
type spot struct {
	at, end int
	words   []string
}

// alikeTime is how long words that are like those of a query are looked for, before no
// further one is begun.
const alikeTime = time.Second

// alike returns a query as far as it is read, and its mistyped words, the last first.
func (c *Client) alike(ctx context.Context, query string) (all string, spots []spot, err error) {
	began := time.Now()
	all, parts := parseQuery(query)
	for _, p := range slices.Backward(parts[:min(len(parts), clientdb.MaxTerms)]) {
		if p.key != "" || p.quoted {
			continue
		}
		words, err := c.db.Alike(ctx, p.value)
		if err != nil {
			return "", nil, err
		}
		if len(words) > 0 {
			spots = append(spots, spot{p.at, p.end, words})
		}
		if time.Since(began) > alikeTime {
			break
		}
	}
	return all, spots, nil
}

// search is Search without a second try.
func (c *Client) search(ctx context.Context, query string, room chat.RoomID, below uint64, n int) (Found, error) {
	var f Found
	q := clientdb.Query{Below: below, N: n + 1}
	if room != (chat.RoomID{}) {
		q.Rooms = []chat.RoomID{room}
	}
	var rooms []Room
	_, parts := parseQuery(query)
	for _, p := range parts {
		switch p.key {
		case "":
			q.Terms = append(q.Terms, clientdb.Term{Text: p.value, Exact: p.quoted})
		case "from":
			people := c.named(p.value)
			if len(people) == 0 {
				f.Unknown = append(f.Unknown, p.value)
			}
			q.From = append(q.From, people...)
		case "in":
			if rooms == nil {
				var err error
				if rooms, err = c.Rooms(ctx); err != nil {
					return f, err
				}
			}
			var in []chat.RoomID
			for _, r := range rooms {
				if beginsWith(r.Name, p.value) {
					in = append(in, r.ID)
				}
			}
			if len(in) == 0 {
				f.Unknown = append(f.Unknown, p.value)
			}
			if room == (chat.RoomID{}) {
				q.Rooms = append(q.Rooms, in...)
			}
		case "has":
			q.File = true
		case "before":
			q.Before = p.from.UnixMilli()
		case "after":
			q.After = p.to.UnixMilli()
		}
	}
	if len(f.Unknown) > 0 {
		return f, nil // nothing can be found in a room that is not there
	}
	if f.Nothing = !q.Asks(); f.Nothing {
		return f, nil
	}
	rows, err := c.db.Search(ctx, q)
	if err != nil {
		return f, err
	}
	if len(rows) > n {
		rows = rows[:n]
		if n > 0 {
			f.Next = rows[n-1].Seq
		}
	}
	byRoom := make(map[chat.RoomID][]Message)
	for i := range rows {
		m := c.message(&rows[i])
		byRoom[m.Room] = append(byRoom[m.Room], m)
	}
	now := make(map[uint64]Message)
	for id, messages := range byRoom {
		if err := c.Relate(ctx, id, messages); err != nil {
			return f, err
		}
		for _, m := range messages {
			now[m.Seq] = m
		}
	}
	for i := range rows {
		f.Messages = append(f.Messages, now[rows[i].Seq])
	}
	f.Building = !c.indexed.Load()
	return f, nil
}

// Marks returns where in a text stands what a query looks for, as offsets of runes,
// in order: the words of it and the phrases, no conditions. It reads nothing and may
// be called by anybody.
func Marks(query, text string) [][2]int {
	var terms []clientdb.Term
	_, parts := parseQuery(query)
	for _, p := range parts {
		if p.key == "" {
			terms = append(terms, clientdb.Term{Text: p.value, Exact: p.quoted})
		}
	}
	return clientdb.Marks(text, terms)
}

// named returns who is meant by a name: those who are called so, else those whose
// names begin so.
func (c *Client) named(name string) (ids []chat.AccountID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	want := clientdb.Fold(strings.TrimSpace(name))
	if want == "me" {
		return []chat.AccountID{c.place.Account}
	}
	var begin []chat.AccountID
	for id, p := range c.people {
		switch folded := clientdb.Fold(p.Name); {
		case folded == want:
			ids = append(ids, id)
		case strings.HasPrefix(folded, want):
			begin = append(begin, id)
		}
	}
	if len(ids) == 0 {
		return begin
	}
	return ids
}

func beginsWith(name, begin string) bool {
	return strings.HasPrefix(clientdb.Fold(name), clientdb.Fold(strings.TrimSpace(begin)))
}

// condition is a word, a phrase, or another condition of a query.
type condition struct {
	key      string // "" for words
	value    string
	quoted   bool
	from, to time.Time // of dates: the time that is meant, its end not included
	at, end  int       // where it stands in the query
}

// parseQuery reads a query, and returns it as far as it is read. What looks like a
// condition and is none is looked for as it stands.
func parseQuery(s string) (all string, out []condition) {
	if len(s) > maxQuery {
		s = strings.ToValidUTF8(s[:maxQuery], "")
	}
	for s, all = strings.TrimSpace(s), strings.TrimSpace(s); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		p := condition{at: len(all) - len(s)}
		if key, rest, ok := strings.Cut(s, ":"); ok {
			switch k := strings.ToLower(key); k {
			case "from", "in", "has", "before", "after":
				if rest != "" && !unicode.IsSpace([]rune(rest)[0]) {
					p.key = k
					p.value, p.quoted, s = nextWord(rest)
					p.end = len(all) - len(s)
					if p.valid() {
						out = append(out, p)
						continue
					}
					out = append(out, condition{value: k + " " + p.value, at: p.at, end: p.end})
					continue
				}
			}
		}
		p.value, p.quoted, s = nextWord(s)
		p.end = len(all) - len(s)
		if strings.TrimSpace(p.value) != "" {
			out = append(out, p)
		}
	}
	return all, out
}

// nextWord takes a word, or what stands in quotes, off the front of a query. A
// quote that is not closed reaches to the end.
func nextWord(s string) (word string, quoted bool, rest string) {
	for _, q := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}} {
		if inner, ok := strings.CutPrefix(s, q[0]); ok {
			word, rest, _ = strings.Cut(inner, q[1])
			return word, true, rest
		}
	}
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], false, s[i:]
	}
	return s, false, ""
}

// valid says whether the value of a condition makes sense, and reads dates.
func (p *condition) valid() bool {
	switch p.key {
	case "has":
		return strings.EqualFold(p.value, "file") || strings.EqualFold(p.value, "files")
	case "before", "after":
		for layout, days := range map[string][3]int{
			"2006-1-2": {0, 0, 1}, "2.1.2006": {0, 0, 1}, "2006-1": {0, 1, 0}, "2006": {1, 0, 0},
		} {
			if at, err := time.ParseInLocation(layout, p.value, time.Local); err == nil {
				p.from, p.to = at, at.AddDate(days[0], days[1], days[2])
				return true
			}
		}
		return false
	}
	return strings.TrimSpace(p.value) != ""
}

// searchable returns what of a message can be looked for, nil if nothing.
func searchable(body any) *clientdb.Words {
	switch b := body.(type) {
	case *wire.Text:
		return &clientdb.Words{Text: b.Text}
	case *wire.File:
		return &clientdb.Words{Text: b.Caption, Name: b.Name, File: true}
	case *wire.Edit:
		return &clientdb.Words{Text: b.Text}
	}
	return nil
}

// indexPage is how many messages are put into the index at a time, and indexPause
// how long others have the store in between.
const (
	indexPage  = 500
	indexPause = 20 * time.Millisecond
)

// indexOld puts messages into the search index that were there before it: after
// an update, or in a store that was restored.
func (c *Client) indexOld(ctx context.Context) {
	read := func(m *clientdb.Message) *clientdb.Words {
		body, err := wire.ParseBody(wire.BodyKind(m.Kind), m.Body)
		if err != nil || m.Flags&(unbelievable|clientdb.Deleted) != 0 {
			return nil
		}
		if id, ok := wire.Target(body); ok {
			m.Target = id
		}
		return searchable(body)
	}
	for {
		done, err := c.db.IndexMore(ctx, indexPage, read)
		switch {
		case err == nil && done:
			c.indexed.Store(true)
			return
		case ctx.Err() != nil:
			return
		case err != nil && !errors.Is(err, clientdb.ErrDiskFull):
			c.log.Error("search index not completed", "err", err)
			return
		}
		wait := time.NewTimer(indexPause)
		if err != nil {
			wait.Reset(time.Minute)
		}
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
	}
}
