package link

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/wire"
)

// TestSamePrologue keeps the two places that name the protocol together: the
// channel may not import the messages.
func TestSamePrologue(t *testing.T) {
	if got, want := channel.Prologue, wire.Prologue; got != want {
		t.Errorf("the channel says %q, the messages say %q", got, want)
	}
}

func TestMessagesOfAllSizes(t *testing.T) {
	client, host := piped(t)
	sizes := []int{1, 2, 200, 1000, 1 << 10, 4 << 10, 20 << 10, MaxMessage - 1, MaxMessage}
	want := make([][]byte, 0, len(sizes))
	for _, n := range sizes {
		want = append(want, bytes.Repeat([]byte{byte(n + 1)}, n))
	}
	var got [][]byte
	done := errors.New("all there")
	reader := run(t.Context(), New(host, quiet), func(msg []byte) error {
		got = append(got, bytes.Clone(msg))
		if len(got) == len(want) {
			return done
		}
		return nil
	})
	l := New(client, quiet)
	for _, msg := range want { // before Run: they wait
		if err := l.Send(msg); err != nil {
			t.Fatal(err)
		}
		clear(msg) // Send keeps a copy
	}
	writer := run(t.Context(), l, nil)
	if err := <-reader.ended; !errors.Is(err, done) {
		t.Fatalf("reading ended with %v", err)
	}
	for i, n := range sizes {
		if !bytes.Equal(got[i], bytes.Repeat([]byte{byte(n + 1)}, n)) {
			t.Errorf("message of %d bytes came as %d others", n, len(got[i]))
		}
	}
	if err := <-writer.ended; !errors.Is(err, io.EOF) {
		t.Errorf("the other side ended with %v, want %v", err, io.EOF)
	}
	if err := l.Send([]byte("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("Send after the end: %v, want %v", err, ErrClosed)
	}
	if got := l.Queued(); got != 0 {
		t.Errorf("%d bytes still wait", got)
	}
	if !reader.Peer().Equal(client.Peer()) && reader.Binding() != l.Binding() {
		t.Error("the two sides disagree about the connection")
	}
}

func TestBadMessagesAreNotSent(t *testing.T) {
	client, _ := piped(t)
	l := New(client, quiet)
	defer l.Close()
	for name, msg := range map[string][]byte{
		"empty, which is a ping": {},
		"one byte too long":      make([]byte, MaxMessage+1),
	} {
		if err := l.Send(msg); !errors.Is(err, ErrSize) {
			t.Errorf("%s: got %v, want %v", name, err, ErrSize)
		}
		if l.SendVolatile(msg) {
			t.Errorf("%s: queued as volatile", name)
		}
	}
	if got := l.Queued(); got != 0 {
		t.Errorf("%d bytes wait", got)
	}
}

// TestBadRecords gives a link authentic records that are no lists of messages.
func TestBadRecords(t *testing.T) {
	good := appendMessage(nil, []byte("good")).b
	for name, record := range map[string][]byte{
		"empty":                            {},
		"half a length":                    {0, 0},
		"a length without its message":     {0, 0, 0, 1},
		"a message that spans two records": {0, 0, 0, 9, 'x'},
		"left over after a good message":   append(bytes.Clone(good), 0),
		"longer than a message may be":     {0, 0, 0xf0, 1},
		"the longest length":               {0xff, 0xff, 0xff, 0xff},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, host := piped(t)
			handled := 0
			r := run(t.Context(), New(host, quiet), func([]byte) error {
				handled++
				return nil
			})
			if err := client.WriteRecord(record); err != nil {
				t.Fatal(err)
			}
			if err := <-r.ended; !errors.Is(err, ErrBadRecord) {
				t.Errorf("%s: got %v, want %v", name, err, ErrBadRecord)
			}
			if handled != 0 {
				t.Errorf("%s: a part of it was handled", name)
			}
		})
	}
}

