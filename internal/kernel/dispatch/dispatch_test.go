package dispatch

import (
	"slices"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	names := Names()
	if names[len(names)-1] != "generic" {
		t.Fatalf("Names() = %v; generic runs everywhere and is the slowest", names)
	}
	for _, name := range names {
		table, err := Pick(name)
		if err != nil || table.Name != name {
			t.Errorf("Pick(%q) = %v, %v", name, table, err)
		}
	}
	fastest, err := Pick("")
	if err != nil || fastest.Name != names[0] {
		t.Errorf("Pick(\"\") = %v, %v; want %s", fastest, err, names[0])
	}
}

// A name from elsewhere or from another processor is refused, with what would be right.
func TestPickRefuses(t *testing.T) {
	for _, name := range []string{"avx9", "AVX2", "avx512", "avx2", "neon"} {
		if slices.Contains(Names(), name) {
			continue
		}
		_, err := Pick(name)
		if err == nil {
			t.Errorf("Pick(%q) succeeded", name)
			continue
		}
		text := err.Error()
		for _, want := range append(Names(), name, Variable) {
			if !strings.Contains(text, want) {
				t.Errorf("Pick(%q): %q does not mention %s", name, text, want)
			}
		}
		if strings.Contains(text, "\n") {
			t.Errorf("Pick(%q): more than one line: %q", name, text)
		}
	}
}

func TestPeakCounts(t *testing.T) {
	for _, name := range Names() {
		peak := Peak(name)
		if one, ten := peak(1), peak(10); one <= 0 || ten != 10*one {
			t.Errorf("Peak(%q): 1 round counts %v operations, 10 rounds %v", name, one, ten)
		}
	}
}
