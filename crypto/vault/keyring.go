package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// ErrNoKeyring comes when this computer has no keyring, or it did not answer in
// time. It may be waiting for a person to unlock it: asking again after that
// works.
var ErrNoKeyring = errors.New("no keyring answers on this computer")

// ErrNoItem comes from Keyring.Open when the keyring works and does not hold
// the key of this vault: it was removed, or the file is from another computer.
var ErrNoItem = errors.New("keyring does not hold the key of this vault")

// service is what people see in their keyring's own window.
const service = "io.github.snugchat.Snug"

// keyringTimeout is how long a call may take. A keyring that works answers in
// milliseconds.
const keyringTimeout = 2 * time.Second

// Keyring is the key store of the operating system: Secret Service on Linux,
// Keychain on macOS, Credential Manager on Windows. Its methods may be called
// from any goroutine; each returns after two seconds at the latest.
type Keyring struct {
	calls   calls
	timeout time.Duration
	turn    chan struct{} // holds one token: who has it is in a call
}

// calls are the three that go-keyring has; a test has its own.
type calls interface {
	Set(service, name, secret string) error
	Get(service, name string) (string, error)
	Delete(service, name string) error
}

type systemCalls struct{}

func (systemCalls) Set(service, name, secret string) error   { return keyring.Set(service, name, secret) }
func (systemCalls) Get(service, name string) (string, error) { return keyring.Get(service, name) }
func (systemCalls) Delete(service, name string) error        { return keyring.Delete(service, name) }

// SystemKeyring returns the keyring of this computer, whether there is one or
// not. A program makes one and keeps it.
func SystemKeyring() *Keyring { return newKeyring(systemCalls{}, keyringTimeout) }

func newKeyring(c calls, timeout time.Duration) *Keyring {
	k := &Keyring{calls: c, timeout: timeout, turn: make(chan struct{}, 1)}
	k.turn <- struct{}{}
	return k
}

// do runs one call. The library cannot be told to stop, so a call that hangs
// goes on alone until the keyring answers; it touches nothing but its own
// result, and until it ends no other is begun, so that there is never more than
// one of them.
func (k *Keyring) do(call func() (string, error)) (string, error) {
	timer := time.NewTimer(k.timeout)
	defer timer.Stop()
	select {
	case <-k.turn:
	case <-timer.C:
		return "", ErrNoKeyring
	}
	type answer struct {
		secret string
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		s, err := call()
		k.turn <- struct{}{}
		answers <- answer{s, err}
	}()
	select {
	case a := <-answers:
		if a.err == nil || errors.Is(a.err, keyring.ErrNotFound) {
			return a.secret, a.err
		}
		// Every other error means that there is none: the library has no single
		// one for that. Its text says why, and holds no secret.
		return "", fmt.Errorf("%w: %v", ErrNoKeyring, a.err)
	case <-timer.C:
		return "", ErrNoKeyring
	}
}

// Available says whether a keyring answers. It asks for an item that is never
// there.
func (k *Keyring) Available() bool {
	_, err := k.do(func() (string, error) { return k.calls.Get(service, "probe") })
	return err == nil || errors.Is(err, keyring.ErrNotFound)
}

// Seal puts a new key into the keyring and returns a vault file that opens with
// it. The item has been read back: it is really there. Its error is
// ErrNoKeyring.
func (k *Keyring) Seal(v *Vault) ([]byte, error) {
	f := newFile(ByKeyring, cost{})
	var kek Key
	rand.Read(kek[:]) // never fails
	text := encodeKey(kek)
	if _, err := k.do(func() (string, error) { return "", k.calls.Set(service, f.name(), text) }); err != nil {
		return nil, fmt.Errorf("seal vault: %w", err)
	}
	got, err := k.do(func() (string, error) { return k.calls.Get(service, f.name()) })
	if err != nil || got != text {
		return nil, fmt.Errorf("seal vault: %w: it does not keep what it is given", ErrNoKeyring)
	}
	return f.wrap(kek, v.master), nil
}

// Open opens a vault file with the key in the keyring. Its errors are ErrNoItem,
// ErrNoKeyring, ErrWrongKey, ErrMethod and ErrDamaged.
func (k *Keyring) Open(b []byte) (*Vault, error) {
	f, err := parseAs(b, ByKeyring)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	text, err := k.do(func() (string, error) { return k.calls.Get(service, f.name()) })
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, fmt.Errorf("open vault: %w", ErrNoItem)
	}
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	kek, err := decodeKey(text)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", ErrWrongKey)
	}
	v, ok := f.unwrap(kek)
	if !ok {
		return nil, fmt.Errorf("open vault: %w", ErrWrongKey)
	}
	return v, nil
}

// Forget removes the keyring item of a vault file. It is called with the old
// file after the vault was sealed in another way and that file is on disk. An
// item that is not there is no error; others are ErrNoKeyring, ErrMethod and
// ErrDamaged.
func (k *Keyring) Forget(b []byte) error {
	f, err := parseAs(b, ByKeyring)
	if err != nil {
		return fmt.Errorf("forget vault key: %w", err)
	}
	_, err = k.do(func() (string, error) { return "", k.calls.Delete(service, f.name()) })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("forget vault key: %w", err)
	}
	return nil
}
