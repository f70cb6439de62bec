package opaque

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	rfc9807 "github.com/bytemare/opaque"
)

// cheap keeps Argon2id in the path, at its lowest cost.
func cheap() stretching { return stretching{time: 1, memoryKiB: 8, threads: 1} }

var alice = []byte("credential id of alice") // never changed

const password = "correct horse battery staple"

func testServer(t testing.TB) *Server {
	t.Helper()
	secret, err := GenerateServerSecret()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(secret, cheap())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// register runs a registration and returns the record.
func register(t testing.TB, s *Server, id []byte, password string) []byte {
	t.Helper()
	r, request, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.RegistrationResponse(id, request)
	if err != nil {
		t.Fatal(err)
	}
	record, err := r.Finish(response)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckRecord(record); err != nil {
		t.Fatal(err)
	}
	return record
}

// start begins a cheap login.
func start(t testing.TB, binding [32]byte, password string) (*Login, []byte) {
	t.Helper()
	l, ke1, err := startLogin(loginContext(binding), password, cheap(), rfc9807.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return l, ke1
}

// answer lets the server answer KE1 on the channel of binding.
func answer(t testing.TB, s *Server, binding [32]byte, id, record, ke1 []byte) ([]byte, *Pending) {
	t.Helper()
	ke2, p, err := s.Login(binding, id, record, ke1)
	if err != nil {
		t.Fatal(err)
	}
	return ke2, p
}

func TestRegisterAndLogIn(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	l, ke1 := start(t, [32]byte{1}, password)
	ke2, pending := answer(t, s, [32]byte{1}, alice, record, ke1)
	ke3, err := l.Finish(ke2)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Finish(ke3); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]int{
		"record": {len(record), RecordSize}, "ke1": {len(ke1), KE1Size},
		"ke2": {len(ke2), KE2Size}, "ke3": {len(ke3), KE3Size},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %d bytes, want %d", name, c[0], c[1])
		}
	}
	if err := pending.Finish(ke3); !errors.Is(err, ErrUsed) {
		t.Errorf("KE3 twice: got %v, want %v", err, ErrUsed)
	}
	if _, err := l.Finish(ke2); !errors.Is(err, ErrUsed) {
		t.Errorf("KE2 twice: got %v, want %v", err, ErrUsed)
	}
}

