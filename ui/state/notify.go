package state

import (
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// fresh is how old a message may be to be worth a notification: catching up on
// a day of talk is not.
const fresh = 2 * time.Minute

// notifyEvery is the shortest time between two notifications of a place: a lively
// talk is announced once, not with each sentence.
const notifyEvery = 3 * time.Second

// notify tells the desktop of the newest message of others among the rows of the
// open room.
func (r *reader) notify(rows []client.Message) {
	room := r.room
	for i := len(rows) - 1; i >= 0; i-- {
		m := rows[i]
		if m.Own || m.Kind != client.LineText && m.Kind != client.LineFile {
			continue
		}
		r.show(func() { r.place.announce(r.place.facts[room], &m) })
		return
	}
}

// notifyElsewhere tells the desktop of messages of others in rooms that are not
// open. What was there when the rooms were read for the first time is no news.
func (r *reader) notifyElsewhere(rooms []client.Room) {
	first := r.last == nil
	last := make(map[chat.RoomID]uint64, len(rooms))
	for _, room := range rooms {
		last[room.ID] = room.Last.Seq
		if first || room.ID == r.room || room.Last.Seq <= r.last[room.ID] || room.Last.Own {
			continue
		}
		if room.Unread == 0 { // read on another computer, or counted just before it came
			last[room.ID] = r.last[room.ID]
			continue
		}
		r.show(func() { r.place.announce(room, &room.Last) })
	}
	r.last = last
}

// announce tells the desktop of a message. Of a request only who makes it is said:
// what a stranger writes does not stand on the desktop. Of a muted room only what names
// this person is told.
func (p *Place) announce(room client.Room, m *client.Message) {
	now := p.desktop.Now()
	if now.Sub(m.Received) > fresh || now.Before(p.quieted) && !m.ForMe || room.Muted && !m.ForMe {
		return
	}
	p.quieted = now.Add(notifyEvery)
	if room.State == client.RoomRequest {
		p.desktop.Notify(p.info.Name, text.RoomsNewsRequest(p.nameOf(room.Peer)))
		return
	}
	title := p.info.Name
	if room.Kind == chat.RoomSealed || room.Kind == chat.RoomOpen && room.ID != chat.Lobby {
		title = text.RoomsNewsTitle(roomName(room), p.info.Name)
	}
	body := oneLine(markup.PlainText(m.Text, nil))
	if m.Kind == client.LineFile && body == "" {
		body = m.File.Name
	}
	p.desktop.Notify(title, text.ChatPreview(m.Name, body))
}
