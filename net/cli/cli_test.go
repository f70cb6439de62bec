package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/cli"
	"github.com/snugchat/snug/net/wire"
)

// lockedBuffer is written by a running program and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// FEATURES M2: a program with a folder snug-data beside it keeps everything
// there, and only then.
func TestFolderBesideTheProgram(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	data := filepath.Join(with, "snug-data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(without, "snug-data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		args []string
		want string
	}{
		"a folder is there":          {filepath.Join(with, "snug"), nil, data},
		"--profile names another":    {filepath.Join(with, "snug"), []string{"--profile", "/x"}, "/x"},
		"a file has the name":        {filepath.Join(without, "snug"), nil, ""},
		"nothing is there":           {filepath.Join(with, "snug-data", "snug"), nil, ""},
		"the program is not to find": {"", nil, ""},
	} {
		got := "not started"
		p := cli.Program{Name: "snug", Version: "1", Path: c.path, Out: io.Discard, Err: io.Discard, Window: func(_ context.Context, w cli.Window) error {
			got = w.Profile
			return nil
		}}
		if code := cli.Main(t.Context(), c.args, p); code != 0 || got != c.want {
			t.Errorf("%s: got %d, profile %q, want %q", name, code, got, c.want)
		}
	}
}

// run runs the program with the given arguments and returns what it printed.
func run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var b lockedBuffer
	code = cli.Main(t.Context(), args, cli.Program{Name: "snugd", Version: "1.2.3", Out: &b, Err: &b})
	return b.String(), code
}

func TestWordsBeforeAnyHost(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
		code int
	}{
		"the version":             {[]string{"version"}, "snugd 1.2.3 (protocol 1)", 0},
		"the help":                {[]string{"help"}, "Commands:", 0},
		"the help of a command":   {[]string{"help", "serve"}, "prints a link for its owner", 0},
		"help for nonsense":       {[]string{"help", "dance"}, "no command", 2},
		"admin alone":             {[]string{"admin"}, "stop-invite", 2},
		"admin without a host":    {[]string{"--profile", t.TempDir(), "admin", "people"}, "nothing is hosted", 1},
		"an option that is not":   {[]string{"serve", "--dance"}, "dance", 2},
		"a port that is not":      {[]string{"serve", "--port", "70000"}, "--port", 2},
		"a mode that is not":      {[]string{"serve", "--join", "maybe"}, "--join", 2},
		"an address that is not":  {[]string{"serve", "--address", "a b"}, "no address", 2},
		"a profile without a dir": {[]string{"serve", "--profile"}, "--profile needs", 2},
	} {
		if out, code := run(t, c.args...); !strings.Contains(out, c.want) || code != c.code {
			t.Errorf("%s: got %d %q, want %d and %q", name, code, out, c.code, c.want)
		}
	}
}

func TestWindowGetsLinkAndProfile(t *testing.T) {
	var got cli.Window
	var out lockedBuffer
	p := cli.Program{Name: "snug", Version: "1", Out: &out, Err: &out, Window: func(_ context.Context, w cli.Window) error {
		got = w
		return nil
	}}
	if code := cli.Main(t.Context(), []string{"--profile=/tmp/x", "snug://join#v1.abc"}, p); code != 0 || got.Link != "snug://join#v1.abc" || got.Profile != "/tmp/x" {
		t.Errorf("got %d, %+v", code, got)
	}
	if code := cli.Main(t.Context(), []string{"--host"}, p); code != 0 || !got.Host || got.Link != "" {
		t.Errorf("to host: got %d, %+v", code, got)
	}
	if code := cli.Main(t.Context(), []string{"letter.txt"}, p); code != 2 || !strings.Contains(out.String(), "neither a command, an invite link nor an invite file") {
		t.Errorf("a file: got %d, %q", code, out.String())
	}
}

