package ui

import (
	"context"
	"time"
)

// motionTime is how long the desktop has to say whether things may move.
const motionTime = 3 * time.Second

// askMotion asks the desktop, once, whether the person wants as little motion as
// there can be.
func (w *window) askMotion() {
	calm := false
	w.app.Background(func(ctx context.Context) error {
		ctx, stop := context.WithTimeout(ctx, motionTime)
		defer stop()
		calm = wantsCalm(ctx)
		return nil
	}, func(error) {
		if calm {
			w.calm = true
			w.changed()
		}
	})
}
