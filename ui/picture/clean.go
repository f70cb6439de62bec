package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrDamaged says that a file begins like a picture and does not go on like one.
var ErrDamaged = errors.New("damaged picture")

// Clean copies a picture without what it tells besides what is seen: where and
// when it was taken, with what, by whom, and words. The pixels are not touched;
// how a jpeg is to be turned stays. A file that is none of png, jpeg, gif and webp
// is refused with ErrNoPicture, a broken one with ErrDamaged.
func Clean(w io.Writer, r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xD8, 0xFF}):
		err = cleanJPEG(out, in)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		err = cleanPNG(out, in)
	case len(head) == 12 && bytes.HasPrefix(head, []byte("RIFF")) && bytes.Equal(head[8:12], []byte("WEBP")):
		err = cleanWebP(out, in)
	case bytes.HasPrefix(head, []byte("GIF8")):
		err = cleanGIF(out, in)
	default:
		return ErrNoPicture
	}
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: it ends too early", ErrDamaged)
		}
		return err
	}
	return out.Flush()
}

// Markers of a jpeg (ITU T.81, table B.1).
const (
	jpegSOI  = 0xD8
	jpegEOI  = 0xD9
	jpegSOS  = 0xDA
	jpegAPP0 = 0xE0
	jpegAPP1 = 0xE1
	jpegAPP2 = 0xE2
	jpegAPPE = 0xEE
	jpegAPPF = 0xEF
	jpegCOM  = 0xFE
)

// segment reads one segment of a jpeg: its marker and what it holds.
func segment(r *bufio.Reader) (marker byte, data []byte, err error) {
	b, err := r.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	if b != 0xFF {
		return 0, nil, fmt.Errorf("%w: no marker", ErrDamaged)
	}
	for b == 0xFF {
		if b, err = r.ReadByte(); err != nil {
			return 0, nil, err
		}
	}
	if b == jpegSOI || b == jpegEOI || b >= 0xD0 && b <= 0xD7 || b == 0x01 {
		return b, nil, nil
	}
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n < 2 {
		return 0, nil, fmt.Errorf("%w: a segment of %d bytes", ErrDamaged, n)
	}
	data = make([]byte, n-2)
	_, err = io.ReadFull(r, data)
	return b, data, err
}

func writeSegment(w *bufio.Writer, marker byte, data []byte) {
	_, _ = w.Write([]byte{0xFF, marker})
	if data != nil {
		_, _ = w.Write(binary.BigEndian.AppendUint16(nil, uint16(len(data)+2)))
		_, _ = w.Write(data)
	}
}

// cleanJPEG leaves out all application segments but those that the pixels need
// (JFIF, colour profile, Adobe's) and comments. What follows the end of the
// picture, where phones hide a film or a second picture, goes too.
func cleanJPEG(w *bufio.Writer, r *bufio.Reader) error {
	for {
		marker, data, err := segment(r)
		if err != nil {
			return err
		}
		switch {
		case marker == jpegSOI, marker == jpegEOI:
			writeSegment(w, marker, nil)
			if marker == jpegEOI {
				return nil
			}
		case marker == jpegAPP1:
			if turn := exifTurn(data); turn > 1 {
				writeSegment(w, jpegAPP1, exifOf(turn))
			}
		case marker == jpegAPP2 && !bytes.HasPrefix(data, []byte("ICC_PROFILE\x00")):
		case marker > jpegAPP2 && marker <= jpegAPPF && marker != jpegAPPE:
		case marker == jpegCOM:
		case marker == jpegSOS:
			writeSegment(w, marker, data)
			if err := scan(w, r); err != nil {
				return err
			}
		case marker >= 0xD0 && marker <= 0xD7 || marker == 0x01:
			writeSegment(w, marker, nil)
		default:
			writeSegment(w, marker, data)
		}
	}
}

// scan copies entropy-coded data up to the next marker that is none of a restart.
func scan(w *bufio.Writer, r *bufio.Reader) error {
	for {
		p, err := r.Peek(2)
		if err != nil {
			return err
		}
		n := 1
		if p[0] == 0xFF {
			if p[1] != 0 && (p[1] < 0xD0 || p[1] > 0xD7) {
				return nil
			}
			n = 2
		}
		_, _ = w.Write(p[:n])
		_, _ = r.Discard(n)
	}
}

// orientation finds the EXIF orientation of a jpeg, 1 if it has none.
func orientation(r io.Reader) int {
	in := bufio.NewReader(r)
	for range 64 { // segments before the pixels
		marker, data, err := segment(in)
		if err != nil || marker == jpegSOS {
			return 1
		}
		if marker == jpegAPP1 {
			if turn := exifTurn(data); turn > 0 {
				return turn
			}
		}
	}
	return 1
}

