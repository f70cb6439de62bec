package mls

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// journal is a store on disk that survives kill -9: a log of writes of which
// only those before the last commit line count. Every write is one statement,
// before which the process may be told to die.
type journal struct {
	*memory
	file *os.File
	die  int // statements until the process kills itself; negative is never
}

type journalLine struct {
	Op, Group, Key string
	Value          []byte
}

func openJournal(path string, die int) (*journal, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	j := &journal{memory: newMemory(), die: -1}
	var tx []journalLine
	whole := 0
	for at, rest := 0, data; ; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		if !found {
			break
		}
		at, rest = at+len(line)+1, after
		var l journalLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, err
		}
		key, err := hex.DecodeString(l.Key)
		if err != nil {
			return nil, err
		}
		l.Key = string(key)
		if l.Op != "commit" {
			tx = append(tx, l)
			continue
		}
		for _, l := range tx {
			if err := j.apply(l); err != nil {
				return nil, err
			}
		}
		tx, whole = nil, at
	}
	// What was not committed is rolled back.
	if err := os.WriteFile(path, data[:whole], 0o600); err != nil {
		return nil, err
	}
	j.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	j.die = die
	return j, err
}

func (j *journal) apply(l journalLine) error {
	switch l.Op {
	case "put":
		return j.memory.Put([]byte(l.Group), l.Key, l.Value)
	case "delete":
		return j.memory.Delete([]byte(l.Group), l.Key)
	default:
		return j.memory.DeletePrefix([]byte(l.Group), l.Key)
	}
}

// statement is where the process may die.
func (j *journal) statement(l journalLine) error {
	if j.die == 0 {
		p, err := os.FindProcess(os.Getpid())
		if err != nil {
			return err
		}
		if err := p.Kill(); err != nil {
			return err
		}
		select {} // until the signal arrives
	}
	j.die--
	// Keys hold any bytes; JSON strings do not.
	l.Key = fmt.Sprintf("%x", l.Key)
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(b, '\n'))
	return err
}

func (j *journal) Put(group []byte, key string, value []byte) error {
	if err := j.statement(journalLine{"put", string(group), key, value}); err != nil {
		return err
	}
	return j.memory.Put(group, key, value)
}

func (j *journal) Delete(group []byte, key string) error {
	if err := j.statement(journalLine{"delete", string(group), key, nil}); err != nil {
		return err
	}
	return j.memory.Delete(group, key)
}

func (j *journal) DeletePrefix(group []byte, prefix string) error {
	if err := j.statement(journalLine{"prefix", string(group), prefix, nil}); err != nil {
		return err
	}
	return j.memory.DeletePrefix(group, prefix)
}

func (j *journal) commit() error { return j.statement(journalLine{Op: "commit"}) }

// The rows of the application in the same store.
const (
	appGroup = "the application"
	outbox   = "outbox " // sealed, may leave
	inbox    = "inbox "  // plaintext that was received
)

// device is a client whose whole life is: take the messages that arrive one
// after the other and send one of its own after each.
func device(path string, die int, key SigningKey, incoming [][]byte, leave func([]byte)) error {
	j, err := openJournal(path, die)
	if err != nil {
		return err
	}
	defer j.file.Close()
	client, err := NewClient(Config{Signer: key, Policy: anyone{}, Credential: Credential{Type: BasicCredential, Identity: []byte("bob")}})
	if err != nil {
		return err
	}
	g, err := client.Load(j, []byte("the group"))
	if err != nil {
		return err
	}
	for i, m := range incoming {
		// Receiving: plaintext, cursor and the deletion of the key are one.
		in := fmt.Sprint(inbox, i)
		if done, err := j.Get([]byte(appGroup), in); err != nil || done == nil {
			r, err := g.Process(j, m)
			if err != nil {
				return fmt.Errorf("message %d: %w", i, err)
			}
			if err := errors.Join(j.Put([]byte(appGroup), in, append([]byte("read "), r.Data...)), j.commit()); err != nil {
				return err
			}
		}
		// Sending: the sealed message, the used key and, for every third one, the
		// pending commit are one.
		out := fmt.Sprint(outbox, i)
		sealed, err := j.Get([]byte(appGroup), out)
		if err != nil {
			return err
		}
		if sealed == nil {
			if i%3 == 2 {
				if err := g.DropPending(j); err != nil {
					return err
				}
				c, err := g.Commit(j, Plan{})
				if err != nil {
					return err
				}
				sealed = c.Message
			} else if sealed, err = g.Encrypt(j, nil, []byte(fmt.Sprint("answer ", i))); err != nil {
				return err
			}
			if err := errors.Join(j.Put([]byte(appGroup), out, sealed), j.commit()); err != nil {
				return err
			}
		}
		leave(sealed) // at least once
	}
	return nil
}

