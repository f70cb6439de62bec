// Command gen writes ui/text/sentences.go: one Go function for every sentence
// of en.json, so that the compiler finds a sentence that does not exist and an
// argument that is missing. go generate runs it; the program does not hold it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	in, err := os.ReadFile("en.json")
	if err != nil {
		log.Fatal(err)
	}
	out, err := Generate(in)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("sentences.go", out, 0o644); err != nil {
		log.Fatal(err)
	}
}

// FuncName is the Go name of a key: "join.bad.link" is JoinBadLink.
func FuncName(key string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(key, ".") {
		if part == "qr" {
			b.WriteString("QR")
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// Generate turns the file of sentences into Go source. Parameters stand in the
// order in which the sentence, in its form for many, names them.
func Generate(in []byte) ([]byte, error) {
	var all map[string]any
	if err := json.Unmarshal(in, &all); err != nil {
		return nil, fmt.Errorf("en.json: %w", err)
	}
	hole := regexp.MustCompile(`\{([a-z]+)(:int)?\}`)
	var b bytes.Buffer
	b.WriteString("// Code generated from en.json by go generate. DO NOT EDIT.\n\npackage text\n")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		var sentence string
		switch v := all[key].(type) {
		case string:
			sentence = v
		case map[string]any:
			sentence, _ = v["other"].(string)
		}
		if sentence == "" {
			return nil, fmt.Errorf("en.json: %s has no sentence", key)
		}
		var params, args, seen []string
		for _, m := range hole.FindAllStringSubmatch(sentence, -1) {
			if slices.Contains(seen, m[1]) {
				continue
			}
			seen = append(seen, m[1])
			kind := "string"
			if m[2] != "" {
				kind = "int"
			}
			params = append(params, m[1]+" "+kind)
			args = append(args, fmt.Sprintf("%q, %s", m[1], m[1]))
		}
		call := fmt.Sprintf("%q", key)
		if len(args) > 0 {
			call += ", " + strings.Join(args, ", ")
		}
		name := FuncName(key)
		fmt.Fprintf(&b, "\n// %s is %q.\nfunc %s(%s) string { return fill(%s) }\n", name, sentence, name, strings.Join(params, ", "), call)
	}
	return format.Source(b.Bytes())
}
