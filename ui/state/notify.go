package state

import (
	"time"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/ui/markup"
	"github.com/snugchat/snug/ui/text"
)

// fresh is how old a message may be to be worth a notification: catching up on
// a day of talk is not.
const fresh = 2 * time.Minute

// notifyEvery is the shortest time between two notifications of a place: a lively
// talk is announced once, not with each sentence.
const notifyEvery = 3 * time.Second

// notify tells the desktop of the newest message of others among the rows.
func (r *reader) notify(rows []client.Message) {
	for i := len(rows) - 1; i >= 0; i-- {
		m := rows[i]
		if m.Own || m.Kind != client.LineText && m.Kind != client.LineFile {
			continue
		}
		r.show(func() { r.place.announce(&m) })
		return
	}
}

// announce tells the desktop of a message.
func (p *Place) announce(m *client.Message) {
	now := p.desktop.Now()
	if now.Sub(m.Received) > fresh || now.Before(p.quieted) && !m.ForMe {
		return
	}
	p.quieted = now.Add(notifyEvery)
	body := oneLine(markup.PlainText(m.Text, nil))
	if m.Kind == client.LineFile && body == "" {
		body = m.File.Name
	}
	p.desktop.Notify(p.info.Name, text.ChatPreview(m.Name, body))
}
