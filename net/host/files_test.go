package host_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
)

// sealedFile is a file of a client, sealed.
type sealedFile struct {
	plain, bytes []byte
	sealed       stream.Sealed // without Root: not a file, but any bytes

	room   chat.RoomID
	root   [32]byte
	hashes []byte
}

func seal(t testing.TB, size int) *sealedFile {
	t.Helper()
	f := &sealedFile{plain: make([]byte, size), room: chat.Lobby}
	source := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = source.Read(f.plain) // never fails
	var b bytes.Buffer
	var err error
	if f.sealed, err = stream.Seal(t.Context(), &b, bytes.NewReader(f.plain), int64(size)); err != nil {
		t.Fatal(err)
	}
	f.bytes, f.root, f.hashes = b.Bytes(), f.sealed.Root, f.sealed.Hashes.Bytes()
	return f
}

func (f *sealedFile) message(name string) *wire.File {
	return &wire.File{Root: f.sealed.Root, Length: f.sealed.Length, Key: f.sealed.Key, Size: f.sealed.Size, Name: name}
}

// upload offers a file and answers the host's pulls until the host says that it
// has it, or why not. edit may spoil a piece or say that it is enough.
func (c *client) upload(f *sealedFile, edit func(*wire.Piece) (stop bool)) *wire.BlobState {
	c.t.Helper()
	feeder := transfer.NewFeeder(f.root, int64(len(f.bytes)), bytes.NewReader(f.hashes), bytes.NewReader(f.bytes), func(m wire.Message) error {
		if p, ok := m.(*wire.Piece); ok && edit != nil && edit(p) {
			return errEnough
		}
		return c.l.Send(wire.Append(nil, m))
	})
	c.send(&wire.Offer{Room: f.room, Root: f.root, Length: int64(len(f.bytes))})
	for {
		m, err := next[wire.Message](c, patience)
		if err != nil {
			c.t.Fatalf("%s: upload: %v", c.who.name, err)
		}
		switch m := m.(type) {
		case *wire.Pull:
			if err := feeder.Handle(m); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				c.t.Fatalf("%s: upload: %v", c.who.name, err)
			}
		case *wire.BlobState:
			if m.Complete || m.Code != 0 {
				return m
			}
		}
	}
}

var errEnough = errors.New("enough")

// memorySink keeps a download in memory.
type memorySink struct{ b []byte }

func (s *memorySink) Begin(length int64, _ []byte) (func(int) bool, error) {
	s.b = make([]byte, length)
	return nil, nil
}

func (s *memorySink) WriteBlock(i int, b []byte) error {
	copy(s.b[i*transfer.BlockSize:], b)
	return nil
}

// download pulls a file and opens it.
func (c *client) download(f *sealedFile) ([]byte, *wire.BlobState) {
	c.t.Helper()
	c.send(&wire.Get{Room: f.room, Root: f.root})
	st := expect[*wire.BlobState](c)
	if st.Code != 0 {
		return nil, st
	}
	sink := new(memorySink)
	puller := must(transfer.NewPuller(f.root, st.Length, sink, func(m wire.Message) error { return c.l.Send(wire.Append(nil, m)) }))
	if err := puller.Start(time.Now()); err != nil {
		c.t.Fatal(err)
	}
	for !puller.Done() {
		if err := puller.Handle(time.Now(), expect[*wire.Piece](c)); err != nil {
			c.t.Fatal(err)
		}
	}
	if f.sealed.Length == 0 {
		return sink.b, st
	}
	var out bytes.Buffer
	if err := stream.Open(c.t.Context(), &out, bytes.NewReader(sink.b), f.sealed.Key, f.sealed.Size); err != nil {
		c.t.Fatal(err)
	}
	return out.Bytes(), st
}

// saved waits until the host's received folder holds a file with these bytes, and
// returns its name.
func (p *place) saved(plain []byte) string {
	p.t.Helper()
	want := sha256.Sum256(plain)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, e := range must(os.ReadDir(filepath.Join(p.dir, "received"))) {
			b, err := os.ReadFile(filepath.Join(p.dir, "received", e.Name()))
			if err == nil && !strings.HasPrefix(e.Name(), ".") && sha256.Sum256(b) == want {
				return e.Name()
			}
		}
	}
	p.t.Fatalf("a file of %d bytes was not saved", len(plain))
	return ""
}

