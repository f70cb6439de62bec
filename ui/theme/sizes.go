package theme

import (
	"math"

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

// Text sizes, in Fyne units at 100 % text size. Size answers them zoomed.
const (
	TextBody    fyne.ThemeSizeName = "snug.text.body"    // messages, fields, buttons
	TextTitle   fyne.ThemeSizeName = "snug.text.title"   // header of a room, of a sheet
	TextHero    fyne.ThemeSizeName = "snug.text.hero"    // "Welcome to Snug"
	TextName    fyne.ThemeSizeName = "snug.text.name"    // sender, preview of a row
	TextSmall   fyne.ThemeSizeName = "snug.text.small"   // second lines, hints
	TextTime    fyne.ThemeSizeName = "snug.text.time"    // times, badges
	TextJumbo   fyne.ThemeSizeName = "snug.text.jumbo"   // one to six emoji alone
	LineBody    fyne.ThemeSizeName = "snug.line.body"    // line height of messages
	LineJumbo   fyne.ThemeSizeName = "snug.line.jumbo"   // line height of jumbo emoji
	RadiusSmall fyne.ThemeSizeName = "snug.radius.small" // icon buttons, chips
	RadiusField fyne.ThemeSizeName = "snug.radius.field" // fields, buttons
	RadiusCard  fyne.ThemeSizeName = "snug.radius.card"  // cards, rows, popovers
	RadiusSheet fyne.ThemeSizeName = "snug.radius.sheet"
	RadiusOuter fyne.ThemeSizeName = "snug.radius.bubble" // free corner of a bubble
	RadiusInner fyne.ThemeSizeName = "snug.radius.joined" // corner on the sender's side
	ButtonHigh  fyne.ThemeSizeName = "snug.height.button"
	FieldHigh   fyne.ThemeSizeName = "snug.height.field"
	RowHigh     fyne.ThemeSizeName = "snug.height.row"
	HeaderHigh  fyne.ThemeSizeName = "snug.height.header"
	SidebarWide fyne.ThemeSizeName = "snug.width.sidebar"
	BubbleWide  fyne.ThemeSizeName = "snug.width.bubble" // widest bubble
	AvatarRow   fyne.ThemeSizeName = "snug.avatar.row"
	AvatarHead  fyne.ThemeSizeName = "snug.avatar.head" // in the header of a room
	AvatarChat  fyne.ThemeSizeName = "snug.avatar.chat"
	IconSmall   fyne.ThemeSizeName = "snug.icon.small"
	IconNormal  fyne.ThemeSizeName = "snug.icon.normal"
	IconLarge   fyne.ThemeSizeName = "snug.icon.large"
	IconHero    fyne.ThemeSizeName = "snug.icon.hero"

	sizeUnit fyne.ThemeSizeName = "snug.unit"
	sizeDark fyne.ThemeSizeName = "snug.dark"
)

// ownSize answers a size of this package at 100 %.
func ownSize(name fyne.ThemeSizeName) (float32, bool) {
	switch name {
	case TextBody:
		return 14, true
	case TextTitle:
		return 16, true
	case TextHero:
		return 26, true
	case TextName:
		return 13, true
	case TextSmall:
		return 12.5, true
	case TextTime:
		return 11.5, true
	case TextJumbo:
		return 40, true
	case LineBody:
		return 20, true
	case LineJumbo:
		return 52, true
	case RadiusSmall:
		return 8, true
	case RadiusField:
		return 10, true
	case RadiusCard:
		return 12, true
	case RadiusSheet:
		return 16, true
	case RadiusOuter:
		return 16, true
	case RadiusInner:
		return 5, true
	case ButtonHigh:
		return 38, true
	case FieldHigh:
		return 40, true
	case RowHigh:
		return 62, true
	case HeaderHigh:
		return 60, true
	case SidebarWide:
		return 316, true
	case BubbleWide:
		return 560, true
	case AvatarRow:
		return 46, true
	case AvatarHead:
		return 40, true
	case AvatarChat:
		return 34, true
	case IconSmall:
		return 16, true
	case IconNormal:
		return 20, true
	case IconLarge:
		return 28, true
	case IconHero:
		return 64, true
	case sizeUnit:
		return 1, true
	}
	return 0, false
}

// stockSize answers what Fyne's own widgets ask for.
func stockSize(name fyne.ThemeSizeName) (float32, bool) {
	switch name {
	case fynetheme.SizeNameText:
		return 14, true
	case fynetheme.SizeNameCaptionText:
		return 12, true
	case fynetheme.SizeNameSubHeadingText:
		return 16, true
	case fynetheme.SizeNameHeadingText:
		return 22, true
	case fynetheme.SizeNamePadding, fynetheme.SizeNameLineSpacing:
		return 4, true
	case fynetheme.SizeNameInnerPadding:
		return 8, true
	case fynetheme.SizeNameInputRadius, fynetheme.SizeNameButtonRadius, fynetheme.SizeNameCardRadius:
		return 10, true
	case fynetheme.SizeNamePopupRadius, fynetheme.SizeNameMenuRadius:
		return 12, true
	case fynetheme.SizeNameDialogRadius:
		return 16, true
	case fynetheme.SizeNameSelectionRadius:
		return 3, true
	case fynetheme.SizeNameInputBorder: // also how wide the text cursor is
		return 2, true
	case fynetheme.SizeNameScrollBar:
		return 10, true
	case fynetheme.SizeNameScrollBarSmall:
		return 4, true
	case fynetheme.SizeNameScrollBarRadius:
		return 4, true
	case fynetheme.SizeNameInlineIcon:
		return 20, true
	}
	return 0, false
}

// Size looks up a named size in the theme in force, zoom included.
func Size(name fyne.ThemeSizeName) float32 { return fynetheme.Size(name) }

// Units is n Fyne units under the text size in force, rounded to whole units so
// that edges stay crisp. Every distance that has no name goes through it.
func Units(n float32) float32 {
	return float32(math.Round(float64(n * fynetheme.Size(sizeUnit))))
}
