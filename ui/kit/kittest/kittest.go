// Package kittest helps to test widgets: a program with our theme, pictures to
// look at, and a check that a widget comes to rest.
//
// Only tests import it. It follows Fyne's package test.
package kittest

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// Show opens content in a window without padding.
func Show(t testing.TB, content fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	w := fyne.CurrentApp().NewWindow("")
	t.Cleanup(w.Close)
	w.SetPadded(false)
	w.SetContent(content)
	w.Resize(size)
	return w
}

// Picture writes what a window shows into the folder that SNUG_GALLERY names,
// to be looked at; without the variable it does nothing.
func Picture(t testing.TB, w fyne.Window, name string) {
	t.Helper()
	folder := os.Getenv("SNUG_GALLERY")
	if folder == "" {
		return
	}
	f, err := os.Create(filepath.Join(folder, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, w.Canvas().Capture()); err != nil {
		t.Fatal(err)
	}
}

// Settled fails when laying out an object again, at the size that it has, makes
// new objects, moves something or changes how much room it asks for. Fyne does
// so for each frame in which it meets an object that it does not know, so such
// a widget would repaint the window for ever: 42 % of a core was measured.
func Settled(t testing.TB, o fyne.CanvasObject) {
	t.Helper()
	relayout(o) // the first time may still find its place
	settled(t, o)
}

func relayout(o fyne.CanvasObject) {
	for _, c := range children(o) {
		relayout(c)
	}
	layout(o)
}

func layout(o fyne.CanvasObject) {
	switch o := o.(type) {
	case *fyne.Container:
		if o.Layout != nil {
			o.Layout.Layout(o.Objects, o.Size())
		}
	case fyne.Widget:
		test.WidgetRenderer(o).Layout(o.Size())
	}
}

func children(o fyne.CanvasObject) []fyne.CanvasObject {
	switch o := o.(type) {
	case *fyne.Container:
		return o.Objects
	case fyne.Widget:
		return test.WidgetRenderer(o).Objects()
	}
	return nil
}

func settled(t testing.TB, o fyne.CanvasObject) {
	t.Helper()
	type place struct {
		object fyne.CanvasObject
		at     fyne.Position
		size   fyne.Size
	}
	look := func() (out []place) {
		for _, c := range children(o) {
			if c.Visible() {
				out = append(out, place{c, c.Position(), c.Size()})
			}
		}
		return out
	}
	before, least := look(), o.MinSize()
	layout(o)
	after := look()
	if len(before) != len(after) {
		t.Errorf("%T: %d objects, and %d when laid out again", o, len(before), len(after))
		return
	}
	for i, b := range before {
		if b.object != after[i].object {
			t.Errorf("%T: object %d, a %T, is another one when laid out again", o, i, b.object)
			return
		}
		if b.at != after[i].at || b.size != after[i].size {
			t.Errorf("%T: object %d, a %T, goes from %v, %v to %v, %v when laid out again", o, i, b.object, b.at, b.size, after[i].at, after[i].size)
		}
	}
	if got := o.MinSize(); got != least {
		t.Errorf("%T: asks for %v, and for %v when laid out again", o, least, got)
	}
	for _, c := range children(o) {
		if c.Visible() {
			settled(t, c)
		}
	}
}
