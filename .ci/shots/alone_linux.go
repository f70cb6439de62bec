package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// aloneEnv tells the program that it runs in a network of its own already.
const aloneEnv = "SNUG_SHOTS_ALONE"

// errOutside is what inOwnNetwork returns when the system gives no network of
// one's own to this user.
var errOutside = errors.New("no network namespace for this user")

// exitOutside is the exit code by which the inner program says the same: some
// systems give a namespace, but no right to switch its loopback on.
const exitOutside = 3

// inOwnNetwork runs this program again in a network namespace that has loopback
// and nothing else (namespaces(7)), and returns how that ended. The display and
// the session bus are reached by sockets in the file system, which do not care.
func inOwnNetwork(ctx context.Context, args []string, out io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), aloneEnv+"=1"), out, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if uid, gid := os.Getuid(), os.Getgid(); os.Geteuid() != 0 {
		// The same user, who may nevertheless switch on what is in the new network (capabilities(7)).
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN}
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute // it ends its windows first
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: %v", errOutside, err)
	case errors.As(err, &exit) && exit.ExitCode() == exitOutside:
		return errOutside
	case errors.As(err, &exit):
		return errTold
	}
	return err
}

// isAlone reports whether this is the program that inOwnNetwork started, and
// switches its loopback on, which a new namespace has switched off.
func isAlone() (bool, error) {
	if os.Getenv(aloneEnv) == "" {
		return false, nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return true, err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return true, err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return true, unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}
