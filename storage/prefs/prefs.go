// Package prefs keeps the settings of a profile in settings.json: how the
// window looks, what it remembers between two starts, what it downloads by
// itself.
//
// It must not know a secret or a name: no keys, no tokens, no addresses, no
// people. The file is in the clear, and a program that a settings file stops
// from starting is worse than one with default settings.
//
// storage/SCHEMA.md lists the fields.
package prefs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/snugchat/snug/storage/paths"
)

// Theme is the look of the window.
type Theme string

// The themes. System follows the desktop.
const (
	System Theme = "system"
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// Bounds of the settings. A value outside of them counts as none.
const (
	MinTextScale     = 80  // per cent; below it letters have no shape left
	MaxTextScale     = 200 // per cent; the windows are tested up to it
	MaxAutoDownload  = 1 << 30
	MaxRecent        = 20
	MinWindow        = 200
	MaxWindow        = 16384 // the largest texture of most graphics cards
	maxPlace         = 128   // bytes of a place's id
	maxVersion       = 32    // bytes
	maxLanguage      = 35    // RFC 5646, section 4.4.1
	MaxRecentEmoji   = 1024  // bytes: 27 of the longest, families in colours
	MaxEmojiTone     = 5     // skin tones of Unicode TS 51, section 2.4
	maxFile          = 1 << 20
	damagedSuffix    = ".damaged"
	defaultDownload  = 10_000_000
	defaultTextScale = 100
)

// Settings is what a person can choose and what the window remembers. The zero
// value is not valid: see Default.
type Settings struct {
	Theme         Theme  `json:"theme"`
	Language      string `json:"language"`       // BCP 47 tag, empty for the desktop's
	WindowWidth   int    `json:"window_width"`   // in device-independent pixels
	WindowHeight  int    `json:"window_height"`  // in device-independent pixels
	ReducedMotion bool   `json:"reduced_motion"` // no animation
	TextScale     int    `json:"text_scale"`     // per cent
	Notify        bool   `json:"notify"`         // tell the desktop of new messages

	ShowTyping bool `json:"show_typing"` // others see when the person writes, and the person when they do
	ShowSeen   bool `json:"show_seen"`   // others see what came and was read in private rooms, and the person of theirs
	EnterLines bool `json:"enter_lines"` // Enter breaks the line and Shift+Enter sends

	// RecentEmoji are the emoji used last, the latest first, with spaces between
	// them; EmojiTone is the skin tone chosen, 0 for none.
	RecentEmoji string `json:"recent_emoji"`
	EmojiTone   int    `json:"emoji_tone"`

	// AutoDownload is up to how many bytes a file is fetched without a question;
	// 0 asks always.
	AutoDownload int64 `json:"auto_download"`

	// FullHidden is how many bytes of files the hosted place may have, if the person
	// has put the warning away that they are nearly there; 0: it was not put away.
	FullHidden int64 `json:"full_hidden"`

	// HostingStopped says that the person has stopped hosting the place of this profile:
	// the next start hosts it again only if they have not.
	HostingStopped bool `json:"hosting_stopped"`

	// CheckVersion asks once a day whether a newer version of the program was
	// released. VersionChecked says when it last did, in unix milliseconds, and
	// NewestVersion what the answer was.
	CheckVersion   bool   `json:"check_version"`
	VersionChecked int64  `json:"version_checked"`
	NewestVersion  string `json:"newest_version"`

	// LastPlace and RecentPlaces (the latest first) hold ids of places. Their
	// names and addresses are in the encrypted databases.
	LastPlace    string   `json:"last_place"`
	RecentPlaces []string `json:"recent_places"`

	// ReturnedTo are the places, with spaces between them, into which the person came
	// back by a recovery kit, until they have said what becomes of older messages.
	ReturnedTo string `json:"returned_to"`
}

// Default returns the settings of a new profile.
func Default() Settings {
	return Settings{
		Theme:        System,
		WindowWidth:  1180,
		WindowHeight: 780,
		TextScale:    defaultTextScale,
		Notify:       true,
		ShowTyping:   true,
		ShowSeen:     true,
		AutoDownload: defaultDownload,
	}
}

// Visited returns s with place as the last and the most recent one.
func (s Settings) Visited(place string) Settings {
	s.LastPlace = place
	s.RecentPlaces = slices.DeleteFunc(slices.Clone(s.RecentPlaces), func(p string) bool { return p == place })
	s.RecentPlaces = slices.Insert(s.RecentPlaces, 0, place)
	s.RecentPlaces = s.RecentPlaces[:min(len(s.RecentPlaces), MaxRecent)]
	return s
}

// Forgotten returns s without place.
func (s Settings) Forgotten(place string) Settings {
	if s.LastPlace == place {
		s.LastPlace = ""
	}
	s.RecentPlaces = slices.DeleteFunc(slices.Clone(s.RecentPlaces), func(p string) bool { return p == place })
	return s.Settled(place)
}

// Returned returns s with place among those of ReturnedTo, the latest first.
func (s Settings) Returned(place string) Settings {
	all := append([]string{place}, strings.Fields(s.Settled(place).ReturnedTo)...)
	s.ReturnedTo = strings.Join(all[:min(len(all), MaxRecent)], " ")
	return s
}

// Settled returns s without place among those of ReturnedTo.
func (s Settings) Settled(place string) Settings {
	s.ReturnedTo = strings.Join(slices.DeleteFunc(strings.Fields(s.ReturnedTo), func(p string) bool { return p == place }), " ")
	return s
}

// HasReturned reports whether place is among those of ReturnedTo.
func (s Settings) HasReturned(place string) bool {
	return slices.Contains(strings.Fields(s.ReturnedTo), place)
}

// ErrValue comes from Update when a setting is out of its bounds.
var ErrValue = errors.New("setting is out of its bounds")

// checks say for each field of the file whether its value may stand.
var checks = [...]struct {
	key string
	ok  func(*Settings) bool
}{
	{"theme", func(s *Settings) bool { return s.Theme == System || s.Theme == Light || s.Theme == Dark }},
	{"language", func(s *Settings) bool { return okLanguage(s.Language) }},
	{"window_width", func(s *Settings) bool { return s.WindowWidth >= MinWindow && s.WindowWidth <= MaxWindow }},
	{"window_height", func(s *Settings) bool { return s.WindowHeight >= MinWindow && s.WindowHeight <= MaxWindow }},
	{"reduced_motion", func(*Settings) bool { return true }},
	{"text_scale", func(s *Settings) bool { return s.TextScale >= MinTextScale && s.TextScale <= MaxTextScale }},
	{"notify", func(*Settings) bool { return true }},
	{"show_typing", func(*Settings) bool { return true }},
	{"show_seen", func(*Settings) bool { return true }},
	{"enter_lines", func(*Settings) bool { return true }},
	{"recent_emoji", func(s *Settings) bool {
		return len(s.RecentEmoji) <= MaxRecentEmoji && utf8.ValidString(s.RecentEmoji) && !strings.ContainsFunc(s.RecentEmoji, unicode.IsControl)
	}},
	{"emoji_tone", func(s *Settings) bool { return s.EmojiTone >= 0 && s.EmojiTone <= MaxEmojiTone }},
	{"auto_download", func(s *Settings) bool { return s.AutoDownload >= 0 && s.AutoDownload <= MaxAutoDownload }},
	{"full_hidden", func(s *Settings) bool { return s.FullHidden >= 0 }},
	{"hosting_stopped", func(*Settings) bool { return true }},
	{"check_version", func(*Settings) bool { return true }},
	{"version_checked", func(s *Settings) bool { return s.VersionChecked >= 0 }},
	{"newest_version", func(s *Settings) bool {
		return len(s.NewestVersion) <= maxVersion && !strings.ContainsFunc(s.NewestVersion, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	}},
	{"last_place", func(s *Settings) bool { return s.LastPlace == "" || okPlace(s.LastPlace) }},
	{"recent_places", func(s *Settings) bool {
		return len(s.RecentPlaces) <= MaxRecent && !slices.ContainsFunc(s.RecentPlaces, func(p string) bool { return !okPlace(p) }) &&
			len(slices.Compact(slices.Sorted(slices.Values(s.RecentPlaces)))) == len(s.RecentPlaces)
	}},
	{"returned_to", func(s *Settings) bool {
		all := strings.Fields(s.ReturnedTo)
		return len(all) <= MaxRecent && strings.Join(all, " ") == s.ReturnedTo && !slices.ContainsFunc(all, func(p string) bool { return !okPlace(p) })
	}},
}

func okLanguage(s string) bool {
	return len(s) <= maxLanguage && !strings.ContainsFunc(s, func(r rune) bool { return !isWord(r) && r != '-' })
}

// okPlace says whether s can be the id of a place: letters, digits, - and _.
func okPlace(s string) bool {
	return s != "" && len(s) <= maxPlace && !strings.ContainsFunc(s, func(r rune) bool { return !isWord(r) && r != '-' && r != '_' })
}

func isWord(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// Report says what Open had to repair. The window shows it once.
type Report struct {
	// SetAside is the name that a file which is no settings file got, or empty.
	SetAside string
	// Defaulted are the fields that had values out of their bounds, sorted.
	Defaulted []string
}

// Store is the settings file of a profile. Its methods may be called from any
// goroutine.
type Store struct {
	path string

	writing sync.Mutex // held while the file is written; taken before mu

	mu      sync.Mutex // guards what follows
	now     Settings
	unknown map[string]json.RawMessage // fields of a newer version
}

// Open reads the settings file at path; if there is none, the settings are
// Default. Each bad value becomes its default. A file that is no JSON object is
// renamed, so that nothing of it is lost, and the settings are Default. Errors
// are the system's.
func Open(path string) (*Store, Report, error) {
	s := &Store{path: path, now: Default()}
	b, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, Report{}, nil
	}
	if err != nil && !errors.Is(err, errDamaged) {
		return nil, Report{}, fmt.Errorf("read settings: %w", err)
	}
	var report Report
	if err == nil {
		s.now, s.unknown, report.Defaulted, err = decode(b)
	}
	if err != nil {
		s.now, s.unknown = Default(), nil
		aside := path + damagedSuffix
		if err := os.Rename(path, aside); err != nil {
			return nil, Report{}, fmt.Errorf("set damaged settings aside: %w", err)
		}
		return s, Report{SetAside: filepath.Base(aside)}, nil
	}
	return s, report, nil
}

// errDamaged is a file that cannot be a settings file.
var errDamaged = errors.New("not a settings file")

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, errDamaged
	}
	return b, nil
}

