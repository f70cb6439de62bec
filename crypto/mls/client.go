package mls

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"
)

// Config says who a client is and what it asks its application.
type Config struct {
	// Signer is the signature key of all leaves of this client. Its suite is the
	// suite of all groups.
	Signer SigningKey
	// Credential names the client.
	Credential Credential
	// Policy decides about credentials and changes. It must be set.
	Policy Policy
	// CheckJoin judges a group that is to be joined by a Welcome, or rejoined by a
	// GroupInfo, before anything is written; nil accepts each. Only this client
	// asks, so it may look at what only it knows.
	CheckJoin func(*Joining) error

	// LeafExtensions go into every leaf node of this client.
	LeafExtensions Extensions
	// Supports lists extension types that the application understands besides
	// those of RFC 9420, such as its own extensions of the group context.
	Supports []ExtensionType
	// CredentialTypes lists the credential types that Policy can judge; the type
	// of Credential is always among them.
	CredentialTypes []CredentialType

	// Lifetime is how long a key package may be used; 90 days if zero.
	Lifetime time.Duration
	// MaxLifetime is the longest lifetime that is accepted from others (RFC 9420,
	// section 7.2); 366 days if zero, any if negative.
	MaxLifetime time.Duration
	// OpenExternal accepts external commits that join, or that replace the leaf of
	// another signature key; Policy then decides about them. Without it an
	// external commit must replace a leaf with the same signature key.
	OpenExternal bool

	// PSK returns an external pre-shared key; nil means there are none.
	PSK func(id []byte) ([]byte, error)
	// Now is the clock for lifetimes; time.Now if nil.
	Now func() time.Time
	// Padding says how many zero bytes to append to a content of n bytes;
	// [Padme] if nil.
	Padding func(n int) int
}

// Client makes and opens groups for one signature key. It holds no state that
// changes and may be used by several goroutines if the functions of its Config
// may.
type Client struct {
	cfg   Config
	suite *suite
}

