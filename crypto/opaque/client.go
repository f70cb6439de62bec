package opaque

import (
	"fmt"
	"log/slog"

	rfc9807 "github.com/bytemare/opaque"
)

// Registration is a client's half of one registration. One goroutine may use
// it; Finish ends it, and Discard if it is given up.
type Registration struct {
	client *rfc9807.Client // nil once finished
	cost   stretching
}

// StartRegistration returns the request (RegistrationRequestSize bytes) that
// the host answers with Server.RegistrationResponse. The password is kept in
// memory until Finish or Discard; the request tells nothing about it.
func StartRegistration(password string) (*Registration, []byte, error) {
	return startRegistration(password, product(), rfc9807.ClientOptions{})
}

func startRegistration(password string, cost stretching, fixed rfc9807.ClientOptions) (*Registration, []byte, error) {
	secret, err := prepare(password)
	if err != nil {
		return nil, nil, err
	}
	defer clear(secret)
	client, err := rfc9807.NewClient(configuration(nil, cost))
	if err != nil {
		return nil, nil, fmt.Errorf("start registration: %w", err)
	}
	request, err := client.RegistrationInit(secret, &fixed)
	if err != nil {
		return nil, nil, fmt.Errorf("start registration: %w", err)
	}
	return &Registration{client: client, cost: cost}, request.Serialize(), nil
}

// Finish takes the host's response and returns the record (RecordSize bytes)
// that the host stores. It computes Argon2id: about half a second and 64 MiB,
// so not on the goroutine of a window. ErrMalformed comes before that work.
func (r *Registration) Finish(response []byte) ([]byte, error) {
	return r.finish(response, rfc9807.ClientOptions{})
}

func (r *Registration) finish(response []byte, fixed rfc9807.ClientOptions) ([]byte, error) {
	if r.client == nil {
		return nil, ErrUsed
	}
	defer r.Discard()
	m, err := r.client.Deserialize.RegistrationResponse(response)
	if err != nil {
		return nil, fmt.Errorf("%w: registration response: %v", ErrMalformed, err)
	}
	record, _, err := r.client.RegistrationFinalize(m, nil, nil, r.cost.options(fixed))
	if err != nil {
		return nil, fmt.Errorf("%w: registration response: %v", ErrMalformed, err)
	}
	return record.Serialize(), nil
}

// Discard wipes the password from memory, as far as Go lets one. It may be
// called at any time and more than once.
func (r *Registration) Discard() {
	if r.client != nil {
		r.client.ClearState()
		r.client = nil
	}
}

// LogValue keeps the password out of logs.
func (r *Registration) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Login is a client's half of one login. One goroutine may use it; Finish ends
// it, and Discard if it is given up.
type Login struct {
	client *rfc9807.Client // nil once finished
	cost   stretching
}

// StartLogin returns KE1 (KE1Size bytes) that the host answers with
// Server.Login. binding is the channel's (channel.Conn.Binding): the login
// succeeds only if the host is at the other end of that same channel. The
// password is kept in memory until Finish or Discard; KE1 tells nothing about
// it.
func StartLogin(binding [32]byte, password string) (*Login, []byte, error) {
	return startLogin(loginContext(binding), password, product(), rfc9807.ClientOptions{})
}

func startLogin(context []byte, password string, cost stretching, fixed rfc9807.ClientOptions) (*Login, []byte, error) {
	secret, err := prepare(password)
	if err != nil {
		return nil, nil, err
	}
	defer clear(secret)
	client, err := rfc9807.NewClient(configuration(context, cost))
	if err != nil {
		return nil, nil, fmt.Errorf("start login: %w", err)
	}
	ke1, err := client.GenerateKE1(secret, &fixed)
	if err != nil {
		return nil, nil, fmt.Errorf("start login: %w", err)
	}
	return &Login{client: client, cost: cost}, ke1.Serialize(), nil
}

// Finish takes the host's KE2 and returns KE3 (KE3Size bytes), which proves the
// password to the host. When it returns without an error, the host has proved
// that it holds the record made with this password; ErrRefused means it has
// not, and nothing may be sent. It computes Argon2id: about half a second and
// 64 MiB, so not on the goroutine of a window. ErrMalformed comes before that.
func (l *Login) Finish(ke2 []byte) ([]byte, error) {
	if l.client == nil {
		return nil, ErrUsed
	}
	defer l.Discard()
	m, err := l.client.Deserialize.KE2(ke2)
	if err != nil {
		return nil, fmt.Errorf("%w: ke2: %v", ErrMalformed, err)
	}
	// The cause of a failure is not passed on: it would tell a wrong password
	// from a damaged answer, which differ by nothing that can be trusted.
	ke3, _, _, err := l.client.GenerateKE3(m, nil, nil, l.cost.options(rfc9807.ClientOptions{}))
	if err != nil {
		return nil, ErrRefused
	}
	return ke3.Serialize(), nil
}

// Discard wipes the password from memory, as far as Go lets one. It may be
// called at any time and more than once.
func (l *Login) Discard() {
	if l.client != nil {
		l.client.ClearState()
		l.client = nil
	}
}

// LogValue keeps the password out of logs.
func (l *Login) LogValue() slog.Value { return slog.StringValue("[secret]") }
