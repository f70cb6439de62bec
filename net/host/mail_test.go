package host_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/transfer"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// letter makes a mail.
func letter(to *client, room chat.RoomID, data string) wire.Mail {
	return wire.Mail{ID: chat.NewMessageID(), To: to.who.device(), Room: room, MailKind: wire.MailVerify, Data: []byte(data)}
}

// sendMail sends mails and returns the code of the answer.
func (c *client) sendMail(mails ...wire.Mail) wire.Code {
	c.t.Helper()
	c.send(&wire.SendMail{Ref: 8, Mails: mails})
	for {
		c.mu.Lock()
		for i, m := range c.inbox {
			switch m := m.(type) {
			case *wire.Done:
				c.inbox = slices.Delete(c.inbox, i, i+1)
				c.mu.Unlock()
				return 0
			case *wire.Failure:
				c.inbox = slices.Delete(c.inbox, i, i+1)
				c.mu.Unlock()
				return m.Code
			}
		}
		err := c.err
		c.mu.Unlock()
		if err != nil {
			c.t.Fatalf("%s: %v", c.who.name, err)
		}
		select {
		case <-c.news:
		case <-time.After(patience):
			c.t.Fatalf("%s: no answer to a mail", c.who.name)
		}
	}
}

// TestMail shows that mail comes at once or when its device does, until the device
// says that it has it, and that the host fills in who it is from.
func TestMail(t *testing.T) {
	p, olga, ana, ben := three(t)
	welcome := letter(ana, olga.room, "welcome")
	welcome.From, welcome.Seq, welcome.Time, welcome.MailKind = ben.who.device(), 99, 99, wire.MailWelcome
	seq := olga.must(olga.commit([]wire.MemberEntry{{Account: ana.who.account}}, nil, welcome))
	got := expect[*wire.Mail](ana)
	if got.From != olga.who.device() || got.To != ana.who.device() || got.Seq != seq || string(got.Data) != "welcome" || got.MailKind != wire.MailWelcome ||
		got.Room != olga.room || got.ID != welcome.ID || got.Time < 1_600_000_000_000 {
		t.Errorf("got %+v", got)
	}
	// Not taken: it comes again, also after a restart of the host.
	ana.close()
	p.restart()
	ana = p.back(ana.who)
	if again := expect[*wire.Mail](ana); again.ID != welcome.ID || again.Seq != seq {
		t.Errorf("again: %+v", again)
	}
	ana.send(&wire.MailDone{ID: welcome.ID})
	ana.send(&wire.MailDone{ID: welcome.ID}) // twice does no harm
	if code := ana.sendMail(); code != wire.CodeBadMessage {
		t.Errorf("code %d", code) // what matters: what she said before was heard
	}
	olga = p.back(olga.who).in(olga.room)
	second := letter(ana, chat.RoomID{}, "second")
	if code := olga.sendMail(second); code != 0 {
		t.Errorf("code %d", code)
	}
	if got := expect[*wire.Mail](ana); got.ID != second.ID || got.Seq != 0 {
		t.Errorf("got %+v", got)
	}
	ana.close()
	ana = p.back(ana.who)
	if got := expect[*wire.Mail](ana); got.ID != second.ID {
		t.Errorf("the one that was taken came again: %+v", got)
	}
}

