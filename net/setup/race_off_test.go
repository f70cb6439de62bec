//go:build !race

package setup

const raced = false
