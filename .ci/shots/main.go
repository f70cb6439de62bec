// Command shots plays the main story of Snug in real windows on a private X
// display: one person hosts, another joins, they talk and send a file. Each step
// asserts what a person would look for and leaves pictures.
//
// It knows Snug only as a person does: by its windows, its folders, its log and
// the clipboard. Only the place of -figures, with more history than anybody types,
// is made of Snug's own packages. What it clicks on it finds by reading the screen (tesseract) for
// the sentences of ui/text. The story follows DESIGN.md section 1 and FEATURES.md;
// the names of the steps say which rows they show.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/snugchat/snug/storage/prefs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := start(ctx, os.Args[1:], os.Stdout)
	stop()
	os.Exit(code)
}

// errTold is an error of the program in its own network, which has said it.
var errTold = errors.New("the story failed")

// start tells the story in a network where nobody else is, where the system
// gives one: the links carry loopback, and no packet leaves the machine.
func start(ctx context.Context, args []string, out io.Writer) (code int) {
	alone, err := isAlone()
	if err != nil {
		return exitOutside
	}
	if !alone {
		err = inOwnNetwork(ctx, args, out)
		if err == nil {
			return 0
		}
		if errors.Is(err, errOutside) {
			fmt.Fprintf(out, "== %v: the story uses the network of this machine, and its links carry its addresses\n", err)
		}
	}
	if alone || errors.Is(err, errOutside) {
		err = run(ctx, args, alone, out)
	}
	if err == nil {
		return 0
	}
	if !errors.Is(err, errTold) {
		fmt.Fprintln(os.Stderr, "shots:", err)
	}
	return 1
}

// The two sizes at which every screen has to look right.
var (
	large = image.Pt(1180, 900)
	small = image.Pt(720, 560)
)

func run(ctx context.Context, args []string, alone bool, out io.Writer) error {
	flags := flag.NewFlagSet("shots", flag.ContinueOnError)
	snug := flags.String("snug", "./snug", "the program to look at")
	dir := flags.String("out", "shots", "folder for the pictures")
	themes := flags.String("theme", "light", "tell the story in light, dark or light,dark")
	both := flags.Bool("both", false, "take each picture in both sizes")
	mib := flags.Int("file", 200, "size of the file that is sent, in MiB")
	visitor := flags.String("visitor", "", "another program for who joins")
	opener := flags.String("opener", "", "a command that has the system open the link that is its argument")
	opensFiles := flags.Bool("opens-files", false, "the opener opens invite files too, by their path")
	installed := flags.Bool("installed", false, "only the short story of a program that was just installed")
	figures := flags.Int("figures", 0, "instead measure a window with a room of so many messages")
	day := flags.Bool("day", false, "instead a day of people who talk, with pictures of what they look at")
	if err := flags.Parse(args); err != nil {
		return err
	}
	program, err := filepath.Abs(*snug)
	if err != nil {
		return err
	}
	other := program
	if *visitor != "" {
		if other, err = filepath.Abs(*visitor); err != nil {
			return err
		}
	}
	sizes := []image.Point{large}
	if *both {
		sizes = append(sizes, small)
	}
	for theme := range strings.SplitSeq(*themes, ",") {
		if theme != string(prefs.Light) && theme != string(prefs.Dark) {
			return fmt.Errorf("there is no theme %q", theme)
		}
		s := story{program: program, visitor: other, opener: *opener, opensFiles: *opensFiles, installed: *installed, day: *day, figures: *figures, alone: alone, theme: theme, sizes: sizes, file: int64(*mib) << 20, pictures: filepath.Join(*dir, theme), out: out}
		started := time.Now()
		fmt.Fprintf(out, "== the story in %s\n", s.theme)
		if err := s.play(ctx); err != nil {
			return fmt.Errorf("the story in %s: %w", s.theme, err)
		}
		fmt.Fprintf(out, "== told in %v, pictures in %s\n", time.Since(started).Round(time.Second), s.pictures)
	}
	return nil
}

// play tells the story on a display of its own, with profiles that are gone
// afterwards; after a failure they stay for whoever looks into it.
func (s *story) play(ctx context.Context) (err error) {
	if err := os.RemoveAll(s.pictures); err != nil {
		return err
	}
	if err := os.MkdirAll(s.pictures, 0o755); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "snug-shots-"); err != nil {
		return err
	}
	// Room for two large windows side by side and two below.
	if s.screen, err = startScreen(ctx, s.dir, 2*large.X+20, 2*large.Y+20); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, s.end())
		if err == nil {
			err = os.RemoveAll(s.dir)
		} else {
			fmt.Fprintf(s.out, "logs and profiles are left in %s\n", s.dir)
		}
	}()
	if s.installed {
		return s.tellInstalled(ctx)
	}
	if s.figures > 0 {
		return s.tellFigures(ctx)
	}
	if s.day {
		return s.tellDay(ctx)
	}
	return s.tell(ctx)
}
