package host_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // the host's store

	"github.com/snugchat/snug/crypto/channel"
	snug "github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// canaries are texts that stand nowhere else. Each says of what it is one.
type canaries struct {
	open, sealed map[string]string
}

// canary makes one. Parts of it are put together here, so that the binary, which
// is in the memory of the host too, does not have it.
func (c *canaries) canary(to map[string]string, what string) string {
	id := chat.NewMessageID()
	s := canaryHead + hex.EncodeToString(id[:6])
	to[what] = s
	return s
}

// canaryHead is how all of them begin but reactions.
const canaryHead = "kanari"

// found returns of what there are canaries in b. It goes through b once for all that
// begin alike: the memory of a process is large.
func (c *canaries) found(b []byte) map[string]bool {
	found := make(map[string]bool)
	heads := make(map[string]string)
	for _, all := range []map[string]string{c.open, c.sealed} {
		for what, s := range all {
			if strings.HasPrefix(s, canaryHead) {
				heads[s] = what
			} else if bytes.Contains(b, []byte(s)) {
				found[what] = true
			}
		}
	}
	for {
		i := bytes.Index(b, []byte(canaryHead))
		if i < 0 {
			return found
		}
		b = b[i:]
		if what, is := heads[string(b[:min(len(b), len(canaryHead)+12)])]; is {
			found[what] = true
		}
		b = b[1:]
	}
}

// reaction makes one of emoji: twelve animals that stand nowhere else in this order.
func (c *canaries) reaction(to map[string]string, what string) string {
	id := chat.NewMessageID()
	var s strings.Builder
	for _, b := range id[:12] {
		s.WriteRune(0x1F400 + rune(b%64))
	}
	to[what] = s.String()
	return s.String()
}

// TestCanaryScan is property 1 of sealed rooms as seen from the host (FEATURES C2,
// F1): three people talk in the Lobby, in an open room, in a sealed room and
// directly, and the store of the host, opened with its key, its files, its log at
// the finest level and all of the memory of its process have what was said in
// the open rooms, which proves that the scan works, and nothing of the others. On
// the wire and in the files of the three is nothing of either; their stores, opened
// with their keys, have it.
func TestCanaryScan(t *testing.T) {
	if dir := os.Getenv("SNUG_TEST_CANARY"); dir != "" {
		canaryHost(t, dir)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is read from /proc")
	}
	dir := t.TempDir()
	key := must(channel.GenerateKey())
	cmd := exec.Command(must(os.Executable()), "-test.run=^TestCanaryScan$", "-test.v")
	cmd.Env = append(os.Environ(), "SNUG_TEST_CANARY="+dir, "SNUG_TEST_KEY="+hex.EncodeToString(key.Bytes()))
	out := must(cmd.StdoutPipe())
	in := must(cmd.StdinPipe()) // it ends with us, whatever happens
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() { // mostly with a WAL that was not emptied
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	defer end()
	lines := bufio.NewScanner(out)
	said := func(prefix string) string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		t.Fatal("the host did not start")
		return ""
	}
	address := said("address ")
	c := &canaries{open: make(map[string]string), sealed: make(map[string]string)}
	var people []*talker
	for i, name := range []string{"Ana", "Ben", "Cleo"} {
		link := wire.Link{Addresses: []string{address}, Host: key.Public().Array(), Secret: must(hex.DecodeString(said("secret ")))}
		password := "" // one is enough: each costs half a second
		if i == 0 {
			password = c.canary(c.sealed, "password") + " velvet orbit" // digits alone leave "kanari", too close to Ana
		}
		people = append(people, newTalker(t, filepath.Join(t.TempDir(), strconv.Itoa(i)), name, password, link))
	}

	canaryStory(t, c, people)
	for _, who := range people {
		who.scanFiles(c, "while it runs")
		who.stop()
		who.scanFiles(c, "afterwards")
		who.scanWire(c)
	}
	ben := c.found(openedStore(t, filepath.Join(people[1].dir, "place.db"), 2))
	for _, what := range []string{
		"text in the Lobby", "reaction in the Lobby", "text in a sealed room", "file name in a sealed room", "reaction in direct messages", "edited text in direct messages",
	} {
		if !ben[what] {
			t.Errorf("Ben's store does not have the %s: the scan of the files shows nothing", what)
		}
	}

	memory := memoryOf(t, cmd.Process.Pid)
	report(t, c, "the memory of the host", memory, "text in the Lobby", "edited text in the Lobby", "file name in the Lobby", "text in an open room", "name of an open room", "topic of an open room")
	end()

	store := filepath.Join(dir, "host.db")
	report(t, c, "the host's store", openedStore(t, store, 1), "reaction in the Lobby", "reaction in an open room", "text in the Lobby", "edited text in the Lobby", "file name in the Lobby", "text in an open room", "name of an open room", "topic of an open room")
	var files bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files.WriteString(path + "\n")
		files.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	report(t, c, "the host's files", files.Bytes(), "file in the Lobby", "file name in the Lobby")
	log := must(os.ReadFile(filepath.Join(dir, "log")))
	if !bytes.Contains(log, []byte("msg=message")) || !bytes.Contains(log, []byte("level=DEBUG")) {
		t.Errorf("the log says too little to show anything: %.300s", log)
	}
	for what := range c.found(log) {
		t.Errorf("the log has the %s", what)
	}
}

