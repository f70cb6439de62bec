package hosting

import (
	"slices"

	"fyne.io/fyne/v2"

	"github.com/snugchat/snug/ui/kit"
	"github.com/snugchat/snug/ui/kit/draw"
	"github.com/snugchat/snug/ui/kit/icon"
	"github.com/snugchat/snug/ui/state"
	"github.com/snugchat/snug/ui/text"
)

// filesTab lists what the host received in the Lobby.
type filesTab struct {
	host   *state.Hosting
	object fyne.CanvasObject
	head   *fyne.Container // over the list
	rows   *fyne.Container
	shown  []state.Received
}

func newFiles(h *state.Hosting) *filesTab {
	t := &filesTab{host: h, rows: kit.Column(2)}
	open := kit.NewButton(kit.Secondary, text.FileFolderReceived(), h.OpenReceived).WithIcon(icon.Folder)
	again := kit.NewIconButton(icon.Refresh, text.WordRefresh(), h.ReadFiles)
	t.head = kit.WideLine(8, 0, open, again)
	t.object = scrolled(kit.Column(14, t.head, kit.NewHint(text.ChatReadKeep()), kit.Out(t.rows)))
	return t
}

func (t *filesTab) Object() fyne.CanvasObject { return t.object }

func (t *filesTab) Update() {
	files := t.host.Files()
	if t.shown != nil && slices.Equal(files, t.shown) {
		return
	}
	t.shown = append([]state.Received{}, files...)
	t.rows.RemoveAll()
	if len(files) == 0 {
		t.rows.Add(kit.Gap(0, 30))
		t.rows.Add(kit.NewEmpty(icon.Folder, text.FileListNone(), kit.NewButton(kit.Secondary, text.FileFolderReceived(), t.host.OpenReceived).WithIcon(icon.Folder)))
	}
	draw.Show(t.head, len(files) > 0)
	for _, f := range files {
		d := kit.RowData{Title: f.Name, Line: t.host.FileLine(f), Icon: icon.File, File: true}
		if f.Picture {
			d.Icon = icon.Picture
		}
		t.rows.Add(kit.NewRow(d, t.host.OpenReceived, nil))
	}
	t.head.Refresh()
	t.rows.Refresh()
}
