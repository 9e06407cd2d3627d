package cli

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// printCurvature prints a measurement for people.
func (a *app) printCurvature(p *probed, d *curvatureDoc) error {
	rows := [][]string{{"", "value", "±", "batch"}}
	if d.Sampling != nil {
		rows[0] = append(rows[0], "training set (99%)")
	}
	batch := "-"
	if d.Batch > 0 {
		batch = grouped(int64(d.Batch))
	}
	var s samplingDoc // its numbers are shown if there is one
	if d.Sampling != nil {
		s = *d.Sampling
	}
	row := func(r [2]float64, cells ...string) {
		switch {
		case d.Sampling == nil:
		case r == [2]float64{}:
			cells = append(cells, "-")
		default:
			cells = append(cells, fmt.Sprintf("%.4g to %.4g", r[0], r[1]))
		}
		rows = append(rows, cells)
	}
	add := func(what string, v valueDoc, r [2]float64) {
		row(r, what, fmt.Sprintf("%.7g", v.Value), uncertain(v.Error), batch)
	}
	row(s.E, "E", fmt.Sprintf("%.7g", d.E), "", batch)
	row(s.Gradient, "gradient norm", fmt.Sprintf("%.4g", d.Gradient), "", batch)
	none := [2]float64{}
	for i, v := range d.Largest {
		r := none
		if i == 0 {
			r = s.Largest
		}
		add(fmt.Sprintf("λ%d", i+1), v, r)
	}
	// With few weights the ends meet: each eigenvalue is shown once.
	last := min(len(d.Smallest), d.Weights-len(d.Largest))
	for i := last - 1; i >= 0; i-- {
		r := none
		if i == 0 {
			r = s.Smallest
		}
		add("λ"+fmt.Sprint(d.Weights-i), d.Smallest[i], r)
	}
	add("trace", d.Trace, s.Trace)
	if err := a.out.table(rows); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintln(&b)
	switch {
	case d.Sampling != nil:
		fmt.Fprintf(&b, "%s\n", a.out.wrap(fmt.Sprintf("training set: where the number over all %s examples lies, by how %d parts of %s scatter; an end's inner bound is the curvature that half of the sample has along the other half's eigenvector. ± is of these %s examples alone.",
			grouped(int64(s.Of)), s.Parts, grouped(int64(s.Size)), grouped(int64(d.Batch)))))
	case p.examples < p.training:
		fmt.Fprintf(&b, "± is of these %s examples alone; how far the whole training set's numbers are is not told\n", grouped(int64(d.Batch)))
	}
	if i := d.Inertia; i != nil {
		fmt.Fprintf(&b, "%s negative, %s zero (within %.2g) and %s positive eigenvalues", grouped(int64(i.Negative)), grouped(int64(i.Zero)), i.Floor, grouped(int64(i.Positive)))
		if d.Condition != nil {
			fmt.Fprintf(&b, "; condition number %.4g", *d.Condition)
		} else {
			fmt.Fprintf(&b, "; singular, so no condition number")
		}
		fmt.Fprintln(&b)
	}
	density(&b, d.Density)
	if d.Quadratic != nil {
		fmt.Fprintf(&b, "along the gradient the parabola has its bottom at lr %.3g\n", *d.Quadratic)
	} else {
		fmt.Fprintln(&b, "along the gradient E does not curve upwards")
	}
	if n := d.Noise; n != nil {
		if n.Scale != nil {
			fmt.Fprintf(&b, "gradient noise scale %.3g examples (99%%: %s), by %d parts of %s\n", *n.Scale, rangeText(n.Lo, n.Hi), n.Parts, grouped(int64(n.Size)))
		} else {
			fmt.Fprintf(&b, "gradient noise scale: the gradient is lost in the noise of %d parts of %s examples\n", n.Parts, grouped(int64(n.Size)))
		}
	}
	if s := d.Sharpness; s != nil && s.Worst != nil {
		sam := "none, the gradient is 0"
		if s.SAM != nil {
			sam = fmt.Sprintf("%.4g", *s.SAM)
		}
		fmt.Fprintf(&b, "sharpness within %.3g: %s along the gradient (SAM), %.4g the worst of it and the first eigenvector\n", s.Rho, sam, *s.Worst)
	}
	if s := d.Stability; s != nil {
		fmt.Fprintf(&b, "\n%s\n", a.out.wrap(fmt.Sprintf("%s lr %.3g: %s.", s.Optimizer, s.Rate, s.Verdict)))
	}
	c := d.Cost
	fmt.Fprintf(&b, "\n%s gradients of %s and %s products of %s, %.3g s in all\n", grouped(int64(c.Gradients)), duration(c.GradientSeconds), grouped(int64(c.Products)), duration(c.ProductSeconds), c.Seconds)
	_, err := a.out.Write(b.Bytes())
	return err
}

// duration is a short time with three digits.
func duration(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", 1e6*s)
	case s < 1:
		return fmt.Sprintf("%.3g ms", 1e3*s)
	}
	return fmt.Sprintf("%.3g s", s)
}

func uncertain(e *float64) string {
	if e == nil {
		return "?"
	}
	return fmt.Sprintf("%.1e", *e)
}

func rangeText(lo, hi *float64) string {
	text := "0"
	if lo != nil {
		text = fmt.Sprintf("%.3g", *lo)
	}
	if hi == nil {
		return text + " or more"
	}
	return text + " to " + fmt.Sprintf("%.3g", *hi)
}

// density draws a histogram, a line a band; bars are of the logarithm, since most
// eigenvalues of a network are near 0.
func density(b *bytes.Buffer, bands []bandDoc) {
	if len(bands) == 0 {
		return
	}
	fmt.Fprintln(b, "share of the eigenvalues (bars are logarithmic)")
	for _, x := range bands {
		if x.Share == 0 {
			fmt.Fprintf(b, "%11.4g to %-11.4g none seen\n", x.From, x.To)
			continue
		}
		bar := 0
		if x.Share > 1e-9 {
			bar = int(math.Max(1, 30*(9+math.Log10(x.Share))/9))
		}
		fmt.Fprintf(b, "%11.4g to %-11.4g %9.3g ± %-8s %s\n", x.From, x.To, x.Share, uncertain(x.Error), strings.Repeat("▇", bar))
	}
}
