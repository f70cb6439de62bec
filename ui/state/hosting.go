package state

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Tab is a page of the host's window.
type Tab int

// The tabs, in their order.
const (
	TabLog Tab = iota
	TabPeople
	TabInvites
	TabFiles
	TabSettings
)

// Hosting is the place that this program hosts, as its owner sees it.
type Hosting struct {
	Log     *LogLines
	Invites *Invites

	app     *App
	host    *setup.Hosting
	entered *Entered // the owner's own client
	shown   bool     // the host's pane is open
	tab     Tab
	files   []Received
	reading bool
	stopped bool
	fault   text.Sentence
	full    string // FullNote, as it was when somebody looked last
}

// Received is a file of the Lobby in the host's folder.
type Received struct {
	Name    string
	Size    int64
	At      time.Time
	Picture bool
}

// DefaultPlaceName is what a new place is called if the person writes nothing
// else.
func (a *App) DefaultPlaceName() string {
	name := text.HostNameDefault(a.profile.Person())
	if _, _, err := chat.NormalName(name); err != nil {
		return text.HostNameHint()
	}
	return name
}

// PlaceNameFault says what is wrong with the name of a place, "" if nothing is.
func PlaceNameFault(name string) string {
	_, _, err := chat.NormalName(name)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, chat.ErrNameEmpty):
		return text.HostNameEmpty()
	case errors.Is(err, chat.ErrNameLong):
		return text.NameLong(chat.MaxName)
	}
	return text.NameBad()
}

// Modes are who may join, in the order in which they are offered.
func Modes() []chat.JoinMode {
	return []chat.JoinMode{chat.JoinByInvite, chat.JoinOpen, chat.JoinByApproval, chat.JoinClosed}
}

// ModeWords says who may join.
func ModeWords(m chat.JoinMode) string {
	switch m {
	case chat.JoinOpen:
		return text.HostWhoOpen()
	case chat.JoinByApproval:
		return text.HostWhoApprove()
	case chat.JoinClosed:
		return text.HostWhoClosed()
	}
	return text.HostWhoInvite()
}

// StartHosting makes a place and hosts it. It returns what is wrong with the
// name; if nothing is, the work has begun.
func (a *App) StartHosting(name string, mode chat.JoinMode) (fault string) {
	if fault := PlaceNameFault(name); fault != "" {
		return fault
	}
	if a.busy > 0 || a.hosting != nil {
		return ""
	}
	shown, _, err := chat.NormalName(name)
	if err != nil {
		return text.NameBad()
	}
	a.fault = text.Sentence{}
	a.host(setup.HostOptions{Place: shown, Mode: mode, Owner: a.profile.Person(), Port: wire.DefaultPort}, a.showHosted(ScreenHost))
	return ""
}

// showHosted shows the place that is hosted here or, if hosting was not started,
// the screen onFail, which says why.
func (a *App) showHosted(onFail Screen) func(error) {
	return func(err error) {
		if err != nil {
			a.screen, a.want = onFail, intentNone
			a.fail("hosting not started", err)
			return
		}
		a.showPlace(a.hosting.entered)
	}
}

// resume hosts again the place of this profile, unless its host has stopped it, so that
// it is there for others whatever the person came for or looks at, and then goes on.
// What keeps it from that the start screen says; whoever came for something else gets that.
func (a *App) resume() {
	if a.hosting != nil || a.settings.HostingStopped || !a.profile.HasHost() || a.profile.Person() == "" {
		a.next()
		return
	}
	a.show(ScreenOpening)
	a.host(setup.HostOptions{Owner: a.profile.Person(), Port: wire.DefaultPort}, func(err error) {
		switch {
		case err == nil:
			a.next()
		case a.want == intentJoin:
			a.log.Warn("hosting not started", "err", err)
			a.desktop.Toast(a.Say(err).String())
			a.next()
		default:
			a.showHosted(ScreenStart)(err)
		}
	})
}

// reopenHost hosts the place that this profile has.
func (a *App) reopenHost() {
	if a.hosting != nil {
		a.showHosted(ScreenStart)(nil)
		return
	}
	a.show(ScreenOpening)
	a.host(setup.HostOptions{Owner: a.profile.Person(), Port: wire.DefaultPort}, a.showHosted(ScreenStart))
}

// host starts hosting and then goes on, with what went wrong if something did.
func (a *App) host(o setup.HostOptions, then func(error)) {
	o.Addresses = a.hostAddresses()
	fresh := !a.profile.HasHost()
	var h *setup.Hosting
	a.Work(func(ctx context.Context) error {
		var err error
		h, err = a.profile.StartHost(ctx, o)
		return err
	}, func(err error) {
		if err != nil {
			then(err)
			return
		}
		x := &Hosting{app: a, host: h, Log: newLogLines(a, a.options.Logs), tab: TabInvites, shown: fresh}
		x.Invites = newInvites(a, h.Member().Client, x.Addresses)
		a.hosting = x
		x.entered = a.enter(h.Member())
		x.Invites.Read()
		a.Background(func(ctx context.Context) error {
			select {
			case <-h.Done():
			case <-ctx.Done():
			}
			return nil
		}, func(error) { x.ended() })
		x.watchFull()
		a.setPrefs(func(s *prefs.Settings) { s.HostingStopped = false })
		then(nil)
	})
}

// hostAddresses are what the person wants links to say, empty for this
// computer's own addresses.
func (a *App) hostAddresses() []string { return nil }

