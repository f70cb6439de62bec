//go:build cgo

package ui

/*
#include <malloc.h>

static void snugTrim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

// trimMalloc gives back what libraries written in C have freed: the pictures of a
// driver that draws by software are there. The C library keeps such memory as soon
// as anything that is still in use lies behind it.
func trimMalloc() { C.snugTrim() }
