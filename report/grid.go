package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Grid is heights over a rectangle: Z[j*len(X)+i] is that at X[i], Y[j], both
// ascending. A height that is not finite says that there is none.
type Grid struct {
	X, Y, Z []float64
}

// Check is nil if the grid can be drawn.
func (g *Grid) Check() error {
	switch {
	case len(g.X) < 2 || len(g.Y) < 2:
		return fmt.Errorf("a grid of %d×%d points; want at least 2×2", len(g.X), len(g.Y))
	case len(g.Z) != len(g.X)*len(g.Y):
		return fmt.Errorf("a grid of %d×%d points with %d heights", len(g.X), len(g.Y), len(g.Z))
	}
	for _, axis := range [][]float64{g.X, g.Y} {
		for i := 1; i < len(axis); i++ {
			if !(axis[i] > axis[i-1]) {
				return fmt.Errorf("the grid's axis goes from %v to %v; want it to ascend", axis[i-1], axis[i])
			}
		}
	}
	return nil
}

// Missing is the number of heights that are not finite.
func (g *Grid) Missing() int {
	n := 0
	for _, z := range g.Z {
		if !isFinite(z) {
			n++
		}
	}
	return n
}

// place is the cell that x falls into and where in it, from 0 to 1.
func place(axis []float64, x float64) (i int, f float64) {
	i, found := slices.BinarySearch(axis, x)
	if !found {
		i--
	}
	i = max(0, min(i, len(axis)-2))
	return i, (x - axis[i]) / (axis[i+1] - axis[i])
}

// at is the height of f at a point, between those of the corners of its cell; NaN
// if one of them is none.
func (g *Grid) at(x, y float64, f func(float64) float64) float64 {
	i, u := place(g.X, x)
	j, v := place(g.Y, y)
	n := len(g.X)
	a, b, c, d := f(g.Z[j*n+i]), f(g.Z[j*n+i+1]), f(g.Z[(j+1)*n+i]), f(g.Z[(j+1)*n+i+1])
	z := (a*(1-u)+b*u)*(1-v) + (c*(1-u)+d*u)*v
	if !isFinite(z) {
		return math.NaN()
	}
	return z
}

// Scale is how heights become colours: bands between levels.
type Scale struct {
	Levels []float64 // ascending; the colours change there
	Log    bool      // the heights of a perspective picture are logarithms
}

// manyLevels is about how many levels are chosen.
const manyLevels = 14

// NewScale chooses levels for heights: 1, 2 and 5 times powers of ten where most of
// them are a small part of the largest and none is negative, else multiples of one
// such number. It fails if no height is finite.
func NewScale(heights []float64) (Scale, error) {
	var z []float64
	for _, x := range heights {
		if isFinite(x) {
			z = append(z, x)
		}
	}
	if len(z) == 0 {
		return Scale{}, fmt.Errorf("none of the %d heights is a finite number", len(heights))
	}
	slices.Sort(z)
	lo, hi, middle := z[0], z[len(z)-1], z[len(z)/2]
	if lo == hi {
		return Scale{Levels: []float64{lo - math.Max(1e-9, math.Abs(lo)/10), lo + math.Max(1e-9, math.Abs(lo)/10)}}, nil
	}
	if lo >= 0 && middle < 0.25*hi && hi > 10*z[len(z)/100] {
		return Scale{Levels: logLevels(math.Max(z[len(z)/400], hi*1e-7), hi), Log: true}, nil
	}
	// A few far heights do not take the colours of all the others.
	if top := z[len(z)*99/100]; top < hi && hi-lo > 3*(top-lo) && top > lo {
		hi = top
	}
	step := niceStep(hi-lo, manyLevels)
	var levels []float64
	for k := math.Floor(lo / step); k*step < hi+step*(1-1e-9); k++ {
		levels = append(levels, k*step+0)
	}
	return Scale{Levels: levels}, nil
}

// logLevels are 1, 2, 5 times powers of ten around lo to hi, or fewer of them.
func logLevels(lo, hi float64) []float64 {
	var out []float64
	digits := []float64{1, 2, 5}
	decades := math.Log10(hi / lo)
	switch {
	case decades > 12:
		digits = []float64{1}
	case decades > 5.5:
		digits = []float64{1, 3}
	case decades > 1.6 && decades < 3:
		digits = []float64{1, 1.5, 2, 3, 5, 7}
	case decades <= 1.6:
		digits = []float64{1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8}
	}
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for _, d := range digits {
			x, err := strconv.ParseFloat(fmt.Sprintf("%ge%g", d, e), 64) // 0.3, which 3·10⁻¹ is not quite
			if err == nil {
				out = append(out, x)
			}
		}
	}
	from, to := 0, len(out)-1
	for from+1 < len(out) && out[from+1] <= lo {
		from++
	}
	for to > 0 && out[to-1] >= hi {
		to--
	}
	return out[from : to+1]
}

// map1 is a height on the axis that levels are even enough on: its logarithm or itself.
func (s Scale) map1(z float64) float64 {
	if !s.Log {
		return z
	}
	return math.Log10(math.Max(z, s.Levels[0]*0.5)) // NaN stays NaN
}

// colourAt is the colour of a height in its band, from 0 to 1, by the number of bands.
func (s Scale) colourAt(mapped float64) float64 {
	n := len(s.Levels) - 1
	k := 0
	for k+1 < n && mapped >= s.map1(s.Levels[k+1]) {
		k++
	}
	if n == 1 {
		return 0.5
	}
	return float64(k) / float64(n-1)
}

// segments are the pieces of the line where the mapped heights are level: each cell
// as four triangles around its middle, so that none is ambiguous.
func (g *Grid) segments(mapped []float64, level float64) [][4]float64 {
	var out [][4]float64
	n := len(g.X)
	for j := range len(g.Y) - 1 {
		for i := range n - 1 {
			x := [5]float64{g.X[i], g.X[i+1], g.X[i+1], g.X[i], (g.X[i] + g.X[i+1]) / 2}
			y := [5]float64{g.Y[j], g.Y[j], g.Y[j+1], g.Y[j+1], (g.Y[j] + g.Y[j+1]) / 2}
			z := [5]float64{mapped[j*n+i], mapped[j*n+i+1], mapped[(j+1)*n+i+1], mapped[(j+1)*n+i]}
			z[4] = (z[0] + z[1] + z[2] + z[3]) / 4
			if !isFinite(z[4]) {
				continue
			}
			for k := range 4 {
				corners := [3]int{k, (k + 1) % 4, 4}
				var ends []float64
				for e := range 3 {
					a, b := corners[e], corners[(e+1)%3]
					if (z[a] < level) == (z[b] < level) {
						continue
					}
					t := (level - z[a]) / (z[b] - z[a])
					ends = append(ends, x[a]+t*(x[b]-x[a]), y[a]+t*(y[b]-y[a]))
				}
				if len(ends) == 4 {
					out = append(out, [4]float64(ends))
				}
			}
		}
	}
	return out
}