// A desktop puts a link that somebody clicks into a command line. One that ends the
// quotation around it brings no options of its own.
func TestNothingFollowsALink(t *testing.T) {
	for name, args := range map[string][]string{
		"a profile":                 {"snug:x", "--profile", `\\server\share`},
		"a profile in one word":     {"snug:x", "--profile=/tmp/theirs"},
		"a profile before a quote":  {"snug:x", "--profile=/tmp/theirs", ""},
		"in another spelling":       {"SNUG:x", "--profile", "/tmp/theirs"},
		"to host":                   {"snug:x", "--host"},
		"a second link":             {"snug:x", "snug:y"},
		"an empty word":             {"snug:x", ""},
		"a command, with a profile": {"--profile", t.TempDir(), "snug:x", "serve"},
	} {
		var out lockedBuffer
		p := cli.Program{Name: "snug", Version: "1", Out: &out, Err: &out, Window: func(_ context.Context, w cli.Window) error {
			t.Errorf("%s: a window opens with %+v", name, w)
			return nil
		}}
		if code := cli.Main(t.Context(), args, p); code != 2 || !strings.Contains(out.String(), "nothing may follow an invite link") {
			t.Errorf("%s: got %d, %q", name, code, out.String())
		}
	}
}

// FEATURES M4: the link in an invite file is used as if it was the argument. What
// is wrong with a file is printed, and its path handed to the window, which says so.
func TestInviteFileAsArgument(t *testing.T) {
	link := (&wire.Link{Addresses: []string{"192.168.1.20:7443"}, Host: [32]byte{1}, Secret: make([]byte, wire.SecretSize)}).String()
	dir := t.TempDir()
	t.Chdir(dir)
	here, err := os.Getwd() // a system may have the folder under another name
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"Our class #1.SNUG": wire.FormatInviteFile(link),
		"half.snug":         []byte(link[:len(link)-4]),
		"large.snug":        bytes.Repeat([]byte("\n"), wire.MaxInviteFile+1),
	} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// RFC 8089: file:///C:/ on Windows.
	uri := url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(filepath.Join(dir, "Our class #1.SNUG")), "/")}
	for name, c := range map[string]struct{ arg, want, says string }{
		"a path":                {filepath.Join(dir, "Our class #1.SNUG"), link, ""},
		"a name in this folder": {"Our class #1.SNUG", link, ""},
		"a URI":                 {uri.String(), link, ""},
		"half a link":           {"half.snug", filepath.Join(here, "half.snug"), "no invite file: this is not a whole invite link"},
		"a file too large":      {"large.snug", filepath.Join(here, "large.snug"), "no invite file: larger than 16384 bytes"},
		"no file":               {"none.snug", filepath.Join(here, "none.snug"), "no invite file: "},
	} {
		var out bytes.Buffer
		got := "not started"
		p := cli.Program{Name: "snug", Version: "1", Out: &out, Err: &out, Window: func(_ context.Context, w cli.Window) error {
			got = w.Link
			return nil
		}}
		if code := cli.Main(t.Context(), []string{c.arg}, p); code != 0 || got != c.want || !strings.Contains(out.String(), c.says) || (c.says == "") != (out.Len() == 0) {
			t.Errorf("%s: got %d, link %q, printed %q, want %q and %q", name, code, got, out.String(), c.want, c.says)
		}
	}
}

