package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"strings"
	"time"

	"github.com/snugchat/snug/ui/text"
)

// tellInstalled is the story of programs that were just installed
// (packaging/test): one hosts, the other joins by a link that it is started
// with, they talk, and a link that is clicked later reaches the open window.
func (s *story) tellInstalled(ctx context.Context) error {
	return s.tellSteps(ctx, []step{
		{"Maria opens Snug for the first time (M1)", s.open},
		{"Maria hosts a place (A1, A2)", s.host},
		{"Maria copies an invite link (A5)", s.invite},
		{"Ben's Snug is started with the link (M4)", s.joinByArgument},
		{"They talk (D1)", s.talk},
		{"Links that are clicked reach the open windows (M4)", s.clickedLinks},
	})
}

func (s *story) joinByArgument(ctx context.Context) (err error) {
	if s.ben, err = s.startAs(ctx, s.visitor, "ben", right, s.link); err != nil {
		return err
	}
	b := s.ben
	return do(ctx,
		s.signUp(b, "Ben"), b.sees(text.JoinAsk(place)), s.shows(b, "card"), b.clicks(text.JoinAction()),
		b.sees(text.LoginPassword()), b.writes(passphrase), b.presses("Return"),
		b.sees(text.ChatReadHost()), s.maria.sees(text.ChatJoined("Ben")),
	)
}

func (s *story) talk(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		b.composer(), b.writes("Hello Maria, I came by the link"), b.presses("Return"), m.sees("I came by the link"),
		m.composer(), m.writes("Welcome Ben, nice that you are here"), m.presses("Return"), b.sees("nice that you are here"),
		s.shows(m, "talk-maria"), s.shows(b, "talk-ben"),
	)
}

// protects chooses a passphrase where the computer has no safe store, as on the
// private display of a story, and else leaves the choice at the computer's login,
// as on Windows.
func (s *story) protects(p *program) act {
	return func(ctx context.Context) error {
		login := false
		err := until(ctx, patience, p.name+" is asked how to protect this computer", func() (bool, error) {
			read, err := p.read(ctx, image.Rectangle{})
			if err != nil {
				return false, err
			}
			_, asks := read.find(text.ProtectAgainHint())
			_, offers := read.find(text.ProtectKeyringLine())
			login = offers && !asks // until the computer has answered both are there
			return asks || login, nil
		})
		if err != nil || login {
			return err
		}
		return do(ctx, p.writes(passphrase), p.presses("Return"), p.writes(passphrase))
	}
}

// clickedLinks starts both programs a second time with a link that is damaged:
// the windows that are open say so, and the second starts end.
func (s *story) clickedLinks(ctx context.Context) error {
	for _, p := range []*program{s.maria, s.ben} {
		command := s.program
		if p == s.ben {
			command = s.visitor
		}
		patient, stop := context.WithTimeout(ctx, patience)
		cmd := exec.CommandContext(patient, command, "--profile", p.profile, s.link[:len(s.link)-4])
		cmd.Env = s.env
		began := time.Now()
		out, err := cmd.CombinedOutput()
		stop()
		if err != nil {
			return errors.Join(fmt.Errorf("the second start for %s: %w: %s", p.name, err, strings.TrimSpace(string(out))), ctx.Err())
		}
		fmt.Fprintf(s.out, "              %s: the second start ended after %v\n", p.name, time.Since(began).Round(time.Millisecond))
		if err := do(ctx, p.sees(text.ProblemBadLink()), s.shows(p, "clicked-"+p.name)); err != nil {
			return err
		}
	}
	return nil
}
