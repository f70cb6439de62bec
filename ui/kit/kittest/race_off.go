//go:build !race

package kittest

// raced says whether the race detector is on.
const raced = false