// TestOrderUnderConcurrentSend has many senders on one link: what each of them
// sends comes once and in its order.
func TestOrderUnderConcurrentSend(t *testing.T) {
	near, far := dialed(t)
	client, host := handshake(t, near, far)
	const senders, each = 16, 400
	next := [senders]uint32{}
	left := senders * each
	done := errors.New("all there")
	reader := run(t.Context(), New(host, quiet), func(msg []byte) error {
		who, n := msg[0], binary.BigEndian.Uint32(msg[1:])
		if next[who] != n {
			return fmt.Errorf("sender %d: got message %d, want %d", who, n, next[who])
		}
		next[who]++
		if left--; left == 0 {
			return done
		}
		return nil
	})
	l := New(client, quiet)
	writer := run(t.Context(), l, nil)
	var wg sync.WaitGroup
	for who := range senders {
		wg.Go(func() {
			for n := range each {
				msg := binary.BigEndian.AppendUint32([]byte{byte(who)}, uint32(n))
				msg = append(msg, make([]byte, rand.IntN(300))...)
				for l.Queued() > MaxQueue/2 {
					runtime.Gosched()
				}
				if err := l.Send(msg); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := <-reader.ended; !errors.Is(err, done) {
		t.Error(err)
	}
	<-writer.ended
}

// TestTooSlow fills the queue of a link whose peer does not read, to the byte.
func TestTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t) // the far end stays open and reads nothing
		l := New(client, quiet)
		r := run(t.Context(), l, nil)
		msg := make([]byte, 4<<10-lengthSize)
		for n := range MaxQueue / (4 << 10) {
			if err := l.Send(msg); err != nil {
				t.Fatalf("message %d: %v", n, err)
			}
			synctest.Wait()
		}
		if got, want := l.Queued(), MaxQueue; got != want {
			t.Errorf("%d bytes wait, want %d", got, want)
		}
		if l.SendVolatile([]byte("x")) {
			t.Error("a volatile message was queued behind a full queue")
		}
		if err := l.Send([]byte("x")); !errors.Is(err, ErrTooSlow) {
			t.Errorf("one more: %v, want %v", err, ErrTooSlow)
		}
		if err := <-r.ended; !errors.Is(err, ErrTooSlow) {
			t.Errorf("Run: %v, want %v", err, ErrTooSlow)
		}
		if err := l.Send([]byte("x")); !errors.Is(err, ErrTooSlow) {
			t.Errorf("after the end: %v, want %v", err, ErrTooSlow)
		}
	})
}

func TestVolatileIsDroppedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t)
		l := New(client, quiet)
		r := run(t.Context(), l, nil)
		msg := make([]byte, 1<<10-lengthSize)
		queued := 0
		for l.SendVolatile(msg) {
			queued++
		}
		if got, want := queued, MaxQueue/4/(1<<10); got != want {
			t.Errorf("%d volatile messages were queued, want %d", got, want)
		}
		if err := l.Send(msg); err != nil {
			t.Errorf("the link did not survive what it dropped: %v", err)
		}
		l.Close()
		if err := <-r.ended; !errors.Is(err, ErrClosed) {
			t.Errorf("Run: %v, want %v", err, ErrClosed)
		}
		if l.SendVolatile(msg) {
			t.Error("queued after the end")
		}
	})
}

