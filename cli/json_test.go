package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page of JSON keys names every key that a command prints, in the command's section.
func TestJSONPage(t *testing.T) {
	text, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string][]string{}
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(body, -1) {
			named[name] = append(named[name], m[1])
		}
	}
	dir := t.TempDir()
	runA, runB, digits := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "digits")
	picture := filepath.Join(dir, "a.png")
	iris, err := filepath.Abs("../data/testdata/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	table := []string{"train", "csv", "--set", "data.path=" + iris, "--set", "data.target=species", "--hidden", "3", "--validation", "0.1", "--json", "--quiet"}
	for _, args := range [][]string{
		append(table, "--epochs", "40", "--out", runA),
		append(table, "--epochs", "2", "--seed", "2", "--out", runB),
		{"train", "diabetes", "--steps", "40", "--watch", "--validation", "0.1", "--out", "", "--json", "--quiet"},
		{"train", "digits", "--steps", "5", "--out", digits, "--json", "--quiet"},
		{"evaluate", runA, "--json"},
		{"predict", runA, iris, "--json"},
		{"inspect", runA, "--json"},
		{"export", runA, "--onnx", filepath.Join(dir, "a.onnx"), "--json"},
		{"compare", "iris", "--optimizers", "sgd:lr=0.01|0.1,adam:lr=0.01", "--seeds", "2", "--steps", "10", "--out", "", "--json", "--quiet"},
		{"lr-find", "iris", "--optimizer", "sgd", "--seeds", "2", "--steps", "50", "--json", "--quiet"},
		{"optimizers", "--json"},
		{"trace", "booth", "--steps", "3", "--json"},
		{"curvature", runA, "--json", "--quiet"},
		{"curvature", digits, "--examples", "64", "--products", "10", "--vectors", "1", "--eigenvalues", "1", "--json", "--quiet"},
		{"stationary", runA, "--starts", "2", "--json", "--quiet"},
		{"quadratic", runA, "--json", "--quiet"},
		{"surface", "booth", "--points", "11", "--optimizers", "sgd:lr=0.01", "--out", picture, "--json", "--quiet"},
		{"surface", runA, "--points", "5", "--directions", "pca", "--out", picture, "--json", "--quiet"},
		{"surface", runA, runB, "--points", "5", "--out", picture, "--json", "--quiet"},
		{"figures", "bowl", "--out", filepath.Join(dir, "figures"), "--json", "--quiet"},
		{"version", "--json"},
	} {
		code, stdout, stderr := run(t, args...)
		if code != 0 {
			t.Errorf("%s: exit code %d: %s", strings.Join(args, " "), code, stderr)
			continue
		}
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		var object any
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &object); err != nil {
			t.Errorf("%s: %v", strings.Join(args, " "), err)
			continue
		}
		for _, key := range keysOf(object) {
			if !slices.Contains(named[args[0]], key) {
				t.Errorf("docs/json.md has no key `%s` in %q; %s prints it", key, args[0], strings.Join(args, " "))
			}
		}
	}
}

// keysOf are all keys of objects within an object, but not those that are names of a user's.
func keysOf(x any) (keys []string) {
	switch x := x.(type) {
	case map[string]any:
		for k, v := range x {
			keys = append(keys, k)
			if k != "probabilities" && k != "last" {
				keys = append(keys, keysOf(v)...)
			}
		}
	case []any:
		for _, v := range x {
			keys = append(keys, keysOf(v)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
