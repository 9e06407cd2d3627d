package train

import (
	"fmt"
	"math"
)

// Plateau lowers η0 where the loss of an epoch no longer falls: that of the validation
// examples or, where there are none, the mean over the epoch's batches. It decides as PyTorch's
// ReduceLROnPlateau with mode="min" does. After an epoch of loss E, with the smallest loss b so far:
//
//	E < b(1 − θ), or with Absolute E < b − θ:  b ← E, n ← 0;  else n ← n + 1
//	in one of the Cooldown epochs after a reduction:  n ← 0
//	n > Patience:  η0 ← max(c·η0, Floor), unless that changes it by Least or less;  n ← 0
//
// A NaN is no improvement. A Schedule goes on from the lowered η0: the two multiply, where PyTorch's
// schedulers overwrite each other. Floor bounds η0, before the schedule's factor. Only Run ends epochs:
// Step alone leaves η0 as it is.
type Plateau struct {
	Factor    float64 // c, in (0,1)
	Patience  int     // epochs without an improvement that are let pass; the next one lowers η0
	Threshold float64 // θ ≥ 0, what an epoch has to gain
	Absolute  bool    // θ is a number, not a share of b
	Cooldown  int     // epochs after a reduction that do not count
	Floor     float64 // η0 is never lowered below it
	Least     float64 // a smaller change of η0 is not made
}

// NewPlateau has PyTorch's c = 0.1 after more than 10 epochs, θ = 1e-4 of b, no cooldown, no floor
// and changes above 1e-8.
func NewPlateau() *Plateau {
	return &Plateau{Factor: 0.1, Patience: 10, Threshold: 1e-4, Least: 1e-8}
}

func (p *Plateau) check() error {
	switch {
	case p == nil:
	case !(p.Factor > 0 && p.Factor < 1):
		return fmt.Errorf("train: a plateau's factor of %v; want a number in (0,1)", p.Factor)
	case p.Patience < 0 || p.Cooldown < 0:
		return fmt.Errorf("train: a plateau's patience of %d epochs and cooldown of %d; want no negative number", p.Patience, p.Cooldown)
	case !(p.Threshold >= 0 && p.Floor >= 0 && p.Least >= 0) || math.IsInf(p.Threshold+p.Floor+p.Least, 1):
		return fmt.Errorf("train: a plateau's threshold of %v, floor of %v and least change of %v; want finite numbers of at least 0", p.Threshold, p.Floor, p.Least)
	}
	return nil
}

// descent is where a Plateau stands; a checkpoint keeps it.
type descent struct {
	Rate float64 // η0 now
	Best float64 // b; +Inf before the first epoch
	Bad  int     // n
	Cool int     // epochs of cooldown left
}

func newDescent(rate float64) descent { return descent{Rate: rate, Best: math.Inf(1)} }

// Fall is a reduction of η0, as the metrics file and an Event tell it.
type Fall struct {
	Kind   string   `json:"kind"` // "plateau"
	Step   int64    `json:"step"` // steps done
	Epoch  int      `json:"epoch"`
	Part   string   `json:"part"`   // "validation" or "training", whose loss it is
	Loss   *float64 `json:"loss"`   // the epoch's; nil if it is not finite
	Best   *float64 `json:"best"`   // the smallest before; nil before there was one
	Epochs int      `json:"epochs"` // without an improvement
	From   float64  `json:"from"`   // η0
	To     float64  `json:"to"`
}

func (f *Fall) String() string {
	loss, best := "is not finite", "and none before was"
	if f.Loss != nil {
		loss = fmt.Sprintf("is %.6g", *f.Loss)
	}
	if f.Best != nil {
		best = fmt.Sprintf("and was %.6g at best", *f.Best)
	}
	epochs := "an epoch"
	if f.Epochs > 1 {
		epochs = fmt.Sprintf("%d epochs", f.Epochs)
	}
	return fmt.Sprintf("plateau after epoch %d: the %s loss %s %s, without a gain for %s; lr goes from %.4g to %.4g", f.Epoch, f.Part, loss, best, epochs, f.From, f.To)
}

// after takes an epoch's loss, and reports whether the rate is lowered.
func (p *Plateau) after(d *descent, loss float64) bool {
	bar := d.Best
	switch {
	case math.IsInf(bar, 1): // any number is below it
	case p.Absolute:
		bar -= p.Threshold
	default:
		bar *= 1 - p.Threshold
	}
	if loss < bar {
		d.Best, d.Bad = loss, 0
	} else {
		d.Bad++
	}
	if d.Cool > 0 {
		d.Cool--
		d.Bad = 0
	}
	if d.Bad <= p.Patience {
		return false
	}
	d.Cool, d.Bad = p.Cooldown, 0
	next := max(d.Rate*p.Factor, p.Floor)
	if !(d.Rate-next > p.Least) {
		return false
	}
	d.Rate = next
	return true
}

// lower asks the plateau after an epoch, and hands a lower η0 on; nil if it is not lowered.
func (t *Trainer) lower(epoch int, loss float64) *Fall {
	p, d := t.cfg.Plateau, t.descent
	if p == nil || !p.after(&t.descent, loss) {
		return nil
	}
	t.setRate()
	f := &Fall{
		Kind: "plateau", Step: t.done, Epoch: epoch, Part: "training", Loss: finite(loss), Best: finite(d.Best), Epochs: d.Bad + 1,
		From: d.Rate, To: t.descent.Rate,
	}
	if t.cfg.Validation.Len() > 0 {
		f.Part = "validation"
	}
	return f
}

// plateauPosition is what a checkpoint keeps; nil without a Plateau.
func (t *Trainer) plateauPosition() *plateauPosition {
	if t.cfg.Plateau == nil {
		return nil
	}
	d := t.descent
	return &plateauPosition{d.Rate, finite(d.Best), d.Bad, d.Cool}
}

// resumePlateau takes what a checkpoint kept. A run that had no Plateau gets one that begins here.
func (t *Trainer) resumePlateau(p *plateauPosition) {
	if p == nil || t.cfg.Plateau == nil {
		return
	}
	t.descent = descent{p.Rate, orElse(p.Best, math.Inf(1)), p.Bad, p.Cool}
	t.setRate()
}

// setRate hands η0 to every compiled step.
func (t *Trainer) setRate() {
	for _, s := range t.steps {
		for _, inst := range s.on {
			inst.Input(s.lr).SetAt(0, t.descent.Rate)
		}
	}
}
