package state

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/text"
)

// KitStep says how far somebody is who makes a recovery kit.
type KitStep int

// The steps.
const (
	KitWhy   KitStep = iota // what it is, and whether there is one
	KitWords                // the words, shown once
	KitProve                // two of them are asked for
	KitDone
)

// Kit is the making of a recovery kit for one place.
type Kit struct {
	app     *App
	entered *Entered
	changed func()
	step    KitStep
	kit     *client.Kit
	asked   [2]int // which words are asked for, the first is 0
	saved   string // name of the file
	busy    bool
	fault   text.Sentence
}

// Kit begins with the recovery kit of a place. changed is called on the window's
// goroutine when there is something else to show. Close ends it.
func (a *App) Kit(e *Entered, changed func()) *Kit {
	return &Kit{app: a, entered: e, changed: changed}
}

// Close ends it: the words are forgotten, and nothing is called any more.
func (k *Kit) Close() { k.kit, k.changed = nil, func() {} }

// Step says what the page shows.
func (k *Kit) Step() KitStep { return k.step }

// Busy reports whether the person waits for something.
func (k *Kit) Busy() bool { return k.busy }

// Fault says what went wrong; the zero Sentence: nothing.
func (k *Kit) Fault() text.Sentence { return k.fault }

// Place is the name of the place.
func (k *Kit) Place() string { return k.entered.Name() }

// Can reports whether a kit can be made on this computer: it holds the identity.
func (k *Kit) Can() bool { return k.entered.Member.Client.KitState().Can }

// Line says when a kit was made here, "" if none was.
func (k *Kit) Line() string { return kitLine(k.entered.Member.Client.KitState(), k.app.desktop.Now()) }

func kitLine(s client.KitState, now time.Time) string {
	switch when := text.Day(s.Made, now); {
	case s.Made.IsZero():
		return ""
	case s.Proved:
		return text.KitProved(when)
	default:
		return text.KitMade(when)
	}
}

// Make makes a kit; the one before is of no use afterwards.
func (k *Kit) Make() {
	if k.step != KitWhy {
		return
	}
	var made *client.Kit
	hosting := k.app.hosting
	if hosting != nil && hosting.entered != k.entered {
		hosting = nil
	}
	k.work(func(ctx context.Context) (err error) {
		var addresses []string
		if hosting != nil { // where others find this computer
			if addresses, err = hosting.host.Addresses(); err != nil {
				return err
			}
		}
		made, err = k.entered.Member.Client.MakeKit(ctx, addresses...)
		return err
	}, func() { k.kit, k.saved, k.step = made, "", KitWords })
}

// Use brings the identity to this computer by a kit that the person has. It returns
// what is wrong with it, or "".
func (k *Kit) Use(typed string) (fault string) {
	code, fault := sayCode(typed)
	if fault != "" {
		return fault
	}
	k.work(func(ctx context.Context) error { return k.entered.Member.Client.TakeIdentity(ctx, code) }, func() {
		k.app.desktop.Toast(text.KitUsed())
	})
	return ""
}

// work does something that the page waits for.
func (k *Kit) work(do func(context.Context) error, then func()) {
	if k.busy {
		return
	}
	k.busy, k.fault = true, text.Sentence{}
	k.app.Background(do, func(err error) {
		k.busy = false
		if err != nil {
			k.app.log.Warn("recovery kit", "err", err)
			k.fault = k.app.Say(err)
		} else {
			then()
		}
		k.changed()
	})
	k.changed()
}

// Words are the words, in their order; nil when they are not shown.
func (k *Kit) Words() []string {
	if k.kit == nil || k.step != KitWords {
		return nil
	}
	return k.kit.Words()
}

// Letters are the same as Words, as letters.
func (k *Kit) Letters() string {
	if k.kit == nil || k.step != KitWords {
		return ""
	}
	return k.kit.Letters()
}

// Saved is the name of the file that the kit was saved as, "" for not.
func (k *Kit) Saved() string { return k.saved }

