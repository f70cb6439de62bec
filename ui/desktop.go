package ui

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"golang.design/x/clipboard"

	"github.com/snugchat/snug/ui/state"
)

// desktopOf gives the decisions of ui/state what they may ask of the desktop.
func desktopOf(app fyne.App, w fyne.Window, inFront func() bool) state.Desktop {
	return state.Desktop{
		Do:           fyne.Do,
		Clipboard:    func() string { return app.Clipboard().Content() },
		SetClipboard: func(s string) { app.Clipboard().SetContent(s) },
		Picture:      pictureReader(),
		ChooseFile: func(chosen func([]string)) {
			chooseFiles(w, chosen)
		},
		ChooseFolder: func(chosen func(string)) {
			chooseFolder(w, chosen)
		},
		OpenURL: func(s string) {
			if u, err := url.Parse(s); err == nil && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "mailto") {
				_ = app.OpenURL(u) // a desktop without a browser has nobody to tell
			}
		},
		Open: func(path string) { openPath(app, path) },
		Notify: func(title, body string) {
			if !inFront() {
				app.SendNotification(fyne.NewNotification(title, body))
			}
		},
		Now: time.Now,
	}
}

// openOver shows a dialog of files or folders over nearly all of the window. Fyne
// 2.8.1 knows no size of a dialog that was not shown yet: it panics.
func openOver(w fyne.Window, d *dialog.FileDialog) {
	d.Show()
	s := w.Canvas().Size()
	d.Resize(fyne.NewSize(s.Width*0.9, s.Height*0.9))
}

// chooseFolder shows Fyne's own dialog for a folder.
func chooseFolder(w fyne.Window, chosen func(string)) {
	openOver(w, dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err == nil && u != nil {
			chosen(u.Path())
		}
	}, w))
}

// chooseFiles shows Fyne's own file dialog, which is there on every desktop.
func chooseFiles(w fyne.Window, chosen func([]string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			return
		}
		path := r.URI().Path()
		_ = r.Close() // opened only to be chosen
		chosen([]string{path})
	}, w)
	if home, err := os.UserHomeDir(); err == nil {
		if u, err := storage.ListerForURI(storage.NewFileURI(home)); err == nil {
			d.SetLocation(u)
		}
	}
	openOver(w, d)
}

// openPath opens a file or folder with the program that the computer has for
// it. The name of a file is never part of a command line that a shell reads.
func openPath(app fyne.App, path string) {
	path = filepath.Clean(path)
	if runtime.GOOS == "windows" {
		// The handler of file URLs, which takes the path as one argument.
		cmd := exec.Command("rundll32", "url.dll,FileProtocolHandler", path) //nolint:gosec,noctx // no shell reads it, and it goes on without us
		if cmd.Start() == nil {
			_ = cmd.Process.Release() // it goes on without us
		}
		return
	}
	_ = app.OpenURL(&url.URL{Scheme: "file", Path: path}) // as above
}

// pictureReader reads pictures from the clipboard, which Fyne's knows nothing
// of. Where there is no clipboard of X11, Windows or macOS it finds none.
func pictureReader() func() []byte {
	ready := sync.OnceValue(func() bool { return clipboard.Init() == nil })
	return func() []byte {
		if !ready() {
			return nil
		}
		return clipboard.Read(clipboard.FmtImage)
	}
}