// TestMailRules shows who may write to whom: those who share a room, and a device to
// the others of its account.
func TestMailRules(t *testing.T) {
	p, olga, _, ben := three(t)
	ana, desk := p.twoDevices("Anna")
	olga.add(ana)
	other := olga.create(chat.RoomSealed, chat.NewRoomID())
	for _, c := range []struct {
		what  string
		from  *client
		mails []wire.Mail
		want  wire.Code
	}{
		{"to one in the room", ana, []wire.Mail{letter(olga.client, olga.room, "x")}, 0},
		{"to one who shares a room", ana, []wire.Mail{letter(olga.client, chat.RoomID{}, "x")}, 0},
		{"to an own device", ana, []wire.Mail{{ID: chat.MessageID{1}, To: desk.who.device(), MailKind: wire.MailDevice}}, 0},
		{"to an own device about a room", ana, []wire.Mail{{ID: chat.MessageID{2}, To: desk.who.device(), Room: olga.room}}, 0},
		{"none at all", ana, nil, wire.CodeBadMessage},
		{"to a stranger", ana, []wire.Mail{of(wire.MailDevice, letter(ben, chat.RoomID{}, "x"))}, wire.CodeNotAllowed},
		{"that verifies, to a stranger", ana, []wire.Mail{letter(ben, chat.RoomID{}, "x")}, 0},
		{"that verifies, to a stranger, too long", ana, []wire.Mail{letter(ben, chat.RoomID{}, strings.Repeat("x", wire.MaxVerify+1))}, wire.CodeNotAllowed},
		{"that verifies, to a stranger, in a blob", ana, []wire.Mail{{To: ben.who.device(), MailKind: wire.MailVerify, Blob: &wire.BlobRef{Root: [32]byte{9}, Length: 9}}}, wire.CodeNotAllowed},
		{"to a stranger in the Lobby", ana, []wire.Mail{letter(ben, chat.Lobby, "x")}, wire.CodeNoRoom},
		{"by a stranger", ben, []wire.Mail{letter(ana, olga.room, "x")}, wire.CodeNoRoom},
		{"about a room that one is not in", ana, []wire.Mail{letter(olga.client, other.room, "x")}, wire.CodeNoRoom},
		{"to an own device about such a room", ana, []wire.Mail{{To: desk.who.device(), Room: other.room}}, wire.CodeNoRoom},
		{"about a room that the other is not in", olga.client, []wire.Mail{letter(ana, other.room, "x")}, wire.CodeNotAllowed},
		{"to nobody", ana, []wire.Mail{{To: chat.DeviceID{9}}}, wire.CodeNoAccount},
		{"a blob that is not here", ana, []wire.Mail{{ID: chat.MessageID{3}, To: olga.who.device(), Room: olga.room, Blob: &wire.BlobRef{Root: [32]byte{9}, Length: 9}}}, wire.CodeNoBlob},
		{"one of two is not allowed", ana, []wire.Mail{letter(olga.client, olga.room, "half"), of(wire.MailHistory, letter(ben, chat.RoomID{}, "x"))}, wire.CodeNotAllowed},
	} {
		if got := c.from.sendMail(c.mails...); got != c.want {
			t.Errorf("%s: code %d, want %d", c.what, got, c.want)
		}
	}
	for range 2 {
		if m := expect[*wire.Mail](olga.client); string(m.Data) == "half" {
			t.Error("half of what was refused came")
		}
	}
	olga.remove(ana)
	if got := ana.sendMail(of(wire.MailDevice, letter(olga.client, chat.RoomID{}, "x"))); got != wire.CodeNotAllowed {
		t.Errorf("after she was removed: code %d", got)
	}
}

func of(kind wire.MailKind, m wire.Mail) wire.Mail {
	m.MailKind = kind
	return m
}

// twoDevices registers somebody with two devices.
func (p *place) twoDevices(name string) (phone, desk *client) {
	p.t.Helper()
	const password = "four words are enough"
	token := p.token(host.Command{})
	phone = p.connect(newPerson(name), token)
	expect[*wire.Welcome](phone)
	phone.registerWithPassword(token, password)
	phone.settle()
	desk = p.connect(phone.who.newDevice(true), nil)
	expect[*wire.Welcome](desk)
	desk.who.account = phone.who.account
	if _, failed := desk.login(password); failed != nil {
		p.t.Fatalf("%s: %+v", name, failed)
	}
	desk.finish(wire.KindDevice, nil)
	expect[*wire.Session](desk)
	desk.settle()
	return phone, desk
}

