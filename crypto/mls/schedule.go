package mls

import (
	"encoding/binary"
	"fmt"
)

// epochSecrets are the secrets of one epoch that outlive its creation (RFC 9420,
// section 8). The encryption secret moves into the secret tree at once.
type epochSecrets struct {
	senderData    secret
	exporter      secret
	external      secret
	membership    secret
	resumption    secret
	authenticator secret
	init          secret
}

// wipe forgets all of them.
func (e *epochSecrets) wipe() {
	for _, s := range []secret{e.senderData, e.exporter, e.external, e.membership, e.resumption, e.authenticator, e.init} {
		s.wipe()
	}
}

// joinerSecret goes from the last epoch's init secret to joiner_secret (RFC
// 9420, section 8).
func (s *suite) joinerSecret(init, commit secret, context []byte) secret {
	mixed := s.extract(init, commit)
	defer mixed.wipe()
	return s.expandWithLabel(mixed, "joiner", context, s.nh)
}

// memberSecret is the step between joiner_secret and the epoch, from which the
// welcome secret and the epoch secret come.
func (s *suite) memberSecret(joiner, psk secret) secret { return s.extract(joiner, psk) }

// welcomeSecret is welcome_secret (RFC 9420, section 8).
func (s *suite) welcomeSecret(member secret) secret { return s.deriveSecret(member, "welcome") }

// epochSecret is epoch_secret (RFC 9420, section 8).
func (s *suite) epochSecret(member secret, context []byte) secret {
	return s.expandWithLabel(member, "epoch", context, s.nh)
}

// derived is what an epoch secret gives (RFC 9420, section 8, table 4).
type derived struct {
	epochSecrets
	encryption   secret
	confirmation secret
}

// deriveEpoch derives all secrets of an epoch. The epoch secret is consumed.
func (s *suite) deriveEpoch(epoch secret) derived {
	defer epoch.wipe()
	x := s.expander(epoch)
	return derived{
		epochSecrets: epochSecrets{
			senderData:    x.derive("sender data"),
			exporter:      x.derive("exporter"),
			external:      x.derive("external"),
			membership:    x.derive("membership"),
			resumption:    x.derive("resumption"),
			authenticator: x.derive("authentication"),
			init:          x.derive("init"),
		},
		encryption:   x.derive("encryption"),
		confirmation: x.derive("confirm"),
	}
}

// export is MLS-Exporter (RFC 9420, section 8.5).
func (s *suite) export(exporter secret, label string, context []byte, length int) secret {
	key := s.deriveSecret(exporter, label)
	defer key.wipe()
	return s.expandWithLabel(key, "exported", s.hashOf(context), length)
}

// pskSecret chains pre-shared keys (RFC 9420, section 8.4).
func (s *suite) pskSecret(ids []PSKID, psks []secret) secret {
	out := s.zero()
	for i, id := range ids {
		label := id.append(nil)
		label = binary.BigEndian.AppendUint16(label, uint16(i))
		label = binary.BigEndian.AppendUint16(label, uint16(len(ids)))
		extracted := s.extract(s.zero(), psks[i])
		input := s.expandWithLabel(extracted, "derived psk", label, s.nh)
		out = s.extract(input, out)
		extracted.wipe()
		input.wipe()
	}
	return out
}

// confirmedTranscript is the next confirmed_transcript_hash (RFC 9420, section
// 8.2).
func (s *suite) confirmedTranscript(interim []byte, a *authenticatedContent) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(a.format))
	b = appendOpaque(a.content.append(b), a.auth.signature)
	return s.hashOf(interim, b)
}

// interimTranscript is the next interim_transcript_hash (RFC 9420, section 8.2).
func (s *suite) interimTranscript(confirmed, confirmationTag []byte) []byte {
	return s.hashOf(confirmed, appendOpaque(nil, confirmationTag))
}

// openGroupInfo decrypts the GroupInfo of a Welcome (RFC 9420, section
// 12.4.3.1).
func (s *suite) openGroupInfo(welcomeSecret secret, ciphertext []byte) (*groupInfo, error) {
	aead, nonce, err := s.welcomeCipher(welcomeSecret)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, ciphertext, nil)
	if err != nil {
		return nil, fmt.Errorf("group info: %w", ErrDecrypt)
	}
	return decode(plain, readGroupInfo)
}

// sealGroupInfo is the other side of openGroupInfo.
func (s *suite) sealGroupInfo(welcomeSecret secret, info *groupInfo) ([]byte, error) {
	aead, nonce, err := s.welcomeCipher(welcomeSecret)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nonce, info.append(nil), nil), nil
}
