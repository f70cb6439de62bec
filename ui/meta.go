package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
)

// Metadata reads name, id, version and build from the text of FyneApp.toml, so
// that this file is their one source for every way of building the program; a
// plain go build would have none. A line that is missing leaves its field empty.
func Metadata(toml string, icon []byte) fyne.AppMetadata {
	value := make(map[string]string)
	table := ""
	for line := range strings.Lines(toml) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			table = strings.TrimSuffix(name, "]")
			continue
		}
		key, v, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		value[table+"."+strings.TrimSpace(key)] = strings.Trim(strings.TrimSpace(v), `"`)
	}
	build, err := strconv.Atoi(value["Details.Build"])
	if err != nil {
		build = 0
	}
	return fyne.AppMetadata{
		ID: value["Details.ID"], Name: value["Details.Name"], Version: value["Details.Version"], Build: build,
		Icon:       fyne.NewStaticResource("Icon.png", icon),
		Migrations: map[string]bool{"fyneDo": value["Migrations.fyneDo"] == "true"},
	}
}
