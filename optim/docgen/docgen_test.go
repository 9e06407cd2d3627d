package docgen_test

import (
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/docgen"
)

// The committed page is what the tables say: go generate ./optim writes it.
func TestPageIsCurrent(t *testing.T) {
	want, err := docgen.Page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/optimizers.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/optimizers.md is not what the tables say; run go generate ./optim")
	}
	for _, e := range optim.Rules() {
		if !strings.Contains(want, "\n## "+e.Name+"\n") {
			t.Errorf("%s is not on the page", e.Name)
		}
	}
}

// The code in docs/adding-an-optimizer.md is that of optim/adding_test.go, which
// the compiler and the tests check.
func TestAddingIsTheExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/adding-an-optimizer.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../adding_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```go\n")[1:]
	if len(blocks) < 3 {
		t.Fatalf("the page has %d blocks of code", len(blocks))
	}
	for _, b := range blocks {
		code, _, _ := strings.Cut(b, "```")
		if !strings.Contains(string(source), code) {
			t.Errorf("optim/adding_test.go does not have this code of the page:\n%s", code)
		}
	}
}
