package race

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Axis is a number of a contender's rule that is searched together with the rate.
type Axis struct {
	Name   string    // beta2
	Path   string    // the key of its run-time input, as optim.Describe has it
	Text   string    // what stands for it in the contender's name: beta2=0.9..0.9999
	Scale  string    // what is even along it: "" the number x, "log" its logarithm, "log1m" that of 1 − x
	Values []float64 // ascending
	Given  bool      // the values are someone's choice: none between them is tried
}

// maxAxes is how many axes a contender has at most; the runs of a search are a power of it.
const maxAxes = 4

// spot is what a search decides: a rate and a value on every axis.
type spot struct {
	rate float64
	axis [maxAxes]float64
}

// NewAxis divides a range evenly on its scale into n values, both ends among them.
func NewAxis(name, path, text, scale string, lo, hi float64, n int) (Axis, error) {
	a := Axis{Name: name, Path: path, Text: text, Scale: scale}
	if !(lo < hi) || n < 2 {
		return a, fmt.Errorf("%s is not a range; write the smaller end first", text)
	}
	from, to := a.onScale(lo), a.onScale(hi)
	if math.IsInf(from, 0) || math.IsInf(to, 0) {
		return a, fmt.Errorf("%s is a logarithmic range, which cannot reach %v; end it near there", text, map[string]string{"log": "0", "log1m": "1"}[scale])
	}
	for i := range n {
		x := a.rounded(a.offScale(from + (to-from)*float64(i)/float64(n-1)))
		a.Values = append(a.Values, min(max(x, lo), hi))
	}
	a.Values[0], a.Values[n-1] = lo, hi
	a.Values = slices.Compact(a.Values)
	return a, nil
}

// onScale grows evenly along the axis, offScale is its inverse.
func (a Axis) onScale(x float64) float64 {
	switch a.Scale {
	case "log":
		return math.Log(x)
	case "log1m":
		return -math.Log1p(-x)
	}
	return x
}

func (a Axis) offScale(y float64) float64 {
	switch a.Scale {
	case "log":
		return math.Exp(y)
	case "log1m":
		return -math.Expm1(-y)
	}
	return y
}

// rounded is a value in the few digits that matter on the scale.
func (a Axis) rounded(x float64) float64 {
	switch a.Scale {
	case "log":
		return short(x)
	case "log1m":
		x = 1 - short(1-x)
		return digits(x, 12) // of the subtraction's rounding
	}
	return digits(x, 3)
}

func digits(x float64, n int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// between are the values half way to the neighbours of one of Values.
func (a Axis) between(x float64) []float64 {
	at := slices.Index(a.Values, x)
	if a.Given || at < 0 {
		return nil
	}
	var out []float64
	for _, i := range []int{at - 1, at + 1} {
		if i < 0 || i == len(a.Values) {
			continue
		}
		if y := a.rounded(a.offScale((a.onScale(x) + a.onScale(a.Values[i])) / 2)); !slices.Contains(a.Values, y) {
			out = append(out, y)
		}
	}
	return out
}

// checkAxes finds mistakes before any run.
func (c *Contender) checkAxes() error {
	if len(c.Axes) > maxAxes {
		return fmt.Errorf("race: %s has %d ranges; at most %d beside the rate are searched together", c.Name, len(c.Axes), maxAxes)
	}
	for _, a := range c.Axes {
		if len(a.Values) == 0 || !slices.IsSorted(a.Values) {
			return fmt.Errorf("race: the values of %s of %s are %v; want some, ascending", a.Name, c.Name, a.Values)
		}
	}
	return nil
}

// combinations are every value of an axis with every one of the others.
func (c *Contender) combinations() [][maxAxes]float64 {
	all := [][maxAxes]float64{{}}
	for i, a := range c.Axes {
		var next [][maxAxes]float64
		for _, one := range all {
			for _, x := range a.Values {
				one[i] = x
				next = append(next, one)
			}
		}
		all = next
	}
	return all
}

// settingAt is all but the rate that decides a spot's runs.
func (c *Contender) settingAt(at spot) string {
	text := c.Setting
	for i, a := range c.Axes {
		text += fmt.Sprintf(" %s=%v", a.Name, at.axis[i])
	}
	return text
}

// nameAt is the contender's name with a spot's values in place of the ranges.
func (c *Contender) nameAt(at spot) string {
	name := c.Name
	for i, a := range c.Axes {
		name = strings.Replace(name, a.Text, fmt.Sprintf("%s=%v", a.Name, at.axis[i]), 1)
	}
	return name
}
