package mls

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// forge makes a commit of a member that keeps to no rule: the proposals stand
// in it unchecked, and tamper may change what is signed and the path. Only the
// signature and the membership are right.
func forge(t *testing.T, from *peer, list []proposalOrRef, tamper func(a *authenticatedContent)) []byte {
	t.Helper()
	g, s := from.group, from.client.suite
	tr, err := g.apply(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := g.content(contentCommit, nil)
	a.format, a.content.commit = wirePublicMessage, &commit{proposals: list}
	if _, err := g.build(tr, a, g.epoch.self, true, g.epoch.secrets.init, s.zero(), false); err != nil {
		t.Fatal(err)
	}
	if tamper != nil {
		path := *a.content.commit.path
		leaf := *path.leaf
		path.leaf = &leaf
		path.nodes = append([]updatePathNode(nil), path.nodes...)
		a.content.commit.path = &path
		tamper(a)
		if err := a.sign(from.client.cfg.Signer, g.epoch.encoded); err != nil {
			t.Fatal(err)
		}
	}
	p, err := a.protectPublic(s, g.epoch.secrets.membership, g.epoch.encoded)
	if err != nil {
		t.Fatal(err)
	}
	return (&Message{format: wirePublicMessage, public: p}).Bytes()
}

func byValue(all ...Proposal) []proposalOrRef {
	var list []proposalOrRef
	for _, p := range all {
		list = append(list, proposalOrRef{proposal: p})
	}
	return list
}

// refusedFor expects that a message is refused with a text, so that the test
// fails when the rule is gone and something later refuses the message.
func refusedFor(t *testing.T, p *peer, what string, message []byte, want error, text string) {
	t.Helper()
	p.refuses(what, message, want)
	if _, err := p.group.Process(p.store, message); err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got %v, want %q", what, err, text)
	}
}

