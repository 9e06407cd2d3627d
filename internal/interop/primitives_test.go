package interop_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/graph/graphtest"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/tensor"
)

// trials is how often each primitive is tried.
const trials = 25

// Every primitive, on what the graph's own suite draws, gives in onnxruntime what its
// definition gives: within 2e-5 where the operator is onnxruntime's approximation.
func TestPrimitives(t *testing.T) {
	wanted(t)
	c := &cases{dir: t.TempDir()}
	for _, p := range graphtest.Primitives() {
		draw := rapid.Custom(p.Draw)
		for i := range trials {
			trial := draw.Example(i)
			primitive(t, c, fmt.Sprintf("%s %d", strings.ReplaceAll(p.Name, "/", "_"), i), trial)
		}
	}
	c.check(t, 1e-5)
}

// primitive makes a case of a trial that ONNX has a form for.
func primitive(t *testing.T, c *cases, name string, trial graphtest.Trial) {
	t.Helper()
	g := graph.New()
	f := &onnx.Function{}
	var in []graph.Value
	var arrays []*tensor.Array
	feeds := map[graph.Value]*tensor.Array{}
	for i, o := range trial.In {
		d := o.DType
		if d == tensor.Invalid {
			d = tensor.Float32
		}
		if o.Shape.Size() == 0 || d == tensor.Uint8 { // onnxruntime has few operators for bytes
			return
		}
		x := g.Input(fmt.Sprint("x", i), d, o.Shape...)
		a := npyOf(d, o.Shape, func(i int) float64 { return o.V[i] })
		in, arrays, feeds[x] = append(in, x), append(arrays, a), a
		f.Inputs = append(f.Inputs, onnx.Port{Name: fmt.Sprint("x", i), Value: x})
	}
	y := trial.Apply(g, in)
	if err := g.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if y.Size() == 0 || y.DType() == tensor.Uint8 {
		return
	}
	if len(f.Inputs) == 0 { // a file has one at least
		x := g.Input("unused", tensor.Float32, 1)
		arrays, feeds[x] = append(arrays, tensor.New(tensor.Float32, 1)), tensor.New(tensor.Float32, 1)
		f.Inputs = append(f.Inputs, onnx.Port{Name: "unused", Value: x})
	}
	f.Outputs = []onnx.Port{{Name: "y", Value: y}}
	var b bytes.Buffer
	err := onnx.Write(&b, func(int) (*onnx.Function, error) { return f, nil }, onnx.Options{Batch: 1})
	if no := (*onnx.Error)(nil); errors.As(err, &no) {
		return // package onnx's own test lists those that have none
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	want, err := graph.Evaluate([]graph.Value{y}, feeds, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.file(t, name, b.Bytes())
	c.feed(t, name, 0, arrays, want)
}
