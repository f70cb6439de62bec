package kittest

import (
	"reflect"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// ours is how the types begin that this module makes.
const ours = "github.com/snugchat/snug/"

// Remade fails when a renderer that Fyne makes anew for a widget in o draws
// something else than the one before. Fyne throws away those of what was hidden for
// a minute, and lays new ones out only when a size changes: a button of a banner
// that came after a minute was not there.
func Remade(t testing.TB, o fyne.CanvasObject) {
	t.Helper()
	if !o.Visible() {
		return
	}
	if w, ok := o.(fyne.Widget); ok && strings.HasPrefix(reflect.TypeOf(o).Elem().PkgPath(), ours) {
		old := test.WidgetRenderer(w).Objects()
		again := w.CreateRenderer().Objects()
		if len(again) != len(old) {
			t.Errorf("%T draws %d objects, and %d with a new renderer", o, len(old), len(again))
			return
		}
		for i, was := range old {
			if is := again[i]; reflect.TypeOf(is) != reflect.TypeOf(was) || is.Size() != was.Size() || is.Position() != was.Position() {
				t.Errorf("%T: object %d is a %T at %v, %v, and a %T at %v, %v with a new renderer", o, i, was, was.Position(), was.Size(), is, is.Position(), is.Size())
			}
		}
	}
	for _, c := range children(o) {
		Remade(t, c)
	}
}
