package hosting

import (
	"log/slog"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// levels are what the log can be narrowed to, in the order of the switch.
var levels = [...]slog.Level{slog.LevelDebug, slog.LevelWarn, slog.LevelError}

// logTab shows the log as it grows: which lines, how many, and the lines.
type logTab struct {
	log    *state.LogLines
	object fyne.CanvasObject
	view   *logView
	count  *kit.Label
	follow *pick.Toggle
	empty  *fyne.Container
	said   string // what empty says
	invite func()
	all    func() // shows every line
}

// newLog makes the tab; invite shows where people are invited, which is what
// there is to do while nothing has happened yet.
func newLog(l *state.LogLines, invite func()) *logTab {
	t := &logTab{log: l, invite: invite, count: kit.NewLabel("")}
	t.count.TextSize, t.count.Color = theme.TextSmall, theme.SubText
	t.view = newLogView(l)
	which := pick.NewSegmented([]pick.Option{{Title: text.LogAll()}, {Title: text.LogWarnings()}, {Title: text.LogErrors()}}, 0, func(i int) { l.SetLevel(levels[i]) })
	filter := kit.NewSearch(text.LogFilter())
	filter.OnChanged = l.SetFilter
	t.follow = pick.NewToggle(text.LogFollow(), "", l.Follow(), l.SetFollow)
	t.view.onScroll = func(atEnd bool) {
		if atEnd != l.Follow() {
			l.SetFollow(atEnd)
		}
	}
	t.all = func() {
		which.SetChosen(0)
		filter.SetText("")
		l.SetLevel(levels[0])
		l.SetFilter("")
	}
	copied := kit.NewIconButton(icon.Copy, text.LogCopy(), func() { t.log.Copy() })
	top := kit.Column(10, which, kit.WideLine(6, 0, filter, copied))
	foot := kit.WideLine(10, 0, t.count, t.follow)
	t.empty = container.NewStack()
	clip := container.NewClip(t.view)
	clip.ExtendBaseWidget(clip) // without it a size that comes before the first draw is lost
	t.object = container.NewBorder(kit.Inset(top, 14, 16, 10, 16), kit.Column(0, kit.Rule(), kit.Inset(foot, 4, 16)), nil, nil, container.NewStack(clip, t.empty))
	l.OnChange(t.Update)
	return t
}

func (t *logTab) Object() fyne.CanvasObject { return t.object }

func (t *logTab) Update() {
	t.log.OnChange(t.Update)
	t.count.SetText(text.LogLines(t.log.Len()))
	t.follow.SetOn(t.log.Follow())
	switch {
	case t.log.Len() > 0:
		t.say("", nil)
	case t.log.Filtered():
		t.say(text.LogNoneMatch(), kit.NewButton(kit.Secondary, text.LogEvery(), t.all))
	default:
		t.say(text.LogNone(), kit.NewButton(kit.Primary, text.InviteMake(), t.invite).WithIcon(icon.Invite))
	}
	t.view.show()
}

// say puts a sentence and a button where no line is; no sentence takes them away.
func (t *logTab) say(sentence string, do *kit.Button) {
	if t.said == sentence {
		return
	}
	t.said = sentence
	t.empty.RemoveAll()
	if sentence != "" {
		t.empty.Add(kit.NewEmpty(icon.List, sentence, do))
	}
	t.empty.Refresh()
}
