package interop_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// runs are a few steps of each shipped model, as the command line trains them.
var runs = []struct {
	name string
	args []string
}{
	{"mlp", []string{"digits", "--steps", "20"}},
	{"mlp of float64", []string{"digits", "--steps", "20", "--dtype", "float64", "--activation", "tanh"}},
	{"mlp with batch norm", []string{"wine", "--steps", "20", "--norm", "batch"}},
	{"mlp with layer norm and dropout", []string{"iris", "--steps", "20", "--norm", "layer", "--dropout", "0.2"}},
	{"mlp for numbers", []string{"diabetes", "--steps", "50"}},
	{"two classes from one output", []string{"breast_cancer", "--steps", "20", "--loss", "binary_cross_entropy"}},
	{"cnn", []string{"digits", "--set", "model=cnn", "--steps", "10"}},
	{"resnet", []string{"digits", "--set", "model=resnet", "--set", "model.depth=8", "--steps", "4"}},
	{"transformer", []string{"digits", "--set", "model=transformer", "--steps", "4"}},
	{"transformer of a table", []string{"wine", "--set", "model=transformer", "--steps", "4"}},
	{"lstm", []string{"digits", "--set", "model=rnn", "--steps", "4"}},
	{"gru", []string{"digits", "--set", "model=rnn", "--set", "model.cell=gru", "--steps", "4"}},
	{"lstm of characters", []string{"text", "--set", "data.path=../../README.md", "--set", "model=rnn", "--steps", "2"}},
	{"logistic", []string{"digits", "--set", "model=logistic", "--steps", "20"}},
	{"linear", []string{"diabetes", "--set", "model=linear", "--steps", "50"}},
	{"counts", []string{"diabetes", "--loss", "poisson", "--steps", "50"}},
	{"numbers with their deviation", []string{"diabetes", "--loss", "gaussian", "--steps", "50"}},
	{"charlm", []string{"text", "--set", "data.path=../../README.md", "--set", "model.layers=2", "--set", "model.dim=32", "--steps", "4"}},
}

// Every shipped model gives in onnxruntime, of examples as they are, what evaluate and
// predict go by, for batches of any size.
func TestModels(t *testing.T) {
	wanted(t)
	c := &cases{dir: t.TempDir()}
	for _, r := range runs {
		dir := filepath.Join(t.TempDir(), "run")
		descent(t, append([]string{"train", "--out", dir, "--quiet"}, r.args...)...)
		path := filepath.Join(dir, "network.onnx")
		descent(t, "export", dir, "--onnx", path)
		model, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c.file(t, r.name, model)
		trained(t, c, r.name, dir)
	}
	c.check(t, 1e-5)
}

