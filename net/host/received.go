package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
)

// retrySave is how long the host waits before it tries again to save files that
// it could not, most often since the disk is full.
const retrySave = time.Minute

// saveBatch is how many files the host looks up at once.
const saveBatch = 16

// arrived says that there may be files to save.
func (f *files) arrived() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// run saves the files of open rooms in the owner's folder, one at a time. Which
// ones are left to do stands in the store, so that none is forgotten when the
// host ends in between.
func (f *files) run() {
	if f.h.blobs == nil || f.h.cfg.Receive == nil {
		return
	}
	retry := time.NewTimer(0)
	defer retry.Stop()
	waits := true      // for retry
	tried := uint64(0) // files of rows up to this one are left for retry
	for {
		select {
		case <-f.h.ctx.Done():
			return
		case <-f.wake:
		case <-retry.C:
			waits, tried = false, 0
		}
		last, err := f.saveAll(f.h.ctx, tried)
		if err == nil || f.h.ctx.Err() != nil {
			continue
		}
		f.h.log.Warn("file kept for later, not saved", "err", err)
		tried = last
		if !waits {
			retry.Reset(retrySave)
			waits = true
		}
	}
}

// saveAll saves what there is to save of the rows after one. An error means that
// some are left, up to the row that it returns.
func (f *files) saveAll(ctx context.Context, after uint64) (last uint64, left error) {
	for {
		list, rows, err := f.h.store.BlobsToSave(ctx, after, saveBatch)
		if err != nil {
			return after, err
		}
		for i := range list {
			root := list[i].Root
			before := rows[i].Received < f.since || f.begun[root]
			f.begun[root] = true
			err := f.save(ctx, &list[i], &rows[i], before)
			switch {
			case errors.Is(err, stream.ErrDamaged), errors.Is(err, blobs.ErrWrongHash), errors.Is(err, blobs.ErrNotFound), errors.Is(err, wire.ErrBadBody):
				// It will not get better. Members who try see the same.
				f.h.log.Warn("file cannot be opened, not saved", "name", f.h.nameOf(list[i].Account), "err", err)
			case ctx.Err() != nil:
				return after, err
			case err != nil:
				left = cmp.Or(left, err) // others do not wait for it
				continue
			}
			if err := f.h.store.SavedBlob(ctx, root, f.h.now().UnixMilli()); err != nil {
				return after, err
			}
			delete(f.begun, root)
		}
		if len(list) > 0 {
			after = list[len(list)-1].Seq
		}
		if len(list) < saveBatch {
			return after, left
		}
	}
}

// save opens one sealed file into the owner's folder. before says that it may lie
// there already: to be killed between saving it and noting so, or a store that
// fails at that moment, shall not make a second file of it.
func (f *files) save(ctx context.Context, b *chat.Blob, row *chat.Row, before bool) error {
	env, err := wire.ParseEnvelope(row.Envelope)
	if err != nil {
		return fmt.Errorf("%w: %v", wire.ErrBadBody, err)
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return err
	}
	file, ok := body.(*wire.File)
	if !ok {
		return wire.ErrBadBody
	}
	if err := f.h.blobs.Admit(file.Size); errors.Is(err, blobs.ErrDiskFull) {
		return err
	}
	blob, err := f.h.blobs.Open(b.Root)
	if err != nil {
		return err
	}
	defer blob.Close()
	out, err := f.h.cfg.Receive(file.Name)
	if err != nil {
		return err
	}
	if err := stream.Open(ctx, out, io.NewSectionReader(blob, 0, blob.Length()), stream.Key(file.Key), file.Size); err != nil {
		out.Discard()
		return err
	}
	commit := out.Commit
	if before {
		commit = out.CommitOnce
	}
	if _, err := commit(); err != nil {
		return err
	}
	f.h.received.Add(1)
	f.h.log.Info("file received", "name", f.h.nameOf(b.Account), "size_bytes", file.Size)
	return nil
}
