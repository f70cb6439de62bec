package theme

import (
	"hash/fnv"
	"image/color"

	fynetheme "fyne.io/fyne/v2/theme"
)

// Identities is how many colours people are told apart by. The colour is a help
// and never the only mark: the name or its initials always stand beside it.
const Identities = 8

// Identity picks the colour number of a person or room from a stable id.
func Identity(id string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // a hash never fails
	return int(h.Sum32()>>7) % Identities
}

// identityHex has two colours of each identity: the light ones are readable on white (4.8:1 and more), and white is readable on
// them; the dark ones are readable on the dark bubble (5.5:1 and more).
func identityHex(i int) (light, night uint32) {
	switch i % Identities {
	case 0:
		return 0xC43A52, 0xF07C8E
	case 1:
		return 0xB0520E, 0xF09D5E
	case 2:
		return 0x866A11, 0xD6B54C
	case 3:
		return 0x2B7D4B, 0x63C48B
	case 4:
		return 0x157A8F, 0x51BDD3
	case 5:
		return 0x2F66C4, 0x74A3F0
	case 6:
		return 0x7446CC, 0xA988EC
	default:
		return 0xB03A90, 0xE282C6
	}
}

// NameColor is the colour of a name over a bubble of the theme in force.
func NameColor(i int) color.NRGBA {
	light, night := identityHex(i)
	if IsDark() {
		return rgb(night)
	}
	return rgb(light)
}

// AvatarColors are the upper and lower end of the gradient behind initials,
// the same in light and dark. White initials have 4.5:1 and more on both.
func AvatarColors(i int) (top, bottom color.NRGBA) {
	light, _ := identityHex(i)
	top = rgb(light)
	darker := func(v uint8) uint8 { return uint8(float32(v) * 0.86) }
	return top, color.NRGBA{R: darker(top.R), G: darker(top.G), B: darker(top.B), A: 255}
}

// IsDark reports whether the theme in force shows the dark palette.
func IsDark() bool { return fynetheme.Size(sizeDark) > 0 }

// IsCalm reports whether nothing is to move that need not: the person or their
// desktop wants it so.
func IsCalm() bool {
	t, ours := fynetheme.Current().(*Theme)
	return ours && t.calm
}
