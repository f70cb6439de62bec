package group_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/crypto/mls"
)

// encoded is the extension list of a policy.
func encoded(t testing.TB, p group.Policy) mls.Extensions {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return mls.Extensions{{Type: 0xF001, Data: b}}
}

// bare is a key package that our own code would not make.
func (d *dev) bare(change ...func(*mls.Config)) *mls.KeyPackage {
	d.t.Helper()
	k, err := d.rogueClient(change...).NewKeyPackage(newMemory(), false)
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

// leafOf finds the leaf of a device.
func (d *dev) leafOf(who *dev) mls.LeafIndex {
	d.t.Helper()
	m, ok := d.g.Member(who.d.ID())
	if !ok {
		d.t.Fatalf("%s is not in the group", who.name)
	}
	return m.Leaf
}

// attack makes a message in a group of Ana, who is admin, her phone, Ben and
// Cleo, and says what its header calls it.
type attack func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte)

// attacks let members with programs of their own, without our rules,
// try what the rules forbid. Each entry returns a message and its kind; each rule
// was seen to be missed by its entry with the line that guards it taken out.
func attacks(t *testing.T) map[string]attack {
	// commit is a commit of by's own program.
	commit := func(t *testing.T, by *dev, aad []byte, plan mls.Plan, change ...func(*mls.Config)) (group.Kind, []byte) {
		t.Helper()
		g, store := by.rogue(change...)
		plan.AuthenticatedData = append(slices.Clone(aad), plan.AuthenticatedData...)
		out, err := g.Commit(store, plan)
		if err != nil {
			t.Fatal(err)
		}
		return group.Changed, out.Message
	}
	propose := func(t *testing.T, by *dev, aad []byte, p mls.Proposal) (group.Kind, []byte) {
		t.Helper()
		g, store := by.rogue()
		m, err := g.Propose(store, p, aad, false)
		if err != nil {
			t.Fatal(err)
		}
		return group.Proposed, m
	}
	rejoin := func(t *testing.T, by *dev, from *dev, aad []byte, replaces func(*mls.LeafNode) bool) (group.Kind, []byte) {
		t.Helper()
		info, err := from.g.GroupInfo()
		if err != nil {
			t.Fatal(err)
		}
		_, m, err := by.rogueClient().Rejoin(newMemory(), info, mls.Rejoining{AuthenticatedData: aad, Replaces: replaces})
		if err != nil {
			t.Fatal(err)
		}
		return group.Changed, m
	}
	identityOf := func(l *mls.LeafNode) [32]byte {
		who, _, _ := identity.CertificateNames(l.Credential.Identity)
		return who
	}
	nobody := func(*mls.LeafNode) bool { return false }
	return map[string]attack{
		"a member who is no admin adds somebody": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{Add: []*mls.KeyPackage{w.person("eve").device("eve").bare()}})
		},
		"a member who is no admin adds a device of somebody else": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{Add: []*mls.KeyPackage{ana.who.device("tablet").bare()}})
		},
		"a member who is no admin removes somebody": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{Remove: []mls.LeafIndex{ben.leafOf(cleo)}})
		},
		"a member removes somebody by its own revocation": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{Remove: []mls.LeafIndex{ben.leafOf(cleo)}, AuthenticatedData: ben.who.revoke(cleo.d.ID())})
		},
		"a member removes somebody by a revocation of another place": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			r, err := identity.Revocation{Place: x25519(t), Identity: cleo.who.id(), Number: 1, Device: cleo.d.ID(), At: 1}.Sign(cleo.who.key)
			if err != nil {
				t.Fatal(err)
			}
			return commit(t, ben, aad, mls.Plan{Remove: []mls.LeafIndex{ben.leafOf(cleo)}, AuthenticatedData: r})
		},
		"a member removes somebody by a damaged revocation": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			r := cleo.who.revoke(cleo.d.ID())
			r[len(r)-1] ^= 1
			return commit(t, ben, aad, mls.Plan{Remove: []mls.LeafIndex{ben.leafOf(cleo)}, AuthenticatedData: r})
		},
		"a member removes one device by the revocation of another": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{Remove: []mls.LeafIndex{ben.leafOf(ana)}, AuthenticatedData: ana.who.revoke(phone.d.ID())})
		},
		"more revocations than a commit may carry": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			r := ana.who.revoke(phone.d.ID())
			return commit(t, ben, aad, mls.Plan{AuthenticatedData: bytes.Repeat(r, group.MaxRevocations+1)})
		},
		"authenticated data that is no revocation": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{AuthenticatedData: []byte("x")})
		},
		"a member who is no admin changes the policy": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			p := ben.g.Policy()
			p.Admins = append(slices.Clone(p.Admins), ben.who.id())
			return commit(t, ben, aad, mls.Plan{Replace: true, Extensions: encoded(t, p)})
		},
		"a member makes itself admin and acts as one at once": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			p := ben.g.Policy()
			p.Admins = append(slices.Clone(p.Admins), ben.who.id())
			return commit(t, ben, aad, mls.Plan{
				Replace: true, Extensions: encoded(t, p),
				Add: []*mls.KeyPackage{w.person("eve").device("eve").bare()}, Remove: []mls.LeafIndex{ben.leafOf(cleo)},
			})
		},
		"an admin takes the policy away": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ana, aad, mls.Plan{Replace: true})
		},
		"an admin adds another extension": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			x := append(encoded(t, ana.g.Policy()), mls.Extension{Type: mls.ExtExternalSenders, Data: []byte{0}})
			return commit(t, ana, aad, mls.Plan{Replace: true, Extensions: x})
		},
		"an admin makes a policy that does not parse": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			x := encoded(t, ana.g.Policy())
			x[0].Data = append(x[0].Data, 0)
			return commit(t, ana, aad, mls.Plan{Replace: true, Extensions: x})
		},
		"an admin names a key as admin that everybody can sign for": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			p := ana.g.Policy()
			p.Admins = append(slices.Clone(p.Admins), ben.who.id())
			x := encoded(t, p)
			small := make([]byte, 32) // of order 4, and first in the order
			x[0].Data = slices.Replace(x[0].Data, 4, 36, small...)
			if !bytes.Contains(x[0].Data, ana.who.id().Bytes()) { // keep an admin who is a member
				x[0].Data = slices.Replace(x[0].Data, 36, 68, ana.who.id().Bytes()...)
			}
			return commit(t, ana, aad, mls.Plan{Replace: true, Extensions: x})
		},
		"an admin makes a policy without an admin who is there": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			p := ana.g.Policy()
			p.Admins = []identity.PublicKey{w.person("nobody").id()}
			return commit(t, ana, aad, mls.Plan{Replace: true, Extensions: encoded(t, p)})
		},
		"an admin makes the group direct": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ana, aad, mls.Plan{Replace: true, Extensions: encoded(t, group.Policy{Direct: true, Admins: []identity.PublicKey{ana.who.id()}})})
		},
		"an admin adds a device twice": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{twin(t, ben).bare()}})
		},
		"an admin adds a new device twice": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			eve := w.person("eve").device("eve")
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{eve.bare(), twin(t, eve).bare()}})
		},
		"a member changes its certificate": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			c, err := identity.ParseCertificate(ben.cert)
			if err != nil {
				t.Fatal(err)
			}
			other := ben.who.certify(w.place, c.Transport, key(t), ben.signer)
			return commit(t, ben, aad, mls.Plan{}, func(cfg *mls.Config) { cfg.Credential.Identity = other })
		},
		"a member takes over the name of somebody else": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ben, aad, mls.Plan{}, func(cfg *mls.Config) { cfg.Credential.Identity = ana.cert })
		},
		"a pre-shared key": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ana, aad, mls.Plan{PSKs: [][]byte{{1}}}, func(cfg *mls.Config) {
				cfg.PSK = func([]byte) ([]byte, error) { return []byte("psk"), nil }
			})
		},
		"a proposal to end the group": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return propose(t, ana, aad, &mls.ReInit{GroupID: []byte("next"), Version: 1, Suite: group.Suite})
		},
		"a proposal to add": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return propose(t, ana, aad, &mls.Add{KeyPackage: w.person("eve").device("eve").bare()})
		},
		"a proposal to change the policy": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			p := ana.g.Policy()
			p.Name = "other"
			return propose(t, ana, aad, &mls.GroupContextExtensions{Extensions: encoded(t, p)})
		},
		"a proposal that somebody else leave": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return propose(t, ben, aad, &mls.Remove{Removed: ben.leafOf(cleo)})
		},
		"a proposal of an admin that somebody else leave": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return propose(t, ana, aad, &mls.Remove{Removed: ana.leafOf(cleo)})
		},
		"a proposal that the last admin leave": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return propose(t, ana, aad, &mls.Remove{Removed: ana.leafOf(ana)})
		},
		"an update that stands alone": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			g, store := ben.rogue()
			m, err := g.ProposeUpdate(store, aad, false)
			if err != nil {
				t.Fatal(err)
			}
			return group.Proposed, m
		},
		"somebody from outside comes in by an external commit": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return rejoin(t, w.person("eve").device("eve"), ben, aad, nobody)
		},
		"another device of a member comes in by an external commit": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return rejoin(t, ben.who.device("ben's other"), ben, aad, nobody)
		},
		"somebody from outside replaces a member": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return rejoin(t, w.person("eve").device("eve"), ben, aad, func(l *mls.LeafNode) bool { return identityOf(l) == cleo.who.id().Array() })
		},
		"another device of a member replaces one that is not revoked": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return rejoin(t, ben.who.device("ben's other"), ben, aad, func(l *mls.LeafNode) bool { return identityOf(l) == ben.who.id().Array() })
		},
		"somebody from outside replaces a revoked device": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			aad = append(aad, cleo.who.revoke(cleo.d.ID())...)
			return rejoin(t, w.person("eve").device("eve"), ben, aad, func(l *mls.LeafNode) bool { return identityOf(l) == cleo.who.id().Array() })
		},
		"a device comes back with the word that it is revoked": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			aad = append(aad, cleo.who.revoke(cleo.d.ID())...)
			return rejoin(t, cleo, ben, aad, nil)
		},
		"a device that is there replaces a second one": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			aad = append(aad, ana.who.revoke(phone.d.ID())...)
			return rejoin(t, twin(t, ana), ben, aad, func(l *mls.LeafNode) bool {
				_, d, _ := identity.CertificateNames(l.Credential.Identity)
				return d == phone.d.ID()
			})
		},
		"an admin adds a leaf without a certificate": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{w.person("eve").device("eve").bare(func(cfg *mls.Config) {
				cfg.Credential.Identity = []byte("ben")
			})}})
		},
		"an admin adds a leaf with the certificate of somebody else": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			tablet := ben.who.device("tablet")
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{w.person("eve").device("eve").bare(func(cfg *mls.Config) {
				cfg.Credential.Identity = tablet.cert
			})}})
		},
		"an admin adds a leaf with a certificate that nobody signed": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			eve := w.person("eve").device("eve")
			forged := bytes.Clone(eve.cert)
			copy(forged[34:66], ben.who.id().Bytes()) // the identity
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{eve.bare(func(cfg *mls.Config) { cfg.Credential.Identity = forged })}})
		},
		"an admin adds a leaf with a certificate of another place": func(w *world, ana, phone, ben, cleo *dev, aad []byte) (group.Kind, []byte) {
			eve := w.person("eve")
			signer := newSigner(t)
			cert := eve.certify(x25519(t), x25519(t), key(t), signer)
			return commit(t, ana, aad, mls.Plan{Add: []*mls.KeyPackage{eve.device("eve").bare(func(cfg *mls.Config) {
				cfg.Credential.Identity, cfg.Signer = cert, signer
			})}})
		},
	}
}

