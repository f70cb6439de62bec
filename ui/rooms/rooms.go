// Package rooms is the sidebar of a place: its name, its rooms in their sections
// with who said what last, and who is here.
//
// It must not know clients or messages: it gets finished lines and reports which
// one was pressed. ui/state decides what they say.
//
// The look follows the visual language of the design notes.
package rooms

import (
	"slices"

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
	OnOpen       func(chat.RoomID)                   // a room was pressed
	OnMenu       func(chat.RoomID, fyne.Position)    // so it was with the other mouse button; the place on the canvas
	OnPerson     func(chat.AccountID)                // somebody who is here was pressed
	OnPersonMenu func(chat.AccountID, fyne.Position) // so were they with the other mouse button
	OnPeople     func()                              // the list of people was asked for
	OnMissed     func()                              // what was missed was asked for

	object   fyne.CanvasObject
	name     *kit.Label
	count    *kit.Label
	rooms    []*kit.Row
	parts    [sections]part
	people   []*kit.Row
	here     *kit.Label
	more     *kit.Row
	missed   *kit.IconButton
	archive  *kit.Row
	unfolded bool // the archive is shown
	list     *fyne.Container
	shown    []state.RoomLine
	members  []state.Member // as in people
	over     int            // people who are here and not shown
}

// sections is how many sections the list has.
const sections = int(state.SectionArchived) + 1

// part is what a section has besides its rooms.
type part struct {
	head   fyne.CanvasObject // nil for none
	empty  fyne.CanvasObject // what is shown instead of rooms; nil: then the section is not shown
	always bool              // the section is shown without rooms too
}

// New makes an empty sidebar. Its sections of private rooms and of direct
// messages have a button for a new one where newRoom and newMessage are given;
// without it, they are shown only while they have rooms.
func New(newRoom, newMessage func()) *Sidebar {
	s := &Sidebar{name: kit.NewTitle(""), count: kit.NewLabel(""), here: heading(text.PeopleOnline())}
	s.count.TextSize, s.count.Color = theme.TextSmall, theme.SubText
	s.more = kit.NewRow(kit.RowData{Icon: icon.People}, func() { s.openPeople() }, nil)
	s.parts[state.SectionRequests] = newPart(text.RoomsRequests(), "", "", nil)
	s.parts[state.SectionPrivate] = newPart(text.RoomsPrivate(), text.RoomsPrivateNone(), text.RoomsPrivateNew(), newRoom)
	s.parts[state.SectionDirect] = newPart(text.RoomsDirect(), text.RoomsDirectNone(), text.RoomsDirectNew(), newMessage)
	s.parts[state.SectionPinned] = newPart(text.RoomsPinned(), "", "", nil)
	s.archive = kit.NewRow(kit.RowData{Icon: icon.Archive}, func() {
		s.unfolded = !s.unfolded
		s.arrange()
	}, nil)
	s.parts[state.SectionArchived] = part{head: s.archive}
	s.missed = kit.NewIconButton(icon.Checks, text.MissedShow(), func() {
		if s.OnMissed != nil {
			s.OnMissed()
		}
	}).Side(34)
	s.missed.Hide()
	s.list = kit.Column(2)
	head := container.New(&headLayout{}, s.name, s.count, s.missed)
	body := container.NewVScroll(kit.Inset(s.list, 6, 8, 8, 8))
	s.object = kit.NewSurface(theme.Sidebar, "", container.New(&stack{}, head, body))
	s.arrange()
	return s
}

// heading is the name of a section.
func heading(name string) *kit.Label {
	l := kit.NewLabel(name)
	l.TextSize, l.Color, l.Bold = theme.TextSmall, theme.SubText, true
	return l
}

// newPart makes the head of a section, and what it says while it is empty.
func newPart(name, none, label string, add func()) part {
	head := heading(name)
	if add == nil {
		return part{head: kit.Inset(head, 12, 10, 4, 10)}
	}
	plus := kit.NewIconButton(icon.Plus, label, add).Side(28)
	hint := kit.NewHint(none)
	button := kit.NewButton(kit.Secondary, label, add).Small()
	return part{
		head:   kit.Inset(kit.WideLine(4, 0, head, plus), 6, 4, 0, 10),
		empty:  kit.Inset(kit.Column(8, hint, kit.Line(0, button)), 0, 10, 6, 10),
		always: true,
	}
}