// TestOneStopsReading is the story of a room: 51 links, one of which stops
// reading. It is cut at 1 MiB and the other 50 get every message in order.
func TestOneStopsReading(t *testing.T) {
	const members, messages, size, window = 51, 800, 4 << 10, 32
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	links := make([]*running, members)
	got := make([]atomic.Int64, members)
	credit := make([]chan struct{}, members) // one for each message that the member has
	for i := range members {
		near, far := dialed(t)
		if i == 0 { // little room in the kernel, so that little is sent before it shows
			near.(*net.TCPConn).SetReadBuffer(4 << 10)
			far.(*net.TCPConn).SetWriteBuffer(4 << 10)
		}
		client, host := handshake(t, near, far)
		links[i] = run(ctx, New(host, quiet), nil)
		credit[i] = make(chan struct{}, messages)
		if i == 0 {
			continue // nobody reads here
		}
		wg.Go(func() {
			next := 0
			err := New(client, quiet).Run(ctx, func(msg []byte) error {
				if n := int(binary.BigEndian.Uint32(msg)); n != next || len(msg) != size {
					return fmt.Errorf("got message %d, want %d", n, next)
				}
				next++
				got[i].Add(1)
				credit[i] <- struct{}{}
				return nil
			})
			if ctx.Err() == nil {
				t.Errorf("member %d ended with %v", i, err)
			}
		})
	}
	most := 0
	cut := -1
	for n := range messages {
		for i, l := range links {
			err := l.Send(numbered(n, size))
			if i != 0 && err != nil {
				t.Fatalf("member %d, message %d: %v", i, n, err)
			}
			if i == 0 {
				most = max(most, l.Queued())
				if err != nil && cut < 0 {
					cut = n
					if !errors.Is(err, ErrTooSlow) {
						t.Errorf("the slow one: %v, want %v", err, ErrTooSlow)
					}
				}
			}
		}
		for i := 1; n >= window && i < members; i++ {
			<-credit[i] // at most window messages are on their way to one who reads
		}
	}
	for i := 1; i < members; i++ {
		for range window {
			<-credit[i]
		}
		if g := got[i].Load(); g != messages {
			t.Errorf("member %d got %d messages, want %d", i, g, messages)
		}
	}
	if cut < 0 {
		t.Fatal("the one who does not read was not cut off")
	}
	if err := <-links[0].ended; !errors.Is(err, ErrTooSlow) {
		t.Errorf("its Run: %v, want %v", err, ErrTooSlow)
	}
	if most > MaxQueue || most < MaxQueue-2*size {
		t.Errorf("at most %d bytes waited for it, want just under %d", most, MaxQueue)
	}
}

// TestSilentPeer leaves the far end open and silent.
func TestSilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		go func() { // it takes what comes, pings included, and says nothing
			for {
				if _, err := client.ReadRecord(); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		l := New(host, quiet)
		err := l.Run(t.Context(), func([]byte) error { return nil })
		if !errors.Is(err, ErrTimeout) {
			t.Errorf("got %v, want %v", err, ErrTimeout)
		}
		if got, want := time.Since(start), DeadAfter; got != want {
			t.Errorf("ended after %v, want %v", got, want)
		}
	})
}

// TestPingsKeepALinkAlive leaves two links alone for a day.
func TestPingsKeepALinkAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		a := run(t.Context(), New(client, quiet), func([]byte) error { return errors.New("a ping was handled") })
		b := run(t.Context(), New(host, quiet), nil)
		time.Sleep(24 * time.Hour)
		a.mu.Lock()
		records := a.records
		a.mu.Unlock()
		if got, want := records, int(24*time.Hour/PingEvery); got < want-1 || got > want {
			t.Errorf("%d records were sent, want one ping every %v: %d", got, PingEvery, want)
		}
		select {
		case err := <-a.ended:
			t.Errorf("ended with %v", err)
		case err := <-b.ended:
			t.Errorf("ended with %v", err)
		default:
		}
		a.Close()
		<-a.ended
		<-b.ended
	})
}

// TestNoPingWhileTalking has one side send a message every 10 s: it needs no
// pings, and the other side's keep it alive.
func TestNoPingWhileTalking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		heard := 0
		a := run(t.Context(), New(client, quiet), nil)
		b := run(t.Context(), New(host, quiet), func([]byte) error {
			heard++
			return nil
		})
		const messages = 60
		for range messages {
			time.Sleep(10 * time.Second)
			if err := a.Send([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		a.mu.Lock()
		records := a.records
		a.mu.Unlock()
		if heard != messages || records != messages {
			t.Errorf("%d messages in %d records, want %d in as many", heard, records, messages)
		}
		a.Close()
		<-a.ended
		<-b.ended
	})
}

// TestSlowHandleIsNotASilentPeer blocks this side for a minute: it has not
// listened, so it cannot say that nobody spoke, and its own pings go on.
func TestSlowHandleIsNotASilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		a := run(t.Context(), New(client, quiet), nil)
		b := run(t.Context(), New(host, quiet), func([]byte) error {
			time.Sleep(DeadAfter + PingEvery)
			return nil
		})
		if err := a.Send([]byte("think about it")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * DeadAfter)
		if err := a.Send([]byte("still there?")); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		b.Close()
		if err := <-b.ended; !errors.Is(err, ErrClosed) {
			t.Errorf("ended with %v, want %v", err, ErrClosed)
		}
		<-a.ended
	})
}

