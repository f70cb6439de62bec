package host

import "context"

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
