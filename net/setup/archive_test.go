package setup_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
)

// exportOf writes what a member has into a new folder.
func exportOf(t *testing.T, c *client.Client) string {
	t.Helper()
	index, err := c.Export(t.Context(), client.ExportOptions{
		Parent: t.TempDir(), Name: "export", RoomName: func(r *client.Room) string { return r.Name },
		Lines: func(m *client.Message, _ string) []client.ExportLine {
			return []client.ExportLine{{ID: m.ID.String(), Text: m.Text}}
		},
		Words: client.ExportWords{
			Kind: func(*client.ExportRoom) string { return "" }, Count: func(n int64) string { return fmt.Sprint(n) },
			Day: func(time.Time) string { return "" }, Time: func(time.Time) string { return "" },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(index)
}

// FEATURES P4: an export is opened in another profile as a place that can be read
// and searched, there and after a restart, and in which nothing can be written.
func TestP4OpenExport(t *testing.T) {
	host := start(t)
	h, err := host.StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana"})
	if err != nil {
		t.Fatal(err)
	}
	c := h.Member().Client
	for i := range 3 {
		if _, err := c.Send(t.Context(), chat.Lobby, fmt.Sprint("song ", i)); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"song 0", "song 1", "song 2"}
	within(t, "all is said", func() bool {
		page, err := c.Before(t.Context(), chat.Lobby, 0, 100)
		return err == nil && slices.Equal(texts(t, c), want) && page.Messages[len(page.Messages)-1].Seq > 0
	})
	folder := exportOf(t, c)

	dir := t.TempDir()
	p, err := setup.Open(setup.Options{Dir: dir, Logs: recorder(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.OpenExport(t.Context(), folder, nil); !errors.Is(err, setup.ErrLocked) {
		t.Errorf("into a locked profile: %v", err)
	}
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.OpenExport(t.Context(), t.TempDir(), nil); !errors.Is(err, client.ErrExportFormat) {
		t.Errorf("an empty folder: %v, want %v", err, client.ErrExportFormat)
	}
	rows := filepath.Join(folder, "data", "room-001.jsonl")
	good, err := os.ReadFile(rows)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rows, append(slices.Clone(good), "{oops"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.OpenExport(t.Context(), folder, nil); !errors.Is(err, client.ErrExportFormat) {
		t.Errorf("a damaged room: %v, want %v", err, client.ErrExportFormat)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "data", "client")); err == nil && len(left) > 0 || len(p.Places()) > 0 {
		t.Errorf("a failed import left %v and %v", left, p.Places())
	}
	if err := os.WriteFile(rows, good, 0o600); err != nil {
		t.Fatal(err)
	}
	id, err := p.OpenExport(t.Context(), folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	look := func(p *setup.Profile) {
		t.Helper()
		m, err := p.OpenPlace(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := texts(t, m.Client); !slices.Equal(got, want) {
			t.Errorf("the archive has %q, want %q", got, want)
		}
		found, err := m.Client.Search(t.Context(), "song", chat.RoomID{}, 0, 10)
		if err != nil || len(found.Messages) != 3 {
			t.Errorf("%d are found, %v, want 3", len(found.Messages), err)
		}
		if _, err := m.Client.Send(t.Context(), chat.Lobby, "hello?"); !errors.Is(err, client.ErrNoRoom) {
			t.Errorf("writing: %v, want %v", err, client.ErrNoRoom)
		}
		if !m.Client.Archive() || m.Client.State().Phase != client.Idle {
			t.Errorf("the archive is in %+v", m.Client.State())
		}
	}
	look(p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, dir)
	if err := p.Unlock(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if places := p.Places(); len(places) != 1 || !places[0].Archive || places[0].Name != "Choir" || places[0].Person != "Ana" {
		t.Errorf("places after a restart: %+v", places)
	}
	look(p)
}