// TestRunLeavesNothing ends links for every reason there is, with the far end
// left open. synctest fails when a goroutine stays.
func TestRunLeavesNothing(t *testing.T) {
	mine := errors.New("handler's own")
	why := errors.New("shutting down")
	for name, c := range map[string]struct {
		act  func(l *Link, far *channel.Conn, cancel context.CancelCauseFunc)
		want error
	}{
		"the context ends": {func(_ *Link, _ *channel.Conn, cancel context.CancelCauseFunc) { cancel(why) }, why},
		"Close":            {func(l *Link, _ *channel.Conn, _ context.CancelCauseFunc) { l.Close() }, ErrClosed},
		"the peer goes":    {func(_ *Link, far *channel.Conn, _ context.CancelCauseFunc) { far.Close() }, io.EOF},
		"handle fails": {func(_ *Link, far *channel.Conn, _ context.CancelCauseFunc) {
			far.WriteRecord(appendMessage(nil, []byte("x")).b)
		}, mine},
		"a bad record": {func(_ *Link, far *channel.Conn, _ context.CancelCauseFunc) { far.WriteRecord([]byte{1}) }, ErrBadRecord},
		"a forged record": {func(_ *Link, far *channel.Conn, _ context.CancelCauseFunc) {
			far.NetConn().Write(append([]byte{0, 0, 0, 16}, make([]byte, 16)...))
		}, channel.ErrRecord},
		"silence":                {func(*Link, *channel.Conn, context.CancelCauseFunc) {}, ErrTimeout},
		"silence, while sending": {func(l *Link, _ *channel.Conn, _ context.CancelCauseFunc) { l.Send([]byte("x")) }, ErrTimeout},
		"a flush that nobody takes": {func(l *Link, _ *channel.Conn, _ context.CancelCauseFunc) {
			l.Send([]byte("x"))
			l.CloseAfterFlush(time.Second)
		}, ErrClosed},
		"a flush of nothing": {func(l *Link, _ *channel.Conn, _ context.CancelCauseFunc) { l.CloseAfterFlush(time.Second) }, ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, host := piped(t)
				ctx, cancel := context.WithCancelCause(context.Background())
				l := New(host, quiet)
				r := run(ctx, l, func([]byte) error { return mine })
				synctest.Wait()
				c.act(l, client, cancel)
				if err := <-r.ended; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if err := l.Run(ctx, nil); !errors.Is(err, c.want) {
					t.Errorf("Run after the end: %v, want %v", err, c.want)
				}
			})
		})
	}
}

// lingering is a connection whose Write comes back a second late.
type lingering struct{ net.Conn }

func (c lingering) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	time.Sleep(time.Second)
	return n, err
}

// TestRunWaitsForItsWriter ends a link whose writer takes a second to notice.
func TestRunWaitsForItsWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		_, host := handshake(t, a, lingering{b})
		l := New(host, quiet)
		r := run(t.Context(), l, nil)
		if err := l.Send([]byte("nobody reads this")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		start := time.Now()
		l.Close()
		if err := <-r.ended; !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want %v", err, ErrClosed)
		}
		if got, want := time.Since(start), time.Second; got != want {
			t.Errorf("Run returned after %v, want %v", got, want)
		}
	})
}

func TestRunTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t)
		l := New(client, quiet)
		r := run(t.Context(), l, nil)
		synctest.Wait()
		if err := l.Run(t.Context(), nil); err == nil {
			t.Error("the second Run is taken for the first")
		}
		l.Close()
		<-r.ended
	})
}

func TestEndedBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t)
		l := New(client, quiet)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Run(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want %v", err, context.Canceled)
		}
		client, _ = piped(t)
		l = New(client, quiet)
		l.CloseAfterFlush(time.Hour)
		if err := l.Run(t.Context(), nil); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want %v", err, ErrClosed)
		}
	})
}

