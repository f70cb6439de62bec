package media

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The files of the tests are made here, field by field, as their documents say.

func waveFile(seconds int) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVE")
	b.WriteString("LIST\x03\x00\x00\x00abc\x00") // an odd length is padded
	b.WriteString("fmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(8000), uint32(8000), uint16(1), uint16(8)} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(8000*seconds))
	b.Write(make([]byte, 8000*seconds))
	return b.Bytes()
}

func flacFile(samples uint64) []byte {
	b := make([]byte, 42)
	copy(b, "fLaC")
	b[7] = 34
	info := b[8:]
	info[10], info[11], info[12] = 44100>>12, 44100>>4&0xff, 44100&0xf<<4
	info[13] = byte(samples >> 32 & 0xf)
	binary.BigEndian.PutUint32(info[14:], uint32(samples))
	return b
}

func oggPage(granule uint64, body string) string {
	h := make([]byte, 28)
	copy(h, "OggS")
	binary.LittleEndian.PutUint64(h[6:], granule)
	h[26], h[27] = 1, byte(len(body))
	return string(h) + body
}

func opusFile() []byte {
	headBody := "OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00" // 312 samples are skipped
	return []byte(oggPage(0, headBody) + oggPage(48000*61+312, "sound") + oggPage(^uint64(0), "more"))
}

func vorbisFile() []byte {
	body := "\x01vorbis\x00\x00\x00\x00\x02" + "\x22\x56\x00\x00" + "\x00\x00\x00\x00"
	return []byte(oggPage(0, body) + oggPage(22050*90, "sound"))
}

func boxOf(name, body string) string {
	n := make([]byte, 4)
	binary.BigEndian.PutUint32(n, uint32(8+len(body)))
	return string(n) + name + body
}

func m4aFile(version byte) []byte {
	head := make([]byte, 32)
	head[0] = version
	if version == 0 {
		binary.BigEndian.PutUint32(head[12:], 1000)
		binary.BigEndian.PutUint32(head[16:], 75_500)
	} else {
		binary.BigEndian.PutUint32(head[20:], 1000)
		binary.BigEndian.PutUint64(head[24:], 75_500)
	}
	return []byte(boxOf("ftyp", "M4A ") + boxOf("mdat", strings.Repeat("x", 5000)) + boxOf("moov", boxOf("free", "")+boxOf("mvhd", string(head))))
}

// mp3Frame is a frame of MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes.
func mp3Frame(body string) string {
	f := make([]byte, 417)
	copy(f, "\xff\xfb\x90\x00")
	copy(f[4+32:], body)
	return string(f)
}

func xingFile() []byte {
	return []byte("ID3\x04\x00\x00\x00\x00\x01\x00" + strings.Repeat("t", 128) + mp3Frame("Xing\x00\x00\x00\x01\x00\x00\x10\x00") + mp3Frame("") + mp3Frame(""))
}

func mp3File() []byte { return []byte(strings.Repeat(mp3Frame(""), 100)) }

const plainPDF = `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R 4 0 R] /Count 12 >> endobj
3 0 obj << /Count 7 /Type/Pages /Parent 2 0 R /Kids [] >> endobj
4 0 obj << /Type /Page /Parent 2 0 R >> endobj
5 0 obj << /Type /PagesOfAnother /Count 4000 >> endobj
6 0 obj << /Type /Outlines /Count 99 >> endobj
%%EOF`

func packedPDF(objects string) []byte {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write([]byte(objects))
	w.Close()
	return []byte(fmt.Sprintf("%%PDF-1.5\n8 0 obj << /Type /ObjStm /N 3 /First 20 /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream endobj\n%%%%EOF", z.Len(), z.Bytes()))
}

// TestF7CardsTell is row F7 of the features: recordings say how long they last and
// documents how many pages they have.
func TestF7CardsTell(t *testing.T) {
	for name, x := range map[string]struct {
		file []byte
		kind Kind
		want Facts
	}{
		"wave":                          {waveFile(3), Audio, Facts{Length: 3 * time.Second}},
		"wave that was cut off":         {waveFile(3)[:len(waveFile(3))-8000], Audio, Facts{Length: 2 * time.Second}},
		"flac":                          {flacFile(44100 * 200), Audio, Facts{Length: 200 * time.Second}},
		"opus":                          {opusFile(), Audio, Facts{Length: 61 * time.Second}},
		"vorbis":                        {vorbisFile(), Audio, Facts{Length: 90 * time.Second}},
		"m4a":                           {m4aFile(0), Audio, Facts{Length: 75500 * time.Millisecond}},
		"m4a with long fields":          {m4aFile(1), Audio, Facts{Length: 75500 * time.Millisecond}},
		"mp3 that counts its frames":    {xingFile(), Audio, Facts{Length: 4096 * 1152 * time.Second / 44100}},
		"mp3 of one bit rate":           {mp3File(), Audio, Facts{Length: 41700 * 8 * time.Second / 128000}},
		"pdf":                           {[]byte(plainPDF), Document, Facts{Pages: 12}},
		"pdf with packed objects":       {packedPDF("2 0 3 50 << /Type /Catalog /Pages 2 0 R >> << /Type /Pages /Kids [4 0 R] /Count 31 >> << /Type /Outlines /Count 900 >>"), Document, Facts{Pages: 31}},
		"pdf of more than what is read": {[]byte("%PDF-1.4\n" + strings.Repeat("x", 9<<20) + plainPDF[9:]), Document, Facts{Pages: 12}},
	} {
		got, err := Read(bytes.NewReader(x.file), int64(len(x.file)), x.kind)
		if err != nil || got.Pages != x.want.Pages || got.Length.Round(time.Millisecond) != x.want.Length.Round(time.Millisecond) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, x.want)
		}
	}
}

