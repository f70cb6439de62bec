//go:build race

package kittest

// raced says whether the race detector is on, which makes drawing ten times as
// slow and finds nothing in it.
const raced = true
