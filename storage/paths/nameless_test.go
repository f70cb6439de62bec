package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestNameless(t *testing.T) {
	for name, err := range map[string]error{
		"a path":           &fs.PathError{Op: "open", Path: "/home/ana/diagnosis.pdf", Err: fs.ErrPermission},
		"a path, wrapped":  fmt.Errorf("receive: %w", &fs.PathError{Op: "open", Path: "diagnosis.pdf", Err: fs.ErrPermission}),
		"a link":           &os.LinkError{Op: "rename", Old: "a", New: "diagnosis.pdf", Err: fs.ErrPermission},
		"one in the other": &fs.PathError{Op: "sync", Path: "diagnosis.pdf", Err: &fs.PathError{Op: "open", Path: "diagnosis.pdf", Err: fs.ErrPermission}},
	} {
		got := Nameless(err)
		if strings.Contains(got.Error(), "diagnosis") || !errors.Is(got, fs.ErrPermission) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if err := errors.New("disk is full"); Nameless(err) != err {
		t.Error("an error without a name was changed")
	}
	if Nameless(nil) != nil {
		t.Error("nothing became an error")
	}
}
