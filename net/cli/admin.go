package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// Console answers the words of an admin command about a running host.
type Console = setup.Console

// adminCommand is one word after `admin`. It runs in the program that hosts.
type adminCommand struct {
	name, args, short string
	run               func(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error
}

func adminCommands() []adminCommand {
	return []adminCommand{
		{"status", "", "who is here, how much is kept, since when", adminStatus},
		{"people", "", "everybody, with role and state", adminPeople},
		{"invite", "[--uses N] [--for 24h] [--ask] [--role member]", "make an invite link", adminInvite},
		{"invites", "", "links that were made", adminInvites},
		{"stop-invite", "ID", "end a link", adminStopInvite},
		{"approve", "NAME", "let somebody in who waits", accountCommand(host.VerbApprove)},
		{"reject", "NAME", "do not let somebody in who waits", accountCommand(host.VerbReject)},
		{"remove", "NAME [--reason TEXT]", "take somebody out of the place", accountCommand(host.VerbRemove)},
		{"ban", "NAME [--for 24h] [--reason TEXT]", "keep somebody out, for good without --for", accountCommand(host.VerbBan)},
		{"unban", "NAME", "end a ban", accountCommand(host.VerbUnban)},
		{"role", "NAME ROLE", "make somebody guest, member, moderator, admin or owner", adminRole},
		{"reset", "NAME", "make a one-time code for somebody who forgot the password", accountCommand(host.VerbReset)},
		{"place", "[--name NAME] [--join MODE] [--max-file SIZE]", "show or change the place", adminPlace},
		{"files", "[--all SIZE] [--keep 90d] [--yes]", "show or change how long files stay", adminFiles},
		{"rooms", "", "which rooms there are, and what the host knows of private ones", adminRooms},
		{"audit", "[--lines N]", "who changed what, the newest last", adminAudit},
	}
}

func adminHelp() string {
	var b strings.Builder
	b.WriteString("Manages the place that a program of this profile is hosting right now.\n\nCommands:\n")
	for _, c := range adminCommands() {
		fmt.Fprintf(&b, "  %-60s %s\n", strings.TrimSpace(c.name+" "+c.args), c.short)
	}
	b.WriteString("\nNames with spaces go in quotes. Times are like 90m or 48h, sizes like 500MB or 2GiB.")
	return b.String()
}

func admin(ctx context.Context, p Program, profile string, args []string) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprintln(p.Out, adminHelp())
		if len(args) == 0 {
			return exitUsage
		}
		return exitOK
	}
	code, err := setup.Ask(ctx, profile, args, p.Out)
	if err != nil {
		fmt.Fprintf(p.Err, "%s: %v\n", p.Name, err)
		return exitFailed
	}
	return code
}

// Answer is the Console of both programs: it runs in the one that hosts.
func Answer(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(out, adminHelp())
		return exitUsage
	}
	for _, c := range adminCommands() {
		if c.name != args[0] {
			continue
		}
		switch err := c.run(ctx, h, args[1:], out); {
		case errors.Is(err, errUsage):
			fmt.Fprintf(out, "usage: admin %s %s\n", c.name, c.args)
			return exitUsage
		case err != nil:
			fmt.Fprintln(out, adminSentence(err))
			return exitFailed
		}
		return exitOK
	}
	fmt.Fprintf(out, "there is no admin command %q\n", args[0])
	return exitUsage
}

// adminSentence says in words why a command was refused.
func adminSentence(err error) string {
	var refused *host.RefusedError
	if !errors.As(err, &refused) {
		return err.Error()
	}
	switch refused.Code {
	case wire.CodeNoAccount:
		return "There is nobody of that name, or not in that state."
	case wire.CodeLastOwner:
		return "This is the last owner. Make somebody else an owner first."
	case wire.CodeNotAllowed:
		return "That cannot be done to this person."
	case wire.CodeLinkUnknown:
		return "There is no such link."
	case wire.CodeTooMany:
		return "There are as many as there can be."
	case wire.CodeTooBig:
		return "The largest file is larger than the host can take, or than half of all files together (admin files)."
	case wire.CodeNameBad:
		return "That name cannot be used."
	default:
		return fmt.Sprintf("The host refused (code %d).", refused.Code)
	}
}

