package prefs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func openFile(t *testing.T, content string) (*Store, Report, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s, r, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, r, path
}

func TestDefaultIsValid(t *testing.T) {
	s := Default()
	for _, c := range checks {
		if !c.ok(&s) {
			t.Errorf("%s: the default is out of its own bounds", c.key)
		}
	}
	if got, want := reflect.TypeFor[Settings]().NumField(), len(checks); got != want {
		t.Errorf("%d settings have %d checks", got, want)
	}
	known := map[string]bool{}
	for _, c := range checks {
		known[c.key] = true
	}
	for f := range reflect.TypeFor[Settings]().Fields() {
		if key := f.Tag.Get("json"); !known[key] {
			t.Errorf("%s has no check: it would be taken for a field of a newer version", key)
		}
	}
}

func TestOpenUpdateOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s, report, err := Open(path)
	if err != nil || report.SetAside != "" {
		t.Fatalf("a new profile: %+v, %v", report, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open wrote a file: %v", err)
	}
	want := Settings{
		Theme: Dark, Language: "pt-BR", WindowWidth: 720, WindowHeight: 560, ReducedMotion: true, TextScale: 200,
		Notify: false, RecentEmoji: "👍🏽 🎉", EmojiTone: 3, AutoDownload: 0, FullHidden: 5 << 30, HostingStopped: true, LastPlace: "aa11", RecentPlaces: []string{"aa11", "bb22"},
	}
	if err := s.Update(func(s *Settings) { *s = want }); err != nil {
		t.Fatal(err)
	}
	for _, store := range []*Store{s, reopen(t, path)} {
		if got := store.Get(); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func reopen(t *testing.T, path string) *Store {
	t.Helper()
	s, report, err := Open(path)
	if err != nil || report.SetAside != "" || report.Defaulted != nil {
		t.Fatalf("%+v, %v", report, err)
	}
	return s
}

func TestBadValueBecomesItsDefault(t *testing.T) {
	many := strings.Repeat(`"x",`, MaxRecent) + `"y"`
	for bad, key := range map[string]string{
		`"theme":"pink"`:         "theme",
		`"theme":7`:              "theme",
		`"theme":null`:           "theme",
		`"language":"../../etc"`: "language",
		`"language":"` + strings.Repeat("x", 36) + `"`: "language",
		`"window_width":0`:                  "window_width",
		`"window_width":1e9`:                "window_width",
		`"window_height":-780`:              "window_height",
		`"window_height":780.5`:             "window_height",
		`"reduced_motion":"yes"`:            "reduced_motion",
		`"text_scale":79`:                   "text_scale",
		`"text_scale":201`:                  "text_scale",
		`"text_scale":99999999999999999999`: "text_scale",
		`"notify":1`:                        "notify",
		`"auto_download":-1`:                "auto_download",
		`"emoji_tone":6`:                    "emoji_tone",
		`"recent_emoji":"\u0000"`:           "recent_emoji",
		`"auto_download":1073741825`:        "auto_download",
		`"full_hidden":-1`:                  "full_hidden",
		`"hosting_stopped":1`:               "hosting_stopped",
		`"last_place":"a/b"`:                "last_place",
		`"last_place":{}`:                   "last_place",
		`"recent_places":"a"`:               "recent_places",
		`"recent_places":["a","a"]`:         "recent_places",
		`"recent_places":[""]`:              "recent_places",
		`"recent_places":[` + many + `]`:    "recent_places",
		`"returned_to":"a  b"`:              "returned_to",
		`"returned_to":"a /b"`:              "returned_to",
	} {
		s, report, _ := openFile(t, `{`+bad+`,"future":1}`)
		if got := s.Get(); !reflect.DeepEqual(got, Default()) {
			t.Errorf("%s: got %+v, want the defaults", bad, got)
		}
		if want := []string{key}; !slices.Equal(report.Defaulted, want) || report.SetAside != "" {
			t.Errorf("%s: got report %+v, want %q", bad, report, want)
		}
	}
}

func TestBadValueSpoilsNoOther(t *testing.T) {
	s, report, _ := openFile(t, `{"theme":"dark","text_scale":5,"recent_places":["a","b"],"last_place":" ","window_width":900}`)
	want := Default()
	want.Theme, want.RecentPlaces, want.WindowWidth = Dark, []string{"a", "b"}, 900
	if got := s.Get(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if want := []string{"last_place", "text_scale"}; !slices.Equal(report.Defaulted, want) {
		t.Errorf("got %q, want %q", report.Defaulted, want)
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	s, _, path := openFile(t, `{"theme":"dark","future":{"a":[1,2.50,"<é>"],"big":123456789012345678901234567890},"Theme":"x"}`)
	if err := s.Update(func(s *Settings) { s.Theme = Light }); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"future"`, "2.50", "123456789012345678901234567890", `"theme": "light"`, `"Theme": "x"`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s is lost:\n%s", want, b)
		}
	}
	if got := reopen(t, path).Get().Theme; got != Light {
		t.Errorf("got %q, want %q", got, Light)
	}
}

func TestDamagedFileIsSetAside(t *testing.T) {
	for what, content := range map[string]string{
		"empty":         "",
		"cut":           `{"theme":"da`,
		"not an object": `[1,2]`,
		"null":          `null`,
		"two objects":   `{} {}`,
		"zeros":         strings.Repeat("\x00", 512),
		"far too big":   `{"x":"` + strings.Repeat("x", maxFile) + `"}`,
		"deep":          strings.Repeat(`{"a":`, 20_000),
	} {
		s, report, path := openFile(t, content)
		if report.SetAside != "settings.json.damaged" {
			t.Errorf("%s: got %+v, want it set aside", what, report)
			continue
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), report.SetAside))
		if err != nil || string(b) != content {
			t.Errorf("%s: the file is not kept: %v", what, err)
		}
		if !reflect.DeepEqual(s.Get(), Default()) {
			t.Errorf("%s: got %+v, want the defaults", what, s.Get())
		}
		if err := s.Update(func(s *Settings) { s.Theme = Dark }); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got := reopen(t, path).Get().Theme; got != Dark {
			t.Errorf("%s: afterwards got %q", what, got)
		}
	}
}

func TestUpdateRefusesBadValues(t *testing.T) {
	s, _, path := openFile(t, `{"theme":"dark"}`)
	before, _ := os.ReadFile(path)
	err := s.Update(func(s *Settings) { s.Theme = Light; s.TextScale = 500 })
	if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), "text_scale") {
		t.Errorf("got %v, want %v of text_scale", err, ErrValue)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) || s.Get().Theme != Dark {
		t.Error("a refused change was kept")
	}
}

func TestUpdateThatFailsChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "settings.json")
	s, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(func(s *Settings) { s.Theme = Dark }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the system's error", err)
	}
	if got := s.Get().Theme; got != System {
		t.Errorf("got %q, want what is on disk", got)
	}
}

func TestVisited(t *testing.T) {
	s := Default()
	for i := range MaxRecent + 5 {
		s = s.Visited(fmt.Sprint("p", i))
	}
	s = s.Visited("p10")
	if got := s.RecentPlaces; len(got) != MaxRecent || got[0] != "p10" || got[1] != "p24" || s.LastPlace != "p10" {
		t.Errorf("got %q, last %q", got, s.LastPlace)
	}
	s = s.Forgotten("p10")
	if slices.Contains(s.RecentPlaces, "p10") || s.LastPlace != "" {
		t.Errorf("got %q, last %q", s.RecentPlaces, s.LastPlace)
	}
}

func TestReturned(t *testing.T) {
	s := Default().Returned("a").Returned("b").Returned("a")
	if s.ReturnedTo != "a b" || !s.HasReturned("b") || s.HasReturned("c") || s.HasReturned("") {
		t.Errorf("got %q", s.ReturnedTo)
	}
	if s = s.Settled("a"); s.HasReturned("a") || !s.HasReturned("b") {
		t.Errorf("got %q", s.ReturnedTo)
	}
	if s = s.Forgotten("b"); s.ReturnedTo != "" {
		t.Errorf("of a place that is forgotten: got %q", s.ReturnedTo)
	}
	for i := range MaxRecent + 5 {
		s = s.Returned(strings.Repeat("x", i+1))
	}
	for _, c := range checks {
		if c.key == "returned_to" && !c.ok(&s) {
			t.Errorf("%d places do not count as settings", len(strings.Fields(s.ReturnedTo)))
		}
	}
}

func TestManyUpdaters(t *testing.T) {
	s, _, path := openFile(t, `{}`)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 10 {
				if err := s.Update(func(s *Settings) { *s = s.Visited(fmt.Sprint("p", i)) }); err != nil {
					t.Error(err)
				}
				s.Get().RecentPlaces[0] = "mine" // a copy
			}
		})
	}
	wg.Wait()
	if got := len(reopen(t, path).Get().RecentPlaces); got != 8 {
		t.Errorf("got %d places, want 8: an update was lost", got)
	}
}

func FuzzDecode(f *testing.F) {
	b, err := encode(Default(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"theme":"dark","future":[1e400,"\ud800"],"text_scale":5,"recent_places":["a",null]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, unknown, _, err := decode(b)
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Errorf("got %v", err)
			}
			return
		}
		for _, c := range checks {
			if !c.ok(&s) {
				t.Errorf("%s is out of bounds in %+v", c.key, s)
			}
		}
		first, err := encode(s, unknown)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, kept, defaulted, err := decode(first)
		if err != nil || !reflect.DeepEqual(s, again) || len(kept) != len(unknown) || defaulted != nil {
			t.Fatalf("%s became %s: %v, %q", b, first, err, defaulted)
		}
		second, err := encode(again, kept)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s became %s", first, second)
		}
	})
}