// corpus are files that are made to cost time or memory, or to be misread.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	bomb := packedPDF(strings.Repeat("<< /Type /Pages /Kids [] >> ", 2<<20)) // inflates to 58 MB
	nested := packedPDF("<< /Type /ObjStm /Filter /FlateDecode >> stream\n" + string(packedPDF(strings.Repeat("x", 1<<20))))
	return map[string][]byte{
		"a document that inflates without end":   bomb,
		"a hundred of them":                      bytes.Repeat(bomb, 100),
		"a packed document in a packed document": nested,
		"a document with a count of years":       []byte("%PDF-1.4 << /Type /Pages /Count 999999999 >> endobj"),
		"a document that begins a million times": []byte("%PDF-1.4 " + strings.Repeat("/Type/Pages", 1<<19)),
		"a recording of 1,000 years":             flacFile(1<<36 - 1),
		"a box in itself":                        []byte(boxOf("ftyp", "M4A ") + "\x00\x00\x00\x08free" + strings.Repeat("\x00\x00\x00\x08free", 1<<17)),
		"a box of all there is":                  []byte(boxOf("ftyp", "M4A ") + "\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"),
		"chunks of nothing":                      []byte("RIFF\x00\x00\x00\x00WAVE" + strings.Repeat("none\x00\x00\x00\x00", 1<<17)),
		"a tag that is longer than the file":     []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + strings.Repeat("\xff", 4096)),
		"nothing but the beginnings of frames":   bytes.Repeat([]byte{0xff, 0xfb}, 1<<20),
		"pages of sound that never end":          []byte(oggPage(0, "OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00") + strings.Repeat(oggPage(^uint64(0), "x"), 1<<14)),
		"nothing":                                {},
	}
}

// TestF7BombsCostLittle: whatever a file claims, a few megabytes are read and
// allocated at most, and nothing is believed that cannot be.
func TestF7BombsCostLittle(t *testing.T) {
	const most = 16 << 20 // both ends of the file and what is inflated, which is 9 MiB, and as much again
	for name, b := range corpus(t) {
		for _, kind := range []Kind{Audio, Document} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := Read(bytes.NewReader(b), int64(len(b)), kind)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > most {
				t.Errorf("%s: %d MB were allocated", name, got>>20)
			}
			if err == nil && (f.Pages > maxPages || f.Length > longest) {
				t.Errorf("%s: got %+v", name, f)
			}
			if err != nil && !errors.Is(err, ErrUnknown) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestCutShort: a file that ends anywhere says nothing wrong and never panics.
func TestCutShort(t *testing.T) {
	for name, b := range map[string][]byte{"wave": waveFile(1)[:80], "flac": flacFile(9), "opus": opusFile(), "vorbis": vorbisFile(), "m4a": m4aFile(1), "mp3": xingFile(), "pdf": []byte(plainPDF)} {
		for n := range len(b) {
			for _, kind := range []Kind{Audio, Document} {
				if f, err := Read(bytes.NewReader(b[:n]), int64(n), kind); err == nil && (f.Length < 0 || f.Pages < 0) {
					t.Errorf("%s cut at %d: %+v", name, n, f)
				}
			}
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sealed")
	if err := os.WriteFile(path, waveFile(2), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := Open(path, "voice.WAV"); err != nil || f.Length != 2*time.Second {
		t.Errorf("got %+v, %v", f, err)
	}
	if _, err := Open(path, "voice.txt"); !errors.Is(err, ErrUnknown) {
		t.Errorf("by another name: got %v, want %v", err, ErrUnknown)
	}
	if _, err := Open(t.TempDir(), "folder.pdf"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a folder: got %v, want %v", err, ErrUnknown)
	}
	if _, err := Open(path+"x", "gone.pdf"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is gone: got %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{waveFile(1)[:100], flacFile(99), opusFile(), vorbisFile(), m4aFile(0), m4aFile(1), xingFile(), []byte(plainPDF), packedPDF("<< /Type /Pages /Count 3 >>")} {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, document bool) {
		kind := Audio
		if document {
			kind = Document
		}
		got, err := Read(bytes.NewReader(b), int64(len(b)), kind)
		if err == nil && (got.Length < 0 || got.Length > longest || got.Pages < 0 || got.Pages > maxPages || got == Facts{}) {
			t.Errorf("got %+v", got)
		}
		if err != nil && !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	file := []byte("%PDF-1.4\n" + strings.Repeat("x", 9<<20) + plainPDF[9:])
	r := bytes.NewReader(file)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(r, int64(len(file)), Document); err != nil {
			b.Fatal(err)
		}
	}
}
