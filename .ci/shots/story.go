package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// story is one telling: Maria hosts, Ben joins, Eve comes with a link that
// somebody tampered with.
type story struct {
	program    string
	visitor    string // the program of who joins
	opener     string // what has the system open a link, if anything
	opensFiles bool   // and an invite file
	installed  bool   // the short story
	day        bool   // what people look at all day
	figures    int    // messages of a room whose costs are measured
	alone      bool   // in a network that has loopback and nothing else
	theme      string
	sizes      []image.Point // each picture is taken in each of them; the first is the one to work in
	file       int64         // bytes that Ben sends
	pictures   string
	out        io.Writer

	*screen
	dir             string
	maria, ben, eve *program
	laptop          *program // Ben's second computer
	aisha           *program // the third of the day
	link            string
	number          int // of the last picture
}

// Where the windows stand.
var (
	left  = image.Pt(0, 0)
	right = image.Pt(large.X+10, 0)
	below = image.Pt(0, large.Y+10)
	far   = image.Pt(large.X+10, large.Y+10)
)

const (
	place      = "Our class"
	passphrase = "otter marble cloud seven"
	// patience is how long anything may take to show: Argon2id and software GL
	// on a machine that has other things to do. What is there is seen at once.
	patience = time.Minute
)

// step is a part of a story with its name.
type step struct {
	name string
	play act
}

func (s *story) tell(ctx context.Context) error {
	return s.tellSteps(ctx, []step{
		{"Maria opens Snug for the first time", s.open},
		{"Maria hosts a place (A1, A2)", s.host},
		{"Maria copies an invite link (A5, A7)", s.invite},
		{"Ben joins with it and registers (A5, B1, C3)", s.join},
		{"Ben says hello with an emoji from the picker (D1, D2)", s.hello},
		{"Ben sees Maria typing, then her answer (D9)", s.answer},
		{"Ben sends a file and Maria's computer holds it (F1, F3)", s.send},
		{"Maria makes a private room with Ben, and they talk and send a file there (C2, C3, E2)", s.private},
		{"Ben and Maria compare seven pictures (C6)", s.verify},
		{"Ben writes to Maria alone, whose link brought him (C2, C7)", s.direct},
		{"Ben adds a second computer and reads on there (B6, H3)", s.device},
		{"Maria switches the theme and keeps her draft (J5)", s.toggle},
		{"Ben's Snug is killed and comes back to its history (H1)", s.comeBack},
		{"Eve is stopped at a link with another key (C1)", s.impostor},
	})
}

// tellSteps plays step after step; the first that fails ends the story.
func (s *story) tellSteps(ctx context.Context, steps []step) error {
	for _, step := range steps {
		started := time.Now()
		if err := step.play(ctx); err != nil {
			fmt.Fprintf(s.out, "FAIL %6.1fs  %s\n", time.Since(started).Seconds(), step.name)
			return errors.Join(fmt.Errorf("%s: %w", step.name, err), s.evidence())
		}
		fmt.Fprintf(s.out, "ok   %6.1fs  %s\n", time.Since(started).Seconds(), step.name)
	}
	return nil
}

// start opens Snug with the profile of that name. A new profile gets the
// theme of this telling.
func (s *story) start(ctx context.Context, name string, at image.Point, args ...string) (*program, error) {
	return s.startAs(ctx, s.program, name, at, args...)
}

// startAs is start with another program.
func (s *story) startAs(ctx context.Context, command, name string, at image.Point, args ...string) (*program, error) {
	layout, err := paths.For(filepath.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(layout.Settings()); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(layout.Settings()), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(layout.Settings(), fmt.Appendf(nil, `{"theme": %q}`, s.theme), 0o600); err != nil {
			return nil, err
		}
	}
	p, err := s.startProgram(ctx, name, command, filepath.Join(s.dir, name), at, s.sizes[0], args...)
	if err == nil {
		fmt.Fprintf(s.out, "              %s: window after %v, drawn after %v\n", name, p.mapped.Round(time.Millisecond), p.drawn.Round(time.Millisecond))
	}
	return p, err
}

// show takes a picture of p in each size, and gives the window its first size back.
func (s *story) show(ctx context.Context, p *program, name string) error {
	s.number++
	for i, size := range s.sizes {
		if i > 0 {
			if err := p.place(ctx, p.at, size); err != nil {
				return err
			}
		}
		file := fmt.Sprintf("%02d-%s-%dx%d.png", s.number, name, size.X, size.Y)
		if err := p.shot(ctx, filepath.Join(s.pictures, file)); err != nil {
			return err
		}
	}
	if len(s.sizes) == 1 {
		return nil
	}
	return p.place(ctx, p.at, s.sizes[0])
}

// evidence saves what the windows show after a failure, and the ends of the logs.
func (s *story) evidence() error {
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	var errs []error
	for _, p := range []*program{s.maria, s.ben, s.laptop, s.aisha, s.eve} {
		if p == nil {
			continue
		}
		logs := []string{p.log}
		if layout, err := paths.For(p.profile); err == nil {
			more, err := filepath.Glob(filepath.Join(layout.Logs(), "*"))
			logs, errs = append(logs, more...), append(errs, err)
		}
		for _, log := range logs {
			fmt.Fprintf(s.out, "---- %s ends with\n%s\n", log, tail(log))
		}
		select {
		case <-p.ended:
			fmt.Fprintf(s.out, "---- %s has ended\n", p.name)
		default:
			errs = append(errs, p.shot(ctx, filepath.Join(s.pictures, "failed-"+p.name+".png")))
		}
	}
	return errors.Join(errs...)
}

// end closes what is still open. Programs are asked first: that SIGTERM ends
// them is part of the story.
func (s *story) end() error {
	var errs []error
	for _, p := range []*program{s.eve, s.laptop, s.aisha, s.ben, s.maria} {
		errs = append(errs, p.quit())
	}
	return errors.Join(append(errs, s.screen.close())...)
}
