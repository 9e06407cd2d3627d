package nn_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// step is a whole training step of a network on random batches, gathered from
// memory within it, with everything it runs on.
type step struct {
	*program.Instance
	program *program.Program
	w, loss graph.Value
	index   graph.Value
	rows    int
	at      uint32
}

// newStep is the step of the networks that design calls cnn and charlm.
func newStep(tb testing.TB, name string, pool *program.Pool, kernel string) *step {
	tb.Helper()
	check := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	g := graph.New()
	s := &step{rows: 4096}
	var model nn.Layer
	var rule optim.Rule
	var x, y graph.Value
	var err error
	switch name {
	case "cnn":
		model, err = nn.CNN(28, 28, 1, []int{32, 64}, []int{128}, 10)
		rule = optim.NewAdam()
		s.index = g.Input("batch", tensor.Int32, 64)
		pixels := g.Input("x", tensor.Uint8, s.rows, 784).Gather(s.index).Cast(tensor.Float32)
		x = pixels.Plus(-33.3).Scale(1 / 78.6)
		y = g.Input("y", tensor.Int32, s.rows).Gather(s.index)
	case "charlm":
		model, err = nn.CharLM(65, 128, 4, 4, 64, 0)
		rule = optim.After(optim.NewAdam(), optim.NewDecay())
		s.index = g.Input("batch", tensor.Int32, 32)
		x = g.Input("x", tensor.Int32, s.rows, 64).Gather(s.index)
		y = g.Input("y", tensor.Int32, s.rows, 64).Gather(s.index)
	}
	check(err)
	net, err := objective.NewNetwork(model, x.Type(), loss.NewCrossEntropy(), tensor.Float32)
	check(err)
	s.w = g.Input("w", tensor.Float32, net.Plan.Weights.Size())
	b := objective.Batch{X: x, Y: y, Train: true}
	if n := net.Plan.State.Size(); n > 0 {
		b.State = g.Input("running", tensor.Float32, n)
	}
	tau, rate := g.Input("step", tensor.Float64), g.Input("lr", tensor.Float64)
	var built objective.Built
	st := optim.NewStep(optim.Config{Graph: g, W: s.w, Rate: rate, Tau: tau.Plus(1), Layout: net.Plan.Weights,
		Loss: func(w graph.Value) graph.Value { built = net.Build(b, w); return built.Loss }})
	Δw := st.Update(rule)
	check(st.Err())
	s.loss = built.Loss
	spec := program.Spec{
		Outputs: []graph.Value{built.Loss, loss.Correct(built.Output, y)},
		Updates: []program.Update{{Slot: s.w, Next: s.w.Add(Δw)}, {Slot: tau, Next: tau.Plus(1)}},
		Guard:   []graph.Value{built.Loss},
	}
	if b.State.Valid() {
		spec.Updates = append(spec.Updates, program.Update{Slot: b.State, Next: built.NextState})
	}
	for _, slot := range st.Slots() {
		spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
	}
	s.program, err = program.Compile(g, spec)
	check(err)
	table, err := dispatch.Pick(kernel)
	check(err)
	s.Instance = s.program.NewInstance(pool, table)
	w, err := net.Plan.Weights.Initial(tensor.Float32, 1)
	check(err)
	check(s.Bind(s.w, w))
	s.Input(rate).SetAt(0, 1e-3)
	for _, h := range st.Hypers() {
		s.Input(h.Value).SetAt(0, h.Default)
	}
	for id := range g.Len() {
		in, ok := g.At(id).Op().(graph.Input)
		if !ok || in.Key != "x" && in.Key != "y" {
			continue
		}
		a := s.Input(g.At(id))
		for i := range a.Size() {
			a.SetAt(i, float64(uint32(i)*2654435761>>8%10))
		}
	}
	s.draw()
	return s
}

// draw makes the next batch.
func (s *step) draw() {
	for i := range program.Slice[int32](s.Instance, s.index) {
		s.at = s.at*1664525 + 1013904223
		program.Slice[int32](s.Instance, s.index)[i] = int32(s.at>>8) % int32(s.rows)
	}
}

// BenchmarkStep is a training step of the convolutional and of the character
// model. With PROFILE set it lists what takes longest.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"cnn", "charlm"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				pool := program.NewPool(threads)
				defer pool.Close()
				s := newStep(b, name, pool, "")
				best := time.Hour
				b.ReportAllocs()
				for b.Loop() {
					start := time.Now()
					s.draw()
					if err := s.Step(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
				b.ReportMetric(1/best.Seconds(), "best-steps/s")
				if os.Getenv("PROFILE") != "" {
					profile(b, s)
				}
			})
		}
	}
}

func profile(tb testing.TB, s *step) {
	costs, err := s.Profile(20)
	if err != nil {
		tb.Fatal(err)
	}
	if os.Getenv("PROFILE") == "program" {
		fmt.Println(s.program)
	}
	slices.SortStableFunc(costs, func(a, b program.Cost) int { return int(b.Median - a.Median) })
	var all time.Duration
	for _, c := range costs {
		all += c.Median
	}
	fmt.Printf("%d instructions, %v, arena %d MB\n", len(costs), all, s.program.ArenaBytes()>>20)
	for _, c := range costs[:min(40, len(costs))] {
		fmt.Printf("%10v %-16s %.120s\n", c.Median, c.Scope, c.What)
	}
}
