package curvature

import (
	"context"
	"fmt"
	"math"

	"github.com/godescent/descent/internal/dense"
	"github.com/godescent/descent/internal/stats"
)

// Noise is how the gradients of parts of the examples scatter about their mean ḡ. The
// parts are disjoint and of Size examples, and what is said of single examples follows
// from theirs: the covariance Σ of an example's gradient is Size times that of a part's.
type Noise struct {
	Parts, Size int
	Norm        float64 // ‖ḡ‖
	// Variance is tr Σ, and Squared ‖∇E‖² freed of what the scatter adds to ‖ḡ‖²; it may be
	// negative where there is nothing but noise.
	Variance, Squared float64
	// Scale is tr Σ/‖∇E‖², the batch size at which noise and gradient are alike: far below it a
	// batch twice as large makes nearly twice the progress, far above it hardly any more
	// (McCandlish et al. 2018). Lo to Hi is its interval at Level, by the jackknife; +Inf where the
	// gradient is lost in the noise.
	Scale, Lo, Hi float64
	// What follows is of a batch of all the parts, as Cockpit has it (Schneider, Dangel, Hennig 2021).
	NormTest       float64 // variance of ḡ over ‖ḡ‖²; below 1, or θ² of Byrd et al. 2012, it points downhill
	InnerTest      float64 // variance of ḡᵀg over ‖ḡ‖⁴ (Bollapragada et al. 2017)
	OrthogonalTest float64 // variance across ḡ over ‖ḡ‖²
	SNR            float64 // mean over the weights of ḡ² over an example's variance (Liu et al. 2020)
}

// Noise measures the gradient on so many parts of the probe's examples; a rest is left out.
func (p *Probe) Noise(ctx context.Context, parts int) (Noise, error) {
	grads, size, err := p.Parts(ctx, parts)
	if err != nil {
		return Noise{}, err
	}
	return Scatter(grads, size), nil
}

// Parts gives the gradient of the mean over each of so many parts of the probe's examples,
// and the size of a part.
func (p *Probe) Parts(ctx context.Context, parts int) (grads [][]float64, size int, err error) {
	n := len(p.src.Examples)
	switch {
	case n == 0:
		return nil, 0, fmt.Errorf("curvature: E has no examples whose gradients could scatter")
	case parts < 2 || parts > n:
		return nil, 0, fmt.Errorf("curvature: %d parts of %d examples; want 2 or more, each of an example at least", parts, n)
	}
	size = n / parts
	grads = make([][]float64, parts)
	defer p.time(&p.counts.GradientSeconds)()
	p.counts.Gradients++
	for i := range grads {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		grads[i] = make([]float64, p.Size())
		share := 1.0
		if p.src.Sum {
			share = 1 / float64(size)
		}
		err := p.once(gradient, p.src.Examples[i*size:(i+1)*size], func(s *pass, _ float64) { gather(grads[i], s.in.Output(s.out), share) })
		if err != nil {
			return nil, 0, err
		}
	}
	return grads, size, nil
}

// Scatter reads the gradients of parts of size examples.
func Scatter(grads [][]float64, size int) Noise {
	m := len(grads)
	gram := make([][]float64, m)
	for i := range gram {
		gram[i] = make([]float64, m)
		for j := range i + 1 {
			gram[i][j] = dense.Dot(grads[i], grads[j])
			gram[j][i] = gram[i][j]
		}
	}
	n := Noise{Parts: m, Size: size}
	variance, squared := momentsOf(gram, -1)
	b := float64(size)
	n.Variance, n.Squared = b*variance, squared
	n.Scale = ratio(n.Variance, n.Squared)
	n.Lo, n.Hi = jackknife(gram, b, n.Scale)

	k := float64(m)
	along, total := make([]float64, m), 0.0 // gᵢᵀḡ
	for i := range gram {
		for j := range gram {
			along[i] += gram[i][j] / k
		}
		total += along[i] / k
	}
	n.Norm = math.Sqrt(total)
	inner, across := 0.0, 0.0
	for i := range gram {
		inner += (along[i] - total) * (along[i] - total)
		across += gram[i][i] - along[i]*along[i]/total
	}
	n.NormTest = variance / k / total
	n.InnerTest = inner / (k * (k - 1)) / (total * total)
	n.OrthogonalTest = across / (k * (k - 1)) / total
	n.SNR = snr(grads, b)
	return n
}

// momentsOf is the variance of a part's gradient, Σ‖gᵢ − ḡ‖²/(m − 1), and ‖∇E‖² without bias, of
// all parts but one.
func momentsOf(gram [][]float64, without int) (variance, squared float64) {
	m, diagonal, all := 0.0, 0.0, 0.0
	for i := range gram {
		if i == without {
			continue
		}
		m++
		diagonal += gram[i][i]
		for j := range gram {
			if j != without {
				all += gram[i][j]
			}
		}
	}
	mean2 := all / (m * m)
	variance = max(0, diagonal-m*mean2) / (m - 1)
	return variance, mean2 - variance/m
}

func ratio(variance, squared float64) float64 {
	if squared <= 0 {
		return math.Inf(1)
	}
	return variance / squared
}

// jackknife is the interval of tr Σ/‖∇E‖² on a scale of logarithms.
func jackknife(gram [][]float64, size, whole float64) (lo, hi float64) {
	m := len(gram)
	if m < 3 || !(whole > 0) || math.IsInf(whole, 0) {
		return 0, math.Inf(1)
	}
	var logs []float64
	for i := range gram {
		v, s := momentsOf(gram, i)
		r := ratio(size*v, s)
		if !(r > 0) || math.IsInf(r, 0) {
			return 0, math.Inf(1)
		}
		logs = append(logs, float64(m)*math.Log(whole)-float64(m-1)*math.Log(r)) // pseudo-values
	}
	i := stats.At(Level, logs)
	return whole * math.Exp(-i.Half), whole * math.Exp(i.Half)
}

// snr is the mean over weights of ḡ²/Var g; weights without any gradient are left out.
func snr(grads [][]float64, size float64) float64 {
	m, sum, counted := float64(len(grads)), 0.0, 0
	for j := range grads[0] {
		mean, square := 0.0, 0.0
		for _, g := range grads {
			mean += g[j] / m
		}
		for _, g := range grads {
			square += (g[j] - mean) * (g[j] - mean)
		}
		if square > 0 {
			sum += mean * mean / (size * square / (m - 1))
			counted++
		}
	}
	if counted == 0 {
		return math.NaN()
	}
	return sum / float64(counted)
}
