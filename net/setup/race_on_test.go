//go:build race

package setup

// raced makes tests smaller: SQLite is Go code here, and the race detector makes it
// ten times slower.
const raced = true
