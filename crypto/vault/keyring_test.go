package vault

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
)

// memory is a keyring that works, until it is told to fail or to hang.
type memory struct {
	mu    sync.Mutex
	items map[string]string
	err   error
	hang  chan struct{}
	calls int
}

func (m *memory) enter() error {
	m.mu.Lock()
	m.calls++
	hang, err := m.hang, m.err
	m.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return err
}

func (m *memory) Set(service, name, secret string) error {
	if err := m.enter(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[service+"/"+name] = secret
	return nil
}

func (m *memory) Get(service, name string) (string, error) {
	if err := m.enter(); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.items[service+"/"+name]
	if !ok {
		return "", keyring.ErrNotFound
	}
	return s, nil
}

func (m *memory) Delete(service, name string) error {
	if err := m.enter(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.items[service+"/"+name]; !ok {
		return keyring.ErrNotFound
	}
	delete(m.items, service+"/"+name)
	return nil
}

func TestKeyring(t *testing.T) {
	m := &memory{items: map[string]string{}}
	ring := newKeyring(m, keyringTimeout)
	if !ring.Available() {
		t.Error("a keyring that works is not available")
	}
	v := New()
	b, err := ring.Seal(v)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := MethodOf(b); got != ByKeyring || err != nil {
		t.Errorf("got %v, %v; want %v", got, err, ByKeyring)
	}
	got, err := ring.Open(b)
	if err != nil || !got.Equal(v) {
		t.Fatalf("got another vault, %v", err)
	}
	other, err := ring.Seal(New())
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Forget(other); err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Open(other); !errors.Is(err, ErrNoItem) {
		t.Errorf("a forgotten key: got %v, want %v", err, ErrNoItem)
	}
	if err := ring.Forget(other); err != nil {
		t.Errorf("forgotten twice: %v", err)
	}
	if _, err := ring.Open(b); err != nil {
		t.Errorf("after another was forgotten: %v", err)
	}
	for name := range m.items {
		m.items[name] = "changed"
	}
	if _, err := ring.Open(b); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another secret in the item: got %v, want %v", err, ErrWrongKey)
	}
}

func TestNoKeyring(t *testing.T) {
	m := &memory{items: map[string]string{}}
	ring := newKeyring(m, keyringTimeout)
	b, err := ring.Seal(New())
	if err != nil {
		t.Fatal(err)
	}
	m.err = errors.New("org.freedesktop.secrets was not provided by any .service files")
	if ring.Available() {
		t.Error("a keyring that fails is available")
	}
	if _, err := ring.Seal(New()); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("seal: got %v, want %v", err, ErrNoKeyring)
	}
	if _, err := ring.Open(b); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("open: got %v, want %v", err, ErrNoKeyring)
	}
	if err := ring.Forget(b); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("forget: got %v, want %v", err, ErrNoKeyring)
	}
}

// TestKeyringThatHangs is one that waits for a person: every call returns in
// time, only one waits in the keyring, and after it was unlocked all is well.
func TestKeyringThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{items: map[string]string{}}
		ring := newKeyring(m, keyringTimeout)
		v := New()
		b, err := ring.Seal(v)
		if err != nil {
			t.Fatal(err)
		}
		m.hang = make(chan struct{})
		m.calls = 0
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				began := time.Now()
				if _, err := ring.Open(b); !errors.Is(err, ErrNoKeyring) {
					t.Errorf("got %v, want %v", err, ErrNoKeyring)
				}
				if took := time.Since(began); took > keyringTimeout {
					t.Errorf("took %v", took)
				}
			})
		}
		wg.Wait()
		if ring.Available() {
			t.Error("a keyring that hangs is available")
		}
		m.mu.Lock()
		calls := m.calls
		m.mu.Unlock()
		if calls != 1 {
			t.Errorf("%d calls wait in the keyring, want 1", calls)
		}
		close(m.hang)
		synctest.Wait()
		if got, err := ring.Open(b); err != nil || !got.Equal(v) {
			t.Errorf("after it was unlocked: %v", err)
		}
	})
}

// TestSystemKeyring asks the real one, which is mostly not there where tests
// run: whatever it is, it answers in time and in one of our words.
func TestSystemKeyring(t *testing.T) {
	ring := SystemKeyring()
	began := time.Now()
	available := ring.Available()
	if took := time.Since(began); took > keyringTimeout+time.Second {
		t.Errorf("took %v", took)
	}
	if available {
		t.Skip("not touched: this computer has a keyring")
	}
	if _, err := ring.Seal(New()); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("got %v, want %v", err, ErrNoKeyring)
	}
}

func BenchmarkOpenPassphrase(b *testing.B) {
	for _, c := range []cost{productCost()} {
		b.Run(fmt.Sprintf("passes=%d/memory=%dMiB/lanes=%d", c.passes, c.memory>>10, c.lanes), func(b *testing.B) {
			file, err := New().sealPassphrase("one", c)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := OpenPassphrase(file, "one"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
