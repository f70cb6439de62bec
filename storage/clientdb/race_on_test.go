//go:build race

package clientdb

// raced makes tests smaller: SQLite is Go code here, and the race detector makes it
// ten times slower.
const raced = true