func adminStatus(_ context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errUsage
	}
	st, place := h.Host().Stats(), h.Host().Place()
	addresses, err := h.Addresses()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "place      %s (join: %s, files up to %s)\n", place.Name, place.Mode, formatSize(place.MaxFile))
	fmt.Fprintf(out, "addresses  %s\n", strings.Join(addresses, " "))
	fmt.Fprintf(out, "people     %d, %d here now, %d waiting\n", st.People, st.Online, st.Waiting)
	fmt.Fprintf(out, "rooms      %d open, %d private and direct\n", st.Rooms, st.Sealed)
	fmt.Fprintf(out, "messages   %d stored since the start, %d delivered\n", st.Posted, st.Delivered)
	fmt.Fprintf(out, "disk       %s database, %s files\n", formatSize(st.Bytes), formatSize(st.BlobBytes))
	fmt.Fprintf(out, "files      %s\n", fileRules(place.Files))
	if line := filesWarning(st.BlobBytes, place.Files); line != "" {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "since      %s\n", time.UnixMilli(st.Since).Format(time.DateTime))
	return nil
}

func adminRooms(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errUsage
	}
	r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbRooms})
	if err != nil {
		return err
	}
	for _, room := range r.Rooms {
		var what string
		switch {
		case room.ID == chat.Lobby:
			fmt.Fprintf(out, "%-10s %s\n", "open", "Lobby")
			continue
		case room.Kind == chat.RoomOpen:
			what = fmt.Sprintf("%-10s %s", "open", room.Name)
		case room.Kind == chat.RoomDirect:
			what = fmt.Sprintf("%-10s %d people", "direct", room.Members)
		default:
			what = fmt.Sprintf("%-10s %d people", "private", room.Members)
		}
		fmt.Fprintf(out, "%-50s made %s by %s\n", what, time.UnixMilli(room.Created).Format(time.DateTime), room.By)
	}
	return nil
}

func adminPeople(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errUsage
	}
	r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbPeople})
	if err != nil {
		return err
	}
	for _, p := range r.People {
		state := ""
		switch p.State {
		case chat.Active:
			if p.Online {
				state = "here"
			}
		case chat.Waiting:
			state = "waiting"
		case chat.Removed:
			state = "removed"
		case chat.Banned:
			state = "banned"
			if p.Until != 0 {
				state += " until " + time.UnixMilli(p.Until).Format(time.DateTime)
			}
		}
		fmt.Fprintf(out, "%-40s %-10s %s\n", p.Name, p.Role, state)
	}
	return nil
}

func adminInvite(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	f := flags("invite", out)
	uses := f.Uint("uses", 1, "how many people")
	age := f.Duration("for", 24*time.Hour, "how long, 0 for ever")
	ask := f.Bool("ask", false, "ask before each is let in")
	role := f.String("role", chat.Member.String(), "what they become")
	rest, err := parse(f, args)
	r, ok := chat.ParseRole(*role)
	if err != nil || len(rest) > 0 || !ok || *uses == 0 || *uses > chat.MaxUses || *age < 0 {
		return errUsage
	}
	cmd := host.Command{Verb: host.VerbInvite, Role: r, Uses: uint32(*uses), AskFirst: *ask}
	if *age > 0 {
		cmd.Expires = time.Now().Add(*age).UnixMilli()
	}
	link, err := h.Invite(ctx, cmd)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, link)
	return nil
}

func adminInvites(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	if len(args) > 0 {
		return errUsage
	}
	r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbInvites})
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	for _, v := range r.Invites {
		state := "open"
		switch {
		case v.Revoked != 0:
			state = "stopped"
		case v.Expires != 0 && v.Expires <= now:
			state = "ended"
		case v.Used >= v.Uses:
			state = "used up"
		}
		until := "for ever"
		if v.Expires != 0 {
			until = "until " + time.UnixMilli(v.Expires).Format(time.DateTime)
		}
		fmt.Fprintf(out, "%s  %-8s %d of %d used, %s, %s\n", hex.EncodeToString(v.ID[:6]), state, v.Used, v.Uses, v.Role, until)
	}
	return nil
}

func adminStopInvite(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	if len(args) != 1 || len(args[0]) < 8 {
		return errUsage
	}
	r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbInvites})
	if err != nil {
		return err
	}
	for _, v := range r.Invites {
		if strings.HasPrefix(hex.EncodeToString(v.ID[:]), strings.ToLower(args[0])) {
			_, err := h.Host().Do(ctx, host.Command{Verb: host.VerbRevokeInvite, Invite: v.ID})
			return err
		}
	}
	return &host.RefusedError{Code: wire.CodeLinkUnknown}
}

