package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// OnHost returns the texts of the Lobby that the host has acknowledged.
func OnHost(t *testing.T, c *client.Client) (out []string) {
	t.Helper()
	page, err := c.Before(t.Context(), chat.Lobby, 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		if m.Kind == client.LineText && m.Seq > 0 {
			out = append(out, m.Text)
		}
	}
	return out
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 90 s: %s", what)
		}
	}
}

// Fault 13, Z8: somebody puts an older file of a database in its place, whole and with
// the right key. It is noticed, said once, and nothing that was said is lost: what the
// host lacks its person's client gives back, what the client lacks comes from the host.
// With a backup that is newer than the file the host goes back to that. Seen to fail
// without the marks (Repair says nothing), and without the question for the backup.
func TestRollbackIsNoticed(t *testing.T) {
	const early, late = 5, 10
	for name, c := range map[string]struct {
		host   bool // it is the host's file, else its person's client's
		backup bool // one was made later
		want   func(r []Repair) bool
	}{
		"the host's":                      {true, false, func(r []Repair) bool { return len(r) == 1 && r[0].Rolled && r[0].Place == "" }},
		"the host's, with a newer backup": {true, true, func(r []Repair) bool { return len(r) == 1 && !r[0].Rolled && !r[0].Backup.IsZero() && r[0].Place == "" }},
		"a client's":                      {false, false, func(r []Repair) bool { return len(r) == 1 && r[0].Rolled && r[0].Place != "" }},
		"a client's, with a newer backup": {false, true, func(r []Repair) bool { return len(r) == 1 && r[0].Rolled && r[0].Place != "" }},
	} {
		if raced && c.host != c.backup { // five times as long
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var all []string
			var path string
			// talk starts the place, says n lines more, and ends it.
			talk := func(n int, during func(p *Profile)) {
				t.Helper()
				p := openIn(t, dir)
				defer closeIt(t, p)
				h, err := p.StartHost(t.Context(), HostOptions{Place: "Choir", Owner: "Ana"})
				if err != nil {
					t.Fatal(err)
				}
				own := h.Member().Client
				if path = p.hostPath(); !c.host {
					path = p.clientPath(h.Member().ID)
				}
				if len(all) > 0 {
					until(t, "all is there", func() bool { return slices.Equal(OnHost(t, own), all) })
				}
				for range n {
					all = append(all, fmt.Sprint("line ", len(all)))
					if _, err := own.Send(t.Context(), chat.Lobby, all[len(all)-1]); err != nil {
						t.Fatal(err)
					}
				}
				until(t, "all is on the host", func() bool { return slices.Equal(OnHost(t, own), all) })
				during(p)
			}
			nothing := func(*Profile) {}
			talk(early, nothing)
			old, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			talk(late, func(p *Profile) {
				if c.backup {
					if err := p.BackUp(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			})
			for _, suffix := range []string{"-wal", "-shm"} {
				if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(path, old, 0o600); err != nil {
				t.Fatal(err)
			}
			talk(1, func(p *Profile) {
				if r := p.Repairs(); !c.want(r) {
					t.Errorf("said: %+v", r)
				}
			})
			talk(1, func(p *Profile) {
				if r := p.Repairs(); len(r) > 0 {
					t.Errorf("said once more: %+v", r)
				}
			})
			if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.behind*")); err != nil || len(left) > 0 {
				t.Errorf("left behind: %q, %v", strings.Join(left, " "), err)
			}
		})
	}
}