// TestMailWindow shows that a full box comes in parts, as the device takes it, and
// does not fill its link's queue.
func TestMailWindow(t *testing.T) {
	p, olga, ana, _ := three(t)
	olga.add(ana)
	ana.close()
	const size, many = 30 << 10, 40
	want := make(map[chat.MessageID]bool)
	var list []chat.Mail
	for n := range many {
		m := chat.Mail{ID: chat.NewMessageID(), To: ana.who.device(), From: olga.who.device(), Data: bytes.Repeat([]byte{byte(n)}, size)}
		list = append(list, m)
		want[m.ID] = true
	}
	if ok, err := p.db.PutMails(t.Context(), list, time.Now().UnixMilli()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	ana = p.back(ana.who)
	var got []*wire.Mail
	for {
		m, err := next[*wire.Mail](ana, 300*time.Millisecond)
		if err != nil {
			break
		}
		got = append(got, m)
	}
	if n := len(got); n == 0 || n > 6 {
		t.Errorf("%d mails of 30 KiB came before any was taken, want few", n)
	}
	for len(want) > 0 {
		if len(got) == 0 {
			got = append(got, expect[*wire.Mail](ana))
		}
		if !want[got[0].ID] {
			t.Fatalf("mail %s came twice", got[0].ID)
		}
		delete(want, got[0].ID)
		ana.send(&wire.MailDone{ID: got[0].ID})
		got = got[1:]
	}
}

// packages gives the host key packages of a device.
func (c *client) packages(last string, names ...string) {
	c.t.Helper()
	m := &wire.PutKeyPackages{Ref: 4, LastResort: []byte(last)}
	for _, n := range names {
		m.Packages = append(m.Packages, []byte(n))
	}
	c.send(m)
	expect[*wire.Done](c)
}

// take asks for key packages of an account and returns them in the order of devices.
func (c *client) take(of *person) (names []string) {
	c.t.Helper()
	c.send(&wire.GetKeyPackages{Ref: 5, Account: of.account})
	for {
		m := expect[*wire.KeyPackages](c)
		for _, p := range m.Packages {
			names = append(names, string(p.Package))
		}
		if m.Last {
			return names
		}
	}
}

// TestKeyPackages shows that each package is given out once, one for each device,
// and that a device hears when there are few left.
func TestKeyPackages(t *testing.T) {
	p, olga, _, _ := three(t)
	ana, desk := p.twoDevices("Anna")
	if k := expect[*wire.KeyPackageCount](ana); k.Count != 0 || k.LastResort {
		t.Errorf("after log-in: %+v", k)
	}
	if got := olga.take(ana.who); got != nil {
		t.Errorf("of one who gave none: %v", got)
	}
	var names []string
	for n := range wire.LowKeyPackages {
		names = append(names, fmt.Sprint("phone ", n))
	}
	ana.packages("phone, last", names...)
	desk.packages("", "desk 0")
	if got := fmt.Sprint(olga.take(ana.who)); got != "[phone 0 desk 0]" {
		t.Errorf("got %s", got)
	}
	if k := expect[*wire.KeyPackageCount](ana); k.Count != wire.LowKeyPackages-1 || !k.LastResort {
		t.Errorf("when few are left: %+v", k)
	}
	if got := fmt.Sprint(olga.take(ana.who)); got != "[phone 1]" {
		t.Errorf("got %s", got)
	}
	m := &wire.PutKeyPackages{Ref: 6, Packages: slices.Repeat([][]byte{{1}}, wire.MaxKeyPackages-7)}
	ana.send(m)
	expectCode(ana, wire.CodeTooMany)
	m.Replace = true
	ana.send(m)
	expect[*wire.Done](ana)
	p.restart()
	ana = p.back(ana.who)
	if k := expect[*wire.KeyPackageCount](ana); k.Count != wire.MaxKeyPackages-7 || k.LastResort {
		t.Errorf("after a restart: %+v", k)
	}
	olga.client = p.back(olga.who)
	olga.send(&wire.GetKeyPackages{Ref: 9, Account: chat.AccountID{9}})
	if f := expectCode(olga.client, wire.CodeNoAccount); f.Ref != 9 {
		t.Errorf("ref %d", f.Ref)
	}
}

// TestProperty24KeyPackagesCannotBeUsedUp shows that one who asks again and again
// for somebody's key packages gets that of last resort, and leaves the others to
// others; and that where all are used up, the one of last resort stays.
func TestProperty24KeyPackagesCannotBeUsedUp(t *testing.T) {
	_, olga, ana, ben := three(t)
	var names []string
	for n := range 20 {
		names = append(names, fmt.Sprint(n))
	}
	ana.packages("last", names...)
	took := make(map[string]int)
	for range 30 {
		for _, name := range olga.take(ana.who) {
			took[name]++
		}
	}
	if want := int(host.DefaultLimits().PackageBurst); len(took) != want+1 || took["last"] != 30-want {
		t.Errorf("one who asks 30 times got %v, want %d packages and the one of last resort", took, want)
	}
	if got := ben.take(ana.who); len(got) != 1 || got[0] == "last" {
		t.Errorf("another one got %v, want one that nobody had", got)
	}
	ana.send(&wire.PutKeyPackages{Ref: 1, LastResort: []byte("the only one"), Replace: true})
	expect[*wire.Done](ana)
	for range 3 {
		if got := fmt.Sprint(ben.take(ana.who)); got != "[the only one]" {
			t.Errorf("got %s", got)
		}
	}
	// Without one, who asks too often waits.
	ana.send(&wire.PutKeyPackages{Ref: 1, Packages: [][]byte{{1}}, Replace: true})
	expect[*wire.Done](ana)
	olga.send(&wire.GetKeyPackages{Ref: 2, Account: ana.who.account})
	if f := expectCode(olga.client, wire.CodeSlowDown); f.After == 0 {
		t.Error("it does not say how long")
	}
}

// blobOf makes bytes into a file that is not a sealed one, as a long commit is.
func blobOf(b []byte) *sealedFile {
	f := &sealedFile{bytes: b}
	for block := range slices.Chunk(b, transfer.BlockSize) {
		h := sha256.Sum256(block)
		f.hashes = append(f.hashes, h[:]...)
	}
	f.root = transfer.Root(int64(len(b)), f.hashes)
	return f
}

// TestBlobsOfSealedRooms covers F1 for sealed rooms: members have what its rows
// name, nobody else, and the host opens nothing.
func TestBlobsOfSealedRooms(t *testing.T) {
	p, olga, ana, ben := three(t)
	olga.add(ana)
	file := seal(t, 100_000)
	file.room = olga.room
	if st := ben.upload(file, nil); st.Code != wire.CodeNoRoom {
		t.Errorf("a stranger offers: %+v", st)
	}
	named := func(f *sealedFile) *wire.Post {
		return olga.put(wire.KindSealed, func(_ *wire.Envelope, p *wire.Post) { p.Blobs = [][32]byte{f.root} })
	}
	if st := olga.upload(file, nil); !st.Complete {
		t.Fatalf("%+v", st)
	}
	if _, st := ana.download(file); st.Code != wire.CodeNoBlob {
		t.Errorf("before a row names it: %+v", st)
	}
	olga.must(named(file))
	if got, st := ana.download(file); !bytes.Equal(got, file.plain) {
		t.Errorf("ana: %+v", st)
	}
	if _, st := ben.download(file); st.Code != wire.CodeNoBlob {
		t.Errorf("a stranger: %+v", st)
	}

	// A long welcome has any length, and a mail that names it is as good as the room.
	long := blobOf(bytes.Repeat([]byte("welcome "), 12_345))
	long.room = olga.room
	if st := olga.upload(long, nil); !st.Complete {
		t.Fatalf("%+v", st)
	}
	ref := &wire.BlobRef{Root: long.root, Length: int64(len(long.bytes))}
	commit := olga.put(wire.KindCommit, func(_ *wire.Envelope, p *wire.Post) {
		p.Members = &wire.MemberChange{Set: []wire.MemberEntry{{Account: ben.who.account}}}
		p.Mails = []wire.Mail{{ID: chat.NewMessageID(), To: ben.who.device(), Room: olga.room, MailKind: wire.MailWelcome, Blob: ref}}
		p.Blobs = [][32]byte{long.root}
	})
	olga.must(commit)
	if m := expect[*wire.Mail](ben); m.Blob == nil || *m.Blob != *ref {
		t.Errorf("the mail: %+v", m)
	}
	if got, st := ben.download(long); !bytes.Equal(got, long.bytes) {
		t.Errorf("ben: %+v", st)
	}

	// Who is out has what was there, and nothing new; but what a mail names.
	out := olga.remove(ana)
	for info := ana.told(olga.room); !info.Gone; info = ana.told(olga.room) {
	}
	if got, _ := ana.download(file); !bytes.Equal(got, file.plain) {
		t.Error("ana cannot have what she was entitled to")
	}
	later := seal(t, 5000)
	later.room = olga.room
	olga.upload(later, nil)
	if seq := olga.must(named(later)); seq <= out {
		t.Fatal("order")
	}
	if _, st := ana.download(later); st.Code != wire.CodeNoBlob {
		t.Errorf("ana after she was removed: %+v", st)
	}

	// A blob for no room is for who has a mail about it.
	free := blobOf([]byte("history"))
	if st := olga.upload(free, nil); !st.Complete {
		t.Fatalf("%+v", st)
	}
	m := wire.Mail{ID: chat.NewMessageID(), To: ben.who.device(), MailKind: wire.MailHistory, Blob: &wire.BlobRef{Root: free.root, Length: 7}}
	if _, st := ben.download(free); st.Code != wire.CodeNoBlob {
		t.Errorf("before the mail: %+v", st)
	}
	if code := olga.sendMail(m); code != 0 {
		t.Errorf("code %d", code)
	}
	if got, st := ben.download(free); string(got) != "history" {
		t.Errorf("ben: %+v", st)
	}
	if _, st := ana.download(free); st.Code != wire.CodeNoBlob {
		t.Errorf("ana: %+v", st)
	}
	if list := must(os.ReadDir(filepath.Join(p.dir, "received"))); len(list) != 0 {
		t.Errorf("the host saved %v", list)
	}
	if blobs, _, err := p.db.BlobsToSave(t.Context(), 0, 10); err != nil || len(blobs) != 0 {
		t.Errorf("the host would save %v, %v", blobs, err)
	}
}
