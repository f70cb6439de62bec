package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/paths"
	"github.com/snugchat/snug/ui/text"
)

// act is one thing that a person does or sees; do plays them in order.
type act func(context.Context) error

func do(ctx context.Context, acts ...act) error {
	for _, a := range acts {
		if err := a(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) sees(words string) act {
	return func(ctx context.Context) error {
		_, err := p.see(ctx, words, patience)
		return err
	}
}

func (p *program) clicks(words string) act {
	return func(ctx context.Context) error { return p.click(ctx, words) }
}

func (p *program) writes(words string) act {
	return func(ctx context.Context) error { return p.write(ctx, words) }
}

func (p *program) pastes(words string) act {
	return func(ctx context.Context) error { return p.paste(ctx, words) }
}

func (p *program) presses(keys ...string) act {
	return func(ctx context.Context) error { return p.key(ctx, keys...) }
}

func (s *story) shows(p *program, name string) act {
	return func(ctx context.Context) error { return s.show(ctx, p, name) }
}

func (s *story) open(ctx context.Context) (err error) {
	if s.maria, err = s.start(ctx, "maria", left); err != nil {
		return err
	}
	return do(ctx, s.maria.sees(text.StartTitle()), s.shows(s.maria, "welcome"))
}

// signUp answers what every new person is asked: a name, and how this computer
// is protected. The keyboard is where the next answer goes, so Enter is enough.
func (s *story) signUp(p *program, name string) act {
	return func(ctx context.Context) error {
		return do(ctx,
			p.sees(text.NameTitle()), p.writes(name), s.shows(p, "name"), p.presses("Return"),
			s.protects(p), s.shows(p, "protect"), p.clicks(text.WordContinue()),
		)
	}
}

func (s *story) host(ctx context.Context) error {
	m := s.maria
	if err := do(ctx, m.clicks(text.StartHost()), s.signUp(m, "Maria"),
		m.sees(text.HostName()), m.presses("ctrl+a"), m.writes(place), s.shows(m, "host"), m.clicks(text.HostStart())); err != nil {
		return err
	}
	started := time.Now()
	if err := do(ctx, m.sees(text.ChatReadHost())); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "              the place is open and read from the screen %v after the click\n", time.Since(started).Round(100*time.Millisecond))
	return s.show(ctx, m, "lobby")
}

func (s *story) invite(ctx context.Context) error {
	m := s.maria
	return do(ctx, m.clicks(text.HostTabInvites()), m.clicks(text.InviteMake()), m.clicks(text.InviteCopy()), s.shows(m, "invite"), s.takesLink)
}

// takesLink takes an invite link from the clipboard, another one than before.
func (s *story) takesLink(ctx context.Context) error {
	before := s.link
	err := until(ctx, patience, "an invite link on the clipboard", func() (bool, error) {
		s.link = s.clipboard(ctx)
		return strings.HasPrefix(s.link, wire.LinkPrefix) && s.link != before, nil
	})
	if err != nil || !s.alone {
		return err
	}
	link, err := wire.ParseLink(s.link)
	if err != nil {
		return err
	}
	for _, address := range link.Addresses {
		if !strings.HasPrefix(address, "127.0.0.1:") {
			return fmt.Errorf("the link carries %s, an address of a network that is not there", address)
		}
	}
	return nil
}

func (s *story) join(ctx context.Context) (err error) {
	if s.ben, err = s.start(ctx, "ben", right); err != nil {
		return err
	}
	return do(ctx, s.comesIn(s.ben, "Ben"), s.maria.sees(text.ChatJoined("Ben")))
}

// comesIn is what everybody does who comes by a link, with that name.
func (s *story) comesIn(p *program, name string) act {
	return func(ctx context.Context) error {
		return do(ctx,
			p.clicks(text.StartJoin()), s.signUp(p, name),
			p.sees(text.JoinPaste()), p.presses("ctrl+a"), p.pastes(s.link), s.shows(p, "join"), p.presses("Return"),
			p.sees(text.JoinAsk(place)), s.shows(p, "card"), p.clicks(text.JoinAction()),
			p.sees(text.LoginPassword()), p.writes(passphrase), s.shows(p, "register"), p.presses("Return"),
			p.sees(text.ChatReadHost()), s.shows(p, "joined"),
		)
	}
}

// composer is where the field for a new message begins in a large window: found
// by its hint, which is there as long as it is empty.
func (p *program) composer() act {
	return p.clicksIn(image.Rect(370, large.Y-85, large.X, large.Y), text.ComposeHint())
}

// themeButton is the moon or the sun in a large window: the last but one at the
// foot of the rail.
var themeButton = image.Pt(30, large.Y-69)

// talk is where the conversation is in a large window: right of the rail and
// the list of rooms, below the header, above the composer.
var talk = image.Rect(380, 62, large.X, large.Y-85)

// hears asserts that p shows a message with exactly this text, which may hold
// emoji that reading the screen does not know: it copies the conversation.
func (p *program) hears(words, whole string) act {
	return func(ctx context.Context) error {
		if err := p.clickIn(ctx, talk, words); err != nil {
			return err
		}
		var copied string
		err := until(ctx, patience, p.name+" copies the conversation", func() (bool, error) {
			if err := p.key(ctx, "ctrl+a", "ctrl+c"); err != nil {
				return false, err
			}
			copied = p.clipboard(ctx)
			return strings.Contains(copied, whole), nil
		})
		if err != nil {
			return fmt.Errorf("%w: it is %q and should hold %q", err, copied, whole)
		}
		return nil
	}
}

func (s *story) hello(ctx context.Context) error {
	b := s.ben
	return do(ctx,
		b.composer(), b.writes("Hello Maria "), b.clicksEmoji(),
		b.clicks(text.EmojiSearch()), b.writes("rocket"), s.shows(b, "emoji"), b.presses("Return", "Escape"),
		b.presses("Return"),
		s.maria.sees("Hello Maria"), s.maria.hears("Hello Maria", "Hello Maria \U0001f680"), s.shows(s.maria, "hello"),
	)
}

func (s *story) answer(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		m.composer(), m.writes("Welcome Ben, nice that you are here"), s.seesTyping(b, m), s.shows(b, "typing"),
		m.presses("Return"), b.sees("nice that you are here"), s.shows(b, "answer"),
		m.composer(), m.pastes("\U0001f44b\U0001f3fd"), m.presses("Return"),
	)
}