// report compares what there is with what must be there and what must not be.
func report(t *testing.T, c *canaries, where string, b []byte, proof ...string) {
	t.Helper()
	found := c.found(b)
	for _, what := range proof {
		if !found[what] {
			t.Errorf("%s (%d bytes) does not have the %s: the scan shows nothing", where, len(b), what)
		}
	}
	for what := range c.sealed {
		if found[what] {
			t.Errorf("%s has the %s", where, what)
		}
	}
}

// canaryStory is what the three say.
func canaryStory(t *testing.T, c *canaries, people []*talker) {
	t.Helper()
	ctx := t.Context()
	ana, ben, cleo := people[0], people[1], people[2]
	open := func(what string) string { return c.canary(c.open, what) }
	sealed := func(what string) string { return c.canary(c.sealed, what) }
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// speak says a text, changes another one, and sends a file, and the others see it.
	speak := func(room chat.RoomID, where string, name func(string) string, others ...*talker) {
		t.Helper()
		first, before, after := name("text in "+where), name("text before it was edited in "+where), name("edited text in "+where)
		must(ana.Send(ctx, room, first))
		id := must(ana.Send(ctx, room, before))
		for _, o := range others {
			o.sees(room, before)
		}
		ana.until("it is on the host", func() bool { return ana.stored(room, before) })
		fail(ana.EditMessage(ctx, room, id, snug.Words{Text: after}))
		all := c.sealed
		if where == "the Lobby" || where == "an open room" {
			all = c.open
		}
		fail(ana.React(ctx, room, id, c.reaction(all, "reaction in "+where), true))
		ana.Typing(room)
		fail(ana.SetDraft(ctx, room, sealed("draft in "+where))) // what was not sent is nobody's
		must(ana.Search(ctx, sealed("what was searched for in "+where), room, 0, 10))
		path := filepath.Join(t.TempDir(), name("file name in "+where)+".txt")
		fail(os.WriteFile(path, []byte(strings.Repeat(name("file in "+where)+"\n", 50)), 0o600))
		must(ana.SendFileWith(ctx, room, path, snug.FileNote{Caption: name("caption in " + where)}))
		for _, o := range others {
			o.sees(room, after)
			o.sees(room, filepath.Base(path))
		}
	}
	speak(chat.Lobby, "the Lobby", open, ben, cleo)

	news := must(ana.CreateRoom(ctx, chat.RoomOpen, open("name of an open room"), open("topic of an open room")))
	ben.knows(news)
	speak(news, "an open room", open, ben)

	den := must(ana.CreateRoom(ctx, chat.RoomSealed, sealed("name of a sealed room"), sealed("topic of a sealed room")))
	must(ana.Send(ctx, den, sealed("text before anybody came into a sealed room")))
	fail(ana.InviteToRoom(ctx, den, ben.Me().Account, cleo.Me().Account))
	ben.knows(den)
	cleo.knows(den)
	speak(den, "a sealed room", sealed, ben, cleo)
	fail(ana.RenameRoom(ctx, den, sealed("new name of a sealed room"), sealed("new topic of a sealed room")))
	answer := sealed("answer in a sealed room")
	must(ben.Send(ctx, den, answer))
	ana.sees(den, answer)
	fail(ana.RemoveFromRoom(ctx, den, cleo.Me().Account))
	must(ben.Send(ctx, den, sealed("text after somebody was removed")))

	direct := must(ana.Direct(ctx, ben.Me().Account))
	hello := sealed("first direct message")
	must(ana.Send(ctx, direct, hello))
	ben.knows(direct)
	if r := must(ben.Room(ctx, direct)); r.State == snug.RoomRequest {
		fail(ben.AcceptRoom(ctx, direct))
	}
	ben.sees(direct, hello)
	speak(direct, "direct messages", sealed, ben)
	notes := must(ana.Direct(ctx, ana.Me().Account))
	note := sealed("note to oneself")
	must(ana.Send(ctx, notes, note))
	ana.until("the note is on the host", func() bool { return ana.stored(notes, note) })
}

