// Package picture reads pictures that strangers made: what they are, a small copy
// of them, a few pixels to show before they are here, and the file without what it
// tells of its maker.
//
// It knows bytes and pixels and nothing of messages or screens. It decodes png,
// jpeg, gif and webp only, and nothing before it has looked at the size that the
// file claims: a png of 26 KB can ask for 3.4 GB (DESIGN section 7).
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // formats that are decoded
	"image/jpeg"
	_ "image/png"
	"io"
	"os"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	// MaxPixels is the largest picture that is decoded: 40 million pixels take
	// 160 MB for a moment; the cameras of most phones make 12 million.
	MaxPixels = 40 << 20

	// MaxSide is the longest side of a picture that is decoded.
	MaxSide = 20_000

	// MaxFile is the largest file that is read as a picture, in bytes.
	MaxFile = 64 << 20

	// MaxPreview is the largest preview in bytes.
	MaxPreview = 2 << 10

	// previewSide is the longer side of a preview in pixels.
	previewSide = 32

	// previewPixels bounds what a preview of a stranger may claim to be.
	previewPixels = 256 * 256
)

var (
	// ErrNoPicture says that a file is not one of the pictures that are shown.
	ErrNoPicture = errors.New("not a picture that can be shown")
	// ErrTooLarge says that a picture is larger than what is decoded.
	ErrTooLarge = errors.New("too large a picture to be shown")
)

// Config is what a picture says of itself.
type Config struct {
	Width, Height int    // as it is meant to be seen
	Format        string // "png", "jpeg", "gif" or "webp"

	turn int // EXIF orientation, 1 to 8
}

// Look reads what a picture says of itself, and nothing else. Its errors are
// ErrNoPicture, ErrTooLarge and those of reading.
func Look(r io.ReadSeeker) (Config, error) {
	c, format, err := image.DecodeConfig(io.LimitReader(r, MaxFile))
	if err != nil {
		return Config{}, fmt.Errorf("%w: %v", ErrNoPicture, err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return Config{}, ErrNoPicture
	}
	if c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels {
		return Config{}, fmt.Errorf("%w: %d by %d", ErrTooLarge, c.Width, c.Height)
	}
	out := Config{Width: c.Width, Height: c.Height, Format: format, turn: 1}
	if format == "jpeg" {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return Config{}, fmt.Errorf("read picture: %w", err)
		}
		if out.turn = orientation(r); out.turn >= 5 {
			out.Width, out.Height = out.Height, out.Width
		}
	}
	return out, nil
}

// Open decodes the picture in a file, turned as it is meant to be seen and made
// so small that it fits a square of side pixels; 0 leaves its size.
func Open(path string, side int) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, ErrNoPicture
	case info.Size() > MaxFile:
		return nil, ErrTooLarge
	}
	return Decode(f, side)
}

// Decode is Open for what is open already.
func Decode(r io.ReadSeeker, side int) (image.Image, error) {
	c, err := Look(r)
	if err != nil {
		return nil, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	m, _, err := image.Decode(io.LimitReader(r, MaxFile))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoPicture, err)
	}
	return turned(fit(m, side), c.turn), nil
}

// fit makes a picture small enough for a square.
func fit(m image.Image, side int) image.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if side > 0 && (w > side || h > side) {
		if w >= h {
			w, h = side, max(1, h*side/w)
		} else {
			w, h = max(1, w*side/h), side
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if w == b.Dx() && h == b.Dy() {
		draw.Copy(out, image.Point{}, m, b, draw.Src, nil)
		return out
	}
	// A rough step first: the fine one looks at every pixel of the source.
	if b.Dx() > 4*w && b.Dy() > 4*h {
		rough := image.NewRGBA(image.Rect(0, 0, 3*w, 3*h))
		draw.ApproxBiLinear.Scale(rough, rough.Bounds(), m, b, draw.Src, nil)
		m, b = rough, rough.Bounds()
	}
	draw.CatmullRom.Scale(out, out.Bounds(), m, b, draw.Src, nil)
	return out
}

// turned turns and mirrors a picture as its EXIF orientation says (CIPA DC-008,
// tag 0x0112).
func turned(m image.Image, turn int) image.Image {
	if turn <= 1 || turn > 8 {
		return m
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	ow, oh := w, h
	if turn >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range oh {
		for x := range ow {
			sx, sy := x, y
			switch turn {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			out.Set(x, y, m.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}

// Preview encodes a few pixels of a picture, at most MaxPreview bytes of jpeg.
func Preview(m image.Image) []byte {
	small := fit(m, previewSide)
	for _, quality := range []int{60, 40, 20} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: quality}); err == nil && b.Len() <= MaxPreview {
			return b.Bytes()
		}
	}
	return nil
}

// FromPreview decodes the preview that a stranger sent and blurs it, so that its
// few pixels are not seen as squares. Its errors are those of Look.
func FromPreview(b []byte) (image.Image, error) {
	if len(b) > MaxPreview {
		return nil, ErrTooLarge
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoPicture, err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width*c.Height > previewPixels || c.Width > previewPixels || c.Height > previewPixels {
		return nil, ErrTooLarge
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNoPicture, err)
	}
	w, h := 8*min(c.Width, previewSide), 8*min(c.Height, previewSide)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), m, m.Bounds(), draw.Src, nil)
	return out, nil
}