// TestCloseAfterFlush ends a link with much waiting, over TCP: the last message
// arrives although the peer itself is sending all the time.
func TestCloseAfterFlush(t *testing.T) {
	near, far := dialed(t)
	client, host := handshake(t, near, far)
	const messages, size = 200, 4 << 10
	var got int
	cl := New(client, quiet)
	reader := run(t.Context(), cl, func(msg []byte) error {
		if n := int(binary.BigEndian.Uint32(msg)); n != got {
			return fmt.Errorf("got message %d, want %d", n, got)
		}
		got++
		cl.Send(make([]byte, size)) // something that the other side will not read
		return nil
	})
	l := New(host, quiet)
	closer := run(t.Context(), l, nil)
	for n := range messages {
		if err := l.Send(numbered(n, size)); err != nil {
			t.Fatal(err)
		}
	}
	l.CloseAfterFlush(10 * time.Second)
	l.CloseAfterFlush(time.Nanosecond) // the first one counts
	if err := l.Send([]byte("late")); !errors.Is(err, ErrClosed) {
		t.Errorf("Send: %v, want %v", err, ErrClosed)
	}
	if err := <-closer.ended; !errors.Is(err, ErrClosed) {
		t.Errorf("this side ended with %v, want %v", err, ErrClosed)
	}
	if err := <-reader.ended; !errors.Is(err, io.EOF) {
		t.Errorf("the other side ended with %v, want %v", err, io.EOF)
	}
	if got != messages {
		t.Errorf("%d messages arrived, want %d", got, messages)
	}
}

// TestCloseAfterFlushHasADeadline has a peer that takes nothing.
func TestCloseAfterFlushHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := piped(t)
		l := New(client, quiet)
		r := run(t.Context(), l, nil)
		time.Sleep(time.Minute / 2)
		if err := l.Send([]byte("good-bye")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		l.CloseAfterFlush(2 * time.Second)
		if err := <-r.ended; !errors.Is(err, ErrClosed) {
			t.Errorf("got %v, want %v", err, ErrClosed)
		}
		if got, want := time.Since(start), 2*time.Second; got != want {
			t.Errorf("ended after %v, want %v", got, want)
		}
	})
}

// TestCloseAfterFlushOverAPipe needs no half close: what was written has arrived.
func TestCloseAfterFlushOverAPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		var got string
		reader := run(t.Context(), New(client, quiet), func(msg []byte) error {
			got += string(msg)
			return nil
		})
		l := New(host, quiet)
		closer := run(t.Context(), l, nil)
		l.Send([]byte("good"))
		l.Send([]byte("bye"))
		l.CloseAfterFlush(time.Minute)
		start := time.Now()
		if err := <-closer.ended; !errors.Is(err, ErrClosed) {
			t.Errorf("this side: %v, want %v", err, ErrClosed)
		}
		if err := <-reader.ended; !errors.Is(err, io.EOF) {
			t.Errorf("the other side: %v, want %v", err, io.EOF)
		}
		if got != "goodbye" || time.Since(start) != 0 {
			t.Errorf("%q arrived after %v", got, time.Since(start))
		}
	})
}

// oneByte is a connection on which bytes come and go one by one.
type oneByte struct{ net.Conn }

func (c oneByte) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(1, len(p))]) }

func (c oneByte) Write(p []byte) (int, error) {
	for n := range p {
		if _, err := c.Conn.Write(p[n : n+1]); err != nil {
			return n, err
		}
	}
	return len(p), nil
}

func TestByteByByte(t *testing.T) {
	a, b := net.Pipe()
	client, host := handshake(t, oneByte{a}, oneByte{b})
	want := bytes.Repeat([]byte("trickle"), 700)
	done := errors.New("all there")
	left := 3
	reader := run(t.Context(), New(host, quiet), func(msg []byte) error {
		if !bytes.Equal(msg, want) {
			return fmt.Errorf("read %d other bytes", len(msg))
		}
		if left--; left == 0 {
			return done
		}
		return nil
	})
	l := New(client, quiet)
	writer := run(t.Context(), l, nil)
	for range left {
		if err := l.Send(want); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-reader.ended; !errors.Is(err, done) {
		t.Error(err)
	}
	<-writer.ended
}

// TestTrickledRecord sends one byte of a record every second: the record does
// not come in time, so the link ends however lively the bytes are.
func TestTrickledRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for _, b := range append([]byte{0, 0, 0xff, 0xff}, make([]byte, 65535)...) {
				if _, err := client.NetConn().Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		go io.Copy(io.Discard, client.NetConn())
		start := time.Now()
		if err := New(host, quiet).Run(t.Context(), nil); !errors.Is(err, ErrTimeout) {
			t.Errorf("got %v, want %v", err, ErrTimeout)
		}
		if got, want := time.Since(start), DeadAfter; got != want {
			t.Errorf("ended after %v, want %v", got, want)
		}
		<-stop
	})
}