// seesTyping lets one go on typing until the other's window says so: a typing
// line is gone 6 s after the last key, which reading a screen may take.
func (s *story) seesTyping(reader, writer *program) act {
	return func(ctx context.Context) error {
		return until(ctx, patience, "somebody is seen typing", func() (bool, error) {
			if err := writer.write(ctx, "!"); err != nil {
				return false, err
			}
			read, err := reader.read(ctx, image.Rectangle{})
			if err != nil {
				return false, err
			}
			_, ok := read.find(text.ChatTypingOne("Maria"))
			return ok, nil
		})
	}
}

// clicksEmoji opens the picker: the button left of the one that sends, at the
// lower right corner.
func (p *program) clicksEmoji() act {
	return func(ctx context.Context) error {
		img, err := p.picture(ctx)
		if err != nil {
			return err
		}
		return p.clickAt(ctx, img.Bounds().Max.Sub(image.Pt(75, 30)))
	}
}

// send lets Ben send a file of random bytes, and compares what arrives.
func (s *story) send(ctx context.Context) error {
	const name = "holiday.bin"
	path := filepath.Join(s.dir, name)
	want, err := randomFile(path, s.file)
	if err != nil {
		return err
	}
	layout, err := paths.For(s.maria.profile)
	if err != nil {
		return err
	}
	b := s.ben
	if err := do(ctx, b.composer(), b.pastes(path), b.clicks(text.FileSend(1)), s.shows(b, "sending")); err != nil {
		return err
	}
	var arrived os.FileInfo
	err = until(ctx, 5*time.Minute, name+" in Maria's received folder", func() (bool, error) {
		path, err := findFile(layout.Downloads, name)
		if err != nil || path == "" {
			return false, err
		}
		got, err := hash(path)
		if err == nil && got != want {
			err = fmt.Errorf("%s has another hash than what was sent", path)
		}
		if err == nil {
			arrived, err = os.Stat(path)
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	took := arrived.ModTime().Sub(b.clicked)
	fmt.Fprintf(s.out, "              %d MiB from click to folder in %v, %.0f MiB/s\n", s.file>>20, took.Round(time.Millisecond), float64(s.file>>20)/took.Seconds())
	return do(ctx, s.maria.sees(name), s.shows(s.maria, "file"))
}

func randomFile(path string, size int64) (sum [sha256.Size]byte, err error) {
	f, err := os.Create(path)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	_, err = io.CopyN(io.MultiWriter(f, h), rand.Reader, size)
	return [sha256.Size]byte(h.Sum(nil)), errors.Join(err, f.Close())
}

func hash(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [sha256.Size]byte(h.Sum(nil)), err
}

// findFile returns the path of the file of that name below dir, or "".
func findFile(dir, name string) (found string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not there yet, or just renamed
		}
		if err == nil && d.Name() == name {
			found = path
		}
		return err
	})
	return found, err
}

