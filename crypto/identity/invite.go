package identity

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
)

// InviteSecret is the 128-bit secret of an invite link. Whoever has it can use
// the invite, so it prints as "[secret]" and is never stored by a host, which
// knows only its InviteToken.
type InviteSecret [16]byte

// NewInviteSecret makes one from crypto/rand.
func NewInviteSecret() (InviteSecret, error) {
	var s InviteSecret
	if _, err := rand.Read(s[:]); err != nil {
		return InviteSecret{}, fmt.Errorf("make invite secret: %w", err)
	}
	return s, nil
}

// String returns "[secret]".
func (s InviteSecret) String() string { return "[secret]" }

// Format prints "[secret]" for every verb.
func (s InviteSecret) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[secret]") }

// LogValue keeps the secret out of logs.
func (s InviteSecret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Who makes an invite proof. The two proofs differ, so that neither can be
// sent back to the one that made it.
const (
	RoleInviter byte = 1
	RoleInvitee byte = 2
)

// InviteToken returns what an invited person shows to the host, which stores
// only a hash of it: HKDF-SHA-256(secret, info "snug/1 invite token"). It tells
// nothing about the key of InviteProof.
func InviteToken(secret InviteSecret) [32]byte {
	return deriveInvite(secret, "snug/1 invite token")
}

// InviteProof returns what one of the two sends to the other through the host
// to show that both hold the secret of a personal link and see the same
// identities in the same place; the other calls CheckInviteProof:
//
//	HMAC-SHA-256(HKDF-SHA-256(secret, info "snug/1 invite verify"),
//	    "snug/1 invite proof" ‖ role ‖ inviter ‖ invitee ‖ place)
//
// The host never has the secret and can make no proof for identities of its
// own. Links for several people prove nothing about any one of them.
func InviteProof(secret InviteSecret, role byte, inviter, invitee PublicKey, place [32]byte) [32]byte {
	key := deriveInvite(secret, "snug/1 invite verify")
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("snug/1 invite proof"))
	h.Write([]byte{role})
	h.Write(inviter.b[:])
	h.Write(invitee.b[:])
	h.Write(place[:])
	return [32]byte(h.Sum(nil))
}

// CheckInviteProof reports, in constant time, whether proof is the one that
// InviteProof returns for the same arguments. role is the role of the one that
// sent it, and must be one of the two.
func CheckInviteProof(proof []byte, secret InviteSecret, role byte, inviter, invitee PublicKey, place [32]byte) bool {
	if role != RoleInviter && role != RoleInvitee || inviter.IsZero() || invitee.IsZero() {
		return false
	}
	want := InviteProof(secret, role, inviter, invitee, place)
	return hmac.Equal(proof, want[:])
}

// deriveInvite is HKDF-SHA-256 without salt (RFC 5869): the secret is uniform.
func deriveInvite(secret InviteSecret, info string) [32]byte {
	b, err := hkdf.Key(sha256.New, secret[:], nil, info, 32)
	if err != nil { // only for lengths that we do not use
		panic("identity: " + err.Error())
	}
	return [32]byte(b)
}
