package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"
)

// Manual returns the program's manual page of a day, as man(7) source: it says
// what the program's own help says. It is made when packages are built.
func Manual(p Program, day time.Time) []byte {
	var out bytes.Buffer
	p.Out, p.Err = &out, &out
	help(context.Background(), p, "", nil)
	intro, usage, _ := strings.Cut(out.String(), "\n\nUsage:\n")
	usage, _, _ = strings.Cut(usage, "\n\nCommands:\n")

	m := &roff{}
	m.line(".TH %s 1 %s %q", strings.ToUpper(p.Name), day.UTC().Format(time.DateOnly), p.Name+" "+p.Version)
	m.section("NAME")
	// "snug lets friends talk ..." as "snug - lets friends talk ...".
	m.text(p.Name + " - " + strings.TrimSuffix(strings.TrimPrefix(intro, p.Name+" "), "."))
	m.section("SYNOPSIS")
	m.block(usage)
	m.section("DESCRIPTION")
	m.text(intro)
	m.line(".PP")
	m.text("--profile DIR keeps everything in one folder, so that several can run on one computer. A folder snug-data beside the program does the same for a program that is carried around.")
	m.section("COMMANDS")
	for _, c := range commands() {
		m.line(".SS %s", escape(strings.TrimSpace(c.name+" "+c.args)))
		m.paragraphs(c.long)
	}
	m.section("EXIT STATUS")
	m.text(fmt.Sprintf("%d if all went well, %d if something went wrong, %d if the arguments make no sense.", exitOK, exitFailed, exitUsage))
	m.section("FILES")
	m.text("Without --profile everything lies in the folders of the XDG Base Directory Specification: $XDG_CONFIG_HOME/snug, $XDG_DATA_HOME/snug, $XDG_STATE_HOME/snug and $XDG_CACHE_HOME/snug. Received files are in the folder for downloads, below Snug.")
	return m.Bytes()
}

// roff collects the source of a manual page.
type roff struct{ bytes.Buffer }

func (r *roff) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

func (r *roff) section(name string) { r.line(".SH %s", name) }

func (r *roff) text(s string) { r.line("%s", escape(s)) }

// block shows lines as they are.
func (r *roff) block(s string) {
	r.line(".nf")
	for line := range strings.Lines(s) {
		r.text(strings.TrimRight(line, "\n"))
	}
	r.line(".fi")
}

// paragraphs shows a help text: what is indented stays as it is, the rest flows.
func (r *roff) paragraphs(s string) {
	for i, p := range strings.Split(s, "\n\n") {
		if i > 0 {
			r.line(".PP")
		}
		head, rest, _ := strings.Cut(p, "\n  ")
		if rest != "" || strings.HasPrefix(p, "  ") {
			if !strings.HasPrefix(p, "  ") {
				r.text(strings.ReplaceAll(head, "\n", " "))
				p = "  " + rest
			}
			r.block(p)
			continue
		}
		r.text(strings.ReplaceAll(p, "\n", " "))
	}
}

// escape keeps man from reading a text as its own language.
func escape(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	s = strings.ReplaceAll(s, "'", `\(aq`)
	s = strings.ReplaceAll(s, "`", `\(ga`)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
