package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func FuzzParseDeviceNote(f *testing.F) {
	f.Add((&DeviceNote{Name: "the blue laptop", Identity: true, Time: 5}).Encode())
	f.Add((&DeviceNote{}).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := ParseDeviceNote(b)
		if err != nil {
			if !errors.Is(err, ErrBadNote) {
				t.Errorf("% x: %v", b, err)
			}
			return
		}
		if again := n.Encode(); !bytes.Equal(again, b) {
			t.Errorf("% x was read as % x", b, again)
		}
	})
}

func TestDeviceNames(t *testing.T) {
	for name, good := range map[string]bool{
		"": true, "Ana's laptop": true, strings.Repeat("x", MaxDeviceName): true, "\u05d4\u05de\u05d7\u05e9\u05d1": true,
		strings.Repeat("x", MaxDeviceName+1): false, "two\nlines": false, "left\u202eright": false, "\xff": false,
	} {
		if err := CheckDeviceName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
		if n := (&DeviceNote{Name: name}).Encode(); good {
			if _, err := ParseDeviceNote(n); err != nil || len(n) > MaxDeviceNote {
				t.Errorf("%q in %d bytes: %v", name, len(n), err)
			}
		}
	}
}
