package program

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/godescent/descent/graph"
)

// Cost is the time that one instruction takes.
type Cost struct {
	What   string        // its operations
	Place  graph.Place   // the source line of the last of them
	Scope  string        // and its layer
	Median time.Duration // over the steps measured; the mean for one that is skipped in some of them
	Flops  float64       // multiplications and additions of a product or a convolution, 0 of others
	Bytes  int           // of what it reads and writes, each element once
}

// Profile runs steps and measures every instruction in each of them; state is
// updated as by Step. The costs come in the program's order.
func (in *Instance) Profile(steps int) ([]Cost, error) {
	if in.stale {
		in.link()
	}
	times := make([][]time.Duration, len(in.tasks))
	for range steps {
		for i := range in.tasks {
			s := &in.tasks[i]
			if i == in.guard {
				if err := in.checkGuard(); err != nil {
					return nil, err
				}
			}
			if s.skips() {
				times[i] = append(times[i], 0)
				continue
			}
			start := time.Now()
			in.pool.do(s.task, s.chunks)
			times[i] = append(times[i], time.Since(start))
		}
		for _, c := range in.copies {
			c()
		}
	}
	costs := make([]Cost, len(in.tasks))
	for i, s := range in.tasks {
		slices.SortFunc(times[i], cmp.Compare)
		what, node := s.instr.summary(in.p)
		v := in.p.g.At(node)
		flops, bytes := s.instr.effort(in.p)
		costs[i] = Cost{what, v.Place(), v.Scope(), middle(times[i], len(s.conditions) > 0), flops, bytes}
	}
	return costs, nil
}

// middle is the median of sorted times, or their mean.
func middle(times []time.Duration, mean bool) time.Duration {
	if !mean {
		return times[len(times)/2]
	}
	sum := time.Duration(0)
	for _, t := range times {
		sum += t
	}
	return sum / time.Duration(len(times))
}

// summary names an instruction: its operations, and the node it is reported under.
func (m *instr) summary(p *Program) (what string, node int) {
	if m.loop == nil {
		v := p.g.At(m.out)
		name := v.Op().Name()
		if m.copyOf != nil {
			name = "copy"
		}
		return fmt.Sprintf("%s %v", name, v.Shape()), m.out
	}
	var names []string
	for _, id := range m.loop.nodes {
		names = append(names, p.g.At(id).Op().Name())
	}
	for _, id := range m.loop.tails {
		names = append(names, p.g.At(id).Op().Name())
	}
	last := m.loop.nodes[len(m.loop.nodes)-1]
	return fmt.Sprintf("loop of %d: %s", m.loop.n, strings.Join(names, ", ")), last
}
