package client_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// devices returns a person's computers as this one lists them: * is this one, #
// holds the identity key, + is online, - is out of the place only.
func (m *member) devices() string {
	m.t.Helper()
	all, err := m.Devices(m.t.Context())
	if err != nil {
		return err.Error()
	}
	var s []string
	for _, v := range all.List {
		n := v.Name
		for _, f := range []struct {
			on   bool
			sign string
		}{{v.This, "*"}, {v.Identity, "#"}, {v.Online, "+"}, {v.Out, "-"}} {
			if f.on {
				n += f.sign
			}
		}
		s = append(s, n)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

// TestDeviceNamesItself: a new computer has a name before anybody gives it one, on all
// computers of the person, which the host does not learn.
func TestDeviceNamesItself(t *testing.T) {
	called := func(name string) func(*client.Config) {
		return func(cfg *client.Config) { cfg.DeviceName = name }
	}
	e := newEvilHost(t)
	passed := e.records()
	ana := e.person("Ana", called("Linux, kitchen"))
	if got := ana.devices(); got != "Linux, kitchen*#+" {
		t.Errorf("alone: %q", got)
	}
	second := e.comes(func(dial func(*client.Config)) *member { return ana.addDevice(dial, called("Mac, attic")) })
	ana.untilOr("Ana's first computer knows the second", func() bool { return ana.devices() == "Linux, kitchen*#+ Mac, attic+" }, ana.devices)
	second.untilOr("and the other way round", func() bool { return second.devices() == "Linux, kitchen#+ Mac, attic*+" }, second.devices)
	ana.reopen()
	ana.until("Ana is online", func() bool { return ana.State().Phase == client.Online })
	ana.untilOr("after a restart", func() bool { return ana.devices() == "Linux, kitchen*#+ Mac, attic+" }, ana.devices)
	ok(t, ana.RenameDevice(t.Context(), second.Me().Device, "laptop"))
	second.untilOr("the person's name goes before", func() bool { return second.devices() == "Linux, kitchen#+ laptop*+" }, second.devices)
	ok(t, second.RenameDevice(t.Context(), second.Me().Device, ""))
	ana.untilOr("without it, its own", func() bool { return ana.devices() == "Linux, kitchen*#+ Mac, attic+" }, ana.devices)
	for _, x := range passed() {
		if b := wire.Append(nil, x.m); bytes.Contains(b, []byte("kitchen")) || bytes.Contains(b, []byte("attic")) {
			t.Errorf("the host carries the name in a message of kind %d", x.m.Kind())
		}
	}
}

func TestDeviceNames(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	if got := ana.devices(); got != "*#+" {
		t.Errorf("got %q", got)
	}
	me := ana.Me().Device
	ok(t, ana.RenameDevice(t.Context(), me, "laptop"))
	if got := ana.devices(); got != "laptop*#+" {
		t.Errorf("got %q", got)
	}
	ana.reopen()
	ana.until("Ana is online", func() bool { return ana.State().Phase == client.Online })
	if got := ana.devices(); got != "laptop*#+" {
		t.Errorf("after a restart: %q", got)
	}
	if err := ana.RenameDevice(t.Context(), me, "two\nlines"); !errors.Is(err, client.ErrDeviceName) {
		t.Errorf("two lines: %v", err)
	}
	if err := ana.RenameDevice(t.Context(), ben.Me().Device, "mine"); !errors.Is(err, clientdb.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	if err := ana.SignOut(t.Context(), ben.Me().Device); !errors.Is(err, clientdb.ErrNotFound) {
		t.Errorf("somebody else's is signed out: %v", err)
	}
	if err := ana.SignOut(t.Context(), chat.DeviceID{1}); !errors.Is(err, clientdb.ErrNotFound) {
		t.Errorf("nobody's is signed out: %v", err)
	}
	// The only device signs itself out: that is its identity's own word.
	ok(t, ana.SignOut(t.Context(), me))
	ana.until("Ana is out", func() bool {
		return ana.State().Phase == client.Stopped && client.CodeOf(ana.State().Err) == wire.CodeSignedOut
	})
}
