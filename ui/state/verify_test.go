package state

import (
	"slices"
	"strings"
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// TestComparisonInWords: each stage of a comparison says what to do, offers what can
// be answered, and shows the pictures only while they are to be looked at (FEATURES C6).
func TestComparisonInWords(t *testing.T) {
	for name, x := range map[string]struct {
		k          client.Comparison
		here, host bool
		title      string
		line       string
		answers    []CompareAnswer
		shown      bool
		number     bool
		alarm      bool
		over       bool
	}{
		"asked, and the other one is here": {
			k: client.Comparison{Stage: client.CompareWaiting, Asked: true}, here: true,
			title: text.VerifyWaitTitle("Ben"), line: text.VerifyWaitLine("Ben"), answers: []CompareAnswer{CompareStop}, number: true,
		},
		"asked, and the other one is away": {
			k:     client.Comparison{Stage: client.CompareWaiting, Asked: true},
			title: text.VerifyWaitTitle("Ben"), line: text.VerifyWaitAway("Ben"), answers: []CompareAnswer{CompareStop}, number: true,
		},
		"agreed, and the pictures are to come": {
			k: client.Comparison{Stage: client.CompareWaiting}, here: true,
			title: text.VerifyWaitTitle("Ben"), line: text.VerifyAnswerLine(), answers: []CompareAnswer{CompareStop}, number: true,
		},
		"the pictures are there": {
			k: client.Comparison{Stage: client.CompareShown}, here: true,
			title: text.VerifyLook("Ben"), answers: []CompareAnswer{CompareDiffer, CompareMatch}, shown: true, number: true,
		},
		"said that they match": {
			k: client.Comparison{Stage: client.CompareSaid}, here: true,
			title: text.VerifySaidTitle("Ben"), line: text.VerifySaidLine("Ben"), answers: []CompareAnswer{CompareDiffer}, shown: true,
		},
		"both said so": {
			k: client.Comparison{Stage: client.CompareDone}, here: true,
			title: text.VerifyDoneTitle("Ben"), line: text.VerifyDoneLine("Ben"), answers: []CompareAnswer{CompareStop}, over: true,
		},
		"they differ": {
			k: client.Comparison{Stage: client.CompareDiffer}, here: true,
			title: text.VerifyDifferTitle(), line: text.VerifyDifferLine("Ben"), answers: []CompareAnswer{CompareAgain}, alarm: true, over: true,
		},
		"they differ, and there is a host to tell": {
			k: client.Comparison{Stage: client.CompareDiffer}, here: true, host: true,
			title: text.VerifyDifferTitle(), line: text.VerifyDifferLine("Ben"), answers: []CompareAnswer{CompareTell, CompareAgain}, alarm: true, over: true,
		},
		"turned away": {
			k: client.Comparison{Stage: client.CompareEnded}, here: true,
			title: text.VerifyEndTitle(), line: text.VerifyEndLine("Ben"), answers: []CompareAnswer{CompareStop, CompareAgain}, over: true,
		},
		"nobody answered in time": {
			k:     client.Comparison{Stage: client.CompareEnded, Late: true},
			title: text.VerifyEndTitle(), line: text.VerifyEndLate(), answers: []CompareAnswer{CompareStop, CompareAgain}, over: true,
		},
	} {
		got := compareOf(x.k, "Ben", x.here, x.host)
		if got.Title != x.title || got.Line != x.line || !slices.Equal(got.Answers, x.answers) {
			t.Errorf("%s: got %q, %q, %v; want %q, %q, %v", name, got.Title, got.Line, got.Answers, x.title, x.line, x.answers)
		}
		if got.Shown != x.shown || got.Number != x.number || got.Alarm != x.alarm || got.Over() != x.over {
			t.Errorf("%s: pictures %v, number %v, alarm %v, over %v", name, got.Shown, got.Number, got.Alarm, got.Over())
		}
		for _, a := range got.Answers {
			if a.Word(got.Over()) == "" {
				t.Errorf("%s: the button of answer %d says nothing", name, a)
			}
		}
	}
}

// account finds a person by name.
func account(t *testing.T, p *Place, name string) chat.AccountID {
	t.Helper()
	for _, m := range p.Members() {
		if m.Name == name {
			return m.Account
		}
	}
	t.Fatalf("nobody is called %s", name)
	return chat.AccountID{}
}

// meet has Ana ask and Ben agree, until both see pictures.
func (x *town) meet(ana, ben chat.AccountID) {
	x.a.t.Helper()
	x.ana.Verify(ben)
	x.until("Ben is asked", func() bool {
		who, line, ok := x.ben.Asking()
		return ok && who == ana && line == text.VerifyAsks("Ana")
	})
	if _, ok := x.ben.Compare(ana); ok {
		x.a.t.Error("a question that was not answered is shown as a comparison")
	}
	x.ben.Verify(ana)
	x.until("both see pictures", func() bool {
		a, _ := x.ana.Compare(ben)
		b, _ := x.ben.Compare(ana)
		return a.Shown && b.Shown
	})
	a, _ := x.ana.Compare(ben)
	b, _ := x.ben.Compare(ana)
	if a.Pictures != b.Pictures {
		x.a.t.Errorf("Ana sees %v, Ben sees %v", a.Pictures, b.Pictures)
	}
}

// TestTwoVerifyEachOther: two people compare pictures, then once more and say that
// they differ: then nothing private is sent until the person says otherwise
// (FEATURES C6).
func TestTwoVerifyEachOther(t *testing.T) {
	x := newTown(t)
	x.b.t = t
	ana, ben := account(t, x.ben, "Ana"), account(t, x.ana, "Ben")
	if c, ok := x.ana.Card(ben); !ok || c.Verify != text.VerifyAction() || c.Doubt != "" {
		t.Fatalf("before: %+v", c)
	}

	x.meet(ana, ben)
	x.ana.AnswerCompare(ben, CompareMatch)
	x.until("Ana has said so", func() bool { c, _ := x.ana.Compare(ben); return c.Title == text.VerifySaidTitle("Ben") })
	if c, _ := x.ana.Card(ben); c.Verified == text.VerifyDone() {
		t.Error("verified before Ben has said so")
	}
	x.ana.LeaveCompare(ben) // not looked at any more, it goes on
	x.ben.AnswerCompare(ana, CompareMatch)
	x.until("both are verified", func() bool {
		a, _ := x.ana.Card(ben)
		b, _ := x.ben.Card(ana)
		return a.Verified == text.VerifyDone() && b.Verified == text.VerifyDone() && a.Again && a.Verify == text.VerifyAgain()
	})

	var numbers [2]string
	x.ana.SafetyNumber(ben, func(n string) { numbers[0] = n })
	x.ben.SafetyNumber(ana, func(n string) { numbers[1] = n })
	x.until("the numbers", func() bool { return numbers[0] != "" && numbers[1] != "" })
	if numbers[0] != numbers[1] || len(strings.Fields(numbers[0])) != 12 {
		t.Errorf("Ana's number is %q, Ben's %q", numbers[0], numbers[1])
	}

	x.ana.StopComparing(ben)
	x.ben.StopComparing(ana)
	x.until("what was over is closed", func() bool {
		_, a := x.ana.Compare(ben)
		_, b := x.ben.Compare(ana)
		return !a && !b
	})
	x.meet(ana, ben)
	x.ben.AnswerCompare(ana, CompareDiffer)
	x.until("Ben's client doubts Ana", func() bool {
		c, _ := x.ben.Compare(ana)
		card, _ := x.ben.Card(ana)
		return c.Alarm && card.Doubt == text.VerifyDoubtMatch() && card.Verified == ""
	})
	x.ben.WriteAnyway(ana)
	x.until("Ben writes anyway", func() bool { c, _ := x.ben.Card(ana); return c.Doubt == "" })
}
