package train

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/weights"
)

// Watched is what a watched run shows at one step, on the step's own batch with no unit dropped.
// Numbers that cannot be had are nil. Those of Cockpit are as in Schneider, Dangel, Hennig 2021.
type Watched struct {
	Kind  string `json:"kind"` // "watch"
	Step  int64  `json:"step"`
	Batch int    `json:"batch"`

	Loss     float64  `json:"loss"`
	Largest  *float64 `json:"lambda_max"`
	Error    *float64 `json:"lambda_max_error"`
	Edge     *float64 `json:"edge"` // λmax over the largest that the rule's rate is stable for
	Trace    *float64 `json:"trace"`
	TraceErr *float64 `json:"trace_error"`

	Noise      *float64 `json:"noise_scale"` // examples; averaged over the measurements so far
	NormTest   *float64 `json:"norm_test"`
	InnerTest  *float64 `json:"inner_product_test"`
	Orthogonal *float64 `json:"orthogonality_test"`
	SNR        *float64 `json:"gradient_snr"`

	// Alpha is where the step ended on the parabola through E and its slopes at both ends:
	// −1 at its start, 0 at the bottom, 1 as high on the other side.
	Alpha     *float64 `json:"alpha"`
	Update    float64  `json:"update_size"`
	Distance  float64  `json:"distance"`            // of w from the first weights
	Effective *float64 `json:"effective_step_size"` // −δwᵀg/‖g‖²
	Align     *float64 `json:"update_alignment"`    // cosine of −g and δw
	Momentum  *float64 `json:"momentum_alignment"`  // cosine of the gradient and the rule's own mean of them

	Layers  []WatchedLayer `json:"layers"`
	Verdict []string       `json:"verdict"` // what is wrong, in words; empty if nothing is
	Seconds float64        `json:"cost_seconds"`
	Note    string         `json:"note,omitempty"` // why something could not be measured
}

// WatchedLayer is a weight of the network at a watched step.
type WatchedLayer struct {
	Name     string  `json:"name"`
	Gradient float64 `json:"gradient_norm"`
	Ratio    float64 `json:"update_ratio"` // ‖δw‖/‖w‖
	Units    int     `json:"units,omitempty"`
	// Dead is the units whose incoming weights no example of the batch gave a gradient.
	Dead int `json:"dead,omitempty"`
}

// watch measures now and then, within a share of the time that training takes. What it
// computes is read by nothing of the run, so the weights are the same bits without it.
type watch struct {
	t         *Trainer
	share     float64
	probe     *curvature.Probe
	copied    *data.Set // the step's examples, of a stream
	first     []float64 // w at the beginning of the run
	vector    []float64 // of the last λmax
	spent     float64   // seconds
	dearest   float64   // of one measurement without compiling
	last      *Watched
	count     int
	pending   *Watched
	g, before []float64 // of the pending one
	slopeless bool

	scattered         int     // measurements in the averages of tr Σ and ‖∇E‖²
	variance, squared float64 // these averages

	off string // why no more is measured
}

const (
	watchParts    = 8    // of a batch, to see gradients scatter
	watchProducts = 12   // for λmax, which starts from the last one's vector
	watchNear     = 1e-2 // that λmax may be off by
	watchTrace    = 4    // random vectors
	noiseMemory   = 0.2  // weight of a new measurement of noise, once there are five
	noiseTrusted  = 3    // measurements before the noise is judged
)

// newWatch is the watch of a run that asked for one, or nil.
func (t *Trainer) newWatch() (*watch, error) {
	if t.cfg.Watch == 0 {
		return nil, nil
	}
	w, _, err := t.cfg.first(t.cfg.Seed)
	if err != nil {
		return nil, err
	}
	return &watch{t: t, share: t.cfg.Watch / 100, first: w.Float64s()}, nil
}

// checkWatch is what check says of the watch.
func (c *Config) checkWatch() error {
	switch {
	case c.Watch == 0:
		return nil
	case !(c.Watch > 0 && c.Watch <= 1000):
		return fmt.Errorf("train: a watch of %v percent of the training time; want a number above 0, up to 1000", c.Watch)
	case c.Batch < 4:
		return fmt.Errorf("train: a watch compares parts of a batch, and one of %d has none; want at least 4", c.Batch)
	}
	return nil
}

