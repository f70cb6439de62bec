//go:build cgo

package ui

/*
#cgo CFLAGS: -x objective-c -fobjc-arc
#cgo LDFLAGS: -framework Foundation -framework AppKit
void snugWatchLinks(void);
*/
import "C"

// clickedLinks has the links that macOS has sent and nobody has taken yet: the
// callback below has no other way to its receiver. It is bounded; who clicks more
// links than that in one moment keeps the first ones.
var clickedLinks = make(chan string, 16)

// beginLinks has macOS send the invite links that are clicked: they come as Apple
// events (kAEGetURL) to the program that runs or that it starts for them, never as
// arguments. It is called once, on the main goroutine, before the first window is
// made: with that Fyne starts GLFW, which finishes launching, and the link that the
// program was started for comes in that moment. What comes waits for watchLinks.
func beginLinks() { C.snugWatchLinks() }

// watchLinks calls take, on a goroutine of its own, with each invite link that
// was clicked since beginLinks. stop waits until take is not called any more.
func watchLinks(take func(link string)) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case link := <-clickedLinks:
				take(link)
			case <-end:
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

//export snugLinkClicked
func snugLinkClicked(link *C.char) {
	select {
	case clickedLinks <- C.GoString(link):
	default:
	}
}
