package state

import "slices"

// Emoji is what is remembered of the emoji picker.
type Emoji struct {
	Recent []string // the last one first
	Tone   int      // skin tone, 0 for none
}

// EmojiStore keeps it between two starts of the program.
type EmojiStore struct {
	Load func() Emoji
	Keep func(Emoji)
}

// KeepEmojiIn sets where it is kept. Without one it lasts as long as the place is
// open.
func (p *Place) KeepEmojiIn(s EmojiStore) { p.emojiStore = s }

// Emoji returns what is remembered of the picker.
func (p *Place) Emoji() Emoji {
	if p.emojiStore.Load != nil {
		return p.emojiStore.Load()
	}
	e := p.emoji
	e.Recent = slices.Clone(e.Recent)
	return e
}

// KeepEmoji remembers it.
func (p *Place) KeepEmoji(e Emoji) {
	if p.emojiStore.Keep != nil {
		p.emojiStore.Keep(e)
		return
	}
	p.emoji = e
}