// TestProductCost runs one registration and login as the product does, and
// computes independently of the library what Argon2id must have been asked.
func TestProductCost(t *testing.T) {
	if got, want := product(), (stretching{3, 65536, 4}); got != want {
		t.Errorf("Argon2id: got %+v, want %+v", got, want)
	}
	// ristretto255 twice, Argon2id, SHA-512 thrice (crypto.SHA512 is 7), no context.
	if got, want := configuration(nil, product()).Serialize(), []byte{1, 1, 1, 7, 7, 7, 0, 0}; !bytes.Equal(got, want) {
		t.Errorf("suite: got %v, want %v", got, want)
	}
	secret, err := GenerateServerSecret()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(secret)
	if err != nil {
		t.Fatal(err)
	}
	r, request, err := StartRegistration(password)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.RegistrationResponse(alice, request)
	if err != nil {
		t.Fatal(err)
	}
	var record []byte
	if got := allocated(func() { record, err = r.Finish(response) }); err != nil || got < 64<<20 {
		t.Errorf("registration: %v, and %d bytes allocated, want 64 MiB for Argon2id", err, got)
	}
	l, ke1, err := StartLogin([32]byte{5}, password)
	if err != nil {
		t.Fatal(err)
	}
	ke2, pending, err := s.Login([32]byte{5}, alice, record, ke1)
	if err != nil {
		t.Fatal(err)
	}
	ke3, err := l.Finish(ke2)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Finish(ke3); err != nil {
		t.Fatal(err)
	}
	// A client that stretches less does not get in.
	weak, ke1 := start(t, [32]byte{5}, password)
	ke2, _ = answer(t, s, [32]byte{5}, alice, record, ke1)
	if _, err := weak.Finish(ke2); !errors.Is(err, ErrRefused) {
		t.Errorf("a cheaper Argon2id: got %v, want %v", err, ErrRefused)
	}
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBadAnswersCostTheClientNothing uses the product's cost: what is no KE2
// is refused before Argon2id takes its 64 MiB.
func TestBadAnswersCostTheClientNothing(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	identity := make([]byte, 32)
	noElement := bytes.Repeat([]byte{0xff}, 32)
	for name, change := range map[string]func([]byte) []byte{
		"nothing":                      func([]byte) []byte { return nil },
		"a byte short":                 func(b []byte) []byte { return b[:len(b)-1] },
		"a byte long":                  func(b []byte) []byte { return append(b, 0) },
		"16 MiB":                       func(b []byte) []byte { return make([]byte, 16<<20) },
		"evaluation is the identity":   func(b []byte) []byte { copy(b, identity); return b },
		"evaluation is no element":     func(b []byte) []byte { copy(b, noElement); return b },
		"masking nonce is zero":        func(b []byte) []byte { clear(b[32:64]); return b },
		"masked response is zero":      func(b []byte) []byte { clear(b[64:192]); return b },
		"server nonce is zero":         func(b []byte) []byte { clear(b[192:224]); return b },
		"server share is the identity": func(b []byte) []byte { copy(b[224:], identity); return b },
		"server mac is zero":           func(b []byte) []byte { clear(b[256:]); return b },
	} {
		l, ke1, err := StartLogin([32]byte{1}, password)
		if err != nil {
			t.Fatal(err)
		}
		ke2, _ := answer(t, s, [32]byte{1}, alice, record, ke1)
		ke2 = change(ke2)
		if got := allocated(func() { _, err = l.Finish(ke2) }); got > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, got)
		}
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, ErrMalformed)
		}
	}
	for name, response := range map[string][]byte{
		"nothing":                    nil,
		"a byte long":                make([]byte, 65),
		"evaluation is the identity": append(make([]byte, 32), s.keys.PublicKeyBytes...),
		"no public key":              append(slices.Clone(s.keys.PublicKeyBytes), noElement...),
	} {
		r, _, err := StartRegistration(password)
		if err != nil {
			t.Fatal(err)
		}
		if got := allocated(func() { _, err = r.Finish(response) }); got > 1<<20 {
			t.Errorf("registration response, %s: %d bytes allocated", name, got)
		}
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("registration response, %s: got %v, want %v", name, err, ErrMalformed)
		}
	}
}

func TestRefused(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	otherHost := testServer(t)
	for _, c := range []struct {
		name         string
		server       *Server
		record       []byte
		id           []byte
		password     string
		client, host byte // the bindings of the two ends
	}{
		{"wrong password", s, record, alice, "correct horse battery stapler", 1, 1},
		{"relayed from another channel", s, record, alice, password, 1, 2},
		{"unknown name", s, nil, alice, password, 1, 1},
		{"another name's credential id", s, record, []byte("bob"), password, 1, 1},
		{"a host that copied the record", otherHost, record, alice, password, 1, 1},
	} {
		l, ke1 := start(t, [32]byte{c.client}, c.password)
		ke2, pending := answer(t, c.server, [32]byte{c.host}, c.id, c.record, ke1)
		if ke3, err := l.Finish(ke2); !errors.Is(err, ErrRefused) || ke3 != nil {
			t.Errorf("%s: client got %x, %v, want %v", c.name, ke3, err, ErrRefused)
		}
		if err := pending.Finish(make([]byte, KE3Size)); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: server got %v, want %v", c.name, err, ErrRefused)
		}
	}
}

// TestProperty19RelayedProofIsRefused has a dishonest host pass everything on to the
// real one over its own channel: both ends refuse.
func TestProperty19RelayedProofIsRefused(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	honest, ke1 := start(t, [32]byte{1}, password)
	ke2, pending := answer(t, s, [32]byte{2}, alice, record, ke1)
	if _, err := honest.Finish(ke2); !errors.Is(err, ErrRefused) {
		t.Errorf("client: got %v, want %v", err, ErrRefused)
	}
	// Even the proof that the client makes on its own channel does not fit.
	l, ke1 := start(t, [32]byte{1}, password)
	mine, _ := answer(t, s, [32]byte{1}, alice, record, ke1)
	ke3, err := l.Finish(mine)
	if err != nil {
		t.Fatal(err)
	}
	if err := pending.Finish(ke3); !errors.Is(err, ErrRefused) {
		t.Errorf("server: got %v, want %v", err, ErrRefused)
	}
}