// trained feeds a case what a run's network is tested on.
func trained(t *testing.T, c *cases, name, dir string) {
	t.Helper()
	saved, err := train.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := spec.Restore(saved.Meta, spec.NewTables())
	if err != nil {
		t.Fatal(err)
	}
	run, err := r.Spec.Build()
	if err != nil {
		t.Fatal(err)
	}
	m, err := saved.Model(r.Network, train.Machine{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	x := run.Config.Test.Set.X
	for k, n := range []int{1, 3, 7} {
		shape := x.Shape().Clone()
		shape[0] = n
		batch := npyOf(x.DType(), shape, x.At) // the first n
		out, err := m.Outputs(context.Background(), &data.Set{Name: name, X: batch})
		if err != nil {
			t.Fatal(err)
		}
		in := npyOf(r.Network.Plan.DType, shape, batch.At)
		if x.DType() == tensor.Int32 {
			in = asInput(batch)
		}
		c.feed(t, name, k, []*tensor.Array{in}, answers(r, out))
	}
}

// answers are what the outputs of a network mean, told in float64.
func answers(r *spec.Restored, y *tensor.Array) []*tensor.Array {
	width := y.Shape()[y.Shape().Rank()-1]
	switch {
	case r.Binary:
		shape := y.Shape().Clone()
		shape[len(shape)-1] = 2
		return []*tensor.Array{y, npyOf(y.DType(), shape, func(i int) float64 {
			p := 1 / (1 + math.Exp(-y.At(i/2)))
			return []float64{1 - p, p}[i%2]
		})}
	case len(r.Classes) > 0:
		return []*tensor.Array{y, npyOf(y.DType(), y.Shape(), func(i int) float64 {
			z := y.Float64s()[i/width*width : (i/width+1)*width]
			most, sum := slices.Max(z), 0.0
			for _, v := range z {
				sum += math.Exp(v - most)
			}
			return math.Exp(y.At(i)-most) / sum
		})}
	}
	scale, shift := r.Targets.Scale[0], r.Targets.Shift[0] // of the one number that diabetes has
	column := tensor.Of(y.Shape()[0], 1)
	switch r.Network.Loss.(type) {
	case *loss.Poisson:
		return []*tensor.Array{npyOf(y.DType(), column, func(i int) float64 { return math.Exp(y.At(i)) / scale })}
	case *loss.Gaussian:
		return []*tensor.Array{
			npyOf(y.DType(), column, func(i int) float64 { return y.At(2*i)/scale + shift }),
			npyOf(y.DType(), column, func(i int) float64 { return math.Exp(y.At(2*i+1)/2) / scale }),
		}
	}
	return []*tensor.Array{npyOf(y.DType(), y.Shape(), func(i int) float64 { return y.At(i)/scale + shift })}
}

// The weights' file, and the checkpoint itself, are read by Python's safetensors: names,
// shapes and bits.
func TestSafetensors(t *testing.T) {
	wanted(t)
	dir := filepath.Join(t.TempDir(), "run")
	descent(t, "train", "wine", "--steps", "20", "--norm", "batch", "--quiet", "--out", dir)
	path := filepath.Join(dir, "weights.safetensors")
	descent(t, "export", dir, "--safetensors", path)
	for _, file := range []string{path, filepath.Join(dir, train.CheckpointName)} {
		var got struct {
			Tensors  map[string]safetensor
			Metadata map[string]string
		}
		python(t, &got, "safetensors", file)
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		st, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		want, meta, err := tensor.ReadSafetensors(f, st.Size())
		if err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 || len(got.Tensors) != len(want) || len(got.Metadata) != len(meta) {
			t.Errorf("%s: %d tensors and %d texts, want %d and %d", file, len(got.Tensors), len(got.Metadata), len(want), len(meta))
		}
		for _, w := range want {
			if g := got.Tensors[w.Name]; !g.is(w.Array) {
				t.Errorf("%s: %q is %v", file, w.Name, g)
			}
		}
		for k, v := range meta {
			if got.Metadata[k] != v {
				t.Errorf("%s: metadata %q is %q, want %q", file, k, got.Metadata[k], v)
			}
		}
		for _, name := range []string{"linear1.weight", "norm1.scale", "running.norm1.mean"} {
			if _, ok := got.Tensors[name]; !ok {
				t.Errorf("%s has no tensor %q", file, name)
			}
		}
	}
}

// What Python's own libraries write of a network comes back in, to the bit: a run that
// begins with it and makes no steps has its loss.
func TestWeightsBack(t *testing.T) {
	wanted(t)
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	args := []string{"train", "wine", "--norm", "batch", "--quiet", "--json"}
	want := sum(t, descent(t, append(args, "--steps", "20", "--out", run)...))
	for _, format := range []string{"onnx", "safetensors"} {
		file, back := filepath.Join(dir, "a."+format), filepath.Join(dir, "b."+format)
		descent(t, "export", run, "--"+format, file)
		python(t, &struct{}{}, "rewrite", file, back)
		got := sum(t, descent(t, append(args, "--lr", "1e-30", "--steps", "1", "--seed", "9", "--weights", back, "--out", "")...))
		if got != want {
			t.Errorf("%s: the weights are %s, want %s", format, got, want)
		}
	}
}

// sum is the checksum of the weights that train --json prints.
func sum(t *testing.T, out string) string {
	t.Helper()
	var r struct {
		Sum string `json:"weights_sha256"`
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || len(r.Sum) != 64 {
		t.Fatalf("%v in %s", err, out)
	}
	return r.Sum
}
