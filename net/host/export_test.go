package host

import "context"

// Sweep takes away what nobody named for too long, as the host does every hour.
func (h *Host) Sweep(ctx context.Context) { h.files.sweep(ctx) }
