// Command gomlx measures the fixed networks of descent bench in GoMLX, on its
// backend in plain Go. Built with GOEXPERIMENT=simd that backend has vector
// products; the driver builds and runs both.
package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/godescent/descent/bench/peers/measure"
)

func main() {
	measure.Main("GoMLX", "github.com/gomlx/gomlx", "Go backend, "+simd, prepare)
}

func prepare(name string, _ int) (*measure.Work, error) {
	// Any number of goroutines, on as many threads as GOMAXPROCS: the fastest
	// setting, and with its default, twice GOMAXPROCS, charlm waits for itself forever.
	backend, err := gobackend.New("parallelism=-1")
	if err != nil {
		return nil, err
	}
	adam := func() optimizer.Interface { return optimizer.Adam().LearningRate(1e-3).Epsilon(1e-8).Done() }
	switch name {
	case "mlp_adam":
		return training(backend, onDigits(mlp(256, 128, 10)), measure.Examples, 128, adam())
	case "wide_adam":
		return training(backend, onDigits(mlp(2048, 2048, 10)), measure.Examples, 128, adam())
	case "cnn_adam":
		return training(backend, onDigits(cnn), measure.Examples, 64, adam())
	case "charlm_adamw":
		adamw := optimizer.Adam().LearningRate(1e-3).Epsilon(1e-8).WeightDecay(0.01).Done()
		return training(backend, onText(charlm), measure.Windows, 32, adamw)
	case "mlp_momentum":
		return nil, errors.New("GoMLX has no momentum")
	case "adam10m":
		return adam10m(backend, adam())
	case "gradient512":
		return derivative(backend, false)
	case "hvp512":
		return derivative(backend, true)
	}
	if size, ok := strings.CutPrefix(name, "sgemm"); ok {
		n, err := strconv.Atoi(size)
		if err != nil {
			return nil, err
		}
		return sgemm(backend, n)
	}
	return nil, errors.New("not in this comparison")
}

// lossFunc builds the loss of the rows of a batch.
type lossFunc func(s *model.Scope, rows *graph.Node) *graph.Node

// memory is data held by the store, to gather from inside the step.
func memory(s *model.Scope, rows *graph.Node, name string, t *tensors.Tensor) *graph.Node {
	v := s.VariableWithValue(name, t).SetTrainable(false)
	return graph.Gather(v.NodeValue(rows.Graph()), graph.InsertAxes(rows, -1))
}

func onDigits(net func(*model.Scope, *graph.Node) *graph.Node) lossFunc {
	images, labels := measure.Digits()
	mean, inverse := measure.Scale(images)
	x := tensors.FromFlatDataAndDimensions(images, measure.Examples, 784)
	y := tensors.FromFlatDataAndDimensions(labels, measure.Examples, 1)
	return func(s *model.Scope, rows *graph.Node) *graph.Node {
		batch := graph.ConvertDType(memory(s, rows, "images", x), dtypes.Float32)
		batch = graph.MulScalar(graph.AddScalar(batch, -mean), inverse)
		return entropy(net(s, batch), memory(s, rows, "labels", y))
	}
}

func onText(net func(*model.Scope, *graph.Node) *graph.Node) lossFunc {
	xs, ys := measure.Text()
	x := tensors.FromFlatDataAndDimensions(xs, measure.Windows, measure.Context)
	y := tensors.FromFlatDataAndDimensions(ys, measure.Windows, measure.Context, 1)
	return func(s *model.Scope, rows *graph.Node) *graph.Node {
		return entropy(net(s, memory(s, rows, "symbols", x)), memory(s, rows, "next", y))
	}
}

func entropy(out, y *graph.Node) *graph.Node {
	return graph.ReduceAllMean(loss.SparseCategoricalCrossEntropyLogits([]*graph.Node{y}, []*graph.Node{out}))
}

