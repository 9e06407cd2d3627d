package graphtest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Case is a primitive and what it is tried on.
type Case struct {
	// Name is the primitive's name. Of one that has a key, a type or a number
	// in its name (input, const, cast, random) it is the first word.
	Name string
	// Draw makes one trial.
	Draw func(t *rapid.T) Trial
}

// Trial is one application of a primitive.
type Trial struct {
	In []Operand
	// Apply applies the primitive to values of the operands' types. It may do so
	// by way of other operations, which Value then does as well.
	Apply func(g *graph.Graph, x []graph.Value) graph.Value
	// Value is the definition, written in plain loops over float64.
	Value func(x []Dense) Dense
	// Flat says that the derivative is declared to be zero where differences
	// would not be.
	Flat bool
}

// Operand is an operand's shape and numbers. One without an element type is of
// the float type that the suite tries, and the derivatives are with respect to it.
type Operand struct {
	DType tensor.DType
	Dense
}

// Compute is a way to compute values, given those of all inputs.
type Compute func(g *graph.Graph, values []graph.Value, feeds map[graph.Value]*tensor.Array) ([]*tensor.Array, error)

// Run tries every case: in float32 and float64 against its plain computation,
// the derivatives in float64. Each further way of computing must give, for the
// value and for its derivatives, the bits of the reference evaluator.
func Run(t *testing.T, cases []Case, compute ...Compute) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			built := false
			rapid.Check(t, func(t *rapid.T) {
				ops, err := c.Try(t, compute...)
				if err != nil {
					t.Fatal(err)
				}
				built = built || len(ops) > 0
			})
			if !built && !t.Failed() {
				t.Errorf("no trial has built a primitive named %q", c.Name)
			}
		})
	}
}

// Try draws one trial and checks it. It returns the primitives of the case's
// name that the trial has built: simplification may leave none.
func (c Case) Try(t *rapid.T, compute ...Compute) ([]graph.Primitive, error) {
	trial := c.Draw(t)
	var built []graph.Primitive
	for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
		s, err := newSetting(t, trial, d)
		if err != nil {
			return nil, err
		}
		built = append(built, subjects(s.g, c.Name)...)
		if err := s.checkValue(); err != nil {
			return built, err
		}
		if err := s.checkDerivatives(compute); err != nil {
			return built, err
		}
	}
	return built, checkHessian(t, trial)
}

// Subjects are the primitives that a case is about, as some trials of it build them.
func Subjects(c Case) []graph.Primitive {
	var out []graph.Primitive
	draw := rapid.Custom(c.Draw)
	for i := range 30 {
		g := graph.New()
		trial := draw.Example(i)
		trial.Apply(g, trial.inputs(g, tensor.Float64))
		out = append(out, subjects(g, c.Name)...)
	}
	return out
}

func subjects(g *graph.Graph, name string) []graph.Primitive {
	var out []graph.Primitive
	for id := range g.Len() {
		if op := g.At(id).Op(); title(op) == name {
			out = append(out, op)
		}
	}
	return out
}

// title is a primitive's name without what its attributes add to it.
func title(op graph.Primitive) string {
	switch op.(type) {
	case graph.Input, graph.Const, graph.Cast, graph.Random:
		first, _, _ := strings.Cut(op.Name(), " ")
		return first
	}
	return op.Name()
}

// inputs declares a trial's operands.
func (tr *Trial) inputs(g *graph.Graph, d tensor.DType) []graph.Value {
	out := make([]graph.Value, len(tr.In))
	for i, in := range tr.In {
		out[i] = g.Input(operandKey(i), in.dtype(d), in.Shape...)
	}
	return out
}

func operandKey(i int) string { return "operand " + string(rune('a'+i)) }

func (o *Operand) dtype(d tensor.DType) tensor.DType {
	if o.varied() {
		return d
	}
	return o.DType
}

// varied reports whether derivatives are with respect to o.
func (o *Operand) varied() bool { return o.DType == tensor.Invalid }
