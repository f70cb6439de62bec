// Package timeline shows the messages of a room: a list of any length of which
// only what is seen is drawn, with selection across messages, the day that stays
// while one scrolls, and the line that says who is typing. One row is drawn by
// package bubble.
//
// It gets rows as plain data and reports what the person did; it knows neither
// rooms nor accounts nor what an action does. Sentences come from ui/text. All
// calls are made on Fyne's goroutine.
//
// Look and measurements follow the design notes on the desktop. widget.List is
// not used: it walks all rows for each scroll step once heights differ, and has
// no place to hold on to when rows above change.
package timeline

import "github.com/snugchat/snug/ui/timeline/bubble"

// Source holds the rows, oldest first. The view asks for rows while it lays out
// and keeps none; it must be told of changes.
type Source interface {
	Len() int
	Row(i int) bubble.Row
}
