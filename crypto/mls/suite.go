package mls

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"hash"
	"log/slog"

	"golang.org/x/crypto/chacha20poly1305"
)

// CipherSuite names the algorithms of a group (RFC 9420, section 17.1).
type CipherSuite uint16

// The suites of this package. Suites 4 and 6 need X448 and Ed448, which the
// standard library does not have; they are refused with [ErrUnsupported].
const (
	X25519AES128SHA256Ed25519   CipherSuite = 1
	P256AES128SHA256P256        CipherSuite = 2
	X25519ChaCha20SHA256Ed25519 CipherSuite = 3
	P521AES256SHA512P521        CipherSuite = 5
	P384AES256SHA384P384        CipherSuite = 7

	// XWingAES256SHA384Ed25519 is MLKEM768-X25519 (X-Wing, HPKE KEM 0x647a) with
	// AES-256-GCM, SHA-384 and Ed25519 of draft-ietf-mls-pq-ciphersuites. It has
	// no number yet; this one is private use (RFC 9420, section 17.1).
	XWingAES256SHA384Ed25519 CipherSuite = 0xF001
)

// secret is a value that must not be printed. Its bytes are overwritten by wipe
// as soon as the deletion schedule says so; Go may have moved copies of them
// meanwhile, which no program in Go can prevent.
type secret []byte

