package setup_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// aloneEnv tells the test binary that it runs in a network of its own already.
const aloneEnv = "SNUG_TEST_ALONE"

// TestWithoutInternet is rows A2 and A3 of the features: in a network that has
// loopback and nothing else, no route and no name server, people host, join and
// talk; and every packet that is sent goes to the place or comes from it.
func TestWithoutInternet(t *testing.T) {
	if os.Getenv(aloneEnv) == "" {
		inOwnNetwork(t)
		return
	}
	if err := loopbackUp(); err != nil {
		t.Fatal(err)
	}
	seen, stop := capture(t)
	port := talkAmongFour(t)
	stop()
	packets := 0
	for _, p := range seen() {
		packets++
		if p.protocol != unix.IPPROTO_TCP || (p.from != port && p.to != port) {
			t.Errorf("a packet that is not the place's: %+v", p)
		}
	}
	if packets == 0 {
		t.Error("the capture saw nothing: the test proves nothing")
	}
}

// inOwnNetwork runs this test again in a network namespace of its own.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), aloneEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSPC) {
		t.Skipf("this system gives no network namespace to this user: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// loopbackUp switches lo on, which a new namespace has switched off.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}

// packet is what of a captured packet matters here.
type packet struct {
	protocol, from, to int
}

// capture records every packet of the namespace until stop is called.
func capture(t *testing.T) (seen func() []packet, stop func()) {
	t.Helper()
	all := int(binary.BigEndian.Uint16([]byte{unix.ETH_P_ALL & 0xff, unix.ETH_P_ALL >> 8}))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, all)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}); err != nil {
		t.Fatal(err)
	}
	var packets []packet
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, _, err := unix.Recvfrom(fd, buf, 0)
			if err == nil {
				packets = append(packets, parsePacket(buf[:n]))
				continue
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	stop = sync.OnceFunc(func() {
		close(done)
		wg.Wait()
		unix.Close(fd)
	})
	t.Cleanup(stop)
	return func() []packet { return packets }, stop
}

// parsePacket reads the protocol and ports of an IP packet.
func parsePacket(b []byte) packet {
	var p packet
	var payload []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		p.protocol, payload = int(b[9]), b[min(len(b), int(b[0]&15)*4):]
	case len(b) >= 40 && b[0]>>4 == 6:
		p.protocol, payload = int(b[6]), b[40:]
	}
	if len(payload) >= 4 {
		p.from, p.to = int(binary.BigEndian.Uint16(payload)), int(binary.BigEndian.Uint16(payload[2:]))
	}
	return p
}

// String helps to read a failure.
func (p packet) String() string {
	return fmt.Sprintf("protocol %d from port %d to port %d", p.protocol, p.from, p.to)
}
