package clientdb

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// repin writes that the directory has an identity of ana's in the row seq.
func repin(t *testing.T, d *DB, seq uint64, identity byte, changed int64) {
	t.Helper()
	must(t, d.Apply(t.Context(), Batch{
		Room: chat.Directory, After: seq - 1,
		Messages: []Message{{Seq: seq, Room: chat.Directory, ID: chat.MessageID{byte(seq)}, Kind: 17, Chain: [32]byte{byte(seq)}}},
		Accounts: []Account{{ID: ana, Name: "Ana", Identity: [32]byte{identity}, FirstSeen: 1000, Changed: changed, Verified: 77}},
	}))
}

// What another device of the person knows is taken if it is of the identity of now,
// makes sense, and is the person's last word; of what came by itself, what is missing.
func TestAdopt(t *testing.T) {
	key := [32]byte{5}
	verified := func(d *DB) error { return d.SetVerified(t.Context(), ana, key, ByNumber, 7) }
	invited := func(d *DB) error { return d.SetVerified(t.Context(), ana, key, ByInvite, 7) }
	doubted := func(d *DB) error { return d.SetDoubt(t.Context(), ana, key, NoMatch, 7) }
	answered := func(d *DB) error { return d.EndDoubt(t.Context(), ana, key, 7) }
	for what, c := range map[string]struct {
		before func(d *DB) error
		mark   Trust
		want   string // verified, proof, doubt
	}{
		"verified":             {nil, Trust{ana, key, 10, ByPictures, 0, 10}, "10 1 0"},
		"verified by invite":   {nil, Trust{ana, key, 10, ByInvite, 0, 0}, "10 3 0"},
		"doubted":              {nil, Trust{ana, key, 0, 0, NoMatch, 10}, "0 0 2"},
		"doubted by itself":    {nil, Trust{ana, key, 0, 0, KeysChanged, 0}, "0 0 1"},
		"another identity":     {nil, Trust{ana, [32]byte{6}, 10, ByPictures, 0, 10}, "0 0 0"},
		"nobody":               {nil, Trust{chat.AccountID{9}, key, 10, ByPictures, 0, 10}, "0 0 0"},
		"no proof":             {nil, Trust{ana, key, 10, 0, 0, 10}, "0 0 0"},
		"a proof that is none": {nil, Trust{ana, key, 10, 4, 0, 10}, "0 0 0"},
		"both":                 {nil, Trust{ana, key, 10, ByNumber, NoMatch, 10}, "0 0 0"},
		"a doubt that is none": {nil, Trust{ana, key, 0, 0, 3, 10}, "0 0 0"},
		"before all time":      {nil, Trust{ana, key, -1, ByNumber, 0, 10}, "0 0 0"},
		"after all time":       {nil, Trust{ana, key, 10, ByNumber, 0, maxJudged + 1}, "0 0 0"},

		"doubted here, verified there before":             {doubted, Trust{ana, key, 6, ByPictures, 0, 6}, "0 0 2"},
		"doubted here, verified there later":              {doubted, Trust{ana, key, 10, ByPictures, 0, 10}, "10 1 0"},
		"doubted here, an invite there":                   {doubted, Trust{ana, key, 10, ByInvite, 0, 0}, "0 0 2"},
		"doubted here, written anyway there later":        {doubted, Trust{ana, key, 0, 0, 0, 10}, "0 0 0"},
		"doubted here, written anyway there before":       {doubted, Trust{ana, key, 0, 0, 0, 6}, "0 0 2"},
		"verified here, doubted there before":             {verified, Trust{ana, key, 0, 0, NoMatch, 6}, "7 2 0"},
		"verified here, doubted there later":              {verified, Trust{ana, key, 0, 0, NoMatch, 10}, "0 0 2"},
		"verified here, doubted there at the same moment": {verified, Trust{ana, key, 0, 0, NoMatch, 7}, "0 0 2"},
		"doubted here, verified there at the same moment": {doubted, Trust{ana, key, 7, ByNumber, 0, 7}, "0 0 2"},
		"by number here, by invite there":                 {verified, Trust{ana, key, 10, ByInvite, 0, 0}, "7 2 0"},
		"by invite here, by pictures there":               {invited, Trust{ana, key, 10, ByPictures, 0, 10}, "10 1 0"},
		"by invite here, other keys there":                {invited, Trust{ana, key, 0, 0, KeysChanged, 0}, "0 0 1"},
		"written anyway here, other keys there":           {answered, Trust{ana, key, 0, 0, KeysChanged, 0}, "0 0 0"},
	} {
		t.Run(what, func(t *testing.T) {
			d := openAt(t, filepath.Join(t.TempDir(), "place.db"))
			defer func() { must(t, d.Close()) }()
			fill(t, d)
			state := func() string {
				a, err := d.Account(t.Context(), ana)
				must(t, err)
				return fmt.Sprint(a.Verified, a.Proof, a.Doubt)
			}
			if c.before != nil {
				must(t, c.before(d))
			}
			before := state()
			taken, err := d.Adopt(t.Context(), []Trust{c.mark})
			must(t, err)
			if got := state(); got != c.want || (len(taken) == 1) != (got != before) {
				t.Errorf("got %s, %d taken; want %s", got, len(taken), c.want)
			}
			again, err := d.Adopt(t.Context(), []Trust{c.mark})
			if err != nil || len(again) > 0 {
				t.Errorf("a second time: %d taken, %v", len(again), err)
			}
		})
	}
}

