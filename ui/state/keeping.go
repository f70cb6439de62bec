package state

import (
	"context"
	"time"

	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Keeps are how long files may be kept that are offered as a choice, in
// milliseconds; 0 is for ever.
func Keeps() []int64 {
	const day = 24 * time.Hour
	return []int64{0, (365 * day).Milliseconds(), (90 * day).Milliseconds(), (30 * day).Milliseconds()}
}

// KeepWords says how long files are kept.
func KeepWords(keep int64) string {
	const day = int64(24 * time.Hour / time.Millisecond)
	switch days := int(keep / day); {
	case days == 0:
		return text.SettingsKeepEver()
	case days%365 == 0:
		return text.TimeYears(days / 365)
	default:
		return text.TimeDays(days)
	}
}

// Totals are the sizes of all files together that are offered as a choice, in
// bytes; 0 is no limit.
func Totals() []int64 { return []int64{0, 5 << 30, 25 << 30, 100 << 30} }

// TotalWords says how many bytes all files may have.
func TotalWords(total int64) string {
	if total == 0 {
		return text.SettingsTotalNone()
	}
	return text.Limit(total)
}

// Settings are what the owner decides about the place.
type Settings struct {
	Name    string
	Mode    chat.JoinMode
	MaxFile int64 // largest file in bytes
	Files   chat.FileRules
}

// Settings returns what the place has now, as the owner's own client knows it.
func (h *Hosting) Settings() Settings {
	info := h.entered.Info()
	return Settings{Name: info.Name, Mode: info.Mode, MaxFile: info.MaxFile, Files: info.Files}
}

// Save changes the settings of the place. It returns what is wrong with the name;
// if nothing is, the request is under way, or Fault says why not. If files would go
// by it at once, ask is called before on the window's goroutine, with how many, how
// large they are in words, and what does it all the same.
func (h *Hosting) Save(to Settings, ask func(count int, size string, do func())) (fault string) {
	if fault := PlaceNameFault(to.Name); fault != "" {
		return fault
	}
	var err error
	if to.Name, _, err = chat.NormalName(to.Name); err != nil {
		return text.NameBad()
	}
	h.fault = text.Sentence{}
	if to.Files.Total > 0 && to.Files.Total < setup.LeastTotal(to.MaxFile) {
		h.fault = text.Sentence{What: text.SettingsTotalSmall()}
		h.app.changed()
		return ""
	}
	if to.Files == h.host.Place().Files {
		c := h.host.Member().Client
		h.save(func(ctx context.Context) error { return c.ChangePlace(ctx, to.Name, to.Mode, to.MaxFile) })
		return ""
	}
	// What is kept on this computer is decided at this computer.
	place := chat.Place(to)
	do := func() { h.save(func(ctx context.Context) error { return h.host.ChangePlace(ctx, place) }) }
	var count int
	var size int64
	h.app.Background(func(ctx context.Context) error {
		var err error
		count, size, err = h.host.WouldRemove(ctx, place)
		return err
	}, func(err error) {
		switch {
		case err != nil:
			h.saved(err)
		case count > 0:
			ask(count, text.Size(size), do)
		default:
			do()
		}
	})
	return ""
}

func (h *Hosting) save(change func(context.Context) error) { h.app.Background(change, h.saved) }

// saved says how it went.
func (h *Hosting) saved(err error) {
	if err != nil {
		h.app.log.Warn("place not changed", "err", err)
		h.fault = h.app.Say(err)
	} else {
		h.app.desktop.Toast(text.SettingsSaved())
	}
	h.app.changed()
}

// FilesFull says that files take nearly as much as they may, "" if they do not.
func (h *Hosting) FilesFull() string {
	used, full := h.host.Files()
	if !full {
		return ""
	}
	return text.FilesFull(text.Limit(used), text.Limit(h.host.Place().Files.Total))
}

// FullNote is FilesFull for whoever looks at a place and not at the host's pane. It is
// there until it was put away, and again once there were fewer files or the rule is
// another one.
func (h *Hosting) FullNote() string {
	used, full := h.host.Files()
	total := h.host.Place().Files.Total
	if !full || h.shown || h.app.settings.FullHidden == total {
		return ""
	}
	return text.FilesFullPlace(h.Name(), text.Limit(used), text.Limit(total))
}

// HideFullNote puts it away, also for the next start of the program.
func (h *Hosting) HideFullNote() {
	total := h.host.Place().Files.Total
	h.app.setPrefs(func(s *prefs.Settings) { s.FullHidden = total })
}

// ChangeFiles leads to where the owner says how many files there may be.
func (h *Hosting) ChangeFiles() {
	if h.app.shown != h.entered {
		h.app.Enter(h.entered.Member.ID)
	}
	h.Choose(TabSettings)
	h.Show(true)
}

// fullPause is how long after files have become too many the person is told at most:
// the host has no event for it, and nobody has to be told at once.
const fullPause = 15 * time.Second

// watchFull looks now and then whether files are nearly as many as may be, while the
// place is hosted.
func (h *Hosting) watchFull() {
	h.app.Background(func(ctx context.Context) error {
		clock := time.NewTicker(fullPause)
		defer clock.Stop()
		for {
			select {
			case <-h.host.Done():
				return nil
			case <-ctx.Done():
				return ctx.Err()
			case <-clock.C:
			}
			h.app.desktop.Do(func() {
				if ctx.Err() == nil && h.app.hosting == h {
					h.lookFull()
				}
			})
		}
	}, func(error) {})
}

// lookFull shows the note, or takes it away.
func (h *Hosting) lookFull() {
	if _, full := h.host.Files(); !full && h.app.settings.FullHidden != 0 {
		h.app.setPrefs(func(s *prefs.Settings) { s.FullHidden = 0 })
	}
	if now := h.FullNote(); now != h.full {
		h.full = now
		h.app.changed()
	}
}

// FilesKept says how long the host of the place keeps files, "" if it does so for
// ever, as far as this computer knows.
func (p *Place) FilesKept() string {
	r := p.info.Files
	switch {
	case r.Keep > 0 && r.Total > 0:
		return text.FilesKeepMost(KeepWords(r.Keep), text.Limit(r.Total))
	case r.Keep > 0:
		return text.FilesKeep(KeepWords(r.Keep))
	case r.Total > 0:
		return text.FilesMost(text.Limit(r.Total))
	}
	return ""
}