// talker is somebody with a real client.
type talker struct {
	*snug.Client
	t    *testing.T
	sub  *snug.Subscription
	dir  string
	stop func()
	wire capture
}

// capture keeps every byte that connections carry, those of each in each direction
// for themselves.
type capture struct {
	mu  sync.Mutex // guards what follows
	all []*bytes.Buffer
}

func (c *capture) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	up, down := new(bytes.Buffer), new(bytes.Buffer)
	c.all = append(c.all, up, down)
	return &tapped{conn, c, up, down}, nil
}

// tapped is a connection that is captured.
type tapped struct {
	net.Conn
	c        *capture
	up, down *bytes.Buffer
}

func (x *tapped) Read(b []byte) (int, error) {
	n, err := x.Conn.Read(b)
	x.c.mu.Lock()
	defer x.c.mu.Unlock()
	x.down.Write(b[:n])
	return n, err
}

func (x *tapped) Write(b []byte) (int, error) {
	x.c.mu.Lock()
	x.up.Write(b)
	x.c.mu.Unlock()
	return x.Conn.Write(b)
}

// scanWire looks for what was said in all that the lines of a person carried. That
// it is all of it show its frames, whose lengths are in clear.
func (w *talker) scanWire(c *canaries) {
	w.t.Helper()
	w.wire.mu.Lock()
	defer w.wire.mu.Unlock()
	frames, size := 0, 0
	for i, b := range w.wire.all {
		all := b.Bytes()
		w.hasNone(c, "the wire", all)
		size += len(all)
		for n := 0; len(all) >= 4; n++ {
			length := int(binary.BigEndian.Uint32(all))
			if i%2 == 0 && n == 0 && length != 1232 {
				w.t.Errorf("%s: what went up begins with a frame of %d bytes, want the first one of the handshake", w.Me().Name, length)
			}
			if length > 1<<16 {
				w.t.Fatalf("%s: a frame of %d bytes", w.Me().Name, length)
			}
			all = all[min(4+length, len(all)):]
			frames++
		}
	}
	if frames < 40 || size < 20_000 {
		w.t.Errorf("%s: %d frames of %d bytes: the capture shows nothing", w.Me().Name, frames, size)
	}
}

// scanFiles looks for what was said in all files of a person's profile. What they
// fetched lies outside of it, where they want it.
func (w *talker) scanFiles(c *canaries, when string) {
	w.t.Helper()
	files := 0
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // of a transfer that just ended
		}
		files++
		w.hasNone(c, when+", "+filepath.Base(path), append(b, d.Name()...))
		return err
	})
	if err != nil || files == 0 {
		w.t.Errorf("%s, %s: %d files, %v", w.Me().Name, when, files, err)
	}
}

func (w *talker) hasNone(c *canaries, where string, b []byte) {
	w.t.Helper()
	for what := range c.found(b) {
		w.t.Errorf("%s, %s: has the %s", w.Me().Name, where, what)
	}
}

func newTalker(t *testing.T, dir, name, password string, link wire.Link) *talker {
	t.Helper()
	who := &talker{t: t, dir: dir}
	downloads := t.TempDir()
	moving := filepath.Join(dir, "moving")
	if err := os.MkdirAll(moving, 0o700); err != nil {
		t.Fatal(err)
	}
	db := must(clientdb.Open(t.Context(), filepath.Join(dir, "place.db"), [32]byte{2}, discard()))
	c := must(snug.New(t.Context(), snug.Config{
		Program: "test", Folder: moving, Dial: who.wire.dial, Downloads: func() (*os.Root, error) { return os.OpenRoot(downloads) },
		AutoDownload: func() int64 { return snug.DefaultAutoDownload },
		Free:         func(string) (int64, error) { return 1 << 40, nil }, // however full the disk is that tests run on
	}, db, discard()))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	who.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(who.stop)
	who.Client, who.sub = c, c.Subscribe()
	for try := 1; ; try++ {
		err := c.Register(t.Context(), link, name, password)
		if err == nil {
			break
		}
		if snug.CodeOf(err) != wire.CodeOK || try == 5 { // a busy computer can miss the 5 s of a handshake
			t.Fatalf("%s: %v", name, err)
		}
	}
	who.until(name+" is here", func() bool { return c.State().Phase == snug.Online })
	return who
}