// Two devices that tell each other what they know end with the same, whoever begins.
func TestAdoptAgrees(t *testing.T) {
	ctx, key := t.Context(), [32]byte{5}
	words := []struct {
		what string
		say  func(d *DB, who chat.AccountID, at int64) error
	}{
		{"nothing", func(*DB, chat.AccountID, int64) error { return nil }},
		{"verified", func(d *DB, who chat.AccountID, at int64) error { return d.SetVerified(ctx, who, key, ByPictures, at) }},
		{"invited", func(d *DB, who chat.AccountID, at int64) error { return d.SetVerified(ctx, who, key, ByInvite, at) }},
		{"doubted", func(d *DB, who chat.AccountID, at int64) error { return d.SetDoubt(ctx, who, key, NoMatch, at) }},
		{"answered", func(d *DB, who chat.AccountID, at int64) error { return d.EndDoubt(ctx, who, key, at) }},
	}
	var both [2]*DB
	for i := range both {
		both[i] = openAt(t, filepath.Join(t.TempDir(), "place.db"))
		defer func() { must(t, both[i].Close()) }()
		fill(t, both[i])
	}
	var cases []string
	for _, one := range words {
		for _, other := range words {
			for _, at := range []int64{6, 7, 8} {
				who := chat.AccountID{9, byte(len(cases))}
				for _, d := range both {
					must(t, d.db.Write(ctx, func(tx *sql.Tx) error {
						return d.pin(ctx, tx, Account{ID: who, Name: fmt.Sprint("P", len(cases)), Identity: key, FirstSeen: 1})
					}))
				}
				must(t, one.say(both[0], who, 7))
				must(t, other.say(both[1], who, at))
				cases = append(cases, fmt.Sprintf("%s at 7 and %s at %d", one.what, other.what, at))
			}
		}
	}
	for range 2 {
		for i := range both {
			told, err := both[1-i].Trusts(ctx, len(cases))
			must(t, err)
			_, err = both[i].Adopt(ctx, told)
			must(t, err)
		}
	}
	for i, what := range cases {
		var ends [2]string
		for j, d := range both {
			a, err := d.Account(ctx, chat.AccountID{9, byte(i)})
			must(t, err)
			ends[j] = fmt.Sprint(a.Verified > 0, a.Proof, a.Doubt)
		}
		if ends[0] != ends[1] {
			t.Errorf("%s: %s and %s", what, ends[0], ends[1])
		}
	}
}

// A verification is of one identity, whatever the directory says later, and an
// identity that comes in the place of a verified one is doubtful until this
// person answers. All of it survives a restart (FEATURES C6).
func TestVerified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "place.db")
	d := openAt(t, path)
	defer func() { must(t, d.Close()) }()
	fill(t, d)
	ctx := t.Context()
	state := func() string {
		t.Helper()
		must(t, d.Close())
		d = openAt(t, path)
		a, err := d.Account(ctx, ana)
		must(t, err)
		all, _, _, err := d.People(ctx)
		if err != nil || len(all) != 1 || all[0] != a {
			t.Fatalf("%+v, %v; alone %+v", all, err, a)
		}
		return fmt.Sprint(a.Identity[0], a.Verified, a.Proof, a.Doubt)
	}
	seq := uint64(1)
	for _, step := range []struct {
		what string
		do   func() error
		err  error
		want string // identity, verified, proof, doubt
	}{
		{"at first", nil, nil, "5 0 0 0"},
		{"verified by an identity that is not theirs", func() error { return d.SetVerified(ctx, ana, [32]byte{6}, ByNumber, 10) }, ErrNotFound, "5 0 0 0"},
		{"nobody", func() error { return d.SetVerified(ctx, chat.AccountID{9}, [32]byte{5}, ByNumber, 10) }, ErrNotFound, "5 0 0 0"},
		{"an identity that nobody verified is another one", func() error { seq++; repin(t, d, seq, 6, 5); return nil }, nil, "6 0 0 0"},
		{"by invite", func() error { return d.SetVerified(ctx, ana, [32]byte{6}, ByInvite, 20) }, nil, "6 20 3 0"},
		{"by pictures", func() error { return d.SetVerified(ctx, ana, [32]byte{6}, ByPictures, 30) }, nil, "6 30 1 0"},
		{"by invite replaces no pictures", func() error { return d.SetVerified(ctx, ana, [32]byte{6}, ByInvite, 40) }, nil, "6 30 1 0"},
		{"one more device of the same identity", func() error { seq++; repin(t, d, seq, 6, 5); return nil }, nil, "6 30 1 0"},
		{"keys changed", func() error { seq++; repin(t, d, seq, 7, 50); return nil }, nil, "7 0 0 1"},
		{"and once more", func() error { seq++; repin(t, d, seq, 8, 60); return nil }, nil, "8 0 0 1"},
		{"an invite answers no doubt", func() error { return d.SetVerified(ctx, ana, [32]byte{8}, ByInvite, 65) }, nil, "8 0 0 1"},
		{"an answer about the keys before", func() error { return d.EndDoubt(ctx, ana, [32]byte{7}, 66) }, ErrNotFound, "8 0 0 1"},
		{"write anyway", func() error { return d.EndDoubt(ctx, ana, [32]byte{8}, 66) }, nil, "8 0 0 0"},
		{"the pictures differ", func() error { return d.SetDoubt(ctx, ana, [32]byte{8}, NoMatch, 67) }, nil, "8 0 0 2"},
		{"verified again", func() error { return d.SetVerified(ctx, ana, [32]byte{8}, ByNumber, 70) }, nil, "8 70 2 0"},
		{"they differ now", func() error { return d.SetDoubt(ctx, ana, [32]byte{8}, NoMatch, 67) }, nil, "8 0 0 2"},
		{"the host's list says nothing about it", func() error {
			return d.SetListed(ctx, []Account{{ID: ana, Name: "Ana", State: chat.Active, Verified: 5}}, true)
		}, nil, "8 0 0 2"},
	} {
		if step.do != nil {
			if err := step.do(); !errors.Is(err, step.err) {
				t.Errorf("%s: got %v, want %v", step.what, err, step.err)
			}
		}
		if got := state(); got != step.want {
			t.Errorf("%s: got %s, want %s", step.what, got, step.want)
		}
	}
}

