//go:build race

package client_test

// raced says that the race detector is on, which makes everything about eight
// times as slow.
const raced = true
