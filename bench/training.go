package bench

import (
	"fmt"

	"github.com/godescent/descent/autodiff"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// training are whole steps of fixed networks.
func training() []Bench {
	mlp := func() (nn.Layer, error) { return nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0) }
	wide := func() (nn.Layer, error) { return nn.MLP([]int{784, 2048, 2048, 10}, "relu", "none", 0) }
	return []Bench{
		{Name: "mlp_adam", Unit: "steps/s", Doc: "784-256-128-10, batch 128, Adam", prepare: steps(mlp, digits, 128, "adam:lr=1e-3")},
		{Name: "mlp_momentum", Unit: "steps/s", Doc: "784-256-128-10, batch 128, momentum", prepare: steps(mlp, digits, 128, "momentum:lr=0.05,momentum=0.9")},
		{Name: "wide_adam", Unit: "steps/s", Doc: "784-2048-2048-10, batch 128, Adam", prepare: steps(wide, digits, 128, "adam:lr=1e-3")},
		{Name: "cnn_adam", Unit: "steps/s", Doc: "two 3×3 convolutions with batch norm and pooling, 3136-128-10, batch 64, Adam",
			prepare: steps(func() (nn.Layer, error) { return nn.CNN(28, 28, 1, []int{32, 64}, []int{128}, 10) }, digits, 64, "adam:lr=1e-3")},
		{Name: "charlm_adamw", Unit: "steps/s", Doc: "transformer of 4 blocks, 128 features, 4 heads, context 64 of 65 symbols, batch 32, AdamW",
			prepare: steps(func() (nn.Layer, error) { return nn.CharLM(65, 128, 4, 4, 64, 0) }, text, 32, "adamw:lr=1e-3")},
	}
}

// updates are those of optimizers by themselves.
func updates() []Bench {
	return []Bench{
		update10m("adam10m", "adam", 28),
		update10m("adamw10m", "adamw", 28),
		update10m("rmsprop10m", "rmsprop", 20),
		update10m("momentum10m", "momentum", 20),
		update10m("adagrad10m", "adagrad", 20),
	}
}

// digits is data of MNIST's shape: what is in the pictures does not matter to the time.
func digits() *data.Set {
	const n = 10_000
	x, y := tensor.New(tensor.Uint8, n, 784), tensor.New(tensor.Int32, n)
	for i, p := range x.Raw() {
		x.Raw()[i] = p + byte(uint32(i)*2654435761>>24)
	}
	for i := range n {
		y.SetAt(i, float64(i%10))
	}
	classes := make([]string, 10)
	for i := range classes {
		classes[i] = fmt.Sprint(i)
	}
	return &data.Set{Name: "digits", X: x, Y: y, Classes: classes}
}

// text is windows of 64 of 65 symbols, and the symbols that follow them.
func text() *data.Set {
	const n, context, symbols = 4096, 64, 65
	x, y := tensor.New(tensor.Int32, n, context), tensor.New(tensor.Int32, n, context)
	at := uint32(1)
	for i := range x.Size() {
		x.SetAt(i, float64(at>>16%symbols))
		at = at*1664525 + 1013904223
		y.SetAt(i, float64(at>>16%symbols))
	}
	return &data.Set{Name: "text", X: x, Y: y}
}

// steps is a training step of a model.
func steps(model func() (nn.Layer, error), source func() *data.Set, batch int, rule string) func(*env) (work, error) {
	return func(e *env) (work, error) {
		m, err := model()
		if err != nil {
			return work{}, err
		}
		set := source()
		in := graph.Type{DType: tensor.Float32, Shape: append(tensor.Of(batch), set.X.Shape()[1:]...)}
		var norm *data.Normalizer
		if set.X.DType() == tensor.Int32 {
			in.DType = tensor.Int32
		} else if norm, err = data.Fit(set.X, nil, data.Standardise, data.Overall); err != nil {
			return work{}, err
		}
		net, err := objective.NewNetwork(m, in, loss.NewCrossEntropy(), tensor.Float32)
		if err != nil {
			return work{}, err
		}
		r, lr, err := optim.Parse(rule)
		if err != nil {
			return work{}, err
		}
		t, err := train.New(train.Config{
			Network: net, Train: train.Part{Set: set}, Normalizer: norm, Rule: r, Rate: lr, Batch: batch,
			Seed: 1, Epochs: 1 << 30, Threads: e.threads, Kernel: e.kernel, Precision: e.precision, LossBound: 1e30,
		})
		if err != nil {
			return work{}, err
		}
		return work{
			once:    func() error { _, err := t.Step(); return err },
			value:   rate(1),
			profile: t.Profile,
			close:   t.Close,
			weights: t.Weights(),
		}, nil
	}
}

// derivatives are those of the mlp at batch 512.
func derivatives() []Bench {
	return []Bench{
		{Name: "gradient512", Unit: "ms", Doc: "gradient of the 784-256-128-10 network's loss, batch 512", prepare: derivative(false)},
		{Name: "hvp512", Unit: "ms", Doc: "Hessian-vector product of the same", prepare: derivative(true)},
	}
}

func derivative(second bool) func(*env) (work, error) {
	return func(e *env) (work, error) {
		model, err := nn.MLP([]int{784, 256, 128, 10}, "relu", "none", 0)
		if err != nil {
			return work{}, err
		}
		const batch = 512
		net, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(batch, 784)}, loss.NewCrossEntropy(), tensor.Float32)
		if err != nil {
			return work{}, err
		}
		g := graph.New()
		w := g.Input("w", tensor.Float32, net.Plan.Weights.Size())
		v := g.Input("v", tensor.Float32, net.Plan.Weights.Size())
		x, y := g.Input("x", tensor.Float32, batch, 784), g.Input("y", tensor.Int32, batch)
		l := net.On(objective.Batch{X: x, Y: y}).Loss(w)
		var out graph.Value
		if second {
			out, err = autodiff.HVP(l, w, v)
		} else {
			var grad []graph.Value
			if grad, err = autodiff.Gradient(l, w); err == nil {
				out = grad[0]
			}
		}
		if err != nil {
			return work{}, err
		}
		in, err := e.compile(g, program.Spec{Outputs: []graph.Value{out}})
		if err != nil {
			return work{}, err
		}
		first, err := net.Plan.Weights.Initial(tensor.Float32, 1)
		if err != nil {
			return work{}, err
		}
		copy(in.Input(w).Raw(), first.Raw())
		fill(in.Input(x))
		fill(in.Input(v))
		for i := range batch {
			in.Input(y).SetAt(i, float64(i%10))
		}
		return work{once: in.Step, profile: in.Profile, value: func(s float64) float64 { return 1000 * s }}, nil
	}
}
