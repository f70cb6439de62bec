//go:build soak

package clientdb

import (
	"math/rand/v2"
	"testing"
)

// TestSoakPowerLoss tries a state with torn pages at every single moment.
func TestSoakPowerLoss(t *testing.T) {
	log, begin := powerRun(t, 60, false)
	seed := rand.Uint64()
	n := 0
	for s := range log.EveryTorn(begin, rand.New(rand.NewPCG(seed, 0))) {
		if err := survives(s); err != nil {
			t.Fatalf("seed %d, power lost after %d of %d operations: %v", seed, s.After, log.Len(), err)
		}
		n++
	}
	t.Logf("%d operations, %d states survived", log.Len(), n)
}
