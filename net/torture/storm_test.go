//go:build unix

package torture

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/snugchat/snug/storage/sqlite"
)

// stormTime is how long everybody together may take to come in.
const stormTime = 60 * time.Second

// Fault 6, FEATURES L5: all members connect at once, each trying again as
// net/client does, and those who are in already do not notice. Seen to fail
// with a host that takes fewer connections than there are members.
func TestConnectStorm(t *testing.T) {
	deadline(t, 10*time.Minute)
	p := newPlaceWith(t, options{Devices: crowd})
	ana, ben := p.join("ana", nil), p.join("ben", nil)
	var calm, storm delays
	for range 30 {
		calm = append(calm, ana.deliver(ben))
	}
	before := p.measure()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), stormEnv+"="+p.addr, "SNUG_TORTURE_KEY="+hex.EncodeToString(ana.hostKey()), fmt.Sprintf("SNUG_TORTURE_CROWD=%d", crowd))
	cmd.Stderr = os.Stderr
	in := must(cmd.StdinPipe()) // its end ends the process
	out := must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() // it ends with its input
	defer in.Close()
	last := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			last <- lines.Text()
		}
		close(last)
	}()
	if s := <-last; s != "begins" {
		t.Fatalf("the crowd says %q", s)
	}
	words, over := "", false
	for !over {
		select {
		case words = <-last:
			over = true
		default:
			storm = append(storm, ana.deliver(ben))
		}
	}
	var entered, tries int
	var all, most time.Duration
	var ms, worst int64
	if _, err := fmt.Sscanf(words, "in %d %d %d %d", &entered, &tries, &ms, &worst); err != nil {
		t.Fatalf("the crowd says %q: %v", words, err)
	}
	all, most = time.Duration(ms)*time.Millisecond, time.Duration(worst)*time.Millisecond
	full := p.measure()
	_ = in.Close()
	acked, lost, twice := p.rec.check(ana, ben)
	report(t, result{fmt.Sprintf("6 %d connect at once", crowd), tries, acked, lost, twice, fmt.Sprintf(
		"%d in after %v (p99 %v), %v, %d KiB each, calm %v", entered, all.Round(100*time.Millisecond), most.Round(100*time.Millisecond), storm,
		(full.memory-before.memory)>>10/int64(crowd), calm.p99().Round(time.Millisecond))})
	if entered != crowd || all > stormTime*slower {
		t.Errorf("%d of %d are in after %v, of at most %v", entered, crowd, all, stormTime*slower)
	}
	if p99 := storm.p99(); p99 > time.Second*slower {
		t.Errorf("for those who were in a message took %v", p99)
	}
	// The store may have opened a few more readers, with up to three files each.
	for deadline := time.Now().Add(patience); p.measure().files > before.files+3*sqlite.Readers; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v when they had gone, %+v before they came", p.measure(), before)
		}
	}
}

// hostKey returns the key that a person's client pins.
func (m *person) hostKey() []byte {
	place := must(m.db.Place(context.Background()))
	return place.Host[:]
}

// The waits of net/client between two tries, and how far they vary.
const (
	stormFirst = 500 * time.Millisecond
	stormLast  = 30 * time.Second
)

// runStorm is the process of a crowd: it says how many came in, how often they
// tried, after how many milliseconds the last was in and 99 of 100 were, and goes with its input.
func runStorm(addr string) {
	var n int
	_ = must(fmt.Sscan(os.Getenv("SNUG_TORTURE_CROWD"), &n))
	key := [32]byte(must(hex.DecodeString(os.Getenv("SNUG_TORTURE_KEY"))))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var wg sync.WaitGroup
	var tries atomic.Int64
	took := make([]time.Duration, n)
	why := make([]error, n)
	start := make(chan struct{})
	var began time.Time
	for i := range n {
		key2 := deviceKey(i)
		from := fmt.Sprintf("127.0.%d.%d", 1+i%250/50, 1+i%50)
		wg.Go(func() {
			<-start
			wait := time.Duration(0)
			for ctx.Err() == nil {
				tries.Add(1)
				c, err := call(ctx, addr, from, key2, key)
				if err == nil {
					if err = c.enter(ctx); err == nil {
						took[i] = time.Since(began)
						return // and stays
					}
					c.end()
				}
				why[i] = err
				wait = min(max(2*wait, stormFirst), stormLast)
				time.Sleep(min(wait*3/4+time.Duration(mathrand.Float64()*float64(wait)/2), stormLast))
			}
		})
	}
	fmt.Println("begins")
	began = time.Now()
	close(start)
	wg.Wait()
	in := slices.DeleteFunc(took, func(d time.Duration) bool { return d == 0 })
	if len(in) < n {
		for i, err := range why {
			if err != nil && took[i] == 0 {
				fmt.Fprintln(os.Stderr, "one of those who are not in:", err)
				break
			}
		}
	}
	all := time.Duration(0)
	if len(in) > 0 {
		all = slices.Max(in)
	}
	fmt.Println("in", len(in), tries.Load(), all.Milliseconds(), delays(in).p99().Milliseconds())
	select {}
}
