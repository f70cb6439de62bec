package mls_test

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/snugchat/snug/crypto/mls"
)

// table is a transaction over a map; a program has a table of its database.
type table map[string][]byte

func (t table) Get(group []byte, key string) ([]byte, error) { return t[string(group)+"/"+key], nil }

func (t table) Put(group []byte, key string, value []byte) error {
	t[string(group)+"/"+key] = slices.Clone(value)
	return nil
}

func (t table) Delete(group []byte, key string) error {
	delete(t, string(group)+"/"+key)
	return nil
}

func (t table) DeletePrefix(group []byte, prefix string) error {
	maps.DeleteFunc(t, func(k string, _ []byte) bool { return strings.HasPrefix(k, string(group)+"/"+prefix) })
	return nil
}

func (t table) Scan(group []byte, prefix string) iter.Seq2[mls.Row, error] {
	return func(yield func(mls.Row, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(t)) {
			key, found := strings.CutPrefix(k, string(group)+"/")
			if found && strings.HasPrefix(key, prefix) && !yield(mls.Row{Key: key, Value: t[k]}, nil) {
				return
			}
		}
	}
}

// friends is a policy for an example: it knows alice and bob.
type friends struct{}

func (friends) CheckCredential(l *mls.LeafNode) error {
	if name := string(l.Credential.Identity); name != "alice" && name != "bob" {
		return fmt.Errorf("nobody knows %s", name)
	}
	return nil
}

func (friends) CheckChange(*mls.Change) error { return nil }

func client(name string) *mls.Client {
	key, err := mls.GenerateSigningKey(mls.XWingAES256SHA384Ed25519)
	if err != nil {
		panic(err)
	}
	c, err := mls.NewClient(mls.Config{
		Signer: key, Policy: friends{},
		Credential: mls.Credential{Type: mls.BasicCredential, Identity: []byte(name)},
	})
	if err != nil {
		panic(err)
	}
	return c
}

// Alice makes a group, adds bob, and says hello. Errors are left out.
func Example() {
	alice, bob := client("alice"), client("bob")
	hers, his := table{}, table{}

	published, _ := bob.NewKeyPackage(his, false)

	group, _ := alice.Create(hers, []byte("a random id"), nil)
	pkg, _ := mls.ParseKeyPackage(published.Bytes())
	out, _ := group.Commit(hers, mls.Plan{Add: []*mls.KeyPackage{pkg}, TreeInWelcome: true})
	group.Process(hers, out.Message) // it has its place in the order

	joined, _ := bob.Join(his, out.Welcome, nil)
	sealed, _ := group.Encrypt(hers, []byte("header"), []byte("hello"))
	received, _ := joined.Process(his, sealed)

	fmt.Printf("%s says %q in epoch %d\n",
		joined.Member(received.Sender).Credential.Identity, received.Data, joined.Epoch())
	// Output: alice says "hello" in epoch 1
}
