package client

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/opaque"
	"github.com/snugchat/snug/net/presence"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

// RequestTimeout is how long the host may take to answer a request.
const RequestTimeout = 15 * time.Second

// maxPending is how many requests may wait for an answer.
const maxPending = 256

// refOf returns the reference of an answer to a request.
func refOf(m wire.Message) (uint32, bool) {
	switch m := m.(type) {
	case *wire.Done:
		return m.Ref, true
	case *wire.Failure:
		return m.Ref, m.Ref != 0
	case *wire.PasswordReply:
		return m.Ref, true
	case *wire.Invites:
		return m.Ref, true
	case *wire.KeyPackages:
		return m.Ref, true
	case *wire.Devices:
		return m.Ref, true
	case *wire.Recovery:
		return m.Ref, m.Ref != 0 // none at the door
	case *wire.Members:
		return m.Ref, true
	}
	return 0, false
}

// answered hands an answer to whoever waits for it. It runs on the reading
// goroutine and does not block.
func (c *Client) answered(m wire.Message) bool {
	ref, ok := refOf(m)
	if !ok {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ch, waits := c.pending[ref]
	if !waits {
		return true // too late
	}
	select {
	case ch <- m:
	default: // more answers than anybody asked for
	}
	return true
}

// request is one question to the host.
type request struct {
	c    *Client
	line *line
	ref  uint32
	in   chan wire.Message
}

// begin makes a reference under which the host answers. The caller ends it.
func (c *Client) begin() (*request, error) {
	l, err := c.online()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) >= maxPending {
		return nil, &CodeError{Code: wire.CodeBusy}
	}
	c.lastRef++
	if c.lastRef == 0 {
		c.lastRef = 1
	}
	r := &request{c: c, line: l, ref: c.lastRef, in: make(chan wire.Message, 64)}
	c.pending[r.ref] = r.in
	return r, nil
}

func (r *request) end() {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	delete(r.c.pending, r.ref)
}

// ask sends a message and waits for the answer.
func (r *request) ask(ctx context.Context, m wire.Message) (wire.Message, error) {
	if err := r.line.send(m); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrOffline, err)
	}
	return r.wait(ctx)
}

func (r *request) wait(ctx context.Context) (wire.Message, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, RequestTimeout, ErrNoAnswer)
	defer cancel()
	select {
	case m, ok := <-r.in:
		if !ok {
			return nil, ErrOffline
		}
		if f, bad := m.(*wire.Failure); bad {
			return nil, reasonOf(f)
		}
		return m, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// do sends a request that Done answers.
func (c *Client) do(ctx context.Context, build func(ref uint32) wire.Message) (*wire.Done, error) {
	r, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer r.end()
	m, err := r.ask(ctx, build(r.ref))
	if err != nil {
		return nil, err
	}
	done, ok := m.(*wire.Done)
	if !ok {
		return nil, reasonOf(m)
	}
	return done, nil
}

func (c *Client) admin(ctx context.Context, a wire.Admin) (*wire.Done, error) {
	return c.do(ctx, func(ref uint32) wire.Message { a.Ref = ref; return &a })
}

// The requests below ask the host to do something. They need a connection
// (ErrOffline), and the host may refuse them (*CodeError, often
// wire.CodeNotAllowed) or not answer (ErrNoAnswer).

// Approve lets a waiting person in.
func (c *Client) Approve(ctx context.Context, account chat.AccountID) error {
	_, err := c.admin(ctx, wire.Admin{Action: wire.ActionApprove, Account: account})
	return err
}

// Reject does not let a waiting person in.
func (c *Client) Reject(ctx context.Context, account chat.AccountID) error {
	_, err := c.admin(ctx, wire.Admin{Action: wire.ActionReject, Account: account})
	return err
}

// Remove takes a person out of the place. reason is shown to that person.
func (c *Client) Remove(ctx context.Context, account chat.AccountID, reason string) error {
	_, err := c.admin(ctx, wire.Admin{Action: wire.ActionRemove, Account: account, Reason: reason})
	return err
}

// Ban keeps a person out until a time, the zero time for good.
func (c *Client) Ban(ctx context.Context, account chat.AccountID, until time.Time, reason string) error {
	a := wire.Admin{Action: wire.ActionBan, Account: account, Reason: reason}
	if !until.IsZero() {
		a.Until = until.UnixMilli()
	}
	_, err := c.admin(ctx, a)
	return err
}

// Unban ends a ban.
func (c *Client) Unban(ctx context.Context, account chat.AccountID) error {
	_, err := c.admin(ctx, wire.Admin{Action: wire.ActionUnban, Account: account})
	return err
}

// SetRole changes a person's role.
func (c *Client) SetRole(ctx context.Context, account chat.AccountID, role chat.Role) error {
	_, err := c.admin(ctx, wire.Admin{Action: wire.ActionSetRole, Account: account, Role: role})
	return err
}

// ResetPassword returns a one-time code with which a person comes back without
// the old password, and until when it is valid.
func (c *Client) ResetPassword(ctx context.Context, account chat.AccountID) (code string, until time.Time, err error) {
	done, err := c.admin(ctx, wire.Admin{Action: wire.ActionReset, Account: account})
	if err != nil {
		return "", time.Time{}, err
	}
	return done.Text, timeOf(done.Time), nil
}

// ChangePlace changes the settings of the place.
func (c *Client) ChangePlace(ctx context.Context, name string, mode chat.JoinMode, maxFile int64) error {
	_, err := c.do(ctx, func(ref uint32) wire.Message {
		return &wire.ChangePlace{Ref: ref, Name: name, Mode: mode, MaxFile: maxFile}
	})
	return err
}

// ChangePassword sets a new password; old is empty if the account has none.
// With keep, the account's other devices stay signed in. A wrong old password is
// a *CodeError with wire.CodeRefused. It computes for about a second.
func (c *Client) ChangePassword(ctx context.Context, old, password string, keep bool) error {
	r, err := c.begin()
	if err != nil {
		return err
	}
	defer r.end()
	reg, question, err := opaque.StartRegistration(password)
	if err != nil {
		return err
	}
	defer reg.Discard()
	m := &wire.Password{Ref: r.ref, Request: question}
	var login *opaque.Login
	if old != "" {
		if login, m.KE1, err = opaque.StartLogin(r.line.binding, old); err != nil {
			return err
		}
		defer login.Discard()
	}
	answer, err := r.ask(ctx, m)
	if err != nil {
		return err
	}
	reply, ok := answer.(*wire.PasswordReply)
	if !ok {
		return reasonOf(answer)
	}
	finish := &wire.PasswordFinish{Ref: r.ref, Keep: keep}
	if login != nil {
		if finish.KE3, err = login.Finish(reply.KE2); err != nil {
			return refusal(err)
		}
	}
	if finish.Record, err = reg.Finish(reply.Response); err != nil {
		return refusal(err)
	}
	if _, err := r.ask(ctx, finish); err != nil {
		return err
	}
	if err := c.savePlace(ctx, func(p *clientdb.Place) { p.HasPass = true }); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) { ch.Me = true })
	return nil
}

