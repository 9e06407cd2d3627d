package bench

import (
	"fmt"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// machine is what the hardware gives at best.
func machine() []Bench {
	return []Bench{
		{Name: "fmapeak", Unit: "GFLOP/s", Doc: "float32 multiply-adds on registers alone", prepare: peak},
		{Name: "copy", Unit: "GB/s", Doc: "copying 160 MB, bytes read and written", prepare: copying},
	}
}

func peak(e *env) (work, error) {
	loop := dispatch.Peak(e.kernel)
	if loop == nil {
		return work{}, fmt.Errorf("kernel %s has no peak to measure", e.kernel)
	}
	const rounds = 100_000
	flops := loop(1) * rounds * float64(e.threads)
	return work{
		once: func() error {
			e.pool.Run(e.threads, func(lo, hi int) {
				for range hi - lo {
					loop(rounds)
				}
			})
			return nil
		},
		value: rate(flops / 1e9),
	}, nil
}

func copying(e *env) (work, error) {
	const n = 160 << 20
	src, dst := tensor.Bytes(n), tensor.Bytes(n)
	for i := range src {
		src[i] = byte(i)
	}
	return work{
		once: func() error {
			e.pool.Run(e.threads, func(lo, hi int) {
				lo, hi = lo*(n/e.threads), hi*(n/e.threads)
				copy(dst[lo:hi], src[lo:hi])
			})
			return nil
		},
		value: rate(2 * n / 1e9),
	}, nil
}

// products are square float32 matrix products.
func products() []Bench {
	var all []Bench
	for _, n := range []int{128, 256, 512, 1024, 2048} {
		all = append(all, Bench{
			Name: fmt.Sprintf("sgemm%d", n), Unit: "GFLOP/s", Doc: fmt.Sprintf("float32 matrix product, %d rows, columns and terms", n),
			prepare: func(e *env) (work, error) {
				g := graph.New()
				a, b := g.Input("a", tensor.Float32, n, n), g.Input("b", tensor.Float32, n, n)
				in, err := e.compile(g, program.Spec{Outputs: []graph.Value{a.MatMul(b)}})
				if err != nil {
					return work{}, err
				}
				fill(in.Input(a))
				fill(in.Input(b))
				return work{once: in.Step, profile: in.Profile, value: rate(2 * float64(n) * float64(n) * float64(n) / 1e9)}, nil
			},
		})
	}
	return all
}

func (e *env) compile(g *graph.Graph, s program.Spec) (*program.Instance, error) {
	p, err := program.Compile(g, s)
	if err != nil {
		return nil, err
	}
	in := p.NewInstance(e.pool, e.table)
	in.SetPrecision(e.precision)
	return in, nil
}

// fill gives an array numbers of both signs around 0, none of them subnormal.
func fill(a *tensor.Array) {
	for i := range a.Size() {
		a.SetAt(i, float64((int64(i)*2654435761)%1009)/1009-0.5)
	}
}

// update10m is one update of ten million weights, written as the rule's
// mathematics and compiled; bytes is what it must move for each weight.
func update10m(name, rule string, bytes float64) Bench {
	const n = 10_000_000
	return Bench{
		Name: name, Unit: "GB/s", Doc: fmt.Sprintf("%s's update of 10 million float32 weights, %g bytes each", rule, bytes),
		prepare: func(e *env) (work, error) {
			r, lr, err := optim.Parse(rule)
			if err != nil {
				return work{}, err
			}
			g := graph.New()
			w, grad := g.Input("w", tensor.Float32, n), g.Input("gradient", tensor.Float32, n)
			step, η := g.Input("step", tensor.Float64), g.Input("lr", tensor.Float64)
			// The gradient of gᵀw is g itself, whatever w is.
			s := optim.NewStep(optim.Config{Graph: g, W: w, Rate: η, Tau: step.Plus(1),
				Loss: func(w graph.Value) graph.Value { return w.Mul(grad).SumAll() }})
			Δw := s.Update(r)
			if err := s.Err(); err != nil {
				return work{}, err
			}
			spec := program.Spec{Updates: []program.Update{{Slot: w, Next: w.Add(Δw)}, {Slot: step, Next: step.Plus(1)}}}
			for _, slot := range s.Slots() {
				spec.Updates = append(spec.Updates, program.Update{Slot: slot.Last, Next: slot.Next})
			}
			in, err := e.compile(g, spec)
			if err != nil {
				return work{}, err
			}
			fill(in.Input(w))
			fill(in.Input(grad))
			in.Input(η).SetAt(0, lr)
			for _, h := range s.Hypers() {
				in.Input(h.Value).SetAt(0, h.Default)
			}
			return work{once: in.Step, profile: in.Profile, value: rate(bytes * n / 1e9)}, nil
		},
	}
}
