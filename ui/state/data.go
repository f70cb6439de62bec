package state

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/text"
)

// Proved says when the newest backup of everything that is open was made and
// proved; found is called once that is known.
func (a *App) Proved(found func(sentence string)) {
	var ids []string
	if a.hosting != nil {
		ids = append(ids, "")
	}
	for id, e := range a.open {
		if !e.Member.Archive {
			ids = append(ids, id)
		}
	}
	var oldest time.Time
	a.Background(func(context.Context) error {
		for i, id := range ids {
			at, err := a.profile.LastProved(id)
			if err != nil {
				return err
			}
			if i == 0 || at.Before(oldest) {
				oldest = at
			}
		}
		return nil
	}, func(err error) {
		switch {
		case err != nil:
			a.log.Warn("backups cannot be listed", "err", err)
			found(a.Say(err).String())
		case oldest.IsZero():
			found(text.DataProvedNone())
		default:
			now := a.desktop.Now()
			found(text.DataProved(text.Day(oldest, now) + " " + text.Clock(oldest.In(now.Location()))))
		}
	})
}

// BackUp makes and proves a backup of everything that is open, and calls done with
// what went wrong, or the zero Sentence.
func (a *App) BackUp(done func(text.Sentence)) {
	a.Background(func(ctx context.Context) error { return a.profile.BackUp(ctx) }, func(err error) {
		if err != nil {
			a.log.Error("backup not made", "err", err)
			done(a.Say(err))
			return
		}
		done(text.Sentence{})
	})
}

// Task is something of which a person waits for the end, and which they can break off.
type Task struct {
	stop context.CancelFunc
	part float64
	line string
	over bool
	tell func()
}

// Stop breaks it off. Nothing is left of it.
func (t *Task) Stop() { t.stop() }

// Part is how much of it is done, from 0 to 1.
func (t *Task) Part() float64 { return t.part }

// Line says how far it is.
func (t *Task) Line() string { return t.line }

// Over reports whether it has ended.
func (t *Task) Over() bool { return t.over }

// beginTask runs do off the window's goroutine. tell is called, on it, whenever the
// task got on, and done once with the error of do.
func (a *App) beginTask(tell func(), do func(ctx context.Context, step func(part float64, line string)) error, done func(error)) *Task {
	ctx, stop := context.WithCancel(a.ctx)
	t := &Task{tell: tell, stop: stop}
	var last time.Time // of the latest step that was shown
	a.Background(func(context.Context) error {
		defer stop()
		return do(ctx, func(part float64, line string) {
			if now := time.Now(); now.Sub(last) > followPause {
				last = now
				a.desktop.Do(func() {
					if !t.over {
						t.part, t.line = part, line
						t.tell()
					}
				})
			}
		})
	}, func(err error) {
		t.over = true
		done(err)
	})
	return t
}

// Export asks for a folder and takes everything of a place into a new one in it.
// begun gets the task; tell is called whenever it got on; done gets the first page
// to look at, or what went wrong. A task that was broken off is not done.
func (a *App) Export(e *Entered, begun func(*Task), tell func(), done func(index string, wrong text.Sentence)) {
	a.desktop.ChooseFolder(func(parent string) {
		if parent == "" || !a.IsOpen(e) {
			return
		}
		index := ""
		begun(a.beginTask(tell, func(ctx context.Context, step func(float64, string)) error {
			var err error
			index, err = e.Member.Client.Export(ctx, exportOptions(e, parent, a.options.Program, a.desktop.Now(), step))
			return err
		}, func(err error) {
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				a.log.Warn("data not exported", "err", err)
				done("", a.Say(err))
			default:
				done(index, text.Sentence{})
			}
		}))
	})
}

// ShowExport opens the first page of an export in the browser, or whatever the
// computer has for it.
func (a *App) ShowExport(index string) { a.desktop.Open(index) }

