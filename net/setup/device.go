package setup

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/paths"
)

// deviceHeader begins the file of a device and is bound to its content.
const deviceHeader = "snug device 1\n"

// device is what of a place's store must outlive the store: who this device is
// there, with its keys, and how far it had come. It lies sealed beside the
// database and is in no backup.
type device struct {
	Place clientdb.Place
	Keys  keys
	Mark  uint64 // see clientdb.DB.Mark
}

// keys are those of clientdb.Place, which do not marshal.
type keys struct{ Transport, Envelope, MLS, Identity []byte }

// sealer seals small files with a key of the vault.
type sealer struct{ aead cipher.AEAD }

func newSealer(key [32]byte) (sealer, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return sealer{}, fmt.Errorf("prepare sealed file: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("prepare sealed file: %w", err)
	}
	return sealer{aead}, nil
}

func (p *Profile) devicePath(id string) string { return filepath.Join(p.layout.Client(id), "device") }

// encodeDevice returns what saveDevice seals.
func encodeDevice(place clientdb.Place, mark uint64) ([]byte, error) {
	d := device{Place: place, Mark: mark, Keys: keys{
		place.Keys.Transport[:], place.Keys.Envelope[:], place.Keys.MLS[:], place.Keys.Identity,
	}}
	d.Place.Keys = clientdb.Keys{}
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("save device: %w", err)
	}
	return plain, nil
}

// saveDevice writes the file of a device.
func (s sealer) saveDevice(path string, plain []byte) error {
	return paths.WriteFile(path, s.aead.Seal([]byte(deviceHeader), nil, plain, []byte(deviceHeader))) //nolint:gosec // the nonce is the AEAD's own, random
}

// errDevice says that the file of a device cannot be read. The store has the same.
var errDevice = errors.New("the file of this device is damaged")

// loadDevice reads what saveDevice wrote. Errors: os.ErrNotExist, errDevice, or the
// system's.
func (s sealer) loadDevice(path string) (clientdb.Place, uint64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return clientdb.Place{}, 0, fmt.Errorf("load device: %w", err)
	}
	if len(b) < len(deviceHeader) || string(b[:len(deviceHeader)]) != deviceHeader {
		return clientdb.Place{}, 0, errDevice
	}
	plain, err := s.aead.Open(nil, nil, b[len(deviceHeader):], []byte(deviceHeader))
	if err != nil {
		return clientdb.Place{}, 0, errDevice
	}
	var d device
	if err := json.Unmarshal(plain, &d); err != nil || len(d.Keys.Transport) != 32 || len(d.Keys.Envelope) != 32 || len(d.Keys.MLS) != 32 {
		return clientdb.Place{}, 0, errDevice
	}
	d.Place.Keys = clientdb.Keys{
		Transport: [32]byte(d.Keys.Transport), Envelope: [32]byte(d.Keys.Envelope), MLS: [32]byte(d.Keys.MLS), Identity: d.Keys.Identity,
	}
	return d.Place, d.Mark, nil
}
