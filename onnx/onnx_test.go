package onnx_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/graph/graphtest"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/tensor"
)

// formless are the primitives that evaluation has no use for: those of derivatives, of
// optimizers and of dropout.
var formless = []string{"cholesky", "conv kernel", "eigenvectors", "inverse root", "orthonormal", "pool index", "pool put", "random", "scatter add", "segment spread", "segment sum", "solve upper", "window spread"}

// TestEveryPrimitive: a primitive either has a form in ONNX or is known to have none, so
// that a new one cannot be forgotten.
func TestEveryPrimitive(t *testing.T) {
	refused := map[string]bool{}
	for _, p := range graphtest.Primitives() {
		draw := rapid.Custom(p.Draw)
		for i := range 40 {
			trial := draw.Example(i)
			g := graph.New()
			f := &onnx.Function{Inputs: []onnx.Port{{Name: "unused", Value: g.Input("unused", tensor.Float32, 1)}}}
			var in []graph.Value
			for i, o := range trial.In {
				d := o.DType
				if d == tensor.Invalid {
					d = tensor.Float32
				}
				in = append(in, g.Input(fmt.Sprint(i), d, o.Shape...))
				f.Inputs = append(f.Inputs, onnx.Port{Name: fmt.Sprint("x", i), Value: in[i]})
			}
			f.Outputs = []onnx.Port{{Name: "y", Value: trial.Apply(g, in)}}
			err := onnx.Write(&bytes.Buffer{}, func(int) (*onnx.Function, error) { return f, nil }, onnx.Options{Batch: 1})
			e := (*onnx.Error)(nil)
			switch {
			case err == nil:
			case !errors.As(err, &e):
				t.Errorf("%s: %v", p.Name, err)
			case slices.Contains(formless, p.Name):
				refused[p.Name] = true
			case p.Name != "conv" && p.Name != "pool take": // of some attributes, that only derivatives have
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
	for _, name := range formless {
		if !refused[name] {
			t.Errorf("%q has a form in ONNX; take it off the list", name)
		}
	}
}

// perceptron is x·w + b for x [batch, 3], w a part of a vector.
func perceptron(batch int) (*onnx.Function, error) {
	g := graph.New()
	x, w := g.Input("x", tensor.Float32, batch, 3), g.Input("w", tensor.Float32, 8)
	k, b := w.Slice(0, 0, 6), w.Slice(0, 6, 8)
	return &onnx.Function{
		Inputs:  []onnx.Port{{Name: "x", Value: x}},
		Outputs: []onnx.Port{{Name: "y", Value: x.MatMul(k.Reshape(3, 2)).Add(b).Relu()}},
		Constants: []onnx.Constant{
			{Name: "weight", Value: k, Array: tensor.From([]float32{1, 2, 3, 4, 5, 6}, 3, 2)},
			{Name: "bias", Value: b, Array: tensor.From([]float32{7, 8}, 2)},
			{Name: "not used", Value: g.Input("other", tensor.Float32, 1), Array: tensor.From([]float32{9}, 1)},
		},
	}, g.Err()
}

// TestWrite: a part of a vector is a constant by its name and the file's shape, with
// nothing between it and the operation; what is not used is left out.
func TestWrite(t *testing.T) {
	var b bytes.Buffer
	meta := map[string]string{"a": "b", "c": "ü"}
	if err := onnx.Write(&b, perceptron, onnx.Options{Metadata: meta}); err != nil {
		t.Fatal(err)
	}
	f, err := onnx.Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if f.IR != 8 || f.Opset != 18 || f.Producer != "descent" || !maps.Equal(f.Metadata, meta) ||
		!slices.Equal(f.Inputs, []string{"x"}) || !slices.Equal(f.Outputs, []string{"y"}) {
		t.Errorf("the file says %+v", f)
	}
	if want := []string{"Shape", "MatMul", "Add", "Relu", "Identity"}; !slices.Equal(f.Operators, want) {
		t.Errorf("the operators are %v, want %v", f.Operators, want)
	}
	if len(f.Constants) != 2 || len(f.Unread) != 0 {
		t.Fatalf("the constants are %v, and unread %v", f.Constants, f.Unread)
	}
	for i, want := range []*tensor.Array{tensor.From([]float32{1, 2, 3, 4, 5, 6}, 3, 2), tensor.From([]float32{7, 8}, 2)} {
		got := f.Constants[i]
		if got.Name != []string{"weight", "bias"}[i] || !got.Array.Shape().Equal(want.Shape()) || !bytes.Equal(got.Array.Raw(), want.Raw()) {
			t.Errorf("constant %d is %q %v %v", i, got.Name, got.Array.Shape(), got.Array.Float64s())
		}
	}
	again := bytes.Buffer{}
	if err := onnx.Write(&again, perceptron, onnx.Options{Metadata: meta}); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
		t.Errorf("the same function is another file: %v", err)
	}
}

// TestMistakes: what has no form is an error with the place, and what depends on the size
// of the batch in another way than by an axis is not written wrongly.
func TestMistakes(t *testing.T) {
	of := func(y func(g *graph.Graph, x graph.Value, n int) graph.Value) func(int) (*onnx.Function, error) {
		return func(n int) (*onnx.Function, error) {
			g := graph.New()
			x := g.Input("x", tensor.Float32, n, 3)
			return &onnx.Function{Inputs: []onnx.Port{{Name: "x", Value: x}}, Outputs: []onnx.Port{{Name: "y", Value: y(g, x, n)}}}, nil
		}
	}
	const differs = "what it computes depends on the size of the batch; export the network for one size"
	for name, c := range map[string]struct {
		build func(int) (*onnx.Function, error)
		want  string
	}{
		"mean over the batch": {of(func(_ *graph.Graph, x graph.Value, _ int) graph.Value { return x.Mean(0) }), "const 0.20000000298023224: " + differs},
		"other operations": {of(func(_ *graph.Graph, x graph.Value, n int) graph.Value {
			if n%2 == 0 {
				return x.Exp()
			}
			return x.Tanh()
		}), "tanh: " + differs},
		"more operations": {of(func(_ *graph.Graph, x graph.Value, n int) graph.Value {
			for range n {
				x = x.Exp()
			}
			return x
		}), "another expression for a batch of 5 than for one of 8"},
		"a square": {of(func(_ *graph.Graph, x graph.Value, n int) graph.Value {
			return x.Reshape(n, 1, 3).Add(x).Reshape(n*n, 3)
		}), "an axis is 25 long for a batch of 5 and 64 for one of 8, which is no whole multiple of the batch"},
		"a derivative's": {of(func(g *graph.Graph, x graph.Value, n int) graph.Value {
			return x.ScatterAdd(g.Iota(tensor.Int32, 0, n), 4)
		}), "it counts the examples of a batch"},
		"an unknown input": {of(func(g *graph.Graph, x graph.Value, n int) graph.Value {
			return x.Add(g.Input("bias", tensor.Float32, 3))
		}), "input bias: the file has no input for it and its numbers are not known"},
		"no graph": {of(func(*graph.Graph, graph.Value, int) graph.Value { return graph.Value{} }), `"y" is a failed value`},
	} {
		err := onnx.Write(&bytes.Buffer{}, c.build, onnx.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
		if e := (*onnx.Error)(nil); errors.As(err, &e) && !strings.Contains(err.Error(), "onnx_test.go:") {
			t.Errorf("%s: the error names no place: %v", name, err)
		}
	}
}
