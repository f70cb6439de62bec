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

// tellDay is the story of a day in a room: answers, reactions, changes, pictures,
// what was missed, and the same in a narrow window and with large text. It takes
// pictures of what people look at all day; what can fail in it is told by tell.
func (s *story) tellDay(ctx context.Context) error {
	return s.tellSteps(ctx, []step{
		{"Maria opens Snug for the first time", s.open},
		{"Maria hosts a place (A1, A2)", s.host},
		{"Maria copies an invite link (A5, A7)", s.invite},
		{"Ben joins with it and registers (A5, B1, C3)", s.join},
		{"Maria makes a private room with Ben (C2, E2)", s.private},
		{"They plan, answer, react and change their minds (D1, D3, D5, D7, D8)", s.plan},
		{"Ben sends a photo with a caption (F2, F7)", s.photo},
		{"Text from right to left, and a very long word (K7)", s.mixed},
		{"Maria finds what was said (H2)", s.find},
		{"Maria misses thirty messages and sees where they begin (H4)", s.missed},
		{"The same in a narrow window (J3)", s.narrow},
		{"The same in twice the size (J1)", s.twice},
		{"Maria switches the theme and keeps her draft (J1)", s.toggle},
	})
}

// menu presses a message with the other mouse button and chooses from its menu.
func (p *program) menu(words, label string) act {
	return func(ctx context.Context) error {
		where, err := p.seeIn(ctx, talk, words, patience)
		if err != nil {
			return err
		}
		at := where.Min.Add(where.Size().Div(2))
		if _, err := p.tool(ctx, nil, "xdotool", "mousemove", "--window", p.window, strconv.Itoa(at.X), strconv.Itoa(at.Y), "sleep", "0.1", "click", "3"); err != nil {
			return err
		}
		return p.click(ctx, label)
	}
}

func (s *story) plan(ctx context.Context) error {
	m, b := s.maria, s.ben
	return do(ctx,
		m.presses("Escape"), m.clickHost(),
		m.composer(), m.pastes("**Saturday** it is. The _early_ train, or do we sleep in? 😴"), m.presses("Return"),
		b.seesIn(talk, "do we sleep in"),
		b.menu("do we sleep in", text.ReplyDo()), b.writes("Early! It leaves at 7:12 from platform four"), b.presses("Return"),
		m.seesIn(talk, "platform four"),
		m.menu("platform four", text.ReactDo()), m.writes("thumbs up"), m.presses("Return"),
		m.composer(), m.pastes("I bring:\n- the map\n- coffee for everybody\n- `route.gpx`, if I find it"), m.presses("Return"),
		b.seesIn(talk, "coffee for everybody"),
		b.composer(), b.writes("Then I bring cake"), b.presses("Return"), m.seesIn(talk, "Then I bring cake"),
		b.composer(), b.presses("Up"), b.writes(", two of them"), b.presses("Return"),
		m.seesIn(talk, "two of them"), s.shows(m, "plan-maria"), s.shows(b, "plan-ben"),
	)
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
		b.composer(), b.pastes(path), b.sees(text.FileSend(1)), s.shows(b, "tray"), b.clicks(text.FileSend(1)),
		b.composer(), b.writes("Last year, from the top"), b.presses("Return"),
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
		m.presses("ctrl+f"), m.sees(text.SearchHelp()), m.writes("platf"), m.seesIn(sheet, "platform four"), s.shows(m, "search"), m.presses("Escape"),
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

// narrow looks at both windows in the smallest size.
func (s *story) narrow(ctx context.Context) error {
	sizes := s.sizes
	defer func() { s.sizes = sizes }()
	s.sizes = []image.Point{narrow}
	for _, p := range []*program{s.maria, s.ben} {
		err := p.place(ctx, p.at, narrow)
		if err == nil {
			err = s.show(ctx, p, "narrow-"+p.name)
		}
		if err == nil {
			err = p.place(ctx, p.at, sizes[0])
		}
		if err != nil {
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
	return do(ctx, b.presses(larger...), s.shows(b, "twice"), b.presses("ctrl+0"))
}
