package hosting

import (
	"slices"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/kit/press"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
	"github.com/snugchat/snug/ui/theme"
)

// settingsTab changes what the owner decides about the place.
type settingsTab struct {
	host   *state.Hosting
	object fyne.CanvasObject
	fault  *page.Fault
	name   *kit.Field
	who    *pick.Choices
	limit  *pick.Tabs
	total  *pick.Tabs
	keep   *pick.Tabs
	limits []int64
	totals []int64
	keeps  []int64
	was    state.Settings // when the fields were filled
}

func newSettings(a *state.App, h *state.Hosting) *settingsTab {
	now := h.Settings()
	t := &settingsTab{
		host: h, fault: page.NewFault(),
		limits: with(state.Limits(), now.MaxFile), totals: with(state.Totals(), now.Files.Total), keeps: with(state.Keeps(), now.Files.Keep),
	}
	var modes []pick.Option
	for _, m := range state.Modes() {
		modes = append(modes, pick.Option{Title: state.ModeWords(m)})
	}
	t.name = kit.NewField(text.HostName(), "")
	t.who = pick.NewChoices(modes, 0, nil)
	t.limit = segmented(t.limits, text.Limit)
	t.total = segmented(t.totals, state.TotalWords)
	t.keep = segmented(t.keeps, state.KeepWords)
	t.fill()
	var save *kit.Button
	save = kit.NewButton(kit.Primary, text.WordSave(), func() { t.save(press.Canvas(save)) })
	t.name.OnSubmit = func(string) { t.save(press.Canvas(save)) }

	reach := kit.Column(6)
	for _, address := range h.Addresses() {
		line := kit.NewParagraph(address)
		reach.Add(kit.WideLine(8, 1, kit.NewIcon(icon.Link, theme.IconSmall), line))
	}
	if note := h.PortNote(); note != "" {
		reach.Add(kit.NewHint(note))
	}
	finger := kit.NewHint(h.Fingerprint())
	var stop *kit.Button
	stop = kit.NewButton(kit.Danger, text.HostStop(), func() { askStop(a, h, press.Canvas(stop)) })
	t.object = scrolled(kit.Column(18,
		t.name,
		kit.Column(8, page.Section(text.SettingsJoining()), t.who),
		kit.Column(8, page.Section(text.SettingsLimit()), t.limit),
		kit.Column(8, page.Section(text.SettingsTotal()), t.total),
		kit.Column(8, page.Section(text.SettingsKeep()), t.keep, kit.NewHint(text.SettingsFilesLine())),
		save, t.fault,
		kit.Rule(),
		kit.Column(8, page.Section(text.SettingsAddresses()), reach),
		kit.Column(6, page.Section(text.SettingsFingerprint()), kit.NewHint(text.SettingsFingerprintLine()), finger),
		kit.Rule(),
		stop,
	))
	return t
}

// with is a list of choices, with one that was chosen by `snug admin`.
func with(list []int64, chosen int64) []int64 {
	if slices.Contains(list, chosen) {
		return list
	}
	return append(list, chosen)
}

func segmented(list []int64, words func(int64) string) *pick.Tabs {
	options := make([]pick.Option, len(list))
	for i, n := range list {
		options[i].Title = words(n)
	}
	return pick.NewSegmented(options, 0, nil)
}

// fill puts what the place has into the fields.
func (t *settingsTab) fill() {
	t.was = t.host.Settings()
	t.name.SetText(t.was.Name)
	t.who.SetChosen(max(0, slices.Index(state.Modes(), t.was.Mode)))
	t.limit.SetChosen(max(0, slices.Index(t.limits, t.was.MaxFile)))
	t.total.SetChosen(max(0, slices.Index(t.totals, t.was.Files.Total)))
	t.keep.SetChosen(max(0, slices.Index(t.keeps, t.was.Files.Keep)))
}

func (t *settingsTab) save(c fyne.Canvas) {
	to := state.Settings{Name: t.name.Text(), Mode: state.Modes()[t.who.Chosen()], MaxFile: t.limits[t.limit.Chosen()]}
	to.Files = chat.FileRules{Total: t.totals[t.total.Chosen()], Keep: t.keeps[t.keep.Chosen()]}
	t.name.SetFault(t.host.Save(to, func(count int, size string, do func()) { askOld(c, count, size, do) }))
}

// askOld asks before files are removed.
func askOld(c fyne.Canvas, count int, size string, do func()) {
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	remove := kit.NewButton(kit.Danger, text.SettingsOldDo(), func() {
		sheet.Dismiss()
		do()
	})
	sheet = layer.Sheet(c, text.SettingsOldTitle(count), kit.NewParagraph(text.SettingsOldLine(size)), cancel, remove)
}

// fits reports whether the page has a choice for all that the place has: another
// may have come by the command line.
func (t *settingsTab) fits() bool {
	now := t.host.Settings()
	return slices.Contains(t.limits, now.MaxFile) && slices.Contains(t.totals, now.Files.Total) && slices.Contains(t.keeps, now.Files.Keep)
}

func (t *settingsTab) Object() fyne.CanvasObject { return t.object }

func (t *settingsTab) Update() {
	t.fault.Set(t.host.Fault())
	if t.host.Settings() != t.was {
		t.fill() // changed by this form, by another admin, or by the command line
	}
}

func askStop(a *state.App, h *state.Hosting, c fyne.Canvas) {
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	stop := kit.NewButton(kit.Danger, text.HostStop(), func() {
		sheet.Dismiss()
		a.StopHosting()
	})
	sheet = layer.Sheet(c, text.HostStopAsk(h.Name()), kit.NewParagraph(text.HostStopLine()), cancel, stop)
}
