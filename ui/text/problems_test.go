package text

import (
	"strings"
	"testing"
	"time"
)

// FEATURES J6 and UX 4.11: every code has a text: what happened, and what comes
// next or a button, at most two buttons, no doubled sentence.
func TestEveryProblemHasWords(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	full := Facts{Name: "Maria", When: now.AddDate(0, 0, -3), Now: now, Wait: time.Minute, Size: 3_100_000_000, Limit: 2 << 30, Free: 1_200_000_000, Have: "1.2", Need: "1.4"}
	unexpected := For(Unexpected, full).What
	seen := map[string]Problem{}
	for _, p := range Problems() {
		for what, f := range map[string]Facts{"full": full, "empty": {}} {
			s := For(p, f)
			if s.What == "" || !strings.HasSuffix(s.What, ".") {
				t.Errorf("%s, %s facts: %q is no sentence", s.Code, what, s.What)
			}
			if s.What == unexpected && p != Unexpected {
				t.Errorf("%s has no words of its own", s.Code)
			}
			if len(s.Actions) > 2 {
				t.Errorf("%s: %d buttons, want at most 2", s.Code, len(s.Actions))
			}
			for _, a := range s.Actions {
				if a.Label == "" {
					t.Errorf("%s: button %d has no words", s.Code, a.ID)
				}
			}
			if strings.ContainsAny(s.String(), "{}") || strings.Contains(s.String(), "0001") {
				t.Errorf("%s: a fact is missing: %q", s.Code, s)
			}
		}
		s := For(p, full)
		if other, ok := seen[s.What]; ok {
			t.Errorf("%d and %d say the same: %q", p, other, s.What)
		}
		seen[s.What] = p
	}
}

func TestProblemsSayTheirFacts(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		p    Problem
		f    Facts
		want string
	}{
		{LinkUsed, Facts{Name: "Maria"}, "This link has been used up. Ask Maria for a new one."},
		{LinkUsed, Facts{}, "This link has been used up. Ask whoever sent it for a new one."},
		{LinkEnded, Facts{Name: "Maria", When: now.AddDate(0, 0, -3), Now: now}, "This link ended on Friday. Ask Maria for a new one."},
		{TooManyTries, Facts{Wait: 42 * time.Second}, "Too many tries. Try again in 42 s."},
		{Impostor, Facts{}, "Stop. This is not the place from your link. Someone may be pretending to be it. I did not connect."},
		{FileTooLarge, Facts{Size: 3_100_000_000, Limit: 2 << 30}, "Too big for this place: 3.1 GB, limit 2 GiB."},
		{HostNeedsNewer, Facts{Have: "1.2", Need: "1.4"}, "This place needs a newer Snug (you have 1.2, it needs 1.4)."},
		{Banned, Facts{When: now.Add(time.Hour), Now: now}, "You are banned from this place until 13:00. What you have already received stays here."},
		{Problem(999), Facts{}, "Something went wrong that should not. Nothing was lost. Send the details to whoever helps you."},
	} {
		if got := For(c.p, c.f).String(); got != c.want {
			t.Errorf("%d: got %q, want %q", c.p, got, c.want)
		}
	}
	if got := For(Impostor, Facts{}).Actions; len(got) != 0 {
		t.Errorf("an impostor has the buttons %v, want none: there is no way around it", got)
	}
	if got, want := For(Problem(999), Facts{}).Code, "SN-999"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