// exifTurn reads the orientation from an EXIF segment, 0 if it has none.
func exifTurn(b []byte) int {
	if !bytes.HasPrefix(b, []byte("Exif\x00\x00")) || len(b) < 14 {
		return 0
	}
	t := b[6:]
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 0
	}
	n := int(order.Uint16(t[at:]))
	for i := range n {
		e := at + 2 + int64(i)*12
		if e+12 > int64(len(t)) {
			return 0
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}

// exifOf is an EXIF segment that says the orientation and nothing else.
func exifOf(turn int) []byte {
	b := []byte("Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	b = binary.BigEndian.AppendUint16(b, uint16(turn))
	return append(b, 0, 0, 0, 0, 0, 0)
}

// pngKept are the chunks of a png that are needed to show it (PNG, third edition,
// section 11, and APNG); all others are left out.
func pngKept(kind string) bool {
	switch kind {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "pHYs", "acTL", "fcTL", "fdAT":
		return true
	}
	return false
}

func cleanPNG(w *bufio.Writer, r *bufio.Reader) error {
	if _, err := io.CopyN(w, r, 8); err != nil {
		return err
	}
	for {
		head, err := r.Peek(8)
		if err != nil {
			return err
		}
		size, kind := int64(binary.BigEndian.Uint32(head)), string(head[4:8])
		if size > MaxFile {
			return fmt.Errorf("%w: a chunk of %d bytes", ErrDamaged, size)
		}
		into := io.Discard
		if pngKept(kind) {
			into = w
		}
		if _, err := io.CopyN(into, r, 8+size+4); err != nil {
			return err
		}
		if kind == "IEND" {
			return nil
		}
	}
}

// cleanWebP leaves out EXIF and XMP, and says so in the header (WebP Container
// Specification). The file is read whole, because its length stands at its start.
func cleanWebP(w *bufio.Writer, r *bufio.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return err
	}
	if len(b) > MaxFile {
		return ErrTooLarge
	}
	var out []byte
	for at := 12; at+8 <= len(b); {
		size := int(binary.LittleEndian.Uint32(b[at+4:]))
		end := at + 8 + size + size%2
		if size > MaxFile || at+8+size > len(b) {
			return io.ErrUnexpectedEOF
		}
		end = min(end, len(b))
		switch kind := string(b[at : at+4]); kind {
		case "EXIF", "XMP ":
		case "VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP":
			from := len(out)
			out = append(out, b[at:end]...)
			if kind == "VP8X" && size >= 10 {
				out[from+8] &^= 0x08 | 0x04 // EXIF and XMP follow
			}
			if (end-at)%2 == 1 {
				out = append(out, 0)
			}
		}
		at = end
	}
	head := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(out)+4))...)
	head = append(head, "WEBP"...)
	_, _ = w.Write(head)
	_, err = w.Write(out)
	return err
}

// cleanGIF leaves out comments, and application data but the one that says how
// often a film is repeated (GIF89a, sections 24 and 26).
func cleanGIF(w *bufio.Writer, r *bufio.Reader) error {
	head := make([]byte, 13)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	_, _ = w.Write(head)
	if head[10]&0x80 != 0 {
		if _, err := io.CopyN(w, r, 3<<(head[10]&7+1)); err != nil {
			return err
		}
	}
	for {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		switch b {
		case 0x3B:
			return w.WriteByte(b)
		case 0x2C:
			desc := make([]byte, 9)
			if _, err := io.ReadFull(r, desc); err != nil {
				return err
			}
			_ = w.WriteByte(b)
			_, _ = w.Write(desc)
			n := int64(1) // size of codes
			if desc[8]&0x80 != 0 {
				n += 3 << (desc[8]&7 + 1)
			}
			if _, err := io.CopyN(w, r, n); err != nil {
				return err
			}
			if err := subBlocks(w, r); err != nil {
				return err
			}
		case 0x21:
			label, err := r.ReadByte()
			if err != nil {
				return err
			}
			keep := label == 0xF9
			if label == 0xFF {
				app, err := r.Peek(12)
				if err != nil {
					return err
				}
				keep = app[0] == 11 && bytes.Equal(app[1:12], []byte("NETSCAPE2.0"))
			}
			into := io.Discard
			if keep {
				_, _ = w.Write([]byte{b, label})
				into = w
			}
			if err := subBlocks(into, r); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: a block of an unknown kind", ErrDamaged)
		}
	}
}

// subBlocks copies blocks of up to 255 bytes until the empty one.
func subBlocks(w io.Writer, r *bufio.Reader) error {
	for {
		n, err := r.ReadByte()
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte{n}); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if _, err := io.CopyN(w, r, int64(n)); err != nil {
			return err
		}
	}
}
