package clientdb

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/chat"
)

var (
	benno    = chat.AccountID{2}
	benPhone = chat.DeviceID{22}
	choir    = chat.RoomID{77}
)

// library is a store with two people and two rooms whose messages say texts.
func library(t testing.TB, texts ...string) *DB {
	t.Helper()
	d := newDB(t)
	must(t, d.EnsureRoom(t.Context(), Room{ID: choir, Kind: chat.RoomSealed, Name: "Choir"}))
	must(t, d.Apply(t.Context(), Batch{
		Room: chat.Directory, After: 1,
		Messages: []Message{{Seq: 2, Room: chat.Directory, Line: chat.Lobby, ID: chat.MessageID{98}, Account: benno, Device: benPhone, Counter: 1, Kind: 16, Chain: [32]byte{1}}},
		Accounts: []Account{{ID: benno, Name: "Ben", Identity: [32]byte{6}, FirstSeen: 1000}},
		Devices:  []Device{{ID: benPhone, Account: benno, Certificate: []byte("cert"), Seq: 2}},
	}))
	for i, s := range texts {
		add(t, d, chat.Lobby, anaPhone, uint64(10+i), uint64(i+1), &Words{Text: s}, nil)
	}
	return d
}

// add applies one message, perhaps with more about it.
func add(t testing.TB, d *DB, room chat.RoomID, device chat.DeviceID, seq, counter uint64, w *Words, edit func(*Message)) Message {
	t.Helper()
	m := text(seq, seq)
	m.Room, m.Line, m.Device, m.Counter, m.Words = room, room, device, counter, w
	m.Account = ana
	if device == benPhone {
		m.Account = benno
	}
	if edit != nil {
		edit(&m)
	}
	rooms, err := d.Rooms(context.Background())
	must(t, err)
	i := slices.IndexFunc(rooms, func(r Room) bool { return r.ID == room })
	must(t, d.Apply(context.Background(), Batch{Room: room, After: rooms[i].Cursor, Own: ana, Messages: []Message{m}}))
	return m
}

func found(t testing.TB, d *DB, q Query) string {
	t.Helper()
	if q.N == 0 {
		q.N = 50
	}
	out, err := d.Search(context.Background(), q)
	must(t, err)
	var s []string
	for _, m := range out {
		s = append(s, fmt.Sprint(m.Seq))
	}
	return strings.Join(s, " ")
}

func terms(words ...string) []Term {
	var out []Term
	for _, w := range words {
		w, exact := strings.CutPrefix(w, "=")
		out = append(out, Term{Text: w, Exact: exact})
	}
	return out
}

