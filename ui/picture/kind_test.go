package picture

import (
	"bytes"
	"strings"
	"testing"
)

func TestKindOf(t *testing.T) {
	for name, x := range map[string]struct {
		head string
		want Kind
	}{
		"a jpeg":                    {"\xFF\xD8\xFF\xE1\x00\x10Exif", Clear},
		"a png":                     {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0DIHDR", Clear},
		"a gif":                     {"GIF89a\x01\x00", Clear},
		"a webp":                    {"RIFF\x00\x00\x00\x00WEBPVP8 ", Clear},
		"a photo of an iPhone":      {"\x00\x00\x00\x24ftypheic\x00\x00\x00\x00", Telling},
		"an avif":                   {"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00", Telling},
		"a film of a phone":         {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", Telling},
		"a film of QuickTime":       {"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00", Telling},
		"an old film of QuickTime":  {"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", Telling},
		"a webm":                    {"\x1A\x45\xDF\xA3\x01\x00\x00\x00", Telling},
		"an avi":                    {"RIFF\x00\x00\x00\x00AVI LIST", Telling},
		"a raw photo as tiff":       {"II*\x00\x08\x00\x00\x00", Telling},
		"a tiff of the other order": {"MM\x00*\x00\x00\x00\x08", Telling},
		"a song":                    {"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00", Other},
		"a wave":                    {"RIFF\x00\x00\x00\x00WAVEfmt ", Other},
		"a text":                    {"I like free words", Other},
		"a document":                {"%PDF-1.7\n", Other},
		"three bytes":               {"\xFF\xD8\x00", Other},
		"nothing":                   {"", Other},
	} {
		got, err := KindOf(strings.NewReader(x.head))
		if err != nil || got != x.want {
			t.Errorf("%s: got %d, %v, want %d", name, got, err, x.want)
		}
	}
}

// What KindOf calls clear Clean knows, and nothing else.
func FuzzKindOf(f *testing.F) {
	f.Add([]byte("\xFF\xD8\xFF\xD9"))
	f.Add([]byte("GIF89a"))
	f.Add([]byte("\x00\x00\x00\x20ftypavif"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := KindOf(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err = Clean(&out, bytes.NewReader(b))
		if unknown := err != nil && strings.Contains(err.Error(), ErrNoPicture.Error()); unknown == (kind == Clear) {
			t.Errorf("% x: kind %d, and cleaning says %v", b[:min(len(b), headSize)], kind, err)
		}
	})
}
