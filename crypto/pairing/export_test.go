package pairing

// SealAs seals a message as one side would that has the secret: as message number
// count of it.
func SealAs(secret Secret, place [32]byte, giver bool, count uint32, message []byte) []byte {
	s := newSeals(secret, place, giver)
	s.sent = count
	return s.seal(message)
}
