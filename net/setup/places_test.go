package setup

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

func TestPlaces(t *testing.T) {
	layout, err := paths.For(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := layout.Create(); err != nil {
		t.Fatal(err)
	}
	key := [32]byte{1}
	l, err := loadPlaces(layout, key)
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for i, p := range []Place{
		{ID: "a", Name: "Choir canary", Person: "Ana", Used: day},
		{ID: "b", Name: "Class", Person: "Ana", Used: day.Add(time.Hour)},
		{ID: "c", Name: "Mine", Person: "Ana", Hosted: true, Used: day},
		{ID: "a", Name: "Choir canary", Person: "Ana", Used: day.Add(2 * time.Hour)},
	} {
		if err := l.put(p); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	again, err := loadPlaces(layout, key)
	if err != nil {
		t.Fatal(err)
	}
	var order string
	for _, p := range again.sorted() {
		order += p.ID
	}
	if order != "cab" {
		t.Errorf("order %q, want the hosted one, then the last used: cab", order)
	}
	raw, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("canary")) || bytes.Contains(raw, []byte("Ana")) {
		t.Error("the list can be read on the disk")
	}
	if err := again.remove("b"); err != nil {
		t.Fatal(err)
	}
	if _, ok := again.find("b"); ok {
		t.Error("b is still there")
	}
	if _, err := loadPlaces(layout, [32]byte{2}); !errors.Is(err, ErrPlaces) {
		t.Errorf("another key: got %v, want ErrPlaces", err)
	}
	raw[len(raw)-1]++
	if err := os.WriteFile(l.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := loadPlaces(layout, key); !errors.Is(err, ErrPlaces) {
		t.Errorf("a changed byte: got %v, want ErrPlaces", err)
	}
}

func TestPlacesAreBounded(t *testing.T) {
	layout, err := paths.For(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := layout.Create(); err != nil {
		t.Fatal(err)
	}
	l, err := loadPlaces(layout, [32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range MaxPlaces - 1 {
		l.List = append(l.List, Place{ID: strconv.Itoa(i)})
	}
	if err := l.put(Place{ID: "last"}); err != nil {
		t.Fatal(err)
	}
	if err := l.put(Place{ID: "one more"}); !errors.Is(err, ErrTooManyPlaces) {
		t.Errorf("got %v, want ErrTooManyPlaces", err)
	}
	if err := l.put(Place{ID: "last", Name: "renamed"}); err != nil {
		t.Errorf("a known place: %v", err)
	}
}