func (s *story) toggle(ctx context.Context) error {
	m := s.maria
	const draft = "A draft that stays"
	if err := do(ctx, m.composer(), m.writes(draft)); err != nil {
		return err
	}
	before, err := m.lightness(ctx)
	if err != nil {
		return err
	}
	if err := m.clickAt(ctx, themeButton); err != nil {
		return err
	}
	err = until(ctx, patience, "the other theme", func() (bool, error) {
		now, err := m.lightness(ctx)
		return (before > 128) != (now > 128), err
	})
	if err != nil {
		return err
	}
	return do(ctx, m.sees(draft), s.shows(m, "toggled"), m.presses("ctrl+a", "BackSpace"))
}

// lightness returns the mean of a window: below 128 is dark.
func (p *program) lightness(ctx context.Context) (int, error) {
	img, err := p.picture(ctx)
	if err != nil {
		return 0, err
	}
	b := img.Bounds()
	sum, n := 0, 0
	for y := b.Min.Y; y < b.Max.Y; y += 8 {
		for x := b.Min.X; x < b.Max.X; x += 8 {
			sum += int(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			n++
		}
	}
	return sum / n, nil
}

func (s *story) comeBack(ctx context.Context) (err error) {
	if err := s.ben.kill(); err != nil {
		return err
	}
	if s.ben, err = s.start(ctx, "ben", right); err != nil {
		return err
	}
	b := s.ben
	return do(ctx,
		b.sees(text.UnlockTitle()), s.shows(b, "locked"), b.writes(passphrase), b.presses("Return"),
		b.sees("nice that you are here"), s.shows(b, "back"), s.measures(b, 5*time.Second),
		b.composer(), b.writes("Here I am again"), b.presses("Return"), s.maria.sees("Here I am again"),
	)
}

// measures prints what a program costs that shows a chat in which nothing happens.
func (s *story) measures(p *program, over time.Duration) act {
	return func(ctx context.Context) error {
		wait(ctx, over) // until what was started by coming in has ended
		cost, err := p.measure(ctx, over)
		if err == nil {
			fmt.Fprintf(s.out, "              %s: %s\n", p.name, cost)
		}
		return err
	}
}

// impostor changes the host's key in the link, as somebody would who wants to
// lead Eve to another host.
func (s *story) impostor(ctx context.Context) (err error) {
	link, err := wire.ParseLink(s.link)
	if err != nil {
		return err
	}
	link.Host[7] ^= 1
	if s.eve, err = s.start(ctx, "eve", below, link.String()); err != nil {
		return err
	}
	e := s.eve
	return do(ctx, s.signUp(e, "Eve"), e.sees(text.ProblemImpostorDo()), s.shows(e, "impostor"))
}