// TestProperty17UnknownNameLooksLikeAKnownOne: whatever a client can see without the
// password has the same size and repeats in the same way.
func TestProperty17UnknownNameLooksLikeAKnownOne(t *testing.T) {
	secret, err := GenerateServerSecret()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(secret, cheap())
	if err != nil {
		t.Fatal(err)
	}
	restarted, err := newServer(secret, cheap())
	if err != nil {
		t.Fatal(err)
	}
	known := register(t, s, alice, password)
	_, ke1 := start(t, [32]byte{1}, "guess")
	ask := func(s *Server, id, record []byte) []byte {
		ke2, _ := answer(t, s, [32]byte{1}, id, record, ke1)
		return ke2
	}
	evaluation := func(ke2 []byte) string { return string(ke2[:32]) }
	for name, record := range map[string][]byte{"known": known, "unknown": nil} {
		id := []byte(name)
		one, two, three := ask(s, id, record), ask(s, id, record), ask(restarted, id, record)
		if len(one) != KE2Size {
			t.Errorf("%s: got %d bytes, want %d", name, len(one), KE2Size)
		}
		if evaluation(one) != evaluation(two) || evaluation(one) != evaluation(three) {
			t.Errorf("%s: the same question got different evaluations", name)
		}
		if bytes.Equal(one[32:], two[32:]) || bytes.Equal(one[64:192], two[64:192]) {
			t.Errorf("%s: the masked part of an answer repeats", name)
		}
	}
	if evaluation(ask(s, []byte("a"), nil)) == evaluation(ask(s, []byte("b"), nil)) {
		t.Error("two unknown names share one key: they would be told from known ones")
	}
	// The name is registered later: no visible change.
	if evaluation(ask(s, []byte("a"), nil)) != evaluation(ask(s, []byte("a"), known)) {
		t.Error("the evaluation shows whether the name exists")
	}
}

// TestEveryChangedByteIsRefused changes each byte of each message and of the
// stored record. A change is found by one of the two ends and never panics.
func TestEveryChangedByteIsRefused(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	binding := [32]byte{1}
	// The same client begins each time: one answer of the server serves for all.
	blind, _ := configuration(nil, cheap()).KeyGen()
	again := func() (*Login, []byte) {
		l, ke1, err := startLogin(loginContext(binding), password, cheap(), rfc9807.ClientOptions{
			OPRFBlind: blind.Copy(),
			AKE:       &rfc9807.AKEOptions{SecretKeyShareSeed: bytes.Repeat([]byte{1}, 32), Nonce: bytes.Repeat([]byte{2}, 32)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return l, ke1
	}
	l, ke1 := again()
	ke2, pending := answer(t, s, binding, alice, record, ke1)
	ke3, err := l.Finish(ke2)
	if err != nil {
		t.Fatal(err)
	}
	clientFinish := func(ke2 []byte) error {
		l, _ := again()
		_, err := l.Finish(ke2)
		return err
	}
	serverFinish := func(ke3 []byte) error {
		p := *pending // ends with the call
		return p.Finish(ke3)
	}
	login := func(record, ke1 []byte) error {
		ke2, p, err := s.Login(binding, alice, record, ke1)
		if err != nil {
			return err
		}
		l, _ := again()
		if ke3, err = l.Finish(ke2); err != nil {
			return err
		}
		return p.Finish(ke3)
	}
	for _, c := range []struct {
		name string
		b    []byte
		try  func([]byte) error
		also error // besides ErrRefused
	}{
		{"ke3", ke3, serverFinish, ErrRefused},
		{"ke2", ke2, clientFinish, ErrMalformed},
		{"ke1", ke1, func(b []byte) error { return login(record, b) }, ErrMalformed},
		{"record", record, func(b []byte) error { return login(b, ke1) }, ErrRecord},
	} {
		if err := c.try(c.b); err != nil {
			t.Errorf("%s unchanged: %v", c.name, err)
		}
		for i := range c.b {
			bad := slices.Clone(c.b)
			bad[i] ^= 0x04
			if err := c.try(bad); !errors.Is(err, ErrRefused) && !errors.Is(err, c.also) {
				t.Errorf("byte %d of %s: got %v", i, c.name, err)
			}
		}
	}
}

func TestEveryChangedByteOfARegistrationIsUseless(t *testing.T) {
	s := testServer(t)
	for i := range RegistrationRequestSize + RegistrationResponseSize {
		r, request, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if i < len(request) {
			request[i] ^= 0x04
		}
		response, err := s.RegistrationResponse(alice, request)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("byte %d: got %v, want %v", i, err, ErrMalformed)
			}
			continue
		}
		if i >= len(request) {
			response[i-len(request)] ^= 0x04
		}
		record, err := r.Finish(response)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("byte %d: got %v, want %v", i, err, ErrMalformed)
			}
			continue
		}
		// What came of it opens nothing.
		l, ke1 := start(t, [32]byte{1}, password)
		ke2, _ := answer(t, s, [32]byte{1}, alice, record, ke1)
		if _, err := l.Finish(ke2); !errors.Is(err, ErrRefused) {
			t.Errorf("byte %d: got %v, want %v", i, err, ErrRefused)
		}
	}
}

