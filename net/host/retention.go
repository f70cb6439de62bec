package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/snugchat/snug/crypto/stream"
	"github.com/snugchat/snug/net/wire"
	"github.com/snugchat/snug/storage/blobs"
	"github.com/snugchat/snug/storage/chat"
)

// Files stay for ever, unless the computer that hosts says how long or how many.
// Then the oldest go first, by the last message that hands a file over. Never
// removed are words, files that are pinned in an open room, and what is not in the
// owner's folder yet. Copies there, and those of members, are nobody's but theirs.

const (
	// MinKeep is the shortest time that files may be kept for, so that nobody
	// misses one over night, and MaxKeep the longest.
	MinKeep = 24 * time.Hour
	MaxKeep = 100 * 365 * 24 * time.Hour

	// Shares is by how much all files together exceed what one person may have of
	// them: beyond that share the person's own oldest go first, so that nobody
	// pushes out what the others sent. The largest file fits a share.
	Shares = 2

	// WarnPart of what may be kept is when the host's owner is told, and calmPart
	// when it is forgotten that the log has it.
	WarnPart = 0.8
	calmPart = 0.5

	// trimBatch is how many files are decided on in one transaction.
	trimBatch = 64

	// markTries is how often a decision is made anew since messages came meanwhile
	// that may pin a file; then it waits for the next hour, or the next offer.
	markTries = 20

	dayMS = int64(24 * time.Hour / time.Millisecond)
)

// checkFiles refuses rules that no host can keep.
func checkFiles(r chat.FileRules, maxFile int64) error {
	keep := time.Duration(r.Keep) * time.Millisecond
	switch {
	case r.Total < 0, r.Keep < 0, r.Keep > 0 && (r.Keep > MaxKeep.Milliseconds() || keep < MinKeep):
		return refuse(wire.CodeBadMessage)
	case r.Total > 0 && r.Total < LeastTotal(maxFile):
		return &refusal{code: wire.CodeTooBig, limit: r.Total / Shares}
	}
	return nil
}

// LeastTotal is the smallest total of all files, in bytes, beside a largest one.
func LeastTotal(maxFile int64) int64 { return Shares * stream.SealedSize(maxFile) }

// NearlyFull reports whether so many bytes of files are more than WarnPart of what
// rules allow.
func NearlyFull(used int64, r chat.FileRules) bool {
	return r.Total > 0 && float64(used) >= WarnPart*float64(r.Total)
}

// filesForAudit says rules as a part of a line of the audit.
func filesForAudit(r chat.FileRules) (s string) {
	if r.Total > 0 {
		s += fmt.Sprintf(", %d bytes of them in all", r.Total)
	}
	if r.Keep > 0 {
		s += fmt.Sprintf(", for %d days", r.Keep/dayMS)
	}
	return s
}

// ruled says that the rules may have changed.
func (f *files) ruled() {
	select {
	case f.rules <- struct{}{}:
	default:
	}
}

// trim removes what the rules say, and what it was about to remove when the host
// ended.
func (f *files) trim(ctx context.Context) {
	if f.h.blobs == nil {
		return
	}
	err := f.finish(ctx)
	rules := f.h.Place().Files
	if err == nil && rules.Keep > 0 {
		before := f.h.now().UnixMilli() - rules.Keep
		err = f.remove(ctx, chat.AccountID{}, func(o *chat.OldBlob, _ int64) bool { return o.At < before })
	}
	if err == nil && rules.Total > 0 {
		err = f.remove(ctx, chat.AccountID{}, func(_ *chat.OldBlob, deciding int64) bool { return f.h.blobs.Total()-deciding > rules.Total })
	}
	if err != nil && ctx.Err() == nil {
		f.h.log.Warn("old files not removed", "err", err)
	}
	f.warn(rules)
}

// makeRoom removes old files until one of a length by an account fits what the
// rules allow. It is called with the token of offers. own is what that account has.
func (f *files) makeRoom(ctx context.Context, account chat.AccountID, own, length int64) error {
	rules := f.h.Place().Files
	if rules.Total == 0 {
		return nil
	}
	if share := rules.Total / Shares; own+length > share {
		freed := int64(0)
		err := f.remove(ctx, account, func(o *chat.OldBlob, _ int64) bool {
			enough := own+length-freed <= share
			freed += o.Length
			return !enough
		})
		if err != nil {
			return err
		}
		use, err := f.h.store.BlobUse(ctx, account)
		if err != nil {
			return err
		}
		if use.Bytes+length > share {
			return &refusal{code: wire.CodeQuota, limit: share}
		}
	}
	over := func(deciding int64) bool { return f.h.blobs.Total()+length-deciding > rules.Total }
	if over(0) {
		if err := f.remove(ctx, chat.AccountID{}, func(_ *chat.OldBlob, deciding int64) bool { return over(deciding) }); err != nil {
			return err
		}
	}
	f.warn(rules)
	if over(0) {
		return refuse(wire.CodeQuota)
	}
	return nil
}

// warn writes into the log, once, that files are nearly as many as may be.
func (f *files) warn(rules chat.FileRules) {
	total := f.h.blobs.Total()
	if rules.Total == 0 || float64(total) < calmPart*float64(rules.Total) {
		f.warned.Store(false)
		return
	}
	if NearlyFull(total, rules) && !f.warned.Swap(true) {
		f.h.log.Warn("files are nearly as many as may be kept, then the oldest are removed", "size_bytes", total, "limit_bytes", rules.Total)
	}
}

