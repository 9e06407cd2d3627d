package surface

import (
	"fmt"
	"math"
	"strings"

	"github.com/godescent/descent/weights"
)

// Units is the hidden units of a chain of layers, each fed by the one before: those of a
// perceptron or a convolutional network without short cuts. To put a layer's units in another
// order, with all that belongs to them, changes nothing about what the network computes.
type Units struct {
	layers []unitLayer
}

// unitLayer is where the numbers of a layer's units lie.
type unitLayer struct {
	name  string
	n     int
	lanes []lane
}

// lane is an axis of the units within an array: number c of block a of unit u is at
// offset + (a·n + u)·post + c.
type lane struct {
	offset, pre, post int
	matched           bool // a weight, by which units are told apart
}

// NewUnits finds the hidden units by the map of w and of the running statistics, whose
// numbers stand behind w's: a layer's own weights [.., In, Out], what follows it with a number for each
// unit, such as a bias, and the inputs of the next layer, of which a flattened image has a run
// of units for each pixel.
func NewUnits(w, running *weights.Layout) (*Units, error) {
	u := &Units{}
	byPath := map[string]int{}
	for _, v := range w.Views() {
		last := len(u.layers) - 1
		rank := v.Shape.Rank()
		switch {
		case v.Role == weights.Weight && rank >= 2:
			in, out := v.Shape[rank-2], v.Shape[rank-1]
			if last >= 0 {
				l := &u.layers[last]
				if in%l.n != 0 {
					return nil, fmt.Errorf("the %d units of %s are not the inputs of %s %v; units can be put in order in perceptrons and plain convolutional networks", l.n, l.name, v.Name, v.Shape)
				}
				l.lanes = append(l.lanes, lane{v.Offset, v.Size() / out / l.n, out, true})
			}
			u.layers = append(u.layers, unitLayer{v.Name, out, []lane{{v.Offset, v.Size() / out, 1, true}}})
		case last >= 0 && v.Size() == u.layers[last].n:
			l := &u.layers[last]
			l.lanes = append(l.lanes, lane{v.Offset, 1, 1, true})
			byPath[path(v.Name)] = last
		default:
			return nil, fmt.Errorf("%s %v belongs to no layer's units; units can be put in order in perceptrons and plain convolutional networks", v.Name, v.Shape)
		}
	}
	if running != nil {
		for _, v := range running.Views() {
			at, ok := byPath[path(v.Name)]
			if !ok || v.Size() != u.layers[at].n {
				return nil, fmt.Errorf("the running %s %v belongs to no layer's units", v.Name, v.Shape)
			}
			l := &u.layers[at]
			l.lanes = append(l.lanes, lane{w.Size() + v.Offset, 1, 1, false})
		}
	}
	if len(u.layers) < 2 {
		return nil, fmt.Errorf("the network has no hidden units to put in order")
	}
	u.layers = u.layers[:len(u.layers)-1] // the outputs keep their places
	return u, nil
}

func path(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return name
}

// Layers is the number of units in each hidden layer.
func (u *Units) Layers() []int {
	var out []int
	for _, l := range u.layers {
		out = append(out, l.n)
	}
	return out
}

// Permute puts the units of hidden layer k in another order, in place: unit i becomes what
// unit order[i] was.
func (u *Units) Permute(point []float64, k int, order []int) {
	l := &u.layers[k]
	for _, a := range l.lanes {
		block := make([]float64, l.n*a.post)
		for b := range a.pre {
			from := point[a.offset+b*l.n*a.post:][:l.n*a.post]
			for i, j := range order {
				copy(block[i*a.post:(i+1)*a.post], from[j*a.post:(j+1)*a.post])
			}
			copy(from, block)
		}
	}
}

// Matching is how units were put in order.
type Matching struct {
	Point  []float64 // the same network with its units in the other's order
	Moved  int       // units that have another place
	Units  int
	Sweeps int
	// Before and After are ‖a − b‖ for the two networks' weights.
	Before, After float64
}

// Match puts the units of network b in the order that makes its weights most like a's: for one
// layer after the other, with the others as they are, the assignment P that maximises
//
//	⟨Wa, P·Wb⟩ + ⟨Va, Vb·Pᵀ⟩,
//
// W being the weights into the layer and V those out of it, until no layer changes.
// Ainsworth, Hayase, Srinivasa: Git Re-Basin, 2023, algorithm 1 (weight matching).
func (u *Units) Match(a, b []float64) (*Matching, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("surface: two networks of %d and %d numbers", len(a), len(b))
	}
	for i := range a {
		if finite(a[i]) == nil || finite(b[i]) == nil {
			return nil, fmt.Errorf("surface: weight %d is %v in one network and %v in the other; want finite numbers", i, a[i], b[i])
		}
	}
	m := &Matching{Point: append([]float64(nil), b...), Before: distance(a, b)}
	order := make([][]int, len(u.layers))
	for k, l := range u.layers {
		order[k] = identity(l.n)
		m.Units += l.n
	}
	for changed := true; changed; m.Sweeps++ {
		changed = false
		for k := range u.layers {
			gain := u.gains(a, m.Point, k)
			to := assign(gain)
			more, size := 0.0, 0.0
			for i, j := range to {
				more += gain[i][j] - gain[i][i]
				size += math.Abs(gain[i][j]) + math.Abs(gain[i][i])
			}
			if !(more > 1e-12*size) {
				continue
			}
			u.Permute(m.Point, k, to)
			next := make([]int, len(to))
			for i, j := range to {
				next[i] = order[k][j]
			}
			order[k], changed = next, true
		}
	}
	for _, o := range order {
		for i, j := range o {
			if i != j {
				m.Moved++
			}
		}
	}
	m.After = distance(a, m.Point)
	return m, nil
}

func identity(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func distance(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += (x - b[i]) * (x - b[i])
	}
	return math.Sqrt(s)
}

// gains is, for every unit of a's layer k and every one of b's, the inner product of all
// weights that belong to them.
func (u *Units) gains(a, b []float64, k int) [][]float64 {
	l := &u.layers[k]
	fa, fb := l.features(a), l.features(b)
	out := make([][]float64, l.n)
	for i := range out {
		out[i] = make([]float64, l.n)
		for j := range out[i] {
			s := 0.0
			for f, x := range fa[i] {
				s += x * fb[j][f]
			}
			out[i][j] = s
		}
	}
	return out
}

// features is the weights of each unit.
func (l *unitLayer) features(point []float64) [][]float64 {
	out := make([][]float64, l.n)
	for i := range out {
		for _, a := range l.lanes {
			for b := 0; a.matched && b < a.pre; b++ {
				at := a.offset + (b*l.n+i)*a.post
				out[i] = append(out[i], point[at:at+a.post]...)
			}
		}
	}
	return out
}
