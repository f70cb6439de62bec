package main

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/snugchat/snug/crypto/recovery"
	"github.com/snugchat/snug/ui/text"
)

// kit lets Ben make a recovery kit where he is told of it, read its words, and
// prove that he has them.
func (s *story) kit(ctx context.Context) error {
	b := s.ben
	var code []string
	return do(ctx,
		b.clicksIn(asks, text.KitMake()), b.seesIn(sheet, text.KitTitle()), s.shows(b, "kit"), b.clicksIn(sheet, text.KitMake()),
		b.seesIn(sheet, text.KitHave()), s.shows(b, "kit-words"),
		func(ctx context.Context) (err error) { code, err = b.readKit(ctx); return err },
		b.clicksIn(sheet, text.KitHave()), b.seesIn(sheet, text.KitProve()), s.shows(b, "kit-prove"),
		func(ctx context.Context) error { return b.proveKit(ctx, code) },
		b.seesIn(sheet, text.KitDone()), s.shows(b, "kit-done"), b.clicksIn(sheet, text.WordDone()),
	)
}

// readKit reads the words of a kit as a person writes them down: by their
// columns, or the letters below them. That they were read right says the checksum.
func (p *program) readKit(ctx context.Context) (words []string, err error) {
	var tried []string
	err = until(ctx, patience, p.name+" shows the words of a kit", func() (bool, error) {
		read, err := p.read(ctx, sheet)
		if err != nil {
			return false, err
		}
		listed, letters := inColumns(read.between(text.KitWordsLine(), text.KitLetters(""))), ""
		for _, w := range read.between(text.KitWordsLine(), text.KitSave()) {
			letters += w.text
		}
		_, letters, _ = strings.Cut(letters, ":")
		tried = []string{strings.Join(listed, " "), letters}
		for _, t := range tried {
			if code, err := recovery.ParseCode(t); err == nil {
				words = code.Words()
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w; it shows %q", err, tried)
	}
	return words, nil
}

// between returns the words that stand below one text and above another.
func (p page) between(above, below string) page {
	top, ok := p.find(above)
	bottom, also := p.find(below)
	if !ok || !also {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p), func(w word) bool { return w.box.Min.Y < top.Max.Y || w.box.Max.Y > bottom.Min.Y })
}

// columnGap is how far apart two columns of words begin at least, in pixels.
const columnGap = 60

// inColumns returns the words of a page in the order of its columns, without the
// numbers before them.
func inColumns(p page) []string {
	kept := slices.DeleteFunc(slices.Clone(p), func(w word) bool { return strings.Trim(w.text, "0123456789.|") == "" || w.box.Dx() < 16 })
	slices.SortFunc(kept, func(a, b word) int { return a.box.Min.X - b.box.Min.X })
	column := 0
	columns := map[image.Rectangle]int{}
	for i, w := range kept {
		if i > 0 && w.box.Min.X-kept[i-1].box.Min.X > columnGap {
			column++
		}
		columns[w.box] = column
	}
	slices.SortFunc(kept, func(a, b word) int {
		return cmp.Or(columns[a.box]-columns[b.box], a.box.Min.Y-b.box.Min.Y)
	})
	out := make([]string, len(kept))
	for i, w := range kept {
		out[i] = strings.ToLower(strings.Trim(w.text, "0123456789.|"))
	}
	return out
}

// proveKit types the two words that are asked for, the upper one first.
func (p *program) proveKit(ctx context.Context, code []string) error {
	type asked struct{ n, y int }
	var fields []asked
	err := until(ctx, patience, p.name+" asks for two words", func() (bool, error) {
		read, err := p.read(ctx, sheet)
		if err != nil {
			return false, err
		}
		fields = nil
		for n := range code {
			// Not by find, which forgives a wrong digit. The gap is read or not.
			want := plain(text.KitWord(strconv.Itoa(n + 1)))
			for i, w := range read {
				if plain(w.text) == want || i+1 < len(read) && read[i+1].line == w.line && plain(w.text+read[i+1].text) == want {
					fields = append(fields, asked{n, w.box.Min.Y})
				}
			}
		}
		return len(fields) == 2, nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(fields, func(a, b asked) int { return a.y - b.y })
	for _, f := range fields {
		if err := do(ctx, p.writes(code[f.n]), p.presses("Return")); err != nil {
			return err
		}
	}
	return nil
}
