package torture

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// aloneEnv says that a process of this test is in a network of its own already.
	aloneEnv = "SNUG_TORTURE_ALONE"

	// The ends of the cable between people and host, and the address of the host.
	peopleEnd, hostEnd = "snug0", "snug1"
	hostAddress        = "10.77.0.1"

	// resultWord begins the line of a process that has a line for the table.
	resultWord = "result "
)

// Fault 13, FEATURES D10, P1: people and host are in networks of their own (network
// namespaces, with a cable between them), and the address of the people changes again
// and again while they talk. What hangs on the old address is never answered, and
// nobody says so: they notice it long before a line that is dead without a word is
// (45 s), come in from the new one, and all is there once. Seen to fail without the
// look at the own addresses.
func TestChangedAddresses(t *testing.T) {
	beside(t)
	if os.Getenv(aloneEnv) == "" {
		inOwnNetwork(t)
		return
	}
	deadline(t, 10*time.Minute)
	p := newPlaceWith(t, options{Network: true})
	people := []*person{p.join("ana", nil), p.join("ben", nil)}
	say := func() {
		for range 10 {
			for _, m := range people {
				m.say()
			}
		}
	}
	var worst time.Duration
	for n := range movedHouse {
		say() // some of it is on its way
		began := time.Now()
		set("addr", "del", address(n), "dev", peopleEnd)
		set("addr", "add", address(n+1), "dev", peopleEnd)
		say()
		for _, m := range people {
			m.until("hears all from its new address", func() bool { return m.hears(people[0]) && m.hears(people[1]) })
			m.look()
		}
		worst = max(worst, time.Since(began))
	}
	acked, lost, twice := p.rec.check(people...)
	res := result{"13 addresses of clients changed", movedHouse, acked, lost, twice, fmt.Sprintf("all heard again after %v at most", worst.Round(100*time.Millisecond))}
	report(t, res)
	fmt.Println(resultWord + string(must(json.Marshal(res))))
	if worst > 35*time.Second {
		t.Errorf("all was heard again after %v", worst)
	}
}

// inOwnNetwork runs this test again in a network namespace of its own, and takes
// its line of the table.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("the command ip (package iproute2) is not there")
	}
	cmd := exec.CommandContext(t.Context(), must(os.Executable()), "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), aloneEnv+"=1")
	ownNetwork(cmd)
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSPC):
		t.Skipf("this system gives no network namespace to this user: %v", err)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	}
	for line := range strings.Lines(string(out)) {
		if s, ok := strings.CutPrefix(line, resultWord); ok {
			var r result
			if err := json.Unmarshal([]byte(s), &r); err != nil {
				t.Fatal(err)
			}
			report(t, r)
			return
		}
	}
	t.Fatalf("no result\n%s", out)
}

// ownNetwork gives a process a network that nobody else is in.
func ownNetwork(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
}

// plugIn lays the cable to the network of the host's process. Not every system has
// one.
func plugIn(host int) error {
	if err := ip("link", "add", peopleEnd, "type", "veth", "peer", "name", hostEnd, "netns", fmt.Sprint(host)); err != nil {
		return err
	}
	set("addr", "add", address(0), "dev", peopleEnd)
	set("link", "set", peopleEnd, "up")
	return nil
}

// awaitCable waits in the host's process for its end of the cable.
func awaitCable() {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if _, err := net.InterfaceByName(hostEnd); err == nil {
			break
		} else if time.Since(began) > patience {
			panic(err)
		}
	}
	set("addr", "add", hostAddress+"/16", "dev", hostEnd)
	set("link", "set", hostEnd, "up")
}

// address is the n-th of the people.
func address(n int) string { return fmt.Sprintf("10.77.1.%d/16", 1+n) }

// set changes the network of this process.
func set(args ...string) {
	if err := ip(args...); err != nil {
		panic(err)
	}
}

// ip runs the command that does.
func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}
