package setup

import (
	"context"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
)

// LeastTotal is the smallest total of all files that a place takes beside its
// largest file, both in bytes.
func LeastTotal(maxFile int64) int64 { return host.LeastTotal(maxFile) }

// Files returns how many bytes of files the place keeps, and whether they are
// nearly as many as its rules allow. It never waits.
func (h *Hosting) Files() (used int64, nearlyFull bool) {
	used = h.host.FileBytes()
	return used, host.NearlyFull(used, h.host.Place().Files)
}

// Place returns the settings of the place.
func (h *Hosting) Place() chat.Place { return h.host.Place() }

// ChangePlace changes the settings by the authority of this computer, which alone
// says how long it keeps files. A refusal is a *host.RefusedError.
func (h *Hosting) ChangePlace(ctx context.Context, p chat.Place) error {
	_, err := h.host.Do(ctx, host.Command{Verb: host.VerbPlace, Place: &p})
	return err
}

// WouldRemove says how many files the rules of p remove at once, and their bytes.
func (h *Hosting) WouldRemove(ctx context.Context, p chat.Place) (count int, size int64, err error) {
	r, err := h.host.Do(ctx, host.Command{Verb: host.VerbFiles, Place: &p})
	return r.Files.Old, r.Files.Freed, err
}