// TestFile covers F1: a file of each size goes up, is saved by the host, and
// comes down again.
func TestFile(t *testing.T) {
	logged := new(lines)
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.log = logged.logger() })
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	olga.live(chat.Lobby)
	sizes := []int{0, 1, 255, 256, 64<<10 - 1, 64 << 10, 1 << 20, 1<<20 + 1, 3<<20 + 12345}
	for _, size := range sizes {
		t.Run(fmt.Sprintf("F1 %d bytes", size), func(t *testing.T) {
			f := seal(t, size)
			name := fmt.Sprintf("holiday %d.jpg", size)
			if got := mia.post(mia.sealed(wire.KindFile, f.message(name))); got.Code != wire.CodeNoBlob {
				t.Errorf("a message before its file: %+v", got)
			}
			mia.who.counter--
			if st := mia.upload(f, nil); st.Code != 0 || st.Have != f.sealed.Length {
				t.Fatalf("upload: %+v", st)
			}
			if got := mia.post(mia.sealed(wire.KindFile, f.message(name))); got.Code != 0 {
				t.Fatalf("posted %+v", got)
			}
			expect[*wire.Deliver](olga)
			if got := p.saved(f.plain); got != name {
				t.Errorf("saved as %q, want %q", got, name)
			}
			b, _ := olga.download(f)
			if !bytes.Equal(b, f.plain) {
				t.Error("what came down is not what went up")
			}
			// The same again costs nothing.
			if st := mia.upload(f, func(*wire.Piece) bool { t.Error("a piece was sent again"); return false }); !st.Complete {
				t.Errorf("again: %+v", st)
			}
		})
	}
	if text := logged.String(); !strings.Contains(text, "file received") || !strings.Contains(text, "size_bytes=3158073") || !strings.Contains(text, "name=Mia") {
		t.Errorf("F1: the log does not say what came from whom:\n%s", text)
	} else if strings.Contains(text, "holiday") {
		t.Error("C9: the log has the name of a file")
	}
}

// logger returns a log that is kept.
func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestFileNames saves files with names that are meant badly.
func TestFileNames(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	for i, name := range []string{"../../escape", "CON", "a\u202Egpj.exe", strings.Repeat("x", 300) + ".txt", "same.txt", "same.txt", "/etc/passwd", ".hidden", "..."} {
		f := seal(t, 100+i)
		if st := olga.upload(f, nil); st.Code != 0 {
			t.Fatalf("%q: %+v", name, st)
		}
		if got := olga.post(olga.sealed(wire.KindFile, f.message(name))); got.Code != 0 {
			t.Fatalf("%q: %+v", name, got)
		}
		got := p.saved(f.plain)
		if strings.ContainsAny(got, "/\\\u202e") || strings.HasPrefix(got, ".") || len(got) > 255 || got == "CON" {
			t.Errorf("%q was saved as %q", name, got)
		}
	}
	if n := len(must(os.ReadDir(filepath.Join(p.dir, "received")))); n != 9 {
		t.Errorf("%d files, want 9", n)
	}
	if n := len(must(os.ReadDir(p.dir))); n > 6 {
		t.Errorf("something lies beside the received folder: %d entries", n)
	}
}

