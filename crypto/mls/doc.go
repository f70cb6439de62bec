// Package mls is Messaging Layer Security (RFC 9420): end-to-end encrypted
// groups whose members agree on one history, can be added while they are away,
// heal after a theft of keys, and cannot read what came before or after their
// time.
//
// It is under construction. There are: the message formats, the cipher suites
// with the post-quantum one of draft-ietf-mls-pq-ciphersuites, key packages, the
// ratchet tree with TreeKEM, the key schedule, and message protection with the
// deletion of used keys. Not there yet: groups, which tie all of this together.
//
// It must not know rooms, users, devices, hosts or databases: it turns keys and
// bytes into keys and bytes. It imports nothing of Snug and, but for the
// ChaCha20-Poly1305 of suite 3, only the standard library.
//
// It is specified by RFC 9420; each function names the section it implements.
package mls