// NewClient checks a configuration. It returns ErrUnsupported for a suite that
// this package does not have.
func NewClient(cfg Config) (*Client, error) {
	s, err := newSuite(cfg.Signer.Suite())
	if err != nil {
		return nil, err
	}
	if cfg.Policy == nil {
		return nil, errors.New("mls client without a policy")
	}
	if cfg.Credential.Type == 0 {
		return nil, errors.New("mls client without a credential")
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 90 * 24 * time.Hour
	}
	if cfg.MaxLifetime == 0 {
		cfg.MaxLifetime = 366 * 24 * time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Padding == nil {
		cfg.Padding = Padme
	}
	if !slices.Contains(cfg.CredentialTypes, cfg.Credential.Type) {
		cfg.CredentialTypes = append([]CredentialType{cfg.Credential.Type}, cfg.CredentialTypes...)
	}
	for _, x := range cfg.LeafExtensions {
		if !x.Type.isDefault() && !slices.Contains(cfg.Supports, x.Type) {
			cfg.Supports = append(slices.Clone(cfg.Supports), x.Type)
		}
	}
	return &Client{cfg: cfg, suite: s}, nil
}

// Padme pads to a size class of Padmé (Nikitin and others, "Reducing Metadata
// Leakage from Encrypted Files and Communication with PURBs", 2019), at most
// 12 % more, and to 256 bytes at least. It is the default of [Config.Padding].
func Padme(n int) int {
	if n < 256 {
		return 256 - n
	}
	e := bits.Len(uint(n)) - 1
	last := e - bits.Len(uint(e)) // bits that are rounded up
	mask := 1<<last - 1
	return (n+mask)&^mask - n
}

// grease returns one of the code points that nobody may rely on (RFC 9420,
// section 13.5), so that others keep ignoring what they do not know.
func grease() uint16 {
	var b [1]byte
	rand.Read(b[:])
	return 0x0A0A + 0x1010*uint16(b[0]%15)
}

// newLeaf is what this client says about itself, without keys that change.
func (c *Client) newLeaf() LeafNode {
	return LeafNode{
		SignatureKey: c.cfg.Signer.Public(),
		Credential:   c.cfg.Credential,
		Capabilities: Capabilities{
			Versions:    []ProtocolVersion{mls10},
			Suites:      []CipherSuite{c.suite.id, CipherSuite(grease())},
			Extensions:  append(slices.Clone(c.cfg.Supports), ExtLastResort, ExtensionType(grease())),
			Proposals:   []ProposalType{ProposalType(grease())},
			Credentials: append(slices.Clone(c.cfg.CredentialTypes), CredentialType(grease())),
		},
		Extensions: c.cfg.LeafExtensions,
	}
}

// checkLifetime refuses leaves whose lifetime is longer than allowed (RFC 9420,
// section 7.2). It does not look at the clock, so that all members agree.
func (c *Client) checkLifetime(l *LeafNode) error {
	if l.Source != LeafFromKeyPackage || c.cfg.MaxLifetime < 0 {
		return nil
	}
	if l.NotAfter < l.NotBefore || l.NotAfter-l.NotBefore > uint64(c.cfg.MaxLifetime/time.Second) {
		return fmt.Errorf("%w: lifetime of a key package", ErrInvalid)
	}
	return nil
}

// notBefore is how long before it is made the lifetime of a key package begins: an
// hour of grace for clocks that are behind this one.
const notBefore = time.Hour

// keyPackageRow names the row of a key package; they belong to no group.
func keyPackageRow(ref []byte) string { return string(rowKeyPackage) + string(ref) }

// storedKeyPackage is a key package with its private keys.
type storedKeyPackage struct {
	keyPackage *KeyPackage
	init, leaf secret
}

func readStoredKeyPackage(r *reader) storedKeyPackage {
	return storedKeyPackage{readKeyPackage(r), r.opaque(), r.opaque()}
}

func (k *storedKeyPackage) append(b []byte) []byte {
	return appendOpaque(appendOpaque(k.keyPackage.append(b), k.init), k.leaf)
}

// NewKeyPackage makes a key package that others can add this client with (RFC
// 9420, section 10), and keeps its private keys in tx until [Client.Join] uses
// them. A package of last resort stays and may be used again (section 16.8).
func (c *Client) NewKeyPackage(tx Tx, lastResort bool) (*KeyPackage, error) {
	leaf := c.newLeaf()
	stored := storedKeyPackage{}
	var err error
	if stored.leaf, leaf.EncryptionKey, err = c.suite.generateKeyPair(); err != nil {
		return nil, err
	}
	now := c.cfg.Now()
	leaf.Source = LeafFromKeyPackage
	leaf.NotBefore = uint64(now.Add(-notBefore).Unix())
	leaf.NotAfter = uint64(now.Add(c.cfg.Lifetime - notBefore).Unix())
	if err := leaf.sign(c.cfg.Signer, nil, 0); err != nil {
		return nil, err
	}
	k := &KeyPackage{Suite: c.suite.id, Leaf: &leaf}
	if lastResort {
		k.Extensions = Extensions{{Type: ExtLastResort, Data: []byte{}}}
	}
	if stored.init, k.InitKey, err = c.suite.generateKeyPair(); err != nil {
		return nil, err
	}
	if k.Signature, err = c.cfg.Signer.sign("KeyPackageTBS", k.appendUnsigned(nil)); err != nil {
		return nil, err
	}
	stored.keyPackage = k
	if err := tx.Put(nil, keyPackageRow(k.ref(c.suite)), stored.append(nil)); err != nil {
		return nil, fmt.Errorf("write key package: %w", err)
	}
	return k, nil
}

// DropKeyPackages deletes all key packages of this store whose lifetime ended, those
// of last resort that were made before a time, and the oldest if there are more than
// most. The Welcomes made with them are lost. The newest of last resort is not the
// oldest, whenever it was made: others can make this device have any number of newer
// ones, and it is what they get from then on.
func (c *Client) DropKeyPackages(tx Tx, before time.Time, most int) error {
	type kept struct {
		key  string
		made uint64
	}
	var drop []string
	var keep []kept
	var last kept // the newest of last resort
	now := c.cfg.Now()
	for row, err := range tx.Scan(nil, string(rowKeyPackage)) {
		if err != nil {
			return fmt.Errorf("read key packages: %w", err)
		}
		k, err := decode(row.Value, readStoredKeyPackage)
		if err != nil {
			return fmt.Errorf("stored key package: %w", err)
		}
		l := k.keyPackage.Leaf
		if made := l.NotBefore + uint64(notBefore/time.Second); l.NotAfter < uint64(now.Unix()) || k.keyPackage.LastResort() && int64(made) < before.Unix() {
			drop = append(drop, row.Key)
		} else {
			keep = append(keep, kept{row.Key, made})
			if k.keyPackage.LastResort() && made >= last.made {
				last = kept{row.Key, made}
			}
		}
	}
	if n := len(keep) - most; n > 0 {
		if i := slices.Index(keep, last); i >= 0 {
			keep[i].made = math.MaxUint64
		}
		slices.SortStableFunc(keep, func(a, b kept) int { return cmp.Compare(a.made, b.made) })
		for _, k := range keep[:n] {
			drop = append(drop, k.key)
		}
	}
	for _, key := range drop {
		if err := tx.Delete(nil, key); err != nil {
			return fmt.Errorf("delete key package: %w", err)
		}
	}
	return nil
}
