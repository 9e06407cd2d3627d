package schedule

import (
	"fmt"
	"math"
	"strconv"

	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/internal/suggest"
)

// Entry is a schedule of the table.
type Entry struct {
	Name string
	// New is the schedule with its defaults for a run of so many updates.
	New       func(steps int) Schedule
	Equation  string // in Unicode, one line
	Latex     string
	Reference string
	Rises     bool // it rises too: η0 is its peak
}

// All lists the shipped schedules. Each can be warmed up.
func All() []Entry {
	return []Entry{
		{
			Name: "constant", New: func(int) Schedule { return NewConstant() },
			Equation: "η = η0", Latex: `\eta = \eta_0`,
			Reference: "Bishop and Bishop 2024, 7.3.2",
		},
		{
			Name: "linear", New: func(n int) Schedule { return NewLinear(n) },
			Equation:  "η = (1 − τ/K)η0 + (τ/K)ηK, then ηK",
			Latex:     `\eta = (1 - \tau/K)\,\eta_0 + (\tau/K)\,\eta_K`,
			Reference: "Bishop and Bishop 2024, 7.3.2",
		},
		{
			Name: "power", New: func(n int) Schedule { return NewPower(n) },
			Equation:  "η = η0(1 + τ/s)^c",
			Latex:     `\eta = \eta_0 (1 + \tau/s)^c`,
			Reference: "Bishop and Bishop 2024, 7.3.2; Robbins and Monro 1951",
		},
		{
			Name: "exponential", New: func(n int) Schedule { return NewExponential(n) },
			Equation:  "η = η0·c^(τ/s)",
			Latex:     `\eta = \eta_0\, c^{\tau/s}`,
			Reference: "Bishop and Bishop 2024, 7.3.2",
		},
		{
			Name: "step", New: func(n int) Schedule { return NewStep(n) },
			Equation:  "η = η0·c^⌊τ/n⌋",
			Latex:     `\eta = \eta_0\, c^{\lfloor \tau/n \rfloor}`,
			Reference: "Krizhevsky, Sutskever and Hinton 2012",
		},
		{
			Name: "cosine", New: func(n int) Schedule { return NewCosine(n) },
			Equation:  "η = η0(f + (1 − f)(1 + cos(πτ/K))/2), then f·η0",
			Latex:     `\eta = \eta_0 \left( f + (1-f)\, \tfrac{1 + \cos(\pi\tau/K)}{2} \right)`,
			Reference: "Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts",
		},
		{
			Name: "cosine_restarts", New: func(n int) Schedule { return NewCosineRestarts(n) }, Rises: true,
			Equation:  "η = η0(f + (1 − f)(1 + cos(πx))/2), x the share of the period T·mⁱ that is over",
			Latex:     `\eta = \eta_0 \left( f + (1-f)\, \tfrac{1 + \cos(\pi x)}{2} \right), \quad x \text{ the share of the period } T m^i \text{ that is over}`,
			Reference: "Loshchilov and Hutter 2017, arXiv:1608.03983",
		},
		{
			Name: "multistep", New: func(n int) Schedule { return NewMultiStep(n) },
			Equation:  "η = η0, c·η0 from τ = n1, c²·η0 from τ = n2",
			Latex:     `\eta = \eta_0\, c^{[\tau \ge n_1] + [\tau \ge n_2]}`,
			Reference: "He, Zhang, Ren and Sun 2016, arXiv:1512.03385",
		},
		{
			Name: "polynomial", New: func(n int) Schedule { return NewPolynomial(n) },
			Equation:  "η = η0(f + (1 − f)(1 − τ/K)^p), then f·η0",
			Latex:     `\eta = \eta_0 \left( f + (1-f)(1 - \tau/K)^p \right)`,
			Reference: "Liu, Rabinovich and Berg 2015, arXiv:1506.04579",
		},
		{
			Name: "trapezoid", New: func(n int) Schedule { return NewTrapezoid(n) },
			Equation:  "η = η0 until τ = (1 − d)K, then in a line to f·η0 at K",
			Latex:     `\eta = \eta_0 \left( f + (1-f) \min\left(1, \tfrac{1-\tau/K}{d}\right) \right)`,
			Reference: "Hu et al. 2024, arXiv:2404.06395; Hägele et al. 2024, arXiv:2405.18392",
		},
		{
			Name: "inverse_sqrt", New: func(n int) Schedule { return NewInverseSqrt(n) },
			Equation:  "η = η0√(s/max(τ, s))",
			Latex:     `\eta = \eta_0 \sqrt{s/\max(\tau, s)}`,
			Reference: "Raffel et al. 2020, arXiv:1910.10683; Vaswani et al. 2017, arXiv:1706.03762",
		},
		{
			Name: "inverse_time", New: func(n int) Schedule { return NewInverseTime(n) },
			Equation:  "η = η0/(1 + cτ/s)",
			Latex:     `\eta = \frac{\eta_0}{1 + c\tau/s}`,
			Reference: "Robbins and Monro 1951; Keras's InverseTimeDecay",
		},
		{
			Name: "onecycle", New: func(n int) Schedule { return NewOneCycle(n) }, Rises: true,
			Equation:  "half a cosine from η0/d up to η0 at τ = pK − 1, another down to η0/(d·e) at K − 1",
			Latex:     `\eta = \eta_0 \cdot \operatorname{cos}\!\text{-interpolation of } \tfrac1d \to 1 \;(\tau = pK - 1) \to \tfrac{1}{de} \;(\tau = K - 1)`,
			Reference: "Smith and Topin 2018, arXiv:1708.07120",
		},
		{
			Name: "cyclic", New: func(n int) Schedule { return NewCyclic(n) }, Rises: true,
			Equation:  "i = ⌊τ/2n⌋, x = |τ/n − 2i − 1|, η = η0(f + (1 − f)(1 − x)cⁱ)",
			Latex:     `i = \lfloor \tau/2n \rfloor, \quad x = |\tau/n - 2i - 1|, \quad \eta = \eta_0 \left( f + (1-f)(1-x)\, c^i \right)`,
			Reference: "Smith 2017, arXiv:1506.01186",
		},
		{
			Name: "expression", New: func(n int) Schedule { return NewExpression(n) }, Rises: true,
			Equation:  "η = η0·f(t), any formula of t and K",
			Latex:     `\eta = \eta_0\, f(\tau)`,
			Reference: "such as expression:formula=(t<100)*t/100+(t>=100)*max(0.1; 1-t/K), a piecewise one",
		},
	}
}

