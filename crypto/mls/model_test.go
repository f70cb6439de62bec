package mls

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// entry is one row of the total order of a group, as a host would keep it.
type entry struct {
	message []byte
	from    *modelPeer
	text    string // of application data
}

// modelPeer is a member of the model.
type modelPeer struct {
	*peer
	cursor int // entries that it processed
	online bool
	gone   bool // removed, or not yet back from a rejoin that lost
}

// model is a group with its log. The reference is the log itself: whoever
// processed the same part of it must be in the same state.
type model struct {
	rt      *rapid.T
	log     []entry
	peers   []*modelPeer
	created int
	commits int
}

const modelSuite = X25519AES128SHA256Ed25519

// catchUp processes everything that a member did not see yet.
func (m *model) catchUp(p *modelPeer) {
	for p.cursor < len(m.log) && !p.gone {
		e := m.log[p.cursor]
		p.cursor++
		if e.from == p && e.text != "" {
			continue // nobody decrypts its own data
		}
		r, err := p.group.Process(p.store, e.message)
		if err != nil {
			m.rt.Fatalf("%s, entry %d of %s in epoch %d: %v", p.name, p.cursor-1, e.from.name, p.group.Epoch(), err)
		}
		if string(r.Data) != e.text {
			m.rt.Fatalf("%s read %q, want %q", p.name, r.Data, e.text)
		}
		p.gone = r.Removed
	}
}

// post appends to the order. Like the host it refuses what was made without
// seeing a commit before it; the first commit wins.
func (m *model) post(p *modelPeer, message []byte, text string) bool {
	parsed, err := ParseMessage(message)
	if err != nil {
		m.rt.Fatal(err)
	}
	_, epoch, _ := parsed.Group()
	if epoch != uint64(m.commits) {
		return false
	}
	if parsed.private != nil && parsed.private.kind == contentCommit || parsed.public != nil && parsed.public.content.kind == contentCommit {
		m.commits++
	}
	m.log = append(m.log, entry{message, p, text})
	return true
}

// someone picks a member that is online and has seen everything.
func (m *model) someone(label string) *modelPeer {
	var up []*modelPeer
	for _, p := range m.peers {
		if p.online && !p.gone {
			up = append(up, p)
		}
	}
	if len(up) == 0 {
		m.rt.Skip("nobody is online")
	}
	p := rapid.SampledFrom(up).Draw(m.rt, label)
	m.catchUp(p)
	if p.gone {
		m.rt.Skip("just removed")
	}
	return p
}

func (m *model) newPeer() *modelPeer {
	m.created++
	return &modelPeer{peer: newPeer(m.rt, modelSuite, fmt.Sprint("member ", m.created)), online: true}
}

// commit makes a commit and posts it, together with a rival now and then.
func (m *model) commit(p *modelPeer, plan Plan) (*Outgoing, bool) {
	if p.group.Pending() {
		if err := p.group.DropPending(p.store); err != nil {
			m.rt.Fatal(err)
		}
	}
	plan.Public = rapid.Bool().Draw(m.rt, "public")
	out, err := p.group.Commit(p.store, plan)
	if err != nil {
		m.rt.Fatalf("%s commits: %v", p.name, err)
	}
	if rapid.IntRange(0, 3).Draw(m.rt, "rival") == 0 {
		rival := m.someone("rival")
		if rival != p && !rival.group.Pending() {
			won, err := rival.group.Commit(rival.store, Plan{})
			if err != nil {
				m.rt.Fatal(err)
			}
			m.post(rival, won.Message, "")
		}
	}
	return out, m.post(p, out.Message, "")
}

// join lets new members in by a Welcome, with the tree from somebody else now
// and then.
func (m *model) join(by *modelPeer, plan Plan, fresh []*modelPeer) {
	for _, p := range fresh {
		plan.Add = append(plan.Add, p.keyPackage())
	}
	plan.TreeInWelcome = rapid.Bool().Draw(m.rt, "tree inside")
	out, accepted := m.commit(by, plan)
	if !accepted {
		return // somebody else's commit came first
	}
	m.catchUp(by)
	var tree []byte
	if !plan.TreeInWelcome {
		var err error
		if tree, err = by.group.Tree(); err != nil {
			m.rt.Fatal(err)
		}
	}
	for _, p := range fresh {
		p.join(out.Welcome, tree)
		p.cursor = len(m.log)
		m.peers = append(m.peers, p)
	}
}

func (m *model) add(rt *rapid.T) {
	m.rt = rt
	if m.size() >= 50 {
		rt.Skip("full")
	}
	by := m.someone("by")
	n := rapid.IntRange(1, min(8, 50-m.size())).Draw(rt, "how many")
	var fresh []*modelPeer
	for range n {
		fresh = append(fresh, m.newPeer())
	}
	m.join(by, Plan{NoPath: rapid.Bool().Draw(rt, "no path")}, fresh)
}

func (m *model) size() (n int) {
	for _, p := range m.peers {
		if !p.gone {
			n++
		}
	}
	return n
}

func (m *model) remove(rt *rapid.T) {
	m.rt = rt
	by := m.someone("by")
	var others []LeafIndex
	for i := range by.group.Members() {
		if i != by.group.Self() {
			others = append(others, i)
		}
	}
	if len(others) == 0 {
		rt.Skip("alone")
	}
	others = rapid.Permutation(others).Draw(rt, "who")
	m.commit(by, Plan{Remove: others[:rapid.IntRange(1, min(3, len(others))).Draw(rt, "how many")]})
}