// twin is another device with the same id, certified by the same identity.
func twin(t testing.TB, of *dev) *dev {
	t.Helper()
	c, err := identity.ParseCertificate(of.cert)
	if err != nil {
		t.Fatal(err)
	}
	signer := newSigner(t)
	return of.who.deviceWith(of.name+"'s twin", of.who.certify(of.w.place, c.Transport, key(t), signer), signer)
}

// TestPolicyRules: what the rules forbid, every member refuses, and goes on.
func TestPolicyRules(t *testing.T) {
	for name, attack := range attacks(t) {
		t.Run(name, func(t *testing.T) {
			w, ana, phone, ben, cleo := trio(t)
			h := w.header()
			kind, m := attack(w, ana, phone, ben, cleo, h[:])
			refused := 0
			for _, d := range w.all {
				before, epoch := d.store.copy(), d.g.Epoch()
				_, err := d.g.Process(d.store, kind, h, m)
				if err == nil || d.g.Epoch() != epoch || !before.equal(d.store) {
					t.Errorf("%s took it: %v", d.name, err)
				}
				if group.Skip(err) {
					refused++
				}
			}
			// Whose leaf made it takes it for a message of its own that it forgot.
			if refused < len(w.all)-1 {
				t.Errorf("%d of %d members go on without it", refused, len(w.all))
			}
			w.agree()
		})
	}
}

