package wire

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
)

func FuzzParseHistory(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	var ask HistoryAsk
	var answer HistoryAnswer
	fill(r, reflect.ValueOf(&ask).Elem())
	fill(r, reflect.ValueOf(&answer).Elem())
	var news OwnNews
	fill(r, reflect.ValueOf(&news).Elem())
	news.Name = "Linux, kitchen"
	f.Add(EncodeBody(&ask))
	f.Add(EncodeBody(&news))
	f.Add(EncodeBody(&answer))
	f.Add(EncodeBody(&HistoryAnswer{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := ParseHistoryAsk(b); err == nil && !bytes.Equal(EncodeBody(a), b) {
			t.Errorf("% x was read as %+v", b, a)
		}
		if a, err := ParseHistoryAnswer(b); err == nil && !bytes.Equal(EncodeBody(a), b) {
			t.Errorf("% x was read as %+v", b, a)
		}
		if n, err := ParseOwnNews(b); err == nil && !bytes.Equal(EncodeBody(n), b) {
			t.Errorf("% x was read as %+v", b, n)
		}
	})
}

func TestHistoryIsBounded(t *testing.T) {
	if _, err := ParseHistoryAsk(EncodeBody(&HistoryAsk{Rooms: make([]PastAsk, MaxPastRooms+1)})); !errors.Is(err, ErrBadMessage) {
		t.Errorf("too many rooms: got %v", err)
	}
	if _, err := ParseHistoryAnswer(EncodeBody(&HistoryAnswer{Parts: []PastPart{{Rows: make([]PastRow, MaxItems+1)}}})); !errors.Is(err, ErrBadMessage) {
		t.Errorf("too many rows: got %v", err)
	}
	if _, err := ParseHistoryAnswer(EncodeBody(&HistoryAnswer{Marks: make([]PastMark, MaxPastMarks+1)})); !errors.Is(err, ErrBadMessage) {
		t.Errorf("too many marks: got %v", err)
	}
	if _, err := ParseOwnNews(EncodeBody(&OwnNews{Marks: make([]PastMark, MaxPastMarks+1)})); !errors.Is(err, ErrBadMessage) {
		t.Errorf("too much news: got %v", err)
	}
	if _, err := ParseOwnNews(EncodeBody(&OwnNews{Name: "two\nlines"})); !errors.Is(err, ErrBadMessage) {
		t.Errorf("a name of two lines: got %v", err)
	}
	if _, err := ParseOwnNews(make([]byte, MaxHistory+1)); !errors.Is(err, ErrBadMessage) {
		t.Errorf("news too long: got %v", err)
	}
	if _, err := ParseHistoryAnswer(make([]byte, MaxHistory+1)); !errors.Is(err, ErrBadMessage) {
		t.Errorf("too long: got %v", err)
	}
}
