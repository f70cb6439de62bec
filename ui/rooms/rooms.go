// Package rooms is the sidebar of a place: its name, its rooms with who said what
// last, and who is here.
//
// It must not know clients or messages: it gets finished lines and reports which
// one was pressed. ui/state decides what they say.
//
// The look follows the visual language of the design notes.
package rooms

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// maxPeople is how many people the sidebar shows; the panel of the room has
// them all.
const maxPeople = 40

// Sidebar is the list of rooms. All calls are made on Fyne's goroutine.
type Sidebar struct {
	OnOpen   func(chat.RoomID) // a room was pressed
	OnPeople func()            // the list of people was pressed

	object  fyne.CanvasObject
	name    *kit.Label
	count   *kit.Label
	rooms   []*kit.Row
	people  []*kit.Row
	heading *kit.Label
	more    *kit.Row
	list    *fyne.Container
	shown   []state.RoomLine
	over    int // people who are here and not shown
}

// New makes an empty sidebar.
func New() *Sidebar {
	s := &Sidebar{name: kit.NewTitle(""), count: kit.NewLabel(""), heading: kit.NewLabel("")}
	s.count.TextSize, s.count.Color = theme.TextSmall, theme.SubText
	s.heading.TextSize, s.heading.Color, s.heading.Bold = theme.TextSmall, theme.SubText, true
	s.more = kit.NewRow(kit.RowData{Icon: icon.People}, func() { s.openPeople() }, nil)
	s.list = kit.Column(2)
	head := container.New(&headLayout{}, s.name, s.count)
	body := container.NewVScroll(kit.Inset(s.list, 6, 8, 8, 8))
	s.object = kit.NewSurface(theme.Sidebar, "", container.New(&stack{}, head, body))
	return s
}

// Object is what is put into the window.
func (s *Sidebar) Object() fyne.CanvasObject { return s.object }

// SetPlace shows the name of the place and how many people it has.
func (s *Sidebar) SetPlace(name, count string) {
	s.name.SetText(name)
	s.count.SetText(count)
}

// SetRooms shows the rooms.
func (s *Sidebar) SetRooms(lines []state.RoomLine, when func(state.RoomLine) string) {
	s.shown = lines
	grew := len(lines) != len(s.rooms)
	for len(s.rooms) < len(lines) {
		i := len(s.rooms)
		s.rooms = append(s.rooms, kit.NewRow(kit.RowData{}, func() { s.open(i) }, nil))
	}
	s.rooms = s.rooms[:len(lines)]
	for i, l := range lines {
		d := kit.RowData{Title: l.Name, Line: l.Line, Meta: when(l), Unread: l.Unread, Selected: l.Selected, ID: l.ID.String()}
		if l.IsFile {
			d.LineIcon = icon.Attach
		}
		if l.Draft != "" {
			d.Line, d.LineIcon, d.LineColor = l.Draft, icon.Edit, theme.Accent
		}
		s.rooms[i].Set(d)
	}
	if grew {
		s.arrange()
	}
}

// SetMembers shows who is here, after the rooms.
func (s *Sidebar) SetMembers(all []state.Member) {
	here := make([]state.Member, 0, min(len(all), maxPeople))
	n := 0
	for _, m := range all {
		if !m.Here || m.Me || m.Waiting {
			continue
		}
		if n++; n <= maxPeople {
			here = append(here, m)
		}
	}
	over := n - len(here)
	grew := len(here) != len(s.people) || (over > 0) != (s.over > 0)
	for len(s.people) < len(here) {
		s.people = append(s.people, kit.NewRow(kit.RowData{}, func() { s.openPeople() }, nil))
	}
	s.people = s.people[:len(here)]
	for i, m := range here {
		line := m.Line
		if m.Role != "" {
			line = m.Role
		}
		s.people[i].Set(kit.RowData{Title: m.Name, Line: line, ID: m.ID, Online: true})
	}
	if over > 0 {
		s.more.Set(kit.RowData{Icon: icon.People, Title: text.PeopleMore(over)})
	}
	s.over = over
	if grew {
		s.arrange()
	}
}

// arrange puts the rows into the list anew.
func (s *Sidebar) arrange() {
	s.list.Objects = s.list.Objects[:0]
	for _, r := range s.rooms {
		s.list.Objects = append(s.list.Objects, r)
	}
	if len(s.people) > 0 {
		s.heading.SetText(text.PeopleOnline())
		s.list.Objects = append(s.list.Objects, kit.Inset(s.heading, 14, 10, 4, 10))
		for _, r := range s.people {
			s.list.Objects = append(s.list.Objects, r)
		}
		if s.over > 0 {
			s.list.Objects = append(s.list.Objects, s.more)
		}
	}
	s.list.Refresh()
}

func (s *Sidebar) open(i int) {
	if i < len(s.shown) && s.OnOpen != nil {
		s.OnOpen(s.shown[i].ID)
	}
}

func (s *Sidebar) openPeople() {
	if s.OnPeople != nil {
		s.OnPeople()
	}
}

// headLayout sets the two lines of the head in the height that the header of a
// conversation has beside it.
type headLayout struct{}

func (*headLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(120), theme.Size(theme.HeaderHigh))
}

func (*headLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	left, wide := theme.Units(18), size.Width-theme.Units(36)
	a, b := o[0].MinSize().Height, o[1].MinSize().Height
	y := (size.Height - a - b) / 2
	draw.Place(o[0], left, y, wide, a)
	draw.Place(o[1], left, y+a, wide, b)
}

// stack sets a head above a body that takes what is left.
type stack struct{}

func (*stack) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(theme.Units(160), o[0].MinSize().Height+theme.Units(60))
}

func (*stack) Layout(o []fyne.CanvasObject, size fyne.Size) {
	h := o[0].MinSize().Height
	draw.Place(o[0], 0, 0, size.Width, h)
	draw.Place(o[1], 0, h, size.Width, size.Height-h)
}
