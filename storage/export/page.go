package export

import (
	"bufio"
	"fmt"
	"html/template"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// pageLines is how many lines a page has: about 1 MB, which a browser shows at
// once on a slow computer too.
const pageLines = 2000

// Words are the sentences that stand on pages, in the person's language.
type Words struct {
	Lang      string // BCP 47
	RightLeft bool
	Title     string // of the export: the place
	Line      string // who made it, and when
	Rooms     string // heading
	People    string // heading
	Data      string // what the folder data is
	Back      string // link to the index
	Earlier   string // link to the page before
	Later     string // link to the next page
	NotHere   string // of a file that was not on the computer
	Kind      func(*Room) string
	Day       func(time.Time) string
	Time      func(time.Time) string
	Count     func(rows int64) string
}

// Line is a line of a room as a person reads it. Everything in it is text, none
// of it HTML.
type Line struct {
	ID        string // of the message, for links
	System    bool   // a quiet line
	From      string
	Own       bool
	At        time.Time
	Text      string
	Quote     *Quote
	Reactions []string
	Notes     []string // edited, pinned, not sent
	File      *Media
}

// Quote is what a line answers.
type Quote struct{ ID, From, Text string }

// Media is the file of a line.
type Media struct {
	Name string
	Size string
	Path string // in the export; "": it was not on this computer
}

// Picture says whether browsers show the file as a picture: by its ending, among
// those that do nothing else than being seen.
func (m *Media) Picture() bool {
	switch strings.ToLower(path.Ext(m.Path)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp":
		return true
	}
	return false
}

// Link is the path as a relative URL, whose parts a name may not leave.
func (m *Media) Link() string {
	parts := strings.Split(m.Path, "/")
	for i := range parts {
		parts[i] = escapePart(parts[i])
	}
	return strings.Join(parts, "/")
}

// escapePart escapes a part of a path for a URL (RFC 3986, section 3.3): all but
// what is unreserved.
func escapePart(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// style is the look of all pages. It follows the computer's light or dark theme.
const style = `
:root{color-scheme:light dark;--bg:#f6f4f1;--card:#fff;--text:#22201d;--sub:#6d6862;--own:#dcebe4;--line:#e2ddd6;--link:#2b6a55}
@media (prefers-color-scheme:dark){:root{--bg:#1b1a18;--card:#262422;--text:#eeeae4;--sub:#a29b92;--own:#25403a;--line:#3a3733;--link:#8cc9b3}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
a{color:var(--link)}p.sub,.sub{color:var(--sub)}
ul{list-style:none;padding:0;margin:0}li.row{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem 1rem;margin:.4rem 0;overflow-wrap:anywhere}
nav{display:flex;gap:1rem;flex-wrap:wrap;margin:1rem 0}
.day{text-align:center;color:var(--sub);margin:1.5rem 0 .5rem;font-size:.85rem}
.sys{text-align:center;color:var(--sub);font-size:.9rem;margin:.5rem 2rem;overflow-wrap:anywhere}
.m{max-width:85%;width:fit-content;background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:.5rem .8rem;margin:.35rem 0;overflow-wrap:anywhere}
.m.own{background:var(--own);margin-inline-start:auto}
.who{font-weight:600;font-size:.85rem}.t{white-space:pre-wrap}
.q{border-inline-start:3px solid var(--link);padding-inline-start:.6rem;margin:.2rem 0;font-size:.9rem;color:var(--sub);display:block;text-decoration:none}
.when{color:var(--sub);font-size:.75rem;margin-inline-start:.6rem;font-weight:400}
.r span{display:inline-block;border:1px solid var(--line);border-radius:1rem;padding:0 .5rem;margin:.3rem .3rem 0 0;font-size:.85rem}
img{display:block;max-width:100%;max-height:28rem;border-radius:.5rem;margin:.3rem 0}
.m:target{outline:2px solid var(--link)}
`

// policy keeps a page from doing anything but showing what lies beside it.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:"

const headText = `<!DOCTYPE html>
<html lang="{{.Words.Lang}}" dir="{{if .Words.RightLeft}}rtl{{else}}ltr{{end}}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{.Policy}}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>{{.Title}}</title><style>{{.Style}}</style></head><body><main>
`

const pageText = `{{define "links"}}<nav><a href="index.html">{{.Words.Back}}</a>{{if .Before}}<a href="{{.Before}}">{{.Words.Earlier}}</a>{{end}}{{if .After}}<a href="{{.After}}">{{.Words.Later}}</a>{{end}}</nav>
{{end}}{{define "head"}}` + headText + `{{template "links" .}}<h1 dir="auto">{{.Title}}</h1><p class="sub">{{.Kind}}{{if .Topic}} · <span dir="auto">{{.Topic}}</span>{{end}}</p>
{{end}}{{define "day"}}<div class="day">{{.}}</div>
{{end}}{{define "line"}}{{with .Line}}{{if .System}}<div class="sys" dir="auto">{{.Text}}<span class="when">{{$.When}}</span></div>
{{else}}<div class="m{{if .Own}} own{{end}}" id="m{{.ID}}"><div class="who"><span dir="auto">{{.From}}</span><span class="when">{{$.When}}{{range .Notes}} · {{.}}{{end}}</span></div>
{{with .Quote}}<a class="q" href="#m{{.ID}}" dir="auto">{{.From}}: {{.Text}}</a>{{end}}{{with .File}}{{if .Path}}{{if .Picture}}<a href="{{.Link}}"><img src="{{.Link}}" alt="{{.Name}}" loading="lazy"></a>{{end}}<a href="{{.Link}}" dir="auto">{{.Name}}</a> <span class="sub">{{.Size}}</span>{{else}}<span dir="auto">{{.Name}}</span> <span class="sub">{{.Size}} · {{$.Words.NotHere}}</span>{{end}}
{{end}}{{if .Text}}<div class="t" dir="auto">{{.Text}}</div>{{end}}{{if .Reactions}}<div class="r">{{range .Reactions}}<span>{{.}}</span>{{end}}</div>{{end}}</div>
{{end}}{{end}}{{end}}{{define "foot"}}{{template "links" .}}</main></body></html>
{{end}}`

const indexText = headText + `<h1 dir="auto">{{.Title}}</h1><p class="sub">{{.Words.Line}}</p>
<h2>{{.Words.Rooms}}</h2><ul>{{range .Rooms}}<li class="row"><a href="{{.Page}}" dir="auto">{{.Name}}</a> <span class="sub">{{.Kind}} · {{.Count}}</span>{{if .Topic}}<br><span class="sub" dir="auto">{{.Topic}}</span>{{end}}</li>
{{end}}</ul><h2>{{.Words.People}}</h2><ul>{{range .People}}<li class="row" dir="auto">{{.}}</li>
{{end}}</ul><p class="sub">{{.Words.Data}}</p></main></body></html>
`

func templates() *template.Template {
	t := template.Must(template.New("page").Parse(pageText)) // a constant
	return template.Must(t.New("index").Parse(indexText))
}

// view is what a template gets.
type view struct {
	Words         *Words
	Policy        string
	Style         template.CSS
	Title         string
	Kind, Topic   string
	Before, After string
	Line          *Line
	When          string
	Rooms         []indexRow
	People        []string
}

type indexRow struct{ Page, Name, Kind, Count, Topic string }

// pageWriter writes one page of a room.
type pageWriter struct {
	f     *os.File
	out   *bufio.Writer
	t     *template.Template
	view  view
	lines int
	day   string
}

// beginPage begins the next page of the room.
func (w *Writer) beginPage() error {
	r := w.room
	r.Pages++
	name := pageName(r.base, r.Pages)
	f, err := w.create(name)
	if err != nil {
		return err
	}
	p := &pageWriter{f: f, out: bufio.NewWriterSize(f, 64<<10), t: templates(), view: view{
		Words: &w.words, Policy: policy, Style: style, Title: r.Name, Kind: w.words.Kind(&r.Room), Topic: r.Topic,
	}}
	if r.Pages == 1 {
		r.Page = name
	} else {
		p.view.Before = pageName(r.base, r.Pages-1)
	}
	r.page = p
	return p.write("head", p.view)
}

func (p *pageWriter) write(name string, data any) error {
	if err := p.t.ExecuteTemplate(p.out, name, data); err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

func (p *pageWriter) line(l *Line) error {
	p.lines++
	if !l.At.IsZero() {
		if day := p.view.Words.Day(l.At); day != p.day {
			p.day = day
			if err := p.write("day", day); err != nil {
				return err
			}
		}
		p.view.When = p.view.Words.Time(l.At)
	} else {
		p.view.When = ""
	}
	p.view.Line = l
	return p.write("line", p.view)
}

// endPage ends the page; more says that another one follows.
func (w *Writer) endPage(more bool) error {
	p := w.room.page
	if more {
		p.view.After = pageName(w.room.base, w.room.Pages+1)
	}
	err := p.write("foot", p.view)
	if err == nil {
		err = p.out.Flush()
	}
	if err == nil {
		err = p.f.Sync()
	}
	if cerr := p.f.Close(); err == nil {
		err = cerr
	}
	w.room.page = nil
	if err != nil {
		return fmt.Errorf("write export: %w", err)
	}
	return nil
}

// writeIndex writes the page that one opens first.
func (w *Writer) writeIndex(p *Place) error {
	v := view{Words: &w.words, Policy: policy, Style: style, Title: w.words.Title}
	for i := range p.Rooms {
		r := &p.Rooms[i]
		v.Rooms = append(v.Rooms, indexRow{r.Page, r.Name, w.words.Kind(r), w.words.Count(r.Rows), r.Topic})
	}
	for i := range p.People {
		v.People = append(v.People, p.People[i].Name)
	}
	t := templates()
	return w.write(indexName, func(out io.Writer) error { return t.ExecuteTemplate(out, "index", v) })
}
