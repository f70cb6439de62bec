package viewer

import (
	"context"
	"image"
	"strings"
	"sync"

	"github.com/snugchat/snug/ui/picture"
)

const (
	// maxPictures is how many bytes of decoded pictures are kept: some twenty
	// that fill a bubble. Others are decoded again when they come into sight.
	maxPictures = 24 << 20

	// maxWanted is how many pictures may wait to be decoded; what is scrolled past
	// faster is asked for again when it is drawn the next time.
	maxWanted = 64

	// bubbleSide is the longest side, in pixels, of a picture in a bubble: twice
	// what it covers at most, for dense screens.
	bubbleSide = 680

	// thumbSide is the longest side of a picture in a list, in pixels.
	thumbSide = 120
)

// Pictures decodes pictures off the window's goroutine, one after another, and
// keeps the latest ones.
type Pictures struct {
	do    func(func()) // runs on the window's goroutine
	came  func(id string)
	stop  context.CancelFunc
	work  sync.WaitGroup
	wants chan wanted

	// What follows belongs to the window's goroutine.
	kept    map[string]image.Image // nil: it cannot be shown
	order   []string               // of those that bubbles show, the first that came first
	bytes   int                    // of those
	full    string                 // key of the one that fills the window
	waiting map[string]bool
}

type wanted struct {
	key, id string
	load    func() (image.Image, error)
}

// NewPictures begins to decode. came is called with the id of the row that a
// picture was asked for, once it is here.
func NewPictures(do func(func()), came func(id string)) *Pictures {
	ctx, stop := context.WithCancel(context.Background())
	p := &Pictures{do: do, came: came, stop: stop, wants: make(chan wanted, maxWanted), kept: make(map[string]image.Image), waiting: make(map[string]bool)}
	p.work.Go(func() {
		for {
			select {
			case w := <-p.wants:
				m, err := w.load()
				if err != nil {
					m = nil
				}
				do(func() {
					if ctx.Err() == nil {
						p.put(w, m)
					}
				})
			case <-ctx.Done():
				return
			}
		}
	})
	return p
}

// Close ends decoding and waits for the picture that is being decoded.
func (p *Pictures) Close() {
	p.stop()
	p.work.Wait()
}

// get returns a picture if it is here, and otherwise has it decoded for the row
// with that id. It reports false while it is not known if it can be shown.
func (p *Pictures) get(key, id string, load func() (image.Image, error)) (m image.Image, known bool) {
	if m, ok := p.kept[key]; ok {
		return m, true
	}
	if p.waiting[key] {
		return nil, false
	}
	select {
	case p.wants <- wanted{key, id, load}:
		p.waiting[key] = true
	default:
	}
	return nil, false
}

func (p *Pictures) put(w wanted, m image.Image) {
	delete(p.waiting, w.key)
	if strings.HasPrefix(w.key, fullKey) {
		delete(p.kept, p.full)
		p.kept[w.key], p.full = m, w.key
		p.came(w.id)
		return
	}
	p.kept[w.key] = m
	p.order = append(p.order, w.key)
	p.bytes += size(m)
	for p.bytes > maxPictures && len(p.order) > 1 {
		p.bytes -= size(p.kept[p.order[0]])
		delete(p.kept, p.order[0])
		p.order = p.order[1:]
	}
	p.came(w.id)
}

func size(m image.Image) int {
	if m == nil {
		return 0
	}
	return 4 * m.Bounds().Dx() * m.Bounds().Dy()
}

// Bubble is the picture in a file, for a bubble: nil while it is not here, and it is
// known when it cannot be shown. id is the row to tell when it has come.
func (p *Pictures) Bubble(path, id string) (image.Image, bool) {
	return p.get("file "+path, id, func() (image.Image, error) { return picture.Open(path, bubbleSide) })
}

// Thumb is a picture in a file that is about to be sent, for a row of a list.
func (p *Pictures) Thumb(path, id string) (image.Image, bool) {
	return p.get("thumb "+path, id, func() (image.Image, error) { return picture.Open(path, thumbSide) })
}

// fullKey begins the keys of pictures that fill the window.
const fullKey = "full "

// large is the picture in a file, for the whole window. The last one is kept, and apart
// from those of bubbles: it may be larger than all of them together, and the bubble
// behind it would have its own decoded again, which would push this one out, and so on.
func (p *Pictures) large(path, id string) (image.Image, bool) {
	return p.get(fullKey+path, id, func() (image.Image, error) { return picture.Open(path, viewerSide) })
}

// dropLarge forgets the picture that filled the window.
func (p *Pictures) dropLarge() {
	delete(p.kept, p.full)
	p.full = ""
}

// Preview is the blurred preview of a picture that is not here.
func (p *Pictures) Preview(b, id string) (image.Image, bool) {
	return p.get("preview "+b, id, func() (image.Image, error) { return picture.FromPreview([]byte(b)) })
}
