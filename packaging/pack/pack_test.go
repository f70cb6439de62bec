package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/wire"
)

// inRoot lets a test run where pack runs: in the root of the repository.
func inRoot(t *testing.T) about {
	t.Helper()
	t.Chdir("../..")
	a, err := readAbout("FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func output(t *testing.T, args ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := run(args, &b); err != nil {
		t.Fatalf("pack %s: %v", strings.Join(args, " "), err)
	}
	return b.String()
}

// plist is a property list as a tree of keys.
func plist(t *testing.T, text []byte) map[string]any {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	var value func(start xml.StartElement) any
	value = func(start xml.StartElement) any {
		var text string
		var list []any
		dict := make(map[string]any)
		key := ""
		for {
			token, err := d.Token()
			if err != nil {
				t.Fatalf("property list: %v", err)
			}
			switch token := token.(type) {
			case xml.CharData:
				text += string(token)
			case xml.StartElement:
				v := value(token)
				if token.Name.Local == "key" {
					key = v.(string)
				} else {
					list, dict[key] = append(list, v), v
				}
			case xml.EndElement:
				switch start.Name.Local {
				case "dict", "plist":
					return dict
				case "array":
					return list
				case "true":
					return true
				}
				return text
			}
		}
	}
	for {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("property list: %v", err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "dict" {
			return value(start).(map[string]any)
		}
	}
}

// FEATURES M1, M4: the macOS bundle has what Finder needs, and takes snug: links.
// It never ran on a Mac; this is what can be said without one.
func TestBundle(t *testing.T) {
	a := inRoot(t)
	dir := t.TempDir()
	program := []byte("\xca\xfe\xba\xbe a universal program")
	if err := os.WriteFile(filepath.Join(dir, "program"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	from := t.TempDir()
	for _, name := range papers() {
		if err := os.WriteFile(filepath.Join(from, name), []byte("what "+name+" says"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a second time over the first
		output(t, "app", filepath.Join(dir, "program"), from, dir)
	}
	contents := filepath.Join(dir, "Snug.app", "Contents")
	text, err := os.ReadFile(filepath.Join(contents, "Info.plist"))
	if err != nil {
		t.Fatal(err)
	}
	p := plist(t, text)
	for key, want := range map[string]string{
		"CFBundleIdentifier": "io.github.snugchat.Snug", "CFBundleName": "Snug", "CFBundleExecutable": "snug", "CFBundlePackageType": "APPL",
		"CFBundleShortVersionString": a.Version, "LSMinimumSystemVersion": "12.0",
		"LSApplicationCategoryType": "public.app-category.social-networking", "NSPrincipalClass": "NSApplication",
	} {
		if got, _ := p[key].(string); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	// Apple, Bundle Resources, CFBundleVersion: one to three integers with periods between.
	if got, _ := p["CFBundleVersion"].(string); !regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,2}$`).MatchString(got) {
		t.Errorf("CFBundleVersion: got %q", got)
	}
	for _, name := range papers() {
		if b, err := os.ReadFile(filepath.Join(contents, "Resources", name)); err != nil || string(b) != "what "+name+" says" {
			t.Errorf("%s: got %q, %v", name, b, err)
		}
	}
	if why, _ := p["NSLocalNetworkUsageDescription"].(string); len(why) < 40 {
		t.Errorf("the reason for the local network is %q", why)
	}
	if retina, _ := p["NSHighResolutionCapable"].(bool); !retina {
		t.Error("not for high resolutions")
	}
	types, _ := p["CFBundleURLTypes"].([]any)
	if len(types) != 1 {
		t.Fatalf("%d kinds of links", len(types))
	}
	if schemes, _ := types[0].(map[string]any)["CFBundleURLSchemes"].([]any); len(schemes) != 1 || schemes[0] != "snug" {
		t.Errorf("links: got %v", schemes)
	}
	executable, _ := p["CFBundleExecutable"].(string)
	path := filepath.Join(contents, "MacOS", executable)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the program: %v, %v", info, err)
	}
	if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, program) {
		t.Errorf("the program was changed: %v", err)
	}
	icon, _ := p["CFBundleIconFile"].(string)
	b, err := os.ReadFile(filepath.Join(contents, "Resources", icon))
	if err != nil {
		t.Fatal(err)
	}
	sizes := readICNS(t, b)
	for kind, want := range map[string]int{"ic07": 128, "ic09": 512, "ic11": 32, "ic14": 512} {
		if sizes[kind] != want {
			t.Errorf("icon %s: got %d px, want %d", kind, sizes[kind], want)
		}
	}
}

func readICNS(t *testing.T, b []byte) map[string]int {
	t.Helper()
	if len(b) < 8 || string(b[:4]) != "icns" || int(binary.BigEndian.Uint32(b[4:])) != len(b) {
		t.Fatal("not an icns file")
	}
	sizes := make(map[string]int)
	for b = b[8:]; len(b) > 8; {
		n := binary.BigEndian.Uint32(b[4:])
		c, err := png.DecodeConfig(bytes.NewReader(b[8:n]))
		if err != nil {
			t.Fatal(err)
		}
		sizes[string(b[:4])] = c.Width
		b = b[n:]
	}
	return sizes
}

func TestIcons(t *testing.T) {
	a := inRoot(t)
	dir := t.TempDir()
	output(t, "icons", dir)
	for _, size := range themeSizes {
		f, err := os.Open(filepath.Join(dir, fmt.Sprintf("%dx%d", size, size), "apps", a.ID+".png"))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil || img.Bounds().Dx() != size || img.Bounds().Dy() != size {
			t.Errorf("%d px: %v", size, err)
			continue
		}
		if _, _, _, alpha := img.At(0, 0).RGBA(); alpha > 0x8000 {
			t.Errorf("%d px: the corner is not clear", size)
		}
		if _, _, _, alpha := img.At(size/2, size/2).RGBA(); alpha != 0xffff {
			t.Errorf("%d px: the middle is clear", size)
		}
	}
	output(t, "ico", filepath.Join(dir, "snug.ico"))
	b, err := os.ReadFile(filepath.Join(dir, "snug.ico"))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if n := int(le.Uint16(b[4:])); n != len(windowsSizes) {
		t.Fatalf("%d icons", n)
	}
	for i, size := range windowsSizes {
		e := b[6+16*i:]
		at, n := le.Uint32(e[12:]), le.Uint32(e[8:])
		c, err := png.DecodeConfig(bytes.NewReader(b[at : at+n]))
		if err != nil || c.Width != size || e[0] != byte(size) {
			t.Errorf("icon %d: %d px, %v", size, c.Width, err)
		}
	}
}

// FEATURES M4: the desktop opens snug: links with the program and shows it as
// one that hosts.
func TestDesktopEntry(t *testing.T) {
	inRoot(t)
	entry := output(t, "fill", "packaging/linux/desktop")
	for _, want := range []string{
		"\nName=Snug\n", "\nExec=snug %u\n", "\nIcon=io.github.snugchat.Snug\n", "\nMimeType=x-scheme-handler/snug;" + wire.InviteFileType + ";\n", "\nStartupWMClass=Snug\n",
		"\nCategories=Network;InstantMessaging;Chat;\n", "\nExec=snug --host\n", "\nActions=host;\n",
	} {
		if !strings.Contains(entry, want) {
			t.Errorf("no %q in\n%s", want, entry)
		}
	}
}

// FEATURES M4: Linux and Windows know what an invite file is, by its ending, and
// open it with the program; every package has what says so.
func TestInviteFiles(t *testing.T) {
	a := inRoot(t)
	var kinds struct {
		Types []struct {
			Type  string `xml:"type,attr"`
			Globs []struct {
				Pattern string `xml:"pattern,attr"`
			} `xml:"glob"`
			Icon struct {
				Name string `xml:"name,attr"`
			} `xml:"icon"`
		} `xml:"mime-type"`
	}
	if err := xml.Unmarshal([]byte(output(t, "fill", "packaging/linux/mime.xml")), &kinds); err != nil {
		t.Fatal(err)
	}
	if len(kinds.Types) != 1 || len(kinds.Types[0].Globs) != 1 {
		t.Fatalf("got %+v, want one type with one ending", kinds)
	}
	if k := kinds.Types[0]; k.Type != wire.InviteFileType || k.Globs[0].Pattern != "*"+wire.InviteFileEnding || k.Icon.Name != a.ID {
		t.Errorf("got %+v", k)
	}
	for path, wants := range map[string][]string{
		"packaging/linux/nfpm-snug.yaml": {"dst: /usr/share/mime/packages/{{.ID}}.xml"},
		"packaging/build":                {`"$tree/share/mime/packages/$id.xml"`},
		"packaging/linux/install":        {"update-mime-database", "application/vnd.snug.invite.xml"},
		"packaging/linux/metainfo.xml":   {"<mediatype>" + wire.InviteFileType + "</mediatype>"},
		"packaging/windows/snug.nsi": {
			`WriteRegStr HKCU "Software\Classes\` + wire.InviteFileEnding + `" "" "Snug.Invite"`, `"` + wire.InviteFileType + `"`,
			`WriteRegStr HKCU "Software\Classes\Snug.Invite\shell\open\command" "" '"$INSTDIR\${COMMAND}.exe" "%1"'`,
			`DeleteRegKey HKCU "Software\Classes\` + wire.InviteFileEnding + `"`, `DeleteRegKey HKCU "Software\Classes\Snug.Invite"`,
		},
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
	}
}

// FEATURES M6: the unit runs the program without rights that it does not need.
func TestUnit(t *testing.T) {
	inRoot(t)
	unit, err := os.ReadFile("packaging/linux/snugd.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ExecStart=/usr/bin/snugd --profile /var/lib/snugd serve", "DynamicUser=yes", "StateDirectory=snugd", "NoNewPrivileges=yes", "ProtectSystem=strict",
		"ProtectHome=yes", "CapabilityBoundingSet=\n", "SystemCallFilter=@system-service", "MemoryDenyWriteExecute=yes", "Restart=on-failure", "AF_NETLINK",
	} {
		if !strings.Contains(string(unit), want) {
			t.Errorf("the unit has no %q", want)
		}
	}
}

// What is new stands in one file; Debian's and rpm's changelogs come from it.
func TestReleases(t *testing.T) {
	a := inRoot(t)
	releases, err := readReleases(a)
	if err != nil {
		t.Fatal(err)
	}
	log := output(t, "changelog")
	for _, r := range releases {
		if !strings.Contains(log, "semver: "+r.Version+"\n") || !strings.Contains(log, strings.Join(strings.Fields(r.Changes[0]), " ")) {
			t.Errorf("the changelog lacks %s:\n%s", r.Version, log)
		}
	}
	const head, tail = "<component><releases>", "</releases></component>"
	one := func(version, date string) string {
		return `<release version="` + version + `" date="` + date + `"><description><ul><li>x</li></ul></description></release>`
	}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"this version":                  {head + one("1.2.0", "2026-11-23") + one("1.1.0", "2026-10-01") + tail, true},
		"another one only":              {head + one("1.1.0", "2026-10-01") + tail, false},
		"this version below an old one": {head + one("1.1.0", "2026-10-01") + one("1.2.0", "2026-11-23") + tail, false},
		"a day that never was":          {head + one("1.2.0", "2026-11-31") + tail, false},
		"an order against the days":     {head + one("1.2.0", "2026-10-01") + one("1.1.0", "2026-11-23") + tail, false},
		"nothing new":                   {head + `<release version="1.2.0" date="2026-11-23"/>` + tail, false},
		"a change of one line":          {head + strings.Replace(one("1.2.0", "2026-11-23"), ">x<", ">"+strings.Repeat("x", changeLong)+"<", 1) + tail, true},
		"a change of more than a line":  {head + strings.Replace(one("1.2.0", "2026-11-23"), ">x<", ">"+strings.Repeat("x", changeLong+1)+"<", 1) + tail, false},
		"no releases":                   {head + tail, false},
		"no XML":                        {"tea", false},
	} {
		if _, err := parseReleases([]byte(c.text), "1.2.0"); (err == nil) != c.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FEATURES M3: what a release says of its files, its signature and its files fit,
// or check says which does not.
func TestSumsAndSignature(t *testing.T) {
	inRoot(t)
	dir, keys := t.TempDir(), t.TempDir()
	secret, public := filepath.Join(keys, "secret.pem"), filepath.Join(keys, "public.pem")
	if err := os.WriteFile(public, []byte(output(t, "key", secret)), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the secret key: %v, %v", info, err)
	}
	if err := run([]string{"key", secret}, &bytes.Buffer{}); err == nil {
		t.Error("a second key overwrote the first")
	}
	for name, text := range map[string]string{"snug_1.deb": "a", "snug-setup.exe": "b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output(t, "sums", dir)
	output(t, "sign", secret, dir)
	output(t, "sums", dir) // the list does not list itself
	output(t, "check", public, dir)

	for name, spoil := range map[string]func(path string) error{
		"snug_1.deb":  func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
		listName:      func(path string) error { return os.WriteFile(path, []byte("# Snug 9.9.9 2026-11-23\n"), 0o600) },
		signatureName: os.Remove,
	} {
		path := filepath.Join(dir, name)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if err := run([]string{"check", public, dir}, &bytes.Buffer{}); err == nil {
			t.Errorf("%s is spoiled, and nobody says so", name)
		}
		if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run([]string{"check", "crypto/release/keys.pem", dir}, &bytes.Buffer{}); err == nil {
		t.Error("the program's keys accept a stranger's signature")
	}
}

func TestArguments(t *testing.T) {
	inRoot(t)
	for name, args := range map[string][]string{
		"nothing": nil, "nonsense": {"dance"}, "too few": {"app", "x"}, "too many": {"date", "x"}, "no field": {"get", "Tea"},
		"a template that is not there": {"fill", "tea"}, "a value that is not set": {"fill", "packaging/linux/nfpm-snug.yaml"},
		"no program": {"man", "tea"}, "no executable": {"needs", "FyneApp.toml"}, "no values": {"fill", "packaging/linux/desktop", "tea"},
	} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The libraries that rpm is told of are those of an executable.
func TestNeeds(t *testing.T) {
	const shell = "/bin/sh"
	if _, err := os.Stat("/lib64/ld-linux-x86-64.so.2"); err != nil {
		t.Skip("no Linux for amd64 with glibc: ", err)
	}
	names, err := needs(shell)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "libc.so.6()(64bit)") {
		t.Errorf("%s is linked with the C library; got %q", shell, names)
	}
	version := regexp.MustCompile(`^libc\.so\.6\(GLIBC_2\.[0-9.]+\)\(64bit\)$`)
	if !slices.ContainsFunc(names, version.MatchString) {
		t.Errorf("no version of it in %q", names)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("not sorted, or some twice: %q", names)
	}
}
