package compose

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/theme"
)

func TestWordAt(t *testing.T) {
	for in, want := range map[string]string{
		"@":             "@|",
		"@an":           "@|an",
		"hello @Ana Lu": "@|Ana Lu",
		"(@an":          "@|an",
		"a@an":          "",
		"@an b c":       "",
		"@ an":          "",
		":s":            "",
		":smi":          ":|smi",
		"so :fire":      ":|fire",
		"12:30":         "",
		"see: fire":     "",
		"@a\nb":         "",
		"plain":         "",
	} {
		sign, word, ok := wordAt([]rune(in), len([]rune(in)))
		got := ""
		if ok {
			got = string(sign) + "|" + word
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// D2, D8: names and emoji are completed by the keyboard alone.
func TestD8Completion(t *testing.T) {
	c, _ := show(t, theme.Light)
	c.OnQuery = func(sign rune, word string) []Choice {
		switch {
		case sign == SignPerson && (word == "" || word[0] == 'b'):
			return []Choice{{ID: "1", Name: "Ben", Label: "Ben", Insert: "@Ben "}, {ID: "2", Name: "Berta", Label: "Berta", Insert: "@Berta "}}
		case sign == SignEmoji && word == "fire":
			return []Choice{{Sign: "🔥", Label: "fire", Insert: "🔥"}}
		}
		return nil
	}
	sent := ""
	c.OnSend = func(s string) { sent = s }
	test.Type(c.field, "hi @b")
	if len(c.choices) != 2 || !c.field.AcceptsTab() {
		t.Fatalf("%d choices, want 2", len(c.choices))
	}
	c.field.press(fyne.KeyDown)
	c.field.press(fyne.KeyReturn)
	if got, want := c.Draft(), "hi @Berta "; got != want || sent != "" {
		t.Fatalf("got %q, sent %q, want %q", got, sent, want)
	}
	test.Type(c.field, ":fire")
	c.field.press(fyne.KeyTab)
	if got, want := c.Draft(), "hi @Berta 🔥"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	test.Type(c.field, " @b")
	c.field.press(fyne.KeyEscape)
	if len(c.choices) != 0 || c.field.AcceptsTab() {
		t.Error("Escape left the choices")
	}
	c.field.press(fyne.KeyReturn)
	if sent != "hi @Berta 🔥 @b" {
		t.Errorf("sent %q", sent)
	}
}

// D4, D5: the up key edits the last message, Escape gives it up, and what is
// answered stands above the field.
func TestD5UpAndEscape(t *testing.T) {
	c, _ := show(t, theme.Dark)
	ups, drops := 0, 0
	c.OnUp = func() { ups++ }
	c.OnDrop = func() {
		drops++
		c.SetExtra("", "", false)
	}
	c.field.press(fyne.KeyUp)
	test.Type(c.field, "words")
	c.field.press(fyne.KeyUp) // moves the cursor now
	if ups != 1 {
		t.Errorf("the up key was taken %d times, want once", ups)
	}
	low := c.MinSize().Height
	c.SetExtra("Answer to Ana", "where is it?", false)
	if c.MinSize().Height <= low {
		t.Error("there is no room for what is answered")
	}
	c.field.press(fyne.KeyEscape)
	if drops != 1 || c.MinSize().Height != low {
		t.Errorf("Escape gave up %d times, height %v, want %v", drops, c.MinSize().Height, low)
	}
	c.OnSend = func(string) { c.SetExtra("", "", false) }
	c.SetExtra("Answer to Ana", "where is it?", false)
	c.submit()
	if !c.send.Disabled() {
		t.Error("after an answer the button looks as if there were more to send")
	}
}

// C3: Enter and Shift+Enter can be switched.
func TestC3EnterBreaksLines(t *testing.T) {
	c, _ := show(t, theme.Light)
	c.Lines = func() bool { return true }
	sent := ""
	c.OnSend = func(s string) { sent = s }
	test.Type(c.field, "one")
	c.field.press(fyne.KeyReturn)
	test.Type(c.field, "two")
	if sent != "" || c.Draft() != "one\ntwo" {
		t.Fatalf("sent %q, draft %q", sent, c.Draft())
	}
	c.field.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	c.field.press(fyne.KeyReturn)
	if sent != "one\ntwo" {
		t.Errorf("Shift+Enter sent %q", sent)
	}
}

// F2: files go out without words.
func TestF2FilesNeedNoWords(t *testing.T) {
	c, _ := show(t, theme.Light)
	n := 0
	c.OnSend = func(string) { n++ }
	c.field.press(fyne.KeyReturn)
	c.SetFiles(2)
	c.field.press(fyne.KeyReturn)
	c.SetFiles(0)
	c.field.press(fyne.KeyReturn)
	if n != 1 {
		t.Errorf("sent %d times, want once", n)
	}
}
