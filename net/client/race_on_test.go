//go:build race

package client_test

import "time"

// raced says that the race detector is on, which makes everything about eight
// times as slow.
const raced = true

// patience is how long a story waits for what must come.
const patience = 2 * time.Minute

// soon is what has to happen within a second where somebody waits for it.
const soon = 5 * time.Second
