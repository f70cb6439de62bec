package mls

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// welcomeCipher derives welcome_key and welcome_nonce (RFC 9420, section
// 12.4.3.1).
func (s *suite) welcomeCipher(welcomeSecret secret) (cipher.AEAD, []byte, error) {
	key := s.expandWithLabel(welcomeSecret, "key", nil, s.nk)
	defer key.wipe()
	aead, err := s.newAEAD(key)
	if err != nil {
		return nil, nil, fmt.Errorf("welcome key: %w", err)
	}
	return aead, s.expandWithLabel(welcomeSecret, "nonce", nil, nonceSize), nil
}

// senderData is SenderData (RFC 9420, section 6.3.2).
type senderData struct {
	leaf       LeafIndex
	generation uint32
	guard      [4]byte
}

// senderDataKey derives sender_data_key and sender_data_nonce (RFC 9420,
// section 6.3.2).
func (s *suite) senderDataKey(senderDataSecret secret, ciphertext []byte) (key, nonce secret) {
	sample := ciphertext[:min(len(ciphertext), s.nh)]
	x := s.expander(senderDataSecret)
	return x.expand("key", sample, s.nk), x.expand("nonce", sample, nonceSize)
}

// senderDataCipher is senderDataKey ready for use.
func (s *suite) senderDataCipher(senderDataSecret secret, ciphertext []byte) (cipher.AEAD, []byte, error) {
	key, nonce := s.senderDataKey(senderDataSecret, ciphertext)
	defer key.wipe()
	aead, err := s.newAEAD(key)
	if err != nil {
		return nil, nil, fmt.Errorf("sender data key: %w", err)
	}
	return aead, nonce, nil
}

// openSenderData decrypts SenderData (RFC 9420, section 6.3.2).
func (p *privateMessage) openSenderData(s *suite, senderDataSecret secret) (senderData, error) {
	aead, nonce, err := s.senderDataCipher(senderDataSecret, p.ciphertext)
	if err != nil {
		return senderData{}, err
	}
	plain, err := aead.Open(nil, nonce, p.encryptedSenderData, p.appendSenderDataAAD(nil))
	if err != nil || len(plain) != 12 {
		return senderData{}, ErrDecrypt
	}
	return senderData{
		leaf:       LeafIndex(binary.BigEndian.Uint32(plain)),
		generation: binary.BigEndian.Uint32(plain[4:]),
		guard:      [4]byte(plain[8:]),
	}, nil
}

// sealSenderData is the other side of openSenderData.
func (p *privateMessage) sealSenderData(s *suite, senderDataSecret secret, d senderData) error {
	aead, nonce, err := s.senderDataCipher(senderDataSecret, p.ciphertext)
	if err != nil {
		return err
	}
	plain := binary.BigEndian.AppendUint32(nil, uint32(d.leaf))
	plain = binary.BigEndian.AppendUint32(plain, d.generation)
	plain = append(plain, d.guard[:]...)
	p.encryptedSenderData = aead.Seal(nil, nonce, plain, p.appendSenderDataAAD(nil))
	return nil
}

// contentCipher prepares a message key with its reuse guard (RFC 9420, section
// 6.3.1).
func (s *suite) contentCipher(key messageKey, guard [4]byte) (cipher.AEAD, []byte, error) {
	aead, err := s.newAEAD(key[:s.nk])
	if err != nil {
		return nil, nil, fmt.Errorf("message key: %w", err)
	}
	nonce := append([]byte(nil), key[s.nk:]...)
	for i, g := range guard {
		nonce[i] ^= g
	}
	return aead, nonce, nil
}

// appendContentAAD is PrivateContentAAD (RFC 9420, section 6.3.1).
func (p *privateMessage) appendContentAAD(b []byte) []byte {
	return appendOpaque(p.appendSenderDataAAD(b), p.authenticatedData)
}

// protectPrivate makes a PrivateMessage (RFC 9420, section 6.3) with a key that
// the caller has written down as used. pad says how many zero bytes to append
// to a content of n bytes.
func (a *authenticatedContent) protectPrivate(s *suite, senderDataSecret secret, use *keyUse, pad func(n int) int) (*privateMessage, error) {
	c := &a.content
	p := &privateMessage{groupID: c.groupID, epoch: c.epoch, kind: c.kind, authenticatedData: c.authenticatedData}
	d := senderData{leaf: use.id.leaf, generation: use.generation}
	rand.Read(d.guard[:])
	aead, nonce, err := s.contentCipher(use.key, d.guard)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, 0, len(c.application)+1024)
	plain = a.auth.append(c.appendBody(plain), c.kind)
	plain = append(plain, make([]byte, pad(len(plain)))...)
	p.ciphertext = aead.Seal(nil, nonce, plain, p.appendContentAAD(nil))
	if err := p.sealSenderData(s, senderDataSecret, d); err != nil {
		return nil, err
	}
	return p, nil
}

// open decrypts the content with the key that the sender data asked for (RFC
// 9420, section 6.3.1). The signature is still to be checked, and only then may
// the key be consumed.
func (p *privateMessage) open(s *suite, d senderData, use *keyUse) (*authenticatedContent, error) {
	aead, nonce, err := s.contentCipher(use.key, d.guard)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, p.ciphertext, p.appendContentAAD(nil))
	if err != nil {
		return nil, ErrDecrypt
	}
	a := &authenticatedContent{format: wirePrivateMessage, content: framedContent{
		groupID: p.groupID, epoch: p.epoch, kind: p.kind, authenticatedData: p.authenticatedData,
		sender: sender{kind: senderMember, index: uint32(d.leaf)},
	}}
	r := reader{b: plain}
	a.content.readBody(&r)
	a.auth = readAuthData(&r, p.kind)
	for _, b := range r.b {
		if b != 0 {
			r.fail("padding is not zero")
			break
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return a, nil
}
