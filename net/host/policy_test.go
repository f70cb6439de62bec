package host

import (
	"testing"

	"github.com/snugchat/snug/storage/chat"
)

// TestPolicy covers E5: each action by each role on each role. A row holds, for
// an actor, the roles that it may act on: guest, member, mOderator, admin, oWner.
func TestPolicy(t *testing.T) {
	letters := map[chat.Role]string{chat.Guest: "g", chat.Member: "m", chat.Moderator: "o", chat.Admin: "a", chat.Owner: "w"}
	roles := []chat.Role{chat.Guest, chat.Member, chat.Moderator, chat.Admin, chat.Owner}
	for _, c := range []struct {
		what                                   string
		act                                    action
		guest, member, moderator, admin, owner string
	}{
		{"write", actPost, "gmoaw", "gmoaw", "gmoaw", "gmoaw", "gmoaw"},
		{"offer a file", actUpload, "", "gmoaw", "gmoaw", "gmoaw", "gmoaw"},
		{"make an invite for", actInvite, "", "gm", "gm", "gmo", "gmoaw"},
		{"see invites of others", actSeeInvites, "", "", "gmoaw", "gmoaw", "gmoaw"},
		{"see who waits", actSeeWaiting, "", "", "gmoaw", "gmoaw", "gmoaw"},
		{"let in", actApprove, "", "", "gm", "gmo", "gmoaw"},
		{"remove", actRemove, "", "", "gm", "gmo", "gmoaw"},
		{"ban", actBan, "", "", "gm", "gmo", "gmoaw"},
		{"make a", actSetRole, "", "", "", "gmo", "gmoaw"},
		{"reset the password of", actReset, "", "", "", "gmo", "gmoaw"},
		{"change the place", actChangePlace, "", "", "", "gmoaw", "gmoaw"},
		{"delete the messages of", actModerate, "", "", "gmoaw", "gmoaw", "gmoaw"},
		{"make an open room beside", actOpenRoom, "", "", "gmoaw", "gmoaw", "gmoaw"},
		{"make a sealed room beside", actSealRoom, "", "gmoaw", "gmoaw", "gmoaw", "gmoaw"},
		{"do what does not exist", 0, "", "", "", "", ""},
	} {
		t.Run("E5 "+c.what, func(t *testing.T) {
			for i, want := range []string{c.guest, c.member, c.moderator, c.admin, c.owner} {
				got := ""
				for _, subject := range roles {
					if policy(roles[i], c.act, subject) {
						got += letters[subject]
					}
				}
				if got != want {
					t.Errorf("%v may act on %q, want %q", roles[i], got, want)
				}
			}
			if c.act != 0 && !policy(console, c.act, chat.Owner) {
				t.Error("the host itself may not")
			}
			if policy(chat.Role(45), c.act, chat.Guest) || policy(0, c.act, 0) {
				t.Error("a role that does not exist may")
			}
		})
	}
}

// TestPolicyGrows checks that a larger role may do all that a smaller one may.
func TestPolicyGrows(t *testing.T) {
	roles := []chat.Role{chat.Guest, chat.Member, chat.Moderator, chat.Admin, chat.Owner, console}
	for act := actPost; act <= actSealRoom; act++ {
		for _, subject := range roles[:5] {
			for i := 1; i < len(roles); i++ {
				if policy(roles[i-1], act, subject) && !policy(roles[i], act, subject) {
					t.Errorf("action %d on %v: %v may, %v may not", act, subject, roles[i-1], roles[i])
				}
			}
		}
	}
}
