package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/snugchat/snug/crypto/group"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
)

const (
	// enoughPackages is below how many key packages new ones are made.
	enoughPackages = wire.MaxKeyPackages / 2
	// packagesAtOnce is how many go into one message: one has about 2.9 KiB.
	packagesAtOnce = 12
	// renewPackages is how old the key packages on the host may become: they are
	// good for 90 days.
	renewPackages = 30 * 24 * time.Hour
	// keptPackages is how many of them this device keeps the keys of: those that it made
	// in 90 days, and as many again for a place that is restored from backups. It bounds
	// what a host costs that says so at each connection.
	keptPackages = 8 * (wire.MaxKeyPackages + 1)
)

// stockPackages brings key packages to the host when there are few, or old ones.
func (s *session) stockPackages(ctx context.Context) error {
	k, c := s.keeper, s.c
	if s.stock == nil || s.stocking || !s.active || !k.ledgers[chat.Directory].live {
		return nil
	}
	d, err := k.groupDevice()
	if err != nil {
		return nil // it comes with the directory
	}
	dir, err := c.db.Room(ctx, chat.Directory)
	if err != nil {
		return err
	}
	// The directory has no keys of its own: there stands when all were renewed.
	old := c.now().Sub(timeOf(dir.Healed)) > renewPackages
	if !old && s.stock.LastResort && s.stock.Count >= enoughPackages {
		return nil
	}
	missing := wire.MaxKeyPackages
	if !old {
		missing -= int(min(s.stock.Count, wire.MaxKeyPackages))
	}
	lastResort := old || !s.stock.LastResort
	s.stock, s.stocking = nil, true
	tx := c.db.GroupTx(ctx)
	var packages [][]byte
	for range missing {
		p, err := d.NewKeyPackage(tx, false)
		if err != nil {
			return fmt.Errorf("make key package: %w", err)
		}
		packages = append(packages, p)
	}
	var last []byte
	if lastResort {
		if last, err = d.NewKeyPackage(tx, true); err != nil {
			return fmt.Errorf("make key package: %w", err)
		}
	}
	// Those of last resort that were replaced a short time ago stay for the welcomes
	// that are on their way.
	if err := d.DropKeyPackages(tx, c.now().Add(-2*renewPackages), keptPackages); err != nil {
		return err
	}
	// On disk before anybody can use them.
	step := clientdb.Step{Room: chat.Directory, Groups: tx}
	if err := c.db.Step(ctx, step); err != nil {
		return err
	}
	now := c.nowMS()
	s.background(func(ctx context.Context) {
		err := s.putPackages(ctx, packages, last, old)
		if err != nil {
			c.log.Warn("key packages not brought to the host", "err", err)
		}
		s.tell(ctx, func(ctx context.Context) error {
			s.stocking = false
			if err != nil || !old {
				return nil
			}
			return c.db.Step(ctx, clientdb.Step{Room: chat.Directory, Change: func(r *clientdb.Room) { r.Healed = now }})
		})
	})
	return nil
}

func (s *session) putPackages(ctx context.Context, packages [][]byte, last []byte, replace bool) error {
	for len(packages) > 0 || last != nil {
		n := min(len(packages), packagesAtOnce)
		m := &wire.PutKeyPackages{Packages: packages[:n], LastResort: last, Replace: replace}
		packages, last, replace = packages[n:], nil, false
		if _, err := s.c.do(ctx, func(ref uint32) wire.Message { m.Ref = ref; return m }); err != nil {
			return err
		}
	}
	return nil
}

// keyPackagesOf asks the host for a key package of each device of an account, and
// returns those of devices that the directory has, by the pinned identity.
// ErrNoDevice says that there is none.
func (c *Client) keyPackagesOf(ctx context.Context, account chat.AccountID) ([]*group.KeyPackage, error) {
	r, err := c.begin()
	if err != nil {
		return nil, err
	}
	defer r.end()
	var raw []wire.DevicePackage
	m, err := r.ask(ctx, &wire.GetKeyPackages{Ref: r.ref, Account: account})
	for {
		if err != nil {
			return nil, err
		}
		got, ok := m.(*wire.KeyPackages)
		if !ok {
			return nil, reasonOf(m)
		}
		if raw = append(raw, got.Packages...); len(raw) > maxDevices {
			return nil, fmt.Errorf("%w: more than %d devices", ErrProtocol, maxDevices)
		}
		if got.Last {
			break
		}
		m, err = r.wait(ctx)
	}
	var out []*group.KeyPackage
	err = c.inSession(ctx, func(_ context.Context, s *session) error {
		for _, p := range raw {
			if k := s.usable(account, p); k != nil {
				out = append(out, k)
			}
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = ErrNoDevice
	}
	return out, err
}

// maxDevices bounds the devices of one account that are added to a room.
const maxDevices = 32

// usable checks a key package against what the directory says of the device.
func (s *session) usable(account chat.AccountID, p wire.DevicePackage) *group.KeyPackage {
	k := s.keeper
	kp, err := group.ParseKeyPackage(k.host, p.Package, s.c.now())
	if err != nil {
		s.c.log.Warn("key package refused", "err", err)
		return nil
	}
	d := k.directory.devices[chat.DeviceID(kp.Device)]
	a := k.directory.accounts[account]
	if d == nil || d.Account != account || d.Revoked != 0 || a.Identity != kp.Identity.Array() || chat.DeviceID(kp.Device) != p.Device {
		s.c.log.Warn("key package of a device that the directory does not have")
		return nil
	}
	return kp
}

// ErrNoDevice says that no device of a person can be added to a sealed room: they
// have not been here with a version that can.
var ErrNoDevice = errors.New("no device of this person can be added")