// TestFileLimits covers F5: too large, too much, or by one who may not.
func TestFileLimits(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.First.MaxFile = 100_000
		p.cfg.Limits.Quota = 300_000
	})
	p.owner()
	mia := p.newcomer("Mia", host.Command{})
	guest := p.newcomer("Gus", host.Command{Role: chat.Guest})
	for _, c := range []struct {
		what  string
		who   *client
		offer wire.Offer
		want  wire.Code
		limit int64
	}{
		{"F5 too large", mia, wire.Offer{Length: stream.SealedSize(120_000)}, wire.CodeTooBig, 100_000},
		{"a length that no file has", mia, wire.Offer{Length: 1001}, wire.CodeBadMessage, 0},
		{"a negative length", mia, wire.Offer{Length: -1}, wire.CodeBadMessage, 0},
		{"by a guest", guest, wire.Offer{Length: stream.SealedSize(10)}, wire.CodeNotAllowed, 0},
		{"for the directory", mia, wire.Offer{Room: chat.Directory, Length: stream.SealedSize(10)}, wire.CodeNoRoom, 0},
		{"for no room", mia, wire.Offer{Room: chat.RoomID{1}, Length: stream.SealedSize(10)}, wire.CodeNoRoom, 0},
	} {
		if c.offer.Room == (chat.RoomID{}) {
			c.offer.Room = chat.Lobby
		}
		c.who.send(&c.offer)
		if st := expect[*wire.BlobState](c.who); st.Code != c.want || st.Limit != c.limit {
			t.Errorf("%s: %+v, want code %d and limit %d", c.what, st, c.want, c.limit)
		}
	}
	for i := range 3 {
		st := mia.upload(seal(t, 90_000+i), nil)
		if want := map[bool]wire.Code{true: 0}[i < 3]; st.Code != want {
			t.Errorf("file %d: %+v", i, st)
		}
	}
	if st := mia.upload(seal(t, 90_010), nil); st.Code != wire.CodeQuota || st.Limit != 300_000 {
		t.Errorf("over the quota: %+v", st)
	}
	mia.send(&wire.Get{Room: chat.Lobby, Root: [32]byte{9}})
	if st := expect[*wire.BlobState](mia); st.Code != wire.CodeNoBlob {
		t.Errorf("a file that is not there: %+v", st)
	}
}

// TestFileNotNamed keeps a file from everybody until a message names it.
func TestFileNotNamed(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	mia := p.newcomer("Mia", host.Command{})
	f := seal(t, 1000)
	if st := mia.upload(f, nil); st.Code != 0 {
		t.Fatalf("%+v", st)
	}
	if _, st := olga.download(f); st.Code != wire.CodeNoBlob {
		t.Errorf("before a message names it: %+v", st)
	}
}

// TestUploadResumes covers F4: the client or the host is gone in the middle, and
// at most a block is sent again.
func TestUploadResumes(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	mia := p.owner()
	f := seal(t, 6<<20)
	half := int64(3<<20 + 200_000)
	sent := int64(0)
	mia.upload(f, func(m *wire.Piece) bool {
		if m.Part == wire.PartData {
			sent += int64(len(m.Data))
		}
		return sent > half
	})
	// The host is done with what it has got when it has ended.
	mia.close()
	p.restart()
	mia = p.back(mia.who)
	again := int64(0)
	st := mia.upload(f, func(m *wire.Piece) bool {
		if m.Part == wire.PartData {
			again += int64(len(m.Data))
		}
		return false
	})
	if !st.Complete {
		t.Fatalf("%+v", st)
	}
	if most := f.sealed.Length - half + 2*transfer.BlockSize; again > most {
		t.Errorf("sent %d bytes again, want at most %d", again, most)
	}
	if got := mia.post(mia.sealed(wire.KindFile, f.message("a.bin"))); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	p.saved(f.plain)
}

// TestUploadSpoilt sends blocks with wrong bytes: they are asked for again, and
// one who always lies is told that it failed.
func TestUploadSpoilt(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	mia := p.owner()
	f := seal(t, 3<<20)
	bad := 2
	if st := mia.upload(f, func(m *wire.Piece) bool {
		if m.Part == wire.PartData && bad > 0 {
			bad--
			m.Data = bytes.Clone(m.Data)
			m.Data[0] ^= 1
		}
		return false
	}); !st.Complete {
		t.Errorf("with two wrong pieces: %+v", st)
	}
	g := seal(t, 2<<20)
	if st := mia.upload(g, func(m *wire.Piece) bool {
		m.Data = make([]byte, len(m.Data))
		return false
	}); st.Complete || st.Code == 0 {
		t.Errorf("with nothing but wrong pieces: %+v", st)
	}
}

