package interop

import (
	"fmt"
	"testing"

	"github.com/snugchat/snug/crypto/mls"
	"github.com/thomas-vilte/mls-go/ciphersuite"
	"github.com/thomas-vilte/mls-go/credentials"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"
	"github.com/thomas-vilte/mls-go/keypackages"
)

// The benchmarks do the same with both implementations, in memory, with suite 1
// and a group that its creator filled with one commit. Run them together: only
// the ratio means something elsewhere.

var benchSizes = [...]int{2, 50, 500}

const benchText = "A line of text of the usual length, as people send it to each other all day, about a hundred bytes."

// fillSnug makes a group of n members, whose creator and second member it
// returns.
func fillSnug(b *testing.B, n int) (creator, second *snug) {
	b.Helper()
	client := func(name string) *snug {
		key, err := mls.GenerateSigningKey(mls.X25519AES128SHA256Ed25519)
		if err != nil {
			b.Fatal(err)
		}
		c, err := mls.NewClient(mls.Config{
			Signer: key, Policy: anyone{}, Credential: mls.Credential{Type: mls.BasicCredential, Identity: []byte(name)},
		})
		if err != nil {
			b.Fatal(err)
		}
		return &snug{client: c, store: rows{}}
	}
	creator = client("creator")
	var err error
	if creator.group, err = creator.client.Create(creator.store, []byte("bench"), nil); err != nil {
		b.Fatal(err)
	}
	var packages []*mls.KeyPackage
	for i := 1; i < n; i++ {
		m := client(fmt.Sprint("member ", i))
		k, err := m.client.NewKeyPackage(m.store, false)
		if err != nil {
			b.Fatal(err)
		}
		packages = append(packages, k)
		if i == 1 {
			second = m
		}
	}
	out, err := creator.group.Commit(creator.store, mls.Plan{Add: packages, TreeInWelcome: true})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := creator.group.ApplyPending(creator.store); err != nil {
		b.Fatal(err)
	}
	if second.group, err = second.client.Join(second.store, out.Welcome, nil); err != nil {
		b.Fatal(err)
	}
	return creator, second
}

// theirMember is a client of mls-go with its keys.
type theirMember struct {
	pkg     *keypackages.KeyPackage
	private *keypackages.KeyPackagePrivateKeys
	signer  *ciphersuite.SignaturePrivateKey
}

func newTheirs(b *testing.B, name string) theirMember {
	b.Helper()
	cred, signer, err := credentials.GenerateCredentialWithKeyForCS([]byte(name), ciphersuite.MLS128DHKEMX25519)
	if err != nil {
		b.Fatal(err)
	}
	pkg, private, err := keypackages.Generate(cred, keypackages.CipherSuite(ciphersuite.MLS128DHKEMX25519))
	if err != nil {
		b.Fatal(err)
	}
	return theirMember{pkg, private, signer}
}

// fillTheirs makes a group of n members and the Welcome of the last one.
func fillTheirs(b *testing.B, n int) (g *group.Group, creator, last theirMember, welcome *group.Welcome) {
	b.Helper()
	creator = newTheirs(b, "creator")
	id, err := group.NewGroupIDRandom()
	if err != nil {
		b.Fatal(err)
	}
	if g, err = group.NewGroup(id, ciphersuite.MLS128DHKEMX25519, creator.pkg, creator.private); err != nil {
		b.Fatal(err)
	}
	for i := 1; i < n; i++ {
		last = newTheirs(b, fmt.Sprint("member ", i))
		if _, err := g.AddMember(last.pkg); err != nil {
			b.Fatal(err)
		}
	}
	staged, err := g.Commit(creator.signer, creator.signer.PublicKey(), nil)
	if err != nil {
		b.Fatal(err)
	}
	joiner := staged.JoinerSecret()
	if err := g.MergeCommit(staged); err != nil {
		b.Fatal(err)
	}
	welcome, err = g.CreateWelcomeWithOpts([]*keypackages.KeyPackage{last.pkg}, creator.signer,
		group.WithJoinerSecret(joiner), group.WithPSKIDs(staged.PskIDs()),
		group.WithPSKSecret(staged.RawPskSecret()), group.WithStagedCommit(staged))
	if err != nil {
		b.Fatal(err)
	}
	return g, creator, last, welcome
}

