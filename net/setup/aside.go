package setup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/snugchat/snug/storage/paths"
)

// ErrUnlocked comes from PutAside for a profile that is open.
var ErrUnlocked = errors.New("the profile is open")

// maxAside is how many folders may be put aside on one day.
const maxAside = 100

// PutAside begins anew for a person who cannot unlock this profile any more: all that
// it keeps goes, still locked, into a folder beside its own, whose name it returns,
// and the profile is new. Nothing is deleted: named as before, the folder is the
// profile again, and opens with its passphrase. Settings and received files stay
// where they are. Errors: ErrUnlocked, or the system's.
func (p *Profile) PutAside(now time.Time) (folder string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.vault != nil {
		return "", ErrUnlocked
	}
	for n := 1; n <= maxAside; n++ {
		folder = p.layout.Data + "-locked-" + now.Format(time.DateOnly)
		if n > 1 {
			folder = fmt.Sprintf("%s-%d", folder, n)
		}
		if _, err := os.Lstat(folder); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("put profile aside: %w", err)
		}
		if err := os.Rename(p.layout.Data, folder); err != nil {
			return "", fmt.Errorf("put profile aside: %w", err)
		}
		p.vaultFile = nil
		if err := paths.MakeDir(p.layout.Data); err != nil {
			return folder, err
		}
		return folder, paths.SyncDir(filepath.Dir(p.layout.Data))
	}
	return "", fmt.Errorf("put profile aside: %w", os.ErrExist)
}
