package state

import "slices"

// Emoji is what is remembered of the emoji picker.
type Emoji struct {
	Recent []string // the last one first
	Tone   int      // skin tone, 0 for none
}

// Habits are the settings that a conversation uses, and where it keeps what it
// learns. They are the same for all places of a profile.
type Habits struct {
	ShowTyping func() bool // others see when the person writes
	EnterLines func() bool // Enter breaks the line
	Emoji      func() Emoji
	KeepEmoji  func(Emoji)
}

// defaultHabits last as long as the place is open.
func defaultHabits() Habits {
	var e Emoji
	return Habits{
		ShowTyping: func() bool { return true },
		EnterLines: func() bool { return false },
		Emoji:      func() Emoji { return Emoji{Recent: slices.Clone(e.Recent), Tone: e.Tone} },
		KeepEmoji:  func(now Emoji) { e = now },
	}
}

// SetHabits sets where settings come from and go to.
func (p *Place) SetHabits(h Habits) { p.habits = h }

// EnterLines reports whether Enter breaks the line and Shift+Enter sends.
func (p *Place) EnterLines() bool { return p.habits.EnterLines() }

// Emoji returns what is remembered of the picker.
func (p *Place) Emoji() Emoji { return p.habits.Emoji() }

// KeepEmoji remembers it.
func (p *Place) KeepEmoji(e Emoji) { p.habits.KeepEmoji(e) }
