package vault

import (
	"fmt"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
)

// MaxPassphrase is the longest passphrase in bytes. Longer ones are a mistake,
// such as a pasted document.
const MaxPassphrase = 1024

// cost is what an attempt at a passphrase takes.
type cost struct {
	passes uint32
	memory uint32 // KiB
	lanes  uint32
}

// Bounds of what a file may ask for: 1 GiB and 16 passes are half a minute on
// a slow computer. A file from somewhere else can take no more than that.
const (
	maxPasses = 16
	maxMemory = 1 << 20 // KiB
	maxLanes  = 16
)

// productCost is RFC 9106's second recommendation (section 4): a quarter of a
// second on the computer this was measured on, and 64 MiB of memory for each
// guess that somebody tries in parallel.
func productCost() cost { return cost{passes: 3, memory: 64 << 10, lanes: 4} }

func (c cost) acceptable() bool {
	return c.passes >= 1 && c.passes <= maxPasses &&
		c.lanes >= 1 && c.lanes <= maxLanes &&
		c.memory >= 8*c.lanes && c.memory <= maxMemory // RFC 9106, section 3.1
}

func (f *file) passphraseKey(passphrase string) (Key, error) {
	// One passphrase has one form whatever keyboard it was typed on
	// (RFC 8265, section 4: NFC, all spaces alike, no control characters).
	if len(passphrase) > MaxPassphrase {
		return Key{}, fmt.Errorf("%w: longer than %d bytes", ErrPassphrase, MaxPassphrase)
	}
	p, err := precis.OpaqueString.Bytes([]byte(passphrase))
	if err != nil {
		// The error of precis has no part of the passphrase, and no news either.
		return Key{}, ErrPassphrase
	}
	return Key(argon2.IDKey(p, f.id[:], f.cost.passes, f.cost.memory, uint8(f.cost.lanes), uint32(len(Key{})))), nil
}

// SealPassphrase returns a vault file that opens with the passphrase. It blocks
// for about a quarter of a second. Its error is ErrPassphrase.
func (v *Vault) SealPassphrase(passphrase string) ([]byte, error) {
	return v.sealPassphrase(passphrase, productCost())
}

func (v *Vault) sealPassphrase(passphrase string, c cost) ([]byte, error) {
	f := newFile(ByPassphrase, c)
	kek, err := f.passphraseKey(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal vault: %w", err)
	}
	return f.wrap(kek, v.master), nil
}

// OpenPassphrase opens a vault file. It blocks as long as SealPassphrase did,
// or as the file's own cost says. Its errors are ErrWrongPassphrase,
// ErrPassphrase, ErrMethod and ErrDamaged.
func OpenPassphrase(b []byte, passphrase string) (*Vault, error) {
	f, err := parseAs(b, ByPassphrase)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	kek, err := f.passphraseKey(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v, ok := f.unwrap(kek)
	if !ok {
		return nil, fmt.Errorf("open vault: %w", ErrWrongPassphrase)
	}
	return v, nil
}