// FEATURES H2: words, beginnings of words, several words, phrases, accents, case,
// and languages that put no spaces between words.
func TestSearchFindsWords(t *testing.T) {
	d := library(t,
		"We are testing the new search",  // 10
		"The test of time",               // 11
		"Füße für Grüße, naïve CAFÉ",     // 12
		"明日は東京タワーに行きます",                  // 13
		"我们去北京大学吧",                       // 14
		"ฉันรักแมวมาก",                   // 15
		"हिन्दी में लिखा है",             // 16
		"Ёлка и ещё одна ёлка",           // 17
		"שָׁלוֹם עולם مَرْحَبًا",         // 18
		"mail ana@example.org about C++", // 19
		"ＦＵＬＬ ｗｉｄｔｈ",                     // 20
		"서울에서 만나요",                       // 21
	)
	for name, c := range map[string]struct {
		terms []Term
		want  string
	}{
		"the beginning of a word":         {terms("test"), "11 10"},
		"the word as it stands":           {terms("=test"), "11"},
		"several words in any order":      {terms("search", "new"), "10"},
		"a word that is not there":        {terms("new", "time"), ""},
		"a phrase":                        {terms("=test of time"), "11"},
		"a phrase in another order":       {terms("=time of test"), ""},
		"other case":                      {terms("TESTING"), "10"},
		"without accents":                 {terms("cafe", "naive"), "12"},
		"with accents that are not there": {terms("tést"), "11 10"},
		"sharp s":                         {terms("fusse", "GRÜẞE"), "12"},
		"Japanese, two characters":        {terms("東京"), "13"},
		"Japanese, kana":                  {terms("タワー"), "13"},
		"kana keep their marks":           {terms("タハー"), ""},
		"Chinese, two characters":         {terms("北京"), "14"},
		"Chinese, not next to each other": {terms("京北"), ""},
		"Chinese, one character":          {terms("大"), "14"},
		"Thai":                            {terms("แมว"), "15"},
		"Hindi":                           {terms("हिन्दी"), "16"},
		"Hindi, other vowel":              {terms("हुन्दी"), ""},
		"Russian without the dots":        {terms("елка", "еще"), "17"},
		"Hebrew without points":           {terms("שלום"), "18"},
		"Arabic without vowels":           {terms("مرحبا"), "18"},
		"an address":                      {terms("ana@example.org"), "19"},
		"full width":                      {terms("full", "width"), "20"},
		"Korean, without its ending":      {terms("서울"), "21"},
		"operators are words":             {terms("AND", "OR", "NOT", "NEAR("), ""},
		"quotes and stars":                {terms(`"te*st"`, `"`), ""},
		"nothing that can be found":       {terms("+++", "?!"), ""},
	} {
		if got := found(t, d, Query{Terms: c.terms}); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// FEATURES H2: from, in, has file, before and after.
func TestSearchFilters(t *testing.T) {
	d := library(t, "plan one", "plan two") // 10, 11 by Ana in the Lobby
	add(t, d, choir, benPhone, 20, 1, &Words{Text: "plan three"}, nil)
	add(t, d, choir, anaPhone, 21, 1, &Words{Text: "look", Name: "plan.pdf", File: true}, nil)
	add(t, d, chat.Lobby, benPhone, 22, 1, &Words{Text: "plan five"}, nil)
	plan := terms("plan")
	for name, c := range map[string]struct {
		q    Query
		want string
	}{
		"everything":                {Query{Terms: plan}, "22 21 20 11 10"},
		"by one person":             {Query{Terms: plan, From: []chat.AccountID{benno}}, "22 20"},
		"by one of two":             {Query{Terms: plan, From: []chat.AccountID{ana, benno}}, "22 21 20 11 10"},
		"by nobody that is known":   {Query{Terms: plan, From: []chat.AccountID{{9}}}, ""},
		"in a room":                 {Query{Terms: plan, Rooms: []chat.RoomID{choir}}, "21 20"},
		"by somebody in a room":     {Query{Terms: plan, Rooms: []chat.RoomID{choir}, From: []chat.AccountID{ana}}, "21"},
		"with a file":               {Query{Terms: plan, File: true}, "21"},
		"files of somebody":         {Query{File: true, From: []chat.AccountID{ana}}, "21"},
		"after a time":              {Query{Terms: plan, After: 20}, "22 21 20"},
		"before a time":             {Query{Terms: plan, Before: 20}, "11 10"},
		"between":                   {Query{Terms: plan, After: 11, Before: 21}, "20 11"},
		"the first two":             {Query{Terms: plan, N: 2}, "22 21"},
		"and what follows":          {Query{Terms: plan, Below: 21}, "20 11 10"},
		"a number is no room's tag": {Query{Terms: terms("r2")}, ""},
		"nothing asked":             {Query{}, ""},
		"only after a time":         {Query{After: 20}, "22 21 20"},
		"only before a time":        {Query{Before: 20}, "11 10"},
		"only between, and on":      {Query{After: 11, Before: 22, Below: 20}, "11"},
		"only by somebody":          {Query{From: []chat.AccountID{benno}}, "22 20"},
		"only in a room":            {Query{Rooms: []chat.RoomID{choir}}, "21 20"},
		"only signs":                {Query{Terms: terms("🎉", "?!")}, ""},
		"signs and a time":          {Query{Terms: terms("🎉"), After: 22}, "22"},
	} {
		if got := found(t, d, c.q); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// FEATURES H2: one letter that was mistyped does not hide a message.
func TestAlike(t *testing.T) {
	d := library(t, "the kitchen is painted", "kitchens", "we met in the kitchen", "kittens", "Grüße aus Köln", "東京タワー", "abcd1 r12", "Ёлка дома")
	add(t, d, choir, benPhone, 30, 1, &Words{Text: "look", Name: "receipt.pdf", File: true}, nil)
	add(t, d, choir, anaPhone, 31, 1, &Words{Text: "forgotten"}, nil)
	must(t, d.Hide(t.Context(), choir, text(31, 31).ID))
	for name, c := range map[string]struct{ word, want string }{
		"it is there":               {"kitchen", ""},
		"one that begins so is":     {"kitch", ""},
		"two changed places":        {"kitchne", "kitchen kitchens"},
		"a letter is another":       {"kotchen", "kitchen kitchens"},
		"a letter is missing":       {"kithen", "kitchen kitchens kittens"},
		"a letter is too many":      {"kittchen", "kitchen kitchens"},
		"the first two":             {"iktchen", "kitchen kitchens"},
		"one before the first":      {"xkitchen", "kitchen kitchens"},
		"in the beginning of one":   {"kitcehn", "kitchen kitchens"},
		"a beginning, mistyped":     {"paimt", "painted"},
		"two mistakes":              {"kotchne", ""},
		"too short":                 {"teh", ""},
		"accents make no mistake":   {"gruse", "grusse"},
		"in another script":         {"елкка", "елка"},
		"in the name of a file":     {"reciept", "receipt"},
		"words without spaces":      {"東京タヲー", ""},
		"numbers are not corrected": {"abcd2", ""},
		"several words":             {"kitchne is", ""},
		"what was hidden":           {"forgoten", ""},
		"signs":                     {"!?*\"%", ""},
		"nothing":                   {"", ""},
	} {
		got, err := d.Alike(t.Context(), c.word)
		must(t, err)
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzNear(f *testing.F) {
	f.Add("kitchen", "kitchne")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := []rune(a), []rune(b)
		if len(x) > 30 || len(y) > 30 {
			return
		}
		if got, want := near(x, y), distance(x, y) <= 1; got != want || got != near(y, x) {
			t.Errorf("%q and %q: near %v, want %v, the other way %v", a, b, got, want, near(y, x))
		}
	})
}

// distance is the optimal string alignment distance by the book.
func distance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			default:
				cost := 1
				if a[i-1] == b[j-1] {
					cost = 0
				}
				d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d[i][j] = min(d[i][j], d[i-2][j-2]+1)
				}
			}
		}
	}
	return d[len(a)][len(b)]
}

