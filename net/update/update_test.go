package update

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/release"
)

func signed(t *testing.T, version string) (list, signature []byte, key release.PublicKey) {
	t.Helper()
	v, err := release.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	k, err := release.NewSecretKey()
	if err != nil {
		t.Fatal(err)
	}
	l := release.List{Version: v, Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Files: []release.File{{Name: "snug.deb"}}}
	if list, err = l.Bytes(); err != nil {
		t.Fatal(err)
	}
	if signature, err = k.Sign(list); err != nil {
		t.Fatal(err)
	}
	return list, signature, k.Public()
}

// FEATURES M3: a newer version is believed only if the makers of Snug signed it.
func TestAsk(t *testing.T) {
	list, signature, key := signed(t, "1.4.0")
	_, _, stranger := signed(t, "9.0.0")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	var serve http.HandlerFunc
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("User-Agent"); got != "Snug" {
			t.Errorf("it calls itself %q", got)
		}
		serve(w, r)
	}))
	defer server.Close()
	files := func(list, signature []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/at/"+listName {
				_, _ = w.Write(list)
			} else {
				_, _ = w.Write(signature)
			}
		}
	}
	good := files(list, signature)
	anyError := errors.New("any error")
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		at    string
		key   release.PublicKey
		want  error
	}{
		"a signed list": {good, server.URL + "/at/", key, nil},
		"a signed list that lies elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/old/"+listName || r.URL.Path == "/old/"+signatureName {
				http.Redirect(w, r, "/at/"+r.URL.Path[len("/old/"):], http.StatusFound)
				return
			}
			good(w, r)
		}, server.URL + "/old/", key, nil},
		"signed by somebody else":    {good, server.URL + "/at/", stranger, release.ErrSignature},
		"another list":               {files(bytes.Replace(list, []byte("1.4.0"), []byte("1.5.0"), 1), signature), server.URL + "/at/", key, release.ErrSignature},
		"a signature with an annex":  {files(list, append(bytes.Clone(signature), 0)), server.URL + "/at/", key, nil}, // the annex is not read
		"no signature":               {files(list, nil), server.URL + "/at/", key, release.ErrSignature},
		"a list that does not end":   {files(bytes.Repeat(list, 2000), signature), server.URL + "/at/", key, release.ErrSignature},
		"nothing there":              {http.NotFound, server.URL + "/at/", key, anyError},
		"without HTTPS":              {good, plain.URL + "/at/", key, ErrInsecure},
		"sent on to a place without": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) }, server.URL + "/at/", key, ErrInsecure},
		"sent around in a circle":    {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, server.URL + "/at/", key, anyError},
		"an answer that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			_, _ = w.Write([]byte("# Snug"))
		}, server.URL + "/at/", key, ErrNoAnswer},
		"a computer that nobody knows": {good, "https://127.0.0.1:1/", key, ErrNoAnswer},
	} {
		serve = c.serve
		v, err := ask(t.Context(), server.Client().Transport, c.at, []release.PublicKey{c.key})
		switch {
		case c.want == nil && (err != nil || v.String() != "1.4.0"):
			t.Errorf("%s: got %v, %v", name, v, err)
		case c.want != nil && (err == nil || c.want != anyError && !errors.Is(err, c.want)):
			t.Errorf("%s: got %v, %v, want %v", name, v, err, c.want)
		}
		if got, want := errors.Is(err, ErrNoAnswer), c.want == ErrNoAnswer; got != want {
			t.Errorf("%s: nobody answered: got %v, want %v", name, got, want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := ask(ctx, server.Client().Transport, server.URL+"/at/", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: got %v", err)
	}
}

// The page of the newest release is one of the place that the program names as its own.
func TestPage(t *testing.T) {
	about, err := os.ReadFile("../../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	if home, _ := strings.CutSuffix(Page, "/releases/latest"); home == Page || !strings.Contains(string(about), "\nWebsite = \""+home+"\"\n") {
		t.Errorf("%s is not of the Website in FyneApp.toml", Page)
	}
}

func TestNewer(t *testing.T) {
	for name, c := range map[string]struct {
		version, running string
		want             bool
	}{
		"a newer one":         {"0.2.0", "0.1.9", true},
		"the same":            {"0.2.0", "0.2.0", false},
		"an older one":        {"0.1.0", "0.2.0", false},
		"none":                {"", "0.2.0", false},
		"a build without one": {"0.2.0", "0.0.0-dev", false},
	} {
		if got := Newer(c.version, c.running); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestManaged(t *testing.T) {
	for name, c := range map[string]struct {
		system, path string
		want         bool
	}{
		"from a .deb":                {"linux", "/usr/bin/snug", true},
		"from a .tar.xz":             {"linux", "/usr/local/bin/snug", false},
		"in a person's own folder":   {"linux", "/home/ana/snug", false},
		"a folder that looks like":   {"linux", "/usrlocal/snug", false},
		"from the Windows installer": {"windows", `C:\Users\ana\AppData\Local\Programs\Snug\snug.exe`, false},
		"a Mac":                      {"darwin", "/usr/bin/snug", false},
	} {
		if got := managed(c.system, c.path); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
