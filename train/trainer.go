package train

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"path"
	"time"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

type networkBatch = objective.Batch

// Trainer is a run in progress.
type Trainer struct {
	cfg      Config
	classes  bool // targets are class indices
	binary   bool // one logit for each target
	counts   bool // outputs are logarithms of expected counts
	places   int  // classes of an example: the positions of a sequence, or 1
	pool     *program.Pool
	table    *kernel.Table
	sampler  data.Sampler
	steps    map[int]*stepGraph       // by batch size
	scores   map[scoreKey]*scoreGraph // by part and batch size
	w        *tensor.Array            // [W]
	running  *tensor.Array            // [S], or nil
	step     *tensor.Array            // float64: updates made
	slots    map[string]*tensor.Array // the rule's state
	slotKeys []string                 // in the order that the rule asked for them
	host     *host                    // of a method in place of a rule, or nil
	shown    *presented               // what is evaluated in place of w, or nil
	index    []int32
	block    *data.Set // that examples of a Source are read into, to be scored; or nil
	log      *metricsLog
	board    *board
	epoch    epochSums
	bound    float64 // of the loss
	best     bestLoss
	descent  descent // of a Plateau
	done     int64   // steps
	seconds  float64
}

type scoreKey struct {
	set   *data.Set
	batch int
}

// epochSums are an epoch's running sums, which a checkpoint keeps so that a
// resumed epoch ends with the means of a whole one.
type epochSums struct {
	Examples int64
	Loss     float64 // Σ loss·examples
	Correct  float64
	Last     float64 // mean loss of the epoch before; NaN before the first
	LastAcc  float64
}

// bestLoss is the smallest validation loss so far.
type bestLoss struct {
	Loss  float64
	Since int // epochs without a smaller one
}

