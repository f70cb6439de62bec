package compare_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/crypto/verify"
	"github.com/snugchat/snug/ui/compare"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Every picture of crypto/verify has a name of its own here: the same one in
// English.
func TestNames(t *testing.T) {
	if text.Pictures != verify.Pictures {
		t.Fatalf("%d names for %d pictures", text.Pictures, verify.Pictures)
	}
	for i := range verify.Pictures {
		if _, want := verify.Picture(i); !strings.EqualFold(text.Picture(i), want) {
			t.Errorf("picture %d is called %q, want %q", i, text.Picture(i), want)
		}
	}
	p := compare.New([7]int{0, 1, 0, 63, 5, 6, 7})
	if got, want := p.AccessibilityLabel(), "Dog, Cat, Dog, Pin, Pig, Elephant, Rabbit"; got != want {
		t.Errorf("read aloud: %q, want %q", got, want)
	}
}

// All seven stand with their whole names inside of the widget, in their order, at
// every width and letter size, and come to rest.
func TestPictures(t *testing.T) {
	pictures := [7]int{8, 60, 36, 41, 59, 25, 31}
	for _, zoom := range []int{100, 200} {
		for _, width := range []float32{90, 264, 292, 392, 720} {
			for _, mode := range []theme.Mode{theme.Light, theme.Dark} {
				kittest.App(t, mode, zoom)
				p := compare.New(pictures)
				w := kittest.Show(t, kit.NewSurface(theme.Card, "", kit.Column(0, p)), fyne.NewSize(width, 900))
				kittest.Settled(t, p)
				var emoji []string
				said := ""
				var last fyne.Position
				for _, o := range test.WidgetRenderer(p).Objects() {
					c, ok := o.(*canvas.Text)
					if !ok {
						t.Fatalf("a %T is drawn", o)
					}
					at, size := c.Position(), c.MinSize()
					if at.X < 0 || at.X+size.Width > width+1 || at.Y+size.Height > p.Size().Height+1 {
						t.Errorf("%d %%, width %v: %q at %v, size %v, in %v", zoom, width, c.Text, at, size, p.Size())
					}
					if slices.ContainsFunc(pictures[:], func(i int) bool { e, _ := verify.Picture(i); return e == c.Text }) {
						if at.Y == last.Y && at.X <= last.X || at.Y < last.Y-20 {
							t.Errorf("%d %%, width %v: %q stands before the one before it", zoom, width, c.Text)
						}
						last = at
						emoji = append(emoji, c.Text)
						continue
					}
					said += strings.ReplaceAll(c.Text, " ", "")
				}
				want := strings.ReplaceAll(strings.Join(p.Names(), ""), " ", "")
				if len(emoji) != 7 || said != want {
					t.Errorf("%d %%, width %v: shows %q and %q, want %q", zoom, width, emoji, said, want)
				}
				kittest.Picture(t, w, "compare-"+map[theme.Mode]string{theme.Light: "light", theme.Dark: "dark"}[mode]+"-"+strings.Repeat("big", zoom/200)+string(rune('0'+int(width)/100)))
			}
		}
	}
}
