package host_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/snugchat/snug/crypto/identity"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestProtocolDocument keeps net/PROTOCOL.md true: its table of messages and its
// worked example are what the code does. To renew them after a change, run with
// SNUG_WRITE_PROTOCOL=1.
func TestProtocolDocument(t *testing.T) {
	const path = "../PROTOCOL.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for _, part := range []struct{ name, want string }{
		{"messages", messageTable(t)},
		{"codes", codeTable(t)},
		{"bodies", bodyTable()},
		{"example", workedExample(t)},
	} {
		begin, end := "<!-- begin "+part.name+" -->\n", "<!-- end "+part.name+" -->"
		i := strings.Index(doc, begin)
		j := strings.Index(doc, end)
		if i < 0 || j < i {
			t.Fatalf("%s has no part %q", path, part.name)
		}
		got := doc[i+len(begin) : j]
		if got == part.want {
			continue
		}
		if os.Getenv("SNUG_WRITE_PROTOCOL") == "" {
			t.Errorf("%s: the part %q is not what the code does; it should read\n%s", path, part.name, part.want)
			continue
		}
		doc = doc[:i+len(begin)] + part.want + doc[j:]
		if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// documented lists every message with who sends it: c the client, h the host.
var documented = []struct {
	m    wire.Message
	from string
}{
	{&wire.Hello{}, "c"},
	{&wire.Welcome{}, "h"},
	{&wire.Failure{}, "h"},
	{&wire.Goodbye{}, "h"},
	{&wire.Session{}, "h"},
	{&wire.Register{}, "c"},
	{&wire.RegisterReply{}, "h"},
	{&wire.RegisterFinish{}, "c"},
	{&wire.Login{}, "c"},
	{&wire.LoginReply{}, "h"},
	{&wire.LoginFinish{}, "c"},
	{&wire.Password{}, "c"},
	{&wire.PasswordReply{}, "h"},
	{&wire.PasswordFinish{}, "c"},
	{&wire.LoginProved{}, "h"},
	{&wire.Fetch{}, "c"},
	{&wire.Rows{}, "h"},
	{&wire.Post{}, "c"},
	{&wire.Posted{}, "h"},
	{&wire.Deliver{}, "h"},
	{&wire.Typing{}, "both"},
	{&wire.Signal{}, "both"},
	{&wire.Peek{}, "c"},
	{&wire.Peeked{}, "h"},
	{&wire.People{}, "h"},
	{&wire.Presence{}, "h"},
	{&wire.Place{}, "h"},
	{&wire.FileRules{}, "h"},
	{&wire.Admin{}, "c"},
	{&wire.Done{}, "h"},
	{&wire.CreateInvite{}, "c"},
	{&wire.RevokeInvite{}, "c"},
	{&wire.ListInvites{}, "c"},
	{&wire.Invites{}, "h"},
	{&wire.ChangePlace{}, "c"},
	{&wire.Offer{}, "c"},
	{&wire.Get{}, "c"},
	{&wire.BlobState{}, "h"},
	{&wire.Pull{}, "both"},
	{&wire.Piece{}, "both"},
	{&wire.Cancel{}, "both"},
	{&wire.Rooms{}, "h"},
	{&wire.CreateRoom{}, "c"},
	{&wire.ChangeRoom{}, "c"},
	{&wire.LeaveRoom{}, "c"},
	{&wire.PutKeyPackages{}, "c"},
	{&wire.KeyPackageCount{}, "h"},
	{&wire.GetKeyPackages{}, "c"},
	{&wire.KeyPackages{}, "h"},
	{&wire.Mail{}, "h"},
	{&wire.MailDone{}, "c"},
	{&wire.SendMail{}, "c"},
	{&wire.OfferDevice{}, "c"},
	{&wire.AddDevice{}, "c"},
	{&wire.DeviceCame{}, "h"},
	{&wire.DeviceRelay{}, "both"},
	{&wire.DeviceEnd{}, "both"},
	{&wire.ListDevices{}, "c"},
	{&wire.Devices{}, "h"},
	{&wire.NoteDevice{}, "c"},
	{&wire.SignOut{}, "c"},
	{&wire.PutKit{}, "c"},
	{&wire.Recover{}, "c"},
	{&wire.Recovery{}, "h"},
	{&wire.ListMembers{}, "c"},
	{&wire.Members{}, "h"},
	{&wire.Reoffer{}, "c"},
	{&wire.Reoffered{}, "h"},
}

func messageTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| kind | message | from | fields |\n|---|---|---|---|\n")
	listed := make(map[wire.Kind]bool)
	for _, d := range documented {
		listed[d.m.Kind()] = true
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", d.m.Kind(), reflect.TypeOf(d.m).Elem().Name(), d.from, fieldList(reflect.TypeOf(d.m).Elem()))
	}
	for kind := range wire.Kind(1000) {
		_, err := wire.Parse(append(binary.BigEndian.AppendUint16(nil, uint16(kind)), 0xa0))
		if known := !errors.Is(err, wire.ErrUnknownKind); known != listed[kind] {
			t.Errorf("kind %d: known %v, in the table %v", kind, known, listed[kind])
		}
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[wire.Card](), reflect.TypeFor[wire.Row](), reflect.TypeFor[wire.Person](), reflect.TypeFor[wire.InviteInfo](), reflect.TypeFor[wire.Head](),
		reflect.TypeFor[wire.RoomInfo](), reflect.TypeFor[wire.MemberChange](), reflect.TypeFor[wire.MemberEntry](), reflect.TypeFor[wire.DevicePackage](),
		reflect.TypeFor[wire.BlobRef](), reflect.TypeFor[wire.DeviceInfo](), reflect.TypeFor[wire.DeviceNote](),
	} {
		fmt.Fprintf(&b, "| - | %s | - | %s |\n", typ.Name(), fieldList(typ))
	}
	return b.String()
}