// Save asks for a folder and writes the kit into a new file in it.
func (k *Kit) Save() {
	if k.kit == nil {
		return
	}
	made := k.kit
	k.app.desktop.ChooseFolder(func(folder string) {
		if folder == "" || k.kit != made {
			return
		}
		name, place := "", k.entered.Name()
		body := kitFile(made, place, k.entered.Me().Name, k.app.desktop.Now())
		k.work(func(context.Context) (err error) {
			name, err = saveNew(folder, text.KitFileName(place), ".txt", body)
			return err
		}, func() { k.saved = name })
	})
}

// kitFile is what stands in the file of a kit: words for people, and what the
// program reads.
func kitFile(kit *client.Kit, place, person string, now time.Time) []byte {
	var b strings.Builder
	line := func(s ...string) { b.WriteString(strings.Join(s, "\n") + "\n\n") }
	line(text.KitFile())
	line(text.KitFilePerson(person), text.KitFilePlace(place), text.KitFileMade(now.Format("2 January 2006")))
	line(text.KitFileUse())
	line(text.KitCare(place))
	for i, w := range kit.Words() {
		fmt.Fprintf(&b, "%2d  %s\n", i+1, w)
	}
	line("", text.KitLetters(kit.Letters()))
	line(text.KitFileProgram())
	b.WriteString(kit.Block())
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n")) // as every editor shows it
}

// maxSameName is how many files of the same name are made in a folder.
const maxSameName = 1000

// saveNew writes a file that only this user can read, under a name that no file in
// the folder has.
func saveNew(folder, name, ext string, body []byte) (string, error) {
	for n := 1; n <= maxSameName; n++ {
		as := paths.SafeName(name + ext)
		if n > 1 {
			as = paths.SafeName(fmt.Sprintf("%s (%d)%s", name, n, ext))
		}
		path := filepath.Join(folder, as)
		if _, err := os.Lstat(path); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		return as, paths.WriteFile(path, body)
	}
	return "", fmt.Errorf("save file: %w", os.ErrExist)
}

// Next goes on to where two of the words are asked for.
func (k *Kit) Next() {
	if k.step != KitWords || k.busy {
		return
	}
	all := rand.Perm(len(k.kit.Words())) //nolint:gosec // which words are asked for is no secret
	k.asked = [2]int{min(all[0], all[1]), max(all[0], all[1])}
	k.to(KitProve)
}

// Back shows the words again.
func (k *Kit) Back() {
	if k.step == KitProve {
		k.to(KitWords)
	}
}

func (k *Kit) to(step KitStep) {
	k.step, k.fault = step, text.Sentence{}
	k.changed()
}

// Asked are the numbers of the words that are asked for, the first is 1.
func (k *Kit) Asked() [2]int { return [2]int{k.asked[0] + 1, k.asked[1] + 1} }

// Prove takes the words that were asked for. It returns what is wrong with each, ""
// for nothing.
func (k *Kit) Prove(typed [2]string) (faults [2]string) {
	if k.step != KitProve || k.busy {
		return faults
	}
	words := k.kit.Words()
	for i, n := range k.asked {
		if !strings.EqualFold(strings.TrimSpace(typed[i]), words[n]) {
			faults[i] = text.KitWrong(strconv.Itoa(n + 1))
		}
	}
	if faults == [2]string{} {
		k.work(k.entered.Member.Client.ProveKit, func() { k.step, k.kit = KitDone, nil })
	}
	return faults
}

// OffersKit reports whether the person is to be told, quietly, that nobody could
// bring them back: once there is something private, until they made a kit or said
// that they do not want one.
func (p *Place) OffersKit() bool {
	if p.client.Archive() {
		return false
	}
	s := p.client.KitState()
	if !s.Can || !s.Made.IsZero() || s.Hidden {
		return false
	}
	for _, r := range p.facts {
		if r.State == client.RoomJoined && (r.Kind == chat.RoomSealed || r.Kind == chat.RoomDirect && r.Peer != p.me.Account) {
			return true
		}
	}
	return false
}

// HideKitOffer ends the offer for good.
func (p *Place) HideKitOffer() {
	p.ask(p.client.HideKit, func(error) { p.watch.Changed(PartPeople) })
}