// Lookup is the entry of that name.
func Lookup(name string) (Entry, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("schedule %q is unknown; %s", name, suggest.Hint(name, names))
}

// Parse reads "cosine" or "cosine:warmup=200,final=0.1" for a run of so many
// updates, which is what a schedule's steps and other lengths default to; 0 is
// a run of unknown length, for which they must be given. steps counts the
// warm-up in: cosine:warmup=200,steps=1000 falls from update 200 to update
// 1000. Every error is one line that names the parameter, the value and what is
// allowed.
func Parse(spec string, steps int) (Schedule, error) {
	name, pairs, err := hyper.ParseSpec(spec)
	e, unknown := Lookup(name)
	if unknown != nil {
		return nil, unknown
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", name, err)
	}
	s, err := e.parse(pairs, steps)
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", name, err)
	}
	return s, nil
}

func (e Entry) parse(pairs []hyper.Pair, steps int) (Schedule, error) {
	w := &Warmup{}
	warm, err := hyper.Fields(w)
	if err != nil {
		return nil, err
	}
	// The warm-up and the length come first: what is not given depends on them.
	var own []hyper.Pair
	var length *hyper.Pair
	for i, p := range pairs {
		f, err := hyper.Find(warm, p.Key)
		switch {
		case err == nil:
			if err := f.Set(p.Value); err != nil {
				return nil, err
			}
		case p.Key == "steps":
			length = &pairs[i]
		default:
			own = append(own, p)
		}
	}
	if length != nil {
		if steps, err = wholeNumber(*length); err != nil {
			return nil, err
		}
	}
	if w.Steps > 0 && steps > 0 && w.Steps >= steps {
		return nil, fmt.Errorf("warmup=%d leaves nothing of the %d updates; give a smaller one", w.Steps, steps)
	}
	if w.Steps == 0 && w.From != 0 {
		return nil, fmt.Errorf("warmup_from=%v starts a warm-up of no updates; give warmup too", w.From)
	}
	w.Then = e.New(max(0, steps-w.Steps))
	if err := set(w.Then, own, length, warm); err != nil {
		return nil, err
	}
	if w.Steps == 0 {
		return w.Then, nil
	}
	return w, nil
}

// set gives a schedule's own parameters their values and checks them all.
func set(s Schedule, pairs []hyper.Pair, length *hyper.Pair, warm []hyper.Field) error {
	fields, err := hyper.Fields(s)
	if err != nil {
		return err
	}
	var more []string
	for _, f := range warm {
		more = append(more, f.Name)
	}
	if length != nil {
		if _, err := hyper.Find(fields, length.Key, more...); err != nil {
			return err
		}
	}
	for _, p := range pairs {
		f, err := hyper.Find(fields, p.Key, more...)
		if err != nil {
			return err
		}
		if err := f.Set(p.Value); err != nil {
			return err
		}
	}
	if e, ok := s.(*Expression); ok {
		if err := e.check(); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if err := f.Check(); err != nil {
			// What was given has been checked; a default is wrong for want of a length only.
			return fmt.Errorf("%s depends on the number of updates of the run, which is not known; give %s", f.Name, f.Name)
		}
	}
	return nil
}

func wholeNumber(p hyper.Pair) (int, error) {
	x, err := strconv.ParseFloat(p.Value, 64)
	if err != nil || x < 1 || x > 1<<53 || x != math.Trunc(x) {
		return 0, fmt.Errorf("%s=%s is not a whole number in [1,inf)", p.Key, hyper.Shown(p.Value))
	}
	return int(x), nil
}

// Info describes a parameter of a schedule.
type Info struct {
	Name, Symbol, Range, Doc string
	Value                    any
}

// Describe lists a schedule's parameters, a warm-up's before those of the
// schedule it leads to.
func Describe(s Schedule) ([]Info, error) {
	fields, err := hyper.Fields(s)
	if err != nil {
		return nil, err
	}
	var out []Info
	for _, f := range fields {
		out = append(out, Info{f.Name, f.Symbol, f.Allowed(), f.Doc, f.Value()})
	}
	if w, ok := s.(*Warmup); ok {
		rest, err := Describe(w.Then)
		if err != nil {
			return nil, err
		}
		out = append(out, rest...)
	}
	return out, nil
}
