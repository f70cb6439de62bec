//go:build !race

package clientdb

const raced = false
