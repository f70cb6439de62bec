package mls

import "errors"

// The errors that a caller can ask for with errors.Is. Every refusal of a
// message wraps exactly one of them and leaves the group as it was.
var (
	// ErrMalformed says that bytes are not the structure they should be: cut
	// short, too long, not minimally encoded, or beyond a bound of this package.
	ErrMalformed = errors.New("malformed message")
	// ErrUnsupported says that a message is well formed but uses a version, a
	// cipher suite, a credential or a proposal that this package does not have.
	ErrUnsupported = errors.New("not supported")
	// ErrInvalid says that a message breaks a rule of RFC 9420: a signature, a
	// tag, a tree hash, a proposal list. Every honest member refuses it alike.
	ErrInvalid = errors.New("invalid message")
	// ErrDecrypt says that a ciphertext does not open with the key it names.
	// The reason is not told apart: a flipped byte and a wrong key look alike.
	ErrDecrypt = errors.New("message does not decrypt")
	// ErrConsumed says that the key of a message is gone: the message was read
	// before (a replay), or it came later than [MaxSkipped] allows.
	ErrConsumed = errors.New("message key already used")
	// ErrTooFarAhead says that a message claims to be more than [MaxSkipped]
	// messages ahead of the last one of its sender.
	ErrTooFarAhead = errors.New("message too far ahead of its sender")
)
