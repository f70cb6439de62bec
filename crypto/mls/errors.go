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

	// ErrWrongGroup says that a message belongs to another group.
	ErrWrongGroup = errors.New("message of another group")
	// ErrOldEpoch says that a message was made before the last commit. Its keys
	// are gone; its sender makes it again.
	ErrOldEpoch = errors.New("message of an old epoch")
	// ErrFutureEpoch says that a commit between this epoch and the message did
	// not arrive.
	ErrFutureEpoch = errors.New("message of a later epoch")
	// ErrOwnMessage says that a message is the client's own, which nobody can
	// decrypt again. The own pending commit and own proposals are recognised
	// before that.
	ErrOwnMessage = errors.New("own message")
	// ErrUnreadable says that a commit is fine for the others but not for this
	// member, who must rejoin; its sender made a mistake or means harm.
	ErrUnreadable = errors.New("commit does not reach this member")
	// ErrMissingProposal says that a commit names a proposal that did not arrive.
	ErrMissingProposal = errors.New("proposal of the commit is missing")
	// ErrMissingPSK says that a pre-shared key is not known here.
	ErrMissingPSK = errors.New("pre-shared key is missing")

	// ErrNoGroup says that the store has no such group, or no longer.
	ErrNoGroup = errors.New("no such group")
	// ErrNotJoined says that the external commit was not accepted yet.
	ErrNotJoined = errors.New("group not joined yet")
	// ErrNoKeyPackage says that a Welcome is for none of the stored key packages.
	ErrNoKeyPackage = errors.New("welcome for none of the key packages")
	// ErrPending says that an own commit still waits to be accepted or dropped.
	ErrPending = errors.New("own commit is pending")
	// ErrNoPending says that there is no own commit to accept.
	ErrNoPending = errors.New("no commit is pending")
	// ErrCommitFirst says that proposals wait which must be committed before
	// application data may be sent (RFC 9420, section 12.4).
	ErrCommitFirst = errors.New("proposals must be committed first")
	// ErrClosed says that a ReInit ended the group.
	ErrClosed = errors.New("group was closed")
)
