package paths

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestSafeName(t *testing.T) {
	long := strings.Repeat("x", 300)
	for what, c := range map[string]struct{ name, want string }{
		"a plain name stays":                    {"report.pdf", "report.pdf"},
		"spaces and capitals stay":              {"My Report v2.PDF", "My Report v2.PDF"},
		"a path leads nowhere":                  {"../x", "x"},
		"an absolute path":                      {"/etc/passwd", "passwd"},
		"a Windows path":                        {`C:\Users\ana\a.txt`, "a.txt"},
		"a path that ends in a slash":           {"a/b/", "b"},
		"only dots":                             {"..", "file"},
		"only slashes":                          {"///", "file"},
		"nothing":                               {"", "file"},
		"hidden":                                {".bashrc", "bashrc"},
		"hidden behind a joiner":                {"\u200d.bashrc", "bashrc"},
		"a device":                              {"CON", "_CON"},
		"a device in small letters":             {"nul", "_nul"},
		"a device with an ending":               {"con.txt", "_con.txt"},
		"a device with two endings":             {"Aux.tar.gz", "_Aux.tar.gz"},
		"a device and a space before its dot":   {"con .txt", "_con.txt"},
		"a serial port":                         {"COM1.log", "_COM1.log"},
		"a port with a superscript":             {"lpt³", "_lpt³"},
		"no port":                               {"COM12", "COM12"},
		"no device":                             {"console.txt", "console.txt"},
		"a folder's settings":                   {"Desktop.INI", "_Desktop.INI"},
		"an ending turned around":               {"a\u202Egpj.exe", "agpj.exe"},
		"isolates and marks":                    {"\u2066a\u200e\u061cb\u2069.txt", "ab.txt"},
		"invisible characters":                  {"a\u200b\ufeff\u00adb.txt", "ab.txt"},
		"tag characters":                        {"a\U000e0041\U000e007f.txt", "a.txt"},
		"control characters":                    {"a\x00b\x1b[31m\x7f\u0085.txt", "ab[31m.txt"},
		"a line break becomes a space":          {"a\r\nb\u2028c.txt", "a b c.txt"},
		"many spaces do not push the ending":    {"photo.jpg" + strings.Repeat(" ", 90) + ".exe", "photo.jpg.exe"},
		"forbidden characters":                  {`a<b>c:d"e|f?g*h.txt`, "a_b_c_d_e_f_g_h.txt"},
		"an alternate stream":                   {"a.txt:evil.exe", "a.txt_evil.exe"},
		"dots and spaces at the end":            {"a.txt. . .", "a.txt"},
		"bytes that are no text":                {"a\xff\xfe.txt", "a_.txt"},
		"decomposed letters are composed":       {"e\u0301.txt", "é.txt"},
		"composed after a character went":       {"e\u200b\u0301.txt", "é.txt"},
		"an emoji of several people stays":      {"👨\u200d👩\u200d👧.png", "👨\u200d👩\u200d👧.png"},
		"Persian with its joiner stays":         {"می\u200cخواهم.txt", "می\u200cخواهم.txt"},
		"300 characters keep their ending":      {long + ".jpg", strings.Repeat("x", 116) + ".jpg"},
		"300 characters without one":            {long, strings.Repeat("x", 120)},
		"300 characters and an archive":         {long + ".tar.gz", strings.Repeat("x", 113) + ".tar.gz"},
		"an ending of 300 characters is no one": {"a." + long, "a." + strings.Repeat("x", 118)},
		"three bytes a character":               {strings.Repeat("字", 120) + ".txt", strings.Repeat("字", 83) + ".txt"},
	} {
		t.Run(what, func(t *testing.T) {
			got := SafeName(c.name)
			if got != c.want {
				t.Errorf("SafeName(%q): got %q, want %q", c.name, got, c.want)
			}
			checkSafe(t, c.name, got)
		})
	}
}

// checkSafe is what must hold of every name, whatever it was made from.
func checkSafe(t *testing.T, from, got string) {
	t.Helper()
	if again := SafeName(got); again != got {
		t.Errorf("%q became %q, and that became %q", from, got, again)
	}
	if !filepath.IsLocal(got) || filepath.Base(got) != got || got == "." {
		t.Errorf("%q became %q, which is no local name", from, got)
	}
	if got == "" || len(got) > MaxNameBytes || utf8.RuneCountInString(got) > MaxNameRunes {
		t.Errorf("%q became a name of %d bytes", from, len(got))
	}
	if strings.ContainsAny(got, "<>:\"/\\|?*\x00\u202e\u2066") || !norm.NFC.IsNormalString(got) || !utf8.ValidString(got) {
		t.Errorf("%q became %q", from, got)
	}
	if strings.HasPrefix(got, ".") || strings.HasSuffix(got, ".") || strings.HasSuffix(got, " ") || reserved(got) {
		t.Errorf("%q became %q", from, got)
	}
}

func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"../x", "CON", "a\u202Egpj.exe", "nul\u200d.txt", ".x.", strings.Repeat("é", 300), "a .tar.gz", "con" + strings.Repeat("\u200d", 200) + ".txt"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSafe(t, s, SafeName(s)) })
}

