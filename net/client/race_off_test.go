//go:build !race

package client_test

import "time"

// raced says whether the race detector is on.
const raced = false

// patience is how long a story waits for what must come.
const patience = 45 * time.Second

// soon is what has to happen within a second where somebody waits for it.
const soon = 2 * time.Second
