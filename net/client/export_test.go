package client

import (
	"context"

	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
)

// PutBody puts any body into the outbox, as a client may that follows no rule.
func (c *Client) PutBody(ctx context.Context, room chat.RoomID, kind wire.BodyKind, body any) error {
	_, err := c.put(ctx, room, kind, body)
	return err
}
