// Package opaque lets a host check a password that it never sees: OPAQUE-3DH
// over ristretto255 and SHA-512, with Argon2id on the client's side, bound to
// the channel that carries it.
//
// It knows passwords, records and messages as bytes: no names, accounts,
// connections or limits. How often somebody may try, and how many evaluations
// run at once, is for its callers.
//
// RFC 9807 specifies it, RFC 9106 Argon2id and RFC 8265 how a password becomes
// bytes; the protocol itself is github.com/bytemare/opaque v0.18.0. What of it
// is fixed here stands in PROTOCOL.md: no identities (the public keys serve as
// such), context = "snug/1 opaque" ‖ channel binding, Argon2id with a salt of
// 16 zero bytes and 64 bytes of output, as RFC 9807, section 7, has it.
package opaque

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	rfc9807 "github.com/bytemare/opaque"
	"golang.org/x/text/unicode/norm"
)

// Sizes in bytes of everything that is sent or stored (RFC 9807, section 6.1,
// with Noe = Npk = Nsk = Nn = 32 and Nh = Nm = 64). Nothing has another size.
const (
	RegistrationRequestSize  = 32
	RegistrationResponseSize = 64
	RecordSize               = 192
	KE1Size                  = 96
	KE2Size                  = 320
	KE3Size                  = 64
)

// What Argon2id costs the client at each registration and login (RFC 9106,
// section 4, the second recommended option). The host does none of this work.
// These are constants of "snug/1": a host has no message in which it could ask
// for more, to exhaust a client, or for less, to guess more cheaply.
const (
	Argon2Time    = 3         // passes
	Argon2Memory  = 64 * 1024 // KiB
	Argon2Threads = 4
)

// MaxPassword is the longest password in bytes of UTF-8, before and after
// normalisation. Four random words have about 30; a kilobyte is nobody's.
const MaxPassword = 1024

var (
	// ErrRefused comes from Login.Finish for a wrong password as well as for
	// an unknown name, another channel and a host without the record; from
	// Pending.Finish when the client did not prove the password. Nobody can
	// tell these apart.
	ErrRefused = errors.New("wrong name or password")

	// ErrMalformed comes when a message is none: wrong length, no group
	// element, or all zero where RFC 9807 wants random bytes.
	ErrMalformed = errors.New("malformed login message")

	// ErrPassword comes for a password that is empty, longer than MaxPassword
	// or not UTF-8.
	ErrPassword = errors.New("not an acceptable password")

	// ErrRecord comes for a registration record that no login can use. The
	// host's store is damaged when a stored one is.
	ErrRecord = errors.New("not a registration record")

	// ErrSecret comes from NewServer when the bytes are no server secret.
	ErrSecret = errors.New("not an opaque server secret")

	// ErrUsed comes when Finish is called a second time.
	ErrUsed = errors.New("login or registration was finished before")
)

// contextLabel begins the context of every login.
const contextLabel = "snug/1 opaque"

// loginContext binds a login to the channel that carries it: both ends mix it
// into the transcript, so a login relayed from another channel fails.
func loginContext(binding [32]byte) []byte {
	return slices.Concat([]byte(contextLabel), binding[:])
}

// stretching is the cost of Argon2id. The zero value means no stretching at
// all, which the test vectors of RFC 9807, appendix C, need.
type stretching struct{ time, memoryKiB, threads uint64 }

// product returns the only cost outside of tests.
func product() stretching { return stretching{Argon2Time, Argon2Memory, Argon2Threads} }

// configuration returns the suite: ristretto255-SHA512, HKDF-SHA-512,
// HMAC-SHA-512, SHA-512 and Argon2id.
func configuration(context []byte, cost stretching) *rfc9807.Configuration {
	c := rfc9807.DefaultConfiguration() // Argon2id is its key stretching; a test checks all
	c.OPRF, c.AKE = rfc9807.RistrettoSha512, rfc9807.RistrettoSha512
	c.KDF, c.MAC, c.Hash = crypto.SHA512, crypto.SHA512, crypto.SHA512
	c.Context = context
	if cost == (stretching{}) {
		c.KSF = 0
	}
	return c
}

// options returns o with the key stretching set.
func (s stretching) options(o rfc9807.ClientOptions) *rfc9807.ClientOptions {
	if s != (stretching{}) {
		o.KSFSalt = make([]byte, 16)
		o.KSFParameters = []uint64{s.time, s.memoryKiB, s.threads}
		o.KSFLength = 64
	}
	return &o
}

// prepare returns the bytes of a password: other kinds of spaces become U+0020
// and the whole is put into Unicode normalisation form C, as the OpaqueString
// profile has it (RFC 8265, section 4.2.2), so that one password typed on two
// systems is one password. Unlike that profile it refuses no character: which
// code points are assigned differs between versions of Unicode, and a password
// must not depend on that.
func prepare(password string) ([]byte, error) {
	if len(password) == 0 || len(password) > MaxPassword || !utf8.ValidString(password) {
		return nil, fmt.Errorf("%w: empty, not UTF-8, or longer than %d bytes", ErrPassword, MaxPassword)
	}
	mapped := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password)
	b := norm.NFC.AppendString(nil, mapped)
	if len(b) > MaxPassword {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrPassword, MaxPassword)
	}
	return b, nil
}
