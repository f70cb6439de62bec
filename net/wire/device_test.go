package wire

import (
	"errors"
	"strings"
	"testing"
)

func deviceLink() *DeviceLink {
	return &DeviceLink{Addresses: []string{"192.168.1.20:7443", "[fd00::1]:7443"}, Host: [32]byte{1, 2, 3}, Secret: [16]byte{4, 5, 6}}
}

func TestDeviceLink(t *testing.T) {
	want := deviceLink().String()
	if len(want) > 300 {
		t.Errorf("the link has %d characters, more than a QR code reads well (300)", len(want))
	}
	invite := personal().String()
	none, nowhere, anybody := *deviceLink(), *deviceLink(), *deviceLink()
	none.Secret, nowhere.Addresses, anybody.Host = [16]byte{}, nil, [32]byte{}
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"as written":                            {want, nil},
		"in quotes":                             {"\u201c" + want + "\u201d", nil},
		"with the slash that some programs add": {strings.Replace(want, "device#", "device/#", 1), nil},
		"nothing":                               {"", ErrBadLink},
		"an invite":                             {invite, ErrBadLink},
		"an invite under the other name":        {DeviceLinkPrefix + strings.TrimPrefix(invite, LinkPrefix), ErrBadLink},
		"half a link":                           {want[:len(want)/2], ErrBadLink},
		"a later version":                       {strings.Replace(want, "#v1.", "#v2.", 1), ErrNewerLink},
		"no secret":                             {none.String(), ErrBadLink},
		"no address":                            {nowhere.String(), ErrBadLink},
		"no key of the host":                    {anybody.String(), ErrBadLink},
	} {
		l, err := ParseDeviceLink(c.in)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if err == nil && l.String() != want {
			t.Errorf("%s: got %s, want %s", name, l, want)
		}
	}
	for _, s := range []string{want, strings.Replace(want, "device#", "device/#", 1)} {
		if _, err := ParseLink(s); !errors.Is(err, ErrDeviceLink) {
			t.Errorf("read as an invite: got %v, want %v", err, ErrDeviceLink)
		}
	}
}

func FuzzParseDeviceLink(f *testing.F) {
	f.Add(deviceLink().String())
	f.Add(DeviceLinkPrefix)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseDeviceLink(s)
		if err != nil {
			return
		}
		again, err := ParseDeviceLink(l.String())
		if err != nil || again.String() != l.String() {
			t.Errorf("%q was read as %+v and then %+v, %v", s, l, again, err)
		}
	})
}
