// Package heights keeps the height of every row of a long list, so that both
// "where is row i" and "which row is at y" cost the logarithm of their number.
//
// It knows numbers only, neither rows nor widgets.
// The structure is a Fenwick tree (P. Fenwick, A New Data Structure for
// Cumulative Frequency Tables, 1994).
package heights

// Tree holds the heights. Sums are float64: at 100,000 rows a float32 would lose
// whole pixels. The zero value is an empty list.
type Tree struct {
	of   []float32
	sums []float64 // sums[0] is not used
}

// Reset takes n rows of heights that are guessed.
func (h *Tree) Reset(n int, guess func(i int) float32) {
	h.of = make([]float32, n)
	for i := range h.of {
		h.of[i] = guess(i)
	}
	h.rebuild()
}

func (h *Tree) rebuild() {
	n := len(h.of)
	h.sums = append(h.sums[:0], make([]float64, n+1)...)
	for i := 1; i <= n; i++ {
		h.sums[i] += float64(h.of[i-1])
		if up := i + i&-i; up <= n {
			h.sums[up] += h.sums[i]
		}
	}
}

// Insert makes room for n rows before row at.
func (h *Tree) Insert(at, n int, guess func(i int) float32) {
	if at == len(h.of) && n < 64 { // the usual case: a message comes in
		for i := range n {
			h.push(guess(at + i))
		}
		return
	}
	grown := make([]float32, 0, len(h.of)+n)
	grown = append(grown, h.of[:at]...)
	for i := range n {
		grown = append(grown, guess(at+i))
	}
	h.of = append(grown, h.of[at:]...)
	h.rebuild()
}

func (h *Tree) push(v float32) {
	h.of = append(h.of, v)
	n := len(h.of)
	sum := float64(v)
	for i := n - 1; i > n-n&-n; i -= i & -i {
		sum += h.sums[i]
	}
	h.sums = append(h.sums, sum)
}

// Remove takes n rows away, from row at on.
func (h *Tree) Remove(at, n int) {
	h.of = append(h.of[:at], h.of[at+n:]...)
	h.rebuild()
}

// Of is the height of row i.
func (h *Tree) Of(i int) float32 { return h.of[i] }

// Set changes the height of row i.
func (h *Tree) Set(i int, v float32) {
	d := float64(v) - float64(h.of[i])
	h.of[i] = v
	for j := i + 1; j < len(h.sums); j += j & -j {
		h.sums[j] += d
	}
}

// Above is the height of all rows before row i.
func (h *Tree) Above(i int) (sum float64) {
	for ; i > 0; i -= i & -i {
		sum += h.sums[i]
	}
	return sum
}

// At is the row that holds a distance from the top; the number of rows when it
// lies below all.
func (h *Tree) At(y float64) int {
	row, step := 0, 1
	for step<<1 < len(h.sums) {
		step <<= 1
	}
	for ; step > 0; step >>= 1 {
		if row+step < len(h.sums) && h.sums[row+step] <= y {
			row += step
			y -= h.sums[row]
		}
	}
	return row
}
