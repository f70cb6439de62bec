package client_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
)

// pairRun is a Pairing whose Run was started.
type pairRun struct {
	*client.Pairing
	t    testing.TB
	name string
	done chan error
}

func runPairing(t testing.TB, name string, p *client.Pairing) *pairRun {
	ctx, cancel := context.WithCancel(context.Background())
	r := &pairRun{Pairing: p, t: t, name: name, done: make(chan error, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.done <- p.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return r
}

// reaches waits for a step.
func (r *pairRun) reaches(step client.PairStep) client.PairState {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		s := r.State()
		if s.Step == step {
			return s
		}
		if s.Step > step {
			r.t.Fatalf("%s: is at %d (%v), want %d", r.name, s.Step, s.Err, step)
		}
		if _, err := r.Next(ctx); err != nil {
			r.t.Fatalf("%s: never came to %d, is at %d (%v)", r.name, step, r.State().Step, r.State().Err)
		}
	}
}

// ends waits for the end of Run and returns its error.
func (r *pairRun) ends() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		r.t.Fatalf("%s: never ended", r.name)
		return nil
	}
}

// offer makes a link on a device that is there.
func (m *member) offer() *pairRun {
	m.t.Helper()
	p, err := m.OfferDevice(context.Background(), nil)
	if err != nil {
		m.t.Fatal(err)
	}
	return runPairing(m.t, "the device that is there", p)
}

// newComputer is one that nobody has joined from.
func newComputer(t testing.TB, edit ...func(*client.Config)) *member {
	return newMember(t, t.TempDir(), edit...)
}

// come takes a link on a new computer.
func (m *member) come(link string) *pairRun {
	m.t.Helper()
	l, err := wire.ParseDeviceLink(link)
	if err != nil {
		m.t.Fatal(err)
	}
	return runPairing(m.t, "the new device", m.AddThisDevice(*l))
}

// addDevice adds a new computer to the account of a member.
func (m *member) addDevice(edit ...func(*client.Config)) *member {
	m.t.Helper()
	n := newComputer(m.t, edit...)
	there := m.offer()
	here := n.come(there.Link())
	a, b := there.reaches(client.PairCompare), here.reaches(client.PairCompare)
	if a.Emoji != b.Emoji {
		m.t.Fatalf("pictures %v and %v, want the same", a.Emoji, b.Emoji)
	}
	there.Confirm()
	here.Confirm()
	if err1, err2 := there.ends(), here.ends(); err1 != nil || err2 != nil {
		m.t.Fatalf("added: %v on the device that is there, %v on the new one", err1, err2)
	}
	n.until("the new device is online", func() bool { return n.State().Phase == client.Online })
	return n
}

// TestB6SecondDevice is row B6 of the features: a device is added by another one, and
// both are the person's from then on, each by itself.
func TestB6SecondDevice(t *testing.T) {
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	ana.say("first")
	began := time.Now()
	second := ana.addDevice()
	if me := second.Me(); me.Account != ana.Me().Account || me.Name != "Ana" || me.Device == ana.Me().Device {
		t.Errorf("the new device is %+v, of %+v", me, ana.Me())
	}
	second.hears("Ana: first")
	t.Logf("from the link to the first text in %v", time.Since(began))
	if ben.State().Phase != client.Online || ana.State().Phase != client.Online {
		t.Error("somebody was signed out")
	}
	if person, _ := ben.Person(ana.Me().Account); !person.Changed.IsZero() {
		t.Error("Ben is told of changed keys")
	}
	second.say("second")
	for _, m := range []*member{ana, ben, second} {
		m.hears("Ana: first | Ana: second")
	}
	for _, m := range []*member{ana, second} {
		for _, line := range m.page() {
			if line.Kind == client.LineText && !line.Own {
				t.Errorf("%q is not shown as one's own", line.Text)
			}
		}
	}
	ana.stop()
	second.say("third")
	ben.hears("Ana: first | Ana: second | Ana: third")
	ana.open()
	ana.hears("Ana: first | Ana: second | Ana: third")
	second.stop()
	ana.say("fourth")
	second.open()
	second.hears("Ana: first | Ana: second | Ana: third | Ana: fourth")

	t.Run("the new one cannot add a third, and says which one can", func(t *testing.T) {
		_, err := second.OfferDevice(t.Context(), nil)
		if e, ok := errors.AsType[*client.NoIdentityError](err); !ok || e.Holder != ana.Me().Device {
			t.Errorf("got %v (%+v), want %v", err, e, ana.Me().Device)
		}
	})
	t.Run("the first can", func(t *testing.T) {
		third := ana.addDevice()
		third.hears("Ana: first | Ana: second | Ana: third | Ana: fourth")
	})
}