// A personal link verifies the first who proves to have it, and nobody else; one
// for several people verifies nobody (FEATURES C7).
func TestUseInvite(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	ben := chat.AccountID{2}
	must(t, d.Apply(ctx, Batch{
		Room: chat.Directory, After: 1, Messages: []Message{{Seq: 2, Room: chat.Directory, ID: chat.MessageID{2}, Kind: 16, Chain: [32]byte{2}}},
		Accounts: []Account{{ID: ben, Name: "Ben", Identity: [32]byte{6}, FirstSeen: 1000}},
	}))
	personal, several := [32]byte{1}, [32]byte{2}
	must(t, d.AddInvite(ctx, Invite{ID: personal, Secret: [16]byte{3}, Inviter: make([]byte, 16)}))
	must(t, d.AddInvite(ctx, Invite{ID: several, Secret: [16]byte{4}}))
	for _, c := range []struct {
		what     string
		invite   [32]byte
		account  chat.AccountID
		identity [32]byte
		err      error
		verified bool
	}{
		{"no such link", [32]byte{9}, ana, [32]byte{5}, ErrNotFound, false},
		{"a link for several people", several, ana, [32]byte{5}, ErrNotFound, false},
		{"with an identity that is not theirs", personal, ana, [32]byte{6}, ErrNotFound, false},
		{"the first", personal, ana, [32]byte{5}, nil, true},
		{"the same again", personal, ana, [32]byte{5}, nil, true},
		{"the second", personal, ben, [32]byte{6}, ErrNotFound, false},
	} {
		if err := d.UseInvite(ctx, c.invite, c.account, c.identity, 10); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.what, err, c.err)
		}
		a, err := d.Account(ctx, c.account)
		if err != nil || (a.Verified == 10) != c.verified || c.verified && a.Proof != ByInvite {
			t.Errorf("%s: %+v, %v", c.what, a, err)
		}
	}
}

func TestIntroduction(t *testing.T) {
	d := newDB(t)
	ctx := t.Context()
	if _, err := d.Introduction(ctx); !errors.Is(err, ErrNotFound) {
		t.Fatalf("none: got %v", err)
	}
	must(t, d.SetIntroduction(ctx, Introduction{Secret: [16]byte{1}, Inviter: [16]byte{2}}))
	want := Introduction{Secret: [16]byte{3}, Inviter: [16]byte{4}, Asked: 5}
	must(t, d.SetIntroduction(ctx, want))
	if got, err := d.Introduction(ctx); err != nil || got != want {
		t.Errorf("got %v, %v, want another one", got, err)
	}
	if got := fmt.Sprint(want); got != "[secret]" {
		t.Errorf("it prints as %s", got)
	}
	if err := d.Introduced(ctx, ana, [32]byte{9}, 10); !errors.Is(err, ErrNotFound) {
		t.Errorf("by an identity that is not theirs: got %v", err)
	}
	if _, err := d.Introduction(ctx); err != nil {
		t.Errorf("it is gone: %v", err)
	}
	must(t, d.Introduced(ctx, ana, [32]byte{5}, 10))
	if a, err := d.Account(ctx, ana); err != nil || a.Verified != 10 || a.Proof != ByInvite {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := d.Introduction(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("afterwards: got %v", err)
	}
}
