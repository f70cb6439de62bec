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
	limits []int64
	was    saved
}

// saved is what the place had when the fields were filled.
type saved struct {
	name string
	mode chat.JoinMode
	max  int64
}

func newSettings(a *state.App, h *state.Hosting) *settingsTab {
	t := &settingsTab{host: h, fault: page.NewFault(), limits: slices.Clone(state.Limits())}
	info := h.Entered().Info()
	if !slices.Contains(t.limits, info.MaxFile) {
		t.limits = append(t.limits, info.MaxFile) // chosen by `snug admin`
		slices.Sort(t.limits)
	}
	var modes, limits []pick.Option
	for _, m := range state.Modes() {
		modes = append(modes, pick.Option{Title: state.ModeWords(m)})
	}
	for _, l := range t.limits {
		limits = append(limits, pick.Option{Title: text.Limit(l)})
	}
	t.name = kit.NewField(text.HostName(), "")
	t.who = pick.NewChoices(modes, 0, nil)
	t.limit = pick.NewSegmented(limits, 0, nil)
	t.fill()
	save := kit.NewButton(kit.Primary, text.WordSave(), t.save)
	t.name.OnSubmit = func(string) { t.save() }

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
		save, t.fault,
		kit.Rule(),
		kit.Column(8, page.Section(text.SettingsAddresses()), reach),
		kit.Column(6, page.Section(text.SettingsFingerprint()), kit.NewHint(text.SettingsFingerprintLine()), finger),
		kit.Rule(),
		stop,
	))
	return t
}

// fill puts what the place has into the fields.
func (t *settingsTab) fill() {
	info := t.host.Entered().Info()
	t.was = saved{info.Name, info.Mode, info.MaxFile}
	t.name.SetText(info.Name)
	t.who.SetChosen(max(0, slices.Index(state.Modes(), info.Mode)))
	t.limit.SetChosen(max(0, slices.Index(t.limits, info.MaxFile)))
}

func (t *settingsTab) save() {
	t.name.SetFault(t.host.Save(t.name.Text(), state.Modes()[t.who.Chosen()], t.limits[t.limit.Chosen()]))
}

func (t *settingsTab) Object() fyne.CanvasObject { return t.object }

func (t *settingsTab) Update() {
	t.fault.Set(t.host.Fault())
	info := t.host.Entered().Info()
	if now := (saved{info.Name, info.Mode, info.MaxFile}); now != t.was && slices.Contains(t.limits, info.MaxFile) {
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
