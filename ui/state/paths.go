package state

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// pathOf reads a full path or a file:// address (RFC 8089) of this computer.
func pathOf(s string) (string, bool) {
	s = strings.Trim(s, `"'`)
	if strings.HasPrefix(s, "file://") {
		u, err := url.Parse(s)
		if err != nil || u.Host != "" && u.Host != "localhost" {
			return "", false
		}
		s = u.Path
		if runtime.GOOS == "windows" {
			s = filepath.FromSlash(strings.TrimPrefix(s, "/"))
		}
	}
	return s, filepath.IsAbs(s)
}

// isProgram reports whether opening a file may run something: by its name, for
// every system at once, since what was sent from one may be opened on another.
func isProgram(name string) bool {
	ext := strings.ToLower(strings.TrimRight(filepath.Ext(strings.TrimRight(name, ". ")), " "))
	switch ext {
	case ".exe", ".com", ".bat", ".cmd", ".scr", ".pif", ".msi", ".msp", ".msix", ".appx", ".cpl", ".hta", ".lnk", ".url", ".reg", ".inf", ".scf",
		".vb", ".vbs", ".vbe", ".js", ".jse", ".mjs", ".ws", ".wsf", ".wsh", ".ps1", ".psm1", ".msc", ".jar", ".dll", ".chm", ".iso", ".img", ".vhd",
		".docm", ".dotm", ".xlsm", ".xltm", ".pptm",
		".sh", ".bash", ".zsh", ".csh", ".fish", ".run", ".bin", ".out", ".elf", ".appimage", ".desktop", ".deb", ".rpm", ".flatpak", ".flatpakref", ".snap",
		".py", ".pyw", ".pyz", ".pl", ".rb", ".php", ".lua", ".tcl",
		".app", ".command", ".tool", ".workflow", ".pkg", ".mpkg", ".dmg", ".scpt", ".action", ".terminal",
		".apk", ".xpi", ".crx", ".gadget":
		return true
	}
	return false
}
