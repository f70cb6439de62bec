package mls

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// wireFormat is WireFormat (RFC 9420, section 17.2).
type wireFormat uint16

const (
	wirePublicMessage  wireFormat = 1
	wirePrivateMessage wireFormat = 2
	wireWelcome        wireFormat = 3
	wireGroupInfo      wireFormat = 4
	wireKeyPackage     wireFormat = 5
)

// contentType is ContentType (RFC 9420, section 6).
type contentType uint8

const (
	contentApplication contentType = 1
	contentProposal    contentType = 2
	contentCommit      contentType = 3
)

// senderType is SenderType (RFC 9420, section 6).
type senderType uint8

const (
	senderMember      senderType = 1
	senderExternal    senderType = 2
	senderNewProposal senderType = 3
	senderNewCommit   senderType = 4
)

// sender is Sender (RFC 9420, section 6). index is the leaf of a member or the
// place in the external_senders extension.
type sender struct {
	kind  senderType
	index uint32
}

func readSender(r *reader) sender {
	s := sender{kind: senderType(r.uint8())}
	switch s.kind {
	case senderMember, senderExternal:
		s.index = r.uint32()
	case senderNewProposal, senderNewCommit:
	default:
		r.fail("sender type")
	}
	return s
}

func (s sender) append(b []byte) []byte {
	b = append(b, byte(s.kind))
	if s.kind == senderMember || s.kind == senderExternal {
		b = binary.BigEndian.AppendUint32(b, s.index)
	}
	return b
}

// framedContent is FramedContent (RFC 9420, section 6). What of application,
// proposal and commit is set depends on kind.
type framedContent struct {
	groupID           []byte
	epoch             uint64
	sender            sender
	authenticatedData []byte
	kind              contentType
	application       []byte
	proposal          Proposal
	commit            *commit
}

func readFramedContent(r *reader) framedContent {
	c := framedContent{
		groupID:           r.opaque(),
		epoch:             r.uint64(),
		sender:            readSender(r),
		authenticatedData: r.opaque(),
		kind:              contentType(r.uint8()),
	}
	c.readBody(r)
	return c
}

// readBody reads what depends on the content type.
func (c *framedContent) readBody(r *reader) {
	switch c.kind {
	case contentApplication:
		c.application = r.opaque()
	case contentProposal:
		c.proposal = readProposal(r)
	case contentCommit:
		c.commit = readCommit(r)
	default:
		r.fail("content type")
	}
}

func (c *framedContent) append(b []byte) []byte {
	b = appendOpaque(b, c.groupID)
	b = binary.BigEndian.AppendUint64(b, c.epoch)
	b = c.sender.append(b)
	b = appendOpaque(b, c.authenticatedData)
	return c.appendBody(append(b, byte(c.kind)))
}

func (c *framedContent) appendBody(b []byte) []byte {
	switch c.kind {
	case contentApplication:
		return appendOpaque(b, c.application)
	case contentProposal:
		return appendProposal(b, c.proposal)
	default:
		return c.commit.append(b)
	}
}

// authData is FramedContentAuthData (RFC 9420, section 6.1).
type authData struct {
	signature       []byte
	confirmationTag []byte // of commits
}

func readAuthData(r *reader, kind contentType) authData {
	a := authData{signature: r.opaque()}
	if kind == contentCommit {
		a.confirmationTag = r.opaque()
	}
	return a
}

func (a *authData) append(b []byte, kind contentType) []byte {
	b = appendOpaque(b, a.signature)
	if kind == contentCommit {
		b = appendOpaque(b, a.confirmationTag)
	}
	return b
}

// authenticatedContent is AuthenticatedContent (RFC 9420, section 6).
type authenticatedContent struct {
	format  wireFormat
	content framedContent
	auth    authData
}

func readAuthenticatedContent(r *reader) *authenticatedContent {
	a := &authenticatedContent{format: wireFormat(r.uint16())}
	if r.err == nil && a.format != wirePublicMessage && a.format != wirePrivateMessage {
		r.fail("wire format of a content")
	}
	a.content = readFramedContent(r)
	a.auth = readAuthData(r, a.content.kind)
	return a
}

