package mls

// The bounds of this package. RFC 9420 has none of its own; each is far above
// what a chat needs and keeps what a stranger can make a client do small.
const (
	// MaxMembers is the largest number of leaves of a tree. 4,096 is a full tree
	// of depth 12 that has room for the 2,000 members Snug promises.
	MaxMembers = 1 << 12

	// MaxMessage is the largest encoded message in bytes that is read or made. A
	// Welcome with a full post-quantum tree of 2,000 members is about 6 MiB.
	MaxMessage = 16 << 20

	// MaxSkipped is how far a message may be ahead of the last one of its sender,
	// and how many keys of messages that did not come are kept for each sender
	// and content type; beyond it the oldest go. The work before a message is
	// authenticated stays below 1,000 key derivations, about a millisecond.
	MaxSkipped = 1000

	// MaxCachedProposals is how many proposals of one epoch are kept until a
	// commit decides about them.
	MaxCachedProposals = 1024

	// MaxProposals is the largest number of proposals in one commit: everybody
	// removed and everybody added.
	MaxProposals = 2 * MaxMembers

	// MaxResumption is how many past epochs keep their resumption secret (RFC
	// 9420, section 8.6, asks for a limit).
	MaxResumption = 16

	maxCodePoints   = 256 // values in one list of capabilities
	maxExtensions   = 64  // extensions in one list
	maxCertificates = 16  // certificates in an X.509 chain
	maxPSKs         = 64  // pre-shared keys in one commit or Welcome
	maxPathNodes    = 31  // parents above a leaf in any tree that 32 bits can index
)