// Typing says that this person writes in a room. Call it with each change of the
// text that leaves some; it tells the host at most every 3 s and stores nothing.
func (c *Client) Typing(room chat.RoomID) {
	c.mu.Lock()
	l := c.line
	due := l != nil && c.own.Note(room, c.place.Account, c.now())
	sealed := sealedKind(c.kinds[room])
	c.mu.Unlock()
	switch {
	case due && sealed:
		c.signalRoom(room, signalTyping)
	case due:
		l.link.SendVolatile(wire.Append(nil, &wire.Typing{Room: room}))
	}
}

// StopTyping says that the text was cleared or sent: the next Typing counts at once.
// The others are told only if Typing told them before.
func (c *Client) StopTyping(room chat.RoomID) {
	c.mu.Lock()
	// The host lets pass one signal in presence.Interval whatever is said here.
	said := c.own.Stop(room, c.place.Account)
	sealed := sealedKind(c.kinds[room])
	c.mu.Unlock()
	if said && sealed {
		c.signalRoom(room, signalStopped)
	}
}

// TypingIn returns who else writes in a room right now.
func (c *Client) TypingIn(room chat.RoomID) []chat.AccountID {
	c.mu.Lock()
	defer c.mu.Unlock()
	me := c.place.Account
	return slices.DeleteFunc(c.typing.In(room, c.now()), func(id chat.AccountID) bool { return id == me })
}

// TypingShown is how long somebody counts as writing after the last sign.
const TypingShown = presence.Shown

// Invite is an invite link of the place, as its maker and moderators see it.
type Invite struct {
	ID       [32]byte
	Link     string // empty if it was made on another device
	By       chat.AccountID
	Role     chat.Role
	Uses     uint32
	Used     uint32
	Created  time.Time
	Expires  time.Time // zero: never
	Revoked  time.Time // zero: not
	AskFirst bool
	Personal bool
}

// InviteOptions say what an invite is for.
type InviteOptions struct {
	Uses     uint32        // 1 to chat.MaxUses
	Valid    time.Duration // 0: until it is stopped
	AskFirst bool          // a moderator must agree to each
	Role     chat.Role     // 0: chat.Member
	// Addresses replaces those under which this device knows the place: the
	// host's own person knows better ones.
	Addresses []string
}

