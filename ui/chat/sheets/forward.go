package sheets

import (
	"strings"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/kit/layer"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// maxTargets is how many rooms and people are shown at once; more are found by
// name.
const maxTargets = 60

// Forward asks where messages are to go.
func (v *Sheets) Forward(ids []string) {
	c := v.Canvas()
	if c == nil || len(ids) == 0 {
		return
	}
	t := v.talk()
	all := v.Place.Targets()
	find := kit.NewSearch(text.ForwardFind())
	list := kit.Column(2)
	var sheet *layer.Layer
	choose := func(x state.Target) {
		sheet.Dismiss()
		t.Forward(ids, x)
	}
	var first *state.Target
	var fill func()
	fill = func() {
		list.RemoveAll()
		first = nil
		wanted := strings.ToLower(strings.TrimSpace(find.Text()))
		n := 0
		for _, x := range all {
			if !strings.Contains(strings.ToLower(x.Name), wanted) {
				continue
			}
			if n++; n > maxTargets {
				break
			}
			if first == nil {
				first = &x
			}
			list.Add(kit.NewRow(kit.RowData{Title: x.Name, Line: x.Line, ID: x.ID, Online: x.Here}, func() { choose(x) }, nil))
		}
		if n == 0 {
			list.Add(kit.NewEmpty(icon.Search, text.ForwardNone(), kit.NewButton(kit.Secondary, text.SearchClear(), func() {
				find.SetText("")
				fill()
				sheet.Focus(find.Entry())
			})))
		}
		list.Refresh()
	}
	find.OnChanged = func(string) { fill() }
	find.OnSubmit = func(s string) {
		if first != nil && strings.TrimSpace(s) != "" {
			choose(*first)
		}
	}
	fill()
	_, scroll := scrolled(c, list, nil)
	cancel := kit.NewButton(kit.Secondary, text.WordCancel(), func() { sheet.Dismiss() })
	sheet = layer.Sheet(c, text.ForwardTitle(len(ids)), kit.Column(8, find, scroll), cancel)
	sheet.Focus(find.Entry())
}
