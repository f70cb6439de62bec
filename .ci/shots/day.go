package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/snugchat/snug/ui/text"
)

// narrow is the smallest window that people use: half of a small screen.
var narrow = image.Pt(360, 560)

// tellDay is the story of a day of three people: they come, compare pictures,
// write to each other alone and together, answer, react, change their minds, send
// files and photos, search, miss messages; one makes a recovery kit and adds a second
// computer. It takes pictures of what people look at all day, also in a narrow window
// and with large text.
func (s *story) tellDay(ctx context.Context) error {
	return s.tellSteps(ctx, []step{
		{"Maria opens Snug for the first time", s.open},
		{"Maria hosts a place (A1, A2)", s.host},
		{"Maria copies an invite link (A5, A7)", s.invite},
		{"Ben joins with it and registers (A5, B1, C3)", s.join},
		{"Aisha joins with a link of her own (A5, B1)", s.third},
		{"Maria makes a private room with Ben (C2, E2)", s.private},
		{"Maria brings Aisha into it (E2)", s.three},
		{"Ben and Maria compare seven pictures (C6)", s.verify},
		{"Ben writes to Maria alone (C2, C7)", s.direct},
		{"Ben makes a recovery kit and proves that he has it (B4)", s.kit},
		{"Ben adds a second computer and reads on there (B6, H3)", s.device},
		{"They plan, answer, react and change their minds (D1, D3, D5, D7, D8)", s.plan},
		{"Ben sends a photo with a caption (F2, F7)", s.photo},
		{"Text from right to left, and a very long word (K7)", s.mixed},
		{"Maria finds what was said, and the files (H2, F8)", s.find},
		{"Maria misses thirty messages and sees where they begin (H4)", s.missed},
		{"Maria looks at the settings and at what the host sees (A3, J1)", s.settings},
		{"The same in a narrow window (J3)", s.narrow},
		{"The same in twice the size (J1)", s.twice},
		{"Maria switches the theme and keeps her draft (J1)", s.toggle},
	})
}

// third brings a third person with a long name, by a second link: the first one was
// used up.
func (s *story) third(ctx context.Context) (err error) {
	if err := do(ctx, s.maria.clicks(text.InviteMake()), s.maria.clicks(text.InviteCopy()), s.takesLink); err != nil {
		return err
	}
	if s.aisha, err = s.start(ctx, "aisha", far); err != nil {
		return err
	}
	return do(ctx, s.comesIn(s.aisha, "Aisha Featherstonehaugh-Bartholomew"), s.ben.sees("Aisha"))
}

// The buttons of a conversation's header in a large window.
var (
	peopleButton = image.Pt(large.X-66, 30)
	moreButton   = image.Pt(large.X-28, 30)
)

func (p *program) clicksAt(at image.Point) act {
	return func(ctx context.Context) error { return p.clickAt(ctx, at) }
}

func (s *story) three(ctx context.Context) error {
	m, a := s.maria, s.aisha
	return do(ctx,
		m.presses("Escape"), m.clickHost(), m.clicksAt(peopleButton), s.shows(m, "members"),
		m.clicksIn(sheet, text.RoomInvite()), m.clicksIn(sheet, "Aisha"), m.clicksIn(sheet, text.RoomInviteAction(1)),
		m.sees(text.RoomMembersCount(3)),
		a.clicksIn(list, trip), a.sees(text.ChatReadMembers()), a.composer(), a.writes("Hello you two"), a.presses("Return"),
		m.seesIn(talk, "Hello you two"), s.shows(a, "three"),
	)
}

// menu presses a message with the other mouse button and chooses from its menu.
func (p *program) menu(words, label string) act {
	return func(ctx context.Context) error { return do(ctx, p.opensMenu(words), p.clicks(label)) }
}

// opensMenu presses a message with the other mouse button.
func (p *program) opensMenu(words string) act {
	return func(ctx context.Context) error {
		where, err := p.seeIn(ctx, talk, words, patience)
		if err != nil {
			return err
		}
		if err := p.raise(ctx); err != nil {
			return err
		}
		at := where.Min.Add(where.Size().Div(2))
		_, err = p.tool(ctx, nil, "xdotool", "mousemove", "--window", p.window, strconv.Itoa(at.X), strconv.Itoa(at.Y), "sleep", "0.1", "click", "3")
		return err
	}
}

