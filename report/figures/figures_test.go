package figures_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/report/figures"
)

// words is a text with its lines joined.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// docs/lecture.md tells what the code measures: its numbers come back on every machine,
// but for times.
func TestLecture(t *testing.T) {
	page, err := os.ReadFile("../../docs/lecture.md")
	if err != nil {
		t.Fatal(err)
	}
	lecture := words(string(page))
	for _, f := range figures.All() {
		if !strings.Contains(lecture, f.Title) {
			t.Errorf("docs/lecture.md has no %q; run descent figures --out docs/lecture", f.Title)
		}
		if f.Name == "cost" { // times; the command's script draws it
			continue
		}
		p, err := f.Draw(context.Background(), 1, "")
		if err != nil {
			t.Fatal(err)
		}
		if p.Timed || p.Caption == "" || !strings.Contains(lecture, words(p.Text)) {
			t.Errorf("%s: docs/lecture.md does not say what was measured: %s", f.Name, p.Text)
		}
		var b bytes.Buffer
		if err := p.Figure.WritePNG(&b); err != nil || b.Len() < 10_000 {
			t.Errorf("%s: a picture of %d bytes: %v", f.Name, b.Len(), err)
		}
	}
}

// What theory says: ravine's factors 1 − η, 24/26 and 25η − 1; momentum's gains 1 and 2, and
// (1 − 0.9⁸⁰)/(1 − 0.9) = 9.998; booth's eigenvalues 2 and 18 at 45°.
func TestFacts(t *testing.T) {
	for name, facts := range map[string][]string{
		"rate":     {"is 0.9900 at η = 0.01", "0.9231 at the best rate", "1.0250 at η = 0.081"},
		"momentum": {"is 1, 2 and 9.998 times"},
		"bowl":     {"are 2 and 18", "at 45°", "1.49 along one eigenvector and 4.47"},
	} {
		f, err := figures.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Draw(context.Background(), 1, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, fact := range facts {
			if !strings.Contains(p.Text, fact) {
				t.Errorf("%s does not say %q: %s", name, fact, p.Text)
			}
		}
	}
	if _, err := figures.Lookup("rat"); err == nil || !strings.Contains(err.Error(), `did you mean "rate"?`) {
		t.Errorf("%v", err)
	}
}

// Another kernel set gives the same picture, and another seed another one.
func TestSeedAndKernel(t *testing.T) {
	f, err := figures.Lookup("batch")
	if err != nil {
		t.Fatal(err)
	}
	var all [3]bytes.Buffer
	for i, c := range []struct {
		seed   int64
		kernel string
	}{{1, ""}, {1, "generic"}, {2, ""}} {
		p, err := f.Draw(context.Background(), c.seed, c.kernel)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Figure.WritePNG(&all[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(all[0].Bytes(), all[1].Bytes()) {
		t.Error("kernel sets differ")
	}
	if bytes.Equal(all[0].Bytes(), all[2].Bytes()) {
		t.Error("seeds do not")
	}
}
