package stream

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// zeros is an endless source that costs nothing.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func benchmarkSizes() []int64 { return []int64{4 << 10, 1 << 20, 64 << 20} }

// BenchmarkSeal reads from memory, pads, encrypts, hashes and throws away.
func BenchmarkSeal(b *testing.B) {
	for _, size := range benchmarkSizes() {
		b.Run(fmt.Sprintf("size=%dKiB", size>>10), func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Seal(b.Context(), io.Discard, io.LimitReader(zeros{}, size), size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen decrypts, checks and throws away.
func BenchmarkOpen(b *testing.B) {
	for _, size := range benchmarkSizes() {
		b.Run(fmt.Sprintf("size=%dKiB", size>>10), func(b *testing.B) {
			var sealed bytes.Buffer
			s, err := Seal(b.Context(), &sealed, io.LimitReader(zeros{}, size), size)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if err := Open(b.Context(), io.Discard, bytes.NewReader(sealed.Bytes()), s.Key, size); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCheck hashes one block, as a receiver does for each.
func BenchmarkCheck(b *testing.B) {
	const size = 4 << 20
	var sealed bytes.Buffer
	s, err := Seal(b.Context(), &sealed, io.LimitReader(zeros{}, size), size)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(BlockSize)
	for b.Loop() {
		if err := s.Hashes.Check(0, sealed.Bytes()[:BlockSize]); err != nil {
			b.Fatal(err)
		}
	}
}
