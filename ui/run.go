// Package ui is the desktop program: its window, which screen is in it, the
// theme, and what the desktop around the window is asked for.
//
// It must not know bytes, keys or databases: ui/state decides, and the packages
// below ui draw. It gets a fyne.App handed in, since importing fyne's app
// package needs a graphics driver, which tests do not have.
//
// Screens and words are specified by UX.md, the look by the visual language of
// the design notes.
package ui

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/net/cli"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/gallery"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Run opens the window and blocks until it is closed or ctx ends; then it stops
// the host and every client, and returns. It is called on the main goroutine. If
// a window has the profile open already, that one gets the call and comes to the
// front, and Run returns at once.
func Run(ctx context.Context, app fyne.App, w cli.Window) error {
	if w.Gallery {
		showGallery(ctx, app)
		return nil
	}
	letOthersComeForward()
	call := setup.Call{Link: w.Link, Host: w.Host}
	if setup.HandOver(ctx, w.Profile, call) == nil {
		return nil
	}
	rec, err := recorder(w)
	if err != nil {
		return err
	}
	defer rec.Close()
	options := setup.Options{
		Dir: w.Profile, Program: w.Program.Name + " " + w.Program.Version, DeviceName: setup.DeviceName(), Logs: rec, Console: w.Console,
	}
	profile, opened := setup.OpenOrHandOver(ctx, options, call)
	if errors.Is(opened, setup.ErrHandedOver) {
		return nil
	}
	if complaint := drawable(); complaint != "" {
		if profile != nil {
			err = profile.Close()
		}
		return errors.Join(tellPlainly(complaint), err)
	}
	theme.InstallEmoji()
	app = forget(app)
	beginLinks() // before there is a window
	window := newWindow(app)
	window.app = state.Begin(window.desktop(), options, call, profile, opened)
	window.open()
	if profile != nil {
		if err := profile.TakeCalls(window.take); err != nil {
			slog.New(rec).Warn("links that are clicked open another window", "err", err)
		}
	}
	stop := watchLinks(func(link string) { window.take(setup.Call{Link: link}) })
	defer stop()
	quit := context.AfterFunc(ctx, func() { fyne.Do(app.Quit) })
	defer quit()
	defer giveMemoryBack(ctx)()
	app.Run()
	window.gone()
	window.remember()
	return window.app.Close()
}

// showGallery opens a window with every widget and every kind of message, and a
// button for the other theme, and blocks until it is closed or ctx ends.
func showGallery(ctx context.Context, app fyne.App) {
	theme.InstallEmoji()
	mode := theme.Light
	app.Settings().SetTheme(theme.New(mode, 100))
	win := app.NewWindow(app.Metadata().Name)
	win.SetPadded(false)
	other := kit.NewIconButton(icon.Moon, text.SettingsThemeSwitch(), nil)
	other.SetPress(func() {
		if mode = theme.Dark; theme.IsDark() {
			mode = theme.Light
		}
		app.Settings().SetTheme(theme.New(mode, 100))
	})
	win.SetContent(container.NewBorder(other, nil, nil, nil, gallery.Page(time.Now())))
	win.Resize(fyne.NewSize(1100, 900))
	win.Show()
	quit := context.AfterFunc(ctx, func() { fyne.Do(app.Quit) })
	defer quit()
	app.Run()
}

// recorder opens the log: a file in the profile's state folder, and the lines
// that the log window shows. A log that cannot be written stops nobody from
// chatting: it is then kept in memory only.
func recorder(w cli.Window) (*logs.Recorder, error) {
	layout, err := paths.For(w.Profile)
	if err != nil {
		return nil, err
	}
	o := logs.Options{Level: slog.LevelInfo}
	var complaint error
	if err := paths.MakeDir(layout.State); err != nil {
		complaint = err
	} else {
		complaint = errors.Join(openLog(layout, &o), keepCrashes(layout))
	}
	rec := logs.New(o)
	if complaint != nil {
		slog.New(rec).Warn("log not written to a file", "err", complaint)
	}
	return rec, nil
}

// openLog has lines written to the profile's log file.
func openLog(layout paths.Layout, o *logs.Options) error {
	if err := paths.MakeDir(layout.Logs()); err != nil {
		return err
	}
	f, err := logs.OpenFile(layout.Logs())
	if err != nil {
		return err
	}
	o.File = f
	return nil
}

// keepCrashes has the Go runtime write what a crash says into a file, which a
// desktop would throw away otherwise. It holds stacks, no texts.
func keepCrashes(layout paths.Layout) error {
	f, err := os.OpenFile(filepath.Join(layout.State, "crash.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// The runtime keeps a handle of its own.
	return errors.Join(debug.SetCrashOutput(f, debug.CrashOptions{}), f.Close())
}

// PlainLocale gives Fyne a language where the desktop has none that it can
// read ("C", "POSIX"), about which it would complain on standard error. It is
// called before Fyne's app is made.
func PlainLocale() {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		v, ok := os.LookupEnv(name)
		if !ok || v == "" {
			continue
		}
		language, _, _ := strings.Cut(v, ".")
		if language == "C" || language == "POSIX" {
			_ = os.Setenv(name, "en_US.UTF-8") // a name without = never fails
		}
	}
}
