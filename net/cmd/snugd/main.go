// Command snugd hosts a place on a computer without a screen. It is `snug serve`
// without the window's libraries.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/snugchat/snug/net/cli"
)

// version is set when it is built: -ldflags "-X main.version=0.1.0".
var version = "0.0.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	self, _ := os.Executable() // unknown is "", and nothing is looked for beside it
	code := cli.Main(ctx, os.Args[1:], cli.Program{Name: "snugd", Version: version, Path: self, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
