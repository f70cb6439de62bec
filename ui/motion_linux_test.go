package ui

import "testing"

// FEATURES K5: the desktop's own wish for less motion counts.
func TestDesktopAsksForCalm(t *testing.T) {
	for name, c := range map[string]struct {
		appearance, gnome any
		want              bool
	}{
		"the portal wants less":            {uint32(1), nil, true},
		"the portal has no preference":     {uint32(0), false, false},
		"GNOME without animations":         {nil, false, true},
		"GNOME with animations":            {nil, true, false},
		"a desktop that says nothing":      {nil, nil, false},
		"a desktop that says other things": {"yes", "no", false},
	} {
		got := asksForCalm(func(space, _ string) any {
			if space == "org.freedesktop.appearance" {
				return c.appearance
			}
			return c.gnome
		})
		if got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
