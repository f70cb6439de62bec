package bubble

import (
	"testing"

	"github.com/snugchat/snug/ui/kit/kittest"
	"github.com/snugchat/snug/ui/theme"
)

// F7: a picture of any shape is drawn so that it can be hit and does not fill the list.
func TestF7PhotoOfAnyShape(t *testing.T) {
	kittest.App(t, theme.Light, 100)
	for what, p := range map[string]*Picture{"a line of one pixel": {Width: 20_000, Height: 1}, "a tower": {Width: 1, Height: 20_000}, "unknown": {}} {
		if size := photoSize(p, 400); size.Width < photoLeast || size.Height < photoLeast || size.Width > 420 || size.Height > photoHigh {
			t.Errorf("%s is drawn as %v", what, size)
		}
	}
}
