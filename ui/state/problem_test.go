package state

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/crypto/password"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/text"
)

// codes reads the names of all codes from the source of package wire, so that a
// new one cannot be forgotten here.
func codes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../net/wire/code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, id := range v.Names {
				if strings.HasPrefix(id.Name, "Code") {
					names = append(names, id.Name)
				}
			}
		}
		return true
	})
	if len(names) < 30 {
		t.Fatalf("only %d codes found: the test looks into the wrong file", len(names))
	}
	return names
}

// FEATURES J6: every code of the host has a sentence, and those that a person
// can do something about have one of their own.
func TestEveryCodeHasASentence(t *testing.T) {
	// These say that one of the two programs is wrong, not that a person is.
	faults := map[wire.Code]bool{wire.CodeOK: true, wire.CodeBadMessage: true, wire.CodeBadSignature: true, wire.CodeStale: true}
	for i, name := range codes(t) {
		code := wire.Code(i) // they are numbered without a gap
		got := say(fmt.Errorf("register: %w", &client.CodeError{Code: code}), text.Facts{})
		if got.What == "" || got.Code == "" {
			t.Errorf("%s has no words: %+v", name, got)
		}
		if own := problemOfCode(code) != text.Unexpected; own == faults[code] {
			t.Errorf("%s: own sentence %v, want %v", name, own, !faults[code])
		}
		if strings.Contains(got.String(), "refused by the host") {
			t.Errorf("%s shows the text of the error: %q", name, got)
		}
	}
}

// FEATURES J6: no error's own text reaches a person, whatever it is.
func TestNoErrorTextIsShown(t *testing.T) {
	listed := problems()
	if len(listed) < 25 {
		t.Fatalf("only %d errors listed", len(listed))
	}
	for _, p := range listed {
		got := say(fmt.Errorf("open client: %w", p.err), text.Facts{})
		if want := text.For(p.problem, text.Facts{}); got.String() != want.String() || got.What == "" {
			t.Errorf("%v is said as %q, want %q", p.err, got, want)
		}
	}
	got := say(errors.New("dial tcp 10.0.0.5:7443: connect: no route to host"), text.Facts{})
	if want := text.For(text.Unexpected, text.Facts{}); got.What != want.What || got.Do != want.Do {
		t.Errorf("an unknown error is said as %q, want %q", got, want)
	}
}

func TestProblems(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f := text.Facts{Now: now, Name: "Maria", Place: "Our class"}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"a wrong password":           {&client.CodeError{Code: wire.CodeRefused}, "Wrong name or password. Ask the host to reset it."},
		"too many tries":             {&client.CodeError{Code: wire.CodeSlowDown, After: time.Minute}, "Too many tries. Try again in 1 min."},
		"a link without uses":        {&client.CodeError{Code: wire.CodeLinkUsed}, "This link has been used up. Ask Maria for a new one."},
		"a link that was stopped":    {&client.CodeError{Code: wire.CodeLinkRevoked}, "This link does not work any more. Ask Maria for a new one."},
		"another computer":           {fmt.Errorf("connect: %w", client.ErrWrongHost), "Stop. This is not the place from your link. Someone may be pretending to be it. I did not connect."},
		"a place that is off":        {client.ErrUnreachable, "I cannot reach this place. It may be switched off, or your network blocks it. I keep trying."},
		"the profile of another":     {paths.ErrInUse, "Snug is already open. Its window is still open, or it hosts a place in the background."},
		"a full outbox":              {fmt.Errorf("post: %w", client.ErrOutboxFull), "Too many messages wait in this room to be sent. Nothing was lost. Send this one again when the others have gone out."},
		"a full disk of the host":    {&client.CodeError{Code: wire.CodeDiskFull}, "The host's disk is full. Messages and files wait here until there is room."},
		"a ban for good":             {&client.CodeError{Code: wire.CodeBanned}, "You are banned from this place. What you have already received stays here."},
		"a ban until this afternoon": {&client.CodeError{Code: wire.CodeBanned, Until: now.Add(3 * time.Hour)}, "You are banned from this place until 15:00. What you have already received stays here."},
	} {
		if got := say(c.err, f).String(); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
	f.By, f.Reason = "Tom", "spam"
	if got, want := say(&client.CodeError{Code: wire.CodeRemoved}, f).String(), "Tom removed you from Our class. Reason: spam\nWhat you have already received stays here."; got != want {
		t.Errorf("removed: got %q, want %q", got, want)
	}
}

// Every reason of package password has its own words.
func TestPasswordReasons(t *testing.T) {
	seen := map[string]error{}
	for _, err := range []error{password.ErrShort, password.ErrLong, password.ErrCommon, password.ErrSimple, password.ErrName, password.ErrText} {
		s := sayPassword(err)
		if s == "" || seen[s] != nil {
			t.Errorf("%v is said as %q, as is %v", err, s, seen[s])
		}
		seen[s] = err
	}
	if got := sayPassword(nil); got != "" {
		t.Errorf("nothing wrong is said as %q", got)
	}
}
