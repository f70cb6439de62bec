package state

import (
	"fmt"
	"testing"
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// FEATURES P7: a place that is removed from a computer lets that computer in no more,
// and an account that is ended is gone at the host, with its place here.
func TestLeavingAPlace(t *testing.T) {
	maria := hostPlace(t, t.TempDir(), chat.JoinByInvite)
	link := maria.invite(Wish{For: ForAnyone, Lasting: LastingDay})
	people := maria.app.Hosting().Entered().People
	ben, tom := start(t, t.TempDir(), ""), start(t, t.TempDir(), "")
	ben.register(ben.card("Ben", link), "Ben")
	tom.register(tom.card("Tom", link), "Tom")
	together(maria, ben, "Ben is in", func() bool { return ben.app.Shown().Online() && people.Here() == 3 })
	together(maria, tom, "Tom is in", func() bool { return tom.app.Shown().Online() })

	if e := maria.app.Shown(); maria.app.CanEndAccount(e) {
		t.Error("the host's own account can be ended without its place")
	}
	ben.app.Forget(ben.app.Shown().Member.ID)
	together(maria, ben, "the place is gone from his computer", func() bool {
		return !ben.app.Busy() && ben.app.Screen() == ScreenStart && len(ben.app.Places()) == 0
	})
	together(maria, ben, "his computer is signed out", func() bool {
		_, ok := line(maria.app.Shown().Place, text.ChatSignOut("Ben"))
		return ok
	})
	if got := people.Members(); got != 3 {
		t.Errorf("%d accounts after a computer was signed out, want 3", got)
	}

	e := tom.app.Shown()
	if !tom.app.CanEndAccount(e) {
		t.Fatal("Tom cannot end his account")
	}
	tom.app.EndAccount(e)
	together(maria, tom, "the place is gone from his computer", func() bool {
		return !tom.app.Busy() && tom.app.Screen() == ScreenStart && len(tom.app.Places()) == 0
	})
	together(maria, tom, "his account is gone", func() bool { return people.Members() == 2 })
}

// FEATURES Z8: who has no backup of two nights hears which place it is of, since when,
// and why.
func TestLateBackupIsSaid(t *testing.T) {
	s := start(t, t.TempDir(), "")
	s.screen(ScreenStart)
	newest := time.Date(2026, time.March, 3, 3, 0, 0, 0, time.Local)
	for want, l := range map[string]setup.Late{
		text.DataLate(text.HostNameHint(), text.Moment(newest, time.Now()), text.ProblemDiskFullPlain()): {Newest: newest, Err: fmt.Errorf("back up: %w", client.ErrDiskFull)},
		text.DataLateNone(text.HostNameHint(), text.ProblemDiskFullPlain()):                              {Err: client.ErrDiskFull},
	} {
		if got := s.app.sayLate(l); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := s.app.Late(); len(got) > 0 {
		t.Errorf("without any that is late: %q", got)
	}
}
