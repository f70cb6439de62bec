package theme

import (
	_ "embed" // the fonts

	"fyne.io/fyne/v2"
	fynetheme "fyne.io/fyne/v2/theme"
)

//go:embed assets/Inter-Regular.otf
var interRegular []byte

//go:embed assets/Inter-SemiBold.otf
var interSemiBold []byte

//go:embed assets/Inter-Italic.otf
var interItalic []byte

//go:embed assets/emoji.ttf
var notoEmoji []byte

// fonts are resources that stay the same for all themes, because Fyne caches
// parsed fonts by resource.
type fonts struct{ regular, semiBold, italic *fyne.StaticResource }

func loadFonts() fonts {
	return fonts{
		regular:  fyne.NewStaticResource("Inter-Regular.otf", interRegular),
		semiBold: fyne.NewStaticResource("Inter-SemiBold.otf", interSemiBold),
		italic:   fyne.NewStaticResource("Inter-Italic.otf", interItalic),
	}
}

// InstallEmoji puts our emoji font in the place of Fyne's, whose pictures are
// ten years old and fall apart at joined ones (families, flags, skin tones).
// Fyne has no call for it; its built-in resource is public, and every widget,
// text fields included, falls back to it. Call it once at the start of the
// program, before a window is made. It does nothing in a build without emoji.
func InstallEmoji() {
	if stock, ok := fynetheme.DefaultEmojiFont().(*fyne.StaticResource); ok && stock != nil {
		stock.StaticName = "emoji.ttf"
		stock.StaticContent = notoEmoji
	}
}

// EmojiFont is the font that InstallEmoji has put in place, for a canvas.Text
// that must show an emoji even for a character that Inter has too, such as a
// digit with a keycap. It is nil in a build without emoji.
func EmojiFont() fyne.Resource {
	if f := fynetheme.DefaultEmojiFont(); f != nil {
		return f
	}
	return nil
}

// EmojiData is the content of the emoji font; read only.
func EmojiData() []byte { return notoEmoji }
