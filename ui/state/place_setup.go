package state

import "github.com/snugchat/snug/net/setup"

// NewPlace shows the place of a member, whose client was started, or of an archive.
func NewPlace(m *setup.Member, d Desktop) *Place { return newPlace(m.Client, d) }