// CreateInvite makes an invite link. One for a single use is personal: it proves
// to who gets it who made it.
func (c *Client) CreateInvite(ctx context.Context, o InviteOptions) (Invite, error) {
	if o.Role == 0 {
		o.Role = chat.Member
	}
	secret, err := identity.NewInviteSecret()
	if err != nil {
		return Invite{}, err
	}
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	now := c.now()
	token := identity.InviteToken(secret)
	made := clientdb.Invite{ID: sha256.Sum256(token[:]), Secret: secret, Created: now.UnixMilli()}
	personal := o.Uses == 1 && place.Keys.Identity != nil
	if personal {
		key, err := identity.NewPrivateKey(place.Keys.Identity)
		if err != nil {
			return Invite{}, err
		}
		sum := sha256.Sum256(key.Public().Bytes())
		made.Inviter = sum[:wire.InviterSize]
	}
	l := linkOf(place, made)
	if len(o.Addresses) > 0 {
		l.Addresses = o.Addresses[:min(len(o.Addresses), wire.MaxAddresses)]
	}
	text := l.String()
	if _, err := wire.ParseLink(text); err != nil {
		return Invite{}, fmt.Errorf("make invite link: %w", err)
	}
	// The secret is kept first: an invite that nobody can use is worse than a
	// secret without an invite.
	if err := c.db.AddInvite(ctx, made); err != nil {
		return Invite{}, err
	}
	m := &wire.CreateInvite{ID: made.ID, Uses: o.Uses, AskFirst: o.AskFirst, Personal: personal, Role: o.Role}
	out := Invite{ID: made.ID, Link: text, By: place.Account, Role: o.Role, Uses: o.Uses, Created: now, AskFirst: o.AskFirst, Personal: personal}
	if o.Valid > 0 {
		out.Expires = now.Add(o.Valid)
		m.Expires = out.Expires.UnixMilli()
	}
	if _, err := c.do(ctx, func(ref uint32) wire.Message { m.Ref = ref; return m }); err != nil {
		if CodeOf(err) != wire.CodeOK { // the host has it not
			if err := c.db.RemoveInvite(ctx, made.ID); err != nil {
				c.log.Warn("secret of a refused invite not removed", "err", err)
			}
		}
		return Invite{}, err
	}
	c.feed.publish(func(ch *Changes) { ch.Invites = true })
	return out, nil
}

func linkOf(place clientdb.Place, i clientdb.Invite) wire.Link {
	return wire.Link{
		Addresses: slices.Clone(place.Addresses[:min(len(place.Addresses), wire.MaxAddresses)]),
		Host:      place.Host, Secret: i.Secret[:], Inviter: i.Inviter,
	}
}

// RevokeInvite ends an invite.
func (c *Client) RevokeInvite(ctx context.Context, id [32]byte) error {
	if _, err := c.do(ctx, func(ref uint32) wire.Message { return &wire.RevokeInvite{Ref: ref, ID: id} }); err != nil {
		return err
	}
	c.feed.publish(func(ch *Changes) { ch.Invites = true })
	return nil
}

// maxInvites bounds the answer to Invites.
const maxInvites = 10_000

// Invites returns the invites that this person may see, newest first: one's own,
// for moderators all. addresses replaces those in the links, nil for the ones
// under which this device knows the place.
func (c *Client) Invites(ctx context.Context, addresses []string) ([]Invite, error) {
	secrets, err := c.db.Invites(ctx)
	if err != nil {
		return nil, err
	}
	r, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer r.end()
	c.mu.Lock()
	place := c.place
	c.mu.Unlock()
	if len(addresses) > 0 {
		place.Addresses = addresses
	}
	var out []Invite
	m, err := r.ask(ctx, &wire.ListInvites{Ref: r.ref})
	for {
		if err != nil {
			return nil, err
		}
		list, ok := m.(*wire.Invites)
		if !ok {
			return nil, reasonOf(m)
		}
		for _, i := range list.Invites {
			inv := Invite{
				ID: i.ID, By: i.By, Role: i.Role, Uses: i.Uses, Used: i.Used, Created: timeOf(i.Created),
				Expires: timeOf(i.Expires), Revoked: timeOf(i.Revoked), AskFirst: i.AskFirst, Personal: i.Personal,
			}
			if s, mine := secrets[i.ID]; mine {
				l := linkOf(place, s)
				inv.Link = l.String()
			}
			out = append(out, inv)
		}
		if !list.More {
			break
		}
		if len(out) > maxInvites {
			return nil, fmt.Errorf("%w: more than %d invites", ErrProtocol, maxInvites)
		}
		m, err = r.wait(ctx)
	}
	slices.SortStableFunc(out, func(a, b Invite) int { return b.Created.Compare(a.Created) })
	return out, nil
}