// TestServe is row M6 of the features without its unit: a place is hosted without
// a window, managed from the command line, and ends cleanly within 2 s.
func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-name-", 12)) // longer than a socket's path may be
	var out, log lockedBuffer
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Main(ctx, []string{"serve", "--profile", dir, "--name", "Choir", "--port", "0", "--address", "127.0.0.1"},
			cli.Program{Name: "snugd", Version: "1", Out: &out, Err: &log})
	}()
	link := ""
	for deadline := time.Now().Add(30 * time.Second); link == ""; {
		if i := strings.Index(out.String(), wire.LinkPrefix); i >= 0 && strings.HasSuffix(out.String(), "\n") {
			link = strings.TrimSpace(out.String()[i:])
		}
		select {
		case code := <-ended:
			t.Fatalf("ended with %d: %s %s", code, out.String(), log.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("no owner link after 30 s: %s %s", out.String(), log.String())
		}
	}
	if l, err := wire.ParseLink(link); err != nil || !slices.Equal(l.Addresses, []string{"127.0.0.1:7443"}) {
		t.Errorf("owner link %q: %+v, %v", link, l, err)
	}
	admin := func(args ...string) (string, int) {
		return run(t, append([]string{"--profile", dir, "admin"}, args...)...)
	}
	invite, code := admin("invite", "--uses", "3", "--for", "1h")
	if _, err := wire.ParseLink(invite); code != 0 || err != nil {
		t.Errorf("invite: %d %q, %v", code, invite, err)
	}
	list, code := admin("invites")
	if code != 0 || !strings.Contains(list, "0 of 3 used") || !strings.Contains(list, "owner") {
		t.Errorf("invites: %d %q", code, list)
	}
	for line := range strings.Lines(list) {
		if strings.Contains(line, "of 3 used") {
			if out, code := admin("stop-invite", strings.Fields(line)[0]); code != 0 {
				t.Errorf("stop-invite: %d %q", code, out)
			}
		}
	}
	for _, c := range []struct { // in this order: a later one sees what an earlier one changed
		name string
		args []string
		want string
		code int
	}{
		{"status", []string{"status"}, "Choir (join: invite", 0},
		{"a link that was ended", []string{"invites"}, "stopped", 0},
		{"the place", []string{"place", "--join", "approval", "--max-file", "500MiB"}, "join: approval, files up to 500.0 MiB", 0},
		{"F8 how long files stay", []string{"files"}, "kept for ever, 0 B of them now", 0},
		{"F8 a total without room for two", []string{"files", "--all", "600MiB"}, "at least 1008.5 MiB", 1},
		{"F8 both rules", []string{"files", "--all", "5GiB", "--keep", "90d"}, "kept for 90 days, up to 5.0 GiB in all", 0},
		{"F8 one of them", []string{"files", "--keep", "1y"}, "kept for 365 days, up to 5.0 GiB in all", 0},
		{"F8 less than a day", []string{"files", "--keep", "3h"}, "usage: admin files", 2},
		{"F8 no time", []string{"files", "--keep", "soon"}, "usage: admin files", 2},
		{"F8 a size that is none", []string{"files", "--all", "-1"}, "usage: admin files", 2},
		{"F8 the state of it", []string{"status"}, "files      kept for 365 days", 0},
		{"F8 the largest file has no share any more", []string{"place", "--max-file", "3GiB"}, "half of all files", 1},
		{"F8 no rules again", []string{"files", "--all", "0", "--keep", "0"}, "kept for ever", 0},
		{"somebody unknown", []string{"ban", "Tom", "--for", "1h"}, "nobody of that name", 1},
		{"the rooms", []string{"rooms"}, "Lobby", 0},
		{"rooms with a word too much", []string{"rooms", "all"}, "usage: admin rooms", 2},
		{"how many rooms there are", []string{"status"}, "1 open, 0 private", 0},
		{"a role that is not", []string{"role", "Tom", "king"}, "usage: admin role", 2},
		{"a word that is not", []string{"dance"}, "no admin command", 2},
		{"too few words", []string{"reset"}, "usage: admin reset", 2},
		{"the record", []string{"audit"}, "host", 0},
	} {
		if out, code := admin(c.args...); !strings.Contains(out, c.want) || code != c.code {
			t.Errorf("%s: got %d %q, want %d and %q", c.name, code, out, c.code, c.want)
		}
	}
	if out, code := run(t, "serve", "--profile", dir, "--port", "0"); code != 1 || !strings.Contains(out, "another Snug runs") {
		t.Errorf("a second host: got %d %q", code, out)
	}
	began := time.Now()
	stop()
	select {
	case code := <-ended:
		if code != 0 {
			t.Errorf("ended with %d: %s", code, log.String())
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v to end", took)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("did not end")
	}
	if strings.Contains(log.String(), link) || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("the log has the link or an error:\n%s", log.String())
	}
}
