package theme

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

// pairs lists every text colour with each surface that it is drawn on.
func pairs() map[fyne.ThemeColorName][]fyne.ThemeColorName {
	plain := []fyne.ThemeColorName{Sidebar, Chat, Card, Overlay, Input, Hover, Pressed, AccentSoft, Other}
	return map[fyne.ThemeColorName][]fyne.ThemeColorName{
		Text:        append(plain, Found),
		SubText:     plain,
		Accent:      {Pressed, Sidebar, Card, Overlay, Other, AccentSoft, Hover, Chat, Banner, DangerSoft, Pill, Found},
		PrimaryText: {Primary, PrimaryOver},
		OwnText:     {Own, OwnOver, OwnDown, OwnFound},
		OwnSubText:  {Own, OwnOver},
		PillText:    {Pill},
		BannerText:  {Banner},
		ToastText:   {Toast},
		ToastAction: {Toast},
		Good:        {Sidebar, Card, Overlay, Other, Chat},
		Warn:        {Sidebar, Card, Overlay, Other, Chat},
		Danger:      {Sidebar, Card, Overlay, Other, Chat, DangerSoft, Input, Hover},
		DangerText:  {DangerFill, DangerOver},

		fynetheme.ColorNameForeground:          {fynetheme.ColorNameBackground, fynetheme.ColorNameInputBackground, fynetheme.ColorNameOverlayBackground, fynetheme.ColorNameMenuBackground, fynetheme.ColorNameButton, fynetheme.ColorNameHover},
		fynetheme.ColorNamePlaceHolder:         {fynetheme.ColorNameBackground, fynetheme.ColorNameInputBackground, fynetheme.ColorNameOverlayBackground},
		fynetheme.ColorNameForegroundOnPrimary: {fynetheme.ColorNamePrimary},
		fynetheme.ColorNameHyperlink:           {fynetheme.ColorNameBackground, fynetheme.ColorNameOverlayBackground},
		fynetheme.ColorNameError:               {fynetheme.ColorNameBackground, fynetheme.ColorNameOverlayBackground},
	}
}

func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over puts a half transparent colour on an opaque one.
func over(top, under color.NRGBA) color.NRGBA {
	mix := func(a, b uint8) uint8 {
		k := float64(top.A) / 255
		return uint8(float64(a)*k + float64(b)*(1-k) + 0.5)
	}
	return color.NRGBA{R: mix(top.R, under.R), G: mix(top.G, under.G), B: mix(top.B, under.B), A: 255}
}

func eachMode(t *testing.T, do func(t *testing.T, c func(fyne.ThemeColorName) color.NRGBA)) {
	for name, mode := range map[string]Mode{"light": Light, "dark": Dark} {
		t.Run(name, func(t *testing.T) {
			th := New(mode, 100)
			do(t, func(n fyne.ThemeColorName) color.NRGBA {
				return color.NRGBAModel.Convert(th.Color(n, fynetheme.VariantLight)).(color.NRGBA)
			})
		})
	}
}

const least = 4.5 // WCAG 2.2, success criterion 1.4.3

// FEATURES J1: every pair of text and surface has 4.5:1.
func TestContrast(t *testing.T) {
	eachMode(t, func(t *testing.T, c func(fyne.ThemeColorName) color.NRGBA) {
		for text, surfaces := range pairs() {
			for _, s := range surfaces {
				if got := contrast(c(text), c(s)); got < least {
					t.Errorf("%s on %s: got %.2f:1, want %.1f", text, s, got, least)
				}
			}
		}
		if got := contrast(c(OwnText), over(c(OwnSelection), c(Own))); got < least {
			t.Errorf("selected text in an own bubble: got %.2f:1, want %.1f", got, least)
		}
		if got := contrast(c(Text), over(c(Selection), c(Other))); got < least {
			t.Errorf("selected text in another's bubble: got %.2f:1, want %.1f", got, least)
		}
		if got := contrast(c(SubText), over(c(Flash), c(Chat))); got < least {
			t.Errorf("the time of emoji that were jumped to: got %.2f:1, want %.1f", got, least)
		}
		for _, s := range []fyne.ThemeColorName{Other, Sidebar, Card} {
			if got := contrast(c(Text), over(c(Code), c(s))); got < least {
				t.Errorf("code on %s: got %.2f:1, want %.1f", s, got, least)
			}
		}
		for _, s := range []fyne.ThemeColorName{Sidebar, Chat, Overlay, Card, Input} {
			if got := contrast(c(FocusRing), c(s)); got < 3 { // WCAG 2.2, 1.4.11
				t.Errorf("focus ring on %s: got %.2f:1, want 3", s, got)
			}
		}
	})
}

