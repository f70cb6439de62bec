package theme

import (
	"image/color"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// The named colours of the program. Color answers them for the theme that is in
// force now; a name that ends in Text is drawn on the surface in front of it.
const (
	Sidebar     fyne.ThemeColorName = "snug.sidebar"     // room list, header, composer strip
	Chat        fyne.ThemeColorName = "snug.chat"        // behind the bubbles
	Rail        fyne.ThemeColorName = "snug.rail"        // the edge with the places
	Line        fyne.ThemeColorName = "snug.line"        // hairlines between surfaces
	Card        fyne.ThemeColorName = "snug.card"        // cards on Chat or on Sidebar
	Overlay     fyne.ThemeColorName = "snug.overlay"     // popovers, menus, sheets
	OverlayLine fyne.ThemeColorName = "snug.overlayLine" // their edge
	Scrim       fyne.ThemeColorName = "snug.scrim"       // dims what is behind a sheet
	Shadow      fyne.ThemeColorName = "snug.shadow"

	Text     fyne.ThemeColorName = "snug.text"
	SubText  fyne.ThemeColorName = "snug.subText" // second lines, times, hints
	Disabled fyne.ThemeColorName = "snug.disabled"

	Accent      fyne.ThemeColorName = "snug.accent"      // links, active icons
	AccentSoft  fyne.ThemeColorName = "snug.accentSoft"  // selected row, quiet buttons
	Primary     fyne.ThemeColorName = "snug.primary"     // the one primary button, badges
	PrimaryOver fyne.ThemeColorName = "snug.primaryOver" // the same under the pointer
	PrimaryText fyne.ThemeColorName = "snug.primaryText"

	Own          fyne.ThemeColorName = "snug.own" // own bubbles
	OwnText      fyne.ThemeColorName = "snug.ownText"
	OwnSubText   fyne.ThemeColorName = "snug.ownSubText" // times and sizes in own bubbles
	OwnSelection fyne.ThemeColorName = "snug.ownSelection"
	OwnTrack     fyne.ThemeColorName = "snug.ownTrack" // progress track, file disc
	OwnOver      fyne.ThemeColorName = "snug.ownOver"  // a control in an own bubble under the pointer
	OwnDown      fyne.ThemeColorName = "snug.ownDown"  // the same, pressed
	Other        fyne.ThemeColorName = "snug.other"    // bubbles of others
	Selection    fyne.ThemeColorName = "snug.selection"
	Track        fyne.ThemeColorName = "snug.track"
	Code         fyne.ThemeColorName = "snug.code"
	Flash        fyne.ThemeColorName = "snug.flash"    // behind a message that was jumped to, for a moment
	Found        fyne.ThemeColorName = "snug.found"    // behind words that were looked for
	OwnFound     fyne.ThemeColorName = "snug.ownFound" // the same in an own bubble

	Input       fyne.ThemeColorName = "snug.input"
	InputLine   fyne.ThemeColorName = "snug.inputLine" // edge of a field that is not focused
	Hover       fyne.ThemeColorName = "snug.hover"     // a row or button on Sidebar under the pointer
	Pressed     fyne.ThemeColorName = "snug.pressed"
	FocusRing   fyne.ThemeColorName = "snug.focusRing"
	ScrollBar   fyne.ThemeColorName = "snug.scrollBar"
	Pill        fyne.ThemeColorName = "snug.pill" // day pills
	PillText    fyne.ThemeColorName = "snug.pillText"
	Banner      fyne.ThemeColorName = "snug.banner"
	BannerText  fyne.ThemeColorName = "snug.bannerText"
	Toast       fyne.ThemeColorName = "snug.toast"
	ToastText   fyne.ThemeColorName = "snug.toastText"
	ToastAction fyne.ThemeColorName = "snug.toastAction"

	Online     fyne.ThemeColorName = "snug.online" // the dot only, never a text
	Good       fyne.ThemeColorName = "snug.good"   // "only members can read this"
	Warn       fyne.ThemeColorName = "snug.warn"   // "the host can read this room"
	Danger     fyne.ThemeColorName = "snug.danger" // text and icons
	DangerFill fyne.ThemeColorName = "snug.dangerFill"
	DangerOver fyne.ThemeColorName = "snug.dangerOver"
	DangerText fyne.ThemeColorName = "snug.dangerText" // on DangerFill
	DangerSoft fyne.ThemeColorName = "snug.dangerSoft" // card behind a Danger text
)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

func rgba(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 24), G: uint8(v >> 16), B: uint8(v >> 8), A: uint8(v)}
}

