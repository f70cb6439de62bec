//go:build unix

package torture

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/hostdb"
	"github.com/snugchat/snug/storage/paths"
)

// options are how a host is set up.
type options struct {
	Devices int   // that are members already, with the keys of deviceKey
	Usual   bool  // the usual limits; else ones that nobody reaches
	Buffer  int   // bytes that the system may keep for a peer; 0: what it likes
	Disk    int64 // bytes of a disk of its own; 0: none
	Network bool  // a network of its own, with a cable to that of the test
}

// place is a host in a process of its own, which can be killed.
type place struct {
	t      testing.TB
	opts   options
	dir    string
	addr   string
	cmd    *exec.Cmd
	in     io.Writer
	answer chan string
	ready  chan bool
	down   chan struct{} // closed when the process has ended
	worst  time.Duration // from the start of a process to a host that lets people in
	opened time.Duration // the longest that its store took to open
	rec    *recorder     // of the Lobby, which all who join tell
}

// newPlace starts a host.
func newPlace(t testing.TB) *place {
	t.Helper()
	return newPlaceWith(t, options{})
}

func newPlaceWith(t testing.TB, o options) *place {
	t.Helper()
	p := &place{t: t, opts: o, dir: t.TempDir(), addr: "127.0.0.1:0", rec: newRecorder(t, chat.Lobby)}
	if o.Network {
		p.addr = hostAddress + ":0"
	}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *place) start() {
	p.t.Helper()
	began := time.Now()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), hostEnv+"="+p.dir, "SNUG_TORTURE_ADDR="+p.addr, "SNUG_TORTURE_OPTIONS="+string(must(json.Marshal(p.opts))))
	p.cmd.Stderr = os.Stderr
	if p.opts.Disk > 0 {
		ownMounts(p.t, p.cmd)
	}
	if p.opts.Network {
		ownNetwork(p.cmd)
	}
	p.in = must(p.cmd.StdinPipe()) // its end ends the process
	out := must(p.cmd.StdoutPipe())
	if err := p.cmd.Start(); err != nil {
		if p.opts.Disk > 0 {
			p.t.Skipf("no disk of its own for a process: %v", err)
		}
		p.t.Fatal(err)
	}
	if p.opts.Network {
		if err := plugIn(p.cmd.Process.Pid); err != nil {
			_, _ = p.cmd.Process.Kill(), p.cmd.Wait()
			p.t.Skipf("no cable between two networks: %v", err)
		}
	}
	p.down, p.ready, p.answer = make(chan struct{}), make(chan bool, 1), make(chan string, 1)
	cmd, down, ready, answer := p.cmd, p.down, p.ready, p.answer
	go func() {
		defer close(down)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "address":
				p.addr = rest
			case "opened":
				p.opened = max(p.opened, must(time.ParseDuration(rest)))
			case "ready":
				ready <- true
			case "answer":
				answer <- rest
			}
		}
		select {
		case ready <- false:
		default:
		}
		_ = cmd.Wait() // it was killed, or says why on stderr
	}()
	p.untilReady()
	p.worst = max(p.worst, time.Since(began))
}

func (p *place) untilReady() {
	p.t.Helper()
	select {
	case ok := <-p.ready:
		if !ok {
			p.t.Fatal("the host did not start")
		}
	case <-time.After(patience):
		p.t.Fatal("the host takes too long to start")
	}
}

func (p *place) kill() {
	_ = p.cmd.Process.Kill()
	<-p.down
}

// ask gives the host's process an order and returns what it says.
func (p *place) ask(order string) string {
	p.t.Helper()
	_, _ = fmt.Fprintln(p.in, order) // a process that is gone gives no answer
	select {
	case s := <-p.answer:
		return s
	case <-p.down:
		p.t.Fatalf("the host ended instead of answering %q", order)
	case <-time.After(patience):
		p.t.Fatalf("the host does not answer %q", order)
	}
	return ""
}

// size is what a host's process uses.
type size struct {
	routines, files int
	heap, memory    int64 // bytes that live, and that the system counts
}

func (p *place) measure() (s size) {
	p.t.Helper()
	_ = must(fmt.Sscan(p.ask("measure"), &s.routines, &s.files, &s.heap))
	s.memory = memoryOf(p.cmd.Process.Pid)
	return s
}

// settle waits until the host has as many goroutines as a moment ago.
func (p *place) settle() {
	p.t.Helper()
	for began, last := time.Now(), -1; time.Since(began) < patience; time.Sleep(300 * time.Millisecond) {
		now := p.measure().routines
		if now == last {
			return
		}
		last = now
	}
	p.t.Fatal("the host is never at rest")
}

// logged returns how many lines of the host's log have these words.
func (p *place) logged(words string) int {
	b, err := os.ReadFile(filepath.Join(p.dir, "log"))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.Count(string(b), words)
}

// memoryOf returns how much of a process lies in memory, 0 where nobody says so.
func memoryOf(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, resident int64
	_ = must(fmt.Sscan(string(b), &size, &resident))
	return resident * int64(os.Getpagesize())
}

// deviceKey is the transport key of the n-th device that was made ahead.
func deviceKey(n int) channel.PrivateKey {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("snug torture device"), uint64(n)))
	return must(channel.NewPrivateKey(sum[:]))
}