// String, GoString and LogValue keep a secret out of texts and logs.
func (secret) String() string       { return "[secret]" }
func (secret) GoString() string     { return "[secret]" }
func (secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

func (s secret) wipe() { clear(s) }

// suite holds the algorithms of one cipher suite (RFC 9420, section 5.1).
type suite struct {
	id      CipherSuite
	kem     hpke.KEM
	kdf     hpke.KDF
	aead    hpke.AEAD
	newHash func() hash.Hash
	nh      int // KDF.Nh, also the length of the hash, in bytes
	nk      int // AEAD.Nk in bytes
	newAEAD func(key []byte) (cipher.AEAD, error)
	curve   elliptic.Curve // of ECDSA; nil means Ed25519
	x25519  int            // where an X25519 key starts in a KEM public key; -1 if none
}

// nonceSize is AEAD.Nn, the same for all suites.
const nonceSize = 12

// newSuite returns the algorithms of a suite, or ErrUnsupported.
func newSuite(id CipherSuite) (*suite, error) {
	s := &suite{id: id, newHash: sha256.New, nh: sha256.Size, nk: 16, newAEAD: newGCM, x25519: -1}
	switch id {
	case X25519AES128SHA256Ed25519:
		s.kem, s.kdf, s.aead, s.x25519 = hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.AES128GCM(), 0
	case P256AES128SHA256P256:
		s.kem, s.kdf, s.aead, s.curve = hpke.DHKEM(ecdh.P256()), hpke.HKDFSHA256(), hpke.AES128GCM(), elliptic.P256()
	case X25519ChaCha20SHA256Ed25519:
		s.kem, s.kdf, s.aead, s.x25519 = hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), 0
		s.nk, s.newAEAD = chacha20poly1305.KeySize, chacha20poly1305.New
	case P521AES256SHA512P521:
		s.kem, s.kdf, s.aead, s.curve = hpke.DHKEM(ecdh.P521()), hpke.HKDFSHA512(), hpke.AES256GCM(), elliptic.P521()
		s.newHash, s.nh, s.nk = sha512.New, sha512.Size, 32
	case P384AES256SHA384P384:
		s.kem, s.kdf, s.aead, s.curve = hpke.DHKEM(ecdh.P384()), hpke.HKDFSHA384(), hpke.AES256GCM(), elliptic.P384()
		s.newHash, s.nh, s.nk = sha512.New384, sha512.Size384, 32
	case XWingAES256SHA384Ed25519:
		s.kem, s.kdf, s.aead, s.x25519 = hpke.MLKEM768X25519(), hpke.HKDFSHA384(), hpke.AES256GCM(), 1184
		s.newHash, s.nh, s.nk = sha512.New384, sha512.Size384, 32
	default:
		return nil, fmt.Errorf("%w: cipher suite %#04x", ErrUnsupported, uint16(id))
	}
	return s, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// hashOf is Hash of the suite over the concatenation of parts.
func (s *suite) hashOf(parts ...[]byte) []byte {
	h := s.newHash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// mac is MAC of the suite, which is HMAC with its hash (RFC 9420, section 5.1).
func (s *suite) mac(key, data []byte) []byte {
	h := hmac.New(s.newHash, key)
	h.Write(data)
	return h.Sum(nil)
}

// verifyMAC compares in constant time.
func (s *suite) verifyMAC(key, data, tag []byte) bool {
	return subtle.ConstantTimeCompare(s.mac(key, data), tag) == 1
}

// refHash is RefHash (RFC 9420, section 5.2).
func (s *suite) refHash(label string, value []byte) []byte {
	return s.hashOf(appendOpaque(nil, label), appendVarint(nil, len(value)), value)
}

// zero is the all-zero vector of length KDF.Nh (RFC 9420, section 8).
func (s *suite) zero() secret { return make(secret, s.nh) }

// extract is KDF.Extract (RFC 5869, section 2.2). The library can only refuse
// it in a mode of its own that allows no MLS at all, hence the panic.
func (s *suite) extract(salt, ikm []byte) secret {
	out, err := hkdf.Extract(s.newHash, ikm, salt)
	if err != nil {
		panic("mls: " + err.Error())
	}
	return out
}

// expandWithLabel is ExpandWithLabel (RFC 9420, section 8). length is at most
// 255*nh, which exported functions check.
func (s *suite) expandWithLabel(key secret, label string, context []byte, length int) secret {
	out, err := hkdf.Expand(s.newHash, key, string(kdfLabel(label, context, length)), length)
	if err != nil {
		panic("mls: " + err.Error())
	}
	return out
}

// kdfLabel is KDFLabel (RFC 9420, section 8), with room for one byte more.
func kdfLabel(label string, context []byte, length int) []byte {
	b := make([]byte, 0, 2+1+len(labelPrefix)+len(label)+4+len(context)+1)
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	b = appendOpaque(b, labelPrefix+label)
	return appendOpaque(b, context)
}

// expander is expandWithLabel of one secret for several labels. Every output of
// at most KDF.Nh bytes is one block, T(1) = HMAC(secret, info || 1) (RFC 5869,
// section 2.3), so that the secret has to be put into HMAC only once: that
// halves the cost of the derivations, of which each message needs five.
type expander struct {
	suite *suite
	mac   hash.Hash
	used  bool
}

func (s *suite) expander(key secret) *expander {
	return &expander{suite: s, mac: hmac.New(s.newHash, key)}
}

func (x *expander) expand(label string, context []byte, length int) secret {
	if length > x.suite.nh {
		panic("mls: more than one block of a key derivation")
	}
	if x.used {
		x.mac.Reset()
	}
	x.used = true
	x.mac.Write(append(kdfLabel(label, context, length), 1))
	return x.mac.Sum(nil)[:length:length]
}

// derive is DeriveSecret (RFC 9420, section 8).
func (x *expander) derive(label string) secret { return x.expand(label, nil, x.suite.nh) }

// deriveTree is DeriveTreeSecret (RFC 9420, section 9.1).
func (x *expander) deriveTree(label string, generation uint32, length int) secret {
	return x.expand(label, binary.BigEndian.AppendUint32(nil, generation), length)
}

// labelPrefix starts every label of the protocol (RFC 9420, sections 5.1.2,
// 5.1.3 and 8).
const labelPrefix = "MLS 1.0 "

// deriveSecret is DeriveSecret (RFC 9420, section 8).
func (s *suite) deriveSecret(key secret, label string) secret {
	return s.expandWithLabel(key, label, nil, s.nh)
}

// deriveTreeSecret is DeriveTreeSecret (RFC 9420, section 9.1).
func (s *suite) deriveTreeSecret(key secret, label string, generation uint32, length int) secret {
	var g [4]byte
	binary.BigEndian.PutUint32(g[:], generation)
	return s.expandWithLabel(key, label, g[:], length)
}

// hpkeCiphertext is HPKECiphertext (RFC 9420, section 7.6).
type hpkeCiphertext struct {
	kemOutput, ciphertext []byte
}

func readHPKECiphertext(r *reader) hpkeCiphertext {
	return hpkeCiphertext{kemOutput: r.opaque(), ciphertext: r.opaque()}
}

func (c hpkeCiphertext) append(b []byte) []byte {
	return appendOpaque(appendOpaque(b, c.kemOutput), c.ciphertext)
}

// encryptContext is EncryptContext (RFC 9420, section 5.1.3).
func encryptContext(label string, context []byte) []byte {
	return appendOpaque(appendOpaque(nil, labelPrefix+label), context)
}

// seal is EncryptWithLabel (RFC 9420, section 5.1.3).
func (s *suite) seal(public []byte, label string, context, plaintext []byte) (hpkeCiphertext, error) {
	pk, err := s.kem.NewPublicKey(public)
	if err != nil {
		return hpkeCiphertext{}, fmt.Errorf("%w: encryption key: %v", ErrInvalid, err)
	}
	enc, sender, err := hpke.NewSender(pk, s.kdf, s.aead, encryptContext(label, context))
	if err != nil {
		return hpkeCiphertext{}, fmt.Errorf("%w: encryption key: %v", ErrInvalid, err)
	}
	ct, err := sender.Seal(nil, plaintext)
	if err != nil {
		return hpkeCiphertext{}, fmt.Errorf("seal for %s: %w", label, err)
	}
	return hpkeCiphertext{enc, ct}, nil
}

// open is DecryptWithLabel (RFC 9420, section 5.1.3).
func (s *suite) open(private secret, label string, context []byte, c hpkeCiphertext) (secret, error) {
	sk, err := s.kem.NewPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("stored private key: %w", err)
	}
	recipient, err := hpke.NewRecipient(c.kemOutput, sk, s.kdf, s.aead, encryptContext(label, context))
	if err != nil {
		return nil, ErrDecrypt
	}
	plain, err := recipient.Open(nil, c.ciphertext)
	if err != nil {
		return nil, ErrDecrypt
	}
	return plain, nil
}

// deriveKeyPair is KEM.DeriveKeyPair (RFC 9180, section 4).
func (s *suite) deriveKeyPair(ikm secret) (private secret, public []byte, err error) {
	sk, err := s.kem.DeriveKeyPair(ikm)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key pair: %w", err)
	}
	private, err = sk.Bytes()
	if err != nil {
		return nil, nil, fmt.Errorf("derive key pair: %w", err)
	}
	return private, sk.PublicKey().Bytes(), nil
}