// due reports whether the time so far allows another measurement.
func (w *watch) due(training float64, done int64) bool {
	if w == nil || w.off != "" || done < 1 {
		return false
	}
	next := w.dearest
	if w.count == 0 { // as many steps as it is likely to cost, and compiling
		next = 35*training/float64(done) + 0.05
	}
	return w.spent+next <= w.share*training
}

// begin measures before the step that comes, where w still is what its batch meets.
func (w *watch) begin(ctx context.Context) {
	start := time.Now()
	defer func() { w.spent += time.Since(start).Seconds() }()
	set, index, err := w.examples()
	if err != nil {
		w.off = err.Error()
		return
	}
	if len(index) < 2*watchParts && len(index) < 4 {
		return
	}
	if w.probe == nil {
		c := &w.t.cfg
		part := Part{Set: set, Rows: index}
		src, err := On{Network: c.Network, Part: part, Normalizer: c.Normalizer, Augment: c.Augment, ClassWeights: c.ClassWeights}.Source()
		if err == nil {
			w.probe, err = curvature.New(src, curvature.Machine{Pool: w.t.pool, Kernel: w.t.table.Name})
		}
		if err != nil {
			w.off = err.Error()
			return
		}
	}
	w.probe.Look(index)
	w.before = w.t.w.Float64s()
	m := &Watched{Kind: "watch", Step: w.t.done + 1, Batch: len(index)}
	if err := w.measure(ctx, m); err != nil {
		if ctx.Err() == nil {
			w.off = err.Error()
		}
		return
	}
	m.Momentum = w.momentum()
	m.Seconds = time.Since(start).Seconds()
	w.pending = m
}

// measure looks at E before the step.
func (w *watch) measure(ctx context.Context, m *Watched) error {
	p := w.probe
	if err := p.Move(w.before); err != nil {
		return err
	}
	w.g = make([]float64, p.Size())
	var err error
	if m.Loss, err = p.Gradient(ctx, w.g); err != nil {
		return err
	}
	grads, size, err := p.Parts(ctx, min(watchParts, m.Batch/2))
	if err != nil {
		return err
	}
	n := curvature.Scatter(grads, size)
	// Of one batch the scale is a quotient of two noisy numbers; their averages are taken first.
	w.scattered++
	by := max(noiseMemory, 1/float64(w.scattered))
	w.variance += by * (n.Variance - w.variance)
	w.squared += by * (n.Squared - w.squared)
	if w.squared > 0 {
		m.Noise = finite(w.variance / w.squared)
	}
	m.NormTest, m.InnerTest, m.Orthogonal, m.SNR = finite(n.NormTest), finite(n.InnerTest), finite(n.OrthogonalTest), finite(n.SNR)
	if w.slopeless {
		return nil
	}
	if err := w.second(ctx, m); err != nil {
		if ctx.Err() != nil {
			return err
		}
		m.Note, w.slopeless = "no curvature: "+err.Error(), true // such as a layer without second derivatives
	}
	return nil
}

// second measures second derivatives.
func (w *watch) second(ctx context.Context, m *Watched) error {
	p := w.probe
	o := curvature.NewLanczos()
	o.Smallest, o.Products, o.Tolerance, o.Start, o.Vectors, o.Rounding = 0, watchProducts, watchNear, w.vector, true, p.Rounding()
	e, err := curvature.Extremes(ctx, p.HVP, p.Size(), o)
	if err != nil {
		return err
	}
	λ := e.Largest[0]
	w.vector = λ.Vector
	m.Largest, m.Error = finite(λ.Value), finite(λ.Error)
	tr, err := curvature.Hutchinson(ctx, p.HVP, p.Size(), watchTrace, m.Step, nil)
	m.Trace, m.TraceErr = finite(tr.Estimate), finite(tr.Half)
	return err
}