// ownColor answers a name of this package in light or dark.
func ownColor(name fyne.ThemeColorName, dark bool) (color.NRGBA, bool) {
	pick := func(light, night uint32) (color.NRGBA, bool) {
		if dark {
			return rgb(night), true
		}
		return rgb(light), true
	}
	clear := func(light, night uint32) (color.NRGBA, bool) { // with an alpha byte
		if dark {
			return rgba(night), true
		}
		return rgba(light), true
	}
	switch name {
	case Sidebar:
		return pick(0xFFFFFF, 0x181B22)
	case Chat:
		return pick(0xEEF0F5, 0x0F1116)
	case Rail:
		return pick(0xF4F5F9, 0x12141A)
	case Line:
		return pick(0xE3E6EC, 0x252A34)
	case Card:
		return pick(0xFFFFFF, 0x1C2028)
	case Overlay:
		return pick(0xFFFFFF, 0x20242D)
	case OverlayLine:
		return pick(0xE3E6EC, 0x313744)
	case Scrim:
		return clear(0x1418205C, 0x00000099)
	case Shadow:
		return clear(0x1A20382E, 0x00000080)
	case Text:
		return pick(0x171A21, 0xE8EAF0)
	case SubText:
		return pick(0x596275, 0x9BA3B5)
	case Disabled:
		return pick(0x9AA2B1, 0x5D6577)
	case Accent:
		return pick(0x4650C8, 0x9AA3F8)
	case AccentSoft:
		return pick(0xE6E8FB, 0x2A2F4A)
	case Primary:
		return pick(0x4F5BD5, 0x5560D8)
	case PrimaryOver:
		return pick(0x434FC4, 0x4A55CC)
	case PrimaryText, OwnText, DangerText:
		return pick(0xFFFFFF, 0xFFFFFF)
	case Own:
		return pick(0x4F5BD5, 0x5059CE)
	case OwnSubText:
		return pick(0xE6E8FD, 0xE4E6FD)
	case OwnSelection:
		return clear(0x10143A66, 0x0A0C2A70)
	case OwnTrack:
		return clear(0xFFFFFF38, 0xFFFFFF30)
	case OwnOver:
		return pick(0x434FC4, 0x454EBF)
	case OwnDown:
		return pick(0x3843B2, 0x3A43AE)
	case Other:
		return pick(0xFFFFFF, 0x20242D)
	case Selection:
		return clear(0x7C97FF70, 0x5B78E890)
	case Track:
		return pick(0xE1E4EC, 0x363C49)
	case Code:
		return clear(0x7F7F9628, 0x9A9AB430)
	case Flash:
		return clear(0x7C97FF30, 0x5B78E840)
	case Found:
		return pick(0xFFE08A, 0x4A3C10)
	case OwnFound:
		return pick(0x2F3794, 0x2B3388)
	case Input:
		return pick(0xF1F3F7, 0x22262F)
	case InputLine:
		return pick(0xD9DDE6, 0x343A47)
	case Hover:
		return pick(0xF2F3F8, 0x21252E)
	case Pressed:
		return pick(0xE7E9F1, 0x2A2F3A)
	case FocusRing:
		return pick(0x6D78EC, 0x8B95F5)
	case ScrollBar:
		return clear(0x6B748870, 0x9AA3B560)
	case Pill:
		return pick(0xDDE1EA, 0x242933)
	case PillText:
		return pick(0x525B6D, 0xA4ACBD)
	case Banner:
		return pick(0xFFF4DB, 0x3A2F14)
	case BannerText:
		return pick(0x7A5200, 0xF2CE7C)
	case Toast:
		return pick(0x262A33, 0x343A47)
	case ToastText:
		return pick(0xFFFFFF, 0xF1F3F7)
	case ToastAction:
		return pick(0xB4BBFF, 0xB4BBFF)
	case Online:
		return pick(0x35B96B, 0x35B96B)
	case Good:
		return pick(0x23703F, 0x63C48B)
	case Warn:
		return pick(0x8A5A00, 0xE3B85B)
	case Danger:
		return pick(0xB8304A, 0xF58B9B)
	case DangerFill:
		return pick(0xC43A52, 0xC43A52)
	case DangerOver:
		return pick(0xAE2F46, 0xB13349)
	case DangerSoft:
		return pick(0xFCE9EC, 0x3A2028)
	}
	return color.NRGBA{}, false
}

// stockName maps the names that Fyne's own widgets ask for (entry, dialog,
// file chooser, scroll) to ours.
func stockName(name fyne.ThemeColorName) (fyne.ThemeColorName, bool) {
	switch name {
	case fynetheme.ColorNameBackground, fynetheme.ColorNameHeaderBackground:
		return Sidebar, true
	case fynetheme.ColorNameButton, fynetheme.ColorNameInputBackground, fynetheme.ColorNameDisabledButton:
		return Input, true
	case fynetheme.ColorNameForeground:
		return Text, true
	case fynetheme.ColorNamePlaceHolder:
		return SubText, true
	case fynetheme.ColorNameDisabled:
		return Disabled, true
	case fynetheme.ColorNamePrimary:
		return Primary, true
	case fynetheme.ColorNameForegroundOnPrimary:
		return PrimaryText, true
	case fynetheme.ColorNameHyperlink:
		return Accent, true
	case fynetheme.ColorNameFocus:
		return AccentSoft, true
	case fynetheme.ColorNameSelection:
		return Selection, true
	case fynetheme.ColorNameHover:
		return Hover, true
	case fynetheme.ColorNamePressed:
		return Pressed, true
	case fynetheme.ColorNameSeparator, fynetheme.ColorNameInputBorder:
		return Line, true
	case fynetheme.ColorNameMenuBackground, fynetheme.ColorNameOverlayBackground:
		return Overlay, true
	case fynetheme.ColorNameScrollBar:
		return ScrollBar, true
	case fynetheme.ColorNameError:
		return Danger, true
	case fynetheme.ColorNameForegroundOnError:
		return Sidebar, true
	case fynetheme.ColorNameSuccess:
		return Good, true
	case fynetheme.ColorNameWarning:
		return Warn, true
	}
	return "", false
}

// Color looks up a name in the theme that the program shows now.
func Color(name fyne.ThemeColorName) color.NRGBA {
	return color.NRGBAModel.Convert(fynetheme.Color(name)).(color.NRGBA)
}
