package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/storage/paths"
)

const serveHelp = `Hosts the place of this profile until it is stopped (Ctrl+C or SIGTERM). The first
start makes the place and prints a link for its owner; the link works once.

Options of the first start:
  --name NAME        what the place is called (default "Snug")
  --join MODE        who may join: invite (default), open, approval, closed

Options of every start:
  --port PORT        TCP port (default 7443, and the next free one if it is taken)
  --address ADDR     what links say, if it is not an address of this computer, for
                     example the name under which your router is known; may be
                     given several times
  --passphrase-file FILE
                     the passphrase of a profile that has one; FILE may be "-"
                     for standard input
  --debug            log more

Without a passphrase the key of everything lies in a file beside the data, which
only this user can read. That protects a copied database, not a stolen disk: use
the disk's own encryption, or make the profile with a passphrase.

Logs go to standard error, one record a line. 'admin' manages the place.`

// stopPatience is how long a host may take to say goodbye: systemd and people
// lose patience later.
const stopPatience = 1500 * time.Millisecond

// ownerLinkAge is how long the owner link of the first start can be used.
const ownerLinkAge = 7 * 24 * time.Hour

type serveOptions struct {
	setup.HostOptions
	passphraseFile string
	debug          bool
}

// listFlag collects the values of an option that may be given several times.
type listFlag []string

// String returns the values, for the help.
func (l *listFlag) String() string { return strings.Join(*l, " ") }

// Set adds a value.
func (l *listFlag) Set(s string) error {
	*l = append(*l, s)
	return nil
}

func serveArgs(p Program, args []string) (serveOptions, error) {
	var o serveOptions
	var mode string
	var addresses listFlag
	f := flags("serve", p.Err)
	f.StringVar(&o.Place, "name", "Snug", "name of a new place")
	f.StringVar(&mode, "join", chat.JoinByInvite.String(), "who may join a new place: invite, open, approval or closed")
	f.IntVar(&o.Port, "port", wire.DefaultPort, "TCP port")
	f.Var(&addresses, "address", "`address` that links say")
	f.StringVar(&o.passphraseFile, "passphrase-file", "", "`file` with the passphrase, - for standard input")
	f.BoolVar(&o.debug, "debug", false, "log more")
	rest, err := parse(f, args)
	if err != nil {
		return o, err
	}
	if len(rest) > 0 {
		fmt.Fprintf(p.Err, "%s serve: %q is no option\n", p.Name, rest[0])
		return o, errUsage
	}
	m, ok := chat.ParseJoinMode(mode)
	if !ok {
		fmt.Fprintf(p.Err, "%s serve: --join is invite, open, approval or closed\n", p.Name)
		return o, errUsage
	}
	if o.Port < 0 || o.Port > 65535 {
		fmt.Fprintf(p.Err, "%s serve: --port is a number up to 65535\n", p.Name)
		return o, errUsage
	}
	for _, a := range addresses {
		if _, err := wire.NormalAddress(a); err != nil {
			fmt.Fprintf(p.Err, "%s serve: %q is no address\n", p.Name, a)
			return o, errUsage
		}
	}
	o.Mode, o.Addresses = m, addresses
	return o, nil
}

func serve(ctx context.Context, p Program, profile string, args []string) int {
	o, err := serveArgs(p, args)
	if err != nil {
		return exitUsage
	}
	if err := serveUntil(ctx, p, profile, o); err != nil {
		fmt.Fprintf(p.Err, "%s: %v\n", p.Name, explain(err))
		return exitFailed
	}
	return exitOK
}

// explain adds to an error what the person at the command line can do.
func explain(err error) error {
	switch {
	case errors.Is(err, paths.ErrInUse):
		return errors.New("another Snug runs with this profile; stop it, or give another --profile")
	case errors.Is(err, setup.ErrNeedPassphrase):
		return errors.New("this profile has a passphrase: give it with --passphrase-file")
	}
	return err
}

func serveUntil(ctx context.Context, p Program, profile string, o serveOptions) (err error) {
	level := slog.LevelInfo
	if o.debug {
		level = slog.LevelDebug
	}
	rec := logs.New(logs.Options{Err: p.Err, Level: level})
	defer func() { err = errors.Join(err, rec.Close()) }()
	prof, err := setup.Open(setup.Options{Dir: profile, Program: p.Name + " " + p.Version, DeviceName: setup.DeviceName(), Logs: rec, Console: Answer})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prof.Close()) }()
	if err := unlock(ctx, prof, o.passphraseFile); err != nil {
		return err
	}
	hosting, err := prof.StartHost(ctx, o.HostOptions)
	if err != nil {
		return err
	}
	if hosting.Host().Stats().People == 0 { // also after a first start that failed half-way
		if err := printOwnerLink(ctx, p.Out, hosting); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
	case <-hosting.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	return hosting.Stop(stop)
}

// unlock opens the profile's vault, and makes one with a key file for a profile
// that is new: nobody sits at a host without a window to type a passphrase.
func unlock(ctx context.Context, prof *setup.Profile, passphraseFile string) error {
	passphrase := ""
	if passphraseFile != "" {
		var err error
		if passphrase, err = readPassphrase(passphraseFile); err != nil {
			return err
		}
	}
	if prof.IsNew() {
		kind := setup.ByKeyFile
		if passphrase != "" {
			kind = setup.ByPassphrase
		}
		return prof.Create(ctx, setup.Protection{Kind: kind, Passphrase: passphrase})
	}
	return prof.Unlock(ctx, passphrase)
}

// maxPassphraseFile bounds what is read of a passphrase file, in bytes.
const maxPassphraseFile = 4096

func readPassphrase(name string) (string, error) {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return "", fmt.Errorf("read passphrase: %w", err)
		}
		defer f.Close()
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPassphraseFile))
	if err != nil {
		return "", fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", errors.New("the passphrase file is empty")
	}
	return line, nil
}

func printOwnerLink(ctx context.Context, out io.Writer, h *setup.Hosting) error {
	link, err := h.Invite(ctx, host.Command{Role: chat.Owner, Uses: 1, Expires: time.Now().Add(ownerLinkAge).UnixMilli()})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The place is open. Its owner joins with this link, once, within %d days:\n%s\n", int(ownerLinkAge.Hours()/24), link)
	return err
}