// exportOptions puts the words of this program on the pages of an export.
func exportOptions(e *Entered, parent, program string, now time.Time, step func(float64, string)) client.ExportOptions {
	c := e.Member.Client
	s := &stretch{me: c.Me().Account, name: func(id chat.AccountID) string { p, _ := c.Person(id); return p.Name }, facts: &fileFacts{}, archive: true}
	return client.ExportOptions{
		Parent: parent, Name: text.DataExportFolder(e.Name(), now.Format(time.DateOnly)), Program: program,
		Words: client.ExportWords{
			Lang: "en", Title: text.DataPageTitle(e.Name()), Line: text.DataPageLine(c.Me().Name, now.Format("2 January 2006")),
			Rooms: text.DataPageRooms(), People: text.DataPagePeople(), Data: text.DataPageData(), Back: text.DataPageBack(),
			Earlier: text.DataPageEarlier(), Later: text.DataPageLater(), NotHere: text.DataPageFile(),
			Kind: func(r *client.ExportRoom) string {
				if r.Kind == "open" {
					return text.DataPageOpen()
				}
				return text.DataPageSealed()
			},
			Day:   func(t time.Time) string { return t.In(now.Location()).Format("Monday, 2 January 2006") },
			Time:  func(t time.Time) string { return text.Clock(t.In(now.Location())) },
			Count: func(n int64) string { return text.DataPageCount(int(n)) },
		},
		RoomName: func(r *client.Room) string {
			if r.Kind == chat.RoomDirect && r.Peer == s.me {
				return text.RoomsNotes()
			}
			return roomName(*r)
		},
		Lines: func(m *client.Message, media string) []client.ExportLine { return exportLines(s, m, media) },
		Progress: func(p client.ExportProgress) {
			all, done := p.All+p.Total>>10, p.Rows+p.Bytes>>10 // a message is worth a KiB
			line := text.DataExportWorking(strconv.FormatInt(p.Rows, 10), strconv.FormatInt(p.All, 10))
			if p.Bytes > 0 {
				line += " · " + text.DataExportFiles(text.Size(p.Bytes), text.Size(p.Total))
			}
			part := 1.0
			if all > 0 {
				part = min(float64(done)/float64(all), 1)
			}
			step(part, line)
		},
	}
}

// exportLines makes of a message what a page of an export shows: what stands on
// the screen.
func exportLines(s *stretch, m *client.Message, media string) []client.ExportLine {
	var out []client.ExportLine
	for _, l := range s.appendLines(nil, m, 0) {
		x := client.ExportLine{System: l.System, From: l.From, Own: l.Own, At: l.At, Text: l.Text}
		if l.Msg != (chat.MessageID{}) && !l.System {
			x.ID = l.Msg.String()
		}
		if x.From == "" {
			x.From = text.WordSomebody()
		}
		if l.Reply.Has() {
			x.Quote = &client.ExportQuote{ID: l.Reply.ID, From: l.Reply.From, Text: l.Reply.Text}
		}
		for _, r := range l.Reactions.List() {
			x.Reactions = append(x.Reactions, strings.TrimSpace(r.Emoji+" "+r.Who))
		}
		if l.Edited {
			x.Notes = append(x.Notes, text.ChatEdited())
		}
		if l.Mark == MarkWaiting {
			x.Notes = append(x.Notes, text.ChatStateWaiting())
		}
		if m.File != nil && l.File.Has() {
			x.File = &client.ExportMedia{Name: m.File.Name, Size: text.Size(m.File.Size), Path: media}
		}
		out = append(out, x)
	}
	return out
}

// OpenExport asks for the folder of an export and opens it as a place that can be
// read and searched.
func (a *App) OpenExport() {
	if a.busy > 0 || a.profile == nil || a.profile.IsNew() {
		return
	}
	a.desktop.ChooseFolder(func(folder string) {
		if folder == "" || a.busy > 0 {
			return
		}
		a.fault = text.Sentence{}
		var id string
		a.Work(func(ctx context.Context) error {
			var err error
			id, err = a.profile.OpenExport(ctx, exportFolder(folder), nil)
			return err
		}, func(err error) {
			if err != nil {
				a.fail("export not opened", err)
				return
			}
			a.openPlace(id)
		})
	})
}

