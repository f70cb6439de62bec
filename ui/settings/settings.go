// Package settings shows what a person can choose about this program: the look,
// the size of the text, the password with which another computer of theirs
// can join, and what becomes of what is kept on this computer.
//
// It knows ui/state and decides nothing.
package settings

import (
	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/storage/prefs"
	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/kit/pick"
	"github.com/snugchat/snug/ui/page"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// themes are the looks in the order of the switch.
var themes = [...]prefs.Theme{prefs.System, prefs.Light, prefs.Dark}

// zooms are the text sizes that are offered, in per cent; Ctrl and plus reach
// those between.
var zooms = [...]int{80, 100, 125, 150, 200}

// downloads are up to which size files may be fetched without a question, in
// bytes (FEATURES F6).
var downloads = [...]int64{0, 10_000_000, 100_000_000}

// Show opens the settings over the window. quit ends the program.
func Show(c fyne.Canvas, a *state.App, quit func()) {
	p := a.Prefs()
	chosen := 0
	for i, t := range themes {
		if t == p.Theme {
			chosen = i
		}
	}
	look := pick.NewSegmented([]pick.Option{
		{Title: text.SettingsThemeSystem(), Icon: icon.Auto}, {Title: text.SettingsThemeLight(), Icon: icon.Sun}, {Title: text.SettingsThemeDark(), Icon: icon.Moon},
	}, chosen, func(i int) { a.SetTheme(themes[i]) })
	var sizes []pick.Option
	size := -1
	for i, z := range zooms {
		sizes = append(sizes, pick.Option{Title: text.SettingsZoomPercent(z)})
		if z == p.TextScale {
			size = i
		}
	}
	zoom := pick.NewSegmented(sizes, size, func(i int) { a.SetZoom(zooms[i]) })
	parts := []fyne.CanvasObject{
		kit.Column(6, page.Section(text.SettingsTheme()), look),
		kit.Column(6, page.Section(text.SettingsZoom()), zoom),
		pick.NewToggle(text.SettingsMotion(), text.SettingsMotionLine(), p.ReducedMotion, a.SetReducedMotion),
		pick.NewToggle(text.SettingsNotify(), text.SettingsNotifyLine(), p.Notify, a.SetNotify),
		pick.NewToggle(text.SettingsEnter(), text.SettingsEnterLine(), p.EnterLines, a.SetEnterLines),
		pick.NewToggle(text.SettingsTyping(), text.SettingsTypingLine(), p.ShowTyping, a.SetShowTyping),
		pick.NewToggle(text.SettingsSeen(), text.SettingsSeenLine(), p.ShowSeen, a.SetShowSeen),
	}
	var loads []pick.Option
	load := -1
	for i, n := range downloads {
		title := text.SettingsDownloadAsk()
		if n > 0 {
			title = text.SettingsDownloadUpTo(text.Size(n))
		}
		loads = append(loads, pick.Option{Title: title})
		if n == p.AutoDownload {
			load = i
		}
	}
	parts = append(parts, kit.Column(6, page.Section(text.SettingsDownload()), pick.NewSegmented(loads, load, func(i int) { a.SetAutoDownload(downloads[i]) })))
	var sheet *layer.Layer
	if e := a.Shown(); e != nil {
		label := text.SettingsPasswordChange()
		if !e.Me().HasPass {
			label = text.SettingsPasswordSet()
		}
		button := kit.NewButton(kit.Secondary, label, func() {
			sheet.Dismiss()
			askPassword(c, a, e)
		})
		button.SetEnabled(e.Online())
		mine := kit.NewButton(kit.Secondary, text.DevicesOpen(), func() {
			sheet.Dismiss()
			ShowDevices(c, a, e)
		})
		mine.SetEnabled(e.Online())
		parts = append(parts, kit.Rule(), kit.Column(6, page.Section(text.Devices()), kit.NewHint(text.DevicesLine()), mine))
		safe := kit.NewButton(kit.Secondary, text.KitTitle(), func() {
			sheet.Dismiss()
			ShowKit(c, a, e)
		})
		safe.SetEnabled(e.Online())
		parts = append(parts, kit.Rule(), kit.Column(6, page.Section(text.KitTitle()), kit.NewHint(text.KitLine()), safe))
		parts = append(parts, kit.Rule(), kit.Column(6, page.Section(text.SettingsPassword()), kit.NewHint(text.LoginPasswordWhy()), button))
		if blocked := blocked(e.Place); blocked != nil {
			parts = append(parts, kit.Rule(), blocked)
		}
	}
	parts = append(parts, kit.Rule(), data(c, a, func() { sheet.Dismiss() }, func() { sheet.Relayout() }, quit))
	parts = append(parts, kit.Rule(),
		pick.NewToggle(text.SettingsVersionCheck(), text.SettingsVersionCheckLine(), p.CheckVersion, a.SetCheckVersion), version(a))
	done := kit.NewButton(kit.Primary, text.WordDone(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.WordSettings(), kit.Column(16, parts...), done)
}

// blocked lists who was blocked in a place, with the way back; nil for nobody.
func blocked(p *state.Place) fyne.CanvasObject {
	all := p.Blocked()
	if len(all) == 0 {
		return nil
	}
	rows := kit.Column(2)
	for _, m := range all {
		row := kit.NewRow(kit.RowData{Title: m.Name, ID: m.ID}, nil, nil)
		back := kit.NewButton(kit.Secondary, text.PersonUnblock(), nil).Small()
		back.SetPress(func() {
			back.SetEnabled(false)
			p.Block(m.Account, false)
		})
		rows.Add(row.With(back))
	}
	return kit.Column(6, page.Section(text.SettingsBlocked()), kit.NewHint(text.SettingsBlockedLine()), kit.Out(rows))
}

// version says which version this is, and which is newer.
func version(a *state.App) fyne.CanvasObject {
	newer, managed := a.NewerVersion()
	if newer == "" {
		return kit.NewHint(text.SettingsVersion(a.Version()))
	}
	line := text.SettingsVersionNewer(newer, a.Version())
	if managed {
		line = text.SettingsVersionManaged(newer, a.Version())
	}
	return kit.Column(6, kit.NewHint(line), kit.NewButton(kit.Secondary, text.SettingsVersionOpen(), a.OpenReleases))
}

// askPassword sets or changes the password of the account in the place that is
// shown.
func askPassword(c fyne.Canvas, a *state.App, e *state.Entered) {
	old := kit.NewPassword(text.SettingsPasswordOld(), "")
	fresh := kit.NewPassword(text.SettingsPasswordNew(), "")
	words := kit.NewLabel("")
	suggest := kit.NewButton(kit.Plain, text.ProtectSuggest(), nil).Small()
	suggest.SetPress(func() {
		w := state.SuggestPassword()
		words.SetText(w)
		fresh.SetText(w)
		fresh.Focus()
	})
	fault, busy := page.NewFault(), page.NewBusy()
	var sheet *layer.Layer
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	var save *kit.Button
	submit := func() {
		if !save.Disabled() {
			wrong := a.SetPassword(e, old.Text(), fresh.Text(), func(s text.Sentence) {
				busy.Set("")
				save.SetEnabled(true)
				if s.What == "" {
					sheet.Dismiss()
					return
				}
				fault.Set(s)
				sheet.Relayout()
			})
			fresh.SetFault(wrong)
			if wrong == "" {
				save.SetEnabled(false)
				fault.Set(text.Sentence{})
				busy.Set(text.LoginWorking())
			}
			sheet.Relayout()
		}
	}
	save = kit.NewButton(kit.Primary, text.WordSave(), submit)
	old.OnSubmit = func(string) { fresh.Focus() }
	fresh.OnSubmit = func(string) { submit() }
	parts := []fyne.CanvasObject{fresh, kit.WideLine(10, 1, suggest, words), fault, busy}
	if e.Me().HasPass {
		parts = append([]fyne.CanvasObject{old}, parts...)
	}
	sheet = layer.Sheet(c, text.SettingsPassword(), kit.Column(12, parts...), cancel, save).Stay()
	if e.Me().HasPass {
		old.Focus()
	} else {
		fresh.Focus()
	}
}
