package mls

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// Tx is the caller's transaction over small rows, each named by a group and a
// key of at most 80 bytes. The caller commits it together with its own rows
// (plaintext and cursor, outbox) or rolls it back; this package never does
// either. Its methods are called by the goroutine that called the Group.
//
// Groups have ids of 1 to 255 bytes. The empty group holds the key packages.
//
// A table with the primary key (group, key) serves, and it must overwrite
// deleted rows, since what is deleted is mostly secrets (RFC 9420, section 9.2).
type Tx interface {
	// Get returns a row, nil if there is none. The caller of Get does not change
	// what it got.
	Get(group []byte, key string) ([]byte, error)
	// Put writes or replaces a row and keeps no reference to value.
	Put(group []byte, key string, value []byte) error
	// Delete removes a row. One that is not there is no error.
	Delete(group []byte, key string) error
	// DeletePrefix removes all rows of a group whose key starts with prefix, all
	// of the group for an empty prefix.
	DeletePrefix(group []byte, prefix string) error
	// Scan yields all rows of a group whose key starts with prefix.
	Scan(group []byte, prefix string) iter.Seq2[Row, error]
}

// Row is one row of a [Tx.Scan].
type Row struct {
	Key   string
	Value []byte
}

// The kinds of rows: the first byte of a key.
const (
	rowSecretNode = 'S' // S node(4): a secret of the secret tree
	rowRatchet    = 'R' // R leaf(4) kind(1): next(4) secret
	rowSkipped    = 'K' // K leaf(4) kind(1) generation(4): key and nonce
	rowEpoch      = 'E' // E: what storedEpoch holds
	rowNode       = 'N' // N node(4): a node of the tree that is not blank
	rowPrivate    = 'P' // P node(4): the private key of a node
	rowProposal   = 'Q' // Q number(4): a proposal of this epoch
	rowPending    = 'C' // C: the own commit that is not accepted yet
	rowResumption = 'F' // F epoch(8): the resumption secret of a past epoch
	rowRevision   = 'V' // V: 16 random bytes, new with every change
	rowKeyPackage = 'k' // k ref: a key package and its private keys, in no group
)

// maxGroupID is the longest group id in bytes.
const maxGroupID = 255

func nodeRow(kind byte, n nodeIndex) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(n)))
}

func proposalRow(seq uint32) string {
	return string(binary.BigEndian.AppendUint32([]byte{rowProposal}, seq))
}

func resumptionRow(epoch uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte{rowResumption}, epoch))
}

func secretNodeRow(n nodeIndex) string { return nodeRow(rowSecretNode, n) }

func ratchetRow(id ratchetID) string {
	return string(append(binary.BigEndian.AppendUint32([]byte{rowRatchet}, uint32(id.leaf)), byte(id.kind)))
}

func skippedRow(id ratchetID, generation uint32) string {
	b := append(binary.BigEndian.AppendUint32([]byte{rowSkipped}, uint32(id.leaf)), byte(id.kind))
	return string(binary.BigEndian.AppendUint32(b, generation))
}

func (r *ratchet) append(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, r.next), r.secret...)
}

// rowWriter writes the rows of one group and remembers the first error.
type rowWriter struct {
	tx    Tx
	group []byte
	err   error
}

func (w *rowWriter) put(key string, value []byte) {
	if w.err == nil {
		if err := w.tx.Put(w.group, key, value); err != nil {
			w.err = fmt.Errorf("write row %c: %w", key[0], err)
		}
	}
}

func (w *rowWriter) delete(key string) {
	if w.err == nil {
		if err := w.tx.Delete(w.group, key); err != nil {
			w.err = fmt.Errorf("delete row %c: %w", key[0], err)
		}
	}
}

func (w *rowWriter) deletePrefix(prefix string) {
	if w.err == nil {
		if err := w.tx.DeletePrefix(w.group, prefix); err != nil {
			w.err = fmt.Errorf("delete rows: %w", err)
		}
	}
}
