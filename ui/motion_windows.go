package ui

import (
	"context"
	"unsafe"

	"golang.org/x/sys/windows"
)

// wantsCalm reports whether animations are switched off in the settings of
// Windows (SPI_GETCLIENTAREAANIMATION of winuser.h).
func wantsCalm(context.Context) bool {
	const getClientAreaAnimation = 0x1042
	on := int32(1)
	ok, _, _ := windows.NewLazySystemDLL("user32.dll").NewProc("SystemParametersInfoW").Call(getClientAreaAnimation, 0, uintptr(unsafe.Pointer(&on)), 0)
	return ok != 0 && on == 0
}
