package ui

import (
	"context"

	"github.com/godbus/dbus/v5"
)

// wantsCalm reports whether the desktop asks programs for less motion: by the
// setting of XDG Desktop Portal, or that of GNOME which is older. A desktop that
// has neither, or does not answer, asks for nothing.
func wantsCalm(ctx context.Context) bool {
	bus, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer bus.Close()
	portal := bus.Object("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop")
	read := func(space, key string) any {
		var v dbus.Variant
		if err := portal.CallWithContext(ctx, "org.freedesktop.portal.Settings.ReadOne", dbus.FlagNoAutoStart, space, key).Store(&v); err != nil {
			return nil
		}
		return v.Value()
	}
	return asksForCalm(read)
}

// asksForCalm decides from the settings of a desktop.
func asksForCalm(read func(space, key string) any) bool {
	if n, ok := read("org.freedesktop.appearance", "reduced-motion").(uint32); ok {
		return n == 1
	}
	on, ok := read("org.gnome.desktop.interface", "enable-animations").(bool)
	return ok && !on
}
