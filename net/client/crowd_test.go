package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/storage/chat"
)

// FEATURES E1, L5, O4: 200 connected members talk at once; everyone sees every
// message once, in one order, without a warning. Under the race detector, which
// makes all of it several times slower, each says one thing; in
// TestSoakTwoHundredMembers five.
func TestTwoHundredMembersTalkAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("200 members")
	}
	each := 2
	if raced {
		each = 1
	}
	crowd(t, 200, each)
}

// crowd lets members talk at once, each of them saying so many things.
func crowd(t *testing.T, members, each int) {
	p := newPlace(t, func(p *place) { p.dir = fast(p.t) })
	began := time.Now()
	all := make([]*member, members)
	var wg sync.WaitGroup
	turn := make(chan struct{}, 8) // the host lets in at most 16 half-open connections of one address
	for i := range all {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			// They come in later, so that the first does not have to hear of
			// each of the others while these still register.
			m := newMember(t, fast(t))
			m.stop()
			m.load()
			all[i] = m
			if err := all[i].Register(t.Context(), p.ownerLink(), fmt.Sprintf("Member %d", i), ""); err != nil {
				t.Errorf("member %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, m := range all {
		t.Cleanup(func() { m.stop() })
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			m.run()
			for began := time.Now(); m.State().Phase != client.Online; time.Sleep(5 * time.Millisecond) {
				if time.Since(began) > 3*patience {
					t.Errorf("%s is not online: %+v", m.Me().Name, m.State())
					return
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	t.Logf("all online after %v", time.Since(began))
	for i, m := range all {
		wg.Go(func() {
			for j := range each {
				if _, err := m.Send(context.Background(), chat.Lobby, fmt.Sprintf("%d of %d", j, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	texts := func(m *member) (out []string) {
		for _, msg := range m.page() {
			if msg.Warnings != 0 {
				t.Fatalf("row %d has warnings %b", msg.Seq, msg.Warnings)
			}
			if msg.Kind == client.LineText && msg.Seq > 0 {
				out = append(out, msg.Name+": "+msg.Text)
			}
		}
		return out
	}
	deadline := time.Now().Add(6 * patience)
	var want []string
	for i, m := range all {
		var got []string
		for {
			if got = texts(m); len(got) == members*each {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("member %d has %d messages, want %d", i, len(got), members*each)
			}
			time.Sleep(250 * time.Millisecond) // looking costs time that the others need
		}
		if i == 0 {
			want = got
			continue
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("member %d sees another order than member 0", i)
		}
	}
	t.Logf("all heard after %v", time.Since(began))
	seen := map[string]bool{}
	next := map[string]int{}
	for _, s := range want {
		if seen[s] {
			t.Errorf("%q came twice", s)
		}
		seen[s] = true
		var j, i int
		name, text, _ := strings.Cut(s, ": ")
		if _, err := fmt.Sscanf(text, "%d of %d", &j, &i); err != nil || j != next[name] {
			t.Errorf("%q: %v, want its number %d", s, err, next[name])
		}
		next[name]++
	}
}

// killedEnv makes the test binary a client that a test kills.
const killedEnv = "SNUG_TEST_KILLED_CLIENT"

// FEATURES D10, H1, P1: a client that is killed while it writes keeps its
// history and its outbox: every text that it said was written is sent, once.
func TestKilledClientKeepsOutboxAndHistory(t *testing.T) {
	if dir := os.Getenv(killedEnv); dir != "" {
		writeForEver(t, dir)
		return
	}
	p := newPlace(t, func(p *place) { p.cfg.Limits = host.Limits{Posts: 10_000, PostBurst: 10_000} })
	ben := p.join("Ben")
	ana := p.join("Ana")
	ana.say("before")
	ben.hears("Ana: before")
	ana.stop()
	written := []string{"Ana: before"}
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledClientKeepsOutboxAndHistory$")
		cmd.Env = append(os.Environ(), killedEnv+"="+ana.dir, fmt.Sprintf("SNUG_TEST_ROUND=%d", round))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "written "); ok {
				written = append(written, "Ana: "+text)
				if n++; n == 20+13*round {
					_ = cmd.Process.Kill()
				}
			}
		}
		_ = cmd.Wait() // it was killed
	}
	ana.open()
	wantAll := func(m *member) func() bool {
		return func() bool {
			return strings.Count(m.texts(), " | ")+1 >= len(written) && !strings.Contains(m.texts(), "(")
		}
	}
	ana.until("Ana has sent all", wantAll(ana))
	ben.until("Ben has all", wantAll(ben))
	if a, b := ana.texts(), ben.texts(); a != b {
		t.Errorf("Ana has %q, Ben %q", a, b)
	}
	count := map[string]int{}
	for _, s := range strings.Split(ben.texts(), " | ") {
		count[s]++
	}
	for _, s := range written {
		if count[s] != 1 {
			t.Errorf("%q arrived %d times, want once", s, count[s])
		}
	}
}

// writeForEver is the client that is killed: it writes and says what is written.
func writeForEver(t *testing.T, dir string) {
	m := newMember(t, dir)
	for i := 0; ; i++ {
		text := fmt.Sprintf("round %s text %d", os.Getenv("SNUG_TEST_ROUND"), i)
		if _, err := m.Send(context.Background(), chat.Lobby, text); err != nil {
			if errors.Is(err, context.Canceled) {
				return
			}
			t.Fatal(err)
		}
		fmt.Println("written", text)
		if i == 2000 {
			return // the parent is gone
		}
	}
}