// TestJoinRules: a new member checks the group before anything is written.
func TestJoinRules(t *testing.T) {
	welcome := func(t *testing.T, by *dev, plan mls.Plan) []byte {
		t.Helper()
		g, store := by.rogue()
		plan.TreeInWelcome = true
		out, err := g.Commit(store, plan)
		if err != nil {
			t.Fatal(err)
		}
		return out.Welcome
	}
	for name, make := range map[string]func(w *world, ana, ben, eve *dev) []byte{
		"by a member who is no admin": func(w *world, ana, ben, eve *dev) []byte {
			return welcome(t, ben, mls.Plan{Add: []*mls.KeyPackage{stored(t, eve)}})
		},
		"into a group with a device twice": func(w *world, ana, ben, eve *dev) []byte {
			return welcome(t, ana, mls.Plan{Add: []*mls.KeyPackage{stored(t, eve), twin(t, ben).bare()}})
		},
		"into a group with a leaf without a certificate": func(w *world, ana, ben, eve *dev) []byte {
			x := w.person("x").device("x").bare(func(cfg *mls.Config) { cfg.Credential.Identity = []byte("x") })
			return welcome(t, ana, mls.Plan{Add: []*mls.KeyPackage{stored(t, eve), x}})
		},
		"into a group without a policy": func(w *world, ana, ben, eve *dev) []byte {
			return welcome(t, ana, mls.Plan{Add: []*mls.KeyPackage{stored(t, eve)}, Replace: true})
		},
		"into a direct group with a third person": func(w *world, ana, ben, eve *dev) []byte {
			p := group.Policy{Direct: true, Admins: []identity.PublicKey{ana.who.id(), eve.who.id()}}
			return welcome(t, ana, mls.Plan{Add: []*mls.KeyPackage{stored(t, eve)}, Replace: true, Extensions: encoded(t, p)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, ana, _, ben, _ := trio(t)
			eve := w.person("eve").device("eve")
			b := make(w, ana, ben, eve)
			before := eve.store.copy()
			if _, err := eve.d.Join(eve.store, w.id, b); err == nil || !group.Skip(err) {
				t.Errorf("got %v, want a refusal", err)
			}
			if !before.equal(eve.store) {
				t.Error("it changed the store")
			}
		})
	}
	t.Run("into another group", func(t *testing.T) {
		w, ana, _, _, _ := trio(t)
		eve := w.person("eve").device("eve")
		out, err := ana.g.Commit(ana.store, w.header(), group.Plan{Add: []*group.KeyPackage{eve.keyPackage()}})
		if err != nil {
			t.Fatal(err)
		}
		before := eve.store.copy()
		if _, err := eve.d.Join(eve.store, [32]byte{7}, out.Welcome); !group.Skip(err) {
			t.Errorf("got %v, want %v", err, group.ErrWrongGroup)
		}
		if !before.equal(eve.store) {
			t.Error("it changed the store")
		}
		if _, err := eve.d.Join(eve.store, w.id, out.Welcome); err != nil {
			t.Errorf("into the right one: %v", err)
		}
	})
}

// stored is a key package that its device can be added with, as MLS sees it.
func stored(t testing.TB, d *dev) *mls.KeyPackage {
	t.Helper()
	b, err := d.d.NewKeyPackage(d.store, false)
	if err != nil {
		t.Fatal(err)
	}
	k, err := mls.ParseKeyPackage(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
