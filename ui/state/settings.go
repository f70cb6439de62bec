package state

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Prefs returns the settings as they are now.
func (a *App) Prefs() prefs.Settings { return a.settings }

// setPrefs changes the settings. They are on disk a moment later; a disk that
// takes nothing costs the next start its settings, and is logged.
func (a *App) setPrefs(change func(*prefs.Settings)) {
	change(&a.settings)
	a.savePrefs()
	a.changed()
}

// savePrefs writes what is chosen now, and again if it changed meanwhile.
func (a *App) savePrefs() {
	if a.profile == nil || a.saving || a.wiped {
		return
	}
	a.saving = true
	wanted := a.settings
	a.Background(func(context.Context) error {
		return a.profile.Prefs().Update(func(s *prefs.Settings) { *s = wanted })
	}, func(err error) {
		a.saving = false
		if err != nil {
			a.log.Warn("settings not saved", "err", err)
			return
		}
		if !same(wanted, a.settings) {
			a.savePrefs()
		}
	})
}

func same(a, b prefs.Settings) bool {
	if !slices.Equal(a.RecentPlaces, b.RecentPlaces) {
		return false
	}
	a.RecentPlaces, b.RecentPlaces = nil, nil
	return reflect.DeepEqual(a, b)
}

// SetTheme chooses the look of the window.
func (a *App) SetTheme(t prefs.Theme) { a.setPrefs(func(s *prefs.Settings) { s.Theme = t }) }

// SwitchTheme goes from light to dark and back; dark says what is shown now.
func (a *App) SwitchTheme(dark bool) {
	if dark {
		a.SetTheme(prefs.Light)
	} else {
		a.SetTheme(prefs.Dark)
	}
}

// zoomStep is how much one press of Ctrl and plus changes the text size, per cent.
const zoomStep = 10

// Zoom makes the text larger (1) or smaller (-1) by a step, or 100 % again (0).
func (a *App) Zoom(direction int) {
	a.setPrefs(func(s *prefs.Settings) {
		if direction == 0 {
			s.TextScale = 100
			return
		}
		s.TextScale = min(max(s.TextScale+direction*zoomStep, prefs.MinTextScale), prefs.MaxTextScale)
	})
}

// SetZoom makes the text as large as per cent says, within its bounds.
func (a *App) SetZoom(percent int) {
	a.setPrefs(func(s *prefs.Settings) { s.TextScale = min(max(percent, prefs.MinTextScale), prefs.MaxTextScale) })
}

// Resized remembers the size of the window, in device-independent pixels.
func (a *App) Resized(width, height int) {
	if width < prefs.MinWindow || height < prefs.MinWindow || width > prefs.MaxWindow || height > prefs.MaxWindow {
		return
	}
	a.setPrefs(func(s *prefs.Settings) { s.WindowWidth, s.WindowHeight = width, height })
}

// SetNotify says whether the desktop is told of new messages.
func (a *App) SetNotify(on bool) { a.setPrefs(func(s *prefs.Settings) { s.Notify = on }) }

// SetEnterLines makes Enter break the line and Shift+Enter send (FEATURES C3).
func (a *App) SetEnterLines(on bool) { a.setPrefs(func(s *prefs.Settings) { s.EnterLines = on }) }

// SetReducedMotion keeps everything still that need not move (FEATURES K5).
func (a *App) SetReducedMotion(on bool) { a.setPrefs(func(s *prefs.Settings) { s.ReducedMotion = on }) }

// SetShowTyping says whether others see when the person writes, and the person when
// others do (FEATURES D9).
func (a *App) SetShowTyping(on bool) {
	a.setPrefs(func(s *prefs.Settings) { s.ShowTyping = on })
	for _, e := range a.open {
		e.Place.typingAllowed()
	}
}

// SetShowSeen says whether others see what has come to the person and what they have
// read in private rooms, and the person the same of others (FEATURES D10).
func (a *App) SetShowSeen(on bool) {
	a.setPrefs(func(s *prefs.Settings) { s.ShowSeen = on })
	if a.profile != nil {
		a.profile.SetShowSeen(on)
	}
	for _, e := range a.open {
		e.Member.Client.ReceiptsChanged()
	}
}

// habits are the settings that a conversation uses.
func (a *App) habits() Habits {
	return Habits{
		ShowTyping: func() bool { return a.settings.ShowTyping },
		EnterLines: func() bool { return a.settings.EnterLines },
		Emoji: func() Emoji {
			return Emoji{Recent: strings.Fields(a.settings.RecentEmoji), Tone: a.settings.EmojiTone}
		},
		KeepEmoji: func(e Emoji) {
			a.setPrefs(func(s *prefs.Settings) { s.RecentEmoji, s.EmojiTone = strings.Join(e.Recent, " "), e.Tone })
		},
	}
}

// SetAutoDownload says up to how many bytes files are fetched without a question.
func (a *App) SetAutoDownload(n int64) {
	a.setPrefs(func(s *prefs.Settings) { s.AutoDownload = min(max(n, 0), prefs.MaxAutoDownload) })
}

// Version is the program's version.
func (a *App) Version() string {
	_, version, _ := strings.Cut(a.options.Program, " ")
	return version
}

// SetPassword sets the password of an account; old is the one that it had, "" if
// none. It returns what is wrong with the new one; if nothing is, done is called
// later with what went wrong, or the zero Sentence.
func (a *App) SetPassword(e *Entered, old, fresh string, done func(text.Sentence)) (fault string) {
	if err := client.CheckPassword(fresh, e.me.Name, e.info.Name); err != nil {
		return sayPassword(err)
	}
	c := e.Member.Client
	a.Background(func(ctx context.Context) error { return c.ChangePassword(ctx, old, fresh, true) }, func(err error) {
		switch {
		case client.CodeOf(err) == wire.CodeRefused:
			done(text.For(text.WrongPassword, text.Facts{}))
		case err != nil:
			a.log.Warn("password not changed", "err", err)
			done(a.Say(err))
		default:
			e.read()
			a.desktop.Toast(text.SettingsSaved())
			done(text.Sentence{})
		}
	})
	return ""
}