// Hosting returns the place that is hosted here now, nil if none is.
func (a *App) Hosting() *Hosting { return a.hosting }

// Entered is the owner's own way into the place.
func (h *Hosting) Entered() *Entered { return h.entered }

// Name is what the place is called.
func (h *Hosting) Name() string { return h.entered.Name() }

// Shown reports whether the host's pane is open.
func (h *Hosting) Shown() bool { return h.shown }

// Show opens and closes the host's pane.
func (h *Hosting) Show(on bool) {
	h.shown = on
	if on && h.tab == TabInvites {
		h.Invites.Read()
	}
	h.app.changed()
}

// Tab is the page that is open.
func (h *Hosting) Tab() Tab { return h.tab }

// Choose opens a page.
func (h *Hosting) Choose(t Tab) {
	h.tab = t
	switch t {
	case TabInvites:
		h.Invites.Read()
	case TabFiles:
		h.ReadFiles()
	case TabLog, TabPeople, TabSettings:
	}
	h.app.changed()
}

// Addresses are what invite links say.
func (h *Hosting) Addresses() []string {
	list, err := h.host.Addresses()
	if err != nil {
		h.app.log.Warn("addresses of this computer not known", "err", err)
	}
	return list
}

// PortNote says that another port had to be taken, "" if it was the wanted one.
func (h *Hosting) PortNote() string {
	if h.host.Port() == h.host.WantedPort() {
		return ""
	}
	return text.HostPortMoved(h.host.WantedPort(), h.host.Port())
}

// Port is where the place is reached.
func (h *Hosting) Port() int { return h.host.Port() }

// Local reports whether only this computer itself can reach the place, because
// it has no network.
func (h *Hosting) Local() bool {
	return !slices.ContainsFunc(h.Addresses(), func(a string) bool {
		host, _, err := net.SplitHostPort(a)
		ip := net.ParseIP(host)
		return err == nil && (ip == nil || !ip.IsLoopback())
	})
}

// Fingerprint is what somebody compares who joins by the bare address.
func (h *Hosting) Fingerprint() string { return h.entered.Info().Fingerprint }

// ReceivedFolder is where the host's copies of Lobby files lie.
func (h *Hosting) ReceivedFolder() string { return h.host.Received() }

// OpenReceived shows that folder.
func (h *Hosting) OpenReceived() { h.app.desktop.Open(h.ReceivedFolder()) }

// maxFiles bounds the list of received files; the folder shows the others.
const maxFiles = 500

// ReadFiles looks into the folder of received files.
func (h *Hosting) ReadFiles() {
	if h.reading {
		return
	}
	h.reading = true
	dir := h.ReceivedFolder()
	var found []Received
	h.app.Background(func(context.Context) error {
		var err error
		found, err = receivedIn(dir)
		return err
	}, func(err error) {
		h.reading = false
		if err != nil {
			h.app.log.Warn("received files not listed", "err", err)
		}
		h.files = found
		h.app.changed()
	})
}

// receivedIn lists the files of a folder, the newest first. A folder that is not
// there is empty: nothing came yet.
func receivedIn(dir string) ([]Received, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Received
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		found = append(found, Received{Name: e.Name(), Size: info.Size(), At: info.ModTime(), Picture: isPicture(e.Name())})
	}
	slices.SortFunc(found, func(a, b Received) int { return b.At.Compare(a.At) })
	return found[:min(len(found), maxFiles)], nil
}

// Files lists what the host has received, the newest first.
func (h *Hosting) Files() []Received { return h.files }

// OpenFile opens one of them.
func (h *Hosting) OpenFile(f Received) {
	h.app.desktop.Open(filepath.Join(h.ReceivedFolder(), filepath.Base(f.Name)))
}

// FileLine is what stands under a file's name.
func (h *Hosting) FileLine(f Received) string {
	return text.Size(f.Size) + ", " + text.When(f.At, h.app.desktop.Now())
}

// Limits are the largest files that are offered as a choice, in bytes.
func Limits() []int64 { return []int64{100 << 20, 2 << 30, 10 << 30} }

// Fault says why settings were not saved.
func (h *Hosting) Fault() text.Sentence { return h.fault }

// StopHosting ends the place until the person hosts it again, and shows the start.
func (a *App) StopHosting() {
	if a.hosting == nil || a.busy > 0 {
		return
	}
	a.setPrefs(func(s *prefs.Settings) { s.HostingStopped = true })
	a.endHosting()
}

func (a *App) endHosting() {
	h := a.hosting
	if h == nil || a.busy > 0 {
		return
	}
	a.leaveHost(h)
	a.show(ScreenOpening)
	a.Work(func(ctx context.Context) error {
		h.entered.Place.Close()
		return h.host.Stop(ctx)
	}, func(err error) {
		a.show(ScreenStart)
		if err != nil {
			a.fail("hosting not ended well", err)
		}
	})
}

// leaveHost takes the hosted place out of the window.
func (a *App) leaveHost(h *Hosting) {
	h.stopped = true
	h.Log.OnChange(nil)
	a.hosting = nil
	delete(a.open, h.entered.Member.ID)
	if a.shown == h.entered {
		a.shown = nil
	}
}

// ended is called when hosting has ended by itself. The next start tries again.
func (h *Hosting) ended() {
	if h.stopped || h.app.hosting != h {
		return
	}
	h.app.endHosting()
}