// Each rule about the list of proposals of a commit (RFC 9420, section 12.2).
func TestInvalidProposalLists(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	nonce := bytes.Repeat([]byte{1}, 32)
	psk := &PreSharedKey{PSKID{External: []byte("x"), Nonce: nonce}}
	add := func(change func(*KeyPackage, *peer), options ...func(*Config)) *Add {
		dave := newPeer(t, X25519AES128SHA256Ed25519, "dave", options...)
		k := dave.keyPackage()
		change(k, dave)
		return &Add{k}
	}
	resign := func(k *KeyPackage, p *peer) {
		if err := k.Leaf.sign(p.client.cfg.Signer, nil, 0); err != nil {
			t.Fatal(err)
		}
		var err error
		if k.Signature, err = p.client.cfg.Signer.sign("KeyPackageTBS", k.appendUnsigned(nil)); err != nil {
			t.Fatal(err)
		}
	}
	good := add(func(*KeyPackage, *peer) {})
	again := &Add{bob.keyPackage()}
	m, err := alice.group.Propose(alice.store, &PreSharedKey{PSKID{External: []byte("y"), Nonce: nonce}}, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*peer{alice, bob, carol} {
		p.process(m)
	}
	ref := bob.group.cached[0].ref

	for name, c := range map[string]struct {
		list []proposalOrRef
		want error
		text string
	}{
		"an update of the committer":           {byValue(&Update{carol.group.Member(2)}), ErrInvalid, "leaf of an update has another source"},
		"the committer removed":                {byValue(&Remove{2}), ErrInvalid, "removes its own sender"},
		"one member removed twice":             {byValue(&Remove{1}, &Remove{1}), ErrInvalid, "two proposals for leaf 1"},
		"a blank leaf removed":                 {byValue(&Remove{3}), ErrInvalid, "blank"},
		"a leaf beyond the tree removed":       {byValue(&Remove{1 << 31}), ErrInvalid, "blank"},
		"somebody added twice":                 {byValue(good, good), ErrInvalid, "twice in the tree"},
		"a member added again":                 {byValue(again), ErrInvalid, "signature key of node"},
		"a package without signature":          {byValue(add(func(k *KeyPackage, _ *peer) { k.Signature = nil })), ErrInvalid, "signature KeyPackageTBS"},
		"a leaf without signature":             {byValue(add(func(k *KeyPackage, _ *peer) { k.Leaf.Signature = nil })), ErrInvalid, "signature LeafNodeTBS"},
		"init key as encryption key":           {byValue(add(func(k *KeyPackage, p *peer) { k.InitKey = k.Leaf.EncryptionKey; resign(k, p) })), ErrInvalid, "init key"},
		"an init key of low order":             {byValue(add(func(k *KeyPackage, p *peer) { k.InitKey = make([]byte, 32); resign(k, p) })), ErrInvalid, "encryption key"},
		"an encryption key of low order":       {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.EncryptionKey = make([]byte, 32); resign(k, p) })), ErrInvalid, "encryption key"},
		"a package of another suite":           {byValue(add(func(k *KeyPackage, p *peer) { k.Suite = 3; resign(k, p) })), ErrInvalid, "another cipher suite"},
		"a package with a leaf of a commit":    {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.Source = LeafFromCommit; resign(k, p) })), ErrInvalid, "another source"},
		"a leaf that does not list its suite":  {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.Capabilities.Suites = nil; resign(k, p) })), ErrInvalid, "cipher suite"},
		"a leaf without the version":           {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.Capabilities.Versions = nil; resign(k, p) })), ErrInvalid, "protocol version"},
		"a leaf without its credential type":   {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.Capabilities.Credentials = nil; resign(k, p) })), ErrInvalid, "credential type"},
		"a leaf with an unlisted extension":    {byValue(add(func(k *KeyPackage, p *peer) { k.Leaf.Extensions = Extensions{{Type: 0xF123}}; resign(k, p) })), ErrInvalid, "extension 0xf123"},
		"a package with an unlisted extension": {byValue(add(func(k *KeyPackage, p *peer) { k.Extensions = Extensions{{Type: 0xF123}}; resign(k, p) })), ErrInvalid, "extension 0xf123"},
		"a package that never ends":            {byValue(add(func(k *KeyPackage, p *peer) {}, func(c *Config) { c.Lifetime = 10_000 * time.Hour })), ErrInvalid, "lifetime"},
		"a pre-shared key twice":               {byValue(psk, psk), ErrInvalid, "twice"},
		"a short nonce":                        {byValue(&PreSharedKey{PSKID{External: []byte("x"), Nonce: nonce[1:]}}), ErrInvalid, "nonce"},
		"a resumption secret for a branch":     {byValue(&PreSharedKey{PSKID{Usage: PSKForBranch, Nonce: nonce}}), ErrInvalid, "another use"},
		"a pre-shared key nobody knows":        {byValue(psk), ErrMissingPSK, "missing"},
		"group extensions twice":               {byValue(&GroupContextExtensions{}, &GroupContextExtensions{}), ErrInvalid, "extensions twice"},
		"a group extension nobody has":         {byValue(&GroupContextExtensions{Extensions{{Type: 0xF123}}}), ErrInvalid, "without group extension"},
		"a required extension nobody has":      {byValue(&GroupContextExtensions{Extensions{RequireCapabilities([]ExtensionType{0xF123}, nil, nil)}}), ErrInvalid, "without required extension"},
		"a required proposal nobody has":       {byValue(&GroupContextExtensions{Extensions{RequireCapabilities(nil, []ProposalType{0xF123}, nil)}}), ErrInvalid, "without required proposal"},
		"a required credential nobody has":     {byValue(&GroupContextExtensions{Extensions{RequireCapabilities(nil, nil, []CredentialType{0xF123})}}), ErrInvalid, "without required credential"},
		"required capabilities cut short":      {byValue(&GroupContextExtensions{Extensions{{ExtRequiredCapabilities, []byte{9}}}}), ErrMalformed, "required capabilities"},
		"a reinit with others":                 {byValue(&ReInit{Version: mls10}, &Remove{1}), ErrInvalid, "reinit together"},
		"a reinit to an older version":         {byValue(&ReInit{Version: 0}), ErrInvalid, "older version"},
		"an external init of a member":         {byValue(&ExternalInit{[]byte("x")}), ErrInvalid, "external init"},
		"a proposal that did not arrive":       {[]proposalOrRef{{ref: nonce}}, ErrMissingProposal, "missing"},
		"a proposal named twice":               {[]proposalOrRef{{ref: ref}, {ref: ref}}, ErrInvalid, "a proposal twice"},
	} {
		message := forge(t, carol, c.list, nil)
		for _, p := range []*peer{alice, bob} {
			refusedFor(t, p, name, message, c.want, c.text)
		}
	}
}