// devicesEach is how many of them belong to one account (host.MaxDevices).
const devicesEach = 16

// makeDevices puts members into a new store.
func makeDevices(ctx context.Context, db *hostdb.DB, n int) {
	var c chat.Change
	now := time.Now().UnixMilli()
	for i := range n {
		if i%devicesEach == 0 {
			name, skeleton, err := chat.NormalName(fmt.Sprintf("crowd %05d", i/devicesEach))
			if err != nil {
				panic(err)
			}
			c.Accounts = append(c.Accounts, chat.Account{
				ID: chat.NewAccountID(), Name: name, Skeleton: skeleton, Role: chat.Member, State: chat.Active,
				Identity: [32]byte(deviceKey(-1 - i).Bytes()), Created: now,
			})
		}
		transport := deviceKey(i).Public().Array()
		c.Devices = append(c.Devices, chat.Device{
			ID: chat.DeviceID(identity.NewDeviceID(transport)), Account: c.Accounts[len(c.Accounts)-1].ID,
			Transport: transport, Certificate: []byte{0}, Created: now,
		})
	}
	if err := db.Apply(ctx, &c, func() {}); err != nil {
		panic(err)
	}
}

// narrow is a listener whose connections have small buffers.
type narrow struct {
	net.Listener
	bytes int
}

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(n.bytes)
	}
	return c, err
}

// runHost is the host's process.
func runHost(dir string) {
	ctx := context.Background()
	var o options
	if err := json.Unmarshal([]byte(os.Getenv("SNUG_TORTURE_OPTIONS")), &o); err != nil {
		panic(err)
	}
	logFile := must(os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600))
	log := slog.New(slog.NewTextHandler(logFile, nil))
	_, err := os.Stat(filepath.Join(dir, "key"))
	fresh := err != nil
	if fresh {
		if err := os.WriteFile(filepath.Join(dir, "key"), must(channel.GenerateKey()).Bytes(), 0o600); err != nil {
			panic(err)
		}
	}
	key := must(channel.NewPrivateKey(must(os.ReadFile(filepath.Join(dir, "key")))))
	data := dir
	if o.Disk > 0 {
		data = ownDisk(dir, o.Disk)
	}
	if o.Network {
		awaitCable()
	}
	disk := spoil(data)
	began := time.Now()
	db := must(hostdb.Open(ctx, filepath.Join(data, "host.db"), [32]byte{1}, log))
	fmt.Println("opened", time.Since(began))
	if fresh && o.Devices > 0 {
		makeDevices(ctx, db, o.Devices)
	}
	kept := must(blobs.Open(filepath.Join(data, "blobs"), blobs.Limits{Free: -1}, log))
	if err := os.MkdirAll(filepath.Join(data, "received"), 0o700); err != nil {
		panic(err)
	}
	received := must(os.OpenRoot(filepath.Join(data, "received")))
	limits := host.Limits{
		Posts: 10_000, PostBurst: 10_000, Entries: 1000, EntryBurst: 1000, Logins: 1000, LoginBurst: 1000,
		Messages: 100_000, MessageBurst: 100_000,
	}
	if o.Usual {
		limits = host.Limits{}
	}
	h := must(host.New(ctx, host.Config{
		Key: key, Program: "Snug torture", First: chat.Place{Name: "Torture", Mode: chat.JoinByInvite, MaxFile: 2 << 30}, Limits: limits,
		Receive: func(name string) (host.ReceivedFile, error) { return paths.Receive(received, name) },
	}, db, kept, log))
	l := must(net.Listen("tcp", os.Getenv("SNUG_TORTURE_ADDR")))
	fmt.Println("address", l.Addr())
	invite := func() string {
		made := must(h.Do(ctx, host.Command{Verb: host.VerbInvite, Role: chat.Owner, Uses: 1}))
		link := wire.Link{Addresses: []string{l.Addr().String()}, Host: key.Public().Array(), Secret: made.Secret}
		return link.String()
	}
	if o.Buffer > 0 {
		l = narrow{l, o.Buffer}
	}
	fmt.Println("ready")
	go obey(data, l.Addr().String(), disk, invite)
	if err := h.Serve(ctx, l); err != nil {
		panic(err)
	}
}

// obey does what the test says, and ends the process with it.
func obey(data, addr string, disk *disk, invite func() string) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "measure":
			debug.FreeOSMemory() // so that the system counts what is in use
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println("answer", runtime.NumGoroutine(), countFiles(), m.HeapAlloc)
		case "invite":
			fmt.Println("answer", invite())
		case "fill":
			fmt.Println("answer", fill(data))
		case "free":
			fmt.Println("answer", os.Remove(filepath.Join(data, "ballast")))
		case "read-only", "writable":
			disk.readOnly.Store(lines.Text() == "read-only")
			fmt.Println("answer", disk.refused.Load())
		case "slow", "fast":
			disk.slow.Store(0)
			if lines.Text() == "slow" {
				disk.slow.Store(int64(slowSync))
			}
			fmt.Println("answer", disk.synced.Load())
		case "again": // as if it were killed, and keeps its disk
			startAgain(addr)
		}
	}
	os.Exit(1)
}

// countFiles returns how many files this process has open, -1 where nobody says so.
func countFiles() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(open)
}
