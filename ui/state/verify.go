package state

import (
	"context"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

// verifiedBy says how a person was verified, "" if not.
func verifiedBy(x *client.Person) string {
	switch {
	case !x.Verified:
		return ""
	case x.Proof == client.ByInvite:
		return text.PeopleVerified()
	}
	return text.VerifyDone()
}

// doubtAbout says why nothing private is sent to a person, "" if nothing is wrong.
func doubtAbout(x *client.Person) string {
	switch x.Doubt {
	case client.KeysChanged:
		return text.VerifyDoubtKeys(x.Name)
	case client.NoMatch:
		return text.VerifyDoubtMatch()
	}
	return ""
}

// canVerify reports whether this person can verify another one.
func (p *Place) canVerify(x *client.Person) bool {
	return !x.Me && !x.Blocked && x.Pinned && x.State == chat.Active
}

// Compare is a comparison of pictures with a person, in words.
type Compare struct {
	Account  chat.AccountID
	Title    string
	Line     string // "" for none
	Pictures [7]int
	Shown    bool // the pictures are
	Number   bool // so may be the safety number
	Alarm    bool
	Done     bool
	Answers  []CompareAnswer // the one that is meant last
}

// CompareAnswer is a button under a comparison.
type CompareAnswer int

// The answers.
const (
	CompareStop CompareAnswer = iota + 1 // gives it up, or closes what is over
	CompareDiffer
	CompareMatch
	CompareTell // the host's person
	CompareAgain
)

// Word is what stands on the button.
func (a CompareAnswer) Word(over bool) string {
	switch {
	case a == CompareStop && over:
		return text.WordClose()
	case a == CompareStop:
		return text.WordCancel()
	case a == CompareDiffer:
		return text.VerifyDiffer()
	case a == CompareMatch:
		return text.VerifyMatch()
	case a == CompareTell:
		return text.VerifyTell()
	case a == CompareAgain:
		return text.WordRetry()
	}
	return ""
}

// readCompare reads which comparisons go on.
func (r *reader) readCompare() {
	list := r.client.Comparisons()
	r.show(func() {
		p := r.place
		for _, k := range list {
			old, had := compareWith(p.compares, k.Account)
			if k.Stage == client.CompareAsked && (!had || old.Stage != client.CompareAsked) && !p.active {
				p.desktop.Notify(p.info.Name, text.VerifyAsksNews(p.nameOf(k.Account)))
			}
		}
		p.compares = list
		p.watch.Changed(PartCompare)
	})
}

func compareWith(list []client.Comparison, account chat.AccountID) (client.Comparison, bool) {
	for _, k := range list {
		if k.Account == account {
			return k, true
		}
	}
	return client.Comparison{}, false
}

// Asking returns who wants to compare pictures with this person, and what says
// so; ok is false if nobody does.
func (p *Place) Asking() (who chat.AccountID, line string, ok bool) {
	for _, k := range p.compares {
		if k.Stage == client.CompareAsked {
			return k.Account, text.VerifyAsks(p.nameOf(k.Account)), true
		}
	}
	return who, "", false
}

// Compare returns the comparison with a person, if there is one to be shown.
func (p *Place) Compare(account chat.AccountID) (Compare, bool) {
	k, ok := compareWith(p.compares, account)
	if !ok || k.Stage == client.CompareAsked {
		return Compare{}, false
	}
	here := false
	if x, known := p.person(account); known {
		here = p.isHere(x)
	}
	_, host := p.hostBeside(account)
	return compareOf(k, p.nameOf(account), here, host), true
}

// compareOf puts a stage into words.
func compareOf(k client.Comparison, name string, here, host bool) Compare {
	c := Compare{Account: k.Account, Pictures: k.Pictures, Answers: []CompareAnswer{CompareStop}}
	switch k.Stage {
	case client.CompareWaiting:
		c.Title, c.Number = text.VerifyWaitTitle(name), true
		switch {
		case !k.Asked:
			c.Line = text.VerifyAnswerLine()
		case here:
			c.Line = text.VerifyWaitLine(name)
		default:
			c.Line = text.VerifyWaitAway(name)
		}
	case client.CompareShown:
		c.Title, c.Shown, c.Number = text.VerifyLook(name), true, true
		c.Answers = []CompareAnswer{CompareDiffer, CompareMatch}
	case client.CompareSaid:
		c.Title, c.Line, c.Shown = text.VerifySaidTitle(name), text.VerifySaidLine(name), true
		c.Answers = []CompareAnswer{CompareDiffer}
	case client.CompareDone:
		c.Title, c.Line, c.Done = text.VerifyDoneTitle(name), text.VerifyDoneLine(name), true
	case client.CompareDiffer:
		c.Title, c.Line, c.Alarm, c.Answers = text.VerifyDifferTitle(), text.VerifyDifferLine(name), true, []CompareAnswer{CompareAgain}
		if host {
			c.Answers = []CompareAnswer{CompareTell, CompareAgain}
		}
	case client.CompareEnded, client.CompareAsked:
		c.Title, c.Line, c.Answers = text.VerifyEndTitle(), text.VerifyEndLine(name), []CompareAnswer{CompareStop, CompareAgain}
		if k.Late {
			c.Line = text.VerifyEndLate()
		}
	}
	return c
}

// Over reports whether the comparison goes on no more.
func (c Compare) Over() bool { return c.Done || c.Alarm || len(c.Answers) > 1 && !c.Shown }

// NameOf is the name of a person.
func (p *Place) NameOf(account chat.AccountID) string { return p.nameOf(account) }

// Verify asks a person to compare pictures, or agrees to it.
func (p *Place) Verify(account chat.AccountID) {
	p.ask(func(ctx context.Context) error { return p.client.Compare(ctx, account) }, nil)
}

// AnswerCompare does what a button under a comparison says.
func (p *Place) AnswerCompare(account chat.AccountID, a CompareAnswer) {
	switch a {
	case CompareStop:
		p.StopComparing(account)
	case CompareMatch:
		p.ask(func(ctx context.Context) error { return p.client.TheyMatch(ctx, account) }, nil)
	case CompareDiffer:
		p.ask(func(ctx context.Context) error { return p.client.TheyDiffer(ctx, account) }, nil)
	case CompareAgain:
		p.Verify(account)
	case CompareTell:
		p.StopComparing(account)
		p.tellHost(account)
	}
}

// StopComparing gives a comparison up, or turns a question away.
func (p *Place) StopComparing(account chat.AccountID) { p.client.StopComparing(account) }

// LeaveCompare is called when a comparison is not looked at any more: one in which
// this person has said that the pictures match goes on without being looked at.
func (p *Place) LeaveCompare(account chat.AccountID) {
	if k, ok := p.client.Comparison(account); ok && k.Stage != client.CompareSaid {
		p.StopComparing(account)
	}
}

// WriteAnyway answers what is doubtful about a person without verifying them.
func (p *Place) WriteAnyway(account chat.AccountID) {
	direct := p.facts[p.open].Kind == chat.RoomDirect && p.facts[p.open].Peer == account
	p.ask(func(ctx context.Context) error { return p.client.WriteAnyway(ctx, account) }, func(err error) {
		if err == nil && direct {
			p.Message(account) // direct messages may go on in another room
		}
	})
}

// SafetyNumber computes the number to compare with a person and hands it to got,
// as twelve groups, on the window's goroutine.
func (p *Place) SafetyNumber(account chat.AccountID, got func(number string)) {
	var number string
	p.ask(func(context.Context) (err error) {
		number, err = p.client.SafetyNumber(account)
		return err
	}, func(err error) {
		if err == nil {
			got(number)
		}
	})
}

// SameNumber says that this person has compared a number, and that it is the same.
func (p *Place) SameNumber(account chat.AccountID, number string) {
	name := p.nameOf(account)
	p.ask(func(ctx context.Context) error { return p.client.ConfirmNumber(ctx, account, number) }, func(err error) {
		if err == nil {
			p.StopComparing(account)
			p.desktop.Toast(text.VerifyDoneTitle(name))
		}
	})
}

// hostBeside returns the owner of the place, if that is neither this person nor
// another one.
func (p *Place) hostBeside(account chat.AccountID) (chat.AccountID, bool) {
	for i := range p.people {
		if x := &p.people[i]; x.Role == chat.Owner && x.State == chat.Active && !x.Me && x.Account != account {
			return x.Account, true
		}
	}
	return chat.AccountID{}, false
}

// tellHost opens the direct messages with the owner and begins a message about
// pictures that differ.
func (p *Place) tellHost(about chat.AccountID) {
	host, ok := p.hostBeside(about)
	if !ok {
		return
	}
	draft := text.VerifyTellDraft(p.nameOf(about))
	var id chat.RoomID
	p.ask(func(ctx context.Context) (err error) {
		id, err = p.client.Direct(ctx, host)
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		p.Show(id)
		if t := p.talk(id); t.Draft() == "" {
			t.SetDraft(draft)
			p.watch.Changed(PartDraft)
		}
	})
}