// Each rule about the path of a commit (RFC 9420, sections 7.3, 7.5, 12.4.2).
func TestInvalidPaths(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	sign := func(a *authenticatedContent) {
		if err := a.content.commit.path.leaf.sign(carol.client.cfg.Signer, carol.group.id, 2); err != nil {
			t.Fatal(err)
		}
	}
	fresh := func() []byte {
		_, public, err := carol.client.suite.generateKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		return public
	}
	for name, c := range map[string]struct {
		tamper func(*authenticatedContent)
		text   string
	}{
		"no path":             {func(a *authenticatedContent) { a.content.commit.path = nil }, "without a path"},
		"another leaf source": {func(a *authenticatedContent) { a.content.commit.path.leaf.Source = LeafFromUpdate; sign(a) }, "another source"},
		"the old leaf key": {func(a *authenticatedContent) {
			a.content.commit.path.leaf.EncryptionKey = carol.group.Member(2).EncryptionKey
			sign(a)
		}, "without a new leaf key"},
		"a leaf key of somebody else": {func(a *authenticatedContent) {
			a.content.commit.path.leaf.EncryptionKey = bob.group.Member(1).EncryptionKey
			sign(a)
		}, "key of node 2"},
		"a signature key of somebody": {func(a *authenticatedContent) {
			a.content.commit.path.leaf.SignatureKey = bob.group.Member(1).SignatureKey
		}, "signature key of node 2 twice"},
		"a leaf key of low order":  {func(a *authenticatedContent) { a.content.commit.path.leaf.EncryptionKey = make([]byte, 32); sign(a) }, "encryption key"},
		"a leaf without signature": {func(a *authenticatedContent) { a.content.commit.path.leaf.Signature = nil }, "signature LeafNodeTBS"},
		"a leaf without its suite": {func(a *authenticatedContent) { a.content.commit.path.leaf.Capabilities.Suites = nil; sign(a) }, "cipher suite"},
		"a path key of somebody": {func(a *authenticatedContent) {
			a.content.commit.path.nodes[0].encryptionKey = bob.group.Member(1).EncryptionKey
		}, "key of node 2"},
		"a path key of low order": {func(a *authenticatedContent) { a.content.commit.path.nodes[0].encryptionKey = make([]byte, 32) }, "encryption key"},
		"a path key twice": {func(a *authenticatedContent) {
			a.content.commit.path.nodes[0].encryptionKey = a.content.commit.path.leaf.EncryptionKey
		}, "a key twice"},
		"another path key":   {func(a *authenticatedContent) { a.content.commit.path.nodes[0].encryptionKey = fresh() }, "parent hash of the committer"},
		"a node too few":     {func(a *authenticatedContent) { a.content.commit.path.nodes = nil }, "update path with 0 nodes"},
		"a secret too few":   {func(a *authenticatedContent) { a.content.commit.path.nodes[0].secrets = nil }, "0 path secrets"},
		"no parent hash":     {func(a *authenticatedContent) { a.content.commit.path.leaf.ParentHash = nil; sign(a) }, "parent hash of the committer"},
		"a confirmation tag": {func(a *authenticatedContent) { a.auth.confirmationTag = bytes.Repeat([]byte{1}, 32) }, "confirmation tag"},
	} {
		message := forge(t, carol, nil, c.tamper)
		for _, p := range []*peer{alice, bob} {
			refusedFor(t, p, name, message, ErrInvalid, c.text)
		}
	}
	// The helper itself makes commits that count when nothing is tampered with.
	message := forge(t, carol, nil, nil)
	alice.process(message)
	bob.process(message)
	agree(t, alice, bob)
}

// Updates of others are judged when they arrive (RFC 9420, section 12.1.2).
func TestInvalidUpdates(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	for name, c := range map[string]struct {
		change func(*LeafNode)
		sign   bool
		text   string
	}{
		"the old key":           {func(l *LeafNode) { l.EncryptionKey = carol.group.Member(2).EncryptionKey }, true, "without a new key"},
		"another source":        {func(l *LeafNode) { l.Source = LeafFromCommit }, true, "another source"},
		"no signature":          {func(l *LeafNode) { l.Signature = nil }, false, "signature LeafNodeTBS"},
		"a key of low order":    {func(l *LeafNode) { l.EncryptionKey = make([]byte, 32) }, true, "encryption key"},
		"a key of bob":          {func(l *LeafNode) { l.EncryptionKey = bob.group.Member(1).EncryptionKey }, true, "twice in the tree"},
		"without its own suite": {func(l *LeafNode) { l.Capabilities.Suites = nil }, true, "cipher suite"},
	} {
		leaf := carol.client.newLeaf()
		_, public, err := carol.client.suite.generateKeyPair()
		if err != nil {
			t.Fatal(err)
		}
		leaf.EncryptionKey, leaf.Source = public, LeafFromUpdate
		c.change(&leaf)
		if c.sign {
			if err := leaf.sign(carol.client.cfg.Signer, carol.group.id, 2); err != nil {
				t.Fatal(err)
			}
		}
		a := carol.group.content(contentProposal, nil)
		a.format, a.content.proposal = wirePublicMessage, &Update{&leaf}
		if err := a.sign(carol.client.cfg.Signer, carol.group.epoch.encoded); err != nil {
			t.Fatal(err)
		}
		p, err := a.protectPublic(carol.client.suite, carol.group.epoch.secrets.membership, carol.group.epoch.encoded)
		if err != nil {
			t.Fatal(err)
		}
		refusedFor(t, alice, name, (&Message{format: wirePublicMessage, public: p}).Bytes(), ErrInvalid, c.text)
	}
}

