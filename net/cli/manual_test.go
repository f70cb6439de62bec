package cli_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/cli"
)

// The manual page has every command with its whole help, and man finds nothing
// wrong with it.
func TestManual(t *testing.T) {
	window := func(context.Context, cli.Window) error { return nil }
	for name, c := range map[string]struct {
		p    cli.Program
		want []string
	}{
		"the program with a window": {
			cli.Program{Name: "snug", Version: "1.2.3", Window: window},
			[]string{".TH SNUG 1 2026-11-23", "snug \\- lets friends talk", "LINK is an invite link", ".SS serve [options]", "\\-\\-passphrase\\-file FILE", "stop\\-invite ID", ".SS help [COMMAND]"},
		},
		"the one without": {
			cli.Program{Name: "snugd", Version: "1.2.3"},
			[]string{".TH SNUGD 1 2026-11-23", "snugd \\- hosts a Snug place", "\\-\\-join MODE"},
		},
	} {
		page := string(cli.Manual(c.p, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)))
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q in\n%s", name, want, page)
			}
		}
		man, err := exec.LookPath("groff")
		if err != nil {
			continue
		}
		cmd := exec.Command(man, "-man", "-Tutf8", "-ww", "-z")
		cmd.Stdin = strings.NewReader(page)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: groff says %q, %v", name, out, err)
		}
	}
}
