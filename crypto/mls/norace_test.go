//go:build !race

package mls

const underRace = false
