// Package chat is the conversation of a place in the window: the sidebar beside
// it, the header with who can read the room, the bar that says how the connection
// is, the messages, who is typing, and where one writes.
//
// It must not know clients, files on disk or the network: ui/state decides what
// is shown and does what the person wants; the packages beside this one draw. It
// is the only one that puts them together.
//
// Words and flows are those of UX.md (4.5 and 4.7), the look follows the visual
// language of the design notes. All calls are made on Fyne's goroutine; ui/state
// crosses to it, at most thirty times a second.
package chat

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/chat/bars"
	"github.com/snugchat/snug/ui/chat/sheets"
	"github.com/snugchat/snug/ui/chat/viewer"
	"github.com/snugchat/snug/ui/compose"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/banner"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/kit/progress"
	"github.com/snugchat/snug/ui/rooms"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
	"github.com/snugchat/snug/ui/timeline"
)

// Offer is a quiet question that stands above a place.
type Offer struct {
	Stands func() bool // nil: never
	Take   func()
	Hide   func()
}

// View is the conversation and the sidebar of one place.
type View struct {
	// Deeds lists what may be done to a person, for the menus of people; nil for
	// nothing.
	Deeds func(chat.AccountID, fyne.Canvas) []layer.Item

	// Kit opens the making of a recovery kit; nil: it is not offered.
	Kit func()

	// Older is the offer to bring older messages.
	Older Offer

	place   *state.Place
	desktop state.Desktop

	panes    *panes
	object   fyne.CanvasObject
	below    *fyne.Container // without asks
	talk     *fyne.Container
	sidebar  *rooms.Sidebar
	sheets   *sheets.Sheets
	header   *bars.Header
	bar      *banner.Banner
	pins     *bars.Pins
	pictures *viewer.Pictures
	viewer   *viewer.View // the picture on the whole window, nil for none
	retry    *kit.Button
	retrying bool // the bar has that button
	lines    *timeline.View
	source   *source
	skeleton *progress.Skeleton
	loading  *time.Timer // until the skeleton is shown, nil for not
	empty    *kit.Empty
	alone    *kit.Empty // instead of empty, in an own room without anybody else
	barrier  *bars.Barrier
	picks    *bars.Picks
	typing   *timeline.Typing
	tray     *bars.Tray
	composer *compose.Composer
	people   *rooms.People
	members  *rooms.Members
	verify   *rooms.Verify
	asks     *banner.Banner  // somebody wants to compare pictures
	asking   chat.AccountID  // who
	lifted   func()          // the window shows asks; nil: it stands over the conversation
	offer    *banner.Banner  // of a recovery kit
	older    *banner.Banner  // of older messages
	offers   *fyne.Container // both
	filling  bool            // the composer is being filled from the draft
}

