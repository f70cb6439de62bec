// Package interop runs crypto/mls against other implementations of RFC 9420, so
// that none of them is a dependency of the product: it is a module of its own.
//
// Run it with make interop. The test against ts-mls is crypto/mls.TestTSMLS,
// since it needs a key derivation that only a test of that package can put in;
// what it talks to, tsmls.mjs, is here.
package interop
