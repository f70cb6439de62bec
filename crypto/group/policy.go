package group

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// extPolicy is the type of the extension snug_policy, of private use (RFC 9420,
// section 17.3).
const extPolicy mls.ExtensionType = 0xF001

// The bounds of a policy: far above what people do by hand, and small enough
// that a commit which changes it stays one message.
const (
	MaxAdmins = 256
	MaxName   = 256  // bytes
	MaxTopic  = 1024 // bytes
)

// Policy is what the members of a group agree on beside their keys: the
// extension snug_policy of the group context. Only the members can read it.
type Policy struct {
	// Direct is a conversation of the identities in Admins, two or one: nobody
	// else ever comes in, and the policy never changes.
	Direct bool
	// Admins may add and remove people and change the policy.
	Admins []identity.PublicKey
	// Name and Topic are what people call the group; empty if it is direct.
	Name, Topic string
}

// IsAdmin says whether the policy names an identity as admin.
func (p Policy) IsAdmin(k identity.PublicKey) bool {
	return slices.ContainsFunc(p.Admins, k.Equal)
}

// Equal says whether both say the same.
func (p Policy) Equal(o Policy) bool {
	a, errA := p.Encode()
	b, errB := o.Encode()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// policyVersion is the first byte of an encoded policy.
const policyVersion = 1

// Encode returns the one encoding that ParsePolicy accepts for p; it sorts a copy
// of the admins. ErrPolicy says what may not be.
//
//	0x01 ‖ flags (1: direct) ‖ uint16 number of admins ‖ 32 bytes each, ascending
//	‖ uint16 length ‖ name (UTF-8) ‖ uint16 length ‖ topic (UTF-8)
func (p Policy) Encode() ([]byte, error) {
	r := rawPolicy{direct: p.Direct, name: []byte(p.Name), topic: []byte(p.Topic)}
	for _, k := range p.Admins {
		if k.IsZero() {
			return nil, fmt.Errorf("%w: an admin without a key", ErrPolicy)
		}
		r.admins = append(r.admins, k.Array())
	}
	slices.SortFunc(r.admins, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	if err := r.check(); err != nil {
		return nil, err
	}
	return r.append(nil), nil
}

// ParsePolicy reads an encoded policy; every error is an ErrPolicy. What it
// accepts encodes to the same bytes. It keeps no part of b.
func ParsePolicy(b []byte) (Policy, error) {
	r, err := readPolicy(b)
	if err != nil {
		return Policy{}, err
	}
	p := Policy{Direct: r.direct, Name: string(r.name), Topic: string(r.topic)}
	for _, a := range r.admins {
		k, err := identity.NewPublicKey(a[:])
		if err != nil {
			return Policy{}, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		p.Admins = append(p.Admins, k)
	}
	return p, nil
}

// rawPolicy is a policy whose keys were not looked at: what the rules need of a
// policy that counts already.
type rawPolicy struct {
	direct      bool
	admins      [][32]byte
	name, topic []byte
}

// has says whether an identity is an admin.
func (r *rawPolicy) has(who [32]byte) bool {
	_, found := slices.BinarySearchFunc(r.admins, who, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	return found
}

// check says why a policy may not be.
func (r *rawPolicy) check() error {
	switch {
	case len(r.admins) == 0 || len(r.admins) > MaxAdmins:
		return fmt.Errorf("%w: %d admins", ErrPolicy, len(r.admins))
	case len(r.name) > MaxName || len(r.topic) > MaxTopic:
		return fmt.Errorf("%w: name of %d bytes, topic of %d", ErrPolicy, len(r.name), len(r.topic))
	case !utf8.Valid(r.name) || !utf8.Valid(r.topic):
		return fmt.Errorf("%w: text is not UTF-8", ErrPolicy)
	case r.direct && (len(r.admins) > 2 || len(r.name) > 0 || len(r.topic) > 0):
		return fmt.Errorf("%w: direct with %d people, or with a name", ErrPolicy, len(r.admins))
	}
	for i := 1; i < len(r.admins); i++ {
		if bytes.Compare(r.admins[i-1][:], r.admins[i][:]) >= 0 {
			return fmt.Errorf("%w: admins are not in order", ErrPolicy)
		}
	}
	return nil
}

func (r *rawPolicy) append(b []byte) []byte {
	flags := byte(0)
	if r.direct {
		flags = 1
	}
	b = append(b, policyVersion, flags)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.admins)))
	for _, a := range r.admins {
		b = append(b, a[:]...)
	}
	for _, text := range [][]byte{r.name, r.topic} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(text)))
		b = append(b, text...)
	}
	return b
}

// readPolicy is the inverse of append, with check. The texts are parts of b.
func readPolicy(b []byte) (*rawPolicy, error) {
	bad := fmt.Errorf("%w: %d bytes", ErrPolicy, len(b))
	if len(b) < 4 || b[0] != policyVersion || b[1] > 1 {
		return nil, bad
	}
	r := &rawPolicy{direct: b[1] == 1}
	n, b := int(binary.BigEndian.Uint16(b[2:])), b[4:]
	if n > MaxAdmins || len(b) < 32*n {
		return nil, bad
	}
	r.admins = make([][32]byte, n)
	for i := range r.admins {
		r.admins[i] = [32]byte(b[32*i:])
	}
	b = b[32*n:]
	for _, text := range []*[]byte{&r.name, &r.topic} {
		if len(b) < 2 {
			return nil, bad
		}
		n := int(binary.BigEndian.Uint16(b))
		if b = b[2:]; len(b) < n {
			return nil, bad
		}
		*text, b = b[:n], b[n:]
	}
	if len(b) > 0 {
		return nil, bad
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// policyOf finds the policy among the extensions of a group, which must be all
// that there is.
func policyOf(x mls.Extensions) (*rawPolicy, error) {
	if len(x) != 1 || x[0].Type != extPolicy {
		return nil, fmt.Errorf("%w: group extensions", ErrPolicy)
	}
	return readPolicy(x[0].Data)
}
