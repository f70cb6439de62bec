package client

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"github.com/snugchat/snug/storage/clientdb"
)

// Changes of the place from several goroutines are all kept, in memory and in
// the store alike.
func TestChangesOfThePlaceAreAllKept(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	db, err := clientdb.Open(t.Context(), filepath.Join(t.TempDir(), "place.db"), [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(t.Context(), Config{}, db, log)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	change := func(i int, do func(*clientdb.Place)) {
		if err := c.savePlace(t.Context(), do); err != nil {
			t.Errorf("change %d: %v", i, err)
		}
	}
	const n = 50
	wg.Go(func() {
		for i := range n {
			change(i, func(p *clientdb.Place) { p.MaxFile = int64(i) })
		}
	})
	wg.Go(func() {
		for i := range n {
			change(i, func(p *clientdb.Place) { p.Addresses = []string{fmt.Sprint(i)} })
		}
	})
	wg.Go(func() {
		for i := range n {
			change(i, func(p *clientdb.Place) { p.Name = fmt.Sprint(i) })
		}
	})
	wg.Wait()
	stored, err := db.Place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if stored.MaxFile != n-1 || stored.Name != fmt.Sprint(n-1) || !reflect.DeepEqual(stored.Addresses, c.place.Addresses) || stored.Addresses[0] != fmt.Sprint(n-1) {
		t.Errorf("stored %+v, in memory %+v, want %d everywhere", stored, c.place, n-1)
	}
}
