package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/snugchat/snug/crypto/channel"
	"github.com/snugchat/snug/net/client"
	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
	"github.com/snugchat/snug/storage/clientdb"
	"github.com/snugchat/snug/storage/hostdb"
)

// crowd is a place without a window: a real host, and members who have talked in its
// Lobby more than a story could have them type.
type crowd struct {
	dir  string
	log  *slog.Logger
	host *host.Host
	key  channel.PrivateKey
	addr string
	ends []func() error // in the order in which things are closed
}

// startCrowd opens a place in dir whose members say everything in texts, one after
// the other. What it returns is closed by the caller, also if there is an error.
func startCrowd(ctx context.Context, dir string, people []string, texts func(i int) string, count int) (c *crowd, err error) {
	c = &crowd{dir: dir, log: slog.New(slog.DiscardHandler)}
	if err := c.open(ctx); err != nil {
		return c, err
	}
	members := make([]*client.Client, len(people))
	var running sync.WaitGroup
	leaving, leave := context.WithCancel(ctx)
	var stores []*clientdb.DB
	defer func() {
		leave()
		running.Wait()
		for _, db := range stores {
			err = errors.Join(err, db.Close())
		}
	}()
	for i, name := range people {
		db, err := c.member(ctx, name)
		if err != nil {
			return c, err
		}
		stores = append(stores, db)
		folder := filepath.Join(dir, name)
		if members[i], err = client.New(ctx, client.Config{Program: "Snug story", Folder: folder}, db, c.log); err != nil {
			return c, err
		}
		link, err := c.link(ctx, chat.Owner)
		if err == nil {
			err = members[i].Register(ctx, link, name, "")
		}
		if err != nil {
			return c, err
		}
		running.Go(func() { _ = members[i].Run(leaving) }) // it ends by leaving
	}
	for i := range count {
		for { // the outbox has its bound
			_, err := members[i%len(members)].Send(ctx, chat.Lobby, texts(i))
			if !errors.Is(err, clientdb.ErrOutboxFull) {
				if err != nil {
					return c, err
				}
				break
			}
			wait(ctx, 20*time.Millisecond)
		}
	}
	for i, m := range members {
		err := until(ctx, 10*time.Minute, "what "+people[i]+" wrote is on the host", func() (bool, error) {
			page, err := m.Before(ctx, chat.Lobby, 0, 1)
			return err == nil && len(page.Messages) == 1 && page.Messages[0].State != client.Waiting, err
		})
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// open starts the host, which takes as much as it is given.
func (c *crowd) open(ctx context.Context) error {
	const many = 1e9
	var err error
	if c.key, err = channel.GenerateKey(); err != nil {
		return err
	}
	store, err := hostdb.Open(ctx, filepath.Join(c.dir, "host.db"), [32]byte{1}, c.log)
	if err != nil {
		return err
	}
	c.ends = append(c.ends, store.Close)
	kept, err := blobs.Open(filepath.Join(c.dir, "blobs"), blobs.Limits{Free: -1}, c.log)
	if err != nil {
		return err
	}
	c.ends = append(c.ends, kept.Close)
	c.host, err = host.New(ctx, host.Config{
		Key: c.key, Program: "Snug story", First: chat.Place{Name: place, Mode: chat.JoinByInvite, MaxFile: 1 << 30},
		Limits: host.Limits{Posts: many, PostBurst: many, Messages: many, MessageBurst: many, Entries: many, EntryBurst: many},
	}, store, kept, c.log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.addr = listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- c.host.Serve(ctx, listener) }()
	c.ends = append([]func() error{c.host.Close, func() error { return <-served }}, c.ends...)
	return nil
}

// member opens the store of a new member.
func (c *crowd) member(ctx context.Context, name string) (*clientdb.DB, error) {
	dir := filepath.Join(c.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	return clientdb.Open(ctx, filepath.Join(dir, "place.db"), [32]byte{2}, c.log)
}

// link makes an invite link for one person.
func (c *crowd) link(ctx context.Context, role chat.Role) (wire.Link, error) {
	r, err := c.host.Do(ctx, host.Command{Verb: host.VerbInvite, Role: role, Uses: 1})
	if err != nil {
		return wire.Link{}, err
	}
	return wire.Link{Addresses: []string{c.addr}, Host: c.key.Public().Array(), Secret: r.Secret}, nil
}

func (c *crowd) close() error {
	var errs []error
	for _, end := range c.ends {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// saying is a text of 20 to 260 bytes, as people write them; each is another one.
func saying(i int) string {
	words := strings.Fields(sayings)
	n := 3 + i*7919%40
	from := i * 104729 % len(words)
	picked := make([]string, n)
	for j := range picked {
		picked[j] = words[(from+j)%len(words)]
	}
	return fmt.Sprintf("%s %d", strings.Join(picked, " "), i)
}

const sayings = `The bus was late again so we walked along the river and talked about the trip in summer, which still has no date. Could somebody bring the
long table on Friday? Mine is too small for nine people and the soup. I looked at the second draft last night: it reads well, but the part about
the garden wants a picture, and the names of the two streets are the wrong way round. Thank you for the photos 🙂 My sister laughed a lot. When does the
train leave on Sunday, before or after lunch? The key is with the neighbours, ring twice. Nobody knows where the drill is. Rain from three o'clock they say.`
