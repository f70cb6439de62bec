package sqlite

import (
	"net/url"
	"testing"
)

// The path that SQLite reads out of a URI is the one that was meant, also on
// Windows (https://sqlite.org/uri.html, section 3.1).
func TestURI(t *testing.T) {
	for name, c := range map[string]struct{ path, want string }{
		"a path":                   {"/home/ana/host.db", "file:///home/ana/host.db?vfs=x"},
		"signs that mean much":     {"/a b/c?d#e%f+g.db", "file:///a%20b/c%3Fd%23e%25f+g.db?vfs=x"},
		"a drive of Windows":       {"C:/Users/Ana B/host.db", "file:C:/Users/Ana%20B/host.db?vfs=x"},
		"a network folder of that": {"//server/share/host.db", "file:////server/share/host.db?vfs=x"},
	} {
		if got := uri(c.path, url.Values{"vfs": {"x"}}); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
