package bench

import (
	"context"
	"testing"

	"github.com/godescent/descent/program"
)

// TestProfile: a step's products are counted in full, and its parts add up.
func TestProfile(t *testing.T) {
	list, err := Lookup("mlp_momentum")
	if err != nil {
		t.Fatal(err)
	}
	p, err := list[0].Profile(context.Background(), 1, "", program.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "mlp_momentum" || p.Threads != 1 || !(p.Step > 0) || !(p.Peak > 0) || !(p.Copy > 0) {
		t.Errorf("%+v", p)
	}
	// Forward and by the weights for three layers, by the input for two: 2·B·(Σ in·out).
	want := 2 * 128 * (2*784*256 + 3*256*128 + 3*128*10)
	var flops, sum, all float64
	instructions := 0
	for _, s := range p.Shares() {
		if s.Kind == Products {
			flops = s.Flops
		}
		if !(s.Seconds > 0) {
			t.Errorf("%+v", s)
		}
		sum += s.Seconds
		instructions += s.Instructions
	}
	if flops != float64(want) || instructions != len(p.Instructions) {
		t.Errorf("%v flops in products, want %v; %d instructions of %d", flops, want, instructions, len(p.Instructions))
	}
	longest := p.Longest(1 << 20)
	for i, in := range longest {
		all += in.Seconds
		if i > 0 && in.Seconds > longest[i-1].Seconds {
			t.Errorf("%v after %v", in.Seconds, longest[i-1].Seconds)
		}
	}
	if d := all - sum; d > 1e-9 || d < -1e-9 {
		t.Errorf("the instructions take %v, the kinds %v", all, sum)
	}
	if _, err := All()[0].Profile(context.Background(), 1, "", program.Float32); err == nil {
		t.Error("a profile of fmapeak, which has no instructions")
	}
}