// codeTable lists the codes, with what net/wire/code.go says of each.
func codeTable(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../wire/code.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| code | name | meaning |\n|---|---|---|\n")
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			v := spec.(*ast.ValueSpec)
			meaning := strings.TrimSpace(v.Comment.Text())
			if meaning == "" {
				t.Errorf("%s has no meaning", v.Names[0].Name)
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", v.Values[0].(*ast.BasicLit).Value, v.Names[0].Name, meaning)
		}
	}
	return b.String()
}

func bodyTable() string {
	var b strings.Builder
	b.WriteString("| number | body | fields |\n|---|---|---|\n")
	for _, d := range []struct {
		kind string
		typ  reflect.Type
	}{
		{"-", reflect.TypeFor[wire.Envelope]()},
		{fmt.Sprint(wire.KindText), reflect.TypeFor[wire.Text]()},
		{fmt.Sprint(wire.KindFile), reflect.TypeFor[wire.File]()},
		{fmt.Sprint(wire.KindReaction), reflect.TypeFor[wire.Reaction]()},
		{fmt.Sprint(wire.KindEdit), reflect.TypeFor[wire.Edit]()},
		{fmt.Sprint(wire.KindDelete), reflect.TypeFor[wire.Delete]()},
		{fmt.Sprint(wire.KindPin), reflect.TypeFor[wire.Pin]()},
		{fmt.Sprintf("%d, %d, %d", wire.KindAccount, wire.KindIdentity, wire.KindDevice), reflect.TypeFor[wire.AccountEntry]()},
		{fmt.Sprint(wire.KindRevoke), reflect.TypeFor[wire.RevokeEntry]()},
		{fmt.Sprintf("%d, %d", wire.KindDelivered, wire.KindRead), reflect.TypeFor[wire.Upto]()},
		{fmt.Sprintf("%d, %d, %d", wire.KindSealed, wire.KindCommit, wire.KindProposal), reflect.TypeFor[wire.Sealed]()},
		{"-", reflect.TypeFor[wire.Inner]()},
	} {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", d.kind, d.typ.Name(), fieldList(d.typ))
	}
	return b.String()
}

// fieldList lists the fields of a message: key, name, type; a question mark says
// that the field is left out when it is zero or empty.
func fieldList(typ reflect.Type) string {
	var list []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag := strings.Split(f.Tag.Get("cbor"), ",")
		optional := ""
		if strings.Contains(f.Tag.Get("cbor"), "omitempty") {
			optional = "?"
		}
		list = append(list, fmt.Sprintf("%s %s%s %s", tag[0], f.Name, optional, typeName(f.Type)))
	}
	return strings.Join(list, "; ")
}

