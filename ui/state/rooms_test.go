package state

import (
	"testing"

	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/text"
)

func TestRoomLine(t *testing.T) {
	said := client.Message{Kind: client.LineText, Name: "Ana", Text: "two\n lines", Seq: 4}
	for name, c := range map[string]struct {
		newest []client.Message
		want   string
	}{
		"nothing yet":              {nil, text.ChatEmpty()},
		"the owner's beginning":    {[]client.Message{{Kind: client.LineCame, Name: "Ana", Seq: 1}}, text.ChatCreated("Ana")},
		"somebody came in":         {[]client.Message{said, {Kind: client.LineCame, Name: "Ben", Seq: 5}}, text.ChatJoined("Ben")},
		"a text":                   {[]client.Message{said}, "Ana: two lines"},
		"one's own":                {[]client.Message{{Kind: client.LineText, Own: true, Text: "me"}}, "You: me"},
		"what is not shown in one": {[]client.Message{said, {Kind: client.LineDevice, Name: "Ana", Seq: 6}}, "Ana: two lines"},
	} {
		if got := roomLine(client.Room{ID: chat.Lobby}, client.Person{}, c.newest).Line; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