func TestServerRefusesMalformedInput(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	_, ke1 := start(t, [32]byte{1}, password)
	with := func(b []byte, at, n int, v byte) []byte {
		b = slices.Clone(b)
		copy(b[at:], bytes.Repeat([]byte{v}, n))
		return b
	}
	login := func(id, record, ke1 []byte) error {
		_, _, err := s.Login([32]byte{1}, id, record, ke1)
		return err
	}
	respond := func(request []byte) error {
		_, err := s.RegistrationResponse(alice, request)
		return err
	}
	for _, c := range []struct {
		name      string
		err, want error
	}{
		{"no KE1", login(alice, record, nil), ErrMalformed},
		{"a long KE1", login(alice, record, append(slices.Clone(ke1), 0)), ErrMalformed},
		{"KE1 blinds the identity", login(alice, record, with(ke1, 0, 32, 0)), ErrMalformed},
		{"KE1 blinds no element", login(alice, record, with(ke1, 0, 32, 0xff)), ErrMalformed},
		{"KE1 with a zero nonce", login(alice, record, with(ke1, 32, 32, 0)), ErrMalformed},
		{"KE1 with the identity as share", login(alice, record, with(ke1, 64, 32, 0)), ErrMalformed},
		{"a bad KE1 for an unknown name", login(alice, nil, with(ke1, 64, 32, 0)), ErrMalformed},
		{"a bad KE1 and a damaged record", login(alice, record[1:], with(ke1, 64, 32, 0)), ErrMalformed},
		{"an empty record is not unknown", login(alice, []byte{}, ke1), ErrRecord},
		{"a record cut short", login(alice, record[1:], ke1), ErrRecord},
		{"no credential id", login(nil, record, ke1), ErrRecord},
		{"no request", respond(nil), ErrMalformed},
		{"a request of the identity", respond(make([]byte, 32)), ErrMalformed},
		{"a request of no element", respond(bytes.Repeat([]byte{0xff}, 32)), ErrMalformed},
		{"storing nothing", s.CheckRecord(nil), ErrRecord},
		{"storing a byte too much", s.CheckRecord(append(slices.Clone(record), 0)), ErrRecord},
		{"storing the identity as key", s.CheckRecord(with(record, 0, 32, 0)), ErrRecord},
		{"storing an empty masking key", s.CheckRecord(with(record, 32, 64, 0)), ErrRecord},
		{"storing an empty envelope", s.CheckRecord(with(record, 96, 96, 0)), ErrRecord},
		{"storing the fake record", s.CheckRecord(s.fake), ErrRecord},
		{"storing a record", s.CheckRecord(record), nil},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.err, c.want)
		}
	}
	for name, ke3 := range map[string][]byte{"no KE3": nil, "a short KE3": make([]byte, 63), "an empty KE3": make([]byte, 64)} {
		_, pending := answer(t, s, [32]byte{1}, alice, record, ke1)
		if err := pending.Finish(ke3); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: got %v, want %v", name, err, ErrRefused)
		}
	}
}

func TestServerSecret(t *testing.T) {
	secret, err := GenerateServerSecret()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewServer(secret); err != nil || len(secret) != SecretSize {
		t.Fatalf("%d bytes: %v", len(secret), err)
	}
	with := func(change func(b []byte)) []byte {
		b := slices.Clone(secret)
		change(b)
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"a byte short":      secret[:len(secret)-1],
		"a byte long":       append(slices.Clone(secret), 0),
		"version 2":         with(func(b []byte) { b[0] = 2 }),
		"no private key":    with(func(b []byte) { clear(b[1:33]) }),
		"other private key": with(func(b []byte) { b[1] ^= 1 }),
		"no public key":     with(func(b []byte) { clear(b[33:65]) }),
		"no fake record":    with(func(b []byte) { clear(b[129:]) }),
	} {
		if _, err := NewServer(b); !errors.Is(err, ErrSecret) {
			t.Errorf("%s: got %v, want %v", name, err, ErrSecret)
		}
	}
	s, err := newServer(secret, cheap())
	if err != nil {
		t.Fatal(err)
	}
	clear(secret) // the server has a copy
	record := register(t, s, alice, password)
	l, ke1 := start(t, [32]byte{1}, password)
	ke2, _ := answer(t, s, [32]byte{1}, alice, record, ke1)
	if _, err := l.Finish(ke2); err != nil {
		t.Error(err)
	}
}

