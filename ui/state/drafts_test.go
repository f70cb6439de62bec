package state

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/logs"
	"github.com/snugchat/snug/ui/text"
)

// writingEnv makes the test binary a window in which somebody writes until it is
// killed: its value is the folder of the profile.
const writingEnv = "SNUG_TEST_WRITING"

// begunText is what that person has begun.
const begunText = "half a tho"

// openProfile opens a profile of which this test closes what it opens.
func openProfile(t *testing.T, dir string) *setup.Profile {
	t.Helper()
	p, err := setup.Open(setup.Options{Dir: dir, Program: "test", Logs: logs.New(logs.Options{})})
	if err != nil {
		t.Fatal(err)
	}
	if p.IsNew() {
		err = p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile})
	} else {
		err = p.Unlock(t.Context(), "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// writeUntilKilled is that window. It says when the text is on the disk.
func writeUntilKilled(t *testing.T, dir string) {
	home := openProfile(t, dir)
	m, err := home.OpenPlace(t.Context(), home.Places()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	g := newGlass(t)
	p := NewPlace(m, g.desktop())
	g.watch(p)
	p.Conversation().SetDraft(begunText) // and nothing else: the window stays in front, in this room
	g.until("the draft is stored", func() bool {
		kept, err := m.Client.Draft(t.Context(), chat.Lobby)
		return err == nil && kept == begunText
	})
	fmt.Println("stored")
	g.until("this process is killed", func() bool { return false })
}

// TestDraftOutlivesKill is P1 of the features: what somebody writes is there again
// after their program was killed, though they never left the room or the window.
func TestDraftOutlivesKill(t *testing.T) {
	if dir := os.Getenv(writingEnv); dir != "" {
		writeUntilKilled(t, dir)
		return
	}
	h, err := profile(t).StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.Invite(t.Context(), host.Command{Uses: 1})
	if err != nil {
		t.Fatal(err)
	}
	link.Addresses = []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}
	dir := t.TempDir()
	home := openProfile(t, dir)
	m, err := home.Join(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Client.Register(t.Context(), *link, "Ben", "zebra-candle-orbit-mint"); err != nil {
		t.Fatal(err)
	}
	m.Start()
	if err := home.Close(); err != nil {
		t.Fatal(err)
	}

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), writingEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if said += lines.Text() + "\n"; lines.Text() == "stored" {
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); !strings.Contains(said, "stored\n") {
		t.Fatalf("it ended with nothing stored: %v\n%s", err, said)
	}

	home = openProfile(t, dir)
	defer func() {
		if err := home.Close(); err != nil {
			t.Error(err)
		}
	}()
	if m, err = home.OpenPlace(t.Context(), home.Places()[0].ID); err != nil {
		t.Fatal(err)
	}
	g := newGlass(t)
	p := NewPlace(m, g.desktop())
	defer p.Close()
	g.watch(p)
	g.until("the draft is back", func() bool { return p.Conversation().Draft() == begunText })
}

// A draft that could not be written is written later, which is said once; a message
// that could not be goes back into the composer, and onto the disk again.
func TestDraftIsWrittenAgain(t *testing.T) {
	x := newTown(t)
	p, c := x.ben, x.ben.Conversation()
	full, tries := true, make(chan string, 1000)
	p.drafts.again = draftRest / 10
	store := p.drafts.store
	p.drafts.store = func(ctx context.Context, room chat.RoomID, draft string) error {
		tries <- draft
		if full {
			return errors.New("no room")
		}
		return store(ctx, room, draft)
	}
	stored := func() string {
		s, err := p.client.Draft(t.Context(), chat.Lobby)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c.SetDraft("one")
	c.KeepDraft()
	x.until("it was tried three times", func() bool { return len(tries) >= 3 })
	if got := stored(); got != "" {
		t.Errorf("stored: %q", got)
	}
	said := 0
	for _, note := range x.b.notes {
		if note == text.For(text.Unexpected, text.Facts{}).String() {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times that it was not stored: %q", said, x.b.notes)
	}
	// The jobs' goroutine reads full: it is changed there.
	p.do(func(context.Context) error { full = false; return nil }, nil)
	x.until("it is stored", func() bool { return stored() == "one" })

	// More than can wait: the message comes back.
	hold, begun := make(chan struct{}), make(chan struct{})
	p.do(func(context.Context) error { close(begun); <-hold; return nil }, nil)
	<-begun
	for range maxJobs {
		p.do(func(context.Context) error { return nil }, nil)
	}
	c.SetDraft("two")
	if got := c.Send("two"); got != "" {
		t.Fatalf("refused: %s", got)
	}
	if got := c.Draft(); got != "two" {
		t.Errorf("what could not be sent is %q in the composer", got)
	}
	close(hold)
	x.until("it is stored", func() bool { return stored() == "two" })
	if got := c.Send("two"); got != "" {
		t.Fatalf("refused: %s", got)
	}
	x.until("it is sent, and no draft any more", func() bool { _, is := line(x.ana, "two"); return is && stored() == "" })
}
