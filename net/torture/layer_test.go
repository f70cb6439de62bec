//go:build unix

package torture

import (
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// disk is how the disk behaves on which the databases of a folder lie. A system
// lets no disk become read-only under a file that is open for writing, except by
// itself, when it does not trust the disk any more; so SQLite is told what it would be.
type disk struct {
	folder   string
	readOnly atomic.Bool
	slow     atomic.Int64 // how much longer each sync takes, a time.Duration
	refused  atomic.Int64 // writes
	synced   atomic.Int64 // slow ones
}

// disks are those of this process. Other folders have the system's.
var disks struct {
	sync.Mutex
	all []*disk
}

// spoil makes the disk of a folder one that can be spoiled. Databases in it that are
// open already keep theirs.
func spoil(folder string) *disk {
	d := &disk{folder: filepath.Clean(folder) + string(filepath.Separator)}
	disks.Lock()
	defer disks.Unlock()
	if len(disks.all) == 0 {
		vfs.Register("adiantum", adiantum.Wrap(spoiledFiles{vfs.Find("")}, nil))
	}
	disks.all = append(disks.all, d)
	return d
}

// write says what becomes of a write.
func (d *disk) write() error {
	if d.readOnly.Load() {
		d.refused.Add(1)
		return syscall.EROFS
	}
	return nil
}

// spoiledFiles is the system's file layer, below the one that encrypts, with disks
// that can be spoiled.
type spoiledFiles struct{ vfs.VFS }

func (v spoiledFiles) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(v.VFS, name, flags)
	if err != nil || name == nil {
		return f, flags, err
	}
	disks.Lock()
	defer disks.Unlock()
	for _, d := range disks.all {
		if strings.HasPrefix(name.String(), d.folder) {
			return &spoiledFile{f, d}, flags, nil
		}
	}
	return f, flags, nil
}

type spoiledFile struct {
	vfs.File
	disk *disk
}

func (f *spoiledFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.disk.write(); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *spoiledFile) Truncate(size int64) error {
	if err := f.disk.write(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *spoiledFile) Sync(flags vfs.SyncFlag) error {
	if d := time.Duration(f.disk.slow.Load()); d > 0 {
		f.disk.synced.Add(1)
		time.Sleep(d)
	}
	return f.File.Sync(flags)
}

func (f *spoiledFile) Unwrap() vfs.File               { return f.File }
func (f *spoiledFile) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f *spoiledFile) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