// Get returns the settings as they are now.
func (s *Store) Get() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.clone()
}

func (s Settings) clone() Settings {
	s.RecentPlaces = slices.Clone(s.RecentPlaces)
	return s
}

// Update lets change alter the settings and writes them to disk before it
// returns; if nothing changes, it writes nothing. On ErrValue and on an error
// of the system the settings are as they were.
func (s *Store) Update(change func(*Settings)) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	next, unknown, old := s.now.clone(), s.unknown, s.now
	s.mu.Unlock()
	change(&next)
	for _, c := range checks {
		if !c.ok(&next) {
			return fmt.Errorf("%w: %s", ErrValue, c.key)
		}
	}
	if len(next.RecentPlaces) == 0 {
		next.RecentPlaces = nil
	}
	if reflect.DeepEqual(next, old) {
		return nil
	}
	b, err := encode(next, unknown)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if err := paths.WriteFile(s.path, b); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	s.mu.Lock()
	s.now = next
	s.mu.Unlock()
	return nil
}

// decode reads a settings file. Its error is errDamaged.
func decode(b []byte) (_ Settings, unknown map[string]json.RawMessage, defaulted []string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil || fields == nil {
		return Settings{}, nil, nil, errDamaged
	}
	s := Default()
	for _, c := range checks {
		raw, ok := fields[c.key]
		if !ok {
			continue
		}
		delete(fields, c.key)
		// Each field alone, so that a bad one spoils no other.
		one, err := json.Marshal(map[string]json.RawMessage{c.key: raw})
		if err != nil {
			return Settings{}, nil, nil, errDamaged
		}
		try := s.clone()
		if string(raw) == "null" || json.Unmarshal(one, &try) != nil || !c.ok(&try) {
			defaulted = append(defaulted, c.key)
			continue
		}
		s = try
	}
	if len(s.RecentPlaces) == 0 {
		s.RecentPlaces = nil
	}
	slices.Sort(defaulted)
	return s, fields, defaulted, nil
}

// encode writes the file: our fields and the unknown ones, sorted by name.
func encode(s Settings, unknown map[string]json.RawMessage) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, err
	}
	if s.RecentPlaces == nil {
		fields["recent_places"] = json.RawMessage("[]")
	}
	maps.Copy(fields, unknown)
	b, err = json.MarshalIndent(fields, "", "\t")
	if err != nil {
		return nil, err
	}
	if len(b) >= maxFile {
		// Deep unknown fields grow when indented; as they came, they fit.
		if b, err = json.Marshal(fields); err != nil {
			return nil, err
		}
	}
	return append(b, '\n'), nil
}
