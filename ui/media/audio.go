package media

import (
	"bytes"
	"encoding/binary"
	"io"
)

// maxChunks is how many chunks or boxes are walked over to find the one that tells:
// real files have a dozen.
const maxChunks = 200

// wave reads the length of a RIFF/WAVE file: the bytes of its data by the bytes of a
// second.
func wave(r io.ReaderAt, size int64) float64 {
	rate := 0.0
	off := int64(12)
	for range maxChunks {
		b, err := part(r, off, 24)
		if err != nil || len(b) < 8 {
			return 0
		}
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		switch {
		case has(b, 0, "fmt ") && len(b) >= 20:
			rate = float64(binary.LittleEndian.Uint32(b[16:]))
		case has(b, 0, "data"):
			if rate == 0 {
				return 0
			}
			return float64(min(n, max(0, size-off-8))) / rate
		}
		off += 8 + n + n&1
	}
	return 0
}

// flac reads STREAMINFO (RFC 9639, section 8.2), which comes first.
func flac(b []byte) float64 {
	if len(b) < 26 || b[4]&0x7f != 0 {
		return 0
	}
	info := b[8:]
	rate := uint32(info[10])<<12 | uint32(info[11])<<4 | uint32(info[12])>>4
	samples := uint64(info[13]&0xf)<<32 | uint64(binary.BigEndian.Uint32(info[14:]))
	if rate == 0 {
		return 0
	}
	return float64(samples) / float64(rate)
}

// ogg reads the rate from the first page and the number of samples from the granule
// position of the last one (RFC 3533, section 6). A page is at most 65,307 bytes.
func ogg(r io.ReaderAt, size int64, b []byte) (float64, error) {
	rate, skip := 0.0, 0.0
	switch {
	case has(b, 28, "OpusHead") && len(b) >= 40: // RFC 7845, section 5.1: always 48 kHz
		rate, skip = 48000, float64(binary.LittleEndian.Uint16(b[38:]))
	case has(b, 28, "\x01vorbis") && len(b) >= 44:
		rate = float64(binary.LittleEndian.Uint32(b[40:]))
	}
	if rate == 0 {
		return 0, ErrUnknown
	}
	const tail = 2 * 65307
	end, err := part(r, max(0, size-tail), tail)
	if err != nil {
		return 0, err
	}
	for i := len(end); i > 0; {
		if i = bytes.LastIndex(end[:i], []byte("OggS")); i < 0 {
			break
		}
		// All ones: no packet ends on this page.
		if g := end[i:]; len(g) >= 14 && binary.LittleEndian.Uint64(g[6:]) != ^uint64(0) {
			return (float64(binary.LittleEndian.Uint64(g[6:])) - skip) / rate, nil
		}
	}
	return 0, ErrUnknown
}

// isoMedia reads the movie header of an ISO base media file (ISO/IEC 14496-12,
// sections 8.2.1 and 8.2.2).
func isoMedia(r io.ReaderAt, size int64) float64 {
	from, n, ok := box(r, 0, size, "moov")
	if !ok {
		return 0
	}
	from, n, ok = box(r, from, from+n, "mvhd")
	if !ok {
		return 0
	}
	b, err := part(r, from, min(n, 32))
	switch {
	case err != nil || len(b) < 20:
		return 0
	case b[0] == 1 && len(b) >= 32:
		return ratio(binary.BigEndian.Uint64(b[24:]), binary.BigEndian.Uint32(b[20:]))
	case b[0] == 0:
		return ratio(uint64(binary.BigEndian.Uint32(b[16:])), binary.BigEndian.Uint32(b[12:]))
	}
	return 0
}

func ratio(a uint64, b uint32) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// box finds a box between two offsets and returns where its content lies.
func box(r io.ReaderAt, off, end int64, name string) (from, n int64, ok bool) {
	for range maxChunks {
		b, err := part(r, off, 16)
		if err != nil || len(b) < 8 || off+8 > end {
			return 0, 0, false
		}
		n, skip := int64(binary.BigEndian.Uint32(b)), int64(8)
		switch {
		case n == 0: // to the end
			n = end - off
		case n == 1 && len(b) == 16:
			n, skip = int64(min(binary.BigEndian.Uint64(b[8:]), 1<<62)), 16
		}
		if n < skip || n > end-off {
			return 0, 0, false
		}
		if has(b, 4, name) {
			return off + skip, n - skip, true
		}
		off += n
	}
	return 0, 0, false
}

// The bit rates in kbit/s and the sample rates of MPEG audio (ISO/IEC 11172-3,
// table in 2.4.2.3; ISO/IEC 13818-3 for the lower rates), for layer III.
var (
	rates1 = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	rates2 = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
	hertz  = [4]int{44100, 48000, 32000, 0}
)

// frame is the head of an MPEG audio frame of layer III.
type frame struct {
	bits    int // a second
	hertz   int
	samples int // in a frame
	side    int // bytes of side information, after which a Xing header stands
	bytes   int // of the frame
}

func frameAt(b []byte) (f frame, ok bool) {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 || b[1]&0x06 != 0x02 {
		return f, false
	}
	version := b[1] >> 3 & 3 // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
	f.hertz = hertz[b[2]>>2&3]
	mono := b[3]>>6 == 3
	switch version {
	case 3:
		f.bits, f.samples, f.side = rates1[b[2]>>4]*1000, 1152, 32
		if mono {
			f.side = 17
		}
	case 2, 0:
		f.bits, f.samples, f.side = rates2[b[2]>>4]*1000, 576, 17
		f.hertz /= 2
		if version == 0 {
			f.hertz /= 2
		}
		if mono {
			f.side = 9
		}
	default:
		return f, false
	}
	if f.bits == 0 || f.hertz == 0 {
		return f, false
	}
	f.bytes = f.samples/8*f.bits/f.hertz + int(b[2]>>1&1)
	return f, true
}

// mpeg reads the length of MPEG audio: the number of frames if a Xing, Info or VBRI
// header gives it, else by the bit rate of the first frame. What stands before it
// (ID3v2) is stepped over.
func mpeg(r io.ReaderAt, size int64) (float64, error) {
	off := int64(0)
	b, err := part(r, 0, 10)
	if err != nil {
		return 0, err
	}
	if has(b, 0, "ID3") && len(b) == 10 {
		off = 10 + int64(b[6]&0x7f)<<21 + int64(b[7]&0x7f)<<14 + int64(b[8]&0x7f)<<7 + int64(b[9]&0x7f)
	}
	if off >= size {
		return 0, ErrUnknown
	}
	if b, err = part(r, off, min(size-off, head)); err != nil {
		return 0, err
	}
	for i := range b {
		f, ok := frameAt(b[i:])
		if !ok {
			continue
		}
		if _, again := frameAt(b[min(len(b), i+f.bytes):]); !again && i+f.bytes+4 <= len(b) {
			continue // what looks like one frame by chance
		}
		if n, ok := frames(b[i:], f); ok {
			return float64(n) * float64(f.samples) / float64(f.hertz), nil
		}
		return float64(size-off-int64(i)) * 8 / float64(f.bits), nil
	}
	return 0, ErrUnknown
}

// frames reads how many frames there are, if the first one is a header that says so.
func frames(b []byte, f frame) (uint32, bool) {
	at := 4 + f.side
	if (has(b, at, "Xing") || has(b, at, "Info")) && len(b) >= at+12 && b[at+7]&1 != 0 {
		return binary.BigEndian.Uint32(b[at+8:]), true
	}
	if has(b, 36, "VBRI") && len(b) >= 54 {
		return binary.BigEndian.Uint32(b[50:]), true
	}
	return 0, false
}
