package main

import (
	"context"
	"image"
	"strings"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/ui/text"
)

// settingsButton is the last at the foot of the rail in a large window.
var settingsButton = image.Pt(30, large.Y-26)

// device lets Ben add a second computer by a link and a look at seven pictures,
// read there what was said before, and write from there.
func (s *story) device(ctx context.Context) (err error) {
	b := s.ben
	if err := b.clickAt(ctx, settingsButton); err != nil {
		return err
	}
	if err := do(ctx, b.clicksIn(sheet, text.DevicesOpen()), b.clicksIn(sheet, text.DevicesAdd()), b.clicksIn(sheet, text.InviteCopy()), s.shows(b, "device-link")); err != nil {
		return err
	}
	link := ""
	err = until(ctx, patience, "a link for another computer on the clipboard", func() (bool, error) {
		link = s.clipboard(ctx)
		return strings.HasPrefix(link, wire.DeviceLinkPrefix), nil
	})
	if err != nil {
		return err
	}
	if s.laptop, err = s.start(ctx, "laptop", below); err != nil {
		return err
	}
	l := s.laptop
	err = do(ctx,
		l.clicks(text.StartDevice()), s.protects(l), l.clicks(text.WordContinue()),
		l.sees(text.JoinDevicePaste()), l.presses("ctrl+a"), l.pastes(link), s.shows(l, "device-paste"), l.presses("Return"),
		b.seesIn(sheet, text.VerifyMatch()), l.sees(text.VerifyMatch()), s.shows(b, "device-pictures"), s.shows(l, "device-pictures-new"),
		l.clicks(text.VerifyMatch()), b.clicksIn(sheet, text.VerifyMatch()),
		b.seesIn(sheet, text.DevicesAddDoneTitle()), l.sees(text.ChatReadHost()),
		l.clicksIn(list, trip), l.seesIn(talk, "The host cannot read this"), s.shows(l, "device-history"),
		l.composer(), l.writes("From my laptop"), l.presses("Return"),
		b.clicksIn(sheet, text.WordDone()), s.shows(b, "devices"), b.clicksIn(sheet, text.WordClose()),
		b.clicksIn(list, trip), b.seesIn(talk, "From my laptop"), s.maria.sees("From my laptop"),
	)
	if err != nil {
		return err
	}
	return l.quit()
}
