package state

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/paths"
)

// unlocked starts the program of a profile with a passphrase once more.
func unlocked(t *testing.T, dir, link string) *screenOf {
	t.Helper()
	s := start(t, dir, link)
	s.screen(ScreenLocked)
	s.app.Unlock(goodPassword)
	s.until("open", func() bool { return s.app.Screen() != ScreenLocked && s.app.Screen() != ScreenOpening && !s.app.Busy() })
	return s
}

// withoutSetting takes a field out of a settings file.
func withoutSetting(t *testing.T, path, key string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil || fields[key] == nil {
		t.Fatalf("no %s in %s: %v", key, b, err)
	}
	delete(fields, key)
	if b, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A place that was hosted when the program ended is there for others after the next
// start, as at login, whatever its host looked at last or comes for now. One that its
// host has stopped is not.
func TestHostsAgain(t *testing.T) {
	dir := t.TempDir()
	maria := hostPlace(t, dir, chat.JoinByInvite)
	ana := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := ana.invite(Wish{For: ForTen})
	maria.app.Link(link)
	maria.until("card", func() bool { return maria.app.Join() != nil && maria.app.Join().Step() == JoinCard })
	maria.register(maria.app.Join(), "Mary")
	theirs := maria.app.Shown().Member.ID
	if maria.app.Shown() == maria.app.Hosting().Entered() {
		t.Fatal("the own place is shown")
	}
	maria.close()

	maria = unlocked(t, dir, "")
	maria.screen(ScreenPlace)
	if got := maria.app.Shown().Member.ID; got != theirs {
		t.Errorf("shows %s, want the place that was looked at last, %s", got, theirs)
	}
	if maria.app.Hosting() == nil {
		t.Fatal("the own place is not hosted")
	}
	own := maria.invite(Wish{For: ForTen})
	ben := start(t, t.TempDir(), "")
	ben.register(ben.card("Ben", own), "Ben")
	ben.close()
	maria.close()

	// By a click on a link, which is damaged, with settings of an older version, which
	// say nothing of hosting.
	layout, err := paths.For(dir)
	if err != nil {
		t.Fatal(err)
	}
	withoutSetting(t, layout.Settings(), "hosting_stopped")
	click := link[:len(link)-4]
	maria = unlocked(t, dir, click)
	maria.screen(ScreenJoin)
	if maria.app.Hosting() == nil {
		t.Error("who starts it by a link hosts nothing")
	}
	maria.app.Back()
	maria.close()

	// What keeps it from hosting does not keep the person from what they came for.
	blobs := layout.Host() + "/blobs"
	if err := os.Rename(blobs, blobs+" aside"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blobs, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	maria = unlocked(t, dir, click)
	maria.screen(ScreenJoin)
	maria.mu.Lock()
	if len(maria.notes) == 0 {
		t.Error("nobody is told that nothing is hosted")
	}
	maria.mu.Unlock()
	maria.close()
	maria = unlocked(t, dir, "")
	maria.screen(ScreenStart)
	if maria.app.Fault().What == "" || maria.app.Hosting() != nil {
		t.Errorf("hosting fails: got %q", maria.app.Fault())
	}
	maria.close()
	if err := os.Remove(blobs); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(blobs+" aside", blobs); err != nil {
		t.Fatal(err)
	}

	maria = unlocked(t, dir, "")
	maria.screen(ScreenPlace)
	maria.app.ChooseHost() // to look at it
	if maria.app.Shown() != maria.app.Hosting().Entered() {
		t.Error("shows another place than the hosted one")
	}
	maria.app.StopHosting()
	maria.screen(ScreenStart)
	maria.close()
	maria = unlocked(t, dir, "")
	if maria.app.Hosting() != nil || maria.app.Screen() != ScreenStart {
		t.Errorf("what was stopped is hosted again: screen %v", maria.app.Screen())
	}
	maria.app.ChooseHost()
	maria.screen(ScreenPlace)
	if maria.app.Hosting() == nil {
		t.Error("not hosted when the person wants it")
	}
}
