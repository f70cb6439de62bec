package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"lukechampine.com/adiantum"
	"lukechampine.com/adiantum/hbsh"
)

// blockSize is the unit that vfs/adiantum encrypts, and SQLite's page size.
const blockSize = 4096

// probePages is how many pages, spread over the file, are tried with a key
// before it is called wrong.
const probePages = 64

// probe creates the file for this user only if there is none, and otherwise
// tells a wrong key from damage before SQLite sees the file. SQLite itself
// cannot: with a wrong key every page and the WAL are noise to it, and at
// closing it would remove a WAL that it takes for empty, and rows with it.
//
// The key is right if the file's first block or the WAL's begins as it must, or
// if the checksum inside of any other page fits. A crash while the first page
// was being written leaves such a file, and SQLite mends it from the WAL.
func probe(path string, key [32]byte) error {
	wal, err := firstBlock(path + "-wal")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return fmt.Errorf("open database: close to others: %w", err)
		}
	}
	size := info.Size()
	if size == 0 {
		if wal != nil {
			// SQLite would remove the WAL as left over from another file.
			return fmt.Errorf("open database: %w: it is empty, but its -wal file is not", ErrDamaged)
		}
		return nil
	}

	cipher := adiantum.New(key[:])
	if wal != nil {
		// sqlite.org/fileformat2.html, section 4.1: the magic number.
		if m := binary.BigEndian.Uint32(decrypt(cipher, wal, 0)); m&^1 == 0x377f0682 {
			return nil
		}
	}
	pages := size / blockSize
	step := max(1, pages/probePages)
	block := make([]byte, blockSize)
	for p := int64(0); p < pages; p += step {
		if _, err := f.ReadAt(block, p*blockSize); err != nil {
			return fmt.Errorf("open database: %w", err)
		}
		plain := decrypt(cipher, block, p*blockSize)
		if p == 0 && string(plain[:16]) == "SQLite format 3\x00" || checksumFits(plain) {
			return nil
		}
	}
	return fmt.Errorf("open database: %w", ErrWrongKey)
}

// cutWAL takes a part of a block off the end of the WAL. A block can be deciphered
// only as a whole, so SQLite would get an I/O error for it and never open the
// database. What was acknowledged is not in it: commits fill whole blocks.
func cutWAL(path string) error {
	info, err := os.Stat(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size()%blockSize == 0 {
		return nil
	}
	if err == nil {
		err = os.Truncate(path+"-wal", info.Size()/blockSize*blockSize)
	}
	if err != nil {
		return fmt.Errorf("open database: cut wal: %w", err)
	}
	return nil
}

// firstBlock returns the first block of a file, or nil if it has none.
func firstBlock(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	defer f.Close()
	block := make([]byte, blockSize)
	switch _, err := io.ReadFull(f, block); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open database: %w", err)
	}
	return block, nil
}

// decrypt opens the block at an offset in place, as vfs/adiantum does: the
// tweak is the offset, little-endian.
func decrypt(cipher *hbsh.HBSH, block []byte, offset int64) []byte {
	var tweak [8]byte
	binary.LittleEndian.PutUint64(tweak[:], uint64(offset))
	return cipher.Decrypt(block, tweak[:])
}

// checksumFits says whether the last 8 bytes of a page are its checksum
// (sqlite.org/cksumvfs.html). An unrelated key passes once in 2^64 pages.
func checksumFits(page []byte) bool {
	var s1, s2 uint32
	body := page[:len(page)-8]
	for i := 0; i < len(body); i += 8 {
		s1 += binary.LittleEndian.Uint32(body[i:]) + s2
		s2 += binary.LittleEndian.Uint32(body[i+4:]) + s1
	}
	sum := page[len(page)-8:]
	return binary.LittleEndian.Uint32(sum) == s1 && binary.LittleEndian.Uint32(sum[4:]) == s2
}
