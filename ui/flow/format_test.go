package flow

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"github.com/snugchat/snug/ui/markup"
)

func TestFormattedBlocks(t *testing.T) {
	test.NewTempApp(t)
	st := Style{Size: 14, Line: 20}
	b := LayoutRich(markup.Format("before\n```\none\ntwo\n```\n> quoted\n- an item that is long enough to be broken into lines", nil), st, 200)
	codes := b.Codes()
	if len(codes) != 1 || codes[0].Text != "one\ntwo" {
		t.Fatalf("code: got %+v", codes)
	}
	if codes[0].Y < 20 || codes[0].H < 40 || codes[0].W < 60 {
		t.Errorf("code stands at %+v", codes[0].Rect)
	}
	for i, l := range b.lines {
		if i > 0 && l.y < b.lines[i-1].y+st.Line {
			t.Errorf("line %d at %v covers the one before at %v", i, l.y, b.lines[i-1].y)
		}
		if at := b.Hit(1, l.y+1); at < l.from || at > l.to {
			t.Errorf("line %d: a click gives %d, want %d to %d", i, at, l.from, l.to)
		}
		if l.w+l.indent > 201 {
			t.Errorf("line %d is %v wide", i, l.w+l.indent)
		}
	}
	last := b.lines[len(b.lines)-1]
	if last.indent <= 0 {
		t.Error("the lines of an item do not hang")
	}
	s := LayoutRich(markup.Format("a ||secret|| b", nil), st, 400)
	if !s.HasSpoiler() {
		t.Fatal("no spoiler")
	}
	r := s.Rects(2, 8)[0]
	if s.SpoilerAt(r.X+2, 5) != 1 || s.SpoilerAt(1, 5) != 0 {
		t.Error("the spoiler is not where it is drawn")
	}
}