func each(b *testing.B, ours, theirs func(b *testing.B, n int)) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("members=%d/impl=snug", n), func(b *testing.B) { ours(b, n) })
		b.Run(fmt.Sprintf("members=%d/impl=mls-go", n), func(b *testing.B) { theirs(b, n) })
	}
}

func BenchmarkSend(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		c, _ := fillSnug(b, n)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.group.Encrypt(c.store, nil, []byte(benchText)); err != nil {
				b.Fatal(err)
			}
		}
	}, func(b *testing.B, n int) {
		g, c, _, _ := fillTheirs(b, n)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := g.SendMessage([]byte(benchText), c.signer); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReceive(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		c, s := fillSnug(b, n)
		var waiting [][]byte // made in batches: stopping the clock costs as well
		b.ReportAllocs()
		for b.Loop() {
			if len(waiting) == 0 {
				b.StopTimer()
				for range 500 {
					m, err := c.group.Encrypt(c.store, nil, []byte(benchText))
					if err != nil {
						b.Fatal(err)
					}
					waiting = append(waiting, m)
				}
				b.StartTimer()
			}
			if _, err := s.group.Process(s.store, waiting[0]); err != nil {
				b.Fatal(err)
			}
			waiting = waiting[1:]
		}
	}, func(b *testing.B, n int) {
		g, c, last, welcome := fillTheirs(b, n)
		s, err := group.JoinFromWelcome(welcome, last.pkg, last.private, nil)
		if err != nil {
			b.Fatal(err)
		}
		var waiting []*framing.PrivateMessage
		b.ReportAllocs()
		for b.Loop() {
			if len(waiting) == 0 {
				b.StopTimer()
				for range 500 {
					m, err := g.SendMessage([]byte(benchText), c.signer)
					if err != nil {
						b.Fatal(err)
					}
					waiting = append(waiting, m)
				}
				b.StartTimer()
			}
			if _, err := s.ReceiveMessage(waiting[0], 0); err != nil {
				b.Fatal(err)
			}
			waiting = waiting[1:]
		}
	})
}

// BenchmarkCommit is an empty commit of the creator, applied at once. All other
// parents are blank, so it encrypts to about half of the members: the worst
// case, in which most time goes into HPKE.
func BenchmarkCommit(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		c, _ := fillSnug(b, n)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.group.Commit(c.store, mls.Plan{}); err != nil {
				b.Fatal(err)
			}
			if _, err := c.group.ApplyPending(c.store); err != nil {
				b.Fatal(err)
			}
		}
	}, func(b *testing.B, n int) {
		g, c, _, _ := fillTheirs(b, n)
		b.ReportAllocs()
		for b.Loop() {
			staged, err := g.Commit(c.signer, c.signer.PublicKey(), nil)
			if err != nil {
				b.Fatal(err)
			}
			if err := g.MergeCommit(staged); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJoin(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		c, _ := fillSnug(b, n)
		key, err := mls.GenerateSigningKey(mls.X25519AES128SHA256Ed25519)
		if err != nil {
			b.Fatal(err)
		}
		client, err := mls.NewClient(mls.Config{
			Signer: key, Policy: anyone{}, Credential: mls.Credential{Type: mls.BasicCredential, Identity: []byte("joiner")},
		})
		if err != nil {
			b.Fatal(err)
		}
		store := rows{}
		k, err := client.NewKeyPackage(store, true) // of last resort: it stays for the next round
		if err != nil {
			b.Fatal(err)
		}
		out, err := c.group.Commit(c.store, mls.Plan{Add: []*mls.KeyPackage{k}, TreeInWelcome: true})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Join(store, out.Welcome, nil); err != nil {
				b.Fatal(err)
			}
			delete(store, "bench")
		}
	}, func(b *testing.B, n int) {
		_, _, last, welcome := fillTheirs(b, n)
		parsed, err := group.UnmarshalWelcome(welcome.Marshal())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := group.JoinFromWelcome(parsed, last.pkg, last.private, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
