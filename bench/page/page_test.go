package main

import (
	"errors"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	page := "# Title\n\n<!-- run: descent a -->\nold\n<!-- end -->\ntext\n<!-- run markdown: go b -->\n<!-- end -->\nlast"
	run := func(command string) (string, error) { return "out of " + command + "  \n\n", nil }
	for _, c := range []struct{ only, want string }{
		{"", "# Title\n\n<!-- run: descent a -->\n```text\n$ descent a\nout of descent a\n```\n<!-- end -->\ntext\n<!-- run markdown: go b -->\n\nout of go b\n\n<!-- end -->\nlast"},
		{"go b", "# Title\n\n<!-- run: descent a -->\nold\n<!-- end -->\ntext\n<!-- run markdown: go b -->\n\nout of go b\n\n<!-- end -->\nlast"},
	} {
		got, err := fill(page, c.only, run)
		if err != nil || got != c.want {
			t.Errorf("only %q gives\n%s\n%v", c.only, got, err)
		}
		// Again it changes nothing.
		if again, err := fill(got, c.only, run); err != nil || again != got {
			t.Errorf("again gives\n%s\n%v", again, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	ok := func(string) (string, error) { return "", nil }
	for _, c := range []struct {
		page, want string
		run        func(string) (string, error)
	}{
		{"x\n<!-- run: a -->\ny", `line 2: "a" has no <!-- end -->`, ok},
		{"<!-- run: a -->\n<!-- run: b -->\n<!-- end -->", `line 1: "a" has no <!-- end -->`, ok},
		{"<!-- run: a -->\n<!-- end -->", "line 1: a: broke", func(string) (string, error) { return "", errors.New("broke") }},
	} {
		if _, err := fill(c.page, "", c.run); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.page, err)
		}
	}
	if err := refresh(nil, ""); err == nil {
		t.Error("no page is no mistake")
	}
}
