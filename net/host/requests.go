package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// asking returns the member who asks for a change, after taking a token for it.
func (s *session) asking() (actor, error) {
	a, err := s.member()
	if err != nil {
		return actor{}, err
	}
	if err := s.request(); err != nil {
		return actor{}, err
	}
	return actor{id: a.ID, name: a.Name, role: a.Role}, nil
}

// answer tells the peer that its request was carried out, or why not.
func (s *session) answer(ref uint32, done wire.Done, err error) error {
	if err != nil {
		return s.fail(ref, err)
	}
	done.Ref = ref
	s.send(&done)
	return nil
}

func (s *session) admin(m *wire.Admin) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	if m.Action == wire.ActionEnd {
		// The answer goes out before the goodbye.
		err := s.h.roster.decide(s.ctx, func(st *state) (chat.Change, error) {
			return st.act(s.h.now().UnixMilli(), who, request{action: m.Action, account: m.Account})
		}, func(d *decision) {
			s.send(&wire.Done{Ref: m.Ref})
			s.h.announce(who)(d)
		})
		if err != nil {
			return s.fail(m.Ref, err)
		}
		s.h.log.Info("account ended", "name", who.name)
		return nil
	}
	done, err := s.h.act(s.ctx, who, request{action: m.Action, account: m.Account, until: m.Until, role: m.Role, reason: m.Reason})
	return s.answer(m.Ref, done, err)
}

func (s *session) createInvite(m *wire.CreateInvite) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	err = s.h.createInvite(s.ctx, who, chat.Invite{ID: m.ID, Role: m.Role, Uses: m.Uses, Expires: m.Expires, AskFirst: m.AskFirst, Personal: m.Personal})
	return s.answer(m.Ref, wire.Done{}, err)
}

func (s *session) revokeInvite(m *wire.RevokeInvite) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	return s.answer(m.Ref, wire.Done{}, s.h.revokeInvite(s.ctx, who, m.ID))
}

// invitesPerMessage keeps a list of invites within one message (110 bytes each).
const invitesPerMessage = 300

func (s *session) listInvites(m *wire.ListInvites) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	invites := s.h.invitesFor(who)
	for {
		n := min(len(invites), invitesPerMessage)
		answer := &wire.Invites{Ref: m.Ref, Invites: invites[:n], More: n < len(invites)}
		s.send(answer)
		if invites = invites[n:]; !answer.More {
			return nil
		}
	}
}

func (s *session) changePlace(m *wire.ChangePlace) error {
	who, err := s.asking()
	if err != nil {
		return s.fail(m.Ref, err)
	}
	return s.answer(m.Ref, wire.Done{}, s.h.changePlace(s.ctx, who, chat.Place{Name: m.Name, Mode: m.Mode, MaxFile: m.MaxFile}))
}

// act carries out a request about an account, for a member or the host itself.
func (h *Host) act(ctx context.Context, who actor, r request) (wire.Done, error) {
	var done wire.Done
	now := h.now().UnixMilli()
	if r.action == wire.ActionReset {
		n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
		if err != nil {
			return done, fmt.Errorf("make one-time code: %w", err)
		}
		r.code = fmt.Sprintf("%04d-%04d", n.Int64()/10_000, n.Int64()%10_000)
		done.Text, done.Time = r.code, now+resetTime.Milliseconds()
	}
	subject, skeleton := "", ""
	if a := h.roster.account(r.account); a != nil {
		subject, skeleton = a.Name, a.Skeleton
	}
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return st.act(now, who, r) }, h.announce(who))
	if err != nil {
		return wire.Done{}, err
	}
	if r.action == wire.ActionReset {
		h.attempts.clear("reset " + skeleton)
	}
	h.log.Info(actionWords(r.action), "name", subject, "by", cmp.Or(who.name, "the host"), "until", r.until, "role", r.role.String())
	return done, nil
}

// actionWords says in the log what was done.
func actionWords(a wire.Action) string {
	switch a {
	case wire.ActionApprove:
		return "let in"
	case wire.ActionReject:
		return "not let in"
	case wire.ActionRemove:
		return "removed"
	case wire.ActionBan:
		return "banned"
	case wire.ActionUnban:
		return "no longer kept out"
	case wire.ActionSetRole:
		return "role changed"
	case wire.ActionReset:
		return "one-time code made"
	}
	return "changed"
}

func (h *Host) createInvite(ctx context.Context, who actor, v chat.Invite) error {
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return st.invite(h.now().UnixMilli(), who, v) }, nil)
	if err == nil {
		h.log.Info("invite made", "by", cmp.Or(who.name, "the host"), "uses", v.Uses, "role", v.Role.String())
	}
	return err
}

func (h *Host) revokeInvite(ctx context.Context, who actor, id [32]byte) error {
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return st.revokeInvite(h.now().UnixMilli(), who, id) }, nil)
	if err == nil {
		h.log.Info("invite ended", "by", cmp.Or(who.name, "the host"))
	}
	return err
}

func (h *Host) changePlace(ctx context.Context, who actor, p chat.Place) error {
	err := h.roster.decide(ctx, func(st *state) (chat.Change, error) { return st.changePlace(h.now().UnixMilli(), who, p) }, h.announce(who))
	if err == nil {
		h.files.ruled()
		h.log.Info("settings of the place changed", "by", cmp.Or(who.name, "the host"), "place", p.Name, "joining", p.Mode.String(), "max_file_bytes", p.MaxFile,
			"all_files_bytes", h.Place().Files.Total, "keep_days", h.Place().Files.Keep/dayMS)
	}
	return err
}

// expireBatch is how many invites are forgotten in an hour, so that the store is
// busy with it for a moment only.
const expireBatch = 1000

// expireInvites forgets invites that ended long ago.
func (h *Host) expireInvites(ctx context.Context) error {
	return h.roster.decide(ctx, func(st *state) (chat.Change, error) { return st.expireInvites(h.now().UnixMilli(), expireBatch), nil }, nil)
}

// maxListed is how many invites a list has at most (220 KiB).
const maxListed = 2000

// invitesFor returns the invites that somebody may see, their own or all for
// moderators: those that are open first, the latest first of each.
func (h *Host) invitesFor(who actor) []wire.InviteInfo {
	var list []wire.InviteInfo
	open := make(map[[32]byte]int)
	now := h.now().UnixMilli()
	h.roster.read(func(st *state) {
		all := policy(who.role, actSeeInvites, 0)
		for _, v := range st.invites {
			if all || v.By == who.id {
				if live(v, now) {
					open[v.ID] = 1
				}
				list = append(list, wire.InviteInfo{
					ID: v.ID, By: v.By, Uses: v.Uses, Used: v.Used, Created: v.Created, Expires: v.Expires, Revoked: v.Revoked,
					AskFirst: v.AskFirst, Personal: v.Personal, Role: v.Role,
				})
			}
		}
	})
	slices.SortFunc(list, func(a, b wire.InviteInfo) int {
		return cmp.Or(cmp.Compare(open[b.ID], open[a.ID]), cmp.Compare(b.Created, a.Created), slices.Compare(a.ID[:], b.ID[:]))
	})
	return list[:min(len(list), maxListed)]
}
