package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/snugchat/snug/net/host"
	"github.com/snugchat/snug/net/setup"
	"github.com/snugchat/snug/storage/chat"
)

const day = 24 * time.Hour

// sentence is why a command was not carried out, in words for whoever typed it.
type sentence string

func (s sentence) Error() string { return string(s) }

// adminFiles shows or changes how long files stay. What removes some at once asks
// for --yes first: nobody can bring them back.
func adminFiles(ctx context.Context, h *setup.Hosting, args []string, out io.Writer) error {
	f := flags("files", out)
	all := f.String("all", "", "all files together at most, 0: no limit")
	keep := f.String("keep", "", "for how long, 0: for ever")
	yes := f.Bool("yes", false, "also if that removes files now")
	rest, err := parse(f, args)
	if err != nil || len(rest) > 0 {
		return errUsage
	}
	place := h.Host().Place()
	before := place.Files
	if *all != "" {
		if place.Files.Total, err = parseSize(*all); err != nil {
			return errUsage
		}
	}
	if *keep != "" {
		if place.Files.Keep, err = parseDays(*keep); err != nil {
			return errUsage
		}
	}
	if least := host.LeastTotal(place.MaxFile); place.Files.Total > 0 && place.Files.Total < least {
		return sentence(fmt.Sprintf("All files together must have room for two of the largest (%s): at least %s.", formatSize(place.MaxFile), formatSize(least)))
	}
	if place.Files != before {
		r, err := h.Host().Do(ctx, host.Command{Verb: host.VerbFiles, Place: &place})
		if err != nil {
			return err
		}
		if r.Files.Old > 0 && !*yes {
			return sentence(fmt.Sprintf("This removes %d files (%s) now, for good. Words, files that are pinned in open rooms, and the copies in %s stay. With --yes it is done.",
				r.Files.Old, formatSize(r.Files.Freed), h.Received()))
		}
		if _, err := h.Host().Do(ctx, host.Command{Verb: host.VerbPlace, Place: &place}); err != nil {
			return err
		}
	}
	used := h.Host().Stats().BlobBytes
	fmt.Fprintf(out, "%s, %s of them now\n", fileRules(place.Files), formatSize(used))
	if line := filesWarning(used, place.Files); line != "" {
		fmt.Fprintln(out, line)
	}
	return nil
}

// fileRules says rules in words.
func fileRules(r chat.FileRules) string {
	var words []string
	if r.Keep > 0 {
		words = append(words, fmt.Sprintf("for %d days", r.Keep/day.Milliseconds()))
	}
	if r.Total > 0 {
		words = append(words, fmt.Sprintf("up to %s in all, then the oldest go", formatSize(r.Total)))
	}
	if len(words) == 0 {
		return "kept for ever"
	}
	return "kept " + strings.Join(words, ", ")
}

// filesWarning says that files are nearly as many as may be, "" if they are not.
func filesWarning(used int64, r chat.FileRules) string {
	if !host.NearlyFull(used, r) {
		return ""
	}
	return fmt.Sprintf("warning    files take %s of %s; then the oldest are removed", formatSize(used), formatSize(r.Total))
}

// parseDays reads a time like 90d, 1y, 48h or 0, in milliseconds.
func parseDays(s string) (int64, error) {
	s = strings.TrimSpace(s)
	for unit, length := range map[string]time.Duration{"d": day, "y": 365 * day} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseUint(digits, 10, 16)
			if err != nil || time.Duration(n)*length > host.MaxKeep {
				return 0, errUsage
			}
			return (time.Duration(n) * length).Milliseconds(), nil
		}
	}
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < host.MinKeep || d > host.MaxKeep {
		return 0, errUsage
	}
	return d.Milliseconds(), nil
}
