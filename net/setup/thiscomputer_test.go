package setup

import (
	"strings"
	"testing"
)

func TestNameOfDevice(t *testing.T) {
	for what, c := range map[string]struct{ system, name, want string }{
		"a name":                  {"linux", "kitchen", "Linux, kitchen"},
		"with its domain":         {"darwin", "annas-mac.local", "Mac, annas-mac"},
		"no name":                 {"windows", "", "Windows"},
		"a name that says naught": {"linux", "localhost", "Linux"},
		"two lines":               {"linux", "a\nb", "Linux"},
		"too long":                {"linux", strings.Repeat("a", 200), "Linux"},
		"another system":          {"freebsd", "attic", "freebsd, attic"},
	} {
		if got := nameOfDevice(c.system, c.name); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}
