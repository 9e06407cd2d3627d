package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// diagnose turns a step that its guard stopped into the run's error. No state
// was updated, so the step is computed once more by the primitives'
// definitions, node by node, until the first NaN or infinity.
func (t *Trainer) diagnose(s *stepGraph, err error) error {
	var nf *program.NonFinite
	if !errors.As(err, &nf) {
		return err
	}
	what := "the loss"
	if nf.Guard == 1 {
		what = "the gradient's norm"
	}
	d := &Diverged{Step: t.done + 1, What: fmt.Sprintf("%s is %v", what, nf.Value), Try: t.advice(s)}
	d.Cause = firstNonFinite(s)
	return d
}

// firstNonFinite says which operation made the first NaN or infinity.
func firstNonFinite(s *stepGraph) string {
	feeds := map[graph.Value]*tensor.Array{}
	for id, needed := range graph.Ancestors(s.m.loss, s.norm) {
		if v := s.g.At(id); needed {
			if _, ok := v.Op().(graph.Input); ok {
				feeds[v] = s.inst.Input(v)
			}
		}
	}
	var cause string
	_, err := graph.Evaluate([]graph.Value{s.m.loss, s.norm}, feeds, func(v graph.Value, a *tensor.Array) bool {
		i, bad := nonFinite(a)
		if bad {
			cause = describe(v, a.At(i))
		}
		return !bad
	})
	if err != nil {
		return err.Error()
	}
	return cause
}

func describe(v graph.Value, x float64) string {
	if in, ok := v.Op().(graph.Input); ok {
		switch in.Key {
		case "w":
			return fmt.Sprintf("a weight was already %v", x)
		case "data/x":
			return fmt.Sprintf("the data holds a %v", x)
		case "data/y":
			return fmt.Sprintf("the targets hold a %v", x)
		}
		return fmt.Sprintf("the %s was already %v", in.Key, x)
	}
	where := ""
	if v.Scope() != "" {
		where = fmt.Sprintf(" in %q", v.Scope())
	}
	return fmt.Sprintf("the first %v was made by %s%s (%v)", x, v.Op().Name(), where, v.Place())
}

func nonFinite(a *tensor.Array) (int, bool) {
	if !a.DType().IsFloat() {
		return 0, false
	}
	for i := range a.Size() {
		if x := a.At(i); math.IsNaN(x) || math.IsInf(x, 0) {
			return i, true
		}
	}
	return 0, false
}

// advice is what to try after a divergence.
func (t *Trainer) advice(s *stepGraph) string {
	rate := s.inst.Scalar(s.rate)
	if rate == 0 {
		rate = t.cfg.Rate
	}
	try := fmt.Sprintf("try a smaller learning rate, such as lr=%.1g", rate/10)
	clipped := false
	if hypers, err := optim.Describe(t.cfg.Rule); err == nil {
		for _, h := range hypers {
			clipped = clipped || h.Name == "clip_norm"
		}
	}
	if !clipped {
		try += ", or clip_norm=1"
	}
	if t.cfg.Normalizer == nil {
		try += ", or standardise the data"
	}
	return try
}