// TestOneRecordForWhatWaits shows the batching: while nothing moves, everything
// goes into one record; what exceeds it into the next.
func TestOneRecordForWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, host := piped(t)
		l := New(client, quiet)
		const small = 300 // of 200 bytes: 61,200 with their lengths
		for n := range small {
			if err := l.Send(numbered(n, 200)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Send(make([]byte, MaxMessage)); err != nil {
			t.Fatal(err)
		}
		r := run(t.Context(), l, nil)
		for i, want := range []int{small * 204, lengthSize + MaxMessage} {
			record, err := host.ReadRecord()
			if err != nil || len(record) != want {
				t.Fatalf("record %d has %d bytes, %v; want %d", i, len(record), err, want)
			}
			synctest.Wait()
			if got, want := l.Queued(), (1-i)*(lengthSize+MaxMessage); got != want {
				t.Errorf("after record %d %d bytes wait, want %d", i, got, want)
			}
		}
		l.Close()
		<-r.ended
	})
}

// TestIdleLinkIsSmall is the budget of DESIGN section 12: at most 12 KiB for a
// connection that waits in the host, stacks included.
func TestIdleLinkIsSmall(t *testing.T) {
	if got, most := idleLink(t, 200), 12.0*1024; got > most {
		t.Errorf("an idle link takes %.0f bytes, at most %.0f are allowed", got, most)
	}
}

// idleLink returns the bytes of heap and stack for each of n links that have
// moved a large message and then wait. The far ends are bare connections, which
// count as well.
func idleLink(t testing.TB, n int) float64 {
	type end struct{ near, far net.Conn }
	ends := make([]end, n)
	for i := range ends {
		ends[i].near, ends[i].far = dialed(t)
	}
	host, key := newKey(t), newKey(t)
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := used()
	var moved, ended sync.WaitGroup
	links := make([]*Link, n)
	for i, e := range ends {
		connected := make(chan *channel.Conn)
		go func() {
			c, err := channel.Client(ctx, e.near, key, channel.Pin(host.Public()))
			if err != nil {
				t.Error(err)
			}
			connected <- c
		}()
		c, err := channel.Server(ctx, e.far, host)
		if err != nil {
			t.Fatal(err)
		}
		client := <-connected
		links[i] = New(c, quiet)
		moved.Add(1)
		ended.Go(func() {
			links[i].Run(ctx, func([]byte) error {
				moved.Done()
				return nil
			})
		})
		large := make([]byte, MaxMessage)
		if err := links[i].Send(large); err != nil {
			t.Fatal(err)
		}
		if _, err := client.ReadRecord(); err != nil {
			t.Fatal(err)
		}
		if err := client.WriteRecord(appendMessage(nil, large).b); err != nil {
			t.Fatal(err)
		}
	}
	moved.Wait()
	for _, l := range links {
		for l.Queued() > 0 {
			runtime.Gosched()
		}
	}
	after := used()
	cancel()
	ended.Wait()
	return (float64(after) - float64(before)) / float64(n)
}

func FuzzRecord(f *testing.F) {
	f.Add(appendMessage(nil, []byte("hi")).b)
	f.Add(appendMessage(appendMessage(nil, nil), []byte("after a ping")).b)
	f.Add([]byte{0, 0, 0, 1})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, record []byte) {
		if checkRecord(record) != nil {
			return
		}
		if len(record) > MaxQueue {
			t.Skip("longer than a record can be")
		}
		var again *buffer
		for rest := record; len(rest) > 0; {
			var msg []byte
			if msg, rest = nextMessage(rest); len(msg) > MaxMessage {
				t.Fatalf("a message of %d bytes", len(msg))
			}
			again = appendMessage(again, msg)
		}
		if !bytes.Equal(again.b, record) {
			t.Errorf("% x was read as % x", record, again.b)
		}
		again.release()
	})
}