// FEATURES H2, D5: what was deleted or edited is not found by its old words, and
// these leave the disk with the index.
func TestSearchForgets(t *testing.T) {
	d := library(t)
	ctx := t.Context()
	add(t, d, chat.Lobby, anaPhone, 10, 1, &Words{Text: "secretword alpha"}, nil)
	add(t, d, chat.Lobby, anaPhone, 11, 2, &Words{Text: "secretword beta"}, nil)
	add(t, d, chat.Lobby, anaPhone, 12, 3, &Words{Text: "secretword gamma"}, nil)
	add(t, d, chat.Lobby, anaPhone, 13, 4, &Words{Text: "delta"}, nil)
	about := func(target uint64, erase Erase) func(*Message) {
		return func(m *Message) {
			m.Target, m.Erase, m.Line = text(target, target).ID, erase, chat.RoomID{}
		}
	}
	add(t, d, chat.Lobby, benPhone, 20, 1, &Words{Text: "hijacked"}, about(13, EraseNothing)) // not the author
	add(t, d, chat.Lobby, anaPhone, 21, 5, &Words{Text: "harmless alpha"}, about(10, EraseNothing))
	add(t, d, chat.Lobby, anaPhone, 22, 6, nil, about(11, EraseOwn))
	must(t, d.Hide(ctx, chat.Lobby, text(12, 12).ID))
	add(t, d, chat.Lobby, anaPhone, 23, 7, &Words{Text: "too late"}, about(11, EraseNothing)) // it is deleted
	for what, want := range map[string]string{
		"secretword": "", "beta": "", "gamma": "", "hijacked": "", "late": "", "alpha": "10", "delta": "13", "harmless": "10",
	} {
		if got := found(t, d, Query{Terms: terms(what)}); got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	var left int
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		// What of a word differs from the one before it stands there as it is.
		return tx.QueryRow(`SELECT count(*) FROM words_data WHERE instr(block, CAST('ecretword' AS BLOB)) OR instr(block, CAST('amma' AS BLOB))`).Scan(&left)
	})
	if err != nil || left != 0 {
		t.Errorf("%d old words are still in the index (%v)", left, err)
	}
}