// Older is a folder with older messages that a person brings into a place.
type Older struct {
	app    *App
	e      *Entered
	folder string
	Locked bool          // it is opened by a passphrase
	Said   string        // what came of it, "" before
	Wrong  text.Sentence // why nothing did
}

// ChooseOlder asks for a folder with older messages of a place.
func (a *App) ChooseOlder(e *Entered, chosen func(*Older)) {
	a.desktop.ChooseFolder(func(folder string) {
		if folder != "" && a.IsOpen(e) {
			chosen(&Older{app: a, e: e, folder: exportFolder(folder)})
		}
	})
}

// Bring takes in what the folder has of private rooms. passphrase is that of the
// computer where it comes from, "" before Locked says that there is one. tell is called
// whenever the task got on, done once, unless it was broken off.
func (o *Older) Bring(passphrase string, tell, done func()) *Task {
	a := o.app
	o.Said, o.Wrong = "", text.Sentence{}
	var got client.Brought
	return a.beginTask(tell, func(ctx context.Context, step func(float64, string)) error {
		var err error
		got, err = o.e.Member.Bring(ctx, o.folder, passphrase, func(done, all int64) {
			step(float64(done)/float64(max(all, 1)), text.DataBringWorking(strconv.FormatInt(done, 10), strconv.FormatInt(all, 10)))
		})
		return err
	}, func(err error) {
		switch {
		case errors.Is(err, context.Canceled):
			return
		case errors.Is(err, setup.ErrNeedPassphrase):
			o.Locked = true
		case err != nil:
			a.log.Warn("older messages not brought", "err", err)
			o.Wrong = a.Say(err)
		case got.Lines == 0 && got.Waiting == 0:
			o.Said = text.DataBringNone()
		default:
			o.Said = text.DataBringDone(int(got.Lines))
		}
		switch {
		case err == nil && got.Waiting > 0:
			o.Said += " " + text.DataBringWaiting(got.Waiting)
		case err == nil && got.Lines > 0: // else there is something else to be found yet
			a.HideOlder(o.e)
		}
		done()
	})
}

// OffersOlder reports whether the person is to be asked, quietly, for the older messages
// of their private rooms: after they came back into the place by a recovery kit, until
// they brought them or said that they do not want to.
func (a *App) OffersOlder(e *Entered) bool {
	if !a.settings.HasReturned(e.Member.ID) {
		return false
	}
	for _, r := range e.Place.facts {
		if r.Kind.Sealed() && r.State != client.RoomLeft {
			return true
		}
	}
	return false
}

// HideOlder ends the offer of older messages.
func (a *App) HideOlder(e *Entered) {
	a.setPrefs(func(s *prefs.Settings) { *s = s.Settled(e.Member.ID) })
	e.Place.watch.Changed(PartPeople)
}

// exportFolder is the folder that a person means who chose a part of an export.
func exportFolder(folder string) string {
	if base := filepath.Base(folder); base == "data" || base == "media" {
		return filepath.Dir(folder)
	}
	return folder
}

// WipeHosted ends the place that is hosted here and deletes it.
func (a *App) WipeHosted() {
	if a.busy > 0 || a.hosting == nil {
		return
	}
	h := a.hosting
	e := h.entered
	a.leaveHost(h)
	a.show(ScreenOpening)
	a.Work(func(ctx context.Context) error {
		e.Place.Close()
		if err := h.host.Stop(ctx); err != nil {
			return err
		}
		return a.profile.WipeHost(ctx)
	}, func(err error) {
		a.setPrefs(func(s *prefs.Settings) { *s = s.Forgotten(e.Member.ID); s.HostingStopped = false })
		a.show(ScreenStart)
		if err != nil {
			a.fail("hosted place not deleted", err)
			return
		}
		a.desktop.Toast(text.DataWipeDone())
	})
}