func (a *authenticatedContent) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(a.format))
	b = a.content.append(b)
	return a.auth.append(b, a.content.kind)
}

// toBeSigned is FramedContentTBS (RFC 9420, section 6.1). context is the
// encoded GroupContext of the epoch of the content.
func (a *authenticatedContent) toBeSigned(context []byte) []byte {
	b := make([]byte, 0, len(context)+len(a.content.application)+128)
	b = binary.BigEndian.AppendUint16(b, uint16(mls10))
	b = binary.BigEndian.AppendUint16(b, uint16(a.format))
	b = a.content.append(b)
	if a.content.sender.kind == senderMember || a.content.sender.kind == senderNewCommit {
		b = append(b, context...)
	}
	return b
}

// sign fills in the signature (RFC 9420, section 6.1).
func (a *authenticatedContent) sign(key SigningKey, context []byte) error {
	var err error
	a.auth.signature, err = key.sign("FramedContentTBS", a.toBeSigned(context))
	return err
}

// verify checks the signature (RFC 9420, section 6.1).
func (a *authenticatedContent) verify(s *suite, public, context []byte) error {
	return s.verify(public, "FramedContentTBS", a.toBeSigned(context), a.auth.signature)
}

// proposalRef is MakeProposalRef (RFC 9420, section 5.2).
func (a *authenticatedContent) proposalRef(s *suite) []byte {
	return s.refHash("MLS 1.0 Proposal Reference", a.append(nil))
}

// publicMessage is PublicMessage (RFC 9420, section 6.2).
type publicMessage struct {
	authenticatedContent
	membershipTag []byte // of members
}

func readPublicMessage(r *reader) *publicMessage {
	p := &publicMessage{}
	p.format = wirePublicMessage
	p.content = readFramedContent(r)
	p.auth = readAuthData(r, p.content.kind)
	if p.content.sender.kind == senderMember {
		p.membershipTag = r.opaque()
	}
	return p
}

func (p *publicMessage) append(b []byte) []byte {
	b = p.content.append(b)
	b = p.auth.append(b, p.content.kind)
	if p.content.sender.kind == senderMember {
		b = appendOpaque(b, p.membershipTag)
	}
	return b
}

// toBeMACed is AuthenticatedContentTBM (RFC 9420, section 6.2).
func (a *authenticatedContent) toBeMACed(context []byte) []byte {
	return a.auth.append(a.toBeSigned(context), a.content.kind)
}

// protectPublic makes a PublicMessage (RFC 9420, section 6.2). Application data
// is refused: it must be encrypted (section 6).
func (a *authenticatedContent) protectPublic(s *suite, membershipKey secret, context []byte) (*publicMessage, error) {
	if a.content.kind == contentApplication {
		return nil, fmt.Errorf("%w: application data in a public message", ErrInvalid)
	}
	p := &publicMessage{authenticatedContent: *a}
	if a.content.sender.kind == senderMember {
		p.membershipTag = s.mac(membershipKey, a.toBeMACed(context))
	}
	return p, nil
}

// unprotectPublic checks the membership tag of a member's message (RFC 9420,
// section 6.2). The signature is still to be checked.
func (p *publicMessage) unprotect(s *suite, membershipKey secret, context []byte) (*authenticatedContent, error) {
	if p.content.kind == contentApplication {
		return nil, fmt.Errorf("%w: application data in a public message", ErrInvalid)
	}
	if p.content.sender.kind == senderMember && !s.verifyMAC(membershipKey, p.toBeMACed(context), p.membershipTag) {
		return nil, fmt.Errorf("%w: membership tag", ErrInvalid)
	}
	return &p.authenticatedContent, nil
}

// privateMessage is PrivateMessage (RFC 9420, section 6.3).
type privateMessage struct {
	groupID             []byte
	epoch               uint64
	kind                contentType
	authenticatedData   []byte
	encryptedSenderData []byte
	ciphertext          []byte
}

