// Package icon is the program's own set of line icons: drawn on a 24 by 24
// grid with strokes of 1.75 pixels at 20 units, round ends and no fills.
//
// It knows no widget and no screen; a colour is baked into the picture, so who
// shows one asks again after a theme switch (kit.Icon does).
//
// The shapes are ours (licence of the project); the visual language is in the
// design notes.
package icon

import (
	"fmt"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Name is one icon of the set.
type Name string

// The icons.
const (
	Attach    Name = "attach"
	Auto      Name = "auto" // follow the system: half light, half dark
	Back      Name = "back"
	Ban       Name = "ban"
	Bell      Name = "bell"
	Bulb      Name = "bulb"
	Chat      Name = "chat"
	Bookmark  Name = "bookmark"
	Calendar  Name = "calendar"
	Check     Name = "check"
	Checks    Name = "checks"
	Archive   Name = "archive"
	Forward   Name = "forward"
	Mute      Name = "mute"
	Seen      Name = "seen" // two checks, underlined
	Clock     Name = "clock"
	Close     Name = "close"
	Computer  Name = "computer"
	Copy      Name = "copy"
	Crown     Name = "crown"
	Down      Name = "down"
	Download  Name = "download"
	Edit      Name = "edit"
	Eye       Name = "eye"
	EyeOff    Name = "eye-off"
	File      Name = "file"
	Flag      Name = "flag"
	Folder    Name = "folder"
	Food      Name = "food"
	Ball      Name = "ball"
	Heart     Name = "heart"
	Hash      Name = "hash"
	Host      Name = "host"
	Info      Name = "info"
	Invite    Name = "invite"
	Join      Name = "join"
	Key       Name = "key"
	Leaf      Name = "leaf"
	Leave     Name = "leave"
	Link      Name = "link"
	List      Name = "list"
	Lock      Name = "lock"
	Megaphone Name = "megaphone"
	Menu      Name = "menu"
	Minus     Name = "minus"
	Moon      Name = "moon"
	More      Name = "more"
	Next      Name = "next"
	Offline   Name = "offline"
	Pause     Name = "pause"
	People    Name = "people"
	Person    Name = "person"
	Plane     Name = "plane"
	Play      Name = "play"
	Plus      Name = "plus"
	Picture   Name = "picture"
	Pin       Name = "pin"
	QR        Name = "qr"
	Refresh   Name = "refresh"
	Reply     Name = "reply"
	Search    Name = "search"
	Send      Name = "send"
	Settings  Name = "settings"
	Shield    Name = "shield"
	Smile     Name = "smile"
	Stop      Name = "stop"
	Sun       Name = "sun"
	Trash     Name = "trash"
	Up        Name = "up"
	Upload    Name = "upload"
	Warn      Name = "warn"
)

// Names lists the whole set.
func Names() []Name {
	return []Name{
		Archive, Forward, Mute, Seen,
		Attach, Auto, Back, Ban, Bookmark, Calendar, Picture, Pin, Reply, Bell, Bulb, Chat, Check, Checks, Clock, Close, Computer, Copy, Crown, Down, Download, Edit, Eye, EyeOff, File, Flag,
		Folder, Food, Ball, Heart, Hash, Host, Info, Invite, Join, Key, Leaf, Leave, Link, List, Lock, Megaphone, Menu, Minus, Moon, More,
		Next, Offline, Pause, People, Person, Plane, Play, Plus, QR, Refresh, Search, Send, Settings, Shield, Smile, Stop, Sun, Trash, Up,
		Upload, Warn,
	}
}

func paths(n Name) string {
	switch n {
	case Attach:
		return `<path d="M20.5 11.5 L12 20 A5.7 5.7 0 0 1 4 12 L12.6 3.4 A3.8 3.8 0 0 1 18 8.8 L9.6 17.2 A1.9 1.9 0 0 1 6.9 14.5 L14.6 6.8"/>`
	case Auto:
		return `<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5 L12 20.5"/><path d="M12 7 L18 7"/><path d="M12 11 L20.3 11"/><path d="M12 15 L19.8 15"/><path d="M12 19 L16 19"/>`
	case Back:
		return `<path d="M14.5 5 L7.5 12 L14.5 19"/>`
	case Ban:
		return `<circle cx="12" cy="12" r="8.5"/><path d="M6 6 L18 18"/>`
	case Bell:
		return `<path d="M6 16.5 C7.2 15 7 13 7 10.5 A5 5 0 0 1 17 10.5 C17 13 16.8 15 18 16.5 Z"/><path d="M10 19.5 C10.6 20.6 13.4 20.6 14 19.5"/>`
	case Bookmark:
		return `<path d="M6.5 4 L17.5 4 L17.5 20.5 L12 16 L6.5 20.5 Z"/>`
	case Calendar:
		return `<rect x="4" y="5.5" width="16" height="15" rx="2.5"/><path d="M4 10.5 L20 10.5"/><path d="M8.5 3 L8.5 7"/><path d="M15.5 3 L15.5 7"/>`
	case Picture:
		return `<rect x="3.5" y="4.5" width="17" height="15" rx="2.5"/><circle cx="8.8" cy="9.6" r="1.6"/><path d="M4 17 L9.5 12.5 L13 15.5 L16.5 12 L20.5 16"/>`
	case Pin:
		return `<path d="M9 3.5 L15 3.5 L14.3 10 L17.5 14 L6.5 14 L9.7 10 Z"/><path d="M12 14 L12 20.5"/>`
	case Reply:
		return `<path d="M9.5 5.5 L4 11 L9.5 16.5"/><path d="M4.5 11 L13 11 C17.5 11 20 13.5 20 18.5"/>`
	case Bulb:
		return `<path d="M9 17 C9 15 6 13.5 6 9.5 A6 6 0 0 1 18 9.5 C18 13.5 15 15 15 17 Z"/><path d="M10 20.5 L14 20.5"/>`
	case Chat:
		return `<path d="M4 6.5 A2.5 2.5 0 0 1 6.5 4 L17.5 4 A2.5 2.5 0 0 1 20 6.5 L20 13.5 A2.5 2.5 0 0 1 17.5 16 L10 16 L5.5 20 L5.5 16 A2.2 2.2 0 0 1 4 13.5 Z"/>`
	case Check:
		return `<path d="M5 12.8 L9.8 17.5 L19 7"/>`
	case Checks:
		return `<path d="M2 12.8 L6.5 17.5 L15 7"/><path d="M11.5 16.5 L12.5 17.5 L22 7"/>`
	case Archive:
		return `<rect x="3.5" y="4.5" width="17" height="4.5" rx="1.5"/><path d="M5 9 L5 18 A2 2 0 0 0 7 20 L17 20 A2 2 0 0 0 19 18 L19 9"/><path d="M9.5 13 L14.5 13"/>`
	case Forward:
		return `<path d="M14.5 5.5 L20 11 L14.5 16.5"/><path d="M19.5 11 L11 11 C6.5 11 4 13.5 4 18.5"/>`
	case Mute:
		return `<path d="M6 16.5 C7.2 15 7 13 7 10.5 A5 5 0 0 1 17 10.5 C17 13 16.8 15 18 16.5 Z"/><path d="M10 19.5 C10.6 20.6 13.4 20.6 14 19.5"/><path d="M4 3.5 L20 20.5"/>`
	case Seen:
		return `<path d="M2 10.3 L6.5 15 L15 4.5"/><path d="M11.5 14 L12.5 15 L22 4.5"/><path d="M4 20 L20 20"/>`
	case Clock:
		return `<circle cx="12" cy="12" r="8.5"/><path d="M12 7 L12 12 L15.5 14"/>`
	case Close:
		return `<path d="M6 6 L18 18"/><path d="M18 6 L6 18"/>`
	case Computer:
		return `<rect x="4.5" y="4.5" width="15" height="11" rx="2"/><path d="M2.5 19.5 L21.5 19.5"/>`
	case Copy:
		return `<rect x="8.5" y="8.5" width="12" height="12" rx="2.5"/><path d="M5.5 15.5 A2 2 0 0 1 3.5 13.5 L3.5 6 A2.5 2.5 0 0 1 6 3.5 L13.5 3.5 A2 2 0 0 1 15.5 5.5"/>`
	case Crown:
		return `<path d="M4.5 17.5 L3.5 7.5 L8.5 11.5 L12 5.5 L15.5 11.5 L20.5 7.5 L19.5 17.5 Z"/>`
	case Down:
		return `<path d="M5.5 9 L12 15.5 L18.5 9"/>`
	case Download:
		return `<path d="M12 3.5 L12 15"/><path d="M7 10.5 L12 15.5 L17 10.5"/><path d="M4.5 20 L19.5 20"/>`
	case Edit:
		return `<path d="M16 4.2 L19.8 8 L8.3 19.5 L3.8 20.2 L4.5 15.7 Z"/><path d="M13.3 7 L17 10.7"/>`
	case Eye:
		return `<path d="M2.5 12 C5 7.5 8.3 5.5 12 5.5 C15.7 5.5 19 7.5 21.5 12 C19 16.5 15.7 18.5 12 18.5 C8.3 18.5 5 16.5 2.5 12 Z"/><circle cx="12" cy="12" r="3"/>`
	case EyeOff:
		return `<path d="M2.5 12 C5 7.5 8.3 5.5 12 5.5 C15.7 5.5 19 7.5 21.5 12 C19 16.5 15.7 18.5 12 18.5 C8.3 18.5 5 16.5 2.5 12 Z"/><path d="M4 20 L20 4"/>`
	case File:
		return `<path d="M13.5 3 L7 3 A2 2 0 0 0 5 5 L5 19 A2 2 0 0 0 7 21 L17 21 A2 2 0 0 0 19 19 L19 8.5 Z"/><path d="M13.5 3 L13.5 8.5 L19 8.5"/>`
	case Flag:
		return `<path d="M5.5 21 L5.5 3.5"/><path d="M5.5 4.5 C9 2.5 12 6.5 18.5 4.5 L18.5 13.5 C12 15.5 9 11.5 5.5 13.5"/>`
	case Folder:
		return `<path d="M3.5 7 A2 2 0 0 1 5.5 5 L9.5 5 L11.8 7.5 L18.5 7.5 A2 2 0 0 1 20.5 9.5 L20.5 17 A2 2 0 0 1 18.5 19 L5.5 19 A2 2 0 0 1 3.5 17 Z"/>`
	case Food:
		return `<path d="M12 7.5 C9 5 4.5 7 5 12.5 C5.4 17 8.5 20.5 10 20.5 C11 20.5 11.3 20 12 20 C12.7 20 13 20.5 14 20.5 C15.5 20.5 18.6 17 19 12.5 C19.5 7 15 5 12 7.5 Z"/><path d="M12 7.5 C12 5.5 13 4 14.5 3.2"/>`
	case Ball:
		return `<circle cx="12" cy="12" r="8.5"/><path d="M5.5 6.5 C9 9.5 9 14.5 5.5 17.5"/><path d="M18.5 6.5 C15 9.5 15 14.5 18.5 17.5"/>`
	case Heart:
		return `<path d="M12 20 C6 15.5 3.5 12.5 3.5 9 A4.5 4.5 0 0 1 12 7 A4.5 4.5 0 0 1 20.5 9 C20.5 12.5 18 15.5 12 20 Z"/>`
	case Hash:
		return `<path d="M9.5 4 L7.5 20"/><path d="M16.5 4 L14.5 20"/><path d="M4.5 9 L20 9"/><path d="M4 15 L19.5 15"/>`
	case Host:
		return `<path d="M3.5 11.5 L12 4 L20.5 11.5"/><path d="M5.8 9.8 L5.8 20 L18.2 20 L18.2 9.8"/><path d="M10 20 L10 14.5 L14 14.5 L14 20"/>`
	case Info:
		return `<circle cx="12" cy="12" r="8.5"/><path d="M12 11.3 L12 16"/><path d="M12 8 L12 8.1"/>`
	case Invite:
		return `<circle cx="9.5" cy="8" r="3.8"/><path d="M2.8 20 C3.2 15.8 5.8 14.2 9.5 14.2 C13.2 14.2 15.8 15.8 16.2 20"/><path d="M18.5 8 L18.5 14"/><path d="M15.5 11 L21.5 11"/>`
	case Join:
		return `<path d="M13 4 L18 4 A2 2 0 0 1 20 6 L20 18 A2 2 0 0 1 18 20 L13 20"/><path d="M3.5 12 L14.5 12"/><path d="M10 7.5 L14.5 12 L10 16.5"/>`
	case Key:
		return `<circle cx="8" cy="15.5" r="4.5"/><path d="M11.3 12.2 L20 3.5"/><path d="M15.5 8 L18.5 11"/>`
	case Leaf:
		return `<path d="M5 19 C3.5 11 8 4.5 20 4 C20.5 15 14.5 20 7.5 17.5"/><path d="M4 21 C6 16 9.5 12.5 14 10.5"/>`
	case Leave:
		return `<path d="M11 4 L6 4 A2 2 0 0 0 4 6 L4 18 A2 2 0 0 0 6 20 L11 20"/><path d="M9.5 12 L20.5 12"/><path d="M16 7.5 L20.5 12 L16 16.5"/>`
	case Link:
		return `<path d="M10 13.8 A4.2 4.2 0 0 0 16 14 L19.3 10.7 A4.2 4.2 0 0 0 13.3 4.7 L11.8 6.2"/><path d="M14 10.2 A4.2 4.2 0 0 0 8 10 L4.7 13.3 A4.2 4.2 0 0 0 10.7 19.3 L12.2 17.8"/>`
	case List:
		return `<path d="M9 6 L20 6"/><path d="M9 12 L20 12"/><path d="M9 18 L20 18"/><path d="M4.5 6 L4.6 6"/><path d="M4.5 12 L4.6 12"/><path d="M4.5 18 L4.6 18"/>`
	case Lock:
		return `<rect x="4.5" y="10.5" width="15" height="10" rx="2.5"/><path d="M8 10.5 L8 7.5 A4 4 0 0 1 16 7.5 L16 10.5"/>`
	case Megaphone:
		return `<path d="M4 9.5 L8 9.5 L17.5 5 L17.5 18 L8 14.5 L4 14.5 Z"/><path d="M8.5 14.8 L9.8 19.5 L12.3 19.5 L11.3 15.8"/><path d="M20.5 10 L20.5 13.5"/>`
	case Menu:
		return `<path d="M4 6.5 L20 6.5"/><path d="M4 12 L20 12"/><path d="M4 17.5 L20 17.5"/>`
	case Minus:
		return `<path d="M5 12 L19 12"/>`
	case Moon:
		return `<path d="M20 14.2 A8.5 8.5 0 1 1 9.8 4 A7 7 0 0 0 20 14.2 Z"/>`
	case More:
		return `<circle cx="12" cy="5.5" r="0.8"/><circle cx="12" cy="12" r="0.8"/><circle cx="12" cy="18.5" r="0.8"/>`
	case Next:
		return `<path d="M9.5 5 L16.5 12 L9.5 19"/>`
	case Offline:
		return `<path d="M2.8 9.2 C8 4.4 16 4.4 21.2 9.2"/><path d="M6.2 13 C9.4 10 14.6 10 17.8 13"/><path d="M9.5 16.6 C11 15.4 13 15.4 14.5 16.6"/><path d="M12 19.6 L12 19.7"/><path d="M4.5 20.5 L19.5 3.5"/>`
	case Pause:
		return `<path d="M8.5 5.5 L8.5 18.5"/><path d="M15.5 5.5 L15.5 18.5"/>`
	case People:
		return `<circle cx="9" cy="8.2" r="3.6"/><path d="M2.8 19.5 C3.2 15.6 5.5 14 9 14 C12.5 14 14.8 15.6 15.2 19.5"/><path d="M15.8 4.9 A3.6 3.6 0 0 1 15.8 11.5"/><path d="M17.8 14.4 C20 15.2 21 16.8 21.2 19.5"/>`
	case Person:
		return `<circle cx="12" cy="8" r="4"/><path d="M4.8 20 C5.2 15.9 8 14.3 12 14.3 C16 14.3 18.8 15.9 19.2 20"/>`
	case Plane:
		return `<path d="M3.5 12.5 L20.5 4 L16.5 20 L11.5 14.5 Z"/><path d="M20.5 4 L11.5 14.5"/>`
	case Play:
		return `<path d="M7.5 5 L18.5 12 L7.5 19 Z"/>`
	case Plus:
		return `<path d="M12 5 L12 19"/><path d="M5 12 L19 12"/>`
	case QR:
		return `<rect x="4" y="4" width="6" height="6" rx="1"/><rect x="14" y="4" width="6" height="6" rx="1"/><rect x="4" y="14" width="6" height="6" rx="1"/><path d="M14 14 L14 16.5"/><path d="M17.5 14 L20 14"/><path d="M20 17.5 L20 20 L17 20"/><path d="M14 20 L14 19.8"/>`
	case Refresh:
		return `<path d="M19.5 12 A7.5 7.5 0 1 1 17 6.4"/><path d="M17.5 2.8 L17.5 7 L13.3 7"/>`
	case Search:
		return `<circle cx="10.8" cy="10.8" r="6.8"/><path d="M20.5 20.5 L15.8 15.8"/>`
	case Send:
		return `<path d="M12 19.5 L12 5"/><path d="M5.5 11 L12 4.5 L18.5 11"/>`
	case Settings:
		return `<path d="M4 7.5 L13 7.5"/><path d="M18.5 7.5 L20 7.5"/><circle cx="15.8" cy="7.5" r="2.6"/><path d="M4 16.5 L5.5 16.5"/><path d="M11 16.5 L20 16.5"/><circle cx="8.2" cy="16.5" r="2.6"/>`
	case Shield:
		return `<path d="M12 3.3 L19.5 6 C19.7 12.5 17.3 17.8 12 20.7 C6.7 17.8 4.3 12.5 4.5 6 Z"/><path d="M8.8 12 L11.2 14.4 L15.4 9.6"/>`
	case Smile:
		return `<circle cx="12" cy="12" r="8.8"/><path d="M8 14 C9 15.8 10.4 16.7 12 16.7 C13.6 16.7 15 15.8 16 14"/><path d="M9 9.2 L9 9.6"/><path d="M15 9.2 L15 9.6"/>`
	case Stop:
		return `<rect x="6" y="6" width="12" height="12" rx="2"/>`
	case Sun:
		return `<circle cx="12" cy="12" r="4"/><path d="M12 2.8 L12 4.6"/><path d="M12 19.4 L12 21.2"/><path d="M2.8 12 L4.6 12"/><path d="M19.4 12 L21.2 12"/><path d="M5.5 5.5 L6.8 6.8"/><path d="M17.2 17.2 L18.5 18.5"/><path d="M5.5 18.5 L6.8 17.2"/><path d="M17.2 6.8 L18.5 5.5"/>`
	case Trash:
		return `<path d="M4.5 6.5 L19.5 6.5"/><path d="M9 6.5 L9.5 3.5 L14.5 3.5 L15 6.5"/><path d="M6.3 6.5 L7.2 20.5 L16.8 20.5 L17.7 6.5"/>`
	case Up:
		return `<path d="M5.5 15.5 L12 9 L18.5 15.5"/>`
	case Upload:
		return `<path d="M12 16 L12 4.5"/><path d="M7 9 L12 4 L17 9"/><path d="M4.5 20 L19.5 20"/>`
	case Warn:
		return `<path d="M12 4 L21 19.5 L3 19.5 Z"/><path d="M12 10 L12 14"/><path d="M12 16.7 L12 16.8"/>`
	}
	return ""
}

// stroke is the width of lines, in pixels, of an icon of a side in Fyne units.
// Fyne's renderer of pictures scales shapes and not the width of their lines.
// Small icons get relatively bolder lines, large ones finer.
func stroke(side float32) float64 {
	scale := float32(1)
	if app := fyne.CurrentApp(); app != nil {
		for _, w := range app.Driver().AllWindows() {
			scale = max(scale, w.Canvas().Scale())
		}
	}
	return 1.75 * math.Pow(float64(side)/20, 0.6) * float64(scale)
}

// Resource is the icon as a picture in one colour, for a side in Fyne units.
// Fyne keeps rendered pictures by the resource's name, which therefore holds
// all that it depends on.
func Resource(n Name, c color.NRGBA, side float32) fyne.Resource {
	w := stroke(side)
	name := fmt.Sprintf("icon-%s-%02x%02x%02x-%.1f.svg", n, c.R, c.G, c.B, w)
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">`+
		`<g fill="none" stroke="#%02x%02x%02x" stroke-width="%.1f" stroke-linecap="round" stroke-linejoin="round">%s</g></svg>`, c.R, c.G, c.B, w, paths(n))
	return fyne.NewStaticResource(name, []byte(svg))
}

// Image is the icon as a canvas object of the given size in Fyne units.
func Image(n Name, c color.NRGBA, size float32) *canvas.Image {
	i := canvas.NewImageFromResource(Resource(n, c, size))
	i.FillMode = canvas.ImageFillContain
	i.SetMinSize(fyne.NewSquareSize(size))
	i.Resize(fyne.NewSquareSize(size))
	return i
}