// until waits until something is so.
func (w *talker) until(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(3 * patience); !is(); {
		if time.Now().After(end) {
			w.t.Fatalf("%s: never: %s", w.Me().Name, what)
		}
		ctx, stop := context.WithTimeout(context.Background(), 200*time.Millisecond)
		_, _ = w.sub.Next(ctx) // its end is no reason to stop
		stop()
	}
}

// knows waits until a room is one that the client can read.
func (w *talker) knows(room chat.RoomID) {
	w.t.Helper()
	w.until("room", func() bool {
		r, err := w.Room(context.Background(), room)
		return err == nil && (r.State == snug.RoomJoined || r.State == snug.RoomRequest)
	})
}

// line returns the message of a room that has a text or file name.
func (w *talker) line(room chat.RoomID, text string) (snug.Message, bool) {
	p, err := w.Before(context.Background(), room, 0, 100)
	if err == nil {
		err = w.Relate(context.Background(), room, p.Messages)
	}
	if err == nil {
		for _, m := range p.Messages {
			if m.Text == text || m.File != nil && m.File.Name == text {
				return m, true
			}
		}
	}
	return snug.Message{}, false
}

func (w *talker) sees(room chat.RoomID, text string) {
	w.t.Helper()
	w.until("sees "+text, func() bool { _, there := w.line(room, text); return there })
}

func (w *talker) stored(room chat.RoomID, text string) bool {
	m, there := w.line(room, text)
	return there && m.State != snug.Waiting
}

// canaryHost is the host of the story, a process of its own.
func canaryHost(t *testing.T, dir string) {
	log := must(os.Create(filepath.Join(dir, "log")))
	p := &place{t: t, dir: dir, log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), cfg: host.Config{
		Key: must(channel.NewPrivateKey(must(hex.DecodeString(os.Getenv("SNUG_TEST_KEY"))))), First: chat.Place{Name: "Here", MaxFile: 1 << 20},
	}}
	fast(p)
	p.blobs.Free = -1
	p.start()
	fmt.Println("address", p.addr)
	for range 3 {
		fmt.Println("secret", hex.EncodeToString(p.do(host.Command{Verb: host.VerbInvite, Role: chat.Owner}).Secret))
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is gone
	p.stop()
}

// memoryOf returns all memory of a process that can be read: what a core dump has.
func memoryOf(t *testing.T, pid int) []byte {
	t.Helper()
	maps := must(os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid)))
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("the memory of the host cannot be read: %v", err)
	}
	defer mem.Close()
	var all []byte
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "rw") {
			continue // what nobody wrote to came from files
		}
		from, to, _ := strings.Cut(fields[0], "-")
		begin, end := must(strconv.ParseUint(from, 16, 64)), must(strconv.ParseUint(to, 16, 64))
		for at := begin; at < end; {
			b := make([]byte, min(end-at, 1<<20))
			n, err := mem.ReadAt(b, int64(at))
			all = append(all, b[:n]...)
			if err != nil || n == 0 {
				break // not there: reserved only
			}
			at += uint64(n)
		}
	}
	return all
}

// openedStore returns all pages of a store, those in its WAL and those
// that are free included, as one has them who knows the key, which is a byte and
// zeros in tests.
func openedStore(t *testing.T, path string, key byte) []byte {
	t.Helper()
	plain := filepath.Join(t.TempDir(), "plain.db")
	db, err := driver.Open("file:"+path+"?vfs=adiantum", func(c *sqlite3.Conn) error {
		return c.Exec(fmt.Sprintf("PRAGMA hexkey='%02x%062x'", key, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn := must(db.Conn(t.Context()))
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		return c.(driver.Conn).Raw().Backup("main", "file:"+plain)
	})
	if err != nil {
		t.Fatal(err)
	}
	return must(os.ReadFile(plain))
}
