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
		precisions := []program.Precision{program.Float32, program.BFloat16}
		if b.Name == "mlp_momentum" { // each has a run of its own to prepare
			precisions = precisions[:1]
		}
		for _, p := range precisions {
			r, err := b.Run(context.Background(), 1, "", p)
			if err != nil || !(r.Value > 0) || math.IsInf(r.Value, 0) || r.Name != b.Name || r.Threads != 1 || r.Precision != p.String() {
				t.Errorf("%s: %+v, %v", b.Name, r, err)
			}
			ratio := r.Value / r.Float32
			if b.Unit == "ms" {
				ratio = 1 / ratio
			}
			if half := p == program.BFloat16; half != (r.BF16 != "") || half != (r.Float32 > 0) || half && math.Abs(r.OverFloat32/ratio-1) > 1e-9 {
				t.Errorf("%s in %v: %+v; want the figure in float32 and the ratio, beside bf16 alone", b.Name, p, r)
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
