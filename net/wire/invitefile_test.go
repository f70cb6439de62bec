package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestParseInviteFile(t *testing.T) {
	link := personal().String()
	newer := strings.Replace(link, "#v1.", "#v2.", 1)
	for name, c := range map[string]struct {
		in, want string
		err      error
	}{
		"as Snug writes it":                {string(FormatInviteFile(link)), link, nil},
		"without the end of the line":      {link, link, nil},
		"as Windows' editor saves it":      {"\ufeff" + link + "\r\n\r\n", link, nil},
		"between empty lines, in brackets": {"\n  <" + link + ">\n\n", link, nil},
		"a link of a later version":        {newer + "\n", newer, nil},
		"as large as it may be":            {link + strings.Repeat("\n", MaxInviteFile-len(link)), link, nil},
		"a byte too large":                 {link + strings.Repeat("\n", MaxInviteFile-len(link)+1), "", ErrInviteFile},
		"nothing":                          {"", "", ErrInviteFile},
		"white space":                      {" \r\n\t\n", "", ErrInviteFile},
		"two links":                        {link + "\n" + link + "\n", "", ErrInviteFile},
		"a letter around it":               {"Dear Ben,\n" + link + "\n", "", ErrInviteFile},
		"half a link":                      {link[:len(link)/2] + "\n", "", ErrBadLink},
		"a link to something else":         {"https://example.org/\n", "", ErrBadLink},
		"a link for another computer":      {deviceLink().String() + "\n", "", ErrDeviceLink},
		"bytes that are no text":           {"\xff\xfe" + link, "", ErrInviteFile},
	} {
		got, err := ParseInviteFile([]byte(c.in))
		if got != c.want || !errors.Is(err, c.err) || (err != nil && !errors.Is(err, ErrInviteFile)) {
			t.Errorf("%s: got %q, %v, want %q, %v", name, got, err, c.want, c.err)
		}
	}
}

func FuzzParseInviteFile(f *testing.F) {
	f.Add(FormatInviteFile(personal().String()))
	f.Add([]byte("\ufeff<" + personal().String() + ">\r\n"))
	f.Add([]byte("snug://join#v2.A\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		link, err := ParseInviteFile(b)
		if err != nil {
			if link != "" {
				t.Errorf("%q is refused and gives %q", b, link)
			}
			return
		}
		if again, err := ParseInviteFile(FormatInviteFile(link)); err != nil || again != link {
			t.Errorf("%q was read as %q and then %q, %v", b, link, again, err)
		}
	})
}
