// Package update finds out whether a newer version of Snug was released, for a
// person who asked for that.
//
// It must not know settings or windows, and never downloads or installs a
// program: whoever installed Snug, a person or a package manager, updates it.
//
// What is fetched is specified by package crypto/release and the section on
// releases of crypto/SECURITY.md.
package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/snugchat/snug/crypto/release"
)

// Page is where a person finds the newest release.
const Page = "https://github.com/snugchat/snug/releases/latest"

// home is where the list of the newest release and its signature lie.
const home = Page + "/download/"

// The names of the two files.
const (
	listName      = "SHA256SUMS"
	signatureName = "SHA256SUMS.sig"
)

// patience is how long asking may take, both files together.
const patience = time.Minute

// maxRedirects is how often the answer may lie somewhere else: GitHub sends a
// download through two.
const maxRedirects = 5

// ErrNoAnswer says that nobody was reached: there is no network, or it broke off.
var ErrNoAnswer = errors.New("no answer")

// ErrInsecure says that an answer would not have come by HTTPS.
var ErrInsecure = errors.New("not by HTTPS")

// Latest asks for the newest release that the makers of Snug signed, and returns
// its version. It blocks until both files came, or a minute. Whoever serves or
// carries the answer learns this computer's address and that it runs Snug, and
// may hide a release, but can make up none. Errors: ErrNoAnswer if it was not
// asked in truth; else it was, and the answer is release.ErrSignature,
// release.ErrBadList, ErrInsecure or one that has no release.
func Latest(ctx context.Context) (release.Version, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	return ask(ctx, transport, home, release.Keys())
}

func ask(ctx context.Context, transport http.RoundTripper, at string, keys []release.PublicKey) (release.Version, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	c := &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if r.URL.Scheme != "https" {
			return ErrInsecure
		}
		if len(via) > maxRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	list, err := get(ctx, c, at+listName, release.MaxList)
	if err != nil {
		return release.Version{}, fmt.Errorf("ask for the newest release: %w", err)
	}
	signature, err := get(ctx, c, at+signatureName, release.SignatureSize)
	if err != nil {
		return release.Version{}, fmt.Errorf("ask for the newest release: %w", err)
	}
	l, err := release.Open(list, signature, keys)
	if err != nil {
		return release.Version{}, fmt.Errorf("read the newest release: %w", err)
	}
	return l.Version, nil
}

// get fetches at most limit bytes; a longer answer is cut, and so is not what was
// signed.
func get(ctx context.Context, c *http.Client, url string, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if r.URL.Scheme != "https" {
		return nil, ErrInsecure
	}
	r.Header.Set("User-Agent", "Snug") // which version asks is nobody's business
	answer, err := c.Do(r)
	if errors.Is(err, ErrInsecure) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answer %d", answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, limit))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	return b, nil
}

// Newer reports whether version is newer than the one that runs. A version that
// is none is not newer.
func Newer(version, running string) bool {
	v, err := release.ParseVersion(version)
	if err != nil {
		return false
	}
	r, err := release.ParseVersion(running)
	return err == nil && v.Compare(r) > 0
}

// Managed reports whether the system's package manager put this program where it
// is, so that a newer package has to take its place.
func Managed() bool {
	path, err := os.Executable()
	if err != nil {
		return false
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return false
	}
	return managed(runtime.GOOS, path)
}

// managed knows the folders that only package managers write to (Filesystem
// Hierarchy Standard 3.0, sections 4.1 and 4.9).
func managed(system, path string) bool {
	return system != "windows" && system != "darwin" && strings.HasPrefix(path, "/usr/") && !strings.HasPrefix(path, "/usr/local/")
}