// WipeAll closes every place and deletes everything that this profile keeps on this
// computer. gone is called when only the window is left, which is to be closed.
func (a *App) WipeAll(gone func()) {
	if a.busy > 0 || a.profile == nil {
		return
	}
	var all []*Entered
	for _, e := range a.open {
		all = append(all, e)
	}
	hosting := a.hosting
	if hosting != nil {
		a.leaveHost(hosting)
	}
	a.shown, a.wiped = nil, true
	clear(a.open)
	a.show(ScreenOpening)
	a.Work(func(ctx context.Context) error {
		for _, e := range all {
			e.Place.Close()
		}
		if hosting != nil {
			if err := hosting.host.Stop(ctx); err != nil {
				return err
			}
		}
		for _, e := range all {
			if err := e.Member.Close(); err != nil {
				return err
			}
		}
		return a.profile.Wipe(ctx)
	}, func(err error) {
		if err != nil {
			a.wiped = false
			a.screen = ScreenStart
			a.fail("profile not deleted", err)
			return
		}
		gone()
	})
}

// Repaired returns a sentence for each store that was repaired since the start.
func (a *App) Repaired() []string {
	if a.profile == nil {
		return nil
	}
	var out []string
	for _, r := range a.profile.Repairs() {
		out = append(out, sayRepair(r, a.placeName(r.Place), a.desktop.Now()))
	}
	return out
}

// Late returns a sentence for each place whose backups fail and are two nights old.
func (a *App) Late() []string {
	if a.profile == nil {
		return nil
	}
	var out []string
	for _, l := range a.profile.Late() {
		out = append(out, a.sayLate(l))
	}
	return out
}

// TellLate shows each of those once, as a passing note.
func (a *App) TellLate() {
	if a.profile == nil {
		return
	}
	var lates []string
	for _, l := range a.profile.Late() {
		if !slices.Contains(a.lates, l.Place) {
			a.desktop.Toast(a.sayLate(l))
		}
		lates = append(lates, l.Place)
	}
	a.lates = lates // one that was on time meanwhile is said again
}

func (a *App) sayLate(l setup.Late) string {
	name, why := a.placeName(l.Place), a.Say(l.Err).What
	if l.Newest.IsZero() {
		return text.DataLateNone(name, why)
	}
	return text.DataLate(name, text.Moment(l.Newest, a.desktop.Now()), why)
}

// News returns what of Repaired was not returned by News yet.
func (a *App) News() []string {
	all := a.Repaired()
	fresh := all[min(a.said, len(all)):]
	a.said = len(all)
	return fresh
}

// placeName is what a place is called, by its id.
func (a *App) placeName(id string) string {
	all := a.Places()
	if i := slices.IndexFunc(all, func(p setup.Place) bool { return p.ID == id }); i >= 0 {
		return all[i].Name
	}
	return text.HostNameHint()
}

// sayRepair says what was damaged and what became of it.
func sayRepair(r setup.Repair, name string, now time.Time) string {
	host := r.Place == ""
	var what, rest string
	switch {
	case r.Rolled && host:
		what = text.DataRepairRolledHost()
	case r.Rolled:
		what = text.DataRepairRolled(name)
	case r.Backup.IsZero():
		what, rest = text.DataRepairFresh(name), text.DataRepairPartFresh()
		if r.Whole {
			rest = text.DataRepairWholeFresh()
		}
	default:
		when := text.Moment(r.Backup, now)
		what, rest = text.DataRepairPlace(name, when), text.DataRepairPart()
		if host {
			what, rest = text.DataRepairHost(when), text.DataRepairPartHost()
		}
		if r.Whole {
			rest = text.DataRepairWhole()
		}
	}
	if rest != "" {
		what += " " + rest
	}
	if r.Aside != "" {
		what += " " + text.DataRepairAside(filepath.Base(r.Aside))
	}
	return what
}
