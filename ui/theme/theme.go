// Package theme is the look of the window: named colours in light and dark,
// sizes that follow the chosen text size, the Inter fonts and the emoji font.
//
// It knows no widget and no screen, and keeps no state: the theme in force is
// the one that Fyne's settings hold, and Color, Size and Units ask there.
//
// The palette and its reasons are in the visual language of the design notes;
// theme_test.go computes the contrast of every pair of text and surface, which
// must be 4.5:1 or more (WCAG 2.2, success criterion 1.4.3).
package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Mode says which palette is shown.
type Mode int

// System follows the desktop's own setting while the program runs.
const (
	System Mode = iota
	Light
	Dark
)

// The smallest and largest text size that New accepts, in percent.
const (
	MinZoom = 80
	MaxZoom = 200
)

// Theme is a fyne.Theme that does not change; a switch makes a new one.
type Theme struct {
	mode  Mode
	zoom  float32
	calm  bool
	fonts fonts
}

var _ fyne.Theme = (*Theme)(nil)

// New makes a theme. Zoom is the text size in percent; outside MinZoom to
// MaxZoom it is moved to the nearer end, and 0 means 100.
func New(mode Mode, zoom int) *Theme {
	if zoom == 0 {
		zoom = 100
	}
	zoom = min(max(zoom, MinZoom), MaxZoom)
	return &Theme{mode: mode, zoom: float32(zoom) / 100, fonts: loadFonts()}
}

// Switched is the same look with another mode and zoom. It shares the fonts.
func (t *Theme) Switched(mode Mode, zoom int) *Theme {
	n := New(mode, zoom)
	n.fonts, n.calm = t.fonts, t.calm
	return n
}

// Calmed is the same look, in which nothing moves that need not, if calm is set.
func (t *Theme) Calmed(calm bool) *Theme {
	n := *t
	n.calm = calm
	return &n
}

// Mode is what New was given.
func (t *Theme) Mode() Mode { return t.mode }

// Zoom is the text size in percent.
func (t *Theme) Zoom() int { return int(t.zoom*100 + 0.5) }

func (t *Theme) dark(variant fyne.ThemeVariant) bool {
	switch t.mode {
	case Light:
		return false
	case Dark:
		return true
	}
	return variant == fynetheme.VariantDark
}

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, variant fyne.ThemeVariant) color.Color {
	dark := t.dark(variant)
	if c, ok := ownColor(name, dark); ok {
		return c
	}
	if name == fynetheme.ColorNameShadow { // the edges of stock scroll areas: ours are flat
		return color.Transparent
	}
	if ours, ok := stockName(name); ok {
		c, _ := ownColor(ours, dark)
		return c
	}
	stock := fynetheme.VariantLight
	if dark {
		stock = fynetheme.VariantDark
	}
	return fynetheme.DefaultTheme().Color(name, stock)
}

// Font implements fyne.Theme. Inter has no bold italic here: bold wins.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Monospace, style.Symbol:
		return fynetheme.DefaultTheme().Font(style)
	case style.Bold:
		return t.fonts.semiBold
	case style.Italic:
		return t.fonts.italic
	}
	return t.fonts.regular
}

// Icon implements fyne.Theme for Fyne's own dialogs; ours are in ui/kit.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return fynetheme.DefaultTheme().Icon(name)
}

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if name == sizeDark {
		if t.dark(t.systemVariant()) {
			return 1
		}
		return 0
	}
	if v, ok := ownSize(name); ok {
		return v * t.zoom
	}
	if v, ok := stockSize(name); ok {
		return v * t.zoom
	}
	return fynetheme.DefaultTheme().Size(name)
}

// systemVariant is what the desktop prefers now.
func (t *Theme) systemVariant() fyne.ThemeVariant {
	if app := fyne.CurrentApp(); app != nil {
		return app.Settings().ThemeVariant()
	}
	return fynetheme.VariantLight
}