// momentum is the cosine of the gradient and the mean of gradients that the rule keeps.
func (w *watch) momentum() *float64 {
	for _, key := range []struct {
		name string
		sign float64
	}{{"velocity", -1}, {"m", 1}} {
		for _, have := range w.t.slotKeys {
			if a := w.t.slots[have]; (have == key.name || strings.HasSuffix(have, "/"+key.name)) && a.Size() == len(w.g) {
				return finite(key.sign * cosine(w.g, a.Float64s()))
			}
		}
	}
	return nil
}

// end measures after the step, and gives what the whole shows; nil if none was begun.
func (w *watch) end(ctx context.Context, rate float64) (*Watched, error) {
	if w == nil || w.pending == nil {
		return nil, nil
	}
	start := time.Now()
	m := w.pending
	w.pending = nil
	after := w.t.w.Float64s()
	δ := make([]float64, len(after))
	away := 0.0
	for i, x := range after {
		δ[i] = x - w.before[i]
		away += (x - w.first[i]) * (x - w.first[i])
	}
	m.Update, m.Distance = length(δ), math.Sqrt(away)
	slope, size := product(δ, w.g), product(w.g, w.g)
	m.Effective, m.Align = finite(-slope/size), finite(-cosine(δ, w.g))
	if err := w.probe.Move(after); err != nil {
		return nil, err
	}
	g := make([]float64, len(after))
	e, err := w.probe.Gradient(ctx, g)
	if err != nil {
		return nil, err
	}
	m.Alpha = alpha(m.Loss, slope, e, product(δ, g))
	m.Layers = layersOf(w.t.cfg.Network.Plan.Weights, w.before, w.g, δ)
	if m.Largest != nil && rate > 0 {
		if _, room, _, plain := optim.HeavyBall(w.t.cfg.Rule); plain {
			m.Edge = finite(*m.Largest * rate / (2 * room))
		}
	}
	m.Verdict = w.verdict(m)
	took := time.Since(start).Seconds()
	m.Seconds += took
	w.spent += took
	w.count++
	if w.dearest = m.Seconds; w.count == 1 {
		w.dearest = m.Seconds - min(m.Seconds/2, w.probe.Counts().CompileSeconds)
	}
	w.last = m
	return m, nil
}

// alpha places the end of a step on the parabola t → a + bt + ct² that fits E and its slopes along
// the step at t = 0 and t = 1 best, by least squares.
func alpha(e0, slope0, e1, slope1 float64) *float64 {
	// a + 0 = e0, b = s0, a + b + c = e1, b + 2c = s1. With d = e1 − e0 and a free, the normal equations of
	// b and c, after a is eliminated, are:
	d := e1 - e0
	// Σ: rows (a,b,c): (1,0,0 | 0), (0,1,0 | s0), (1,1,1 | d), (0,1,2 | s1)
	// AᵀA = [2 1 1; 1 3 3; 1 3 5], Aᵀy = [d, s0+d+s1, d+2s1]
	y1, y2, y3 := d, slope0+d+slope1, d+2*slope1
	// Eliminate a: rows 2 and 3 less half of row 1.
	b2, b3 := y2-y1/2, y3-y1/2 // of [2.5 2.5; 2.5 4.5]
	c := (b3 - b2) / 2
	b := b2/2.5 - c
	if !(c > 0) {
		return nil // no bottom
	}
	bottom := -b / (2 * c)
	if !(bottom > 0) {
		return nil // behind the start
	}
	return finite((1 - bottom) / bottom)
}