// External commits keep to their own list (RFC 9420, sections 12.2, 12.4.3.2).
func TestInvalidExternalCommits(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	info, err := alice.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	change := func(of *peer, tamper func(*authenticatedContent)) []byte {
		_, message, err := of.client.Rejoin(newMemory(), info, Rejoining{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(message)
		if err != nil {
			t.Fatal(err)
		}
		tamper(&m.public.authenticatedContent)
		if err := m.public.sign(of.client.cfg.Signer, alice.group.epoch.encoded); err != nil {
			t.Fatal(err)
		}
		return m.Bytes()
	}
	mallory := newPeer(t, X25519AES128SHA256Ed25519, "mallory", func(c *Config) { c.OpenExternal = true })
	for name, c := range map[string]struct {
		of     *peer
		tamper func(*authenticatedContent)
		text   string
	}{
		"a stranger that replaces nobody": {mallory, func(a *authenticatedContent) {}, "replaces nobody"},
		"a stranger that replaces bob": {mallory, func(a *authenticatedContent) {
			a.content.commit.proposals = append(a.content.commit.proposals, byValue(&Remove{1})...)
		}, "replaces somebody else"},
		"no external init": {carol, func(a *authenticatedContent) { a.content.commit.proposals = a.content.commit.proposals[1:] }, "0 inits"},
		"two external init": {carol, func(a *authenticatedContent) {
			a.content.commit.proposals = append(a.content.commit.proposals, byValue(&ExternalInit{})...)
		}, "2 inits"},
		"two removals": {carol, func(a *authenticatedContent) {
			a.content.commit.proposals = append(a.content.commit.proposals, byValue(&Remove{1})...)
		}, "2 removes"},
		"a reinit": {carol, func(a *authenticatedContent) {
			a.content.commit.proposals = append(a.content.commit.proposals, byValue(&ReInit{Version: 1})...)
		}, "with reinit"},
		"a reference": {carol, func(a *authenticatedContent) {
			a.content.commit.proposals = append(a.content.commit.proposals, proposalOrRef{ref: []byte("x")})
		}, "with a reference"},
		"no path":     {carol, func(a *authenticatedContent) { a.content.commit.path = nil }, "without a path"},
		"another kem": {carol, func(a *authenticatedContent) { a.content.commit.proposals[0].proposal = &ExternalInit{[]byte("short")} }, "external init"},
		"the kem of others": {carol, func(a *authenticatedContent) {
			a.content.commit.proposals[0].proposal = &ExternalInit{bytes.Repeat([]byte{9}, 32)}
		}, "confirmation tag"},
	} {
		refusedFor(t, alice, name, change(c.of, c.tamper), ErrInvalid, c.text)
	}
	// With open joins the policy decides; a stranger may come.
	for _, p := range []*peer{alice, bob, carol} {
		p.client.cfg.OpenExternal = true
	}
	g, message, err := mallory.client.Rejoin(mallory.store, info, Rejoining{})
	if err != nil {
		t.Fatal(err)
	}
	mallory.group = g
	for _, p := range []*peer{alice, bob, carol, mallory} {
		p.process(message)
	}
	agree(t, alice, bob, carol, mallory)
	talk(t, alice, bob, carol, mallory)
}

// What somebody checks who comes back by an external commit.
func TestInvalidGroupInfos(t *testing.T) {
	alice, _, carol := trio(t, X25519AES128SHA256Ed25519)
	public := mustPublic(t, alice.client.suite, alice.group.epoch.secrets.external)
	for name, c := range map[string]struct {
		tamper func(*groupInfo)
		want   error
		text   string
	}{
		"nothing wrong":                  {func(*groupInfo) {}, nil, ""},
		"no external key":                {func(i *groupInfo) { i.extensions = i.extensions[:1] }, ErrInvalid, "without an external key"},
		"an external key cut short":      {func(i *groupInfo) { i.extensions[1].Data = i.extensions[1].Data[:9] }, ErrMalformed, "external key"},
		"an external key without length": {func(i *groupInfo) { i.extensions[1].Data = bytes.Repeat([]byte{0xff}, 32) }, ErrMalformed, "external key"},
		"a key of low order":             {func(i *groupInfo) { i.extensions[1].Data = appendOpaque(nil, make([]byte, 32)) }, ErrInvalid, "external key"},
		"no tree":                        {func(i *groupInfo) { i.extensions = i.extensions[1:] }, ErrInvalid, "no tree"},
		"an unknown group extension": {func(i *groupInfo) {
			i.context.Extensions = Extensions{{Type: 0xF123}}
		}, ErrInvalid, "group extension"},
	} {
		info := alice.group.epoch.groupInfo(true)
		info.extensions = append(info.extensions, Extension{ExtExternalPub, appendOpaque(nil, public)})
		c.tamper(info)
		if err := info.sign(alice.client.cfg.Signer); err != nil {
			t.Fatal(err)
		}
		store := newMemory()
		_, _, err := carol.client.Rejoin(store, (&Message{format: wireGroupInfo, groupInfo: info}).Bytes(), Rejoining{})
		if !errors.Is(err, c.want) || c.want != nil && !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %q", name, err, c.text)
		}
		if c.want != nil && len(store.rows) != 0 {
			t.Errorf("%s: a refused group info changed the store", name)
		}
	}
	// Who never was a member replaces nobody.
	mallory := newPeer(t, X25519AES128SHA256Ed25519, "mallory")
	info, err := alice.group.GroupInfo(true)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mallory.client.Rejoin(mallory.store, info, Rejoining{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a stranger rejoins: got %v, want ErrInvalid", err)
	}
}

// What a joiner checks (RFC 9420, section 12.4.3.1). The welcome is decrypted,
// changed, signed again by its sender and encrypted again, so that only the
// rule in question stands in its way.
func TestInvalidWelcomes(t *testing.T) {
	alice, bob, carol := trio(t, X25519AES128SHA256Ed25519)
	_, _ = bob, carol
	dave := newPeer(t, X25519AES128SHA256Ed25519, "dave")
	k := dave.keyPackage()
	s := alice.client.suite
	out := alice.commit(Plan{Add: []*KeyPackage{k}, TreeInWelcome: true})
	row := dave.store.rows[""][keyPackageRow(k.ref(s))]
	stored := must(t, bytes.Clone(row), readStoredKeyPackage)
	reseal := func(tamper func(*groupInfo, *groupSecrets), signed bool) []byte {
		m, err := ParseMessage(out.Welcome)
		if err != nil {
			t.Fatal(err)
		}
		secrets, err := m.welcome.openSecrets(s, k.ref(s), stored.init)
		if err != nil {
			t.Fatal(err)
		}
		welcomeSecret := s.welcomeSecret(s.memberSecret(secrets.joinerSecret, s.zero()))
		info, err := s.openGroupInfo(welcomeSecret, m.welcome.groupInfo)
		if err != nil {
			t.Fatal(err)
		}
		tamper(info, &secrets)
		if signed {
			if err := info.sign(alice.client.cfg.Signer); err != nil {
				t.Fatal(err)
			}
		}
		if m.welcome.groupInfo, err = s.sealGroupInfo(welcomeSecret, info); err != nil {
			t.Fatal(err)
		}
		c, err := s.seal(k.InitKey, "Welcome", m.welcome.groupInfo, secrets.append(nil))
		if err != nil {
			t.Fatal(err)
		}
		m.welcome.secrets[0].secrets = c
		return m.Bytes()
	}
	withTree := func(i *groupInfo, change func(*ratchetTree)) {
		data, _ := i.extensions.Find(ExtRatchetTree)
		tree := must(t, bytes.Clone(data), readTree(s))
		change(tree)
		i.extensions = Extensions{{ExtRatchetTree, tree.append(nil)}}
		i.context.TreeHash = tree.rootHash()
	}
	for name, c := range map[string]struct {
		tamper func(*groupInfo, *groupSecrets)
		signed bool
		want   error
		text   string
	}{
		"a changed signature":     {func(i *groupInfo, _ *groupSecrets) { i.signature[0] ^= 1 }, false, ErrInvalid, "signature GroupInfoTBS"},
		"a blank signer":          {func(i *groupInfo, _ *groupSecrets) { i.signer = 7 }, true, ErrInvalid, "signer"},
		"a tree hash":             {func(i *groupInfo, _ *groupSecrets) { i.context.TreeHash[0] ^= 1 }, true, ErrInvalid, "tree hash"},
		"no tree":                 {func(i *groupInfo, _ *groupSecrets) { i.extensions = nil }, true, ErrInvalid, "no tree"},
		"half a tree":             {func(i *groupInfo, _ *groupSecrets) { i.extensions[0].Data = i.extensions[0].Data[:99] }, true, ErrMalformed, "tree"},
		"a confirmation tag":      {func(i *groupInfo, _ *groupSecrets) { i.confirmationTag[0] ^= 1 }, true, ErrInvalid, "confirmation tag"},
		"another suite":           {func(i *groupInfo, _ *groupSecrets) { i.context.Suite = 3 }, true, ErrUnsupported, "cipher suite"},
		"an empty group id":       {func(i *groupInfo, _ *groupSecrets) { i.context.GroupID = nil }, true, ErrInvalid, "group id"},
		"an extension of a group": {func(i *groupInfo, _ *groupSecrets) { i.context.Extensions = Extensions{{Type: 0xF123}} }, true, ErrInvalid, "group extension"},
		"another path secret":     {func(_ *groupInfo, g *groupSecrets) { g.pathSecret[0] ^= 1 }, true, ErrInvalid, "path secret"},
		"a short path secret":     {func(_ *groupInfo, g *groupSecrets) { g.pathSecret = g.pathSecret[1:] }, true, ErrInvalid, "path secret"},
		"a branch":                {func(_ *groupInfo, g *groupSecrets) { g.psks = []PSKID{{Usage: PSKForBranch}} }, true, ErrUnsupported, "continues another"},
		"a key nobody knows":      {func(_ *groupInfo, g *groupSecrets) { g.psks = []PSKID{{Nonce: make([]byte, 32)}} }, true, ErrMissingPSK, "missing"},
		"a short nonce":           {func(_ *groupInfo, g *groupSecrets) { g.psks = []PSKID{{Nonce: make([]byte, 3)}} }, true, ErrInvalid, "nonce"},
		"the tree without dave": {func(i *groupInfo, _ *groupSecrets) {
			withTree(i, func(tree *ratchetTree) {
				tree.nodes[6] = treeNode{}
				tree.hashes = make([][]byte, 7)
				tree.blankPath(3)
			})
		}, true, ErrInvalid, "leaf of its receiver"},
		"a parent nobody set": {func(i *groupInfo, _ *groupSecrets) {
			withTree(i, func(tree *ratchetTree) {
				_, public, _ := s.generateKeyPair()
				tree.set(5, treeNode{parent: &parentNode{encryptionKey: public, parentHash: []byte{}}})
			})
		}, true, ErrInvalid, "parent hash of node"},
		"the signer's leaf without signature": {func(i *groupInfo, _ *groupSecrets) {
			withTree(i, func(tree *ratchetTree) {
				l := *tree.leaf(0)
				l.Signature = nil
				tree.set(0, treeNode{leaf: &l})
			})
		}, true, ErrInvalid, "signature LeafNodeTBS"},
		"a key twice": {func(i *groupInfo, _ *groupSecrets) {
			withTree(i, func(tree *ratchetTree) {
				l := *tree.leaf(1)
				l.EncryptionKey = tree.leaf(2).EncryptionKey
				tree.set(2, treeNode{leaf: &l})
			})
		}, true, ErrInvalid, "twice in the tree"},
		"an unmerged leaf elsewhere": {func(i *groupInfo, _ *groupSecrets) {
			withTree(i, func(tree *ratchetTree) {
				p := *tree.nodes[1].parent
				p.unmergedLeaves = []LeafIndex{2}
				tree.set(1, treeNode{parent: &p})
			})
		}, true, ErrInvalid, "unmerged leaf"},
	} {
		store := dave.store.copy()
		_, err := dave.client.Join(store, reseal(c.tamper, c.signed), nil)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %q", name, err, c.text)
		}
		if !sameRows(store, dave.store) {
			t.Errorf("%s: the refused welcome changed the store", name)
		}
	}
	alice.process(out.Message)
	dave.join(reseal(func(*groupInfo, *groupSecrets) {}, true), nil)
	agree(t, alice, dave)
}
