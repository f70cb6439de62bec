package emoji

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// Picker is the content of the emoji popover. Callbacks may be nil.
type Picker struct {
	widget.BaseWidget

	OnPick   func(emoji string)    // with its tone
	OnRecent func(recent []string) // the recently used ones have changed
	OnTone   func(tone int)        // so has the tone, 0 to Tones

	recent []string
	tone   int
	search *kit.Field
	tabs   *pick.Tabs
	grid   *grid
	name   *kit.Label
	tones  *toneBar
	none   *kit.Empty // instead of the grid
	body   *fyne.Container
}

// NewPicker makes a picker. What it does not know among the recent ones is left
// out, since they come from a file.
func NewPicker(recent []string, tone int) *Picker {
	p := &Picker{search: kit.NewSearch(text.EmojiSearch()), name: kit.NewLabel("")}
	for _, s := range recent {
		if known(s) && !slices.Contains(p.recent, s) && len(p.recent) < MaxRecent {
			p.recent = append(p.recent, s)
		}
	}
	if tone >= 0 && tone <= Tones {
		p.tone = tone
	}
	p.name.TextSize, p.name.Color = theme.TextSmall, theme.SubText
	p.grid = newGrid()
	p.grid.onPick = p.picked
	p.grid.onOver = func(e Emoji) { p.name.SetText(e.Name) }
	p.grid.onSection = func(i int) {
		if p.search.Text() == "" {
			p.tabs.SetChosen(i)
		}
	}
	var options []pick.Option
	for _, c := range categories() {
		options = append(options, pick.Option{Icon: c.icon})
	}
	p.tabs = pick.NewTabs(options, 1, func(i int) {
		if p.search.Text() != "" {
			p.search.SetText("")
		}
		p.grid.toSection(i)
	}).Even()
	for i, c := range categories() {
		p.tabs.Say(i, c.title)
	}
	p.search.OnChanged = func(string) { p.fill() }
	p.search.OnKey = p.key
	p.tones = newToneBar(p.tone, func(tone int) {
		p.tone = tone
		p.fill()
		if p.OnTone != nil {
			p.OnTone(tone)
		}
	})
	p.none = kit.NewEmpty(icon.Search, text.EmojiNone(), kit.NewButton(kit.Secondary, text.SearchClear(), func() {
		p.search.SetText("")
		p.search.Focus()
	}))
	p.none.Hide()
	p.body = kit.Inset(kit.Tall(2,
		kit.Column(2, p.search, p.tabs),
		container.NewStack(p.grid, p.none),
		kit.WideLine(8, 0, p.name, p.tones),
	), 10, 10, 6, 10)
	p.ExtendBaseWidget(p)
	p.fill()
	return p
}

// Open opens the picker in a popover at an object, with the keyboard in its
// search field; nil when the object is not on screen.
func (p *Picker) Open(anchor fyne.CanvasObject) *layer.Layer {
	l := layer.Popover(anchor, p, true)
	if l != nil {
		p.search.SetText("")
		l.Focus(p.search.Entry())
	}
	return l
}

// OpenAt opens the picker at a place on a canvas.
func (p *Picker) OpenAt(c fyne.Canvas, at fyne.Position) *layer.Layer {
	l := layer.PopoverAt(c, at, p)
	p.search.SetText("")
	l.Focus(p.search.Entry())
	return l
}

// Recent are the recently used emoji, the last one first.
func (p *Picker) Recent() []string { return slices.Clone(p.recent) }

// fill shows what the search found, or all sections.
func (p *Picker) fill() {
	if q := p.search.Text(); q != "" {
		hits := Search(q)
		p.grid.set([]section{{emoji: hits}, kin(hits)}, p.tone)
		if len(hits) > 0 {
			p.name.SetText(hits[0].Name) // what Enter picks
		} else {
			p.name.SetText("")
		}
		p.offerNone(len(hits) == 0)
		return
	}
	p.offerNone(false)
	var out []section
	for _, c := range categories() {
		s := section{title: c.title}
		for _, e := range all() {
			if e.kind == c.kind {
				s.emoji = append(s.emoji, e)
			}
		}
		if c.kind == recentKind {
			for _, r := range p.recent {
				s.emoji = append(s.emoji, Emoji{Char: r, Name: nameOf(r)})
			}
		}
		out = append(out, s)
	}
	p.grid.set(out, p.tone)
}

