package state

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// makeKit makes a recovery kit, saves it into dir, and proves it.
func (s *screenOf) makeKit(dir string) (words []string, file string) {
	s.t.Helper()
	k := s.app.Kit(s.app.Shown(), func() {})
	if !k.Can() || k.Line() != "" {
		s.t.Fatalf("can %v, %q", k.Can(), k.Line())
	}
	k.Make()
	s.until("words", func() bool { return k.Step() == KitWords || k.Fault().What != "" })
	words = k.Words()
	if len(words) != 15 {
		s.t.Fatalf("%d words, fault %q", len(words), k.Fault())
	}
	for n := range 2 {
		s.pick = dir
		k.Save()
		s.until("saved", func() bool { return !k.Busy() })
		want := "Snug recovery kit, Our class.txt"
		if n > 0 {
			want = "Snug recovery kit, Our class (2).txt"
		}
		if k.Saved() != want {
			s.t.Errorf("saved as %q, want %q; fault %q", k.Saved(), want, k.Fault())
		}
	}
	k.Next()
	asked := k.Asked()
	if k.Step() != KitProve || asked[0] < 1 || asked[0] >= asked[1] || asked[1] > 15 || k.Words() != nil {
		s.t.Fatalf("step %v asks for %v", k.Step(), asked)
	}
	right := [2]string{words[asked[0]-1], " " + strings.ToUpper(words[asked[1]-1])}
	if got := k.Prove([2]string{right[0], "wrong"}); got[0] != "" || got[1] == "" {
		s.t.Errorf("a wrong word: %q", got)
	}
	k.Back()
	if !slices.Equal(k.Words(), words) {
		s.t.Error("going back shows other words")
	}
	k.Next()
	asked = k.Asked()
	k.Prove([2]string{words[asked[0]-1], words[asked[1]-1]})
	s.until("proved", func() bool { return k.Step() == KitDone })
	if !strings.Contains(k.Line(), "You have shown that you have it.") {
		s.t.Errorf("afterwards: %q", k.Line())
	}
	k.Close()
	return words, filepath.Join(dir, "Snug recovery kit, Our class.txt")
}

// FEATURES B5: a recovery kit is made and proved in the window, and brings somebody
// back on a clean computer, by its words or by its file.
func TestB5KitInTheWindow(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{For: ForTen})
	ben := start(t, t.TempDir(), "")
	ben.register(ben.card("Ben", link), "Ben")
	ben.until("in", func() bool { return ben.app.Shown().Online() })
	if ben.app.Shown().Place.OffersKit() {
		t.Error("a kit is offered to somebody who has nothing private yet")
	}
	account := ben.app.Shown().Me().Account
	words, file := ben.makeKit(t.TempDir())
	ben.close()

	clean := start(t, t.TempDir(), "")
	clean.screen(ScreenStart)
	clean.app.ChooseJoin()
	clean.begin("Ben")
	clean.screen(ScreenJoin)
	j := clean.app.Join()
	j.Kit()
	typo := slices.Clone(words)
	typo[3] = "xylophonium"
	for what, c := range map[string]struct {
		typed, where string
		want         KitFaults
	}{
		"nothing":              {"", link, KitFaults{Code: text.RecoverCodeEmpty()}},
		"no kit":               {"hello there", link, KitFaults{Code: text.RecoverCodeBad()}},
		"a word that is none":  {strings.Join(typo, " "), link, KitFaults{Code: text.RecoverCodeWord("4")}},
		"no place":             {strings.Join(words, " "), " ", KitFaults{Where: text.RecoverWhereMissing()}},
		"half a link":          {strings.Join(words, " "), "snug://join#v1.AAAA", KitFaults{Where: text.For(text.BadLink, text.Facts{}).String()}},
		"an address that none": {strings.Join(words, " "), "a b:1", KitFaults{Where: text.For(text.BadAddress, text.Facts{}).String()}},
	} {
		if got := j.Recover(c.typed, c.where); got != c.want || j.Step() != JoinKit {
			t.Errorf("%s: got %+v, want %+v", what, got, c.want)
		}
	}
	if got := j.Recover(strings.Join(words, "\n"), link); got != (KitFaults{}) {
		t.Fatal(got)
	}
	clean.until("found by the words", func() bool { return j.Step() == JoinLost })
	clean.app.Back()
	if j.Step() != JoinKit || clean.app.Screen() != ScreenJoin {
		t.Errorf("after going back: step %v", j.Step())
	}
	typed := ""
	wrong := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(wrong, []byte("Dear Ana"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{wrong: text.RecoverFileBad(), file: ""} {
		clean.pick = path
		done := false
		clean.app.OpenKit(func(s, fault string) {
			if done = true; fault != want {
				t.Errorf("%s: got %q, want %q", filepath.Base(path), fault, want)
			}
			if fault == "" {
				typed = s
			}
		})
		clean.until("read", func() bool { return done })
	}
	if got := j.Recover(typed, ""); got != (KitFaults{}) {
		t.Fatal(got)
	}
	clean.until("found by the file", func() bool { return j.Step() == JoinLost })
	lost := j.LostDevices()
	if j.LostName() != "Ben" || j.PlaceName() != "Our class" || len(lost) != 2 || !strings.HasPrefix(lost[0].Line, text.RecoverWhichMade()) || !lost[1].ID.IsZero() {
		t.Errorf("found %q in %q with %+v", j.LostName(), j.PlaceName(), lost)
	}
	j.ComeBack(lost[0].ID)
	clean.screen(ScreenPlace)
	clean.until("back", func() bool { return clean.app.Shown().Online() })
	if me := clean.app.Shown().Me(); me.Account != account || me.Name != "Ben" {
		t.Errorf("is %+v", me)
	}
	k := clean.app.Kit(clean.app.Shown(), func() {})
	defer k.Close()
	if !k.Can() || !strings.Contains(k.Line(), "You have shown") {
		t.Errorf("the kit that was used: can %v, %q", k.Can(), k.Line())
	}
}

// Whoever forgot the passphrase begins anew with a kit; what is locked stays.
func TestStartAnew(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "")
	s.screen(ScreenStart)
	s.app.ChooseJoin()
	s.begin("Ana")
	s.screen(ScreenJoin)
	s.app.StartAnew() // it is not locked
	s.close()
	s = start(t, dir, "")
	s.screen(ScreenLocked)
	s.app.StartAnew()
	s.screen(ScreenName)
	if !s.app.IsNew() {
		t.Error("the profile is not new")
	}
	s.begin("Ana")
	s.screen(ScreenJoin)
	if got := s.app.Join().Step(); got != JoinKit {
		t.Errorf("step %v, want that a kit is asked for", got)
	}
	all, err := filepath.Glob(filepath.Join(dir, "data-locked-*", "vault"))
	if err != nil || len(all) != 1 {
		t.Errorf("put aside: %q, %v", all, err)
	}
}

func TestKitLine(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	made := now.Add(-48 * time.Hour)
	for what, c := range map[string]struct {
		state client.KitState
		want  string
	}{
		"never made":       {client.KitState{Can: true}, ""},
		"made":             {client.KitState{Made: made}, text.KitMade(text.Day(made, now))},
		"made and proved":  {client.KitState{Made: made, Proved: true}, text.KitProved(text.Day(made, now))},
		"not to be heard":  {client.KitState{Hidden: true}, ""},
		"made in the past": {client.KitState{Made: now.AddDate(-1, 0, 0)}, text.KitMade(text.Day(now.AddDate(-1, 0, 0), now))},
	} {
		if got := kitLine(c.state, now); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}
