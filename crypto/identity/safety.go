package identity

import (
	"bytes"
	"crypto/sha512"
	"fmt"
	"strings"
)

// safetyRounds is how often a key is hashed for a safety number, as in Signal's
// numeric fingerprint (version 0): 30 digits are 100 bits, and each guess at them
// costs 5,200 hashes more.
const safetyRounds = 5200

// SafetyNumber returns the 60 digits, in twelve groups of five, that two people
// compare to know that each has the other's true identity key in this place. It
// is the same for both, whoever is a and b, and stays the same with every new
// device. It takes about 5 ms.
//
// Of each key: h0 = SHA-512("snug/1 safety number" ‖ place ‖ key), then 5,200
// times h = SHA-512(h ‖ key); the first 30 bytes, in groups of 5 as big-endian
// numbers modulo 100,000, are 30 digits. The smaller 30 come first.
func SafetyNumber(place [32]byte, a, b PublicKey) string {
	first, second := safetyDigits(place, a), safetyDigits(place, b)
	if second < first {
		first, second = second, first
	}
	digits := first + second
	groups := make([]string, 0, 12)
	for i := 0; i < len(digits); i += 5 {
		groups = append(groups, digits[i:i+5])
	}
	return strings.Join(groups, " ")
}

func safetyDigits(place [32]byte, k PublicKey) string {
	h := sha512.Sum512(bytes.Join([][]byte{[]byte("snug/1 safety number"), place[:], k.b[:]}, nil))
	buf := make([]byte, sha512.Size+PublicKeySize)
	copy(buf[sha512.Size:], k.b[:])
	for range safetyRounds {
		copy(buf, h[:])
		h = sha512.Sum512(buf)
	}
	var digits strings.Builder
	for i := 0; i < 30; i += 5 {
		n := uint64(h[i])<<32 | uint64(h[i+1])<<24 | uint64(h[i+2])<<16 | uint64(h[i+3])<<8 | uint64(h[i+4])
		fmt.Fprintf(&digits, "%05d", n%100_000)
	}
	return digits.String()
}