func (m *model) update(rt *rapid.T) {
	m.rt = rt
	m.commit(m.someone("by"), Plan{})
}

func (m *model) propose(rt *rapid.T) {
	m.rt = rt
	by := m.someone("by")
	public := rapid.Bool().Draw(rt, "public")
	var message []byte
	var err error
	switch rapid.IntRange(0, 2).Draw(rt, "what") {
	case 0:
		message, err = by.group.ProposeUpdate(by.store, nil, public)
	case 1:
		all := slices.Collect(func(yield func(LeafIndex) bool) {
			for i := range by.group.Members() {
				if !yield(i) {
					return
				}
			}
		})
		message, err = by.group.Propose(by.store, &Remove{rapid.SampledFrom(all).Draw(rt, "who")}, nil, public)
	default:
		message, err = by.group.Propose(by.store, &GroupContextExtensions{Extensions{
			{ExtApplicationID, []byte(fmt.Sprint("name ", len(m.log)))},
		}}, nil, public)
	}
	if errors.Is(err, ErrConsumed) {
		rt.Skip("proposed already")
	}
	if err != nil {
		rt.Fatalf("%s proposes: %v", by.name, err)
	}
	m.post(by, message, "")
}

func (m *model) send(rt *rapid.T) {
	m.rt = rt
	by := m.someone("by")
	for range rapid.IntRange(1, 4).Draw(rt, "how many") {
		text := fmt.Sprint("text ", len(m.log))
		b, err := by.group.Encrypt(by.store, nil, []byte(text))
		if err != nil {
			if len(by.group.cached) > 0 {
				rt.Skip("proposals wait")
			}
			rt.Fatal(err)
		}
		m.post(by, b, text)
	}
}

func (m *model) sleep(rt *rapid.T) {
	m.rt = rt
	rapid.SampledFrom(m.peers).Draw(rt, "who").online = false
}

func (m *model) wake(rt *rapid.T) {
	m.rt = rt
	rapid.SampledFrom(m.peers).Draw(rt, "who").online = true
}

func (m *model) restart(rt *rapid.T) {
	m.rt = rt
	p := rapid.SampledFrom(m.peers).Draw(rt, "who")
	if !p.gone {
		p.restart()
	}
}

// rejoin is a device that lost its state and comes back by an external commit.
func (m *model) rejoin(rt *rapid.T) {
	m.rt = rt
	helper, p := m.someone("helper"), m.someone("who")
	m.catchUp(helper) // picking the other may have gone on
	if helper == p || helper.gone {
		rt.Skip("nobody to help")
	}
	info, err := helper.group.GroupInfo(true)
	if err != nil {
		rt.Fatal(err)
	}
	group, message, err := p.client.Rejoin(p.store, info, Rejoining{})
	if err != nil {
		rt.Fatalf("%s rejoins: %v", p.name, err)
	}
	p.group = group
	if rapid.Bool().Draw(rt, "restart") {
		p.restart()
	}
	if !m.post(p, message, "") {
		rt.Fatal("a rejoin of the present epoch was refused")
	}
}

// check lets everybody who is online catch up; they must all agree.
func (m *model) check(rt *rapid.T) {
	m.rt = rt
	var first *modelPeer
	var exported []byte
	for _, p := range m.peers {
		if !p.online || p.gone {
			continue
		}
		m.catchUp(p)
		if p.gone {
			continue
		}
		got, err := p.group.Export("model", []byte("context"), 32)
		if err != nil {
			rt.Fatal(err)
		}
		if first == nil {
			first, exported = p, got
			holds(rt, p.peer)
			if got := len(slices.Collect(func(yield func(LeafIndex) bool) {
				for i := range p.group.Members() {
					if !yield(i) {
						return
					}
				}
			})); p.group.Epoch() != uint64(m.commits) || got > 50 {
				rt.Fatalf("%s: epoch %d with %d members, want epoch %d", p.name, p.group.Epoch(), got, m.commits)
			}
			continue
		}
		if p.group.Epoch() != first.group.Epoch() || !bytes.Equal(p.group.TreeHash(), first.group.TreeHash()) || !bytes.Equal(got, exported) {
			rt.Fatalf("%s in epoch %d does not agree with %s in epoch %d", p.name, p.group.Epoch(), first.name, first.group.Epoch())
		}
	}
}

// TestModel plays random histories of random groups in the order of one log,
// with members who are away for stretches, races of commits and restarts. More
// with -rapid.checks and -rapid.steps.
func TestModel(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		checks := "40"
		if underRace {
			checks = "5"
		}
		if err := f.Value.Set(checks); err != nil {
			t.Fatal(err)
		}
		defer f.Value.Set(f.DefValue)
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{rt: rt}
		first := m.newPeer()
		first.create()
		m.peers = append(m.peers, first)
		rt.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"add":     m.add,
			"remove":  m.remove,
			"update":  m.update,
			"propose": m.propose,
			"send":    m.send,
			"sleep":   m.sleep,
			"wake":    m.wake,
			"restart": m.restart,
			"rejoin":  m.rejoin,
		})
	})
}
