package chat

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/snugchat/snug/ui/text"
)

// capture is what this computer would tell the owner of an address: connections to
// it, and names that are looked up.
type capture struct {
	l     net.Listener
	wg    sync.WaitGroup
	mu    sync.Mutex // guards what
	what  []string
	saved *net.Resolver
}

// newCapture listens on loopback and takes over the look-up of names.
func newCapture(t *testing.T) *capture {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &capture{l: l, saved: net.DefaultResolver}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		c.note("a name was looked up")
		return nil, errors.New("no names here")
	}}
	c.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.note("connection from " + conn.RemoteAddr().String())
			conn.Close()
		}
	})
	t.Cleanup(func() {
		net.DefaultResolver = c.saved
		l.Close()
		c.wg.Wait()
	})
	return c
}

func (c *capture) note(what string) {
	c.mu.Lock()
	c.what = append(c.what, what)
	c.mu.Unlock()
}

func (c *capture) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.what...)
}

// TestD14AReceiverFetchesNothing is row D14 of the features: who is sent addresses
// connects to none of them and looks up no name, whatever they are wrapped in and
// whatever is done with them short of opening one, which is asked for first. The
// sender makes no preview either.
func TestD14AReceiverFetchesNothing(t *testing.T) {
	c := newCapture(t)
	at := c.l.Addr().String()
	v := newVillage(t, "Ben")
	ben := v.others["Ben"].place.Conversation()
	for _, words := range []string{
		"http://" + at + "/plain",
		"see [this](http://" + at + "/named) and ![that](http://" + at + "/picture.png)",
		"<img src=\"http://" + at + "/tag.png\"> http://" + at + "/preview.jpg",
		"> http://" + at + "/quoted\n- https://tracker.example/pixel.gif\n||http://" + at + "/hidden||",
		"https://tracker.example/?who=ana",
	} {
		if no := ben.Send(words); no != "" {
			t.Fatal(no)
		}
	}
	ben.Send("the last one")
	talk := v.ana.place.Conversation()
	v.until("all of it is in Ana's window", func() bool { return talk.Len() > 0 && talk.Line(talk.Len()-1).Text == "the last one" })

	// She looks at everything: the pointer over it, the menu, the details, the search.
	size := v.view.lines.Size()
	for y := float32(2); y < size.Height; y += 9 {
		for x := float32(20); x < size.Width; x += 60 {
			v.view.lines.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}})
		}
	}
	for i := range talk.Len() {
		talk.Details(talk.Line(i).ID)
	}
	v.view.sheets.Link("http://" + at + "/plain")
	v.until("she is asked", func() bool { return v.sees(text.ChatLinkAsk()) })
	v.press(text.WordCancel())
	v.app.Run()
	if got := c.seen(); len(got) != 0 || len(v.ana.urls) != 0 {
		t.Errorf("got %q and opened %q, want nothing", got, v.ana.urls)
	}

	// The capture works: the same addresses are seen when somebody does go there.
	conn, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, err := net.DefaultResolver.LookupHost(t.Context(), "tracker.example"); err == nil {
		t.Error("a name that does not exist was found")
	}
	v.until("both are captured", func() bool {
		got := strings.Join(c.seen(), " ")
		return strings.Contains(got, "connection") && strings.Contains(got, "looked up")
	})
}
