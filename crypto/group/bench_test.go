package group_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// crowd is a group of n devices, each of a person of its own, of which the first
// two are returned. If full, no node of the tree is blank; else nobody but the
// first has committed, which is the dearest state there is.
func crowd(t testing.TB, n int, full bool) (w *world, ana, ben *dev) {
	t.Helper()
	w = newWorld(t)
	a := w.person("ana")
	ana = a.device("ana")
	ana.create(group.Policy{Admins: []identity.PublicKey{a.id()}})
	var plan group.Plan
	var all []*dev
	for i := range n - 1 {
		d := w.person(fmt.Sprint("person ", i)).device(fmt.Sprint("device ", i))
		plan.Add = append(plan.Add, d.keyPackage())
		all = append(all, d)
	}
	h := w.header()
	out, err := ana.g.Commit(ana.store, h, plan)
	if err != nil {
		t.Fatal(err)
	}
	w.post(group.Changed, h, out.Message)
	ben = all[0]
	ben.join(out.Welcome)
	if !full {
		return w, ana, ben
	}
	// Only ana and ben follow; every second of the others comes back by a commit,
	// which fills all nodes above it. Its own program trusts the tree, to be quick.
	for i, d := range all[1:] {
		if i%2 == 1 {
			continue
		}
		info, err := ana.g.GroupInfo()
		if err != nil {
			t.Fatal(err)
		}
		h := w.header()
		_, m, err := d.rogueClient().Rejoin(newMemory(), info, mls.Rejoining{AuthenticatedData: h[:]})
		if err != nil {
			t.Fatal(err)
		}
		w.post(group.Changed, h, m)
	}
	ben.commit(group.Plan{})
	ana.commit(group.Plan{})
	return w, ana, ben
}

// crowds keeps what crowd made: the largest takes a while.
var crowds sync.Map

// made is a copy of a crowd that was made before.
func made(b *testing.B, n int, full bool) (w *world, ana, ben *dev) {
	b.Helper()
	key := [2]any{n, full}
	if _, ok := crowds.Load(key); !ok {
		w, ana, ben := crowd(b, n, full)
		crowds.Store(key, func() (*world, *dev, *dev) { return w, ana, ben })
	}
	x, _ := crowds.Load(key)
	w, ana, ben = x.(func() (*world, *dev, *dev))()
	fresh := *w
	fresh.t, fresh.all = b, nil
	for _, d := range []**dev{&ana, &ben} {
		c := **d
		c.t, c.w, c.store = b, &fresh, c.store.copy()
		c.restart()
		fresh.all = append(fresh.all, &c)
		*d = &c
	}
	return &fresh, ana, ben
}

// benchSizes runs a benchmark with groups of several sizes.
func benchSizes(b *testing.B, run func(b *testing.B, w *world, ana, ben *dev)) {
	for _, c := range []struct {
		n    int
		full bool
	}{{2, true}, {50, true}, {500, true}, {500, false}} {
		name := fmt.Sprintf("devices=%d/tree=blank", c.n)
		if c.full {
			name = fmt.Sprintf("devices=%d/tree=full", c.n)
		}
		b.Run(name, func(b *testing.B) {
			w, ana, ben := made(b, c.n, c.full)
			b.ReportAllocs()
			run(b, w, ana, ben)
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
		content := make([]byte, 256)
		h := w.header()
		for b.Loop() {
			if _, err := ana.g.Seal(ana.store, h, content); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkProcess(b *testing.B) {
	benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
		h := w.header()
		for b.Loop() {
			b.StopTimer()
			m, err := ana.g.Seal(ana.store, h, make([]byte, 256))
			if err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := ben.g.Process(ben.store, group.Message, h, m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAdd is adding one device: what the adder does, what every other member
// does, and what the new device does, with the sizes of what is sent.
func BenchmarkAdd(b *testing.B) {
	for _, part := range []string{"commit", "process", "join"} {
		b.Run(part, func(b *testing.B) {
			benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
				var out *group.Outgoing
				eve := w.person("eve")
				for b.Loop() {
					b.StopTimer()
					d := eve.device("eve")
					k := d.keyPackage()
					saved, other := ana.store.copy(), ben.store.copy()
					h := w.header()
					timed := func(name string, f func() error) {
						if part == name {
							b.StartTimer()
						}
						if err := f(); err != nil {
							b.Fatal(err)
						}
						b.StopTimer()
					}
					timed("commit", func() (err error) {
						out, err = ana.g.Commit(ana.store, h, group.Plan{Add: []*group.KeyPackage{k}})
						return err
					})
					timed("process", func() error {
						_, err := ben.g.Process(ben.store, group.Changed, h, out.Message)
						return err
					})
					timed("join", func() error {
						_, err := d.d.Join(d.store, w.id, out.Welcome)
						return err
					})
					ana.store, ben.store = saved, other
					for _, d := range []*dev{ana, ben} {
						if err := d.g.Reload(d.store); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				b.ReportMetric(float64(len(out.Message))/1024, "commit-KiB")
				b.ReportMetric(float64(len(out.Welcome))/1024, "welcome-KiB")
			})
		})
	}
}

// BenchmarkHeal is an empty commit, and BenchmarkProcessHeal reading one.
func BenchmarkHeal(b *testing.B) {
	benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
		h := w.header()
		for b.Loop() {
			if _, err := ben.g.Commit(ben.store, h, group.Plan{}); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := ben.g.DropPending(ben.store); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}

func BenchmarkProcessHeal(b *testing.B) {
	benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
		for b.Loop() {
			b.StopTimer()
			h := w.header()
			out, err := ana.g.Commit(ana.store, h, group.Plan{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := ana.g.Process(ana.store, group.Changed, h, out.Message); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			if _, err := ben.g.Process(ben.store, group.Changed, h, out.Message); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSignal(b *testing.B) {
	_, ana, ben := made(b, 50, true)
	for b.Loop() {
		s, err := ana.g.SealSignal([]byte("typing"))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ben.g.OpenSignal(s); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad is opening a group after a restart, certificates included.
func BenchmarkLoad(b *testing.B) {
	benchSizes(b, func(b *testing.B, w *world, ana, ben *dev) {
		for b.Loop() {
			d, err := group.NewDevice(w.place, ben.cert, ben.signer, w.clock)
			if err != nil {
				b.Fatal(err)
			}
			g, err := d.Load(ben.store, w.id)
			if err != nil {
				b.Fatal(err)
			}
			if got := len(g.Members()); got == 0 {
				b.Fatal(mls.ErrNoGroup)
			}
		}
	})
}
