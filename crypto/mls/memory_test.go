package mls

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// memory is a Tx over a map: the store of the tests. Committing is keeping it,
// rolling back is going on with an older copy.
type memory struct {
	rows map[string]map[string][]byte
	// fail, when set, is asked before each write and ends the transaction.
	fail func() error
}

func newMemory() *memory { return &memory{rows: make(map[string]map[string][]byte)} }

// copy is a snapshot: what a thief or a restart gets.
func (m *memory) copy() *memory {
	c := newMemory()
	for g, rows := range m.rows {
		c.rows[g] = make(map[string][]byte, len(rows))
		for k, v := range rows {
			c.rows[g][k] = slices.Clone(v)
		}
	}
	return c
}

func (m *memory) before() error {
	if m.fail != nil {
		return m.fail()
	}
	return nil
}

func (m *memory) Get(group []byte, key string) ([]byte, error) {
	return m.rows[string(group)][key], nil
}

func (m *memory) Put(group []byte, key string, value []byte) error {
	if err := m.before(); err != nil {
		return err
	}
	if m.rows[string(group)] == nil {
		m.rows[string(group)] = make(map[string][]byte)
	}
	m.rows[string(group)][key] = slices.Clone(value)
	return nil
}

func (m *memory) Delete(group []byte, key string) error {
	if err := m.before(); err != nil {
		return err
	}
	delete(m.rows[string(group)], key)
	return nil
}

func (m *memory) DeletePrefix(group []byte, prefix string) error {
	if err := m.before(); err != nil {
		return err
	}
	maps.DeleteFunc(m.rows[string(group)], func(k string, _ []byte) bool { return strings.HasPrefix(k, prefix) })
	return nil
}

func (m *memory) Scan(group []byte, prefix string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows := m.rows[string(group)]
		for _, k := range slices.Sorted(maps.Keys(rows)) {
			if strings.HasPrefix(k, prefix) && !yield(Row{k, rows[k]}, nil) {
				return
			}
		}
	}
}
