package cli_test

import (
	"errors"
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

// slowInReadme are the README's commands that take longer than a test may, all the others
// are run as they stand, in their order; with -long these too.
var slowInReadme = regexp.MustCompile(`mnist|austen|bench|digits`)

func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(readme), "## Other things to do")
	list, _, _ = strings.Cut(list, "\n## ")
	iris, err := os.ReadFile("../data/testdata/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := errors.Join(os.MkdirAll("data/testdata", 0o777), os.WriteFile("data/testdata/iris.csv", iris, 0o666)); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, m := range regexp.MustCompile(`(?m)^    descent (.*)$`).FindAllStringSubmatch(list, -1) {
		line, comment, _ := strings.Cut(m[1], " # ")
		lines := []string{line}
		for _, also := range regexp.MustCompile(`descent ([^,\n]*)`).FindAllStringSubmatch(comment, -1) {
			lines = append(lines, also[1])
		}
		for _, line := range lines {
			if slowInReadme.MatchString(line) && !*long {
				continue
			}
			ran++
			if code, _, stderr := run(t, words(line)...); code != 0 {
				t.Errorf("descent %s: exit code %d: %s", line, code, stderr)
			}
		}
	}
	if ran < 12 {
		t.Errorf("only %d commands were found", ran)
	}
}

// words are a command's, as a shell takes it apart: quotes hold one together.
func words(line string) (out []string) {
	for _, m := range regexp.MustCompile(`"([^"]*)"|\S+`).FindAllStringSubmatch(line, -1) {
		if m[1] != "" {
			out = append(out, m[1])
		} else {
			out = append(out, m[0])
		}
	}
	return out
}