func TestIdentityContrast(t *testing.T) {
	app := test.NewTempApp(t)
	for name, mode := range map[string]Mode{"light": Light, "dark": Dark} {
		app.Settings().SetTheme(New(mode, 100))
		for i := range Identities {
			for _, s := range []fyne.ThemeColorName{Other, Sidebar, Card} {
				if got := contrast(NameColor(i), Color(s)); got < least {
					t.Errorf("%s: name colour %d on %s: got %.2f:1, want %.1f", name, i, s, got, least)
				}
			}
			top, bottom := AvatarColors(i)
			white := color.NRGBA{255, 255, 255, 255}
			if got := min(contrast(white, top), contrast(white, bottom)); got < least {
				t.Errorf("initials on avatar %d: got %.2f:1, want %.1f", i, got, least)
			}
		}
	}
}

func TestEveryNameHasAColor(t *testing.T) {
	app := test.NewTempApp(t)
	app.Settings().SetTheme(New(Light, 100))
	for text, surfaces := range pairs() {
		for _, n := range append(surfaces, text) {
			if c := Color(n); c.A == 0 {
				t.Errorf("%s is not visible", n)
			}
		}
	}
}

func TestMode(t *testing.T) {
	for what, c := range map[string]struct {
		mode    Mode
		variant fyne.ThemeVariant
		want    uint32
	}{
		"light on a dark desktop":  {Light, fynetheme.VariantDark, 0xFFFFFF},
		"dark on a light desktop":  {Dark, fynetheme.VariantLight, 0x181B22},
		"system on a dark desktop": {System, fynetheme.VariantDark, 0x181B22},
		"system without a wish":    {System, 2, 0xFFFFFF},
	} {
		if got := New(c.mode, 100).Color(Sidebar, c.variant); got != rgb(c.want) {
			t.Errorf("%s: got %v, want %v", what, got, rgb(c.want))
		}
	}
}

func TestZoom(t *testing.T) {
	app := test.NewTempApp(t)
	for what, c := range map[string]struct {
		zoom  int
		unit4 float32
		text  float32
	}{
		"not set":   {0, 4, 14},
		"half":      {50, 3, 11.2},
		"double":    {200, 8, 28},
		"far above": {900, 8, 28},
	} {
		app.Settings().SetTheme(New(Light, c.zoom))
		if got := Units(4); got != c.unit4 {
			t.Errorf("%s: 4 units are %v, want %v", what, got, c.unit4)
		}
		if got := Size(TextBody); math.Abs(float64(got-c.text)) > 0.01 {
			t.Errorf("%s: body text is %v, want %v", what, got, c.text)
		}
		if got := fynetheme.TextSize(); math.Abs(float64(got-c.text)) > 0.01 {
			t.Errorf("%s: text of stock widgets is %v, want %v", what, got, c.text)
		}
	}
}

func TestInstallEmoji(t *testing.T) {
	stock := fynetheme.DefaultEmojiFont().(*fyne.StaticResource)
	name, content := stock.StaticName, stock.StaticContent
	t.Cleanup(func() { stock.StaticName, stock.StaticContent = name, content })
	test.NewTempApp(t)
	InstallEmoji()
	test.NewTempApp(t) // drops Fyne's parsed fonts
	family, _ := fyne.CurrentApp().Driver().RenderedTextSize("👩‍👩‍👧‍👦", 20, fyne.TextStyle{}, EmojiFont())
	one, _ := fyne.CurrentApp().Driver().RenderedTextSize("👩", 20, fyne.TextStyle{}, EmojiFont())
	if family.Width != one.Width {
		t.Errorf("a family is %v wide, one person %v: the font does not join them", family.Width, one.Width)
	}
}
