//go:build soak

package setup_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// What TestSoakRandomDamage does again: the damages of a seed, to a profile that is made
// anew, or nothing but the start of one that it has kept when it failed.
var (
	damageSeed    = flag.Uint64("damage", 0, "seed of the damages, 0 for any")
	damageProfile = flag.String("damaged", "", "folder of a damaged profile that did not start as it should")
)

// TestSoakRandomDamage is number 4 of the faults: 300 random bit flips and cuts in
// every file of a profile, after clean and unclean ends. What a host's file lost that
// was cut, its person's own client gives back.
func TestSoakRandomDamage(t *testing.T) {
	l := live(t)
	if *damageProfile != "" {
		l.survive(t, readTree(t, *damageProfile))
		return
	}
	seed := *damageSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	rnd := rand.New(rand.NewPCG(seed, 0))
	repaired := 0
	for i := range 300 {
		files := l.clean
		if i%2 == 0 {
			files = l.cut
		}
		d := l.random(rnd, files)
		damaged := d.apply(files)
		t.Run(d.String(), func(t *testing.T) {
			repaired += len(l.survive(t, damaged))
		})
		if t.Failed() {
			dir, err := os.MkdirTemp("", "snug-damaged-") //nolint:usetesting // it is to stay
			if err != nil {
				t.Fatal(err)
			}
			damaged.write(t, dir)
			t.Fatalf("damage %d of seed %d; the profile is kept: -damaged %s", i, seed, dir)
		}
	}
	t.Logf("seed %d, %d repairs", seed, repaired)
}

// TestSoakEveryCut cuts the logs of both stores at each of their blocks, so that each
// transaction is the last one that is left once: a window of one among hundreds has
// cost messages before, and random damage met it once in four runs.
func TestSoakEveryCut(t *testing.T) {
	l := live(t)
	for _, name := range l.cut.names() {
		if !strings.HasSuffix(name, "client.db-wal") && !strings.HasSuffix(name, "host.db-wal") {
			continue
		}
		for cut := 0; cut < len(l.cut[name]) && !t.Failed(); cut += 4096 {
			d := damage{name, cut, 0}
			t.Run(d.String(), func(t *testing.T) { l.survive(t, d.apply(l.cut)) })
		}
	}
}

// TestSoakEveryPage damages each page of the stores after a clean end.
func TestSoakEveryPage(t *testing.T) {
	var pages []int
	for page := range 100 {
		pages = append(pages, page)
	}
	badPages(t, pages...)
}

// TestSoakSealedRoom damages every second page of a member's store.
func TestSoakSealedRoom(t *testing.T) {
	livePair(t).pages(t, func(all int) (out []int) {
		for page := 0; page < all; page += 2 {
			out = append(out, page)
		}
		return out
	})
}
