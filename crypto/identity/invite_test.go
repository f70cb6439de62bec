package identity_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
)

// hkdf is RFC 5869 for one block, independently of the code.
func hkdf(secret []byte, info string) []byte {
	mac := func(key []byte, parts ...[]byte) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	return mac(mac(make([]byte, 32), secret), []byte(info), []byte{1})
}

func TestInviteTokenAndProofAreAsDocumented(t *testing.T) {
	secret := [16]byte{1, 2, 3}
	inviter, invitee, place := seed(t, 1).Public(), seed(t, 2).Public(), transport(t, 9)
	if got, want := identity.InviteToken(secret), [32]byte(hkdf(secret[:], "snug/1 invite token")); got != want {
		t.Errorf("token: got %x, want %x", got, want)
	}
	h := hmac.New(sha256.New, hkdf(secret[:], "snug/1 invite verify"))
	h.Write([]byte("snug/1 invite proof\x02"))
	h.Write(inviter.Bytes())
	h.Write(invitee.Bytes())
	h.Write(place[:])
	got := identity.InviteProof(secret, identity.RoleInvitee, inviter, invitee, place)
	if want := [32]byte(h.Sum(nil)); got != want {
		t.Errorf("proof: got %x, want %x", got, want)
	}
}

func TestInviteProofFitsOnlyItsOwnPeopleAndPlace(t *testing.T) {
	secret, err := identity.NewInviteSecret()
	if err != nil {
		t.Fatal(err)
	}
	a, b, place := seed(t, 1).Public(), seed(t, 2).Public(), transport(t, 9)
	proof := identity.InviteProof(secret, identity.RoleInviter, a, b, place)
	token := identity.InviteToken(secret)
	if !identity.CheckInviteProof(proof[:], secret, identity.RoleInviter, a, b, place) {
		t.Fatal("the proof itself was refused")
	}
	wrong := secret
	wrong[0] ^= 1
	for name, ok := range map[string]bool{
		"sent back to its maker":      identity.CheckInviteProof(proof[:], secret, identity.RoleInvitee, a, b, place),
		"people swapped":              identity.CheckInviteProof(proof[:], secret, identity.RoleInviter, b, a, place),
		"another invitee":             identity.CheckInviteProof(proof[:], secret, identity.RoleInviter, a, seed(t, 3).Public(), place),
		"another inviter":             identity.CheckInviteProof(proof[:], secret, identity.RoleInviter, seed(t, 3).Public(), b, place),
		"another place":               identity.CheckInviteProof(proof[:], secret, identity.RoleInviter, a, b, transport(t, 8)),
		"another secret":              identity.CheckInviteProof(proof[:], wrong, identity.RoleInviter, a, b, place),
		"the token, which hosts know": identity.CheckInviteProof(token[:], secret, identity.RoleInviter, a, b, place),
		"cut short":                   identity.CheckInviteProof(proof[:16], secret, identity.RoleInviter, a, b, place),
		"nothing":                     identity.CheckInviteProof(nil, secret, identity.RoleInviter, a, b, place),
	} {
		if ok {
			t.Errorf("%s: accepted", name)
		}
	}
	zero := identity.InviteProof(secret, 0, a, b, place)
	if identity.CheckInviteProof(zero[:], secret, 0, a, b, place) {
		t.Error("role 0: accepted")
	}
	nobody := identity.InviteProof(secret, identity.RoleInviter, a, identity.PublicKey{}, place)
	if identity.CheckInviteProof(nobody[:], secret, identity.RoleInviter, a, identity.PublicKey{}, place) {
		t.Error("no invitee: accepted")
	}
	for i := range proof {
		bad := proof
		bad[i] ^= 0x80
		if identity.CheckInviteProof(bad[:], secret, identity.RoleInviter, a, b, place) {
			t.Errorf("byte %d changed: accepted", i)
		}
	}
}
