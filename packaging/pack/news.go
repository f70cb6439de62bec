package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// metainfo is the file in which people write what is new (AppStream 1.0, section
// 2.2.6); everything else that says so is made from it.
const metainfo = "packaging/linux/metainfo.xml"

// changeLong is how long a change may be, so that it is one line of Debian's changelog
// with its star (lintian, debian-changelog-line-too-long).
const changeLong = 76

// news is one release.
type news struct {
	Version string   `xml:"version,attr"`
	Date    string   `xml:"date,attr"`
	Changes []string `xml:"description>ul>li"`
	day     time.Time
}

// readReleases reads all releases, the newest first, which must be this version.
func readReleases(a about) ([]news, error) {
	// The template as it is: releases hold nothing that is filled in.
	text, err := os.ReadFile(metainfo)
	if err != nil {
		return nil, err
	}
	return parseReleases(text, a.Version)
}

func parseReleases(text []byte, version string) ([]news, error) {
	var f struct {
		Releases []news `xml:"releases>release"`
	}
	if err := xml.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("read %s: %w", metainfo, err)
	}
	if len(f.Releases) == 0 || f.Releases[0].Version != version {
		return nil, fmt.Errorf("%s does not say what is new in %s", metainfo, version)
	}
	for i := range f.Releases {
		r := &f.Releases[i]
		var err error
		if r.day, err = time.Parse(time.DateOnly, r.Date); err != nil {
			return nil, fmt.Errorf("read %s: release %s: %w", metainfo, r.Version, err)
		}
		if len(r.Changes) == 0 {
			return nil, fmt.Errorf("%s does not say what is new in %s", metainfo, r.Version)
		}
		for j, c := range r.Changes {
			r.Changes[j] = strings.Join(strings.Fields(c), " ")
			if n := len(r.Changes[j]); n > changeLong {
				return nil, fmt.Errorf("%s: %d bytes are too long for a change, of which %d fit: %q", metainfo, n, changeLong, r.Changes[j])
			}
		}
		if i > 0 && r.day.After(f.Releases[i-1].day) {
			return nil, fmt.Errorf("%s: release %s is not in its place", metainfo, r.Version)
		}
	}
	return f.Releases, nil
}

// changelog prints the releases for nfpm, which makes Debian's changelog and
// rpm's of them (goreleaser/chglog).
func changelog(releases []news, out io.Writer) error {
	var b bytes.Buffer
	for _, r := range releases {
		fmt.Fprintf(&b, "- semver: %s\n  date: %sT00:00:00Z\n  packager: %s\n  deb:\n    urgency: medium\n    distributions: [stable]\n  changes:\n", r.Version, r.Date, maintainer)
		for _, c := range r.Changes {
			fmt.Fprintf(&b, "    - note: %q\n", c)
		}
	}
	_, err := out.Write(b.Bytes())
	return err
}

// maintainer signs packages as Debian Policy, section 5.6.2, asks.
const maintainer = "The Snug authors <snug@users.noreply.github.com>"
