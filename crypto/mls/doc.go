// Package mls is Messaging Layer Security (RFC 9420): end-to-end encrypted
// groups whose members agree on one history, can be added while they are away,
// heal after a theft of keys, and cannot read what came before or after their
// time. The suite [XWingAES256SHA384Ed25519] makes that hold against quantum
// computers too (draft-ietf-mls-pq-ciphersuites).
//
// # Use
//
// A [Client] is one signature key with a [Policy]; a [Group] is its state of one
// group. Somebody gives all messages of a group one order (RFC 9420, section
// 14), and every member processes them in that order:
//
//	client, err := mls.NewClient(mls.Config{Signer: key, Credential: me, Policy: policy})
//	group, err := client.Create(tx, id, nil)                        // alice starts
//	out, err := group.Commit(tx, mls.Plan{Add: packages})           // and adds bob
//	// tx commits, out.Message goes to the group, out.Welcome to bob
//	received, err := group.Process(tx, message)                     // everybody, for each message
//	ciphertext, err := group.Encrypt(tx, header, plaintext)         // tx commits, then it may leave
//	group, err := client.Join(tx, welcome, tree)                    // bob, with NewKeyPackage before
//	group, message, err := client.Rejoin(tx, groupInfo, how)        // a device that lost its state
//	group, err := client.Load(tx, id)                               // after a restart
//
// A commit is pending until its place in the order is known: Process moves the
// group on when it meets the own message, and drops it when another commit
// comes first. A message that is refused changes nothing; [Refused] says whether
// to go on with the next one, [MustRejoin] whether the group went on alone.
//
// All state is small rows of the caller's transaction ([Tx]). A key is written
// as used in the same transaction that holds the ciphertext, and what section
// 9.2 calls consumed is deleted from memory and store at once. Members keep no
// keys of past epochs.
//
// # What is not there
//
// Proposals from outside of the group (section 12.1.8), the group that follows
// a ReInit and branches (sections 11.2 and 11.3), proposal types beyond those of
// RFC 9420, changing the signature key of a member without taking it out, and
// the suites with X448.
//
// # What it must not know
//
// Rooms, users, devices, hosts, databases: it turns keys and bytes into keys
// and bytes. It imports nothing of Snug and, but for the ChaCha20-Poly1305 of
// suite 3 (golang.org/x/crypto), only the standard library.
//
// # Specification
//
// RFC 9420; each function names the section it implements. The bounds of this
// package are the constants MaxMembers, MaxMessage, MaxSkipped,
// MaxCachedProposals, MaxProposals and MaxResumption.
package mls
