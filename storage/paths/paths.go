// Package paths says where everything of a profile lies on this computer, and
// holds the few file operations that must be right everywhere: private
// folders, atomic writes, one instance at a time, names of received files that
// are safe on every system, and free space.
//
// It must not know what stands in a file: no settings, no database, no vault.
//
// storage/SCHEMA.md draws the folders. They come from the XDG Base Directory
// Specification 0.8 and its counterparts on Windows and macOS
// (github.com/adrg/xdg).
package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
)

// folderMode and fileMode keep everything of ours from other users of the
// computer. Windows ignores them: there the profile folder's list decides.
const (
	folderMode fs.FileMode = 0o700
	fileMode   fs.FileMode = 0o600
)

// app is the folder of ours below each base folder of the system.
const app = "snug"

// Layout is where the files of one profile lie. All five are absolute. Two
// profiles share none of them, and within one profile no two are the same or
// lie in each other, on any system (on Windows and macOS several of the
// system's base folders are one folder).
type Layout struct {
	// Config holds settings.json.
	Config string
	// Data holds the vault and the databases: what must never be lost.
	Data string
	// State holds the lock and the logs: what may be lost.
	State string
	// Cache holds what can be made again.
	Cache string
	// Downloads holds received files, in the clear, a folder per place. A
	// program that runs without a window may set it to another folder.
	Downloads string
}

// For returns the layout of the profile folder dir, or with an empty dir the
// layout of the person who is logged in. It makes no folder: see Create.
func For(dir string) (Layout, error) {
	if dir == "" {
		// The environment may have changed since the program's start (tests do so).
		xdg.Reload()
		l := Layout{
			Config: filepath.Join(xdg.ConfigHome, app, "config"),
			Data:   filepath.Join(xdg.DataHome, app, "data"),
			State:  filepath.Join(xdg.StateHome, app, "state"),
			Cache:  filepath.Join(xdg.CacheHome, app, "cache"),
		}
		downloads := xdg.UserDirs.Download
		if downloads == "" {
			downloads = filepath.Join(xdg.Home, "Downloads")
		}
		l.Downloads = filepath.Join(downloads, "Snug")
		for _, p := range []string{l.Config, l.Data, l.State, l.Cache, l.Downloads} {
			if !filepath.IsAbs(p) {
				return Layout{}, fmt.Errorf("find this person's folders: %q is not absolute", p)
			}
		}
		return l, nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Layout{}, fmt.Errorf("find profile folder: %w", err)
	}
	return Layout{
		Config:    filepath.Join(dir, "config"),
		Data:      filepath.Join(dir, "data"),
		State:     filepath.Join(dir, "state"),
		Cache:     filepath.Join(dir, "cache"),
		Downloads: filepath.Join(dir, "received"),
	}, nil
}

// besideName is the folder that makes a program portable; see Beside.
const besideName = "snug-data"

// Beside returns the profile folder of a program that carries its data along, as
// on a USB stick: the folder snug-data beside its file. Somebody has to make that
// folder; where there is none, or something that is no folder, it returns "",
// which For takes for the person's own folders.
func Beside(executable string) string {
	if executable == "" {
		return ""
	}
	dir := filepath.Join(filepath.Dir(executable), besideName)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// Settings is the path of the settings file.
func (l Layout) Settings() string { return filepath.Join(l.Config, "settings.json") }

// Host is the folder of the hosted place: its database and blobs.
func (l Layout) Host() string { return filepath.Join(l.Data, "host") }

// Client is the folder of one joined place. The name must be one that SafeName
// leaves as it is (a place's key in hexadecimal is); another one is made safe.
func (l Layout) Client(place string) string {
	return filepath.Join(l.Data, "client", SafeName(place))
}

// Logs is the folder of log files.
func (l Layout) Logs() string { return filepath.Join(l.State, "logs") }

// Received is the folder for the files received in the place that a person
// knows by this name. OpenReceived makes and opens it.
func (l Layout) Received(place string) string {
	return filepath.Join(l.Downloads, SafeName(place))
}

// OpenReceived makes the folder of Received, if it is not there yet, and opens
// it. Every write of a received file goes through the root, which refuses
// names and links that lead out of it. The caller closes it.
func (l Layout) OpenReceived(place string) (*os.Root, error) {
	dir := l.Received(place)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return nil, fmt.Errorf("make received folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open received folder: %w", err)
	}
	return root, nil
}

