package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/godescent/descent/cli/spec"
)

// The README's specification is a valid one, its Go code stands in the example that
// is compiled and run, and the commands it names exist.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```(yaml|go)\n(.*?)```").FindAllSubmatch(readme, -1)
	seen := map[string]int{}
	for _, b := range blocks {
		kind, text := string(b[1]), string(b[2])
		seen[kind]++
		switch kind {
		case "yaml":
			doc, err := spec.Parse([]byte(text), "../flowers.yaml", spec.NewTables())
			if err != nil {
				t.Fatal(err)
			}
			s, err := doc.Spec()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Build(); err != nil {
				t.Fatal(err)
			}
		case "go":
			example, err := os.ReadFile("../train/example_test.go")
			if err != nil {
				t.Fatal(err)
			}
			if indented := "\t" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n\t"); !strings.Contains(string(example), indented) {
				t.Error("the Go code of README.md is not a part of train/example_test.go")
			}
		}
	}
	if seen["yaml"] != 1 || seen["go"] != 1 {
		t.Errorf("README.md has the blocks %v, want one of each", seen)
	}
	for _, line := range regexp.MustCompile(`(?m)^    (?:\$ )?descent ([a-z]+)`).FindAllSubmatch(readme, -1) {
		if code, _, stderr := run(t, string(line[1]), "--help"); code != 0 {
			t.Errorf("descent %s: %s", line[1], stderr)
		}
	}
}
