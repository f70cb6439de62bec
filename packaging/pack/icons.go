package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"
)

// The sizes of the icon, in pixels.
var (
	themeSizes   = [...]int{16, 22, 24, 32, 48, 64, 128, 256, 512} // Icon Theme Specification 0.13
	windowsSizes = [...]int{16, 20, 24, 32, 40, 48, 64, 256}       // at 100, 125, 150 and 200 per cent
	// appleKinds are the entries of an icns file that hold PNG, with and without
	// the doubled pixels of a Retina screen.
	appleKinds = [...]struct {
		kind string
		size int
	}{{"ic07", 128}, {"ic08", 256}, {"ic09", 512}, {"ic11", 32}, {"ic12", 64}, {"ic13", 256}, {"ic14", 512}}
)

// makeIcons writes the icon in one of its kinds.
func makeIcons(kind, path string, a about) error {
	f, err := os.Open("Icon.png")
	if err != nil {
		return err
	}
	defer f.Close()
	source, err := png.Decode(f)
	if err != nil {
		return fmt.Errorf("read Icon.png: %w", err)
	}
	switch kind {
	case "ico":
		b, err := ico(source)
		if err != nil {
			return err
		}
		return writeFile(path, b)
	case "icns":
		b, err := icns(source)
		if err != nil {
			return err
		}
		return writeFile(path, b)
	}
	for _, size := range themeSizes {
		b, err := sized(source, size)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(path, fmt.Sprintf("%dx%d", size, size), "apps", a.ID+".png"), b); err != nil {
			return err
		}
	}
	return nil
}

// sized returns the picture as PNG with that many pixels to a side.
func sized(source image.Image, size int) ([]byte, error) {
	if b := source.Bounds(); b.Dx() != b.Dy() || b.Dx() < size {
		return nil, fmt.Errorf("picture has %d x %d pixels: too few for %d", b.Dx(), b.Dy(), size)
	}
	to := image.NewNRGBA(image.Rect(0, 0, size, size))
	draw.CatmullRom.Scale(to, to.Bounds(), source, source.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, to)
	return b.Bytes(), err
}

// ico returns the picture as an ICO file with PNG entries, which Windows reads
// since Vista ("Evolution of the ICO File Format", R. Chen 2010).
func ico(source image.Image) ([]byte, error) {
	const headSize, entrySize = 6, 16
	le := binary.LittleEndian
	head := le.AppendUint16(nil, 0)
	head = le.AppendUint16(head, 1) // an icon, no cursor
	head = le.AppendUint16(head, uint16(len(windowsSizes)))
	var body []byte
	for _, size := range windowsSizes {
		b, err := sized(source, size)
		if err != nil {
			return nil, err
		}
		head = append(head, byte(size), byte(size), 0, 0) // 256 is written as 0
		head = le.AppendUint16(head, 1)                   // planes
		head = le.AppendUint16(head, 32)                  // bits per pixel
		head = le.AppendUint32(head, uint32(len(b)))
		head = le.AppendUint32(head, uint32(headSize+entrySize*len(windowsSizes)+len(body)))
		body = append(body, b...)
	}
	return append(head, body...), nil
}

// icns returns the picture as an Apple icon file: a head and entries, each with
// four letters and its length, big-endian.
func icns(source image.Image) ([]byte, error) {
	const headSize = 8
	be := binary.BigEndian
	var body []byte
	for _, e := range appleKinds {
		b, err := sized(source, e.size)
		if err != nil {
			return nil, err
		}
		body = append(body, e.kind...)
		body = be.AppendUint32(body, uint32(headSize+len(b)))
		body = append(body, b...)
	}
	return append(be.AppendUint32([]byte("icns"), uint32(headSize+len(body))), body...), nil
}