// remove removes the oldest files, of one account or of all (zero), as long as
// more says so of the next one. deciding is how many bytes will be gone besides,
// of files that it said so of and that are still there.
func (f *files) remove(ctx context.Context, account chat.AccountID, more func(o *chat.OldBlob, deciding int64) bool) error {
	select {
	case <-f.trims:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { f.trims <- struct{}{} }()
	if err := f.mark(ctx); err != nil {
		return err
	}
	count, freed := 0, int64(0)
	defer func() {
		if count > 0 {
			f.h.log.Info("old files removed", "count", count, "size_bytes", freed)
		}
	}()
	var after chat.OldBlob
	for end := false; !end; {
		list, err := f.h.store.OldBlobs(ctx, account, after, trimBatch)
		if err != nil || len(list) == 0 {
			return err
		}
		var roots [][32]byte
		lengths := make(map[[32]byte]int64, len(list))
		deciding := int64(0)
		for i := range list {
			o := &list[i]
			if isMessage(o) {
				if err := f.h.store.KeepBlob(ctx, o.Root); err != nil {
					return err
				}
				after = *o
				continue
			}
			if end = !more(o, deciding); end {
				break
			}
			roots, lengths[o.Root] = append(roots, o.Root), o.Length
			deciding += o.Length
			after = *o
		}
		left, err := f.leave(ctx, roots)
		for _, root := range left {
			count++
			freed += lengths[root]
		}
		if err != nil {
			return err
		}
		// What may not be removed after all leaves more to do.
		end = end && len(left) == len(roots)
	}
	return nil
}

// leave removes those of some files that still may be, and returns them.
func (f *files) leave(ctx context.Context, roots [][32]byte) (left [][32]byte, err error) {
	if len(roots) == 0 {
		return nil, nil
	}
	for range markTries {
		left, behind, err := f.h.store.LeaveBlobs(ctx, roots, f.h.now().UnixMilli())
		if err != nil {
			return nil, err
		}
		if !behind {
			return left, f.take(ctx, left)
		}
		if err := f.mark(ctx); err != nil {
			return nil, err
		}
	}
	return nil, errBusyRooms
}

// errBusyRooms says that messages come faster than they are looked at.
var errBusyRooms = errors.New("too many messages at once to know what is pinned")

// take removes the bytes of files that were decided on, then their rows.
func (f *files) take(ctx context.Context, roots [][32]byte) error {
	if len(roots) == 0 {
		return nil
	}
	var left error
	var taken [][32]byte
	for _, root := range roots {
		if err := f.h.blobs.Remove(root); err != nil && !errors.Is(err, blobs.ErrNotFound) {
			left = err // the rest does not wait for it; finish tries it again
			continue
		}
		taken = append(taken, root)
	}
	return errors.Join(left, f.h.store.ForgetBlobs(ctx, taken))
}

// finish removes what was decided on before.
func (f *files) finish(ctx context.Context) error {
	for {
		roots, err := f.h.store.GoneBlobs(ctx, sweepBatch)
		if err != nil || len(roots) == 0 {
			return err
		}
		if err := f.take(ctx, roots); err != nil {
			return err
		}
	}
}

// mark reads in open rooms which files are pinned. It is called with the token of
// trims.
func (f *files) mark(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = f.h.store.MarkRows(ctx, markOf); err != nil {
			return err
		}
	}
	return nil
}

// markOf returns what a row of an open room says of files.
func markOf(row *chat.Row) (m chat.Mark, ok bool) {
	env, err := wire.ParseEnvelope(row.Envelope)
	if err != nil {
		return m, false
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	if err != nil {
		return m, false
	}
	m = chat.Mark{Room: row.Room, Device: row.Device}
	switch b := body.(type) {
	case *wire.File:
		m.What, m.Target, m.Root = chat.MarkFile, row.ID, b.Root
	case *wire.Pin:
		m.What, m.Target = chat.MarkPinned, b.Target
		if b.Off {
			m.What = chat.MarkLetGo
		}
	case *wire.Delete:
		m.What, m.Target = chat.MarkDeleted, b.Target
		if b.Moderate {
			m.What = chat.MarkRemoved // the host took it from a moderator
		}
	default:
		return m, false
	}
	return m, true
}

// isMessage reports whether a blob is a message or a commit of a sealed room
// itself, which was too long for its row. What cannot be read counts as one.
func isMessage(o *chat.OldBlob) bool {
	if !o.Sealed {
		return false
	}
	env, err := wire.ParseEnvelope(o.Envelope)
	if err != nil {
		return true
	}
	body, err := wire.ParseBody(env.Body, env.Data)
	sealed, ok := body.(*wire.Sealed)
	return err != nil || !ok || sealed.Blob != nil && sealed.Blob.Root == o.Root
}

// count says what rules would remove now.
func (f *files) count(ctx context.Context, rules chat.FileRules) (facts FileFacts, err error) {
	if f.h.blobs == nil {
		return facts, nil
	}
	facts.Bytes = f.h.blobs.Total()
	if rules == (chat.FileRules{}) {
		return facts, nil
	}
	select {
	case <-f.trims:
	case <-ctx.Done():
		return facts, context.Cause(ctx)
	}
	defer func() { f.trims <- struct{}{} }()
	if err := f.mark(ctx); err != nil {
		return facts, err
	}
	var after chat.OldBlob
	before := int64(0)
	if rules.Keep > 0 {
		before = f.h.now().UnixMilli() - rules.Keep
	}
	for {
		list, err := f.h.store.OldBlobs(ctx, chat.AccountID{}, after, sweepBatch)
		if err != nil || len(list) == 0 {
			return facts, err
		}
		for i := range list {
			after = list[i]
			if isMessage(&after) {
				continue
			}
			if after.At >= before && (rules.Total == 0 || facts.Bytes-facts.Freed <= rules.Total) {
				return facts, nil
			}
			facts.Old++
			facts.Freed += after.Length
		}
	}
}
