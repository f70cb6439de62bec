package setup_test

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
)

// start opens and unlocks a new profile.
func start(t *testing.T) *setup.Profile {
	t.Helper()
	p := open(t, t.TempDir())
	if err := p.Create(t.Context(), setup.Protection{Kind: setup.ByKeyFile}); err != nil {
		t.Fatal(err)
	}
	return p
}

// within waits until ok holds, at most 90 s.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("after 90 s still not: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// texts returns what a member sees in the Lobby.
func texts(t *testing.T, c *client.Client) []string {
	t.Helper()
	page, err := c.Before(t.Context(), chat.Lobby, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range page.Messages {
		if m.Kind == client.LineText {
			out = append(out, m.Text)
		}
	}
	return out
}

// talkAmongFour lets one host, three join by its link, and everybody say
// something. It returns the place's port.
func talkAmongFour(t *testing.T) int {
	t.Helper()
	h, err := start(t).StartHost(t.Context(), setup.HostOptions{Place: "Choir", Owner: "Ana", Addresses: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.Invite(t.Context(), host.Command{Uses: 3})
	if err != nil {
		t.Fatal(err)
	}
	link.Addresses = []string{fmt.Sprintf("127.0.0.1:%d", h.Port())}
	clients := []*client.Client{h.Member().Client}
	for _, name := range []string{"Ben", "Cleo", "Dan"} {
		m, err := start(t).Join(t.Context(), link)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Client.Register(t.Context(), *link, name, "zebra-candle-orbit-mint"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m.Start()
		clients = append(clients, m.Client)
	}
	var want []string
	for i, c := range clients {
		text := fmt.Sprintf("line %d", i)
		if _, err := c.Send(t.Context(), chat.Lobby, text); err != nil {
			t.Fatal(err)
		}
		want = append(want, text)
		within(t, "everybody sees "+text, func() bool {
			return !slices.ContainsFunc(clients, func(c *client.Client) bool { return !slices.Equal(texts(t, c), want) })
		})
	}
	return h.Port()
}

// TestHostAndJoin is row A1 of the features as far as it has no window: a place
// is usable at once, on a free port, and a member's profile remembers it.
func TestHostAndJoin(t *testing.T) { talkAmongFour(t) }

// TestPortStays keeps links good that are out: the port that was got while the
// wanted one was taken is got again later, though the wanted one is free then.
func TestPortStays(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := taken.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no port")
	}
	p := start(t)
	got := func(o setup.HostOptions) int {
		t.Helper()
		h, err := p.StartHost(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		return h.Port()
	}
	o := setup.HostOptions{Place: "Choir", Owner: "Ana", Port: addr.Port}
	first := got(o)
	if first == addr.Port {
		t.Fatal("got a port that was taken")
	}
	taken.Close()
	if again := got(o); again != first {
		t.Errorf("got %d at first and %d later", first, again)
	}
	o.Port = addr.Port + 100 // another wish counts
	if other := got(o); other == first {
		t.Errorf("wanted %d, got the old %d", o.Port, other)
	}
}
