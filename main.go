// Snug is a desktop chat program: one person hosts a place on their own
// computer, friends come in with a link from them.
//
// This comment is the map of the code. Imports point one way, and a test
// (net/cli/layers_test.go) fails when one does not:
//
//	main.go    hands what is embedded here to the command line and the window
//	ui/        windows and widgets. ui is the shell: the window and which screen
//	           is in it. Screens: start (the way in), join, chat, rooms, hosting,
//	           settings, rail, page (the frame of a question). ui/state holds every
//	           decision, without the toolkit. Parts: theme, text (every sentence),
//	           kit (widgets), markup (marks in texts), flow (setting them), picture and
//	           media (pictures, sound and documents that strangers made), gallery (all of it on a
//	           page), timeline (the list of messages) and timeline/bubble (one of them),
//	           compose, emoji; chat has bars (above and below the messages), sheets
//	           (over them) and viewer (pictures) inside. None is above 2,000 lines and
//	           none knows another's widgets (net/cli/parts_test.go)
//	net/       wire (messages, links), link (one connection), host and client (the
//	           two sides of a place), transfer (files), presence, setup (builds a
//	           host or a client from a profile), cli and cmd/snugd (without a window);
//	           torture (tests only: hosts and clients that are killed, bad networks)
//	crypto/    channel (Noise), identity, opaque (passwords), stream (files), vault,
//	           mls (RFC 9420), group (mls by our rules), verify (pictures), mail
//	           (device to device), pairing (a second device), recovery. They know keys
//	           and bytes, never rooms or users
//	storage/   chat (the nouns), paths, prefs, logs, sqlite, hostdb, clientdb, blobs, backup, export
//
// Documents lie beside what they specify: net/PROTOCOL.md, crypto/SECURITY.md,
// storage/SCHEMA.md.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"syscall"

	"fyne.io/fyne/v2/app"

	"github.com/snugchat/snug/net/cli"
	"github.com/snugchat/snug/ui"
)

//go:embed FyneApp.toml
var about string

//go:embed Icon.png
var picture []byte

func main() {
	ui.AttachConsole()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	meta := ui.Metadata(about, picture)
	self, _ := os.Executable() // unknown is "", and nothing is looked for beside it
	code := cli.Main(ctx, os.Args[1:], cli.Program{
		Name: "snug", Version: meta.Version, Path: self, Out: os.Stdout, Err: os.Stderr,
		Window: func(ctx context.Context, w cli.Window) error {
			ui.PlainLocale()
			app.SetMetadata(meta)
			return ui.Run(ctx, app.NewWithID(meta.ID), w)
		},
	})
	stop()
	os.Exit(code)
}
