package client_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// talkingEnv makes the test binary a client that talks in a sealed room until it
// is killed.
const talkingEnv = "SNUG_TEST_TALKING_CLIENT"

// talkUntilKilled is that process. It says each text that is safe on its disk.
func talkUntilKilled(t *testing.T, arg string) {
	dir, round, _ := strings.Cut(arg, "|")
	m := newMember(t, dir)
	var den chat.RoomID
	for _, r := range must(m.Rooms(context.Background())) {
		if r.Kind == chat.RoomSealed {
			den = r.ID
		}
	}
	for i := range 10_000 {
		m.sayIn(den, fmt.Sprintf("b%s.%d", round, i))
		fmt.Printf("said b%s.%d\n", round, i)
		if i%10 == 9 {
			_ = m.RenameRoom(context.Background(), den, fmt.Sprintf("room %s.%d", round, i), "")
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// FEATURES C11, D10: a client that is killed again and again while it writes,
// reads and commits in a sealed room loses nothing, sends nothing twice, and uses
// no key twice: everybody can read everything.
func TestKilledClientGoesOnInSealedRoom(t *testing.T) {
	if arg := os.Getenv(talkingEnv); arg != "" {
		talkUntilKilled(t, arg)
		return
	}
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	den := must(ana.CreateRoom(t.Context(), chat.RoomSealed, "Den", ""))
	ok(t, ana.InviteToRoom(t.Context(), den, ben.Me().Account))
	ben.is(den, client.RoomJoined)
	ok(t, ana.SetRoomAdmin(t.Context(), den, ben.Me().Account, true))
	ben.until("Ben is an admin", func() bool { return must(ben.Room(t.Context(), den)).Admin })
	ben.stop()
	texts := 0
	said := make(map[string]bool)
	kills := 6
	if raced || testing.Short() {
		kills = 2
	}
	for round := range kills {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledClientGoesOnInSealedRoom$")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d", talkingEnv, ben.dir, round))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			if text, is := strings.CutPrefix(lines.Text(), "said "); is {
				said["Ben: "+text] = true
				if n++; n%5 == 0 {
					ana.sayIn(den, fmt.Sprintf("a%d.%d", round, n))
					texts++
				}
				if n == 15+7*round {
					_ = cmd.Process.Kill()
				}
			}
		}
		_ = cmd.Wait() // it was killed
	}
	ben.open()
	have := func(m *member) (map[string]int, string) {
		got := m.textsIn(den)
		all := make(map[string]int)
		for text := range strings.SplitSeq(got, " | ") {
			all[text]++
		}
		return all, got
	}
	for _, m := range []*member{ana, ben} {
		m.untilOr("all texts are there", func() bool {
			all, got := have(m)
			for text := range said {
				if all[text] == 0 {
					return false
				}
			}
			return len(all) >= len(said)+texts && !strings.Contains(got, "(")
		}, func() string { return m.textsIn(den) })
		all, got := have(m)
		if strings.Contains(got, "!") {
			t.Errorf("%s has warnings: %s", m.Me().Name, got)
		}
		for text, n := range all {
			if n != 1 {
				t.Errorf("%s has %q %d times", m.Me().Name, text, n)
			}
		}
	}
	if a, b := ana.textsIn(den), ben.textsIn(den); a != b {
		t.Errorf("Ana has %s\nBen has %s", a, b)
	}
}
