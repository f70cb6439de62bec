package client_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
)

// movingEnv makes the test binary a client that moves files until it is killed.
const movingEnv = "SNUG_TEST_MOVING_CLIENT"

// killWhileMoving runs the profile of a member in a process of its own, and kills
// that once its file has moved past a part of its bytes.
func killWhileMoving(t *testing.T, dir string, part float64) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledClientGoesOnWithFiles$")
	cmd.Env = append(os.Environ(), movingEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	moved := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var state, done, total int64
		if _, err := fmt.Sscanf(lines.Text(), "moved %d %d %d", &state, &done, &total); err != nil {
			continue
		}
		moved = true
		if float64(done) > part*float64(total) {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait() // it was killed
	if !moved {
		t.Error("the client that was to be killed moved nothing")
	}
}

// moveUntilKilled is that process. It ends by itself when nothing is left to move.
func moveUntilKilled(t *testing.T, dir string) {
	m := newMember(t, dir)
	for range 6000 {
		open, err := m.Transfers(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(open) == 0 {
			return
		}
		fmt.Printf("moved %d %d %d\n", open[0].State, open[0].Progress.Done, open[0].Progress.Total)
		time.Sleep(time.Millisecond)
	}
}

// FEATURES F4: a client that is killed again and again while it seals, sends or
// fetches a file brings it all the same, once, and leaves nothing behind.
func TestKilledClientGoesOnWithFiles(t *testing.T) {
	if dir := os.Getenv(movingEnv); dir != "" {
		moveUntilKilled(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("kills processes while they move 24 MiB")
	}
	p := newPlace(t)
	ana, ben := p.join("Ana"), p.join("Ben")
	path := filepath.Join(t.TempDir(), "big.bin")
	writeFile(t, path, 24<<20)
	id := must(ana.SendFile(t.Context(), chat.Lobby, path))
	ana.stop()
	for _, part := range []float64{0.02, 0.3, 0.6} {
		killWhileMoving(t, ana.dir, part)
	}
	ana.open()
	ana.untilState(id, client.Finished)
	seq := ben.fileSeq(id)
	if _, err := ben.Download(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	ben.stop()
	for _, part := range []float64{0.02, 0.4} {
		killWhileMoving(t, ben.dir, part)
	}
	ben.open()
	tr := ben.untilState(id, client.Finished)
	if sum(t, tr.Path) != sum(t, path) || sum(t, filepath.Join(p.received(), "big.bin")) != sum(t, path) {
		t.Error("other bytes arrived than were sent")
	}
	ana.nothingLeft("Ana")
	ben.nothingLeft("Ben")
	files := 0
	for _, m := range ben.page() {
		if m.Kind == client.LineFile {
			files++
		}
	}
	if files != 1 {
		t.Errorf("the file was announced %d times, want once", files)
	}
}
