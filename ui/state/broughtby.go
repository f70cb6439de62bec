package state

import (
	"context"
	"slices"

	"github.com/snugchat/snug/net/client"
)

// readHost finds out by whose personal link this person came in, when the line that
// says so is held and it is not known yet.
func (r *reader) readHost(ctx context.Context) error {
	if !r.host.IsZero() || !slices.ContainsFunc(r.part.rows, func(m client.Message) bool { return m.Kind == client.LineCame && m.Own }) ||
		!slices.ContainsFunc(r.client.People(), func(p client.Person) bool { return p.Verified && p.Proof == client.ByInvite }) {
		return nil
	}
	var err error
	r.host, err = r.client.BroughtBy(ctx)
	return err
}

// broughtBy is the name of that person, as long as they are verified.
func (r *reader) broughtBy() string {
	if p, ok := r.client.Person(r.host); ok && p.Verified {
		return p.Name
	}
	return ""
}
