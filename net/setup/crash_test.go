package setup_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
)

// TestListOfPlacesIsMadeAnew loses the list of places in two ways: the program
// died before it was written, or its bytes were damaged. The place is hosted
// again all the same, by the same person.
func TestListOfPlacesIsMadeAnew(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"never written": os.Remove,
		"damaged":       func(path string) error { return os.WriteFile(path, []byte("snug places 1\nnonsense"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
				t.Fatal(err)
			}
			h, err := p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
			if err != nil {
				t.Fatal(err)
			}
			me := h.Member().Client.Me().Account
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if err := spoil(filepath.Join(p.Layout().Data, "places")); err != nil {
				t.Fatal(err)
			}
			p = open(t, dir)
			if err := p.Unlock(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			if h, err = p.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"}); err != nil {
				t.Fatal(err)
			}
			if got := h.Member().Client.Me().Account; got != me {
				t.Errorf("account %v before, %v after", me, got)
			}
			if places := p.Places(); len(places) != 1 || !places[0].Hosted || places[0].Person != "Ana" {
				t.Errorf("places %+v", places)
			}
		})
	}
}

// TestHostKeepsOneCopy is row F1 of the features, Lobby part: the host saves what
// members upload, once, though its own person is a member too.
func TestHostKeepsOneCopy(t *testing.T) {
	h, err := start(t).StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.Invite(t.Context(), host.Command{Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	link.Addresses = []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}
	m, err := start(t).Join(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Client.Register(t.Context(), *link, "Ben", "zebra-candle-orbit-mint"); err != nil {
		t.Fatal(err)
	}
	m.Start()
	song := filepath.Join(t.TempDir(), "song.txt")
	if err := os.WriteFile(song, []byte("la la la"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Client.SendFile(t.Context(), chat.Lobby, song); err != nil {
		t.Fatal(err)
	}
	own := h.Member().Client
	within(t, "the host's person sees the file", func() bool {
		page, err := own.Before(t.Context(), chat.Lobby, 0, 10)
		return err == nil && len(page.Messages) > 0 && page.Messages[len(page.Messages)-1].File != nil
	})
	within(t, "the host saved the file", func() bool {
		b, err := fs.ReadFile(os.DirFS(h.Received()), "song.txt")
		return err == nil && string(b) == "la la la"
	})
	if err := h.Stop(t.Context()); err != nil { // whatever was under way has ended
		t.Fatal(err)
	}
	files, err := os.ReadDir(h.Received())
	if err != nil || len(files) != 1 {
		t.Errorf("in the received folder: %v, %v", files, err)
	}
}