func layersOf(layout *weights.Layout, w, g, δ []float64) []WatchedLayer {
	var out []WatchedLayer
	for _, v := range layout.Views() {
		lo, hi := v.Offset, v.Offset+v.Size()
		l := WatchedLayer{Name: v.Name, Gradient: length(g[lo:hi])}
		if size := length(w[lo:hi]); size > 0 {
			l.Ratio = length(δ[lo:hi]) / size
		}
		if v.Role == weights.Weight && len(v.Shape) >= 2 {
			l.Units = v.Shape[len(v.Shape)-1]
			for u := range l.Units {
				dead := true
				for i := lo + u; i < hi && dead; i += l.Units {
					dead = g[i] == 0
				}
				if dead {
					l.Dead++
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// verdict says in words what the numbers call for.
func (w *watch) verdict(m *Watched) []string {
	out := []string{}
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case m.Edge != nil && *m.Edge > 1.5:
		add("rate too high: λmax %.3g is %.2g times what lr is stable for on the quadratic", *m.Largest, *m.Edge)
	case m.Alpha != nil && *m.Alpha > 1:
		add("rate too high: the step went beyond the bottom of its valley to a higher place (alpha %.2g)", *m.Alpha)
	case m.Alpha != nil && *m.Alpha < -0.95 && w.last != nil && w.last.Alpha != nil && *w.last.Alpha < -0.95:
		add("rate too low: steps end near the top of their parabolas (alpha %.2g)", *m.Alpha)
	}
	if w.scattered >= noiseTrusted && (m.Noise == nil || *m.Noise > 20*float64(m.Batch)) {
		noise := "is lost in the noise"
		if m.Noise != nil {
			noise = fmt.Sprintf("is noisy: its noise scale of %.3g examples is %.2g batches", *m.Noise, *m.Noise/float64(m.Batch))
		}
		add("batch too small for this stage: the gradient %s; a larger batch or a falling rate would help", noise)
	}
	for _, l := range m.Layers {
		if l.Dead > 0 && 5*l.Dead >= l.Units {
			add("layer dying: %d of %d units of %s get no gradient from this batch", l.Dead, l.Units, l.Name)
		}
		if l.Gradient > 0 && l.Ratio > 0.1 && m.Step > 10 && l.Units > 0 {
			add("%s changes by %.2g of itself in one step", l.Name, l.Ratio)
		}
	}
	return out
}

func product(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += float64(x * b[i])
	}
	return s
}

func length(a []float64) float64 { return math.Sqrt(product(a, a)) }

func cosine(a, b []float64) float64 { return product(a, b) / (length(a) * length(b)) }

// WatchCost is what a watched run spent.
type WatchCost struct {
	Measurements int
	Seconds      float64
	Percent      float64 // of the training time
	Off          string  // why it stopped, or ""
	Last         *Watched
}

func (w *watch) cost(training float64) *WatchCost {
	if w == nil {
		return nil
	}
	return &WatchCost{w.count, w.spent, 100 * w.spent / math.Max(training, 1e-9), w.off, w.last}
}

// look measures before a step if that is due, off the clock of training.
func (w *watch) look(ctx context.Context, p *pace) error {
	if w == nil || !w.due(p.training(), w.t.done-p.first) {
		return nil
	}
	defer p.pause()()
	w.begin(ctx)
	return nil
}

// tell ends a measurement, writes it and reports it.
func (w *watch) tell(ctx context.Context, p *pace, o outcome) error {
	if w == nil || w.pending == nil {
		return nil
	}
	defer p.pause()()
	m, err := w.end(ctx, o.rate)
	if err != nil {
		if ctx.Err() != nil {
			return nil // the run ends with its own checkpoint
		}
		w.off = err.Error()
		return nil
	}
	ev := p.event(WatchDone, o)
	ev.Watched = m
	w.t.report(ev)
	return w.t.log.other(m)
}

func (w *watch) close() {
	if w != nil && w.probe != nil {
		w.probe.Close()
	}
}

// examples are those of the step that comes, as rows of a set that stays the same one: those of a
// stream, which comes by windows, are copied.
func (w *watch) examples() (*data.Set, []int32, error) {
	set, index, err := w.t.draw(w.t.done, nil)
	if err != nil || w.t.cfg.Stream == nil {
		return set, index, err
	}
	if w.copied == nil {
		if w.copied, err = data.Like(set, w.t.sampler.Sizes()[0]); err != nil {
			return nil, nil, err
		}
	}
	for i, row := range index {
		if err := w.copied.CopyRow(i, set, int(row)); err != nil {
			return nil, nil, err
		}
		index[i] = int32(i)
	}
	return w.copied, index, nil
}