func typeName(typ reflect.Type) string {
	switch typ.Kind() {
	case reflect.Pointer:
		return typeName(typ.Elem())
	case reflect.Array:
		return fmt.Sprintf("bytes(%d)", typ.Len())
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "list of " + typeName(typ.Elem())
	case reflect.Struct:
		return typ.Name()
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "bool"
	case reflect.Int64:
		return "int"
	default:
		return "uint"
	}
}

// workedExample posts "hello" with keys that are all of one byte, and returns
// every step of it.
func workedExample(t *testing.T) string {
	t.Helper()
	fill := func(n int, c byte) []byte { return []byte(strings.Repeat(string(rune(c)), n)) }
	hostKey := [32]byte(fill(32, 0x11))
	key, err := identity.NewPrivateKey(fill(32, 0x22))
	if err != nil {
		t.Fatal(err)
	}
	transport := [32]byte(fill(32, 0x33))
	env := wire.Envelope{
		Room: chat.Lobby, Seen: wire.Head{Seq: 6, Chain: [32]byte(fill(32, 0x44))}, ID: chat.MessageID(fill(16, 0x55)),
		Device: chat.DeviceID(identity.NewDeviceID(transport)), Counter: 1, Time: 1_790_000_000_000, Body: wire.KindText, Data: wire.EncodeBody(&wire.Text{Text: "hello"}),
	}
	sealed, err := env.Seal()
	if err != nil {
		t.Fatal(err)
	}
	fields := sealed[4 : 4+binary.BigEndian.Uint32(sealed)]
	signature := key.Sign(wire.LabelOpenEnvelope, hostKey[:], sealed)
	post := wire.Append(nil, &wire.Post{Envelope: sealed, Signature: signature})
	row := wire.RowHash(sealed, signature)
	first := wire.FirstChain(hostKey, chat.Lobby)
	posted := wire.Append(nil, &wire.Posted{Room: env.Room, ID: env.ID, Seq: 7, Time: 1_790_000_000_123})

	var b strings.Builder
	b.WriteString("```text\n")
	show := func(name string, v []byte) {
		fmt.Fprintf(&b, "%s\n", name)
		for h := hex.EncodeToString(v); len(h) > 0; {
			n := min(96, len(h))
			fmt.Fprintf(&b, "    %s\n", h[:n])
			h = h[n:]
		}
	}
	show("host's static key", hostKey[:])
	show("the device's envelope key: Ed25519 seed", key.Bytes())
	show("the device's envelope key: public half", key.Public().Bytes())
	show("the device's transport key", transport[:])
	show("device id = SHA-256(\"snug/1 device\" || transport key)[:16]", env.Device[:])
	show("body: Text{\"hello\"} as CBOR", env.Data)
	show(fmt.Sprintf("envelope: its fields as CBOR, %d bytes", len(fields)), fields)
	fmt.Fprintf(&b, "envelope: %x || the fields || %d zeros, %d bytes in all; its SHA-256\n    %x\n", sealed[:4], len(sealed)-4-len(fields), len(sealed), sha256.Sum256(sealed))
	signedHead := fmt.Sprintf("%02x", len(wire.LabelOpenEnvelope)) + hex.EncodeToString([]byte(wire.LabelOpenEnvelope)) + "00000020" + hex.EncodeToString(hostKey[:]) + fmt.Sprintf("%08x", len(sealed))
	fmt.Fprintf(&b, "what is signed: this, and the envelope\n    %s\n    %s\n", signedHead[:96], signedHead[96:])
	show("signature", signature)
	fmt.Fprintf(&b, "message Post: %d bytes, it begins and ends\n    %x ... %x\n", len(post), post[:12], post[len(post)-8:])
	fmt.Fprintf(&b, "in a record: %08x || the message\n", len(post))
	show("row hash = SHA-256(envelope || signature)", row[:])
	show("chain of the Lobby before its first row", first[:])
	chain := wire.NextChain(first, 7, row)
	show("chain after this row, if it is the first one and has seq 7", chain[:])
	show("message Posted, the answer", posted)
	b.WriteString("```\n")
	return b.String()
}