// Create makes the folders of the profile that are ours alone and takes from
// other users of the computer what rights they had in them. Received folders
// are made when the first file comes.
func (l Layout) Create() error {
	for _, dir := range []string{l.Config, l.Data, l.State, l.Cache} {
		if err := MakeDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// MakeDir makes a folder, and the ones above it, for this user only. A folder
// that is there already is closed to other users.
func MakeDir(dir string) error {
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if info.Mode().Perm()&^folderMode != 0 {
		if err := os.Chmod(dir, folderMode); err != nil {
			return fmt.Errorf("close folder to others: %w", err)
		}
	}
	return nil
}

// tempPrefix and tempSuffix mark a file that is being written beside its place.
const (
	tempPrefix = ".snug-"
	tempSuffix = ".tmp"
)

// WriteFile puts data at path, so that after a crash or a power loss at any
// moment path holds the old bytes or the new, whole. It writes a file beside
// path, syncs it, renames it over path, and syncs the folder (where the system
// can). The file is readable and writable by this user only. On an error path
// is as it was.
func WriteFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, tempPrefix+"*"+tempSuffix) // mode 0600
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close() // closed already on the later paths
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync file: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close file: %w", err)
	}
	if err := patiently(func() error { return os.Rename(f.Name(), path) }); err != nil {
		return fmt.Errorf("put file in place: %w", err)
	}
	return SyncDir(dir)
}

// SyncDir makes a creation, a renaming or a removal in dir survive a power
// loss. Windows has no such call and needs none: its file systems journal
// names.
func SyncDir(dir string) error {
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}

// staleTemp is how old a half-written file must be before it is taken for the
// remains of a crash. Nothing that WriteFile writes takes minutes.
const staleTemp = 10 * time.Minute

// removeTemps removes what a crash in the middle of WriteFile or Incoming left
// in dir. It is done while the profile's lock is held.
func removeTemps(dir string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // not there yet, or not readable: then nothing of ours is in it
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !isTemp(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > staleTemp {
			_ = os.Remove(filepath.Join(dir, e.Name())) // the next start tries again
		}
	}
}

func isTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

// ErrInUse comes from Lock when another running program has the profile open.
var ErrInUse = errors.New("another Snug has this profile open")

// Lock is the right to use a profile, held by one running program at a time.
type Lock struct{ f *os.File }

// Lock takes the profile for this program, or returns ErrInUse. It makes the
// profile's folders. The system gives the lock back when the program ends,
// however it ends; the lock file stays.
func (l Layout) Lock() (*Lock, error) {
	if err := l.Create(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(l.State, "lock"), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := tryLock(f); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, ErrInUse) {
			return nil, ErrInUse
		}
		return nil, fmt.Errorf("lock profile: %w", err)
	}
	now := time.Now()
	dirs := []string{l.Config, l.Data, l.State}
	if places, err := os.ReadDir(l.Downloads); err == nil {
		for _, p := range places {
			if p.IsDir() {
				dirs = append(dirs, filepath.Join(l.Downloads, p.Name()))
			}
		}
	}
	for _, dir := range dirs {
		removeTemps(dir, now)
	}
	return &Lock{f: f}, nil
}

// Close gives the profile back. It is called once, after everything of the
// profile is closed.
func (l *Lock) Close() error {
	if err := l.f.Close(); err != nil {
		return fmt.Errorf("unlock profile: %w", err)
	}
	return nil
}
