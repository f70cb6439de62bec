//go:build race

package mls

// underRace says that the race detector slows everything tenfold. Nothing here
// runs concurrently, so a sample of the vectors and of the model is enough then.
const underRace = true
