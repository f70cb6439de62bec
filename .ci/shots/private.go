package main

import (
	"context"
	"image"
	"os"
	"path/filepath"

	"github.com/snugchat/snug/ui/text"
)

// trip is the private room of the story.
const trip = "Weekend trip"

// sheet is where a sheet stands in a large window.
var sheet = image.Rect(large.X/2-220, 0, large.X/2+220, large.Y)

// list is where the rooms are in a large window.
var list = image.Rect(62, 62, 370, large.Y)

// middle is where an empty conversation has its button in a large window, also
// beside the host's pane.
var middle = image.Rect(380, 300, 790, 815)

func (p *program) clicksIn(area image.Rectangle, words string) act {
	return func(ctx context.Context) error { return p.clickIn(ctx, area, words) }
}

func (p *program) seesIn(area image.Rectangle, words string) act {
	return func(ctx context.Context) error {
		_, err := p.seeIn(ctx, area, words, patience)
		return err
	}
}

// private lets Maria make a room, bring Ben into it, and both talk there: the
// host's person is in it because she made it, and the label says who reads it.
func (s *story) private(ctx context.Context) error {
	m, b := s.maria, s.ben
	file := filepath.Join(s.dir, "route.txt")
	if err := os.WriteFile(file, []byte("over the bridge, then left\n"), 0o600); err != nil {
		return err
	}
	return do(ctx,
		m.clicksIn(list, text.RoomsPrivateNew()), m.sees(text.RoomCreate()), m.writes(trip), s.shows(m, "new-room"), m.presses("Return"),
		m.sees(text.RoomAlone()), s.shows(m, "alone"),
		m.clicksIn(middle, text.RoomInvite()), m.clicksIn(sheet, "Ben"), s.shows(m, "invite-member"), m.clicksIn(sheet, text.RoomInviteAction(1)),
		m.sees(text.RoomMembersCount(2)),
		b.clicksIn(list, trip), b.seesIn(talk, text.RoomLineAdded("Maria", text.WordYouWhom())), b.sees(text.ChatReadMembers()), s.shows(b, "private"),
		b.composer(), b.writes("The host cannot read this"), b.presses("Return"),
		m.seesIn(talk, "The host cannot read this"),
		b.pastes(file), b.clicks(text.FileSend(1)), m.sees(filepath.Base(file)), s.shows(m, "private-file"),
	)
}

// asks is where a banner over everything has its buttons in a large window, also
// beside the host's pane.
var asks = image.Rect(600, 0, large.X, 60)

// verify lets Ben and Maria compare seven pictures: four clicks for Ben, three for
// Maria (FEATURES C6). That both see the same is for them to say.
func (s *story) verify(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		b.clicksIn(list, "Maria"), b.seesIn(sheet, text.PersonMessage()), s.shows(b, "person"), b.clicksIn(sheet, text.VerifyAction()),
		b.seesIn(sheet, text.VerifyWaitTitle("Maria")), s.shows(b, "compare-wait"), s.shows(m, "compare-asked"),
		m.clicksIn(asks, text.VerifyAsksYes()), m.seesIn(sheet, text.VerifyMatch()), b.seesIn(sheet, text.VerifyMatch()),
		s.shows(m, "compare"), m.clicksIn(sheet, text.VerifyMatch()), m.seesIn(sheet, text.VerifySaidTitle("Ben")),
		b.clicksIn(sheet, text.VerifyMatch()), b.seesIn(sheet, text.VerifyDoneTitle("Maria")), m.seesIn(sheet, text.VerifyDoneTitle("Ben")),
		s.shows(b, "compare-done"), m.clicksIn(sheet, text.WordDone()), b.clicksIn(sheet, text.WordDone()),
	)
}

// direct lets Ben write to Maria alone. He came by her personal link, so the two are
// verified to each other, and she is not asked whether she wants to hear from him.
func (s *story) direct(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		b.clicksIn(list, text.RoomsDirectNew()), b.clicksIn(sheet, "Maria"), b.sees(text.ChatReadMembers()),
		b.composer(), b.writes("Just between us"), b.presses("Return"),
		m.clicksIn(list, "Just between us"), m.seesIn(talk, "Just between us"),
		m.composer(), m.writes("Nice to hear from you"), m.presses("Return"),
		b.seesIn(talk, "Nice to hear from you"), s.shows(b, "direct"),
	)
}
