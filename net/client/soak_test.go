//go:build soak

package client_test

import "testing"

// TestSoakTwoHundredMembers is the crowd at its full size, whatever the race
// detector makes of its time.
func TestSoakTwoHundredMembers(t *testing.T) { crowd(t, 200, 5) }
