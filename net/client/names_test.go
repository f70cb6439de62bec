package client

import (
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// announced returns the entry of the directory that makes an account.
func announced(t *testing.T, host [32]byte, account chat.AccountID, name string) (*wire.Envelope, wire.Row) {
	t.Helper()
	id, err1 := identity.GenerateKey()
	env, err2 := identity.GenerateKey()
	mls, err3 := identity.GenerateKey()
	transport, err4 := channel.GenerateKey()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	cert, err := identity.Certificate{
		Place: host, Identity: id.Public(), Transport: transport.Public().Array(), Envelope: env.Public(), MLS: mls.Public(), Created: 1,
	}.Sign(id, env)
	if err != nil {
		t.Fatal(err)
	}
	e := &wire.Envelope{
		Room: chat.Directory, ID: chat.NewMessageID(), Device: deviceOf(transport), Counter: 1, Time: 1, Body: wire.KindAccount,
		Data: wire.EncodeBody(&wire.AccountEntry{Account: account, Name: name, Certificate: cert}),
	}
	raw, err := e.Seal()
	if err != nil {
		t.Fatal(err)
	}
	return e, wire.Row{Envelope: raw, Signature: env.Sign(wire.LabelOpenEnvelope, host[:], raw)}
}

// A host cannot show a second person under the name of one who is pinned.
func TestDirectoryHasEachNameOnce(t *testing.T) {
	host := [32]byte{9}
	for text, tt := range map[string]struct {
		name string
		good bool
	}{
		"another name":              {"Olaf", true},
		"the same name":             {"Olga", false},
		"in other letters":          {"OLGA", false},
		"with a zero for the O":     {"0lga", false},
		"with a Cyrillic O":         {"\u041elga", false},
		"with a space at the end":   {"Olaf ", false},
		"with an invisible letter":  {"Ol\u200baf", false},
		"nothing that can be seen":  {"--", false},
		"with marks in another way": {"O\u0308laf", false}, // not NFC
	} {
		t.Run(text, func(t *testing.T) {
			d := &directory{
				host: host, accounts: make(map[chat.AccountID]clientdb.Account),
				devices: make(map[chat.DeviceID]*device), numbers: make(map[[32]byte]uint64),
			}
			olga, other := chat.NewAccountID(), chat.NewAccountID()
			env, row := announced(t, host, olga, "Olga")
			if _, err := d.enter(1, 1, env, row.Envelope, row.Signature); err != nil {
				t.Fatal(err)
			}
			env, row = announced(t, host, other, tt.name)
			_, err := d.enter(2, 2, env, row.Envelope, row.Signature)
			if (err == nil) != tt.good || err != nil && !errors.Is(err, errEntry) {
				t.Errorf("got %v, want it to be believed: %v", err, tt.good)
			}
			if _, known := d.accounts[other]; known != tt.good {
				t.Errorf("the account is known: %v, want %v", known, tt.good)
			}
		})
	}
}

// The host's list shows nobody under the name of somebody whom the directory
// proved, in which order ever they come, nor after a restart.
func TestListHasEachNameOnce(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	db, err := clientdb.Open(t.Context(), filepath.Join(t.TempDir(), "place.db"), [32]byte{1}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	c, err := New(t.Context(), Config{}, db, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	olga, false1, false2, ben := chat.AccountID{1}, chat.AccountID{2}, chat.AccountID{3}, chat.AccountID{4}
	person := func(id chat.AccountID, name string) wire.Person {
		return wire.Person{Account: id, Name: name, Role: chat.Member, State: chat.Active}
	}
	names := func() (out []string) {
		for _, p := range c.People() {
			if p.Name == "" || p.Account == false1 || p.Account == false2 {
				out = append(out, "false "+p.Name)
				continue
			}
			out = append(out, p.Name)
		}
		return out
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := names(); !slices.Equal(got, want) {
			t.Errorf("%s: people are %q, want %q", when, got, want)
		}
	}
	c.notePeople([]wire.Person{person(false1, "0lga"), person(ben, "Ben")}, nil)
	check("before the directory is here", "false 0lga", "Ben")
	batch := clientdb.Batch{
		Room: chat.Directory, Messages: []clientdb.Message{{Seq: 1, Room: chat.Directory}},
		Accounts: []clientdb.Account{{ID: olga, Name: "Olga", Identity: [32]byte{5}}},
	}
	if err := db.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	c.applied(&batch)
	check("once Olga is pinned", "Ben", "Olga")
	c.notePeople([]wire.Person{person(false1, "0lga"), person(false2, "OLGA")}, nil)
	check("when the host lists false ones again", "Ben", "Olga")
	c.notePeople([]wire.Person{person(ben, "olga")}, nil)
	check("when the host renames one to it", "Olga")
	if err := db.SetListed(t.Context(), []clientdb.Account{{ID: false2, Name: "OLGA"}, {ID: ben, Name: "Ben"}}, false); err != nil {
		t.Fatal(err)
	}
	if err := c.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after a restart", "Ben", "Olga")
}