func (s *story) plan(ctx context.Context) error {
	m, b, a := s.maria, s.ben, s.aisha
	return do(ctx,
		m.clicksIn(list, trip), m.composer(), m.pastes("**Saturday** it is. The _early_ train, or do we sleep in? 😴"), m.presses("Return"),
		b.clicksIn(list, trip), b.seesIn(talk, "do we sleep in"),
		b.menuShown(s, "do we sleep in", "menu"), b.clicks(text.ReplyDo()), b.writes("Early! It leaves at 7:12 from platform four"), b.presses("Return"),
		m.seesIn(talk, "platform four"),
		m.menu("platform four", text.ReactDo()), s.shows(m, "react"), m.writes("thumbs up"), m.presses("Return"),
		a.seesIn(talk, "platform four"), a.menu("platform four", text.ReactDo()), a.writes("thumbs up"), a.presses("Return"),
		m.composer(), m.pastes("I bring:\n- the map\n- coffee for everybody\n- `route.gpx`, if I find it"), m.presses("Return"),
		a.seesIn(talk, "coffee for everybody"), a.composer(), a.writes("I am so looking forward to this"), a.presses("Return"),
		b.seesIn(talk, "looking forward"),
		b.composer(), b.writes("Then I bring cake"), b.presses("Return"), m.seesIn(talk, "Then I bring cake"),
		b.composer(), b.presses("Up"), b.writes(", two of them"), b.presses("Return"),
		m.seesIn(talk, "two of them"), s.shows(m, "plan-maria"), s.shows(b, "plan-ben"),
	)
}

// menuShown opens the menu of a message and takes a picture of it.
func (p *program) menuShown(s *story, words, name string) act {
	return func(ctx context.Context) error {
		return do(ctx, p.opensMenu(words), p.sees(text.ReplyDo()), s.shows(p, name))
	}
}

// clickHost shuts the host's pane, so that the conversation has the window.
func (p *program) clickHost() act {
	return func(ctx context.Context) error { return p.clickAt(ctx, image.Pt(large.X-28, 30)) }
}

func (s *story) photo(ctx context.Context) error {
	m, b := s.maria, s.ben
	path := filepath.Join(s.dir, "last-year.png")
	if err := drawHills(path); err != nil {
		return err
	}
	return do(ctx,
		b.composer(), b.pastes(path), b.sees(text.FileSend(1)), b.writes("Last year, from the top"), s.shows(b, "tray"), b.clicks(text.FileSend(1)),
		m.seesIn(talk, "Last year, from the top"), s.shows(m, "photo"),
	)
}

