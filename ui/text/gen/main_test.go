package main

import (
	"bytes"
	"os"
	"testing"
)

func TestSentencesAreCurrent(t *testing.T) {
	in, err := os.ReadFile("../en.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../sentences.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("sentences.go is not what en.json says: run go generate ./ui/text")
	}
}

func TestGenerateRefuses(t *testing.T) {
	for what, in := range map[string]string{"no JSON": `{`, "a number": `{"a": 1}`, "no form for other": `{"a": {"one": "x"}}`} {
		if got, err := Generate([]byte(in)); err == nil {
			t.Errorf("%s: got %s, want an error", what, got)
		}
	}
}

func TestFuncName(t *testing.T) {
	for key, want := range map[string]string{"join.bad.link": "JoinBadLink", "invite.qr": "InviteQR", "app": "App"} {
		if got := FuncName(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}
