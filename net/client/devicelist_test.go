package client_test

import (
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