// New checks the configuration, compiles the step and, to resume, reads the checkpoint.
func New(cfg Config) (*Trainer, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Method != nil {
		cfg.Batch = cfg.Train.Len()
	}
	table, err := dispatch.Pick(cfg.Kernel)
	if err != nil {
		return nil, err
	}
	t := &Trainer{
		cfg: cfg, table: table, slots: map[string]*tensor.Array{},
		steps: map[int]*stepGraph{}, scores: map[scoreKey]*scoreGraph{},
		epoch: epochSums{Last: math.NaN(), LastAcc: math.NaN()}, best: bestLoss{Loss: math.Inf(1)},
		descent: newDescent(cfg.Rate),
	}
	t.task(cfg.Network.Loss)
	t.places = 1
	if set := cfg.examples(); set.Classification() {
		t.places = set.Y.Size() / set.Len()
	}
	if t.sampler, err = cfg.sampler(cfg.Seed); err != nil {
		return nil, err
	}
	if cfg.Threads < 0 {
		return nil, fmt.Errorf("train: %d threads; want at least 1, or 0 for one a CPU", cfg.Threads)
	}
	if t.w, t.running, err = cfg.first(cfg.Seed); err != nil {
		return nil, err
	}
	t.step = tensor.New(tensor.Float64)
	t.pool = program.NewPool(cfg.Threads)
	if cfg.Method != nil {
		err = t.newHost()
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	// Every batch size is compiled now, so that mistakes show before any work.
	for _, n := range t.sampler.Sizes() {
		if t.host != nil {
			break // it has passes of its own
		}
		if _, err := t.stepFor(n, cfg.examples()); err != nil {
			t.Close()
			return nil, err
		}
	}
	if err := t.open(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// task notes what a loss is for, and so what it is measured by.
func (t *Trainer) task(l loss.Loss) {
	_, t.binary = l.(*loss.BinaryCrossEntropy)
	_, t.classes = l.(*loss.CrossEntropy)
	_, t.counts = l.(*loss.Poisson)
}

// Close ends the trainer's threads and files.
func (t *Trainer) Close() {
	if t.host != nil && t.host.probe != nil {
		t.host.probe.Close()
	}
	t.pool.Close()
	if t.log != nil {
		_ = t.log.close() // what matters was flushed with the last checkpoint
		t.log = nil
	}
	t.board.close()
	t.board = nil
}

// Weights are w and its map; they change while Run runs.
func (t *Trainer) Weights() *tensor.Array { return t.w }

// Running are the running statistics [S], or nil; they change likewise.
func (t *Trainer) Running() *tensor.Array { return t.running }

// Done is the number of steps done.
func (t *Trainer) Done() int64 { return t.done }

// Step does one step, without the tests, reports and checkpoints of Run, and
// gives the batch's loss before it. It allocates nothing.
func (t *Trainer) Step() (loss float64, err error) {
	o, err := t.once()
	return o.loss, err
}

// Profile runs steps on one batch and gives the time of each of their
// instructions. It trains: the weights move.
func (t *Trainer) Profile(steps int) ([]program.Cost, error) {
	if err := t.noMethod("a profile"); err != nil {
		return nil, err
	}
	if _, err := t.once(); err != nil {
		return nil, err
	}
	return t.steps[len(t.index)].inst.Profile(steps)
}

// stepFor is the step for a batch size, on the memory of a set.
func (t *Trainer) stepFor(batch int, set *data.Set) (*stepGraph, error) {
	s := t.steps[batch]
	if s == nil {
		var err error
		if s, err = t.newStep(batch, t.cfg.Rule); err != nil {
			return nil, err
		}
		t.steps[batch] = s
	}
	return s, t.link(s, set)
}

// limit is the number of steps the run may do, or −1.
func (t *Trainer) limit() int64 {
	n := int64(-1)
	if t.cfg.Epochs > 0 {
		n = data.Steps(t.sampler, t.cfg.Epochs)
	}
	if t.cfg.Steps > 0 && (n < 0 || t.cfg.Steps < n) {
		n = t.cfg.Steps
	}
	return n
}

// Run trains until a limit, convergence or the end of ctx, which is no error:
// the result then says Interrupted, and the checkpoint can be resumed. A run
// that diverged is a *Diverged.
func (t *Trainer) Run(ctx context.Context) (*Result, error) {
	r := &Result{Reason: LimitReached, Kernel: t.table.Name, Threads: t.pool.Threads(), Weights: t.w.Size()}
	limit := t.limit()
	watch, err := t.newWatch()
	if err != nil {
		return nil, err
	}
	defer watch.close()
	p, before := newPace(t, limit), time.Duration(0)
	if t.cfg.Stream != nil {
		_, before = t.cfg.Stream.Waited()
	}
	for limit < 0 || t.done < limit {
		if ctx.Err() != nil {
			r.Reason = Interrupted
			break
		}
		if err := watch.look(ctx, p); err != nil {
			return nil, err
		}
		o, err := t.once()
		if err != nil {
			return nil, errors.Join(err, t.save())
		}
		p.step(o)
		if err := watch.tell(ctx, p, o); err != nil {
			return nil, err
		}
		stop, detail, err := t.after(o, p)
		err = errors.Join(p.logged, err)
		if err != nil {
			return nil, err
		}
		if stop {
			r.Reason, r.Detail = Converged, detail
			break
		}
	}
	r.Watch = watch.cost(p.training())
	if s := t.cfg.Stream; s != nil {
		first, waited := s.Waited()
		since := (waited - before).Seconds()
		r.Fed = &Fed{s.Window(), first.Seconds(), since, 100 * since / math.Max(p.training(), 1e-9)}
	}
	t.seconds += p.training()
	if err := t.save(); err != nil {
		return nil, err
	}
	return r, t.finish(ctx, r)
}

// outcome is what a step gave.
type outcome struct {
	n                   int
	loss, correct, norm float64
	rate                float64
}

// once does one step.
func (t *Trainer) once() (outcome, error) {
	if t.host != nil {
		return t.onHost()
	}
	set, index, err := t.draw(t.done, t.index)
	if err != nil {
		return outcome{}, err
	}
	t.index = index
	s, err := t.stepFor(len(t.index), set)
	if err != nil {
		return outcome{}, err
	}
	copy(tensor.Slice[int32](s.inst.Input(s.src.index)), t.index)
	if err := s.inst.Step(); err != nil {
		return outcome{}, t.diagnose(s, err)
	}
	o := outcome{n: len(t.index), loss: s.inst.Scalar(s.m.loss), correct: math.NaN(), norm: s.inst.Scalar(s.norm), rate: s.inst.Scalar(s.rate)}
	if s.m.correct.Valid() {
		o.correct = s.inst.Scalar(s.m.correct) / float64(t.places)
	}
	t.done++
	if t.bound == 0 {
		if t.bound = t.cfg.LossBound; t.bound == 0 {
			t.bound = 1e6 + 1000*math.Abs(o.loss)
		}
	}
	if o.loss > t.bound {
		return o, &Diverged{Step: t.done, What: fmt.Sprintf("the loss is %.4g, over the bound of %.4g", o.loss, t.bound), Try: t.advice(s)}
	}
	return o, nil
}

// draw finds the examples of a step: rows of a set, stored in dst if it has room.
func (t *Trainer) draw(step int64, dst []int32) (*data.Set, []int32, error) {
	if t.cfg.Stream != nil {
		return t.cfg.Stream.Load(step, dst)
	}
	return t.cfg.Train.Set, t.sampler.Batch(step, dst), nil
}

// after keeps the epoch's sums, tests convergence and writes what is due.
func (t *Trainer) after(o outcome, p *pace) (stop bool, detail string, err error) {
	t.epoch.Examples += int64(o.n)
	if !math.IsNaN(o.loss) && !math.IsInf(o.loss, 0) { // a rule that leaves such steps out goes on, and so does the mean
		t.epoch.Loss += float64(o.loss * float64(o.n)) // not fused: the same sum on every processor
	}
	t.epoch.Correct += o.correct
	if g := t.cfg.Stop.GradientNorm; g > 0 && o.norm <= g {
		stop, detail = true, fmt.Sprintf("the gradient's norm %.3g is at or below %.3g", o.norm, g)
	}
	if t.host != nil && t.host.stuck {
		stop, detail = true, fmt.Sprintf("no lower point is found along the direction; the gradient's norm is %.3g", o.norm)
	}
	epoch, _ := t.sampler.Epoch(t.done)
	before, _ := t.sampler.Epoch(t.done - 1)
	if epoch != before {
		s, d, err := t.endEpoch(epoch, o, p)
		if err != nil {
			return false, "", err
		}
		if s && !stop {
			stop, detail = true, d
		}
	}
	if p.saveDue() {
		if err := t.save(); err != nil {
			return false, "", err
		}
		t.report(Event{Kind: Saved, Step: t.done})
	}
	return stop, detail, nil
}

// endEpoch measures what an epoch gave and tests its convergence.
func (t *Trainer) endEpoch(epoch int, o outcome, p *pace) (stop bool, detail string, err error) {
	mean, acc := t.epoch.means()
	last := t.epoch.Last
	t.epoch = epochSums{Last: mean, LastAcc: acc}
	ev := p.event(EpochDone, o)
	ev.Epoch, ev.Loss, ev.Accuracy = epoch, mean, acc
	judged := mean
	if t.cfg.Validation.Len() > 0 {
		resume := p.pause()
		ev.Validation, err = t.Score(context.Background(), t.cfg.Validation)
		resume()
		if err != nil {
			return false, "", err
		}
		judged = ev.Validation.Loss
	}
	lowered := t.lower(epoch, judged)
	if t.cfg.Validation.Len() > 0 {
		if judged < t.best.Loss {
			t.best = bestLoss{judged, 0}
			if t.cfg.KeepBest {
				if err := t.saveAs(BestName); err != nil {
					return false, "", err
				}
			}
		} else if t.best.Since++; t.cfg.Stop.Patience > 0 && t.best.Since >= t.cfg.Stop.Patience {
			stop, detail = true, fmt.Sprintf("the validation loss has not fallen below %.6g for %d epochs", t.best.Loss, t.best.Since)
		}
	}
	if c := t.cfg.Stop.LossChange; c > 0 && math.Abs(mean-last) <= c*math.Abs(last) {
		stop, detail = true, fmt.Sprintf("the epoch's mean loss went from %.6g to %.6g, a change within %.3g of it", last, mean, c)
	}
	t.report(ev)
	err = errors.Join(t.log.epoch(ev), t.board.epoch(t, ev))
	if lowered != nil {
		t.report(Event{Kind: Lowered, Step: t.done, Epoch: epoch, Lowered: lowered})
		err = errors.Join(err, t.log.other(lowered))
	}
	return stop, detail, err
}

func (e epochSums) means() (mean, acc float64) {
	if e.Examples == 0 {
		return e.Last, e.LastAcc
	}
	return e.Loss / float64(e.Examples), e.Correct / float64(e.Examples)
}

func (t *Trainer) report(e Event) {
	if t.cfg.Report != nil {
		t.cfg.Report(e)
	}
}

// finish fills in the result of a run that ended.
func (t *Trainer) finish(ctx context.Context, r *Result) error {
	r.Steps, r.Seconds = t.done, t.seconds
	r.Epochs, _ = t.sampler.Epoch(t.done)
	r.TrainLoss, r.TrainAcc = t.epoch.means()
	if t.done > 0 && t.epoch.Examples > 0 && r.Epochs > 0 && r.Reason != Interrupted {
		// A part of an epoch says less than the whole one before it.
		if !math.IsNaN(t.epoch.Last) && t.epoch.Examples < int64(t.cfg.Len())/2 {
			r.TrainLoss, r.TrainAcc = t.epoch.Last, t.epoch.LastAcc
		}
	}
	for _, key := range t.slotKeys {
		if path.Base(key) == "skipped" {
			r.Skipped += int64(t.slots[key].At(0))
		}
	}
	sum := sha256.Sum256(t.w.LittleEndian())
	r.WeightsSHA256 = fmt.Sprintf("%x", sum)
	if r.Reason == Interrupted {
		return nil
	}
	var err error
	if t.cfg.Validation.Len() > 0 {
		if r.Validation, err = t.Score(ctx, t.cfg.Validation); err != nil {
			return err
		}
	}
	if t.cfg.Test.Len() > 0 {
		if r.Test, err = t.Score(ctx, t.cfg.Test); err != nil {
			return err
		}
	}
	return t.board.end(r)
}

// scoreBatch is the number of examples that are scored at a time.
const scoreBatch = 256

// Score measures the network on a part of the data, at the present weights or at what
// the rule presents in their place.
func (t *Trainer) Score(ctx context.Context, part Part) (*Score, error) {
	if err := t.refresh(); err != nil {
		return nil, err
	}
	var sum struct{ loss, correct, squares, targets, target2, deviance, tlogt float64 }
	n := part.Len()
	from, err := t.feed(part)
	if err != nil {
		return nil, err
	}
	defer from.close()
	for lo := 0; lo < n; lo += scoreBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hi := min(lo+scoreBatch, n)
		key := scoreKey{from.set, hi - lo}
		s := t.scores[key]
		if s == nil {
			if s, err = t.newScore(from.set, hi-lo); err != nil {
				return nil, err
			}
			t.scores[key] = s
		}
		if err := from.take(lo, tensor.Slice[int32](s.inst.Input(s.src.index))); err != nil {
			return nil, err
		}
		if err := s.inst.Step(); err != nil {
			return nil, err
		}
		sum.loss += float64(s.inst.Scalar(s.m.loss) * float64(hi-lo)) // not fused, as the epoch's
		if s.m.correct.Valid() {
			sum.correct += s.inst.Scalar(s.m.correct)
			continue
		}
		sum.squares += s.inst.Scalar(s.m.regression.Squares)
		sum.targets += s.inst.Scalar(s.m.regression.Targets)
		sum.target2 += s.inst.Scalar(s.m.regression.Target2)
		if t.counts {
			sum.deviance += s.inst.Scalar(s.m.counts.Deviance)
			sum.tlogt += s.inst.Scalar(s.m.counts.TLogT)
		}
	}
	out := &Score{N: n, Loss: sum.loss / float64(n), Accuracy: math.NaN(), R2: math.NaN(), D2: math.NaN()}
	if t.classes || t.binary {
		out.Accuracy = sum.correct / float64(n*t.places)
		return out, nil
	}
	numbers := from.set.Y.Size() / from.set.Len() * n
	out.R2 = loss.R2(numbers, sum.squares, sum.targets, sum.target2)
	if t.counts {
		out.D2 = loss.D2(numbers, sum.deviance, sum.targets, sum.tlogt)
	}
	return out, nil
}

// feed begins to go through a part; the parts of a source share a block of memory.
func (t *Trainer) feed(part Part) (*feeder, error) {
	f, err := feed(part, t.block)
	if err == nil && part.Source != nil {
		t.block = f.set
	}
	return f, err
}

// pace keeps the time: of training, of reports and of checkpoints.
type pace struct {
	t          *Trainer
	limit      int64
	start      time.Time
	paused     time.Duration
	told, kept time.Time
	toldStep   int64
	keptStep   int64
	perSec     float64
	first      int64 // steps done when the clock started
	logged     error // of writing metrics
}

func newPace(t *Trainer, limit int64) *pace {
	now := time.Now()
	return &pace{t: t, limit: max(limit, 0), start: now, told: now, kept: now, toldStep: t.done, keptStep: t.done, first: t.done}
}

func (p *pace) training() float64 { return (time.Since(p.start) - p.paused).Seconds() }

// pause stops the clock of training until the function it returns is called.
func (p *pace) pause() func() {
	from := time.Now()
	return func() {
		d := time.Since(from)
		p.paused += d
		p.told = p.told.Add(d)
	}
}

// reportEvery is the time between two reports of a step.
const reportEvery = 100 * time.Millisecond

func (p *pace) step(o outcome) {
	if p.t.done%logSteps == 0 {
		e := p.event(StepDone, o)
		p.logged = errors.Join(p.logged, p.t.log.step(e), p.t.board.step(e))
	}
	now := time.Now()
	if now.Sub(p.told) < reportEvery && p.t.done != p.limit {
		return
	}
	if dt := now.Sub(p.told).Seconds(); dt > 0 && p.t.done > p.toldStep {
		lately := float64(p.t.done-p.toldStep) / dt
		if p.perSec == 0 {
			p.perSec = lately
		}
		p.perSec += 0.3 * (lately - p.perSec)
	}
	p.told, p.toldStep = now, p.t.done
	p.t.report(p.event(StepDone, o))
}

func (p *pace) event(k EventKind, o outcome) Event {
	epoch, _ := p.t.sampler.Epoch(p.t.done)
	return Event{
		Kind: k, Step: p.t.done, Steps: p.limit, Epoch: epoch, Loss: o.loss, Accuracy: o.correct / float64(o.n),
		Gradient: o.norm, Rate: o.rate, PerSec: p.perSec, Elapsed: time.Since(p.start),
	}
}

func (p *pace) saveDue() bool {
	c := &p.t.cfg
	due := c.SaveSteps > 0 && p.t.done-p.keptStep >= c.SaveSteps || c.SaveEvery > 0 && time.Since(p.kept) >= c.SaveEvery
	if due {
		p.kept, p.keptStep = time.Now(), p.t.done
	}
	return due
}
