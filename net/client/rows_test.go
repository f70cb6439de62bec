package client

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// testKeeper returns a keeper that knows Ana, whose Lobby has one row.
func testKeeper(ana keys) (*keeper, *ledger) {
	dir := emptyDirectory()
	if _, err := dir.put(1, ana.entry(wire.KindAccount, chat.AccountID{1}, "Ana")); err != nil {
		panic(err)
	}
	directoryLedger := &ledger{id: chat.Directory, cursor: 1, chain: [32]byte{1}, heads: map[uint64][32]byte{1: {1}}}
	lobby := &ledger{id: chat.Lobby, cursor: 5, chain: [32]byte{5}, heads: map[uint64][32]byte{5: {5}}}
	return &keeper{c: &Client{}, host: testHost, directory: dir, ledgers: map[chat.RoomID]*ledger{chat.Directory: directoryLedger, chat.Lobby: lobby}}, lobby
}

// Each thing that can be wrong with a row has its own warning.
func TestCheckRow(t *testing.T) {
	ana, stranger := newKeys(), newKeys()
	text := wire.EncodeBody(&wire.Text{Text: "hi"})
	good := wire.Envelope{
		Room: chat.Lobby, Seen: wire.Head{Seq: 5, Chain: [32]byte{5}}, Known: wire.Head{Seq: 1, Chain: [32]byte{1}},
		ID: chat.MessageID{1}, Device: ana.device(), Counter: 1, Time: 1, Body: wire.KindText, Data: text,
	}
	seal := func(by keys, edit func(*wire.Envelope)) wire.Row {
		env := good
		edit(&env)
		raw := must(env.Seal())
		return wire.Row{Seq: 7, Received: 1, Envelope: raw, Signature: by.envelope.Sign(wire.LabelOpenEnvelope, testHost[:], raw)}
	}
	tests := map[string]struct {
		row  wire.Row
		want clientdb.Flags
	}{
		"a good row":                      {seal(ana, func(e *wire.Envelope) {}), 0},
		"nothing seen yet":                {seal(ana, func(e *wire.Envelope) { e.Seen, e.Known = wire.Head{}, wire.Head{} }), 0},
		"a kind of a later version":       {seal(ana, func(e *wire.Envelope) { e.Body, e.Text = 900, "hello" }), 0},
		"signed by somebody else":         {seal(stranger, func(e *wire.Envelope) {}), clientdb.BadSignature},
		"of an unknown device":            {seal(stranger, func(e *wire.Envelope) { e.Device = stranger.device() }), clientdb.UnknownDevice},
		"of another room":                 {seal(ana, func(e *wire.Envelope) { e.Room = chat.RoomID{9} }), clientdb.Malformed},
		"a body that is not what it says": {seal(ana, func(e *wire.Envelope) { e.Body = wire.KindFile }), clientdb.Malformed},
		"an entry for the directory":      {seal(ana, func(e *wire.Envelope) { e.Body, e.Data = wire.KindRevoke, wire.EncodeBody(&wire.RevokeEntry{}) }), clientdb.Malformed},
		"another history":                 {seal(ana, func(e *wire.Envelope) { e.Seen.Chain[0]++ }), clientdb.OtherHistory},
		"another directory":               {seal(ana, func(e *wire.Envelope) { e.Known.Chain[0]++ }), clientdb.OtherPeople},
		"a row seen that comes later":     {seal(ana, func(e *wire.Envelope) { e.Seen.Seq = 8 }), clientdb.OtherHistory},
		"a directory that comes later":    {seal(ana, func(e *wire.Envelope) { e.Known.Seq = 8 }), clientdb.OtherPeople},
		"a tombstone":                     {wire.Row{Seq: 7, Hash: make([]byte, 32)}, clientdb.Deleted},
		"a tombstone without its hash":    {wire.Row{Seq: 7}, clientdb.Deleted | clientdb.Malformed},
		"no envelope":                     {wire.Row{Seq: 7, Envelope: make([]byte, 256), Signature: make([]byte, 64)}, clientdb.Malformed},
		"a number that no store can hold": {seal(ana, func(e *wire.Envelope) { e.Counter = 1 << 63 }), clientdb.Malformed},
		"of a device before its own entry": {func() wire.Row {
			r := seal(ana, func(e *wire.Envelope) { e.Seen, e.Known = wire.Head{}, wire.Head{} })
			r.Seq = 1
			return r
		}(), clientdb.RevokedDevice},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, lobby := testKeeper(ana)
			m, _, ahead, err := k.check(t.Context(), lobby, &tt.row)
			if err != nil || ahead || m.Flags != tt.want {
				t.Errorf("flags %b, ahead %v, %v, want %b", m.Flags, ahead, err, tt.want)
			}
			const unbelievable = clientdb.BadSignature | clientdb.UnknownDevice
			if m.Flags&unbelievable != 0 && (!m.Device.IsZero() || !m.Account.IsZero() || m.Body != nil) {
				t.Error("a row that nobody signed has a sender or a content")
			}
		})
	}
	k, lobby := testKeeper(ana)
	row := seal(ana, func(e *wire.Envelope) { e.Known.Seq = 3 })
	if _, _, ahead, err := k.check(t.Context(), lobby, &row); err != nil || !ahead {
		t.Errorf("a sender who knows more of the directory: ahead %v, %v, want it to wait", ahead, err)
	}
}

