package rooms

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// form is what both a new room and another name for one ask.
type form struct {
	name, topic *kit.Field
	busy        *kit.Label // what is waited for
	sheet       *layer.Layer
	act         *kit.Button
}

func newForm() *form {
	return &form{name: kit.NewField(text.RoomName(), text.RoomNameHint()), topic: kit.NewField(text.RoomTopic(), ""), busy: kit.NewHint("")}
}

// open shows the form; do is called with Enter and the button and says what is
// wrong. It gets what to call when the answer is there.
func (f *form) open(c fyne.Canvas, title, action, waits string, body fyne.CanvasObject, do func(done func(ok bool)) state.RoomFaults) {
	submit := func() {
		if f.act.Disabled() {
			return
		}
		wrong := do(func(ok bool) {
			draw.Show(f.busy, false)
			f.act.SetEnabled(true)
			if ok {
				f.sheet.Dismiss()
				return
			}
			f.sheet.Relayout()
		})
		f.name.SetFault(wrong.Name)
		f.topic.SetFault(wrong.Topic)
		if wrong == (state.RoomFaults{}) {
			f.act.SetEnabled(false)
			f.busy.SetText(waits)
			draw.Show(f.busy, true)
		}
		f.sheet.Relayout()
	}
	f.busy.Hide()
	f.act = kit.NewButton(kit.Primary, action, submit)
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { f.sheet.Dismiss() })
	f.name.OnSubmit = func(string) { submit() }
	f.topic.OnSubmit = func(string) { submit() }
	f.sheet = layer.Sheet(c, title, body, cancel, f.act).Stay()
	f.sheet.Focus(f.name.Entry())
}

// NewRoom asks for the name of a room and makes it: a private one, unless a
// moderator chooses otherwise.
func NewRoom(c fyne.Canvas, p *state.Place) {
	f := newForm()
	open := false
	parts := []fyne.CanvasObject{f.name}
	if p.CanCreateOpen() {
		f.topic.Hide()
		who := pick.NewChoices([]pick.Option{
			{Title: text.RoomWhoMembers(), Line: text.RoomWhoMembersLine(), Icon: icon.Lock},
			{Title: text.RoomWhoAll(), Line: text.RoomWhoAllLine(), Icon: icon.Eye},
		}, 0, func(i int) {
			open = i == 1
			draw.Show(f.topic, open)
			f.sheet.Relayout()
		})
		parts = append(parts, kit.Column(6, page.Section(text.RoomWho()), who), f.topic)
	} else {
		parts = append(parts, kit.WideLine(10, 1, kit.NewIcon(icon.Lock, "").In(""), kit.NewHint(text.RoomWhoMembers()+". "+text.RoomWhoMembersLine())))
	}
	f.open(c, text.RoomTitle(), text.RoomCreate(), text.RoomCreating(), kit.Column(14, append(parts, f.busy)...), func(done func(bool)) state.RoomFaults {
		topic := ""
		if open {
			topic = f.topic.Text()
		}
		return p.CreateRoom(open, f.name.Text(), topic, done)
	})
}

// Rename asks for another name and another line about a room.
func Rename(c fyne.Canvas, p *state.Place, room chat.RoomID) {
	f := newForm()
	name, topic := p.RoomName(room)
	f.topic.SetText(topic)
	f.open(c, text.RoomRenameTitle(name), text.WordSave(), text.LoginWorking(), kit.Column(14, f.name, f.topic, f.busy), func(done func(bool)) state.RoomFaults {
		return p.Rename(room, f.name.Text(), f.topic.Text(), done)
	})
	page.Prefill(f.name, name)
}
