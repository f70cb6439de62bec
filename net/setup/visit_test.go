package setup_test

import (
	"os"
	"slices"
	"testing"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// TestVisit joins a place that runs elsewhere on this computer and talks there
// (FEATURES M6): packaging/test starts an installed snugd and gives its link.
func TestVisit(t *testing.T) {
	given := os.Getenv("SNUG_VISIT")
	if given == "" {
		t.Skip("no place to visit: SNUG_VISIT is a link to one")
	}
	link, err := wire.ParseLink(given)
	if err != nil {
		t.Fatal(err)
	}
	m, err := start(t).Join(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	visit, err := m.Client.Look(t.Context(), *link)
	if err != nil {
		t.Fatal(err)
	}
	if visit.Card == nil || visit.Card.Place != "Choir" {
		t.Fatalf("the place is %+v", visit.Card)
	}
	if err := m.Client.Register(t.Context(), *link, "Visitor", "zebra-candle-orbit-mint"); err != nil {
		t.Fatal(err)
	}
	m.Start()
	if _, err := m.Client.Send(t.Context(), chat.Lobby, "I found the place"); err != nil {
		t.Fatal(err)
	}
	within(t, "the message is there", func() bool { return slices.Contains(texts(t, m.Client), "I found the place") })
}
