package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/image/draw"
)

// word is a word that was read on the screen.
type word struct {
	text string
	line string // words of one line share it
	box  image.Rectangle
}

// page is what was read, line by line.
type page []word

// words reads a part of a picture by tesseract. Text of any colour on any
// ground is made dark on white first, at twice the size.
func (s *screen) words(ctx context.Context, img image.Image, area image.Rectangle) (page, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, ink(img, area)); err != nil {
		return nil, err
	}
	// --psm 11: find as much text as possible in no particular order.
	out, err := s.tool(ctx, &b, "tesseract", "-", "-", "--psm", "11", "-l", "eng", "tsv")
	if err != nil {
		return nil, err
	}
	return parseWords(out, area.Min)
}

// zoom is how much larger a picture is read than it was taken.
const zoom = 2

// ink draws area as dark strokes on white: each pixel by how much its
// lightness differs from the median around it, so that white on a button, grey
// on white and black on a bubble all read alike, and the edges of buttons and
// bubbles are not drawn at all.
func ink(img image.Image, area image.Rectangle) *image.Gray {
	const around = 10 // half the side of the square that counts: letters cover less than half of it, bubbles more
	grey := image.NewGray(image.Rectangle{Max: area.Size()})
	draw.Draw(grey, grey.Bounds(), img, area.Min, draw.Src)
	w, h := area.Dx(), area.Dy()
	strokes := image.NewGray(grey.Bounds())
	for y := range h {
		top, bottom := max(0, y-around), min(h, y+around+1)
		// The square moves along the row; its histogram and its median follow (Huang et al., 1979).
		var counts [256]int
		count, below, median := 0, 0, 0 // below is how many pixels of the square are darker than median
		add := func(x, n int) {
			if x < 0 || x >= w {
				return
			}
			for yy := top; yy < bottom; yy++ {
				v := grey.Pix[yy*grey.Stride+x]
				counts[v] += n
				count += n
				if int(v) < median {
					below += n
				}
			}
		}
		for x := range around {
			add(x, 1)
		}
		for x := range w {
			add(x+around, 1)
			add(x-around-1, -1)
			for below > count/2 {
				median--
				below -= counts[median]
			}
			for below+counts[median] <= count/2 {
				below += counts[median]
				median++
			}
			v := int(grey.Pix[y*grey.Stride+x])
			// Twelve of 255 is the noise of shadows and soft edges; a stroke differs by 60 and more.
			differs := max(0, max(median-v, v-median)-12)
			strokes.Pix[y*strokes.Stride+x] = uint8(255 - min(255, differs*3))
		}
	}
	dropLines(strokes)
	big := image.NewGray(image.Rect(0, 0, w*zoom, h*zoom))
	draw.CatmullRom.Scale(big, big.Bounds(), strokes, strokes.Bounds(), draw.Src, nil)
	return big
}

// dropLines makes straight strokes white that are longer than any in a letter:
// tesseract takes the frame of a field for a picture and skips what is in it.
func dropLines(strokes *image.Gray) {
	const longest = 48
	w, h := strokes.Bounds().Dx(), strokes.Bounds().Dy()
	drop := func(lines, length, nextLine, next int) {
		for line := range lines {
			run := 0
			for i := range length + 1 {
				at := line*nextLine + i*next
				if i < length && strokes.Pix[at] < 255 {
					run++
					continue
				}
				if run <= longest {
					run = 0
				}
				for ; run > 0; run-- {
					strokes.Pix[at-run*next] = 255
				}
			}
		}
	}
	drop(h, w, strokes.Stride, 1)
	drop(w, h, 1, strokes.Stride)
}

// parseWords reads tesseract's table. at is where its picture begins in the window.
func parseWords(table []byte, at image.Point) (page, error) {
	var p page
	for i, line := range strings.Split(strings.TrimRight(string(table), "\n"), "\n") {
		row := strings.Split(line, "\t")
		if len(row) != 12 {
			return nil, fmt.Errorf("read tesseract's table: row %d has %d columns", i, len(row))
		}
		text := strings.TrimSpace(row[11])
		if row[0] != "5" || text == "" { // level 5 is a word; the first row names the columns
			continue
		}
		var n [4]int
		for k := range n {
			var err error
			if n[k], err = strconv.Atoi(row[6+k]); err != nil {
				return nil, fmt.Errorf("read tesseract's table: row %d: %w", i, err)
			}
		}
		box := image.Rect(n[0]/zoom, n[1]/zoom, (n[0]+n[2])/zoom, (n[1]+n[3])/zoom).Add(at)
		p = append(p, word{text: text, line: strings.Join(row[1:5], "."), box: box})
	}
	return p, nil
}

// wraps is how many letters a text has that a window may break into lines.
const wraps = 25

// find returns where text stands: whole words of one line, or of lines that
// follow each other if it is long enough to have been broken. Case, marks, the
// gaps between words, look-alikes and a misread letter in ten do not count. Of
// several lines that hold it, the one that says least else is meant: a button,
// not the question above it.
func (p page) find(text string) (where image.Rectangle, found bool) {
	want := plain(text)
	least := 0
	for i := range p {
		box, ok := p.match(i, want)
		if !ok {
			continue
		}
		rest := 0
		for _, w := range p {
			if w.line == p[i].line {
				rest += len(plain(w.text))
			}
		}
		if !found || rest < least {
			where, found, least = box, true, rest
		}
	}
	return where, found
}

// match reports whether the words from the i-th on are want.
func (p page) match(i int, want string) (image.Rectangle, bool) {
	// The round end of a bubble beside a word reads as a bracket or a C.
	wrong := 0
	if len(want) >= 5 {
		wrong = max(1, len(want)/10)
	}
	var box image.Rectangle
	read := ""
	for _, w := range p[i:] {
		if w.line != p[i].line && len(want) < wraps || len(read) > len(want)+wrong {
			break
		}
		letters := plain(w.text)
		if letters == "" { // an icon beside the text
			if read == "" {
				break
			}
			continue
		}
		read += letters
		box = box.Union(w.box)
		if apart(read, want) <= wrong && want != "" {
			return box, true
		}
	}
	return image.Rectangle{}, false
}

// plain reduces a text to what reading it from a picture keeps.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == 'l' || r == '1' || r == '|' || r == '!':
			return 'i'
		case r == '0':
			return 'o'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, text)
}

// apart is how many letters have to be added, lost or changed to make a into b
// (Levenshtein's distance).
func apart(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

// String returns the lines that were read, for a failure's text.
func (p page) String() string {
	var b strings.Builder
	last := ""
	for _, w := range p {
		switch {
		case b.Len() == 0:
		case w.line == last:
			b.WriteByte(' ')
		default:
			b.WriteString(" / ")
		}
		b.WriteString(w.text)
		last = w.line
	}
	return b.String()
}
