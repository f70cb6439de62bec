// Package kit holds the widgets of the window that are not a screen: buttons,
// fields, rows, avatars, banners, progress, popovers and sheets.
//
// It knows theme, text and flow and nothing of the program: a widget shows what
// it was given and reports what the person did. No colour and no distance is
// written here as a number that the theme does not see.
//
// The look follows the visual language of the design notes. About theme
// switches: Fyne lays out and refreshes every widget of every window and
// overlay when the settings change, and each widget here reads its colours and
// sizes in Layout and Refresh. Who builds on them does nothing; a widget that
// is not in a window at that moment is up to date the next time it is shown.
// All calls are made on Fyne's goroutine (fyne.Do).
package kit
