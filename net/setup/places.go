package setup

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// MaxPlaces is how many places a profile can have.
const MaxPlaces = 256

// ErrTooManyPlaces comes when one more place would pass MaxPlaces.
var ErrTooManyPlaces = errors.New("this profile has as many places as it can have")

// ErrPlaces says that the list of places cannot be read: damaged, or written
// with another vault. The places themselves are untouched.
var ErrPlaces = errors.New("the list of places is damaged")

// Place is one place that the person has joined or hosts.
type Place struct {
	ID     string `json:"id"`     // names its folder; see placeID
	Name   string `json:"name"`   // as the host calls it
	Person string `json:"person"` // the own name in it
	Hosted bool   `json:"hosted"` // on this computer
	// Archive says that it was read from an export: it can be read, and is on no host.
	Archive bool      `json:"archive,omitempty"`
	Used    time.Time `json:"used"`
}

// placeID returns the id of the place with this host key.
func placeID(host [32]byte) string { return hex.EncodeToString(host[:8]) }

// placeList is the list of places as it lies on disk: sealed, since where a
// person goes is as private as what is said there.
type placeList struct {
	path string
	aead cipher.AEAD

	Person string  `json:"person"` // what people call this profile's owner
	List   []Place `json:"places"`
	Port   ports   `json:"port"`
}

// ports are those of the last time that this profile hosted. Links that are out
// say the one that was got, so it is tried first as long as the same is wanted.
type ports struct {
	Wanted int `json:"wanted"`
	Got    int `json:"got"`
}

// placesHeader begins the file and is bound to its content.
const placesHeader = "snug places 1\n"

func loadPlaces(layout paths.Layout, key [32]byte) (*placeList, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("load places: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("load places: %w", err)
	}
	l := &placeList{path: filepath.Join(layout.Data, "places"), aead: aead}
	b, err := os.ReadFile(l.path)
	if errors.Is(err, os.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load places: %w", err)
	}
	if len(b) < len(placesHeader) || string(b[:len(placesHeader)]) != placesHeader {
		return nil, ErrPlaces
	}
	plain, err := aead.Open(nil, nil, b[len(placesHeader):], []byte(placesHeader))
	if err != nil {
		return nil, ErrPlaces
	}
	if err := json.Unmarshal(plain, l); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrPlaces, err)
	}
	return l, nil
}

func (l *placeList) save() error {
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("save places: %w", err)
	}
	return paths.WriteFile(l.path, l.aead.Seal([]byte(placesHeader), nil, plain, []byte(placesHeader))) //nolint:gosec // the nonce is the AEAD's own, random
}

// put adds a place or replaces what is known of it, and saves the list.
func (l *placeList) put(p Place) error {
	before := slices.Clone(l.List)
	if i := slices.IndexFunc(l.List, func(q Place) bool { return q.ID == p.ID }); i >= 0 {
		l.List[i] = p
	} else if len(l.List) >= MaxPlaces {
		return ErrTooManyPlaces
	} else {
		l.List = append(l.List, p)
	}
	if err := l.save(); err != nil {
		l.List = before
		return err
	}
	return nil
}

// remove takes a place off the list and saves it.
func (l *placeList) remove(id string) error {
	before := l.List
	l.List = slices.DeleteFunc(slices.Clone(l.List), func(p Place) bool { return p.ID == id })
	if err := l.save(); err != nil {
		l.List = before
		return err
	}
	return nil
}

// find returns the place with this id.
func (l *placeList) find(id string) (Place, bool) {
	i := slices.IndexFunc(l.List, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return Place{}, false
	}
	return l.List[i], true
}

// sorted returns the places, the hosted one first, then the ones used last.
func (l *placeList) sorted() []Place {
	out := slices.Clone(l.List)
	slices.SortStableFunc(out, func(a, b Place) int {
		if a.Hosted != b.Hosted {
			return cmp.Compare(btoi(b.Hosted), btoi(a.Hosted))
		}
		return b.Used.Compare(a.Used)
	})
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
