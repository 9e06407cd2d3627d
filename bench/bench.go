package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// Bench is one piece of work.
type Bench struct {
	Name string
	Unit string // what a larger value is more of: steps/s, GFLOP/s, GB/s; or ms, of which less is better
	Doc  string

	// prepare makes the work: once does it a single time, and value turns the
	// seconds that it takes into the figure.
	prepare func(e *env) (work, error)

	products bool // it has matrix products or convolutions, so that a precision means something
}

// work is prepared work.
type work struct {
	once    func() error
	value   func(seconds float64) float64
	profile func(steps int) ([]program.Cost, error) // nil where there is no program
	close   func()
	weights *tensor.Array // of a training step; nil of other work
}

// env is what the work runs on.
type env struct {
	pool    *program.Pool
	table   *kernel.Table
	threads int
	kernel  string

	precision program.Precision
}

// Result is a figure.
type Result struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Threads int     `json:"threads"`
	Kernel  string  `json:"kernel"`

	Precision string `json:"precision"` // of products

	// Of products in bf16: by what they are computed (amx, avx512-bf16, emulated), the figure in
	// float32 of blocks by turns with these, and how many times as fast bf16 is.
	BF16        string  `json:"bf16,omitempty"`
	Float32     float64 `json:"float32,omitempty"`
	OverFloat32 float64 `json:"over_float32,omitempty"`
}

// All lists the benchmarks, the machine's own figures first.
func All() []Bench {
	withProducts := slices.Concat(products(), derivatives(), training())
	for i := range withProducts {
		withProducts[i].products = true
	}
	return slices.Concat(machine(), withProducts, updates())
}

// Lookup is the benchmarks of the names, or all of them.
func Lookup(names ...string) ([]Bench, error) {
	all := All()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, b := range all {
		known = append(known, b.Name)
	}
	var out []Bench
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, fmt.Errorf("no benchmark %q; %s", n, suggest.Hint(n, known))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// blocks is the number of blocks of which the median is taken, and blockTime
// the time that one lasts at least.
const (
	blocks    = 5
	blockTime = 200 * time.Millisecond
)

// Run measures one benchmark on a number of threads (0 is one for each CPU) and
// a kernel set ("" is the fastest), with products in a precision; if that is not float32, by turns
// with float32.
func (b Bench) Run(ctx context.Context, threads int, kernelName string, p program.Precision) (Result, error) {
	w, e, err := b.open(threads, kernelName, p)
	if err != nil {
		return Result{}, err
	}
	defer w.close()
	r := Result{Name: b.Name, Unit: b.Unit, Threads: e.threads, Kernel: e.kernel, Precision: p.String()}
	all := []func() error{w.once}
	if b.products && p == program.BFloat16 {
		full, _, err := b.open(threads, kernelName, program.Float32)
		if err != nil {
			return Result{}, err
		}
		defer full.close()
		all = append(all, full.once)
		r.BF16 = e.table.BF16On()
	}
	seconds, err := medians(ctx, all...)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", b.Name, err)
	}
	r.Value = w.value(seconds[0])
	if len(seconds) > 1 {
		r.Float32, r.OverFloat32 = w.value(seconds[1]), seconds[1]/seconds[0]
	}
	return r, nil
}

// open prepares the work; its close ends the threads too.
func (b Bench) open(threads int, kernelName string, p program.Precision) (work, *env, error) {
	table, err := dispatch.Pick(kernelName)
	if err != nil {
		return work{}, nil, err
	}
	pool := program.NewPool(threads)
	e := &env{pool: pool, table: table, threads: pool.Threads(), kernel: table.Name, precision: p}
	w, err := b.prepare(e)
	if err != nil {
		pool.Close()
		return work{}, nil, fmt.Errorf("%s: %w", b.Name, err)
	}
	last := w.close
	w.close = func() {
		if last != nil {
			last()
		}
		pool.Close()
	}
	return w, e, nil
}

// medians are the seconds that each takes, of five blocks by turns.
func medians(ctx context.Context, all ...func() error) ([]float64, error) {
	// The first run touches the memory; how long the next takes says how many make a block.
	n := make([]int, len(all))
	for i, once := range all {
		for range 2 {
			start := time.Now()
			if err := once(); err != nil {
				return nil, err
			}
			n[i] = int(blockTime/max(1, time.Since(start))) + 1
		}
	}
	seconds := make([][]float64, len(all))
	for range blocks {
		for i, once := range all {
			start := time.Now()
			for range n[i] {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if err := once(); err != nil {
					return nil, err
				}
			}
			seconds[i] = append(seconds[i], time.Since(start).Seconds()/float64(n[i]))
		}
	}
	out := make([]float64, len(all))
	for i, s := range seconds {
		slices.Sort(s)
		out[i] = s[blocks/2]
	}
	return out, nil
}

// rate is work whose figure is so many units a second.
func rate(units float64) func(float64) float64 {
	return func(s float64) float64 { return units / s }
}
