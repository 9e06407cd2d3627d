package program_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

const benchWeights = 10_000_000

// memoryWork is a step that streams through memory, and the bytes that it must move.
type memoryWork struct {
	name  string
	bytes int
	once  func()
}

// updateWork is a rule's update of weights, with a gradient that lies in
// memory: w and every slot are read and written, the gradient is read.
func updateWork(tb testing.TB, name string, rule optim.Rule, pool *program.Pool, table *kernel.Table, interpret bool) memoryWork {
	g := graph.New()
	w, gradient := g.Input("w", tensor.Float32, benchWeights), g.Input("g", tensor.Float32, benchWeights)
	rate, tau := g.Input("rate", tensor.Float64), g.Input("tau", tensor.Float64)
	s := optim.NewStep(optim.Config{
		Graph: g, W: w, Rate: rate, Tau: tau, Seed: g.Input("seed", tensor.Int64),
		Loss: func(w graph.Value) graph.Value { return w.SumAll() },
	})
	Δw := s.UpdateWithin(rule, optim.View{GradientAt: func(graph.Value) graph.Value { return gradient }})
	spec := program.Spec{Updates: []program.Update{{Slot: w, Next: w.Add(Δw)}}}
	wide := 1 // w, and state of its size
	for _, slot := range s.Slots() {
		spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
		if slot.Last.Size() == benchWeights {
			wide++
		}
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	in := compiled(tb, g, spec, pool, table)
	in.Interpret(interpret)
	in.Input(rate).SetAt(0, 1e-3)
	in.Input(tau).SetAt(0, 1)
	for _, h := range s.Hypers() {
		in.Input(h.Value).SetAt(0, h.Default)
	}
	ramp(in.Input(gradient))
	return memoryWork{name, 4 * benchWeights * (2*wide + 1), func() { in.Step() }}
}

// streamWork reads and writes as many arrays as an update, and reads one, with
// next to no arithmetic: what the arithmetic of an update may not slow down.
func streamWork(tb testing.TB, arrays int, pool *program.Pool, table *kernel.Table) memoryWork {
	g := graph.New()
	read := g.Input("g", tensor.Float32, benchWeights)
	spec := program.Spec{}
	for i := range arrays {
		x := g.Input(fmt.Sprint("x", i), tensor.Float32, benchWeights)
		next := x.Neg()
		if i == 0 {
			next = x.Add(read)
		}
		spec.Updates = append(spec.Updates, program.Update{Slot: x, Next: next})
	}
	in := compiled(tb, g, spec, pool, table)
	ramp(in.Input(read))
	return memoryWork{fmt.Sprintf("stream%d", arrays), 4 * benchWeights * (2*arrays + 1), func() { in.Step() }}
}

// copyWork copies: bytes read and bytes written are counted, as in every work here.
func copyWork(pool *program.Pool) memoryWork {
	src, dst := tensor.New(tensor.Float32, 4*benchWeights), tensor.New(tensor.Float32, 4*benchWeights)
	ramp(src)
	n, threads := len(src.Raw()), pool.Threads()
	return memoryWork{"copy", 2 * n, func() {
		pool.Run(threads, func(lo, hi int) {
			lo, hi = lo*(n/threads), hi*(n/threads)
			copy(dst.Raw()[lo:hi], src.Raw()[lo:hi])
		})
	}}
}

func compiled(tb testing.TB, g *graph.Graph, spec program.Spec, pool *program.Pool, table *kernel.Table) *program.Instance {
	tb.Helper()
	p, err := program.Compile(g, spec)
	if err != nil {
		tb.Fatal(err)
	}
	return p.NewInstance(pool, table)
}

func ramp(a *tensor.Array) {
	x := tensor.Slice[float32](a)
	for i := range x {
		x[i] = float32(i%1000+1) * 1e-3
	}
}

// BenchmarkUpdate10M reports, for updates of ten million float32 weights written
// as their equations, the bandwidth at the bytes that each must move, beside
// that of a copy and of the same traffic without arithmetic. The works take
// turns, since other programs use the memory too, and each reports its best.
func BenchmarkUpdate10M(b *testing.B) {
	for _, name := range dispatch.Names() {
		table, err := dispatch.Pick(name)
		if err != nil {
			b.Fatal(err)
		}
		if name == "generic" {
			continue
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				pool := program.NewPool(threads)
				defer pool.Close()
				works := []memoryWork{
					copyWork(pool), streamWork(b, 1, pool, table), streamWork(b, 2, pool, table), streamWork(b, 3, pool, table),
					updateWork(b, "adam", optim.NewAdam(), pool, table, false),
					updateWork(b, "adamw", optim.NewAdamW(), pool, table, false),
					updateWork(b, "rmsprop", optim.NewRMSProp(), pool, table, false),
					updateWork(b, "momentum", optim.NewMomentum(), pool, table, false),
					updateWork(b, "adagrad", optim.NewAdaGrad(), pool, table, false),
					updateWork(b, "interpreted-adam", optim.NewAdam(), pool, table, true),
				}
				best := make([]time.Duration, len(works))
				for i := range works {
					works[i].once()
					best[i] = time.Hour
				}
				for b.Loop() {
					for i := range works {
						start := time.Now()
						works[i].once()
						best[i] = min(best[i], time.Since(start))
					}
				}
				for i, w := range works {
					b.ReportMetric(float64(w.bytes)/float64(best[i]), w.name+"-GB/s")
				}
			})
		}
	}
}

// BenchmarkShelf10M reports, for the update of ten million weights by each rule
// that is one loop over w, its bandwidth at the bytes that it must move, and that
// over a copy's, measured in turns with it.
//
//	go test ./program -run '^$' -bench Shelf10M -benchtime 5x
func BenchmarkShelf10M(b *testing.B) {
	table, err := dispatch.Pick("")
	if err != nil {
		b.Fatal(err)
	}
	const threads = 2
	pool := program.NewPool(threads)
	defer pool.Close()
	best := func(w memoryWork) time.Duration {
		start := time.Now()
		w.once()
		return time.Since(start)
	}
	for _, e := range optim.Rules() {
		if e.Matrix || passes(b, e.New()) != 1 { // a flat w has no matrix
			continue
		}
		b.Run(e.Name, func(b *testing.B) {
			works := [2]memoryWork{copyWork(pool), updateWork(b, e.Name, e.New(), pool, table, false)}
			least := [2]time.Duration{time.Hour, time.Hour}
			for b.Loop() {
				for i, w := range works {
					least[i] = min(least[i], best(w))
				}
			}
			rate := func(i int) float64 { return float64(works[i].bytes) / float64(least[i]) }
			b.ReportMetric(float64(works[1].bytes)/benchWeights, "bytes/weight")
			b.ReportMetric(rate(1), "GB/s")
			b.ReportMetric(100*rate(1)/rate(0), "%copy")
		})
	}
}

// passes is the number of loops over w that a rule's update is.
func passes(tb testing.TB, rule optim.Rule) int {
	const n = 4321
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
		tb.Fatal(err)
	}
	p, err := program.Compile(g, spec)
	if err != nil {
		tb.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(p.String()) {
		if !strings.HasPrefix(line, " ") && strings.Contains(line, fmt.Sprint(n)) {
			count++
		}
	}
	return count
}