// generateKeyPair makes a fresh HPKE key pair.
func (s *suite) generateKeyPair() (private secret, public []byte, err error) {
	sk, err := s.kem.GenerateKey()
	if err != nil {
		return nil, nil, fmt.Errorf("generate key pair: %w", err)
	}
	private, err = sk.Bytes()
	if err != nil {
		return nil, nil, fmt.Errorf("generate key pair: %w", err)
	}
	return private, sk.PublicKey().Bytes(), nil
}

// publicOf returns the public half of a stored HPKE private key.
func (s *suite) publicOf(private secret) ([]byte, error) {
	sk, err := s.kem.NewPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("stored private key: %w", err)
	}
	return sk.PublicKey().Bytes(), nil
}

// checkEncryptionKey refuses a public key that nobody could encrypt to. One
// such key in the tree, malformed or an X25519 point of low order, would make
// every later commit of others fail (RFC 9180, section 7.1.4).
func (s *suite) checkEncryptionKey(public []byte) error {
	if _, err := s.kem.NewPublicKey(public); err != nil {
		return fmt.Errorf("%w: encryption key: %v", ErrInvalid, err)
	}
	if s.x25519 < 0 {
		return nil // the curves of NIST have no points of low order
	}
	point, err := ecdh.X25519().NewPublicKey(public[s.x25519:])
	if err != nil {
		return fmt.Errorf("%w: encryption key: %v", ErrInvalid, err)
	}
	// Any scalar will do: the result is zero for all of them or for none.
	probe, err := ecdh.X25519().NewPrivateKey([]byte("a scalar that is nobody's secret"))
	if err != nil {
		return fmt.Errorf("probe of an encryption key: %w", err)
	}
	if _, err := probe.ECDH(point); err != nil {
		return fmt.Errorf("%w: encryption key: %v", ErrInvalid, err)
	}
	return nil
}

// externalInitLabel is the exporter label of RFC 9420, section 8.3.
const externalInitLabel = "MLS 1.0 external init secret"

// externalInitSend makes the init secret of an external commit and what the
// group needs to find it (RFC 9420, section 8.3).
func (s *suite) externalInitSend(externalPub []byte) (kemOutput []byte, init secret, err error) {
	pk, err := s.kem.NewPublicKey(externalPub)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: external key: %v", ErrInvalid, err)
	}
	enc, sender, err := hpke.NewSender(pk, s.kdf, s.aead, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: external key: %v", ErrInvalid, err)
	}
	init, err = sender.Export(externalInitLabel, s.nh)
	if err != nil {
		return nil, nil, fmt.Errorf("export init secret: %w", err)
	}
	return enc, init, nil
}

// externalInitReceive is the other side of externalInitSend.
func (s *suite) externalInitReceive(externalSecret secret, kemOutput []byte) (secret, error) {
	sk, err := s.kem.DeriveKeyPair(externalSecret)
	if err != nil {
		return nil, fmt.Errorf("derive external key: %w", err)
	}
	recipient, err := hpke.NewRecipient(kemOutput, sk, s.kdf, s.aead, nil)
	if err != nil {
		return nil, ErrDecrypt
	}
	init, err := recipient.Export(externalInitLabel, s.nh)
	if err != nil {
		return nil, fmt.Errorf("export init secret: %w", err)
	}
	return init, nil
}
