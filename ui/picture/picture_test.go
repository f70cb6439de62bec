package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func sample(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255})
		}
	}
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secret stands where a phone writes where it was.
const secret = "52.5200N 13.4050E, the phone of Ana"

// withExif is a jpeg as a phone makes it: turned, with EXIF, a comment, and a
// second file behind its end.
func withExif(t testing.TB, turn int) []byte {
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, sample(60, 40), nil))
	plain := b.Bytes()
	exif := append(exifOf(turn), []byte(secret)...)
	out := append([]byte{}, plain[:2]...)
	for marker, data := range map[byte][]byte{jpegAPP1: exif, jpegCOM: []byte(secret), 0xED: []byte("Photoshop 3.0\x00" + secret)} {
		out = append(out, 0xFF, marker)
		out = binary.BigEndian.AppendUint16(out, uint16(len(data)+2))
		out = append(out, data...)
	}
	return append(append(out, plain[2:]...), []byte("trailing film "+secret)...)
}

func pngChunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	body := append([]byte(kind), data...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// withText is a png with words and EXIF.
func withText(t testing.TB) []byte {
	var b bytes.Buffer
	must(t, png.Encode(&b, sample(30, 20)))
	p := b.Bytes()
	out := append([]byte{}, p[:33]...) // signature and IHDR
	out = append(out, pngChunk("tEXt", []byte("Author\x00"+secret))...)
	out = append(out, pngChunk("eXIf", []byte(secret))...)
	return append(out, p[33:]...)
}

func withComment(t testing.TB) []byte {
	var b bytes.Buffer
	pal := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})
	must(t, gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{pal, pal}, Delay: []int{1, 1}}))
	g := b.Bytes()
	comment := append([]byte{0x21, 0xFE, byte(len(secret))}, secret...)
	comment = append(comment, 0)
	return append(append(append([]byte{}, g[:len(g)-1]...), comment...), 0x3B)
}

// withXMP wraps a VP8L picture of one pixel into a container with EXIF and XMP.
func withXMP() []byte {
	vp8l := []byte{0x2f, 0x00, 0x00, 0x00, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0x00}
	chunk := func(kind string, b []byte) []byte {
		out := append([]byte(kind), binary.LittleEndian.AppendUint32(nil, uint32(len(b)))...)
		out = append(out, b...)
		if len(b)%2 == 1 {
			out = append(out, 0)
		}
		return out
	}
	body := append([]byte("WEBP"), chunk("VP8X", []byte{0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0})...)
	body = append(body, chunk("VP8L", vp8l)...)
	body = append(body, chunk("EXIF", []byte(secret))...)
	body = append(body, chunk("XMP ", []byte(secret))...)
	return append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...), body...)
}

// F7: what a photo tells of its maker is gone, the pixels are the same.
func TestF7CleanLeavesThePixels(t *testing.T) {
	for name, in := range map[string][]byte{"jpeg": withExif(t, 6), "png": withText(t), "gif": withComment(t), "webp": withXMP()} {
		var out bytes.Buffer
		if err := Clean(&out, bytes.NewReader(in)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if bytes.Contains(out.Bytes(), []byte(secret)) {
			t.Errorf("%s still tells %q", name, secret)
		}
		if !bytes.Contains(in, []byte(secret)) {
			t.Fatalf("%s: the sample has no secret", name)
		}
		before, err1 := Decode(bytes.NewReader(in), 0)
		after, err2 := Decode(bytes.NewReader(out.Bytes()), 0)
		if err := errors.Join(err1, err2); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if before.Bounds() != after.Bounds() {
			t.Errorf("%s: got %v, want %v", name, after.Bounds(), before.Bounds())
			continue
		}
		for y := range before.Bounds().Dy() {
			for x := range before.Bounds().Dx() {
				if before.At(x, y) != after.At(x, y) {
					t.Fatalf("%s: pixel %d,%d changed", name, x, y)
				}
			}
		}
		var again bytes.Buffer
		if err := Clean(&again, bytes.NewReader(out.Bytes())); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%s: cleaned twice it is another file, %v", name, err)
		}
	}
}

// F7: a small file that claims to be huge is refused before anything is decoded.
func TestF7BombsAreRefused(t *testing.T) {
	huge := func(w, h uint32) []byte {
		b := []byte("\x89PNG\r\n\x1a\n")
		head := binary.BigEndian.AppendUint32(nil, w)
		head = binary.BigEndian.AppendUint32(head, h)
		return append(append(b, pngChunk("IHDR", append(head, 8, 6, 0, 0, 0))...), pngChunk("IDAT", nil)...)
	}
	for name, in := range map[string]struct {
		b    []byte
		want error
	}{
		"30,000 by 30,000":   {huge(30_000, 30_000), ErrTooLarge},
		"one very long line": {huge(1<<30, 1), ErrTooLarge},
		"no picture":         {[]byte("just words, and more than twelve"), ErrNoPicture},
		"nothing":            {nil, ErrNoPicture},
	} {
		if _, err := Decode(bytes.NewReader(in.b), 100); !errors.Is(err, in.want) {
			t.Errorf("%s: got %v, want %v", name, err, in.want)
		}
	}
	for name, b := range map[string][]byte{"a large preview": huge(3000, 3000), "more than a preview has": make([]byte, MaxPreview+1)} {
		if _, err := FromPreview(b); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got %v, want %v", name, err, ErrTooLarge)
		}
	}
	folder := t.TempDir()
	if _, err := Open(folder, 10); err == nil {
		t.Error("a folder was opened as a picture")
	}
}

func TestSmallTurnedPreviewed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jpg")
	must(t, os.WriteFile(path, withExif(t, 6), 0o600))
	m, err := Open(path, 30)
	must(t, err)
	if got, want := m.Bounds().Max, image.Pt(20, 30); got != want {
		t.Errorf("got %v, want %v: turned and small", got, want)
	}
	if r, _, _, _ := m.At(18, 2).RGBA(); r>>8 > 60 { // the left edge of the picture lies on top now
		t.Errorf("the upper right corner is %v, want that of the lower left", m.At(18, 2))
	}
	p := Preview(sample(1200, 800))
	if len(p) == 0 || len(p) > MaxPreview {
		t.Fatalf("a preview of %d bytes", len(p))
	}
	b, err := FromPreview(p)
	must(t, err)
	if b.Bounds().Dx() < 200 || b.Bounds().Dx() > 300 {
		t.Errorf("the blurred preview is %v", b.Bounds())
	}
}

// Whatever bytes come, cleaning ends and what comes out can be cleaned again.
func FuzzClean(f *testing.F) {
	f.Add(withExif(f, 3))
	f.Add(withText(f))
	f.Add(withComment(f))
	f.Add(withXMP())
	f.Fuzz(func(t *testing.T, b []byte) {
		var out bytes.Buffer
		if err := Clean(&out, bytes.NewReader(b)); err != nil {
			return
		}
		var again bytes.Buffer
		if err := Clean(&again, bytes.NewReader(out.Bytes())); err != nil {
			t.Fatalf("% x was cleaned to what cannot be cleaned: %v", b, err)
		}
		if !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("cleaned twice it is another file")
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a.jpg")
	var buf bytes.Buffer
	must(b, jpeg.Encode(&buf, sample(4000, 3000), nil))
	must(b, os.WriteFile(path, buf.Bytes(), 0o600))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(path, 720); err != nil {
			b.Fatal(err)
		}
	}
}
