// Package mlstest has what tests of other packages need to make groups of
// crypto/mls without a database. Nothing but tests imports it.
//
// It must not know what the rows mean.
//
// The comment of mls.Tx specifies it.
package mlstest

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/snugchat/snug/crypto/mls"
)

// Table is an mls.Tx over a map, without rollback. Its methods return no errors.
// It is for one goroutine.
type Table map[string][]byte

// Get returns a row, nil if there is none.
func (t Table) Get(group []byte, key string) ([]byte, error) { return t[string(group)+"/"+key], nil }

// Put writes or replaces a row with a copy of value.
func (t Table) Put(group []byte, key string, value []byte) error {
	t[string(group)+"/"+key] = bytes.Clone(value)
	return nil
}

// Delete removes a row.
func (t Table) Delete(group []byte, key string) error {
	delete(t, string(group)+"/"+key)
	return nil
}

// DeletePrefix removes all rows of a group whose key starts with prefix.
func (t Table) DeletePrefix(group []byte, prefix string) error {
	maps.DeleteFunc(t, func(k string, _ []byte) bool { return strings.HasPrefix(k, string(group)+"/"+prefix) })
	return nil
}

// Scan yields all rows of a group whose key starts with prefix, in order.
func (t Table) Scan(group []byte, prefix string) iter.Seq2[mls.Row, error] {
	return func(yield func(mls.Row, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(t)) {
			key, found := strings.CutPrefix(k, string(group)+"/")
			if found && strings.HasPrefix(key, prefix) && !yield(mls.Row{Key: key, Value: t[k]}, nil) {
				return
			}
		}
	}
}
