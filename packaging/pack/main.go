// Command pack makes the parts of packages that no other tool makes: texts from
// templates, icons of every kind, manual pages, the macOS bundle, the list of a
// release and its signature. packaging/build calls it.
//
// It must not know how the program is compiled or installed, and reads nothing
// but this repository: name, version and id come from FyneApp.toml, pictures
// from Icon.png, what is new from the metainfo file.
//
// packaging/README.md says what each package is.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const usage = `pack runs in the root of the repository:

  pack get FIELD                    a field of FyneApp.toml, such as Version
  pack fill TEMPLATE [KEY=VALUE]... a template with the fields, and with values
  pack icons DIR                    the icon in each size, as a hicolor theme
  pack ico FILE                     the icon for Windows
  pack icns FILE                    the icon for macOS
  pack man snug|snugd               the manual page
  pack date                         the day of this version
  pack changelog                    what is new in each version, for nfpm
  pack notices EXECUTABLE GOROOT GOMODCACHE
                                    the licences of what it was built from
  pack news                         what is new in this version, for people
  pack needs EXECUTABLE             the libraries that it loads, as rpm names them
  pack zip FILE FILES...            an archive of files
  pack app EXECUTABLE PAPERS DIR    the macOS bundle around an executable and its licences
  pack sums DIR                     DIR/SHA256SUMS over the release in DIR
  pack sign KEYFILE DIR             DIR/SHA256SUMS.sig
  pack check KEYS DIR               whether list, signature and files fit
  pack types TAGS GOOS/GOARCH... -- PACKAGES...
                                    whether the code fits other systems, nothing compiled
  pack key FILE                     a new key: the secret half to FILE, the other printed
`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "pack: %v\n", err)
		os.Exit(1)
	}
}

// run does one thing, as the usage says.
func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("what?\n%s", usage)
	}
	name, args := args[0], args[1:]
	need := map[string]int{
		"get": 1, "icons": 1, "ico": 1, "icns": 1, "man": 1, "date": 0, "changelog": 0, "news": 0, "needs": 1, "notices": 3, "app": 3, "sums": 1, "sign": 2, "check": 2, "key": 1,
	}
	n, ok := need[name]
	more := name == "fill" || name == "zip" || name == "types" // as many as one likes
	if !ok && !more {
		return fmt.Errorf("what is %q?\n%s", name, usage)
	}
	if ok && len(args) != n || more && len(args) == 0 {
		return fmt.Errorf("%s: wrong arguments\n%s", name, usage)
	}
	if name == "types" {
		i := slices.Index(args, "--")
		if i < 2 || i == len(args)-1 {
			return fmt.Errorf("types: wrong arguments\n%s", usage)
		}
		return checkTypes(".", args[0], args[1:i], args[i+1:], out)
	}
	about, err := readAbout("FyneApp.toml")
	if err != nil {
		return err
	}
	switch name {
	case "get":
		return about.get(args[0], out)
	case "fill":
		return about.fill(args[0], args[1:], out)
	case "icons", "ico", "icns":
		return makeIcons(name, filepath.Clean(args[0]), about)
	case "man":
		return manual(args[0], about, out)
	case "date", "changelog", "news", "zip":
		releases, err := readReleases(about)
		if err != nil {
			return err
		}
		switch name {
		case "date":
			_, err = fmt.Fprintln(out, releases[0].Date)
			return err
		case "news":
			for _, c := range releases[0].Changes {
				fmt.Fprintf(out, "- %s\n", strings.Join(strings.Fields(c), " "))
			}
			return nil
		case "zip":
			return zipped(args[0], releases[0].day, args[1:])
		}
		return changelog(releases, out)
	case "notices":
		return notices(args[0], args[1], args[2], out)
	case "needs":
		names, err := needs(args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, strings.Join(names, "\n"))
		return err
	case "app":
		return bundle(args[0], args[1], args[2], about)
	case "sums":
		return writeSums(args[0], about)
	case "sign":
		return sign(args[0], args[1])
	case "check":
		return check(args[0], args[1])
	}
	return newKey(args[0], out)
}