// TestUploadCancelled covers F3: cancel frees the space within a second, pause
// keeps it.
func TestUploadCancelled(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	mia := p.owner()
	f := seal(t, 6<<20)
	begin := func(enough int, cancel *wire.Cancel) {
		t.Helper()
		sent := 0
		mia.upload(f, func(m *wire.Piece) bool { sent += len(m.Data); return sent > enough })
		mia.send(cancel)
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(soon); !ok(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal(what)
			}
		}
	}
	begin(4<<20, &wire.Cancel{Root: f.sealed.Root, Keep: true})
	until("F3 a pause did not keep what was sent", func() bool { _, is := p.kept.Touched(f.sealed.Root); return is && p.kept.Total() > 3<<20 })
	begin(1<<20, &wire.Cancel{Root: f.sealed.Root})
	until("F3 a cancel did not free the space within a second", func() bool {
		_, is := p.kept.Touched(f.sealed.Root)
		_, noted, err := p.db.Blob(t.Context(), f.sealed.Root)
		return !is && p.kept.Total() == 0 && err == nil && !noted
	})
	if st := mia.upload(f, nil); !st.Complete {
		t.Errorf("after a cancel: %+v", st)
	}
	// Also when it has arrived and nobody was told of it.
	other := p.newcomer("Eve", host.Command{})
	other.send(&wire.Cancel{Root: f.sealed.Root})
	other.send(&wire.ListInvites{Ref: 1})
	expect[*wire.Invites](other) // by now the Cancel is done with
	if !p.kept.Has(f.sealed.Root) {
		t.Fatal("somebody else took the file away")
	}
	mia.send(&wire.Cancel{Root: f.sealed.Root})
	until("F3 a cancel of a whole file did not free the space within a second", func() bool { return p.kept.Total() == 0 })
	// But not when a message names it.
	if st := mia.upload(f, nil); !st.Complete {
		t.Errorf("after a cancel: %+v", st)
	}
	if got := mia.post(mia.sealed(wire.KindFile, f.message("x"))); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	mia.send(&wire.Cancel{Root: f.sealed.Root})
	mia.send(&wire.ListInvites{Ref: 1})
	expect[*wire.Invites](mia)
	if !p.kept.Has(f.sealed.Root) {
		t.Error("a file that a message names was taken away")
	}
}

// TestOffersBounded shows that one member who begins files and never ends them
// stops nobody else, and neither does one with very many small ones.
func TestOffersBounded(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, fast)
	olga := p.owner()
	tom := p.newcomer("Tom", host.Command{})
	length := stream.SealedSize(0)
	for n := range host.MaxOffers + 1 {
		hash := sha256.Sum256([]byte{byte(n)})
		root := transfer.Root(length, hash[:])
		tom.send(&wire.Offer{Room: chat.Lobby, Root: root, Length: length})
		if n == host.MaxOffers {
			if st := expect[*wire.BlobState](tom); st.Root != root || st.Code != wire.CodeBusy {
				t.Errorf("one more: %+v, want busy", st)
			}
			break
		}
		expect[*wire.Pull](tom)
		tom.send(&wire.Piece{Root: root, Part: wire.PartHashes, Data: hash[:]})
		for expect[*wire.Pull](tom).Part == wire.PartHashes {
		}
		tom.send(&wire.Cancel{Root: root, Keep: true})
	}
	if host.MaxOffers*32 > blobs.MaxParts {
		t.Errorf("32 people can begin %d files, the store has room for %d", host.MaxOffers*32, blobs.MaxParts)
	}
	if st := olga.upload(seal(t, 1000), nil); !st.Complete {
		t.Errorf("another's file: %+v", st)
	}
}

// fullOfFiles is a store in which everybody has as many files as one may.
type fullOfFiles struct{ host.Store }

func (f fullOfFiles) BlobUse(context.Context, chat.AccountID) (chat.BlobUse, error) {
	return chat.BlobUse{Count: host.MaxFiles}, nil
}

