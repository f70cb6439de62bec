package host

import (
	"context"

	"github.com/snugchat/snug/storage/chat"
)

// Sweep takes away what nobody named for too long, as the host does every hour.
func (h *Host) Sweep(ctx context.Context) { h.files.sweep(ctx) }

// ForgetRates drops what is left of limits that are whole again, as the host does
// every ten seconds, and returns of how many devices it keeps them.
func (h *Host) ForgetRates() int {
	h.forgetRates(h.now())
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.rates)
}

// HoldRoom keeps rows of a room, and with them all that come after in the order,
// from being passed on until it is let go.
func (h *Host) HoldRoom(id chat.RoomID) (letGo func()) {
	r := h.rooms.get(id)
	r.mu.Lock()
	return r.mu.Unlock
}

// Waiting returns how many rows wait to be passed on, those that are being passed
// on not counted.
func (h *Host) Waiting() int {
	h.order.mu.Lock()
	defer h.order.mu.Unlock()
	return len(h.order.waiting)
}

// Trim removes old files, as the host does every hour and when its rules change.
func (h *Host) Trim(ctx context.Context) { h.files.trim(ctx) }