// FuzzCheckRow takes rows that a host made up: no panic, and none of them is
// taken for Ana's.
func FuzzCheckRow(f *testing.F) {
	ana := newKeys()
	env := wire.Envelope{Room: chat.Lobby, Device: ana.device(), Counter: 1, Time: 1, Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: "hi"})}
	raw := must(env.Seal())
	f.Add(uint64(7), raw, make([]byte, 64), []byte(nil))
	f.Add(uint64(7), []byte(nil), []byte(nil), make([]byte, 32))
	f.Fuzz(func(t *testing.T, seq uint64, envelope, signature, hash []byte) {
		k, lobby := testKeeper(ana)
		row := wire.Row{Seq: seq, Envelope: envelope, Signature: signature, Hash: hash}
		m, _, ahead, err := k.check(t.Context(), lobby, &row)
		if err != nil || ahead {
			return
		}
		if m.Flags == 0 || !m.Account.IsZero() || m.Body != nil {
			t.Errorf("a made-up row counts: %+v", m)
		}
	})
}

// Whatever goes wrong with a file has an error that a screen has a sentence for,
// also after it was stored.
func TestTroublesHaveNames(t *testing.T) {
	for name, tt := range map[string]struct{ err, want error }{
		"no space":             {fmt.Errorf("write: %w", syscall.ENOSPC), ErrDiskFull},
		"no permission":        {fmt.Errorf("open: %w", fs.ErrPermission), ErrFilePermission},
		"not there":            {fs.ErrNotExist, ErrFileGone},
		"changed":              {stream.ErrChanged, ErrFileChanged},
		"sealed bytes damaged": {stream.ErrDamaged, ErrFileDamaged},
		"blocks damaged":       {transfer.ErrDamaged, ErrFileDamaged},
		"no file":              {ErrFileNotRegular, ErrFileNotRegular},
		"anything else":        {errors.New("bad luck"), ErrFileTrouble},
	} {
		got := troubleOf(tt.err)
		if !errors.Is(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
		if again := storedTrouble(codeOfTrouble(got), 0); !errors.Is(again, tt.want) {
			t.Errorf("%s: stored as %v", name, again)
		}
	}
	refused := &CodeError{Code: wire.CodeTooBig, Limit: 9}
	if again := storedTrouble(codeOfTrouble(troubleOf(refused)), 9); CodeOf(again) != wire.CodeTooBig {
		t.Errorf("a refusal of the host is stored as %v", again)
	}
	if storedTrouble(0, 0) != nil {
		t.Error("nothing wrong is an error")
	}
}
