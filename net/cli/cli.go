// Package cli is Snug without a window: `snug serve`, `snug admin` and the like,
// and what both programs, snug and snugd, do with their arguments.
//
// It must not know Fyne, and decides nothing about a place: net/setup builds the
// host and net/host decides.
//
// The help texts in this package are the source of the manual page.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/paths"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Program says which program runs and where it writes.
type Program struct {
	Name    string // "snug" or "snugd"
	Version string
	// Path is the program's own file. A profile folder beside it is used unless
	// --profile names another (paths.Beside); "" looks for none.
	Path string
	Out  io.Writer
	Err  io.Writer
	// Window opens the desktop program and blocks until it ends. It is nil in
	// snugd, which hosts instead.
	Window func(ctx context.Context, w Window) error
}

// Window is what the command line tells the desktop program.
type Window struct {
	Profile string // the profile folder, "" for the person's own folders
	Link    string // an invite link that was clicked or given, the whole path of an invite file without one, or ""
	Host    bool   // --host: the person wants to host a place
	Gallery bool   // --gallery: show all widgets, for who works on them, and no profile
	Program Program
	Console Console
}

// command is one word after the program's name.
type command struct {
	name, args, short, long string
	run                     func(ctx context.Context, p Program, profile string, args []string) int
}

// commands are the words in the order of the help.
func commands() []command {
	return []command{
		{"serve", "[options]", "host a place without a window", serveHelp, serve},
		{"admin", "COMMAND [options]", "manage the place that is hosted on this computer", adminHelp(), admin},
		{"version", "", "print the version", "Prints the version of the program and of its protocol.", version},
		{"help", "[COMMAND]", "explain a command", "Explains a command, or lists all of them.", help},
	}
}

// errUsage says that arguments make no sense; what is wrong was printed.
var errUsage = errors.New("wrong arguments")

// Main runs the program with its arguments, the program's own name not among
// them, and returns its exit code. It blocks until ctx ends or the work is done.
func Main(ctx context.Context, args []string, p Program) int {
	profile, args, err := takeProfile(args)
	if err != nil {
		fmt.Fprintf(p.Err, "%s: %v\n", p.Name, err)
		return exitUsage
	}
	if profile == "" {
		profile = paths.Beside(p.Path)
	}
	if len(args) > 0 {
		switch args[0] {
		case "-h", "-help", "--help":
			return help(ctx, p, profile, nil)
		case "-v", "-version", "--version":
			return version(ctx, p, profile, nil)
		}
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run(ctx, p, profile, args[1:])
			}
		}
	}
	if p.Window == nil {
		return serve(ctx, p, profile, args)
	}
	link, host, gallery := "", false, false
	file := "" // an invite file
	if len(args) == 1 && !isLink(args[0]) {
		if path, ok := setup.InviteFile(args[0]); ok {
			file = path
		}
	}
	switch {
	case len(args) == 1 && args[0] == "--gallery":
		gallery = true
	case len(args) == 1 && args[0] == "--host":
		host = true
	case len(args) == 1 && (args[0] == "" || isLink(args[0])):
		link = args[0]
	case file != "":
		link = inFile(p, file)
	case len(args) > 0:
		fmt.Fprintf(p.Err, "%s: %q is neither a command, an invite link nor an invite file. Try '%s help'.\n", p.Name, args[0], p.Name)
		return exitUsage
	}
	if err := p.Window(ctx, Window{Profile: profile, Link: link, Host: host, Gallery: gallery, Program: p, Console: Answer}); err != nil {
		fmt.Fprintf(p.Err, "%s: %v\n", p.Name, err)
		return exitFailed
	}
	return exitOK
}

// scheme is how an invite link begins.
const scheme = "snug:"

// isLink reports whether an argument is what a desktop opens for a link, whichever
// letters its scheme is written with (RFC 3986, section 3.1).
func isLink(arg string) bool {
	return len(arg) >= len(scheme) && strings.EqualFold(arg[:len(scheme)], scheme)
}

// inFile returns the link in an invite file. For one that has none it prints why,
// and returns its path: the window says it too, since who clicked on the file sees
// nothing of what is printed.
func inFile(p Program, file string) string {
	link, err := setup.ReadInviteFile(file)
	if err == nil {
		return link
	}
	fmt.Fprintf(p.Err, "%s: %q: %v\n", p.Name, file, err)
	if whole, err := filepath.Abs(file); err == nil { // a window that is open has another folder
		return whole
	}
	return file
}

// errAfterLink refuses what stands behind an invite link.
var errAfterLink = errors.New("nothing may follow an invite link")

// takeProfile takes --profile DIR out of the arguments, wherever it stands before an
// invite link. Behind one there may be nothing: where a desktop puts a clicked link
// into a command line, a link with a quote in it would bring options of its own.
func takeProfile(args []string) (profile string, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		if isLink(args[i]) && i+1 < len(args) {
			return "", nil, errAfterLink
		}
		name, value, has := strings.Cut(args[i], "=")
		if name != "--profile" && name != "-profile" {
			rest = append(rest, args[i])
			continue
		}
		if !has {
			if i++; i == len(args) {
				return "", nil, errors.New("--profile needs a folder")
			}
			value = args[i]
		}
		if value == "" {
			return "", nil, errors.New("--profile needs a folder")
		}
		profile = value
	}
	return profile, rest, nil
}

func version(_ context.Context, p Program, _ string, _ []string) int {
	fmt.Fprintf(p.Out, "%s %s (protocol %d)\n", p.Name, p.Version, wire.Version)
	return exitOK
}

func help(_ context.Context, p Program, _ string, args []string) int {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				fmt.Fprintf(p.Out, "Usage: %s [--profile DIR] %s %s\n\n%s\n", p.Name, c.name, c.args, c.long)
				return exitOK
			}
		}
		fmt.Fprintf(p.Err, "%s: there is no command %q\n", p.Name, args[0])
		return exitUsage
	}
	if p.Window != nil {
		fmt.Fprintf(p.Out, "%s lets friends talk on a computer of their own.\n\nUsage:\n  %[1]s [--profile DIR] [LINK]     open the window; LINK is an invite link or a .snug file\n  %[1]s [--profile DIR] --host     open it to host a place\n", p.Name)
	} else {
		fmt.Fprintf(p.Out, "%s hosts a Snug place on a computer without a screen.\n\nUsage:\n  %[1]s [--profile DIR]            the same as '%[1]s serve'\n", p.Name)
	}
	fmt.Fprintf(p.Out, "  %s [--profile DIR] COMMAND\n\nCommands:\n", p.Name)
	for _, c := range commands() {
		fmt.Fprintf(p.Out, "  %-10s %s\n", c.name, c.short)
	}
	fmt.Fprintf(p.Out, "\n--profile DIR keeps everything in one folder, so that several can run on one computer.\nA folder snug-data beside the program does the same for a program that is carried around.\n'%s help COMMAND' tells more.\n", p.Name)
	return exitOK
}

// flags returns an empty set of options whose errors are printed to w.
func flags(name string, w io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(w)
	f.Usage = func() {
		fmt.Fprintf(w, "Options of %s:\n", name)
		f.PrintDefaults()
	}
	return f
}

// parse reads options wherever they stand among the other arguments, which it
// returns. Asking for help is no mistake, but ends the command as well.
func parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, errUsage
		}
		args = f.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}