func training(b compute.Backend, l lossFunc, examples, batch int, rule optimizer.Interface) (*measure.Work, error) {
	store := model.NewStore()
	var count int
	exec, err := model.NewExec(b, store, func(s *model.Scope, rows *graph.Node) *graph.Node {
		g := rows.Graph()
		s.Store().SetTraining(g, true)
		e := l(s, rows)
		count = trainable(s)
		rule.UpdateGraph(s, g, e)
		return e
	})
	if err != nil {
		return nil, err
	}
	batches := measure.NewBatches(examples, batch)
	var last *tensors.Tensor
	once := func() error {
		if last != nil {
			last.MustFinalizeAll()
		}
		last, err = exec.Call1(tensors.FromFlatDataAndDimensions(batches.Next(), batch))
		return err
	}
	if err := once(); err != nil {
		return nil, err
	}
	return &measure.Work{
		Once: once, Unit: "steps/s", Value: measure.Rate(1), Weights: count,
		Loss: func() float64 { return float64(tensors.ToScalar[float32](last)) },
	}, nil
}

func trainable(s *model.Scope) int {
	n := 0
	for v := range s.Store().RootScope().IterVariables() {
		if v.Trainable {
			n += v.Shape().Size()
		}
	}
	return n
}

// adam10m is an update alone: the gradient of gᵀw is g, whatever w is.
func adam10m(b compute.Backend, rule optimizer.Interface) (*measure.Work, error) {
	const n = 10_000_000
	grad := tensors.FromFlatDataAndDimensions(measure.Ramp(n), n)
	first := tensors.FromFlatDataAndDimensions(measure.Ramp(n), n)
	exec, err := model.NewExec(b, model.NewStore(), func(s *model.Scope, one *graph.Node) *graph.Node {
		g := one.Graph()
		w := s.VariableWithValue("w", first).NodeValue(g)
		e := graph.ReduceAllSum(graph.Mul(w, s.VariableWithValue("gradient", grad).SetTrainable(false).NodeValue(g)))
		rule.UpdateGraph(s, g, e)
		return one
	})
	if err != nil {
		return nil, err
	}
	once := func() error {
		out, err := exec.Call1(float32(1))
		if err == nil {
			out.MustFinalizeAll()
		}
		return err
	}
	return &measure.Work{Once: once, Unit: "GB/s", Value: measure.Rate(28 * n / 1e9)}, nil
}

func derivative(b compute.Backend, second bool) (*measure.Work, error) {
	const batch = 512
	x := tensors.FromFlatDataAndDimensions(measure.Ramp(batch*784), batch, 784)
	labels := make([]int32, batch)
	for i := range labels {
		labels[i] = int32(i % 10)
	}
	y := tensors.FromFlatDataAndDimensions(labels, batch, 1)
	net := mlp(256, 128, 10)
	var count int
	exec, err := model.NewExec(b, model.NewStore(), func(s *model.Scope, x, y *graph.Node) []*graph.Node {
		e := entropy(net(s, x), y)
		count = trainable(s)
		grad := s.BuildTrainableVariablesGradientsGraph(e)
		if !second {
			return grad
		}
		var dot *graph.Node
		for _, d := range grad { // the gradient of ∇E·v is the product Hv
			v := graph.Const(x.Graph(), tensors.FromFlatDataAndDimensions(measure.Ramp(d.Shape().Size()), d.Shape().Dimensions...))
			part := graph.ReduceAllSum(graph.Mul(d, v))
			if dot == nil {
				dot = part
			} else {
				dot = graph.Add(dot, part)
			}
		}
		return s.BuildTrainableVariablesGradientsGraph(dot)
	})
	if err != nil {
		return nil, err
	}
	w := &measure.Work{Unit: "ms", Value: measure.Milliseconds}
	w.Once = func() error {
		out, err := exec.Call(x, y)
		for _, t := range out {
			t.MustFinalizeAll()
		}
		return err
	}
	if err := w.Once(); err != nil {
		return nil, err
	}
	w.Weights = count
	return w, nil
}

func sgemm(b compute.Backend, n int) (*measure.Work, error) {
	x := tensors.FromFlatDataAndDimensions(measure.Ramp(n*n), n, n)
	y := tensors.FromFlatDataAndDimensions(measure.Ramp(n*n), n, n)
	exec, err := graph.NewExec(b, func(x, y *graph.Node) *graph.Node { return graph.MatMul(x, y) })
	if err != nil {
		return nil, err
	}
	once := func() error {
		out, err := exec.Call(x, y)
		for _, t := range out {
			t.MustFinalizeAll()
		}
		return err
	}
	return &measure.Work{Once: once, Unit: "GFLOP/s", Value: measure.Rate(2 * float64(n) * float64(n) * float64(n) / 1e9)}, nil
}