func TestPasswordsAreTheSameOnEverySystem(t *testing.T) {
	for _, c := range []struct {
		name, registered, typed string
		want                    error
	}{
		{"composed and decomposed", "Gr\u00fc\u00dfe aus K\u00f6ln", "Gru\u0308\u00dfe aus Ko\u0308ln", nil},
		{"a no-break space", "two words", "two\u00a0words", nil},
		{"an ideographic space", "two words", "two\u3000words", nil},
		{"case matters", "Secret words", "secret words", ErrRefused},
		{"a full-width letter is another", "abc def ghi", "\uff41bc def ghi", ErrRefused},
		{"an emoji", "horse 🐎 staple", "horse 🐎 staple", nil},
		{"a space at the end matters", "two words", "two words ", ErrRefused},
	} {
		s := testServer(t)
		record := register(t, s, alice, c.registered)
		l, ke1 := start(t, [32]byte{1}, c.typed)
		ke2, _ := answer(t, s, [32]byte{1}, alice, record, ke1)
		if _, err := l.Finish(ke2); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	grows := strings.Repeat("\u0958", MaxPassword/3) // NFC has it as two code points
	for name, p := range map[string]string{
		"empty": "", "not UTF-8": "abc\xff", "1025 bytes": strings.Repeat("x", MaxPassword+1), "1024 bytes that grow": grows,
	} {
		if _, _, err := StartRegistration(p); !errors.Is(err, ErrPassword) {
			t.Errorf("%s: registration got %v, want %v", name, err, ErrPassword)
		}
		if _, _, err := StartLogin([32]byte{}, p); !errors.Is(err, ErrPassword) {
			t.Errorf("%s: login got %v, want %v", name, err, ErrPassword)
		}
	}
	if _, _, err := StartLogin([32]byte{}, strings.Repeat("x", MaxPassword)); err != nil {
		t.Errorf("1024 bytes: %v", err)
	}
}

// TestProperty17PasswordIsInNoMessage looks for the password, and for what can be
// computed from it alone, in everything that a host or a wire sees.
func TestProperty17PasswordIsInNoMessage(t *testing.T) {
	s := testServer(t)
	r, request, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.RegistrationResponse(alice, request)
	if err != nil {
		t.Fatal(err)
	}
	record, err := r.Finish(response)
	if err != nil {
		t.Fatal(err)
	}
	l, ke1 := start(t, [32]byte{1}, password)
	ke2, pending := answer(t, s, [32]byte{1}, alice, record, ke1)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "login", l, "registration", r, "server", s, "pending", pending)
	ke3, err := l.Finish(ke2)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(request, response, record, ke1, ke2, ke3, log.Bytes(), []byte(fmt.Sprintf("%+v %+v", l, r)))
	hash := sha512.Sum512([]byte(password))
	mac := hmac.New(sha512.New, nil)
	mac.Write([]byte(password))
	for name, secret := range map[string][]byte{
		"the password": []byte(password), "a word of it": []byte("battery"), "its hash": hash[:16], "its mac": mac.Sum(nil)[:16],
	} {
		for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(strings.Trim(fmt.Sprint(secret), "[]"))} {
			if bytes.Contains(all, form) {
				t.Errorf("%s was sent, stored or printed", name)
			}
		}
	}
	if n := strings.Count(log.String(), "[secret]"); n != 4 {
		t.Errorf("got %d times [secret] in %q, want 4", n, log.String())
	}
	// Two runs with one password have nothing in common but the host's key.
	_, again, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
	if err != nil || bytes.Equal(again, request) {
		t.Errorf("two requests are equal: the blind is not random (%v)", err)
	}
	if l2, ke1b := start(t, [32]byte{1}, password); bytes.Equal(ke1b[:32], ke1[:32]) || l2 == nil {
		t.Error("two KE1 have the same blinded element")
	}
}