// New makes the view of a place and follows it until Close.
func New(p *state.Place, d state.Desktop) *View {
	v := &View{place: p, desktop: d, source: &source{}}
	newRoom, newMessage := v.newRoom, v.newMessage
	if !p.CanWritePrivately() { // a guest
		newRoom, newMessage = nil, nil
	}
	v.sidebar = rooms.New(newRoom, newMessage)
	v.sidebar.OnOpen = v.openRoom
	v.sidebar.OnPeople = v.showPeople
	v.sidebar.OnPerson = v.showPerson
	v.sidebar.OnMenu = v.listMenu
	v.sidebar.OnPersonMenu = v.personMenu
	v.sidebar.OnMissed = v.showMissed
	v.sheets = &sheets.Sheets{Place: p, Desktop: d, Canvas: v.canvas, Went: func() { v.panes.showTalk(true) }}
	v.header = bars.NewHeader(bars.HeaderDeeds{
		Back: func() { v.panes.showTalk(false) }, Promises: v.sheets.Promises, People: v.showRoomPeople,
		Find: func() { v.Search(true) }, Menu: v.roomMenu,
	})
	v.bar = banner.New(banner.Notice, icon.Offline, "")
	v.bar.Hide()
	v.pins = v.newPinBar()
	v.retry = kit.NewButton(kit.Plain, text.OfflineTry(), func() {
		v.place.TryNow()
		v.composer.Focus() // the button goes when it has worked
	})
	v.source.talk = p.Conversation()
	v.pictures = viewer.NewPictures(d.Do, v.pictureCame)
	v.source.pictures = v.pictures
	v.lines = timeline.New(v.source)
	v.lines.SetClock(d.Now)
	v.wireLines()
	v.empty = kit.NewEmpty(icon.Chat, text.ChatEmpty(), kit.NewButton(kit.Secondary, text.ChatEmptyHello(), func() {
		v.composer.Insert("👋 ")
		v.composer.Focus()
	}))
	v.empty.Hide()
	v.alone = kit.NewEmpty(icon.Lock, text.RoomAlone(), kit.NewButton(kit.Primary, text.RoomInvite(), v.invite).WithIcon(icon.Invite))
	v.alone.Hide()
	v.skeleton = progress.NewSkeleton(0)
	v.skeleton.Hide()
	v.typing = timeline.NewTyping()
	v.tray = v.newTray()
	v.composer = compose.New()
	v.wireComposer()
	v.barrier = bars.NewBarrier(v.answer)
	v.asks = banner.New(banner.Calm, icon.Shield, "")
	v.asks.Hide()
	v.offer = banner.New(banner.Calm, icon.Key, text.KitOffer(),
		kit.NewButton(kit.Plain, text.KitLater(), p.HideKitOffer), kit.NewButton(kit.Plain, text.KitMake(), func() {
			if v.Kit != nil {
				v.Kit()
			}
		}))
	v.offer.Hide()
	v.older = banner.New(banner.Calm, icon.Clock, text.DataBringOffer(),
		kit.NewButton(kit.Plain, text.KitLater(), func() { v.Older.Hide() }), kit.NewButton(kit.Plain, text.DataBring(), func() { v.Older.Take() }))
	v.older.Hide()
	v.picks = v.newPickBar()
	v.talk = container.New(&talkLayout{}, v.header, v.bar, v.pins.Object, container.NewStack(v.lines, container.NewBorder(nil, v.typing, nil, nil), v.skeleton, v.empty, v.alone), v.tray.Object, v.composer, v.barrier.Object, v.picks.Object)
	v.panes = newPanes(v.sidebar.Object(), kit.NewSurface(theme.Chat, "", v.talk), v.header.SetNarrow)
	v.offers = container.NewStack(v.older, v.offer)
	v.offers.Hide()
	v.below = container.New(&overLayout{}, v.offers, v.panes.object)
	v.object = container.New(&overLayout{}, v.asks, v.below)
	p.Watch(state.Watcher{Changed: v.changed, Edited: v.edited})
	return v
}

// Object is what is put into the window.
func (v *View) Object() fyne.CanvasObject { return v.object }

// LiftAsks hands over the banner that says who wants to compare pictures, so that
// it is seen also while something lies over the conversation. Changed is called
// when it comes or goes.
func (v *View) LiftAsks(changed func()) fyne.CanvasObject {
	v.lifted = changed
	v.object = v.below
	return v.asks
}

// Focus gives the keyboard to the composer, if something can be written.
func (v *View) Focus() {
	if v.composer.Visible() {
		v.composer.Focus()
	}
}

// First is what takes the keyboard when the view is shown.
func (v *View) First() fyne.Focusable { return v.composer.Field() }

// Dropped puts files into the tray, as when they were dropped on the window.
func (v *View) Dropped(paths []string) { v.place.Conversation().Attach(paths) }

// SetActive says whether the window is in front: only then is what is on screen
// read, and only then do dots move.
func (v *View) SetActive(active bool) {
	v.place.SetActive(active)
	v.typing.SetCalm(!active)
	if !active {
		v.place.Conversation().KeepDraft()
	}
}

// Close stops following the place and everything that moves.
func (v *View) Close() {
	v.place.Conversation().KeepDraft()
	v.place.Unwatch()
	v.stopWaiting()
	v.typing.Set(nil)
	v.pictures.Close()
}