// TestIndexIsMadeAnew: messages from before the index, and those of a restored
// store, are put into it in the background, edits and deletions in their order.
func TestIndexIsMadeAnew(t *testing.T) {
	d := library(t)
	ctx := t.Context()
	for i := range uint64(30) {
		add(t, d, chat.Lobby, anaPhone, 10+i, i+1, nil, nil) // before there was an index
	}
	words := func(m *Message) *Words { return &Words{Text: fmt.Sprintf("old%d", m.Seq)} }
	rounds := 0
	for done := false; !done; rounds++ {
		var err error
		done, err = d.IndexMore(ctx, 7, words)
		must(t, err)
		if rounds == 2 {
			add(t, d, chat.Lobby, anaPhone, 100, 31, &Words{Text: "new"}, nil) // while it goes on
			must(t, d.Hide(ctx, chat.Lobby, text(39, 39).ID))
		}
		if rounds > 20 {
			t.Fatal("it does not end")
		}
	}
	if rounds < 5 {
		t.Errorf("done after %d rounds", rounds)
	}
	for what, want := range map[string]string{"old10": "10", "old25": "25", "old39": "", "new": "100", "old100": ""} {
		if got := found(t, d, Query{Terms: terms("=" + what)}); got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}
	if done, err := d.IndexMore(ctx, 7, words); !done || err != nil {
		t.Errorf("once more: %v, %v", done, err)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Grüße", "東京タワー", "é́", "ß\u0301", "\xff", "का"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if len(once) > 40*len(s)+8 {
			t.Errorf("%q becomes %d bytes", s, len(once))
		}
		// What is looked for is folded as well, perhaps from what was folded already.
		if twice := Fold(once); strings.Join(strings.Fields(twice), " ") != strings.Join(strings.Fields(once), " ") {
			t.Errorf("%q folds to %q and that to %q", s, once, twice)
		}
	})
}

// BenchmarkSearch asks a store of a million messages what people ask, and opens
// its room.
func BenchmarkSearch(b *testing.B) {
	const n = 1_000_000
	d := openAt(b, filepath.Join(b.TempDir(), "place.db"))
	b.Cleanup(func() { must(b, d.Close()) })
	fill(b, d)
	rnd := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rnd, 1.07, 4, 50_000)
	word := func() string { return fmt.Sprintf("%c%cword%d", 'a'+zipf.Uint64()%26, 'a'+rnd.IntN(26), zipf.Uint64()) }
	began := time.Now()
	for from := uint64(0); from < n; from += 1000 {
		batch := make([]Message, 0, 1000)
		for i := from; i < from+1000; i++ {
			m := text(10+i, i+1)
			words := make([]string, 8+rnd.IntN(12))
			for j := range words {
				words[j] = word()
			}
			m.Words = &Words{Text: strings.Join(words, " ")}
			m.Body = []byte(m.Words.Text)
			batch = append(batch, m)
		}
		after := uint64(0)
		if from > 0 {
			after = 9 + from
		}
		must(b, d.Apply(b.Context(), Batch{Room: chat.Lobby, After: after, Own: ana, Messages: batch}))
	}
	b.Logf("filled in %v", time.Since(began))
	measure := func(name string, ask func()) {
		b.Run("messages=1M/"+name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				ask()
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
	ask := func(q Query) func() {
		return func() {
			q.N = 50
			_, err := d.Search(b.Context(), q)
			must(b, err)
		}
	}
	random := func(n int, cut int) func() {
		return func() {
			var ts []Term
			for range n {
				w := word()
				ts = append(ts, Term{Text: w[:min(cut, len(w))], Exact: cut > 20})
			}
			ask(Query{Terms: ts})()
		}
	}
	measure("one word", random(1, 99))
	measure("three words", random(3, 99))
	measure("a beginning of 1", random(1, 1))
	measure("a beginning of 2", random(1, 2))
	measure("a beginning of 3", random(1, 3))
	measure("two beginnings of 6", random(2, 6))
	measure("the commonest word of one person", ask(Query{Terms: terms("aaword0"), From: []chat.AccountID{ana}}))
	measure("a phrase", ask(Query{Terms: terms("=aaword0 aaword1")}))
	measure("a rare person and a common word", ask(Query{Terms: terms("aaword0"), From: []chat.AccountID{{9}}}))
	measure("only between two times", ask(Query{After: 300_000, Before: 300_040}))
	measure("only before a time", ask(Query{Before: 500_000}))
	measure("files", ask(Query{File: true}))
	measure("a word that was mistyped", func() {
		_, err := d.Alike(b.Context(), word()[1:4]+"xword")
		must(b, err)
	})
	measure("before a time", ask(Query{Terms: terms("aaword0"), Before: 300_000}))
	measure("open the room", func() {
		_, err := d.Before(b.Context(), chat.Lobby, 0, 100)
		must(b, err)
	})
	measure("jump to a date", func() {
		seq, err := d.Since(b.Context(), chat.Lobby, int64(rnd.IntN(n)))
		must(b, err)
		_, err = d.After(b.Context(), chat.Lobby, seq-1, 100)
		must(b, err)
	})
}
