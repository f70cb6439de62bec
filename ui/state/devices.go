package state

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// DeviceLine is one of the person's own computers, as a list shows it.
type DeviceLine struct {
	ID      chat.DeviceID
	Name    string // never empty
	Line    string // what it is, and when it was seen
	Since   string // when it was added, "" if that is not known
	Named   string // the name that the person gave it, "" for none
	This    bool
	Online  bool
	Key     bool // it holds the identity key
	SignOut bool // this device can sign it out
}

// Devices are the person's computers in one place, while a list of them is shown.
type Devices struct {
	app     *App
	entered *Entered
	lines   []DeviceLine
	key     bool
	kit     bool
	read    bool
	busy    bool
	fault   text.Sentence
	changed func()
	stop    context.CancelFunc
}

// devicesEvery is how often the list asks which computers are there, while it is
// shown.
const devicesEvery = 5 * time.Second

// Devices begins to show the person's computers in a place. changed is called on
// the window's goroutine when there is something else to show. Close ends it.
func (a *App) Devices(e *Entered, changed func()) *Devices {
	d := &Devices{app: a, entered: e, changed: changed}
	d.Read()
	ctx, stop := context.WithCancel(a.ctx)
	d.stop = stop
	c := e.Member.Client
	a.Background(func(context.Context) error {
		t := time.NewTicker(devicesEvery)
		defer t.Stop()
		for {
			select {
			case <-t.C:
			case <-ctx.Done():
				return nil
			}
			all, err := c.Devices(ctx)
			if err != nil {
				continue // who wants something done is told
			}
			a.desktop.Do(func() {
				if before := d.lines; ctx.Err() == nil && d.read && !d.busy {
					if d.take(all); !slices.Equal(before, d.lines) {
						d.changed()
					}
				}
			})
		}
	}, func(error) {})
	return d
}

// Close ends it: nothing is called any more.
func (d *Devices) Close() {
	d.changed = func() {}
	d.stop()
}

// Lines are the computers, this one first. They are empty until the host answered.
func (d *Devices) Lines() []DeviceLine { return d.lines }

// Known reports whether the host has answered.
func (d *Devices) Known() bool { return d.read }

// Busy reports whether the person waits for something.
func (d *Devices) Busy() bool { return d.busy }

// Fault says what went wrong; the zero Sentence: nothing.
func (d *Devices) Fault() text.Sentence { return d.fault }

// HasKey reports whether this computer holds the identity key: only then it can
// sign others out and make a recovery kit.
func (d *Devices) HasKey() bool { return d.key }

// HasKit reports whether the host keeps a recovery kit of this person.
func (d *Devices) HasKit() bool { return d.kit }

// KeyHolder is the name of the other computer that holds the identity key, "" if
// none is known.
func (d *Devices) KeyHolder() string {
	for _, l := range d.lines {
		if !l.This && l.Key {
			return l.Name
		}
	}
	return ""
}

// Read asks the host anew.
func (d *Devices) Read() {
	c := d.entered.Member.Client
	var all client.Devices
	d.work(func(ctx context.Context) (err error) {
		all, err = c.Devices(ctx)
		return err
	}, func() { d.take(all) })
}

// take shows what the host has answered.
func (d *Devices) take(all client.Devices) {
	d.read, d.key, d.kit = true, all.Identity, !all.Kit.IsZero()
	d.lines = make([]DeviceLine, 0, len(all.List))
	now := d.app.desktop.Now()
	for _, v := range all.List {
		d.lines = append(d.lines, deviceLine(v, all.Identity, text.When(v.Added, now), text.When(v.Seen, now)))
	}
}

// deviceLine puts a computer into words.
func deviceLine(v client.Device, key bool, added, seen string) DeviceLine {
	l := DeviceLine{ID: v.ID, Name: v.Name, Named: v.Name, This: v.This, Key: v.Identity, Online: v.Online && !v.This, SignOut: key || v.This}
	if l.Name == "" {
		l.Name = text.DevicesUnnamed()
		if v.This {
			l.Name = text.DevicesThis()
		}
	}
	var parts []string
	if v.Identity {
		parts = append(parts, text.DevicesKey())
	}
	if v.This && v.Name != "" {
		parts = append(parts, text.DevicesThis())
	}
	switch {
	case v.Out:
		parts = append(parts, text.DevicesOut())
	case v.Online && !v.This:
		parts = append(parts, text.DevicesOnline())
	case !v.Seen.IsZero() && !v.This:
		parts = append(parts, text.DevicesSeen(seen))
	}
	if !v.Added.IsZero() {
		l.Since = text.DevicesAdded(added)
	}
	l.Line = strings.Join(parts, " \u00b7 ")
	return l
}

// work does something that the list waits for.
func (d *Devices) work(do func(context.Context) error, then func()) {
	d.busy, d.fault = true, text.Sentence{}
	d.app.Background(do, func(err error) {
		d.busy = false
		if err != nil {
			d.app.log.Warn("own devices", "err", err)
			d.fault = d.app.Say(err)
		} else {
			then()
		}
		d.changed()
	})
	d.changed()
}

// Rename gives a computer another name, "" for none. It returns what is wrong
// with it, or "".
func (d *Devices) Rename(id chat.DeviceID, name string) (fault string) {
	name = strings.TrimSpace(name)
	if err := client.CheckDeviceName(name); err != nil {
		return text.DevicesNameBad()
	}
	c := d.entered.Member.Client
	d.work(func(ctx context.Context) error { return c.RenameDevice(ctx, id, name) }, d.Read)
	return ""
}

// SignOut signs a computer out.
func (d *Devices) SignOut(id chat.DeviceID) {
	c := d.entered.Member.Client
	d.work(func(ctx context.Context) error {
		err := c.SignOut(ctx, id)
		if errors.Is(err, client.ErrOffline) && id == c.Me().Device {
			return nil // it is out already
		}
		return err
	}, func() {
		for _, l := range d.lines {
			if l.ID == id && !l.This {
				d.app.desktop.Toast(text.DevicesSignedOut(l.Name))
				d.Read()
			}
		}
	})
}