func TestFilesBounded(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.wrap = func(s host.Store) host.Store { return fullOfFiles{s} } })
	olga := p.owner()
	olga.send(&wire.Offer{Room: chat.Lobby, Root: [32]byte{1}, Length: stream.SealedSize(1)})
	if st := expect[*wire.BlobState](olga); st.Code != wire.CodeTooMany {
		t.Errorf("%+v, want too many", st)
	}
}

// TestSweepTakesAll sweeps more abandoned files than are looked up at once.
func TestSweepTakesAll(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite)
	olga := p.owner()
	var wg sync.WaitGroup
	for n := range 4 { // at once, for one commit
		wg.Go(func() {
			for i := range 300 {
				b := chat.Blob{Root: [32]byte{byte(n), byte(i), byte(i >> 8)}, Length: 1, Account: olga.who.account, Room: chat.Lobby, Created: 1}
				if err := p.db.PutBlob(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	p.host.Sweep(t.Context())
	if left, err := p.db.AbandonedBlobs(t.Context(), time.Now().UnixMilli(), 2000); err != nil || len(left) != 0 {
		t.Errorf("%d are left, %v", len(left), err)
	}
}

// noting is a store that cannot note what was saved, as if the host was killed
// before it did.
type noting struct{ host.Store }

func (noting) SavedBlob(context.Context, [32]byte, int64) error { return errEnough }

// TestSavedOnce shows that a host that was killed after it saved a file, and
// before it had noted so, does not save it a second time.
func TestSavedOnce(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.wrap = func(s host.Store) host.Store { return noting{s} } })
	mia := p.owner()
	first, second := seal(t, 3<<20), seal(t, 500)
	for _, f := range []*sealedFile{first, second} { // the second one has the host try the first again
		if st := mia.upload(f, nil); !st.Complete {
			t.Fatalf("%+v", st)
		}
		if got := mia.post(mia.sealed(wire.KindFile, f.message("a.bin"))); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
		p.saved(first.plain)
	}
	p.stop()
	p.wrap = nil
	p.start()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left, _, err := p.db.BlobsToSave(t.Context(), 0, 10)
		if err == nil && len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("still to save: %v, %v", left, err)
		}
	}
	p.saved(first.plain)
	p.saved(second.plain)
	if got := must(os.ReadDir(filepath.Join(p.dir, "received"))); len(got) != 2 {
		t.Errorf("the folder holds %v, want two files", got)
	}
}

// TestTinyPulls covers L5 for who asks for a file byte by byte: large pieces are
// bounded by the line, small ones by the rate of messages.
func TestTinyPulls(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Limits.Messages, p.cfg.Limits.MessageBurst = 1e-6, 40
	})
	olga := p.owner()
	f := seal(t, 100_000)
	olga.upload(f, nil)
	olga.post(olga.sealed(wire.KindFile, f.message("a.bin")))
	olga.send(&wire.Get{Room: chat.Lobby, Root: f.sealed.Root})
	expect[*wire.BlobState](olga)
	for range 100 {
		olga.send(&wire.Pull{Root: f.sealed.Root, Part: wire.PartData, Length: wire.MaxPiece})
		if got := len(expect[*wire.Piece](olga).Data); got != wire.MaxPiece {
			t.Fatalf("a large piece has %d bytes", got)
		}
	}
	for n := range 100 { // the host may hang up before the last of them
		if olga.l.Send(wire.Append(nil, &wire.Pull{Root: f.sealed.Root, Part: wire.PartData, Offset: int64(n), Length: 1})) != nil {
			break
		}
	}
	if bye := olga.ended(patience); bye.Code != wire.CodeSlowDown {
		t.Errorf("goodbye with code %d, want slow down", bye.Code)
	}
}

