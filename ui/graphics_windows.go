package ui

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/snugchat/snug/ui/text"
)

// leastOpenGL is the version that Fyne's painter asks for. Windows without a
// driver of the graphics card's maker, as in many virtual computers and remote
// desktops, has 1.1.
const leastOpenGL = 2

// drawable tries OpenGL in a window that is never shown. It returns what to tell
// the person if it is missing or too old, else "". Fyne would only write a line
// that nobody sees, and end. It is called on the main goroutine.
func drawable() string {
	version := openGL()
	var major int
	if _, err := fmt.Sscanf(version, "%d.", &major); err == nil && major >= leastOpenGL {
		return ""
	}
	if version == "" {
		return text.StartGraphicsNone()
	}
	return text.StartGraphicsOld(version)
}

// pixelFormat is PIXELFORMATDESCRIPTOR of wingdi.h.
type pixelFormat struct {
	size, version                uint16
	flags                        uint32
	kind, colorBits              byte
	rest                         [30]byte
	layers, visible, damageMasks uint32
}

// openGL returns the version of the computer's OpenGL as it calls itself, "" for
// none.
func openGL() string {
	user, gdi := windows.NewLazySystemDLL("user32.dll"), windows.NewLazySystemDLL("gdi32.dll")
	// Not of the system's folder alone: who has no driver can put Mesa's
	// opengl32.dll beside the program, and it is what the window will use.
	gl := windows.NewLazyDLL("opengl32.dll")
	call := func(dll *windows.LazyDLL, name string, args ...uintptr) uintptr {
		p := dll.NewProc(name)
		if p.Find() != nil {
			return 0
		}
		r, _, _ := p.Call(args...)
		return r
	}
	class, err := windows.UTF16PtrFromString("STATIC")
	if err != nil {
		return ""
	}
	w := call(user, "CreateWindowExW", 0, uintptr(unsafe.Pointer(class)), 0, 0, 0, 0, 1, 1, 0, 0, 0, 0)
	if w == 0 {
		return ""
	}
	defer call(user, "DestroyWindow", w)
	dc := call(user, "GetDC", w)
	if dc == 0 {
		return ""
	}
	defer call(user, "ReleaseDC", w, dc)
	const drawToWindow, supportOpenGL, doubleBuffer = 4, 32, 1
	f := pixelFormat{version: 1, flags: drawToWindow | supportOpenGL | doubleBuffer, colorBits: 24}
	f.size = uint16(unsafe.Sizeof(f))
	format := call(gdi, "ChoosePixelFormat", dc, uintptr(unsafe.Pointer(&f)))
	if format == 0 || call(gdi, "SetPixelFormat", dc, format, uintptr(unsafe.Pointer(&f))) == 0 {
		return ""
	}
	context := call(gl, "wglCreateContext", dc)
	if context == 0 {
		return ""
	}
	defer call(gl, "wglDeleteContext", context)
	if call(gl, "wglMakeCurrent", dc, context) == 0 {
		return ""
	}
	defer call(gl, "wglMakeCurrent", 0, 0)
	const glVersion = 0x1f02
	s := call(gl, "glGetString", glVersion)
	if s == 0 {
		return ""
	}
	// s is memory of the driver, which the garbage collector does not move.
	version, _, _ := strings.Cut(windows.BytePtrToString(*(**byte)(unsafe.Pointer(&s))), " ")
	return version
}

// tellPlainly shows a sentence in a box that Windows itself draws, waits until it
// is closed, and returns the sentence as an error.
func tellPlainly(sentence string) error {
	caption, err := windows.UTF16PtrFromString(text.AppName())
	if err != nil {
		return err
	}
	line, err := windows.UTF16PtrFromString(sentence)
	if err != nil {
		return err
	}
	if _, err := windows.MessageBox(0, line, caption, windows.MB_OK|windows.MB_ICONWARNING); err != nil {
		return fmt.Errorf("%s (%w)", sentence, err)
	}
	return errors.New(sentence)
}