// changed shows parts of the place anew.
func (v *View) changed(p state.Part) {
	t := v.place.Conversation()
	if p&state.PartRoom != 0 {
		v.leave(t)
		v.source.talk = t
		v.lines.Reset()
		v.arrive(t)
		v.awaitLines(t)
		v.panes.showTalk(true)
	}
	if p&(state.PartRoom|state.PartRooms|state.PartMembers|state.PartPeople) != 0 {
		v.showBarrier()
		v.showEmpty()
	}
	if p&(state.PartRooms|state.PartPeople) != 0 {
		v.showOffer()
	}
	if p&state.PartCompare != 0 || p&state.PartPeople != 0 && v.verify != nil {
		v.showCompare()
	}
	if p&state.PartMembers != 0 && v.members != nil {
		v.members.Update()
	}
	if p&state.PartConnection != 0 {
		v.showBar()
	}
	if p&(state.PartPeople|state.PartRoom|state.PartRooms|state.PartConnection) != 0 {
		v.showPlace()
	}
	if p&state.PartRooms != 0 {
		v.sidebar.SetRooms(v.place.Rooms(), func(l state.RoomLine) string {
			if l.At.IsZero() {
				return ""
			}
			return text.Short(l.At, v.desktop.Now())
		})
	}
	if p&state.PartTyping != 0 {
		v.typing.Set(v.place.Typing())
	}
	if p&state.PartDraft != 0 {
		v.filling = true
		v.composer.SetDraft(t.Draft())
		v.filling = false
	}
	if p&state.PartExtra != 0 {
		v.showExtra(t)
	}
	if p&state.PartPins != 0 {
		v.showPins(t)
	}
	if p&state.PartJump != 0 {
		v.jump(t)
	}
	if p&(state.PartPicked|state.PartRoom) != 0 {
		v.showPicked(t)
	}
	if p&state.PartTray != 0 {
		v.showTray(t)
	}
	if p&(state.PartUnread|state.PartRoom) != 0 {
		v.lines.SetUnread(t.UnreadLine())
		v.lines.SetGap(t.Gap())
		v.lines.SetNewer(t.UnreadBelow())
	}
}

// showPlace shows what is known of place, room and people.
func (v *View) showPlace() {
	h := v.place.Header()
	v.header.Set(h)
	sign, color := icon.Eye, theme.Warn
	if !h.Open {
		sign, color = icon.Lock, theme.Good
	}
	v.composer.SetReaders(sign, h.Readable, color)
	_, people := v.place.Crowd()
	v.sidebar.SetPlace(v.place.Name(), people)
	members := v.place.Members()
	v.sidebar.SetMembers(members)
	if v.people != nil {
		v.people.Set(members)
	}
}

// showBar shows how the connection is.
func (v *View) showBar() {
	b := v.place.Bar()
	if b.Shown {
		tone := map[state.Tone]banner.Tone{state.ToneCalm: banner.Calm, state.ToneNotice: banner.Notice, state.ToneAlarm: banner.Alarm}[b.Tone]
		v.bar.SetTone(tone)
		v.bar.SetText(b.Text)
		if b.Retry != v.retrying { // a button that is replaced under the pointer cannot be pressed
			v.retrying = b.Retry
			if b.Retry {
				v.bar.SetButtons(v.retry)
			} else {
				v.bar.SetButtons()
			}
		}
	}
	if b.Shown != v.bar.Visible() {
		draw.Show(v.bar, b.Shown)
		v.talk.Refresh()
	}
}

// showOffer shows what is offered, one thing at a time, or takes it away.
func (v *View) showOffer() {
	older := v.Older.Stands != nil && v.Older.Stands()
	made := !older && v.Kit != nil && v.place.OffersKit()
	if older != v.older.Visible() || made != v.offer.Visible() {
		draw.Show(v.older, older)
		draw.Show(v.offer, made)
		draw.Show(v.offers, older || made)
		v.below.Refresh()
	}
}

// openRoom shows a room, in a narrow window instead of the sidebar.
func (v *View) openRoom(room chat.RoomID) {
	v.place.Show(room)
	v.panes.showTalk(true)
	v.Focus()
}

// Search opens the search, in the open room or in all of the place.
func (v *View) Search(here bool) { v.sheets.Search(here) }

// canvas is the canvas that shows the view, nil while it is not shown.
func (v *View) canvas() fyne.Canvas { return press.Canvas(v.lines) }
