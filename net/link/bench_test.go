package link

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// counted counts the write calls of a connection.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// BenchmarkFanout sends every message to 100 links over loopback TCP, at most
// window of them unfinished at a time; a message is finished when all have it.
// One operation is one message. It reports deliveries per second (both sides of
// all links run here) and how many write calls a delivery costs.
func BenchmarkFanout(b *testing.B) {
	for _, window := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("members=100/size=200B/window=%d", window), func(b *testing.B) {
			fanout(b, 100, 200, window)
		})
	}
}

func fanout(b *testing.B, members, size, window int) {
	var writes atomic.Int64
	var wg sync.WaitGroup
	slots := make([]atomic.Int32, window) // who still misses the message in flight there
	free := make(chan int, window)
	for i := range window {
		free <- i
	}
	links := make([]*Link, members)
	var clients []*Link
	for i := range links {
		near, far := dialed(b)
		client, host := handshake(b, near, counted{far, &writes})
		links[i] = New(host, quiet)
		l := New(client, quiet)
		clients = append(clients, l)
		wg.Go(func() { links[i].Run(b.Context(), func([]byte) error { return nil }) })
		wg.Go(func() {
			l.Run(b.Context(), func(msg []byte) error {
				slot := int(binary.BigEndian.Uint32(msg))
				if slots[slot].Add(-1) == 0 {
					free <- slot
				}
				return nil
			})
		})
	}
	writes.Store(0)
	b.ReportAllocs()
	messages := 0
	for b.Loop() {
		slot := <-free
		slots[slot].Store(int32(members))
		msg := numbered(slot, size)
		for _, l := range links {
			if err := l.Send(msg); err != nil {
				b.Fatal(err)
			}
		}
		messages++
	}
	for range window { // all are home
		<-free
	}
	deliveries := float64(messages * members)
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(writes.Load())/deliveries, "writes/delivery")
	for _, l := range append(clients, links...) {
		l.Close()
	}
	wg.Wait()
}

// BenchmarkSend measures what a sender pays for one more message on a link that
// is busy: the copy into the queue.
func BenchmarkSend(b *testing.B) {
	near, far := dialed(b)
	client, host := handshake(b, near, far)
	var wg sync.WaitGroup
	reader, writer := New(host, quiet), New(client, quiet)
	wg.Go(func() { reader.Run(b.Context(), func([]byte) error { return nil }) })
	wg.Go(func() { writer.Run(b.Context(), func([]byte) error { return nil }) })
	msg := make([]byte, 200)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		for writer.Queued() > MaxQueue/2 {
		}
		if err := writer.Send(msg); err != nil {
			b.Fatal(err)
		}
	}
	writer.Close()
	wg.Wait()
}

// BenchmarkRoundTrip measures one message there and one back on an idle machine.
func BenchmarkRoundTrip(b *testing.B) {
	near, far := dialed(b)
	client, host := handshake(b, near, far)
	back := make(chan struct{}, 1)
	var wg sync.WaitGroup
	l, echo := New(client, quiet), New(host, quiet)
	wg.Go(func() { echo.Run(b.Context(), echo.Send) })
	wg.Go(func() {
		l.Run(b.Context(), func([]byte) error {
			back <- struct{}{}
			return nil
		})
	})
	msg := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Send(msg); err != nil {
			b.Fatal(err)
		}
		<-back
	}
	l.Close()
	wg.Wait()
}

// BenchmarkGate measures one connection that comes, logs in and goes.
func BenchmarkGate(b *testing.B) {
	var g Gate
	addr := other(1)
	b.ReportAllocs()
	for b.Loop() {
		p, err := g.now(addr)
		if err != nil {
			b.Fatal(err)
		}
		p.Open(nothing)
		p.LoggedIn()
		p.Leave()
	}
}

// BenchmarkIdleLink reports the bytes of heap and stack of one idle link.
func BenchmarkIdleLink(b *testing.B) {
	var bytes float64
	for b.Loop() {
		bytes = idleLink(b, 500)
	}
	b.ReportMetric(bytes, "B/link")
}