// TestKilledDevice is not a test of its own: TestProperty18KillAtEveryStatement runs it in
// a process that dies.
func TestKilledDevice(t *testing.T) {
	dir := os.Getenv("MLS_KILLED_DEVICE")
	if dir == "" {
		t.Skip("runs as the child of TestProperty18KillAtEveryStatement")
	}
	var die int
	if _, err := fmt.Sscan(os.Getenv("MLS_KILLED_AFTER"), &die); err != nil {
		t.Fatal(err)
	}
	key, incoming := readSetup(t, dir)
	left, err := os.OpenFile(filepath.Join(dir, "left"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	err = device(filepath.Join(dir, "journal"), die, key, incoming, func(b []byte) { fmt.Fprintf(left, "%x\n", b) })
	if err != nil {
		t.Fatal(err)
	}
}

func readSetup(t *testing.T, dir string) (SigningKey, [][]byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "setup"))
	if err != nil {
		t.Fatal(err)
	}
	var setup struct{ Key, Incoming []byte }
	if err := json.Unmarshal(data, &setup); err != nil {
		t.Fatal(err)
	}
	key, err := NewSigningKey(X25519AES128SHA256Ed25519, setup.Key)
	if err != nil {
		t.Fatal(err)
	}
	incoming := must(t, setup.Incoming, func(r *reader) [][]byte { return readVector(r, 100, (*reader).opaque) })
	return key, incoming
}

// Property 18: kill -9 between all statements of receiving and sending. No
// generation is ever used for two ciphertexts, and each message is read once.
func TestProperty18KillAtEveryStatement(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process for each statement")
	}
	alice, bob, _ := trio(t, X25519AES128SHA256Ed25519)
	var incoming [][]byte
	for i := range 6 {
		incoming = append(incoming, alice.encrypt(fmt.Sprint("question ", i)))
	}
	setup, err := json.Marshal(map[string][]byte{
		"Key": bob.client.cfg.Signer.Bytes(),
		"Incoming": appendVector(nil, func(b []byte) []byte {
			for _, m := range incoming {
				b = appendOpaque(b, m)
			}
			return b
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "setup"), setup, 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := openJournal(filepath.Join(dir, "journal"), -1)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range bob.store.rows["the group"] {
		if err := j.Put([]byte("the group"), k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.commit(), j.file.Close()); err != nil {
		t.Fatal(err)
	}

	// Each process lives one statement longer than the last one that got
	// nowhere; whatever was committed stays for the next.
	killed, die, size := 0, 0, int64(0)
	for {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledDevice$")
		cmd.Env = append(os.Environ(), "MLS_KILLED_DEVICE="+dir, fmt.Sprint("MLS_KILLED_AFTER=", die))
		output, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if bytes.Contains(output, []byte("--- FAIL")) {
			t.Fatalf("the device failed: %s", output)
		}
		killed++
		j, err := openJournal(filepath.Join(dir, "journal"), -1) // rolls back
		if err != nil {
			t.Fatal(err)
		}
		j.file.Close()
		info, err := os.Stat(filepath.Join(dir, "journal"))
		if err != nil {
			t.Fatal(err)
		}
		die++
		if info.Size() > size {
			size, die = info.Size(), 0
		}
		if die > 200 || killed > 1000 {
			t.Fatal("the device does not get further")
		}
	}
	if killed < 30 {
		t.Errorf("killed %d times, want every statement", killed)
	}

	data, err := os.ReadFile(filepath.Join(dir, "left"))
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]string)
	for _, line := range strings.Fields(string(data)) {
		var b []byte
		if _, err := fmt.Sscanf(line, "%x", &b); err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(b)
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.private.openSenderData(alice.client.suite, alice.group.epoch.secrets.senderData)
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("%s ratchet, generation %d", ratchetFor(d.leaf, m.private.kind).label(), d.generation)
		if old, found := used[key]; found && old != line {
			t.Errorf("two ciphertexts with the key of the %s", key)
		}
		used[key] = line
	}
	if len(used) != len(incoming) {
		t.Errorf("got %d messages that left, want %d", len(used), len(incoming))
	}
	j, err = openJournal(filepath.Join(dir, "journal"), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	var read []string
	for row := range j.Scan([]byte(appGroup), inbox) {
		read = append(read, string(row.Value))
	}
	slices.Sort(read)
	for i := range incoming {
		if want := fmt.Sprint("read question ", i); i >= len(read) || read[i] != want {
			t.Errorf("got %q, want each question once", read)
			break
		}
	}
}