func openRoot(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func TestCreateUnique(t *testing.T) {
	root := openRoot(t)
	for _, c := range []struct{ name, want string }{
		{"a.txt", "a.txt"},
		{"a.txt", "a (2).txt"},
		{"../a.txt", "a (3).txt"},
		{"b.tar.gz", "b.tar.gz"},
		{"b.tar.gz", "b (2).tar.gz"},
		{"noext", "noext"},
		{"noext", "noext (2)"},
		{strings.Repeat("x", 300) + ".jpg", strings.Repeat("x", 116) + ".jpg"},
		{strings.Repeat("x", 300) + ".jpg", strings.Repeat("x", 112) + " (2).jpg"},
	} {
		f, got, err := CreateUnique(root, c.name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm()&^fileMode != 0 {
			t.Errorf("%s: got mode %v, want %v", got, info.Mode(), fileMode)
		}
		f.Close()
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCreateUniqueLeavesWhatIsThere(t *testing.T) {
	root := openRoot(t)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root.Name(), "link.txt")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := os.Lstat(filepath.Join(root.Name(), "link.txt")); err != nil {
		t.Skip("symbolic links come to nothing here, as in wine:", err)
	}
	f, got, err := CreateUnique(root, "link.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got != "link (2).txt" {
		t.Errorf("got %q, want the link left alone", got)
	}
	if _, err := f.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(outside); string(b) != "old" {
		t.Errorf("the file that the link leads to became %q", b)
	}
}

func TestCreateUniqueIsBounded(t *testing.T) {
	root := openRoot(t)
	for i := range MaxSameName {
		f, name, err := CreateUnique(root, "a.txt")
		if err != nil {
			t.Fatalf("file %d: %v", i+1, err)
		}
		_ = name
		f.Close()
		if i == 3 {
			break
		}
	}
	for i := 5; i <= MaxSameName; i++ {
		f, err := root.Create(cut("a.txt", " ("+itoa(i)+")"))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if _, _, err := CreateUnique(root, "a.txt"); !errors.Is(err, ErrNameTaken) {
		t.Errorf("got %v, want %v", err, ErrNameTaken)
	}
}

func TestReceive(t *testing.T) {
	list := func(root *os.Root) (names []string) {
		entries, err := fs.ReadDir(root.FS(), ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	root := openRoot(t)
	for _, want := range []string{"a.txt", "a (2).txt"} {
		in, err := Receive(root, "../a.txt")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte("body")); err != nil {
			t.Fatal(err)
		}
		if b, err := root.ReadFile(want); err == nil {
			t.Fatalf("%s is there before Commit: %q", want, b)
		}
		got, err := in.Commit()
		if err != nil {
			t.Fatal(err)
		}
		b, err := root.ReadFile(want)
		if got != want || err != nil || string(b) != "body" {
			t.Errorf("got %q with %q, %v; want %q", got, b, err, want)
		}
	}
	in, err := Receive(root, "b.txt")
	if err != nil {
		t.Fatal(err)
	}
	in.Discard()
	if got := list(root); len(got) != 2 {
		t.Errorf("got %q, want the two committed files only", got)
	}
}

func TestCommitOnce(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 40_000) // several reads
	for name, c := range map[string]struct {
		there map[string]string
		write string
		want  string
	}{
		"nothing is there":                 {nil, "body", "a.txt"},
		"the same file":                    {map[string]string{"a.txt": "body"}, "body", "a.txt"},
		"another file of the same size":    {map[string]string{"a.txt": "bodz"}, "body", "a (2).txt"},
		"the same after another":           {map[string]string{"a.txt": "other", "a (2).txt": "body"}, "body", "a (2).txt"},
		"the same, the first taken away":   {map[string]string{"a (2).txt": "body"}, "body", "a (2).txt"},
		"the same bytes, another name":     {map[string]string{"b.txt": "body"}, "body", "a.txt"},
		"empty files":                      {map[string]string{"a.txt": ""}, "", "a.txt"},
		"the same long file":               {map[string]string{"a.txt": long}, long, "a.txt"},
		"another end of a long file":       {map[string]string{"a.txt": long[:len(long)-1] + "x"}, long, "a (2).txt"},
		"another beginning of a long file": {map[string]string{"a.txt": "x" + long[1:]}, long, "a (2).txt"},
	} {
		t.Run(name, func(t *testing.T) {
			root := openRoot(t)
			for n, body := range c.there {
				if err := root.WriteFile(n, []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			in, err := Receive(root, "a.txt")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := in.Write([]byte(c.write)); err != nil {
				t.Fatal(err)
			}
			got, err := in.CommitOnce()
			if err != nil || got != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if b, err := root.ReadFile(c.want); err != nil || string(b) != c.write {
				t.Errorf("%q holds other bytes (%v)", c.want, err)
			}
			entries, err := fs.ReadDir(root.FS(), ".")
			if _, same := c.there[c.want]; err != nil || same && len(entries) != len(c.there) || !same && len(entries) != len(c.there)+1 {
				t.Errorf("%d files are there, %v", len(entries), err)
			}
		})
	}
}
