package bench

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/godescent/descent/program"
)

// Kind is a sort of instruction, each with its own limit.
type Kind string

// The kinds. Products and convolutions are limited by arithmetic, see [Profile]'s
// Peak; the others by memory, see its Copy, where their data does not fit the
// caches, and loops of exp, erf and their like by arithmetic too.
const (
	Products     Kind = "products"
	Convolutions Kind = "convolutions"
	Loops        Kind = "loops"  // elementwise operations, with the reductions they end in
	Update       Kind = "update" // the optimizer's loop over all weights
	Rest         Kind = "rest"   // what gathers, pools, copies and adds up
)

// Instruction is one of a step's.
type Instruction struct {
	What    string  `json:"what"`
	Kind    Kind    `json:"kind"`
	Layer   string  `json:"layer"`
	Place   string  `json:"place"` // the line that asked for it
	Seconds float64 `json:"seconds"`
	Flops   float64 `json:"flops"` // that a product or a convolution is
	Bytes   int     `json:"bytes"` // that it reads and writes, each once
}

// Profile is where a step's time goes.
type Profile struct {
	Name         string        `json:"name"`
	Threads      int           `json:"threads"`
	Kernel       string        `json:"kernel"`
	Precision    string        `json:"precision"`
	Step         float64       `json:"step"`    // seconds of a whole step, not measured by instruction
	Peak         float64       `json:"fmapeak"` // GFLOP/s of the same threads, measured beside it
	Copy         float64       `json:"copy"`    // GB/s likewise
	Instructions []Instruction `json:"instructions"`
}

// profileSteps is how many steps are measured at least, and profileTime how long.
const (
	profileSteps = 11
	profileTime  = time.Second / 2
)

// Profile measures each instruction of the work, and the machine beside it. The
// sum of instructions can exceed the step by the time that reading the clock
// takes, and by that of waking threads, which each instruction does here.
func (b Bench) Profile(ctx context.Context, threads int, kernelName string, p program.Precision) (Profile, error) {
	w, e, err := b.open(threads, kernelName, p)
	if err != nil {
		return Profile{}, err
	}
	defer w.close()
	if w.profile == nil {
		return Profile{}, fmt.Errorf("%s is no program of instructions; profile a training step, such as mlp_adam", b.Name)
	}
	out := Profile{Name: b.Name, Threads: e.threads, Kernel: e.kernel, Precision: p.String()}
	seconds, err := medians(ctx, w.once)
	if err != nil {
		return out, fmt.Errorf("%s: %w", b.Name, err)
	}
	out.Step = seconds[0]
	costs, err := w.profile(profileSteps + int(profileTime.Seconds()/out.Step))
	if err != nil {
		return out, fmt.Errorf("%s: %w", b.Name, err)
	}
	for _, c := range costs {
		out.Instructions = append(out.Instructions, Instruction{
			What: c.What, Kind: kindOf(c), Layer: c.Scope, Place: c.Place.String(),
			Seconds: c.Median.Seconds(), Flops: c.Flops, Bytes: c.Bytes,
		})
	}
	if out.Peak, err = typical("fmapeak", e); err != nil {
		return out, err
	}
	if out.Copy, err = typical("copy", e); err != nil {
		return out, err
	}
	return out, nil
}

// typical is a figure of the machine measured as instructions are, by the median
// of single runs: an interruption then spoils a run, not a block of them.
func typical(name string, e *env) (float64, error) {
	list, err := Lookup(name)
	if err != nil {
		return 0, err
	}
	w, err := list[0].prepare(e)
	if err != nil {
		return 0, err
	}
	var seconds []float64
	for begin := time.Now(); len(seconds) < profileSteps || time.Since(begin) < profileTime/4; {
		start := time.Now()
		if err := w.once(); err != nil {
			return 0, err
		}
		seconds = append(seconds, time.Since(start).Seconds())
	}
	slices.Sort(seconds)
	return w.value(seconds[len(seconds)/2]), nil
}

func kindOf(c program.Cost) Kind {
	switch name, _, _ := strings.Cut(c.What, " "); {
	case name == "matmul":
		return Products
	case name == "conv":
		return Convolutions
	case name == "loop" && c.Scope == "update":
		return Update
	case name == "loop":
		return Loops
	}
	return Rest
}

// Share is what several instructions take together.
type Share struct {
	Instructions int
	Seconds      float64
	Flops        float64
	Bytes        int
}

func (s *Share) add(in Instruction) {
	s.Instructions++
	s.Seconds += in.Seconds
	s.Flops += in.Flops
	s.Bytes += in.Bytes
}

// KindShare is that of a kind.
type KindShare struct {
	Kind Kind
	Share
}

// Kinds adds up the instructions of each kind, the longest first.
func (p Profile) Kinds() []KindShare {
	var all []KindShare
	for _, in := range p.Instructions {
		i := slices.IndexFunc(all, func(s KindShare) bool { return s.Kind == in.Kind })
		if i < 0 {
			i = len(all)
			all = append(all, KindShare{Kind: in.Kind})
		}
		all[i].add(in)
	}
	slices.SortStableFunc(all, func(a, b KindShare) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return all
}

// Group is instructions that are alike: of the same shape, asked for at the same
// line, in layers whose names differ in numbers alone.
type Group struct {
	What  string
	Layer string // with * for numbers, if there are several
	Place string
	Share
}

// Groups is the groups, the longest first.
func (p Profile) Groups() []Group {
	var all []Group
	at := map[[3]string]int{}
	for _, in := range p.Instructions {
		pattern := numbers.ReplaceAllString(in.Layer, "*")
		key := [3]string{in.What, pattern, in.Place}
		i, ok := at[key]
		if !ok {
			i, at[key] = len(all), len(all)
			all = append(all, Group{What: in.What, Layer: in.Layer, Place: in.Place})
		}
		if all[i].Layer != in.Layer {
			all[i].Layer = pattern
		}
		all[i].add(in)
	}
	slices.SortStableFunc(all, func(a, b Group) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return all
}

var numbers = regexp.MustCompile(`[0-9]+`)
