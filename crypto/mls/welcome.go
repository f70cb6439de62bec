package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// GroupContext is what all members of an epoch agree on (RFC 9420, section 8.1).
type GroupContext struct {
	Suite                   CipherSuite
	GroupID                 []byte
	Epoch                   uint64
	TreeHash                []byte
	ConfirmedTranscriptHash []byte
	Extensions              Extensions
}

func readGroupContext(r *reader) GroupContext {
	readVersion(r)
	return GroupContext{
		Suite:                   CipherSuite(r.uint16()),
		GroupID:                 r.opaque(),
		Epoch:                   r.uint64(),
		TreeHash:                r.opaque(),
		ConfirmedTranscriptHash: r.opaque(),
		Extensions:              readExtensions(r),
	}
}

func (c *GroupContext) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(mls10))
	b = binary.BigEndian.AppendUint16(b, uint16(c.Suite))
	b = appendOpaque(b, c.GroupID)
	b = binary.BigEndian.AppendUint64(b, c.Epoch)
	b = appendOpaque(b, c.TreeHash)
	b = appendOpaque(b, c.ConfirmedTranscriptHash)
	return c.Extensions.append(b)
}

// groupInfo is GroupInfo (RFC 9420, section 12.4.3).
type groupInfo struct {
	context         GroupContext
	extensions      Extensions
	confirmationTag []byte
	signer          LeafIndex
	signature       []byte
}

func readGroupInfo(r *reader) *groupInfo {
	return &groupInfo{
		context:         readGroupContext(r),
		extensions:      readExtensions(r),
		confirmationTag: r.opaque(),
		signer:          LeafIndex(r.uint32()),
		signature:       r.opaque(),
	}
}

// appendUnsigned is GroupInfoTBS (RFC 9420, section 12.4.3).
func (g *groupInfo) appendUnsigned(b []byte) []byte {
	b = g.context.append(b)
	b = g.extensions.append(b)
	b = appendOpaque(b, g.confirmationTag)
	return binary.BigEndian.AppendUint32(b, uint32(g.signer))
}

func (g *groupInfo) append(b []byte) []byte {
	return appendOpaque(g.appendUnsigned(b), g.signature)
}

// groupSecrets is GroupSecrets (RFC 9420, section 12.4.3.1).
type groupSecrets struct {
	joinerSecret secret
	pathSecret   secret // nil if the commit had no path
	psks         []PSKID
}

func readGroupSecrets(r *reader) groupSecrets {
	g := groupSecrets{joinerSecret: r.opaque()}
	if r.optional() {
		g.pathSecret = r.opaque()
	}
	g.psks = readVector(r, maxPSKs, readPSKID)
	return g
}

func (g *groupSecrets) append(b []byte) []byte {
	b = appendOpaque(b, g.joinerSecret)
	b = appendOptional(b, g.pathSecret != nil)
	if g.pathSecret != nil {
		b = appendOpaque(b, g.pathSecret)
	}
	return appendVector(b, func(b []byte) []byte {
		for _, id := range g.psks {
			b = id.append(b)
		}
		return b
	})
}

// encryptedGroupSecrets is EncryptedGroupSecrets (RFC 9420, section 12.4.3.1).
type encryptedGroupSecrets struct {
	newMember []byte
	secrets   hpkeCiphertext
}

// welcome is Welcome (RFC 9420, section 12.4.3.1).
type welcome struct {
	suite     CipherSuite
	secrets   []encryptedGroupSecrets
	groupInfo []byte // encrypted
}

func readWelcome(r *reader) *welcome {
	return &welcome{
		suite: CipherSuite(r.uint16()),
		secrets: readVector(r, MaxMembers, func(r *reader) encryptedGroupSecrets {
			return encryptedGroupSecrets{r.opaque(), readHPKECiphertext(r)}
		}),
		groupInfo: r.opaque(),
	}
}

func (w *welcome) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(w.suite))
	b = appendVector(b, func(b []byte) []byte {
		for _, s := range w.secrets {
			b = s.secrets.append(appendOpaque(b, s.newMember))
		}
		return b
	})
	return appendOpaque(b, w.groupInfo)
}

// sign fills in the signature (RFC 9420, section 12.4.3).
func (g *groupInfo) sign(key SigningKey) error {
	var err error
	g.signature, err = key.sign("GroupInfoTBS", g.appendUnsigned(nil))
	return err
}

// verify checks the signature (RFC 9420, section 12.4.3).
func (g *groupInfo) verify(s *suite, public []byte) error {
	return s.verify(public, "GroupInfoTBS", g.appendUnsigned(nil), g.signature)
}

// find returns the secrets that are for the key package with this reference,
// nil if there are none.
func (w *welcome) find(ref []byte) *encryptedGroupSecrets {
	for i := range w.secrets {
		if bytes.Equal(w.secrets[i].newMember, ref) {
			return &w.secrets[i]
		}
	}
	return nil
}

// openSecrets decrypts the secrets for one new member (RFC 9420, section
// 12.4.3.1).
func (w *welcome) openSecrets(s *suite, ref []byte, initKey secret) (groupSecrets, error) {
	entry := w.find(ref)
	if entry == nil {
		return groupSecrets{}, fmt.Errorf("%w: welcome for somebody else", ErrInvalid)
	}
	plain, err := s.open(initKey, "Welcome", w.groupInfo, entry.secrets)
	if err != nil {
		return groupSecrets{}, fmt.Errorf("group secrets: %w", err)
	}
	return decode(plain, readGroupSecrets)
}
