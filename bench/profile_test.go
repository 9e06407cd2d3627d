package bench

import (
	"context"
	"slices"
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
	instructions, grouped := 0, 0
	for _, s := range p.Kinds() {
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
	groups := p.Groups()
	for i, g := range groups {
		all += g.Seconds
		grouped += g.Instructions
		if i > 0 && g.Seconds > groups[i-1].Seconds {
			t.Errorf("%v after %v", g.Seconds, groups[i-1].Seconds)
		}
	}
	if d := all - sum; d > 1e-9 || d < -1e-9 || grouped != instructions {
		t.Errorf("the groups take %v, the kinds %v; %d instructions of %d", all, sum, grouped, instructions)
	}
	if _, err := All()[0].Profile(context.Background(), 1, "", program.Float32); err == nil {
		t.Error("a profile of fmapeak, which has no instructions")
	}
}

// TestGroups: alike is what differs in the layer's number alone.
func TestGroups(t *testing.T) {
	in := func(what, layer, place string, seconds float64) Instruction {
		return Instruction{What: what, Layer: layer, Place: place, Seconds: seconds, Flops: 10, Bytes: 1}
	}
	p := Profile{Instructions: []Instruction{
		in("matmul [4 4]", "block1.mlp", "a.go:1", 1), in("matmul [4 4]", "block2.mlp", "a.go:1", 2), in("matmul [4 4]", "block12.mlp", "a.go:1", 3),
		in("matmul [4 5]", "block1.mlp", "a.go:1", 4), in("matmul [4 4]", "block1.out", "a.go:1", 5), in("matmul [4 4]", "block1.mlp", "a.go:2", 5.5),
	}}
	want := []Group{
		{"matmul [4 4]", "block*.mlp", "a.go:1", Share{3, 6, 30, 3}},
		{"matmul [4 4]", "block1.mlp", "a.go:2", Share{1, 5.5, 10, 1}},
		{"matmul [4 4]", "block1.out", "a.go:1", Share{1, 5, 10, 1}},
		{"matmul [4 5]", "block1.mlp", "a.go:1", Share{1, 4, 10, 1}},
	}
	if got := p.Groups(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