// accountCommand is a command about one person, with the options that its verb
// reads.
func accountCommand(verb host.Verb) func(context.Context, *setup.Hosting, []string, io.Writer) error {
	return func(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
		f := flags(string(verb), out)
		var age time.Duration
		cmd := host.Command{Verb: verb}
		if verb == host.VerbBan {
			f.DurationVar(&age, "for", 0, "how long, 0 for good")
		}
		if verb == host.VerbBan || verb == host.VerbRemove {
			f.StringVar(&cmd.Reason, "reason", "", "what the person is told")
		}
		rest, err := parse(f, args)
		if err != nil || len(rest) != 1 || age < 0 {
			return errUsage
		}
		cmd.Name = rest[0]
		if age > 0 {
			cmd.Until = time.Now().Add(age).UnixMilli()
		}
		r, err := h.Host().Do(ctx, cmd)
		if err != nil {
			return err
		}
		if r.Code != "" {
			fmt.Fprintf(out, "%s (valid until %s)\n", r.Code, time.UnixMilli(r.Until).Format(time.DateTime))
		}
		return nil
	}
}

func adminRole(ctx context.Context, h *setup.Hosting, args []string, _ io.Writer) error {
	if len(args) != 2 {
		return errUsage
	}
	role, ok := chat.ParseRole(args[1])
	if !ok {
		return errUsage
	}
	_, err := h.Host().Do(ctx, host.Command{Verb: host.VerbRole, Name: args[0], Role: role})
	return err
}

func adminPlace(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	f := flags("place", out)
	name := f.String("name", "", "what it is called")
	join := f.String("join", "", "who may join: invite, open, approval or closed")
	size := f.String("max-file", "", "largest file, 0: no files")
	rest, err := parse(f, args)
	if err != nil || len(rest) > 0 {
		return errUsage
	}
	place := h.Host().Place()
	before := place
	if *name != "" {
		place.Name = *name
	}
	if *join != "" {
		mode, ok := chat.ParseJoinMode(*join)
		if !ok {
			return errUsage
		}
		place.Mode = mode
	}
	if *size != "" {
		if place.MaxFile, err = parseSize(*size); err != nil {
			return errUsage
		}
	}
	if place != before {
		if _, err := h.Host().Do(ctx, host.Command{Verb: host.VerbPlace, Place: &place}); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s (join: %s, files up to %s)\n", place.Name, place.Mode, formatSize(place.MaxFile))
	return nil
}

func adminAudit(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	f := flags("audit", out)
	lines := f.Int("lines", 100, "how many")
	rest, err := parse(f, args)
	if err != nil || len(rest) > 0 || *lines < 1 || *lines > 10_000 {
		return errUsage
	}
	r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbAudit, Limit: *lines})
	if err != nil {
		return err
	}
	for _, a := range r.Audit {
		who := "host"
		if !a.Actor.IsZero() {
			who = a.Actor.String()[:8]
		}
		fmt.Fprintf(out, "%s  %-8s %-14s %s\n", time.UnixMilli(a.Time).Format(time.DateTime), who, a.Action, a.Object)
	}
	return nil
}

// sizeUnits are the units that sizes are typed in, longest names first.
var sizeUnits = []struct {
	name string
	size int64
}{
	{"TiB", 1 << 40},
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"TB", 1e12},
	{"GB", 1e9},
	{"MB", 1e6},
	{"KB", 1e3},
	{"B", 1},
	{"", 1},
}

// parseSize reads a size like 500MB, 2GiB or 1000.
func parseSize(s string) (int64, error) {
	s = strings.TrimSpace(s)
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(strings.ToUpper(s), strings.ToUpper(u.name))
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || n < 0 || n*float64(u.size) > 1<<60 {
			return 0, errUsage
		}
		return int64(n * float64(u.size)), nil
	}
	return 0, errUsage
}

// formatSize prints a size in the largest unit that it has one of.
func formatSize(n int64) string {
	for _, u := range sizeUnits[:4] {
		if n >= u.size {
			return strconv.FormatFloat(float64(n)/float64(u.size), 'f', 1, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(n, 10) + " B"
}
