//go:build !race

package client_test

// raced says whether the race detector is on.
const raced = false
