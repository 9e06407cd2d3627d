package program

import (
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// TestChoice: a product that only one branch of a choice needs is computed in the steps that take
// it, and no other work is kept from the loop that chooses.
func TestChoice(t *testing.T) {
	g := graph.New()
	x, last, τ := g.Input("x", tensor.Float32, 64, 64), g.Input("last", tensor.Float32, 64, 64), g.Input("tau", tensor.Float64)
	product := x.MatMul(x) // made before the condition is
	due := τ.Div(g.Const(3)).Floor().Mul(g.Const(3)).Equal(τ)
	next := graph.Where(due, product.Tanh().MatMul(x).Scale(0.1), last)
	cheap := graph.Where(due, x.Exp(), last)
	p, err := Compile(g, Spec{Outputs: []graph.Value{cheap}, Updates: []Update{{last, next}, {τ, τ.Plus(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	text := p.String()
	if n := strings.Count(text, " if %"); n != 3 { // two products and the loop between them
		t.Errorf("%d instructions are skipped, want 3:\n%s", n, text)
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "loop") && strings.Contains(line, "if %") && strings.Contains(line, "exp") {
			t.Errorf("a pass by itself is skipped: %s", line)
		}
	}
	pool := NewPool(1)
	defer pool.Close()
	inst := p.NewInstance(pool, kernel.Portable())
	fill := func(by float64) {
		for i := range 64 * 64 {
			inst.Input(x).SetAt(i, by*float64(i%17-8)/100)
		}
	}
	var kept []float64
	for step := range 7 {
		fill(float64(step + 1))
		want, err := graph.Evaluate([]graph.Value{next}, map[graph.Value]*tensor.Array{x: inst.Input(x), last: inst.Input(last).Clone(), τ: tensor.From([]float64{float64(step)})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := inst.Step(); err != nil {
			t.Fatal(err)
		}
		if at, ok := differ(inst.Input(last), want[0]); !ok {
			t.Fatalf("step %d differs at %d", step, at)
		}
		if same := kept != nil && kept[1] == inst.Input(last).At(1); same != (step%3 != 0) {
			t.Errorf("step %d: the state is the one before: %v", step, same)
		}
		kept = inst.Input(last).Float64s()
	}
	costs, err := inst.Profile(6)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range costs {
		if strings.HasPrefix(c.What, "matmul") && c.Median <= 0 {
			t.Errorf("%s takes %v", c.What, c.Median)
		}
	}
}
