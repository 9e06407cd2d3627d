package minimize

import "github.com/godescent/descent/internal/dense"

// Piece is a part of what a method remembers, of a size that depends on the method and on W alone.
type Piece struct {
	Name string
	Data []float64
}

// Memory copies all that the next steps depend on, E and ∇E at the point aside, into pieces that Remember takes back.
func (m *Method) Memory(s *State) []Piece {
	n := len(s.W)
	last := func(x []float64) []float64 {
		out := make([]float64, n)
		copy(out, x)
		return out
	}
	numbers := []float64{float64(s.Step), 0, 0, 0, 0}
	if s.LastW != nil {
		numbers[1] = 1
	}
	switch l := m.Search.(type) {
	case *Armijo:
		numbers[2] = l.last
	case *Wolfe:
		numbers[2] = l.last
	}
	out := []Piece{{"last_weights", last(s.LastW)}, {"last_gradient", last(s.LastG)}, {"last_direction", last(s.LastD)}}
	switch d := m.Direction.(type) {
	case *Conjugate:
		numbers[3] = float64(d.since)
	case *Marquardt:
		numbers[3] = d.Now
	case *LBFGS:
		numbers[3] = float64(len(d.S))
		steps, changes := make([]float64, n*d.Memory), make([]float64, n*d.Memory)
		for i := range d.S {
			copy(steps[i*n:], d.S[i])
			copy(changes[i*n:], d.Y[i])
		}
		out = append(out, Piece{"steps", steps}, Piece{"changes", changes})
	}
	return append(out, Piece{"numbers", numbers})
}

// Remember takes back what Memory gave, for a State at the same point.
func (m *Method) Remember(s *State, pieces []Piece) {
	by := map[string][]float64{}
	for _, p := range pieces {
		by[p.Name] = p.Data
	}
	numbers, n := by["numbers"], len(s.W)
	s.Step = int(numbers[0])
	if numbers[1] == 1 {
		s.LastW, s.LastG, s.LastD = by["last_weights"], by["last_gradient"], by["last_direction"]
	}
	switch l := m.Search.(type) {
	case *Armijo:
		l.last = numbers[2]
	case *Wolfe:
		l.last = numbers[2]
	}
	switch d := m.Direction.(type) {
	case *Conjugate:
		d.since = int(numbers[3])
	case *Marquardt:
		d.Now = numbers[3]
	case *LBFGS:
		d.S, d.Y = nil, nil
		for i := range int(numbers[3]) {
			d.S = append(d.S, by["steps"][i*n:(i+1)*n])
			d.Y = append(d.Y, by["changes"][i*n:(i+1)*n])
		}
	}
}

// Norm is ‖∇E‖.
func (s *State) Norm() float64 { return dense.Norm(s.G) }