func readPrivateMessage(r *reader) *privateMessage {
	p := &privateMessage{groupID: r.opaque(), epoch: r.uint64(), kind: contentType(r.uint8())}
	if r.err == nil && (p.kind < contentApplication || p.kind > contentCommit) {
		r.fail("content type")
	}
	p.authenticatedData = r.opaque()
	p.encryptedSenderData = r.opaque()
	p.ciphertext = r.opaque()
	return p
}

func (p *privateMessage) append(b []byte) []byte {
	b = appendOpaque(p.appendSenderDataAAD(b), p.authenticatedData)
	b = appendOpaque(b, p.encryptedSenderData)
	return appendOpaque(b, p.ciphertext)
}

// appendSenderDataAAD is SenderDataAAD (RFC 9420, section 6.3.2), which is also
// how the message starts.
func (p *privateMessage) appendSenderDataAAD(b []byte) []byte {
	b = appendOpaque(b, p.groupID)
	b = binary.BigEndian.AppendUint64(b, p.epoch)
	return append(b, byte(p.kind))
}

// Message is a decoded MLSMessage (RFC 9420, section 6), not yet verified.
type Message struct {
	format     wireFormat
	public     *publicMessage
	private    *privateMessage
	welcome    *welcome
	groupInfo  *groupInfo
	keyPackage *KeyPackage
}

// ParseMessage decodes an MLSMessage. What it accepts encodes to the same bytes
// again. It verifies nothing and keeps no reference to b.
func ParseMessage(b []byte) (*Message, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	m, err := decode(bytes.Clone(b), readMessage)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func readMessage(r *reader) *Message {
	readVersion(r)
	m := &Message{format: wireFormat(r.uint16())}
	if r.err != nil {
		return m
	}
	switch m.format {
	case wirePublicMessage:
		m.public = readPublicMessage(r)
	case wirePrivateMessage:
		m.private = readPrivateMessage(r)
	case wireWelcome:
		m.welcome = readWelcome(r)
	case wireGroupInfo:
		m.groupInfo = readGroupInfo(r)
	case wireKeyPackage:
		m.keyPackage = readKeyPackage(r)
	default:
		r.unsupported("wire format", uint16(m.format))
	}
	return m
}

func (m *Message) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(mls10))
	b = binary.BigEndian.AppendUint16(b, uint16(m.format))
	switch m.format {
	case wirePublicMessage:
		return m.public.append(b)
	case wirePrivateMessage:
		return m.private.append(b)
	case wireWelcome:
		return m.welcome.append(b)
	case wireGroupInfo:
		return m.groupInfo.append(b)
	default:
		return m.keyPackage.append(b)
	}
}

// AuthenticatedData is what a public or private message carries beside its
// content, nil for others. Nothing of it is verified until [Group.Process] is
// through with the message.
func (m *Message) AuthenticatedData() []byte {
	switch m.format {
	case wirePublicMessage:
		return m.public.content.authenticatedData
	case wirePrivateMessage:
		return m.private.authenticatedData
	}
	return nil
}

// ContentKind is what [Group.Process] makes of a public or private message, 0
// for others. Like AuthenticatedData it is not verified yet.
func (m *Message) ContentKind() Kind {
	var k contentType
	switch m.format {
	case wirePublicMessage:
		k = m.public.content.kind
	case wirePrivateMessage:
		k = m.private.kind
	}
	switch k {
	case contentApplication:
		return Application
	case contentProposal:
		return Proposed
	case contentCommit:
		return Committed
	}
	return 0
}

// Bytes encodes the message.
func (m *Message) Bytes() []byte { return m.append(nil) }

// Group returns the group and the epoch that a public or private message or a
// group info belongs to; ok is false for a Welcome and a key package. Nothing
// of it is verified: it serves to find the group that [Group.Process] is for.
func (m *Message) Group() (id []byte, epoch uint64, ok bool) {
	switch m.format {
	case wirePublicMessage:
		return m.public.content.groupID, m.public.content.epoch, true
	case wirePrivateMessage:
		return m.private.groupID, m.private.epoch, true
	case wireGroupInfo:
		return m.groupInfo.context.GroupID, m.groupInfo.context.Epoch, true
	}
	return nil, 0, false
}
