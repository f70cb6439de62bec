package channel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
)

// BenchmarkHandshake measures one connect: both sides over a pipe in memory,
// and the work of each side alone.
func BenchmarkHandshake(b *testing.B) {
	b.Run("side=both", func(b *testing.B) {
		host, key := newKey(b), newKey(b)
		b.ReportAllocs()
		for b.Loop() {
			near, far := net.Pipe()
			done := make(chan error, 1)
			go func() {
				_, err := Server(b.Context(), far, host)
				done <- err
			}()
			if _, err := Client(b.Context(), near, key, Pin(host.Public())); err != nil {
				b.Fatal(err)
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			near.Close()
		}
	})
	b.Run("side=server", func(b *testing.B) {
		s := newScript(b)
		b.ReportAllocs()
		for b.Loop() {
			h := s.newHost(b)
			offer, err := h.read(s.messages[0])
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := encapsulate(offer); err != nil {
				b.Fatal(err)
			}
			if _, err := h.write(nil, s.payloads[1]); err != nil {
				b.Fatal(err)
			}
			if _, err := h.read(s.messages[2]); err != nil {
				b.Fatal(err)
			}
			h.ciphers()
		}
	})
	b.Run("side=client", func(b *testing.B) {
		s := newScript(b)
		b.ReportAllocs()
		for b.Loop() {
			h := s.newClient(b)
			offer, err := newKEM()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := h.write(nil, s.payloads[0]); err != nil {
				b.Fatal(err)
			}
			ciphertext, err := h.read(s.messages[1])
			if err != nil {
				b.Fatal(err)
			}
			if _, err := offer.Decapsulate(ciphertext); err != nil {
				b.Fatal(err)
			}
			if _, err := h.write(nil, nil); err != nil {
				b.Fatal(err)
			}
			h.ciphers()
		}
	})
}

var recordSizes = []struct {
	name string
	n    int
}{{"200B", 200}, {"1KiB", 1 << 10}, {"60KiB", 60 << 10}}

func BenchmarkWriteRecord(b *testing.B) {
	for _, size := range recordSizes {
		b.Run("size="+size.name, func(b *testing.B) {
			s, _ := pair(1)
			plain := make([]byte, size.n)
			b.SetBytes(int64(size.n))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.write(io.Discard, plain); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadRecord(b *testing.B) {
	for _, size := range recordSizes {
		b.Run("size="+size.name, func(b *testing.B) {
			s, r := pair(1)
			frame := stream(b, s, string(make([]byte, size.n)))[0]
			src := bytes.NewReader(nil)
			b.SetBytes(int64(size.n))
			b.ReportAllocs()
			for b.Loop() {
				r.cipher.n = 0 // the same record again and again
				src.Reset(frame)
				if _, err := r.read(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStream moves records over loopback TCP, one side writing and the
// other reading.
func BenchmarkStream(b *testing.B) {
	for _, size := range recordSizes {
		b.Run("size="+size.name, func(b *testing.B) {
			client, server := overTCP(b)
			plain := make([]byte, size.n)
			read := make(chan error, 1)
			b.SetBytes(int64(size.n))
			b.ReportAllocs()
			go func() {
				for {
					if _, err := server.ReadRecord(); err != nil {
						read <- err
						return
					}
				}
			}()
			for b.Loop() {
				if err := client.WriteRecord(plain); err != nil {
					b.Fatal(err)
				}
			}
			client.Close()
			if err := <-read; !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkIdleConn reports the heap bytes of one end of an idle channel.
func BenchmarkIdleConn(b *testing.B) {
	var bytes float64
	for b.Loop() {
		bytes = idleHeap(b, 500)
	}
	b.ReportMetric(bytes, "B/conn")
}

func overTCP(t testing.TB) (client, server *Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	host := newKey(t)
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	o := meet(t, near, far, newKey(t), host, Pin(host.Public()))
	if o.clientErr != nil || o.serverErr != nil {
		t.Fatal(fmt.Sprint(o.clientErr, o.serverErr))
	}
	return o.client, o.server
}
