package media

import (
	"bytes"
	"compress/zlib"
	"io"
)

// The bounds of looking for the page tree. What lies beyond them is not looked at,
// and the document then says nothing of its pages.
const (
	maxScan     = 4 << 20 // bytes that are read at each end of a document
	maxStreams  = 16      // object streams that are inflated
	maxInflated = 1 << 20 // bytes of each
	maxNodes    = 10_000  // nodes of the page tree that are looked at; a million pages have that many
	maxDict     = 1 << 10 // bytes of a dictionary before and behind its type
)

// search is what may still be looked at in a document.
type search struct {
	streams, nodes int
	buf            []byte // for what is inflated
}

// pages counts the pages of a PDF document: the largest /Count of a node of its page
// tree (ISO 32000-1, 7.7.3.2), which is that of the root. Since PDF 1.5 the nodes
// may lie in compressed object streams (7.5.7).
func pages(r io.ReaderAt, size int64) (int, error) {
	b, err := part(r, 0, min(size, maxScan))
	if err != nil {
		return 0, err
	}
	if i := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-")); i < 0 {
		return 0, ErrUnknown
	}
	left := &search{streams: maxStreams, nodes: maxNodes}
	most := max(left.count(b), left.compressed(b))
	if size > maxScan {
		from := max(maxScan-maxDict, size-maxScan)
		if b, err = part(r, from, size-from); err != nil {
			return 0, err
		}
		most = max(most, left.count(b), left.compressed(b))
	}
	if most < 1 || most > maxPages {
		return 0, ErrUnknown
	}
	return most, nil
}

// count finds the largest count of a node of a page tree.
func (x *search) count(b []byte) int {
	most := 0
	for at := 0; x.nodes > 0; {
		i := bytes.Index(b[at:], []byte("/Pages"))
		if i < 0 {
			return most
		}
		x.nodes--
		i += at
		at = i + len("/Pages")
		before := bytes.TrimRight(b[max(0, i-16):i], " \t\r\n\x00\f")
		if !bytes.HasSuffix(before, []byte("/Type")) || at < len(b) && regular(b[at]) {
			continue // the catalogue's entry, or another name
		}
		open := bytes.LastIndex(b[max(0, i-maxDict):i], []byte("<<"))
		shut := bytes.Index(b[at:min(len(b), at+maxDict)], []byte("endobj"))
		from, to := max(0, i-maxDict), min(len(b), at+maxDict)
		if open >= 0 {
			from += open
		}
		if shut >= 0 {
			to = at + shut
		}
		// In an object stream dictionaries follow each other without a word between
		// them: this one ends where the next one begins.
		if next := bytes.Index(b[at:to], []byte("/Type")); next >= 0 {
			to = at + next
		}
		if n, ok := number(b[from:to], "/Count"); ok {
			most = max(most, n)
		}
	}
	return most
}

// regular reports whether a byte goes on with a name (ISO 32000-1, 7.2.2).
func regular(c byte) bool { return !bytes.ContainsRune([]byte("\x00\t\n\f\r ()<>[]{}/%"), rune(c)) }

// number reads the integer behind a name of a dictionary.
func number(dict []byte, name string) (int, bool) {
	i := bytes.Index(dict, []byte(name))
	if i < 0 {
		return 0, false
	}
	rest := bytes.TrimLeft(dict[i+len(name):], " \t\r\n")
	n, digits := 0, 0
	for digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
		n = n*10 + int(rest[digits]-'0')
		digits++
	}
	return n, digits > 0
}

// compressed inflates object streams, as many as are left, and finds the largest
// count in them.
func (x *search) compressed(b []byte) int {
	most := 0
	for at := 0; x.streams > 0; {
		i := bytes.Index(b[at:], []byte("/ObjStm"))
		if i < 0 {
			return most
		}
		at += i + len("/ObjStm")
		j := bytes.Index(b[at:min(len(b), at+maxDict)], []byte("stream"))
		if j < 0 {
			continue
		}
		from := at + j + len("stream")
		for from < len(b) && (b[from] == '\r' || b[from] == '\n') {
			from++
		}
		x.streams--
		z, err := zlib.NewReader(bytes.NewReader(b[from:]))
		if err != nil {
			continue // another filter, or encrypted
		}
		if x.buf == nil {
			x.buf = make([]byte, maxInflated)
		}
		n, _ := io.ReadFull(z, x.buf) // what came before an error counts
		_ = z.Close()
		most = max(most, x.count(x.buf[:n]))
	}
	return most
}