func TestDiscardWipesThePassword(t *testing.T) {
	l, _ := start(t, [32]byte{1}, password)
	l.Discard()
	l.Discard()
	if _, err := l.Finish(make([]byte, KE2Size)); !errors.Is(err, ErrUsed) {
		t.Errorf("login: got %v, want %v", err, ErrUsed)
	}
	r, _, err := startRegistration(password, cheap(), rfc9807.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Discard()
	if _, err := r.Finish(make([]byte, RegistrationResponseSize)); !errors.Is(err, ErrUsed) {
		t.Errorf("registration: got %v, want %v", err, ErrUsed)
	}
}

// TestManyLoginsAtOnce is for the race detector: one server, many goroutines.
func TestManyLoginsAtOnce(t *testing.T) {
	s := testServer(t)
	record := register(t, s, alice, password)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			binding := [32]byte{byte(i)}
			l, ke1, err := startLogin(loginContext(binding), password, cheap(), rfc9807.ClientOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			stored := record
			if i%2 == 1 {
				stored = nil
			}
			ke2, pending, err := s.Login(binding, alice, stored, ke1)
			if err != nil {
				t.Error(err)
				return
			}
			ke3, err := l.Finish(ke2)
			if want := i%2 == 0; (err == nil) != want {
				t.Errorf("login %d: %v", i, err)
				return
			}
			if err := pending.Finish(ke3); (err == nil) != (i%2 == 0) {
				t.Errorf("login %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// TestVectorOfRFC9807 runs appendix C.1.1 through the code of this package:
// its random values handed in, its context, and no key stretching.
func TestVectorOfRFC9807(t *testing.T) {
	file, err := os.ReadFile("testdata/rfc9807-c11.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Config, Inputs, Outputs map[string]string
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	field := func(m map[string]string, name string) []byte {
		b, err := hex.DecodeString(m[name])
		if err != nil || len(b) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		return b
	}
	in := func(name string) []byte { return field(v.Inputs, name) }
	want := func(name string, got []byte) {
		t.Helper()
		if !bytes.Equal(got, field(v.Outputs, name)) {
			t.Errorf("%s: got %x, want %s", name, got, v.Outputs[name])
		}
	}
	none := stretching{}
	secret := slices.Concat([]byte{secretVersion}, in("server_private_key"), in("server_public_key"), in("oprf_seed"),
		field(v.Outputs, "registration_upload")) // any record serves as the fake one here
	s, err := newServer(secret, none)
	if err != nil {
		t.Fatal(err)
	}
	scalar := func(name string) rfc9807.ClientOptions {
		blind, err := s.parser.DecodePrivateKey(in(name))
		if err != nil {
			t.Fatal(err)
		}
		return rfc9807.ClientOptions{OPRFBlind: blind}
	}
	r, request, err := startRegistration(string(in("password")), none, scalar("blind_registration"))
	if err != nil {
		t.Fatal(err)
	}
	want("registration_request", request)
	response, err := s.RegistrationResponse(in("credential_identifier"), request)
	if err != nil {
		t.Fatal(err)
	}
	want("registration_response", response)
	record, err := r.finish(response, rfc9807.ClientOptions{RegistrationEnvelopeNonce: in("envelope_nonce")})
	if err != nil {
		t.Fatal(err)
	}
	want("registration_upload", record)

	fixed := scalar("blind_login")
	fixed.AKE = &rfc9807.AKEOptions{SecretKeyShareSeed: in("client_keyshare_seed"), Nonce: in("client_nonce")}
	l, ke1, err := startLogin(field(v.Config, "Context"), string(in("password")), none, fixed)
	if err != nil {
		t.Fatal(err)
	}
	want("KE1", ke1)
	ke2, pending, err := s.login(field(v.Config, "Context"), in("credential_identifier"), record, ke1, &rfc9807.ServerOptions{
		MaskingNonce: in("masking_nonce"),
		AKE:          &rfc9807.AKEOptions{SecretKeyShareSeed: in("server_keyshare_seed"), Nonce: in("server_nonce")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want("KE2", ke2)
	ke3, err := l.Finish(ke2)
	if err != nil {
		t.Fatal(err)
	}
	want("KE3", ke3)
	if err := pending.Finish(ke3); err != nil {
		t.Error(err)
	}
}
