package viewer

import (
	"image"
	"testing"
	"time"
)

// F3: a photo that fills the window may be larger than all that is kept for bubbles;
// neither it nor the bubble behind it is decoded twice.
func TestF3LargePictureIsDecodedOnce(t *testing.T) {
	window := make(chan func())
	loads := map[string]int{}
	p := NewPictures(func(f func()) { window <- f }, func(string) {})
	defer func() {
		closed := make(chan struct{})
		go func() { p.Close(); close(closed) }()
		for {
			select {
			case <-window: // what is still decoded, if it never comes to rest
			case <-closed:
				return
			}
		}
	}()
	large := image.Rect(0, 0, 3000, 2250)
	if 4*large.Dx()*large.Dy() < maxPictures {
		t.Fatal("it is no large picture")
	}
	show := func() {
		for key, r := range map[string]image.Rectangle{fullKey + "photo": large, "file photo": image.Rect(0, 0, 680, 510)} {
			p.get(key, "line", func() (image.Image, error) {
				window <- func() { loads[key]++ }
				return &image.Alpha{Rect: r}, nil // nobody looks at its pixels
			})
		}
	}
	p.came = func(string) { show() }
	show()
	for deadline := time.After(30 * time.Second); len(p.kept) < 2; {
		select {
		case f := <-window:
			f()
		case <-deadline:
			t.Fatalf("decoded: %v", loads)
		}
	}
	for more := time.After(300 * time.Millisecond); ; {
		select {
		case f := <-window:
			f()
			continue
		case <-more:
		}
		break
	}
	for key, n := range loads {
		if n != 1 {
			t.Errorf("%s was decoded %d times", key, n)
		}
	}
	p.dropLarge()
	if len(p.kept) != 1 {
		t.Errorf("%d pictures are kept after the view was closed", len(p.kept))
	}
}