// Object is what is put into the window.
func (s *Sidebar) Object() fyne.CanvasObject { return s.object }

// SetPlace shows the name of the place and how many people it has.
func (s *Sidebar) SetPlace(name, count string) {
	s.name.SetText(name)
	s.count.SetText(count)
}

// SetRooms shows the rooms, which are in the order of the sections.
func (s *Sidebar) SetRooms(lines []state.RoomLine, when func(state.RoomLine) string) {
	same := len(lines) == len(s.shown)
	for i := range lines {
		same = same && lines[i].Section == s.shown[i].Section
	}
	s.shown = lines
	for len(s.rooms) < len(lines) {
		i := len(s.rooms)
		s.rooms = append(s.rooms, kit.NewRow(kit.RowData{}, func() { s.open(i) }, func(at fyne.Position) { s.menu(i, at) }))
	}
	s.rooms = s.rooms[:len(lines)]
	for i, l := range lines {
		d := kit.RowData{Title: l.Name, Line: l.Line, Meta: when(l), Unread: l.Unread, Muted: l.Muted, Selected: l.Selected, ID: l.Face, Online: l.Here}
		switch {
		case l.Waits:
			d.LineIcon = icon.Clock
		case l.IsFile:
			d.LineIcon = icon.Attach
		}
		if l.Section == state.SectionRequests {
			d.LineIcon, d.LineColor = icon.Chat, theme.Accent
		}
		if l.Draft != "" {
			d.Line, d.LineIcon, d.LineColor = l.Draft, icon.Edit, theme.Accent
		}
		s.rooms[i].Set(d)
	}
	if n := state.Archived(lines); n > 0 {
		s.archive.Set(kit.RowData{Icon: icon.Archive, Title: text.RoomsArchived(n)})
	}
	draw.Show(s.missed, slices.ContainsFunc(lines, func(l state.RoomLine) bool { return l.Unread > 0 && l.Section != state.SectionRequests }))
	if !same {
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
		i := len(s.people)
		s.people = append(s.people, kit.NewRow(kit.RowData{}, func() { s.openPerson(i) }, func(at fyne.Position) { s.personMenu(i, at) }))
	}
	s.people, s.members = s.people[:len(here)], here
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

// arrange puts headings and rows into the list anew.
func (s *Sidebar) arrange() {
	s.list.Objects = s.list.Objects[:0]
	for section, p := range s.parts {
		var rows []fyne.CanvasObject
		for i, l := range s.shown {
			if int(l.Section) == section {
				rows = append(rows, s.rooms[i])
			}
		}
		if state.Section(section) == state.SectionArchived && len(rows) > 0 && !s.unfolded {
			s.list.Objects = append(s.list.Objects, kit.Gap(1, 6), p.head)
			continue
		}
		if len(rows) == 0 && !p.always {
			continue
		}
		if p.head != nil {
			s.list.Objects = append(s.list.Objects, p.head)
		}
		if len(rows) == 0 {
			rows = append(rows, p.empty)
		}
		s.list.Objects = append(s.list.Objects, rows...)
	}
	if len(s.people) > 0 {
		s.list.Objects = append(s.list.Objects, kit.Inset(s.here, 14, 10, 4, 10))
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

func (s *Sidebar) menu(i int, at fyne.Position) {
	if i < len(s.shown) && s.OnMenu != nil {
		s.OnMenu(s.shown[i].ID, at)
	}
}

func (s *Sidebar) openPerson(i int) {
	if i < len(s.members) && s.OnPerson != nil {
		s.OnPerson(s.members[i].Account)
	}
}

func (s *Sidebar) personMenu(i int, at fyne.Position) {
	if i < len(s.members) && s.OnPersonMenu != nil {
		s.OnPersonMenu(s.members[i].Account, at)
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
	if o[2].Visible() {
		side := o[2].MinSize().Width
		draw.Place(o[2], size.Width-side-theme.Units(8), (size.Height-side)/2, side, side)
		wide -= side
	}
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