// offerNone shows that nothing was found, or the grid again.
func (p *Picker) offerNone(on bool) {
	draw.Show(p.none, on)
	draw.Show(p.grid, !on)
	p.none.Refresh()
	p.grid.Refresh()
}

// fewHits is below how many hits their kin is shown too: what fills the picker.
const fewHits = 45

// kin are the emoji of the kind of the best hit that were not found themselves, so
// that a search that finds few leads on instead of leaving the picker empty.
func kin(hits []Emoji) section {
	if len(hits) == 0 || len(hits) >= fewHits {
		return section{}
	}
	hit := make(map[string]bool, len(hits))
	for _, e := range hits {
		hit[e.Char] = true
	}
	var s section
	for _, c := range categories() {
		if c.kind == hits[0].kind {
			s.title = c.title
		}
	}
	for _, e := range all() {
		if e.kind == hits[0].kind && !hit[e.Char] {
			s.emoji = append(s.emoji, e)
		}
	}
	return s
}

func nameOf(s string) string {
	for _, e := range all() {
		for tone := range Tones + 1 {
			if e.In(tone) == s {
				return e.Name
			}
		}
	}
	return ""
}

func (p *Picker) picked(e Emoji) {
	s := e.In(p.tone)
	p.recent = recent(p.recent, s)
	if p.OnRecent != nil {
		p.OnRecent(p.Recent())
	}
	if p.OnPick != nil {
		p.OnPick(s)
	}
	p.search.Focus()
}

// key sends arrows and Enter to the grid while a search is typed.
func (p *Picker) key(k *fyne.KeyEvent) bool {
	switch k.Name {
	case fyne.KeyDown:
		p.grid.move(0, 1)
	case fyne.KeyUp:
		p.grid.move(0, -1)
	case fyne.KeyLeft, fyne.KeyRight:
		if p.search.Text() != "" && !p.grid.moved {
			return false
		}
		step := 1
		if k.Name == fyne.KeyLeft {
			step = -1
		}
		p.grid.move(step, 0)
	case fyne.KeyPageDown:
		p.grid.move(0, 5)
	case fyne.KeyPageUp:
		p.grid.move(0, -5)
	case fyne.KeyReturn, fyne.KeyEnter:
		p.grid.pickCurrent()
	default:
		return false
	}
	return true
}

// MinSize implements fyne.CanvasObject: nine emoji wide, seven high.
func (p *Picker) MinSize() fyne.Size {
	p.ExtendBaseWidget(p)
	return fyne.NewSize(theme.Units(372), theme.Units(420))
}

// CreateRenderer implements fyne.Widget.
func (p *Picker) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	return widget.NewSimpleRenderer(p.body)
}

// toneBar are six hands of which one is chosen.
type toneBar struct {
	widget.BaseWidget
	tabs *pick.Tabs
}

func newToneBar(tone int, changed func(int)) *toneBar {
	b := &toneBar{}
	hand := Search("raised hand")
	var options []pick.Option
	for _, e := range hand {
		if e.Char != "✋" {
			continue
		}
		for t := range Tones + 1 {
			options = append(options, pick.Option{Title: e.In(t)})
		}
	}
	b.tabs = pick.NewTabs(options, tone, changed).Even()
	for i := range options {
		b.tabs.Say(i, text.EmojiTone())
	}
	b.ExtendBaseWidget(b)
	return b
}

func (b *toneBar) MinSize() fyne.Size {
	b.ExtendBaseWidget(b)
	return fyne.NewSize(theme.Units(168), theme.Units(32))
}

func (b *toneBar) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	return widget.NewSimpleRenderer(b.tabs)
}