// TestSavedLater shows that a file is saved at the next start if the host could
// not save it, and what cannot be opened is not tried for ever.
func TestSavedLater(t *testing.T) {
	full := errors.New("no space left on device")
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Receive = func(string) (host.ReceivedFile, error) { return nil, full }
	})
	mia := p.owner()
	wrong, right := seal(t, 5000), seal(t, 6000)
	for i, f := range []*sealedFile{wrong, right} {
		if st := mia.upload(f, nil); !st.Complete {
			t.Fatalf("%+v", st)
		}
		m := f.message(fmt.Sprint(i, ".bin"))
		if f == wrong {
			m.Key[0] ^= 1
		}
		if got := mia.post(mia.sealed(wire.KindFile, m)); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	p.stop()
	p.cfg.Receive = nil // the folder, again
	p.start()
	p.saved(right.plain)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left, _, err := p.db.BlobsToSave(t.Context(), 0, 10)
		if err == nil && len(left) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("still to save: %v, %v", left, err)
		}
	}
	if n := len(must(os.ReadDir(filepath.Join(p.dir, "received")))); n != 1 {
		t.Errorf("%d files, want the one that can be opened", n)
	}
}

// TestUnsavedHoldsUpNobody (P5) shows that files that cannot be saved for now, more of
// them than the host looks up at once, do not keep one behind them out of the folder.
func TestUnsavedHoldsUpNobody(t *testing.T) {
	tried := make(chan struct{})
	first := sync.OnceFunc(func() { close(tried) })
	dir := t.TempDir()
	root := must(os.OpenRoot(dir))
	defer root.Close()
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Receive = func(name string) (host.ReceivedFile, error) {
			if name != "last.bin" {
				first()
				return nil, errors.New("no space left on device")
			}
			return paths.Receive(root, name)
		}
	})
	mia := p.owner()
	send := func(f *sealedFile, name string) {
		t.Helper()
		if st := mia.upload(f, nil); !st.Complete {
			t.Fatalf("%+v", st)
		}
		if got := mia.post(mia.sealed(wire.KindFile, f.message(name))); got.Code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	for i := range 20 {
		send(seal(t, 5000+i), "unsavable.bin")
	}
	<-tried
	last := seal(t, 6000)
	send(last, "last.bin")
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(filepath.Join(dir, "last.bin")); err == nil && bytes.Equal(b, last.plain) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the last file was not saved")
		}
	}
}

// TestAbandoned removes files that no message ever named.
func TestAbandoned(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	p := newPlace(t, chat.JoinByInvite, func(p *place) {
		p.cfg.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	mia := p.owner()
	f, named := seal(t, 5000), seal(t, 6000)
	mia.upload(f, nil)
	mia.upload(named, nil)
	if got := mia.post(mia.sealed(wire.KindFile, named.message("x"))); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		after time.Duration
		here  bool
	}{{6 * 24 * time.Hour, true}, {2 * 24 * time.Hour, false}} {
		mu.Lock()
		now = now.Add(c.after)
		mu.Unlock()
		p.host.Sweep(t.Context())
		if got := p.kept.Has(f.sealed.Root); got != c.here {
			t.Errorf("after %v more: here %v, want %v", c.after, got, c.here)
		}
		if !p.kept.Has(named.sealed.Root) {
			t.Errorf("after %v more a file that a message names is gone", c.after)
		}
	}
}

// TestDiskFullForFiles covers the words of a host without room.
func TestDiskFullForFiles(t *testing.T) {
	p := newPlace(t, chat.JoinByInvite, func(p *place) { p.blobs.Free = 1 << 62 })
	mia := p.owner()
	if st := mia.upload(seal(t, 5000), nil); st.Code != wire.CodeDiskFull {
		t.Errorf("%+v, want disk full", st)
	}
	if _, noted, err := p.db.Blob(t.Context(), seal(t, 5000).sealed.Root); err != nil || noted {
		t.Errorf("noted %v, %v", noted, err)
	}
}

// BenchmarkUpload is a file from a client to the host's sealed files, sealed
// before, over loopback.
func BenchmarkUpload(b *testing.B) {
	const size = 64 << 20
	p := newPlace(b, chat.JoinByInvite, func(p *place) { p.blobs = blobs.Limits{Free: -1} })
	mia := p.owner()
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		f := seal(b, size)
		b.StartTimer()
		if st := mia.upload(f, nil); !st.Complete {
			b.Fatalf("%+v", st)
		}
	}
}
