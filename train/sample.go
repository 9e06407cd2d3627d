package train

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Sampling is how symbols are drawn from a model of sequences.
type Sampling struct {
	// Temperature T divides the logits: p_k ∝ e^(z_k/T). 1 is what the model says, less
	// is closer to the likeliest, and 0 is the likeliest itself.
	Temperature float64
	Seed        int64
}

// Sample goes on from the symbols of a start by n more, each drawn from what the
// model gives for the last ones, as many as its context holds, and told to emit. The
// draws are a function of the seed and the place, so the same call gives the same
// symbols, with any number of threads and any kernel.
//
// The model maps [B, T] symbols to [B, T, V] logits, and what it gives at a place
// depends on none behind that, as nn.CharLM is made.
func (m *Model) Sample(ctx context.Context, start []int32, n int, s Sampling, emit func(symbol int32) error) error {
	in := m.t.cfg.Network.Plan.In
	switch {
	case in.DType != tensor.Int32 || in.Shape.Rank() != 2:
		return fmt.Errorf("the model maps %v, not sequences of symbols; there is nothing to sample", in)
	case len(start) == 0:
		return fmt.Errorf("there is no symbol to start from")
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("the temperature is %v; it wants a number from 0 on", s.Temperature)
	}
	d, err := m.drawer(in.Shape[1], s)
	if err != nil {
		return err
	}
	for _, id := range start {
		if id < 0 || int(id) >= d.symbols {
			return fmt.Errorf("there is no symbol %d; there are 0 to %d", id, d.symbols-1)
		}
	}
	// Symbols stand at the left of the window until it is full, then move through it.
	window := tensor.Slice[int32](d.set.X)
	at := copy(window, start[max(0, len(start)-len(window)):])
	for τ := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, err := d.draw(at-1, τ)
		if err != nil {
			return err
		}
		if err := emit(id); err != nil {
			return err
		}
		if at == len(window) {
			copy(window, window[1:])
			at--
		}
		window[at] = id
		at++
	}
	return nil
}

// drawer is a compiled draw of one symbol.
type drawer struct {
	*outputGraph
	set               *data.Set
	place, τ, likely  graph.Value
	chance, of        graph.Value // uniform in [0, 1), and e^(z/T) over all symbols
	symbols           int
	coldest           bool // the likeliest is taken
	seed, temperature graph.Value
}

func (m *Model) drawer(context int, s Sampling) (*drawer, error) {
	d := &drawer{set: &data.Set{Name: "prompt", X: tensor.New(tensor.Int32, 1, context)}, coldest: s.Temperature == 0}
	var err error
	d.outputGraph, err = m.compile(d.set, 1, func(g *graph.Graph, out graph.Value) []graph.Value {
		if out.Rank() != 3 {
			return []graph.Value{g.Fail("sample", "the model gives %v; it wants [1, places, symbols]", out.Type())}
		}
		d.symbols = out.Dim(2)
		d.place, d.τ = g.Input("sample/place", tensor.Int32, 1), g.Input("sample/step", tensor.Float64)
		d.seed, d.temperature = g.Input("sample/seed", tensor.Int64), g.Input("sample/temperature", tensor.Float64)
		z := out.Reshape(out.Dim(1), d.symbols).Gather(d.place).Reshape(d.symbols).Cast(tensor.Float64) // [V]
		d.likely = z.Reshape(1, d.symbols).ArgMax()
		d.of = z.Sub(z.MaxOver(0)).Div(d.temperature).Exp()
		d.chance = g.Random(graph.Uniform, "sample", d.seed, d.τ, tensor.Float64, 1)
		return []graph.Value{d.likely, d.of, d.chance}
	})
	if err != nil {
		return nil, err
	}
	tensor.Slice[int64](d.inst.Input(d.seed))[0] = s.Seed
	d.inst.Input(d.temperature).SetAt(0, s.Temperature)
	if d.coldest {
		d.inst.Input(d.temperature).SetAt(0, 1) // it is not looked at
	}
	return d, nil
}

// draw is the symbol that follows a place.
func (d *drawer) draw(place, τ int) (int32, error) {
	tensor.Slice[int32](d.inst.Input(d.src.index))[0] = 0
	tensor.Slice[int32](d.inst.Input(d.place))[0] = int32(place)
	d.inst.Input(d.τ).SetAt(0, float64(τ))
	if err := d.inst.Step(); err != nil {
		return 0, err
	}
	if d.coldest {
		return int32(d.inst.Scalar(d.likely)), nil
	}
	of, total := d.inst.Output(d.of).Float64s(), 0.0
	for _, p := range of {
		total += p
	}
	rest := float64(d.inst.Scalar(d.chance) * total)
	for k, p := range of {
		if rest -= p; rest < 0 {
			return int32(k), nil
		}
	}
	return int32(d.inst.Scalar(d.likely)), nil // the sum's last bit
}
