package optim_test

import (
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// updateProgram compiles a rule's update of n weights whose gradient is one
// operation away from memory. (The gradient itself as an input could not become
// the state of a rule that keeps it without a copy.)
func updateProgram(t *testing.T, rule optim.Rule, n int) *program.Program {
	t.Helper()
	g := graph.New()
	w, gradient := g.Input("w", tensor.Float32, n), g.Input("minus_gradient", tensor.Float32, n).Neg()
	s := optim.NewStep(optim.Config{
		Graph: g, W: w, Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64), Seed: g.Input("seed", tensor.Int64),
		Loss: func(w graph.Value) graph.Value { return w.SumAll() },
	})
	Δw := s.UpdateWithin(rule, optim.View{GradientAt: func(graph.Value) graph.Value { return gradient }})
	spec := program.Spec{Updates: []program.Update{{Slot: w, Next: w.Add(Δw)}}}
	for _, slot := range s.Slots() {
		spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	p, err := program.Compile(g, spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every elementwise rule is one loop over w: all its state is read and written
// in one pass, and no other instruction touches W numbers.
func TestOneLoop(t *testing.T) {
	wide := map[string]bool{} // norms, sums and means over w or a layer are passes of their own
	for _, name := range strings.Fields("lamb lars novograd polyak mars fromage stable_adamw adam_mini adafactor came sm3 " +
		"dog dowg dadapt_sgd dadapt_adam prodigy momo momo_adam spsa sophia adahessian") {
		wide[name] = true
	}
	for _, e := range optim.Rules() {
		if wide[e.Name] || e.Matrix {
			continue
		}
		p := updateProgram(t, e.New(), 4321)
		var passes []string
		for line := range strings.Lines(p.String()) {
			body := strings.HasPrefix(line, " ") // an operation of the loop above it
			if !body && strings.Contains(line, "4321") {
				passes = append(passes, line)
			}
		}
		if len(passes) != 1 || !strings.Contains(passes[0], "loop of 4321") {
			t.Errorf("%s: %d instructions over w, want one loop:\n%s", e.Name, len(passes), p)
		}
	}
}
