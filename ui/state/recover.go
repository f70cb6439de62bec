package state

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// The way back into a place with a recovery kit, on a computer that has nothing
// else of it.

// Kit goes to where a recovery kit is asked for.
func (j *Join) Kit() {
	if j.busy || j.again != nil || j.step != JoinPaste && j.step != JoinCard && j.step != JoinSign {
		return
	}
	if j.step != JoinPaste { // the link that led here says where the place is
		j.where = j.typed
		j.leave()
	}
	j.set(JoinKit)
}

// StartAnew begins anew with a recovery kit, on a computer whose passphrase the person
// has forgotten. What it keeps is put aside, still locked.
func (a *App) StartAnew() {
	if a.busy > 0 || a.screen != ScreenLocked || !a.ByPassphrase() {
		return
	}
	a.fault = text.Sentence{}
	folder := ""
	a.Work(func(context.Context) (err error) {
		folder, err = a.profile.PutAside(a.desktop.Now())
		return err
	}, func(err error) {
		if err != nil {
			a.fail("profile not put aside", err)
			return
		}
		a.askKeyring()
		a.desktop.Toast(text.UnlockKitAside(filepath.Base(folder)))
		a.want, a.join = intentJoin, newJoin(a, "")
		a.join.step = JoinKit
		a.next()
	})
}

// Where is what the field for the place begins with.
func (j *Join) Where() string { return j.where }

// KitFaults are what is wrong with a recovery kit, and with where its place is; ""
// where nothing is.
type KitFaults struct{ Code, Where string }

// Recover looks for whom a kit is: typed are its words or letters, or what its file
// says, which knows where the place is by itself. It returns what is wrong with
// them; if nothing is, the work has begun.
func (j *Join) Recover(typed, where string) KitFaults {
	if j.busy || j.step != JoinKit {
		return KitFaults{}
	}
	j.where = strings.TrimSpace(where)
	code, fault := sayCode(typed)
	if fault != "" {
		return KitFaults{Code: fault}
	}
	link, known := code.Link()
	if !known {
		var err error
		if link, err = placeAt(j.where); err != nil {
			f := KitFaults{Where: j.app.Say(err).String()}
			if j.where == "" {
				f.Where = text.RecoverWhereMissing()
			}
			return f
		}
	}
	j.code, j.link, j.bare = code, link, false
	j.find()
	return KitFaults{}
}

// placeAt reads where a place is: a link to it, of which nothing else is used, or an
// address.
func placeAt(where string) (wire.Link, error) {
	if l, err := wire.ParseLink(where); err == nil {
		return wire.Link{Addresses: l.Addresses, Host: l.Host}, nil
	} else if strings.HasPrefix(where, "snug:") {
		return wire.Link{}, err
	}
	address, err := wire.NormalAddress(where)
	return wire.Link{Addresses: []string{address}}, err
}

// sayCode reads a recovery kit and says what is wrong with it, "" for nothing.
func sayCode(typed string) (*client.Code, string) {
	code, err := client.ParseCode(typed)
	word, isWord := errors.AsType[*client.WordError](err)
	switch {
	case err == nil:
		return code, ""
	case isWord:
		return nil, text.RecoverCodeWord(strconv.Itoa(word.N))
	case errors.Is(err, client.ErrCodeWrong):
		return nil, text.RecoverCodeWrong()
	case strings.TrimSpace(typed) == "":
		return nil, text.RecoverCodeEmpty()
	}
	return nil, text.RecoverCodeBad()
}

// OpenKit asks for the file of a kit. done gets what it says, or what is wrong with
// it.
func (a *App) OpenKit(done func(typed, fault string)) {
	a.desktop.ChooseFile(func(paths []string) {
		if len(paths) == 0 {
			return
		}
		var b []byte
		a.Background(func(context.Context) (err error) {
			b, err = readKit(paths[0])
			return err
		}, func(err error) {
			if err != nil {
				done("", a.Say(err).String())
				return
			}
			code, fault := sayCode(string(b))
			if fault != "" {
				done("", text.RecoverFileBad())
				return
			}
			if _, known := code.Link(); known {
				done(string(b), "")
				return
			}
			done(strings.TrimSpace(string(b)), "") // only the words were kept
		})
	})
}

