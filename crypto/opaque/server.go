package opaque

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"

	rfc9807 "github.com/bytemare/opaque"
)

// Layout of a server secret: version ‖ private key ‖ public key ‖ OPRF seed ‖
// fake record.
const (
	secretVersion = 1
	keySize       = 32
	seedSize      = 64

	// SecretSize is the size of a server secret in bytes.
	SecretSize = 1 + keySize + keySize + seedSize + RecordSize
)

// GenerateServerSecret makes the secret of a host: SecretSize bytes, made once
// and kept encrypted as long as the accounts. With it and the records one can
// guess passwords at the price of Argon2id; without it nobody can log in.
func GenerateServerSecret() ([]byte, error) {
	c := configuration(nil, product())
	private, public := c.KeyGen()
	// The record that answers unknown names. It is part of the secret, so that
	// it is the same after a restart; its own private key is thrown away.
	fake, err := c.GetFakeRecord([]byte(contextLabel))
	if err != nil {
		return nil, fmt.Errorf("make opaque server secret: %w", err)
	}
	b := make([]byte, 0, SecretSize)
	b = append(b, secretVersion)
	b = append(b, private.Encode()...)
	b = append(b, public.Encode()...)
	b = append(b, c.GenerateOPRFSeed()...)
	return append(b, fake.Serialize()...), nil
}

// Server answers registrations and logins. Any number of goroutines may use
// it. It holds the server secret and nothing about any account.
type Server struct {
	keys   *rfc9807.ServerKeyMaterial
	fake   []byte // record of unknown names
	cost   stretching
	parser *rfc9807.Deserializer
}

// NewServer takes what GenerateServerSecret returned; it copies it.
func NewServer(secret []byte) (*Server, error) { return newServer(secret, product()) }

func newServer(secret []byte, cost stretching) (*Server, error) {
	if len(secret) != SecretSize || secret[0] != secretVersion {
		return nil, fmt.Errorf("%w: %d bytes or version", ErrSecret, len(secret))
	}
	c := configuration(nil, cost)
	parser, err := c.Deserializer()
	if err != nil {
		return nil, fmt.Errorf("start opaque server: %w", err)
	}
	rest := slices.Clone(secret[1:])
	private, err := parser.DecodePrivateKey(rest[:keySize])
	if err != nil {
		return nil, fmt.Errorf("%w: private key", ErrSecret)
	}
	s := &Server{
		keys: &rfc9807.ServerKeyMaterial{
			PrivateKey:     private,
			PublicKeyBytes: rest[keySize : 2*keySize],
			OPRFGlobalSeed: rest[2*keySize : 2*keySize+seedSize],
		},
		fake:   rest[2*keySize+seedSize:],
		cost:   cost,
		parser: parser,
	}
	if _, err := s.server(nil); err != nil {
		return nil, fmt.Errorf("%w: keys do not fit together", ErrSecret)
	}
	if _, err := parser.RegistrationRecord(s.fake); err != nil {
		return nil, fmt.Errorf("%w: fake record", ErrSecret)
	}
	return s, nil
}

// server returns the protocol's server for one context. The library keeps the
// context in its server, and every login has its own.
func (s *Server) server(context []byte) (*rfc9807.Server, error) {
	server, err := rfc9807.NewServer(configuration(context, s.cost))
	if err != nil {
		return nil, err
	}
	return server, server.SetKeyMaterial(s.keys)
}

// RegistrationResponse answers a registration request (response of
// RegistrationResponseSize bytes). It costs about a third of a millisecond.
//
// credentialID selects the key that the password is mixed with. It must be the
// same at registration and at every login, another one for every name, and a
// name without an account must get one by the same rule: otherwise two logins
// with the same KE1 would show whether the name exists. Derive it from the name
// itself, and have a renamed account register again.
func (s *Server) RegistrationResponse(credentialID, request []byte) ([]byte, error) {
	if len(credentialID) == 0 {
		return nil, fmt.Errorf("%w: no credential id", ErrRecord)
	}
	m, err := s.parser.RegistrationRequest(request)
	if err != nil {
		return nil, fmt.Errorf("%w: registration request: %v", ErrMalformed, err)
	}
	server, err := s.server(nil)
	if err != nil {
		return nil, fmt.Errorf("answer registration: %w", err)
	}
	response, err := server.RegistrationResponse(m, credentialID, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: registration request: %v", ErrMalformed, err)
	}
	return response.Serialize(), nil
}

// CheckRecord says whether a record that a client sent can be stored: its
// size, its key and that nothing in it is empty. That it fits a password, only
// a login can tell.
func (s *Server) CheckRecord(record []byte) error {
	m, err := s.parser.RegistrationRecord(record)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrRecord, err)
	}
	if bytes.Equal(m.Envelope, make([]byte, len(m.Envelope))) {
		return fmt.Errorf("%w: empty envelope", ErrRecord)
	}
	return nil
}

// Login answers KE1 with KE2 (KE2Size bytes) and returns what is needed to
// check KE3. record is nil for an unknown name: then a record that nobody knows
// a password for goes the same way through the same code, so that answer and
// work do not tell whether the name exists. See RegistrationResponse for
// credentialID, and channel.Conn.Binding for binding.
//
// It costs less than a millisecond, and no Argon2id. ErrMalformed is the
// client's fault and does not depend on the record; ErrRecord means that the
// stored record is damaged.
func (s *Server) Login(binding [32]byte, credentialID, record, ke1 []byte) ([]byte, *Pending, error) {
	return s.login(loginContext(binding), credentialID, record, ke1, nil)
}

func (s *Server) login(context, credentialID, record, ke1 []byte, fixed *rfc9807.ServerOptions) ([]byte, *Pending, error) {
	if len(credentialID) == 0 {
		return nil, nil, fmt.Errorf("%w: no credential id", ErrRecord)
	}
	request, err := s.parser.KE1(ke1)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: ke1: %v", ErrMalformed, err)
	}
	if record == nil {
		record = s.fake
	}
	stored, err := s.parser.RegistrationRecord(record)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %v", ErrRecord, err)
	}
	server, err := s.server(context)
	if err != nil {
		return nil, nil, fmt.Errorf("answer login: %w", err)
	}
	ke2, out, err := server.GenerateKE2(request, &rfc9807.ClientRecord{
		RegistrationRecord:   stored,
		CredentialIdentifier: credentialID,
	}, fixed)
	if err != nil {
		return nil, nil, fmt.Errorf("answer login: %w", err)
	}
	clear(out.SessionSecret) // the channel has keys of its own
	return ke2.Serialize(), &Pending{server: server, mac: [KE3Size]byte(out.ClientMAC)}, nil
}

// LogValue keeps the secret out of logs.
func (s *Server) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Pending waits for the KE3 of one login. It holds less than a kilobyte and
// needs no end; one goroutine may use it.
type Pending struct {
	server *rfc9807.Server // nil once finished
	mac    [KE3Size]byte
}

// Finish says whether the client proved the password: nil, or ErrRefused (also
// for KE3 of the wrong size). It can be called once; then it returns ErrUsed,
// so that each guess costs a whole login.
func (p *Pending) Finish(ke3 []byte) error {
	if p.server == nil {
		return ErrUsed
	}
	server := p.server
	p.server = nil
	defer clear(p.mac[:])
	m, err := server.Deserialize.KE3(ke3)
	if err != nil {
		return ErrRefused
	}
	if err := server.LoginFinish(m, p.mac[:]); err != nil {
		return ErrRefused
	}
	return nil
}

// LogValue keeps the expected proof out of logs.
func (p *Pending) LogValue() slog.Value { return slog.StringValue("[secret]") }
