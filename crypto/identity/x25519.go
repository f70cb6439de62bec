package identity

import "slices"

// acceptableX25519 reports whether u is the one encoding of a key that a
// handshake can use: below 2^255-19 (RFC 7748, section 5, has implementations
// accept and reduce larger ones, so one key would have several device ids) and
// not of small order (section 6.1: the shared secret would be zero).
func acceptableX25519(u [32]byte) bool {
	if !canonicalX25519(u) {
		return false
	}
	for _, bad := range smallOrderX25519() {
		if u == bad {
			return false
		}
	}
	return true
}

// canonicalX25519 reports whether u, little-endian, is below 2^255-19.
func canonicalX25519(u [32]byte) bool {
	if u[31]&0x80 != 0 {
		return false
	}
	if u[31] != 0x7f || slices.ContainsFunc(u[1:31], func(b byte) bool { return b != 0xff }) {
		return true
	}
	return u[0] < 0xed
}

// smallOrderX25519 returns the canonical u-coordinates of order 1, 2, 4 and 8
// of Curve25519 and its twist: 0, 1, p-1 and two of order 8. A test multiplies
// each of them by a key and gets zero.
func smallOrderX25519() [5][32]byte {
	minusOne := [32]byte(slices.Repeat([]byte{0xff}, 32))
	minusOne[0], minusOne[31] = 0xec, 0x7f
	return [5][32]byte{
		{},
		{1},
		minusOne,
		{
			0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
			0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
		},
		{
			0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
			0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
		},
	}
}
