//go:build !race

package hostdb_test

const raced = false
