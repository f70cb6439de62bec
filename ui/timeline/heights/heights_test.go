package heights

import (
	"math/rand"
	"testing"
)

// The heights answer like a plain sum, whatever is done to them.
func TestHeights(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	var h Tree
	var plain []float32
	h.Reset(0, nil)
	for step := range 400 {
		n := len(plain)
		switch rng.Intn(4) {
		case 0, 1:
			at, k := rng.Intn(n+1), 1+rng.Intn(5)
			if rng.Intn(2) == 0 {
				at = n
			}
			var grown []float32
			grown = append(grown, plain[:at]...)
			for i := range k {
				grown = append(grown, float32(i+step))
			}
			plain = append(grown, plain[at:]...)
			h.Insert(at, k, func(i int) float32 { return float32(i - at + step) })
		case 2:
			if n > 0 {
				i := rng.Intn(n)
				plain[i] = float32(rng.Intn(90))
				h.Set(i, plain[i])
			}
		case 3:
			if n > 3 {
				at := rng.Intn(n - 2)
				plain = append(plain[:at:at], plain[at+2:]...)
				h.Remove(at, 2)
			}
		}
		sum := 0.0
		for i, v := range plain {
			if got := h.Above(i); got != sum {
				t.Fatalf("step %d: %v above row %d, want %v", step, got, i, sum)
			}
			if v > 0 {
				if got := h.At(sum); got != i {
					t.Fatalf("step %d: row %d at %v, want %d", step, got, sum, i)
				}
			}
			sum += float64(v)
		}
		if got := h.Above(len(plain)); got != sum {
			t.Fatalf("step %d: %v in all, want %v", step, got, sum)
		}
	}
}