func TestDeviceIsNotAdded(t *testing.T) {
	p := newPlace(t)
	ana, n, again := p.join("Ana"), newComputer(t), newComputer(t)
	devices := func() (n int) {
		_, all, _, err := ana.db.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	// refused expects that nothing was added.
	refused := func(t *testing.T, n *member) {
		t.Helper()
		if n.Joined() || devices() != 1 {
			t.Errorf("joined %v, %d devices", n.Joined(), devices())
		}
	}
	t.Run("by another secret", func(t *testing.T) {
		there := ana.offer()
		l, err := wire.ParseDeviceLink(there.Link())
		if err != nil {
			t.Fatal(err)
		}
		l.Secret[0] ^= 1
		err = n.come(l.String()).ends()
		if client.CodeOf(err) != wire.CodeLinkUnknown {
			t.Errorf("got %v", err)
		}
		there.Cancel()
		if err := there.ends(); !errors.Is(err, client.ErrPairNo) {
			t.Errorf("there: got %v", err)
		}
		refused(t, n)
	})
	t.Run("by a link that was taken back", func(t *testing.T) {
		there := ana.offer()
		link := there.Link()
		there.Cancel()
		if err := there.ends(); !errors.Is(err, client.ErrPairNo) {
			t.Errorf("got %v", err)
		}
		// The host hears it on the connection on which the next request goes.
		if _, err := ana.Invites(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if err := n.come(link).ends(); client.CodeOf(err) != wire.CodeLinkUnknown {
			t.Errorf("got %v", err)
		}
		refused(t, n)
	})
	for _, who := range []string{"there", "on the new one"} {
		t.Run("the person says no "+who, func(t *testing.T) {
			there := ana.offer()
			here := n.come(there.Link())
			there.reaches(client.PairCompare)
			here.reaches(client.PairCompare)
			no, yes := there, here
			if who != "there" {
				no, yes = here, there
			}
			yes.Confirm()
			yes.reaches(client.PairAgreed)
			no.Cancel()
			if err := no.ends(); !errors.Is(err, client.ErrPairNo) {
				t.Errorf("who says no: got %v", err)
			}
			if err := yes.ends(); !errors.Is(err, client.ErrPairNo) {
				t.Errorf("the other: got %v", err)
			}
			refused(t, n)
		})
	}
	t.Run("the new one goes away", func(t *testing.T) {
		there := ana.offer()
		here := n.come(there.Link())
		there.reaches(client.PairCompare)
		l, _ := wire.ParseDeviceLink(there.Link())
		if err := again.come(l.String()).ends(); client.CodeOf(err) != wire.CodeLinkUsed {
			t.Errorf("the link a second time: got %v", err)
		}
		here.Cancel()
		_ = here.ends()
		if err := there.ends(); !errors.Is(err, client.ErrPairNo) {
			t.Errorf("there: got %v", err)
		}
		refused(t, n)
		refused(t, again)
	})
	t.Run("a new link ends the one before", func(t *testing.T) {
		before := ana.offer()
		now := ana.offer()
		if err := before.ends(); !errors.Is(err, client.ErrPairNo) {
			t.Errorf("got %v", err)
		}
		if err := n.come(before.Link()).ends(); client.CodeOf(err) != wire.CodeLinkUnknown {
			t.Errorf("by the one before: got %v", err)
		}
		here := n.come(now.Link())
		here.reaches(client.PairCompare)
		here.Cancel()
		_ = now.ends()
		refused(t, n)
	})
}

// A link is good for ten minutes of the host's clock.
func TestDeviceLinkEnds(t *testing.T) {
	var later time.Duration
	gate := make(chan struct{}, 1)
	gate <- struct{}{}
	p := newPlace(t, func(p *place) {
		p.cfg.Now = func() time.Time {
			<-gate
			defer func() { gate <- struct{}{} }()
			return time.Now().Add(later)
		}
	})
	ana := p.join("Ana")
	there := ana.offer()
	<-gate
	later = wire.DeviceOfferTime * time.Second
	gate <- struct{}{}
	n := newComputer(t)
	if err := n.come(there.Link()).ends(); client.CodeOf(err) != wire.CodeLinkEnded || n.Joined() {
		t.Errorf("got %v, joined %v", err, n.Joined())
	}
}

// A host that was told the secret of the link, by a person who sent it through a
// chat, can sit between the two: then they see other pictures.
func TestHostBetweenDevicesShowsOtherPictures(t *testing.T) {
	one, two := newPlace(t), newPlace(t)
	// Two places with two people of one name stand for the two faces of such a host.
	// What the person compares is what the two devices show: they may never be equal.
	ana, eve := one.join("Ana"), two.join("Ana")
	there, evil := ana.offer(), eve.offer()
	spy, victim := newComputer(t), newComputer(t)
	spying, here := spy.come(there.Link()), victim.come(evil.Link())
	a, b := there.reaches(client.PairCompare), here.reaches(client.PairCompare)
	if a.Emoji == b.Emoji {
		t.Errorf("both show %v", a.Emoji)
	}
	there.Cancel()
	here.Cancel()
	_, _ = spying.ends(), evil.ends()
	if spy.Joined() || victim.Joined() {
		t.Error("somebody was added")
	}
}

// A host that carries the messages and has not got the secret can change nothing
// unnoticed.
func TestHostChangesWhatDevicesSay(t *testing.T) {
	e := newEvilHost(t)
	ana, fresh := e.person("Ana"), newComputer(t)
	for i := range 3 {
		t.Run(fmt.Sprint("message ", i), func(t *testing.T) {
			n := 0
			e.mu.Lock()
			e.up = func(_ *member, m wire.Message) []wire.Message {
				if r, ok := m.(*wire.DeviceRelay); ok {
					if n++; n == i+1 {
						r.Data[len(r.Data)-1] ^= 1
					}
				}
				return []wire.Message{m}
			}
			e.mu.Unlock()
			there := ana.offer()
			here := fresh.come(there.Link())
			if i == 2 { // the certificate, or a confirmation
				there.reaches(client.PairCompare)
				here.reaches(client.PairCompare)
				there.Confirm()
			}
			if err := here.ends(); !errors.Is(err, client.ErrPairForged) || fresh.Joined() {
				t.Errorf("got %v, joined %v", err, fresh.Joined())
			}
			_ = there.ends()
		})
	}
}
