package train_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// startFile writes tensors to a safetensors file.
func startFile(t *testing.T, all ...tensor.Named) string {
	t.Helper()
	var b bytes.Buffer
	if err := tensor.WriteSafetensors(&b, all, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// started is a trainer of a linear map of 2 numbers, then batch norm, that begins with a file.
func started(t *testing.T, d tensor.DType, path string) (*train.Trainer, error) {
	t.Helper()
	network := trainNetwork(t, d)
	start, err := train.ReadStart(path)
	if err != nil {
		return nil, err
	}
	set := &data.Set{Name: "four", X: tensor.New(d, 4, 2), Y: tensor.New(d, 4, 1)}
	tr, err := train.New(train.Config{
		Network: network, Train: train.Part{Set: set}, Rule: optim.NewSGD(), Rate: 0.1, Batch: 4, Steps: 1, Start: start,
	})
	if tr != nil {
		t.Cleanup(tr.Close)
	}
	return tr, err
}

// TestStart: weights come by name, floats of another width are converted, and running
// state comes in whole or not at all.
func TestStart(t *testing.T) {
	named := func(name string, a *tensor.Array) tensor.Named { return tensor.Named{Name: name, Array: a} }
	weight := named("linear.weight", tensor.From([]float64{1, 2}, 2, 1))
	bias := named("linear.bias", tensor.From([]float64{3}, 1))
	scale := named("norm.scale", tensor.From([]float32{4}, 1))
	shift := named("norm.shift", tensor.From([]float32{5}, 1))
	mean := named("running.norm.mean", tensor.From([]float32{6}, 1))
	variance := named("running.norm.variance", tensor.From([]float32{7}, 1))
	for _, d := range []tensor.DType{tensor.Float32, tensor.Float64} {
		tr, err := started(t, d, startFile(t, shift, bias, scale, weight, mean, variance))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float64{1, 2, 3, 4, 5} { // in the order of the layers
			if got := tr.Weights().At(i); got != want {
				t.Errorf("%v: weight %d is %v, want %v", d, i, got, want)
			}
		}
		c, err := tr.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := c.WriteSafetensors(&b, trainNetwork(t, d), nil); err != nil {
			t.Fatal(err)
		}
		back, _, err := tensor.ReadSafetensors(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range back {
			if n.Name == "running.norm.variance" && n.Array.At(0) != 7 {
				t.Errorf("%v: the running variance is %v, want 7", d, n.Array.At(0))
			}
		}
	}
	if _, err := started(t, tensor.Float32, startFile(t, weight, bias, scale, shift)); err != nil {
		t.Errorf("without running state: %v", err)
	}
	other := named("linear.weigth", tensor.From([]float64{1, 2}, 2, 1))
	for name, c := range map[string]struct {
		all  []tensor.Named
		want string
	}{
		"a misspelt name":      {[]tensor.Named{other, bias, scale, shift}, `has no tensor "linear.weight" [2 1]; did you mean "linear.weigth"?`},
		"one too many":         {[]tensor.Named{weight, other, bias, scale, shift}, `has a tensor "linear.weigth" that the network has no weight for; did you mean "linear.weight"?`},
		"another shape":        {[]tensor.Named{weight, named("linear.bias", tensor.New(tensor.Float32, 2)), scale, shift}, `"linear.bias" is float32[2] and the network wants float32[1]`},
		"whole numbers":        {[]tensor.Named{weight, named("linear.bias", tensor.New(tensor.Int32, 1)), scale, shift}, `"linear.bias" is int32[1] and the network wants float32[1]`},
		"half a running state": {[]tensor.Named{weight, bias, scale, shift, mean}, `has no tensor "running.norm.variance" [1]`},
	} {
		if _, err := started(t, tensor.Float32, startFile(t, c.all...)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
}

func trainNetwork(t *testing.T, d tensor.DType) *objective.Network {
	t.Helper()
	x := graph.Type{DType: d, Shape: tensor.Of(4, 2)}
	n, err := objective.NewNetwork(nn.NewSequential(nn.Name("linear", nn.NewLinear(1)), nn.Name("norm", nn.NewBatchNorm())), x, loss.NewSquaredError(), d)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