// readKit reads what may be the file of a kit; of a longer one as much as shows that
// it is none.
func readKit(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, wire.MaxKitFile+1))
}

// find asks the place whose kit it is, and goes on trying while it cannot be
// reached.
func (j *Join) find() {
	a := j.app
	if a.knows(j.link.Host) {
		j.known()
		return
	}
	ctx, stop := context.WithCancel(a.ctx)
	j.stop = stop
	j.set(JoinLooking)
	link, code := j.link, j.code
	var member *setup.Member
	var lost *client.Lost
	a.Background(func(context.Context) error {
		var err error
		if member, err = a.openToJoin(ctx, &link); err != nil {
			return err
		}
		err = patiently(ctx, func() (err error) {
			lost, err = member.Client.FindLost(ctx, code, link)
			return err
		}, func(err error) {
			a.desktop.Do(func() {
				if ctx.Err() == nil {
					j.fault = j.say(err)
					a.changed()
				}
			})
		})
		if err != nil || lost.Link.Host == link.Host {
			return errors.Join(err, closeIf(err != nil, member))
		}
		// The kit says which place it is: that gets its own folder.
		if err := member.Close(); err != nil {
			return err
		}
		member, err = a.openToJoin(ctx, &lost.Link)
		return err
	}, func(err error) {
		switch {
		case ctx.Err() != nil: // the person has left
			j.drop(member)
		case errors.Is(err, setup.ErrJoined):
			j.link = lost.Link
			j.known()
		case errors.Is(err, client.ErrWrongHost):
			a.log.Warn("another computer answered for a place", "place", placeID(link.Host))
			j.set(JoinImpostor)
		case err != nil:
			a.log.Warn("recovery kit not taken", "err", err)
			j.set(JoinKit)
			j.fault = j.say(err)
			a.changed()
		default:
			j.member, j.lost, j.link = member, lost, lost.Link
			j.visit = client.Visit{Link: lost.Link, Card: &wire.Card{Place: j.lostPlace()}}
			j.set(JoinLost)
		}
	})
}

// closeIf closes a client that is not needed any more.
func closeIf(needless bool, m *setup.Member) error {
	if !needless {
		return nil
	}
	return m.Close()
}

// known opens the place of a kit that this computer has already.
func (j *Join) known() {
	a := j.app
	a.desktop.Toast(text.For(text.JoinedAlready, text.Facts{}).What)
	a.Enter(placeID(j.link.Host))
}

// lostPlace is what the place is called, as far as it is known.
func (j *Join) lostPlace() string {
	if j.lost.Place != "" {
		return j.lost.Place
	}
	if place, _ := j.code.Names(); place != "" {
		return place
	}
	return j.link.Addresses[0]
}

// LostName is what the person is called whom the kit has found.
func (j *Join) LostName() string { return j.lost.Name }

// LostDevice is a computer that may be the lost one. The zero id stands for none of
// them.
type LostDevice struct {
	ID   chat.DeviceID
	Name string
	Line string
}

// LostDevices are the computers of the person whom the kit has found, the one that
// it was made on first, and last that none is lost.
func (j *Join) LostDevices() []LostDevice {
	now := j.app.desktop.Now()
	var out []LostDevice
	for _, v := range j.lost.Devices {
		l := deviceLine(v, false, text.When(v.Added, now), text.When(v.Seen, now))
		d := LostDevice{ID: v.ID, Name: l.Name, Line: l.Line}
		if v.ID != j.lost.Made {
			out = append(out, d)
			continue
		}
		d.Line = strings.Trim(text.RecoverWhichMade()+" \u00b7 "+d.Line, " \u00b7")
		out = append([]LostDevice{d}, out...)
	}
	return append(out, LostDevice{Name: text.RecoverWhichNone(), Line: text.RecoverWhichNoneLine()})
}

// ComeBack makes this computer one of the person's, in the place of a lost one.
func (j *Join) ComeBack(lost chat.DeviceID) {
	if j.busy || j.step != JoinLost {
		return
	}
	j.fault = text.Sentence{}
	m, found := j.member, j.lost
	j.working(func(ctx context.Context) error { return m.Client.Recover(ctx, found, lost) }, j.signed)
}
