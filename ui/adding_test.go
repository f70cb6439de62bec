package ui

import (
	"strings"
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// FEATURES B6: a person adds a second computer, by what they see and press on both.
func TestB6SecondComputer(t *testing.T) {
	app := kittest.App(t, theme.Light, 100)
	var none, clip string
	first := hostIn(t, app, t.TempDir(), &none)
	first.app.Hosting().Show(false)
	second := drive(t, app, t.TempDir(), "", &clip)
	second.press(text.StartDevice())
	second.screen(state.ScreenProtect)
	second.until("keyring", func() bool { _, known := second.app.Keyring(); return known })
	if has, _ := second.app.Keyring(); has {
		second.press(text.ProtectPassphrase())
	}
	second.fill(goodPassword)
	second.press(text.WordContinue())
	second.screen(state.ScreenJoin)
	second.check("device-paste")

	first.settings()
	first.press(text.DevicesOpen())
	first.until("own computers", func() bool { return strings.Contains(first.words(), text.DevicesThis()) })
	first.press(text.DevicesAdd())
	first.until("the link", func() bool { return strings.Contains(first.words(), "snug://device#") })
	if got := first.words(); !strings.Contains(got, text.DevicesAddCareful()) {
		t.Errorf("beside the link: %q", got)
	}
	first.check("own-device-link")
	for _, word := range strings.Fields(first.words()) {
		if strings.HasPrefix(word, "snug://device#") {
			clip = word
		}
	}
	second.types(clip)
	second.until("the pictures", func() bool { return strings.Contains(second.words(), text.DevicesAddLook()) })
	first.until("the pictures", func() bool { return strings.Contains(first.words(), text.DevicesAddLook()) })
	first.check("own-device-pictures")
	second.check("own-device-pictures-new")
	first.press(text.VerifyMatch())
	first.until("said", func() bool { return strings.Contains(first.words(), text.DevicesAddAgreed()) })
	first.check("own-device-agreed")
	second.press(text.VerifyMatch())
	first.until("added", func() bool { return strings.Contains(first.words(), text.DevicesAddDoneTitle()) })
	first.check("own-device-added")
	first.press(text.WordDone())
	second.screen(state.ScreenPlace)
	first.until("two computers", func() bool { return strings.Contains(first.words(), text.DevicesUnnamed()) })
	first.check("own-devices")
}
