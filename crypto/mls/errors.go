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
)