// drawHills makes a picture that compresses well and is nobody's.
func drawHills(path string) error {
	const w, h = 1200, 760
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	hill := func(x int, base, high, long, shift float64) float64 {
		return base - high*(math.Sin((float64(x)+shift)/long)+0.4*math.Sin((float64(x)+shift)/long*2.7))
	}
	for x := range w {
		far, near := hill(x, 470, 60, 150, 0), hill(x, 600, 70, 210, 400)
		for y := range h {
			c := color.RGBA{0xf7, uint8(0x90 + 70*y/h), uint8(0x80 + 90*y/h), 0xff}
			switch {
			case float64(y) > near:
				c = color.RGBA{0x25, 0x30, 0x5c, 0xff}
			case float64(y) > far:
				c = color.RGBA{0x50, 0x62, 0x94, 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (s *story) mixed(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		b.composer(), b.pastes("שלום מריה, נפגשים ליד Platform 4 בשעה 7:12"), b.presses("Return"),
		b.composer(), b.writes("Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"), b.presses("Return"),
		b.composer(), b.writes("Short again"), b.presses("Return"),
		m.seesIn(talk, "Short again"), s.shows(m, "mixed"),
	)
}

func (s *story) find(ctx context.Context) error {
	m := s.maria
	return do(ctx,
		m.presses("ctrl+f"), m.seesIn(sheet, text.SearchHelp()), m.writes("platf"), m.seesIn(sheet, "platform four"), s.shows(m, "search"), m.presses("Return"), m.seesIn(talk, "platform four"), s.shows(m, "found"),
		m.clicksAt(moreButton), m.sees(text.RoomLeave()), s.shows(m, "room-menu"), m.clicks(text.FilesTitle()),
		m.seesIn(sheet, "route.txt"), s.shows(m, "files"), m.presses("Escape"),
	)
}

// missed lets Ben write thirty messages while Maria looks at the Lobby.
func (s *story) missed(ctx context.Context) error {
	m, b := s.maria, s.ben
	var keys []string // for one call of the tool that types
	for i := range 30 {
		keys = append(keys, "type", "--delay", "15", "--args", "1", fmt.Sprintf("Station %d of 30", i+1), "key", "Return")
	}
	all := func(ctx context.Context) error {
		_, err := b.tool(ctx, nil, "xdotool", keys...)
		return err
	}
	return do(ctx,
		m.clicksIn(list, text.ChatLobby()), b.composer(), all, b.seesIn(talk, "Station 30 of 30"),
		m.seesIn(list, "Station 30 of 30"), s.shows(m, "unread"),
		m.clicksIn(list, trip), m.seesIn(talk, "30 new since"), s.shows(m, "new-since"),
	)
}

// hostButton is on the rail of who hosts, in a large window.
var hostButton = image.Pt(30, large.Y-112)

// settings looks at what is not looked at all day.
func (s *story) settings(ctx context.Context) error {
	m := s.maria
	return do(ctx,
		m.clicksAt(settingsButton), m.seesIn(sheet, text.SettingsTheme()), s.shows(m, "settings"), m.presses("Escape"),
		m.clicksAt(hostButton),
		m.clicksIn(tabs, text.HostTabLog()), s.shows(m, "host-log"),
		m.clicksIn(tabs, text.HostTabPeople()), m.sees(text.PeopleRoleOwner()), s.shows(m, "host-people"),
		m.clicksIn(tabs, text.HostTabFiles()), s.shows(m, "host-files"),
		m.clicksIn(tabs, text.HostTabSettings()), m.sees(text.SettingsLimit()), s.shows(m, "host-settings"),
		m.clickHost(),
	)
}

// tabs is where the host's pane has its tabs in a large window.
var tabs = image.Rect(800, 60, large.X, 110)

// The buttons of a narrow window: back to the rooms, and the last of the rail,
// which lies at its foot.
var (
	backButton   = image.Pt(26, 30)
	lastOfNarrow = image.Pt(narrow.X-26, narrow.Y-30)
)

// narrow looks at the windows in the smallest size.
func (s *story) narrow(ctx context.Context) error {
	sizes := s.sizes
	defer func() { s.sizes = sizes }()
	s.sizes = []image.Point{narrow}
	m, b, a := s.maria, s.ben, s.aisha
	for _, p := range []*program{m, b, a} {
		if err := p.place(ctx, p.at, narrow); err != nil {
			return err
		}
	}
	err := do(ctx,
		s.shows(m, "narrow-maria"), s.shows(b, "narrow-ben"), s.shows(a, "narrow-aisha"),
		m.clicksAt(backButton), m.sees(text.RoomsPrivate()), s.shows(m, "narrow-list"),
		m.clicksAt(lastOfNarrow), m.sees(text.SettingsTheme()), s.shows(m, "narrow-settings"), m.presses("Escape"), m.clicks(trip),
	)
	if err != nil {
		return err
	}
	for _, p := range []*program{m, b, a} {
		if err := p.place(ctx, p.at, sizes[0]); err != nil {
			return err
		}
	}
	return nil
}

// twice looks at a window whose text is set to twice its size.
func (s *story) twice(ctx context.Context) error {
	b := s.ben
	larger := make([]string, 12) // more than there are steps to 200 %
	for i := range larger {
		larger[i] = "ctrl+plus"
	}
	return do(ctx, b.presses(larger...), s.shows(b, "twice"),
		b.clicksAt(image.Pt(large.X-56, large.Y-60)), b.sees(text.SettingsTheme()), s.shows(b, "twice-settings"), b.presses("Escape", "ctrl+0"))
}
