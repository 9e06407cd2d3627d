package bench

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/program"
)

// TestFigures: the small benchmarks run and give positive figures.
func TestFigures(t *testing.T) {
	list, err := Lookup("sgemm128", "mlp_momentum", "gradient512")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range list {
		for _, p := range []program.Precision{program.Float32, program.BFloat16} {
			r, err := b.Run(context.Background(), 1, "", p)
			if err != nil || !(r.Value > 0) || math.IsInf(r.Value, 0) || r.Name != b.Name || r.Threads != 1 || r.Precision != p.String() {
				t.Errorf("%s: %+v, %v", b.Name, r, err)
			}
		}
	}
}

func TestNames(t *testing.T) {
	if _, err := Lookup("sgem128"); err == nil || !strings.Contains(err.Error(), `"sgemm128"`) {
		t.Errorf("got %v", err)
	}
	seen := map[string]bool{}
	for _, b := range All() {
		if seen[b.Name] || b.Unit == "" || b.Doc == "" {
			t.Errorf("%+v", b)
		}
		seen[b.Name] = true
	}
}
