package optim_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// finds is a rule that shows its Step to a test.
type finds struct {
	Look func(s *optim.Step)
}

func (r *finds) Update(s *optim.Step) graph.Value { r.Look(s); return s.Gradient().Neg() }

// twice is one linear map applied twice.
type twice struct{}

func (twice) Apply(c *nn.Context, x graph.Value) graph.Value {
	l := nn.NewLinear(4)
	return c.Child("same", l, c.Child("same", l, x).Tanh())
}

// The gradient of every map's weight is aᵀḡ, that of its bias 1ᵀḡ, whatever the layer; other weights are no maps.
func TestMapsHaveTheGradient(t *testing.T) {
	conv := nn.NewConv2d(4, 3)
	conv.Stride, conv.Dilation, conv.Padding = [2]int{2, 1}, [2]int{1, 2}, nn.Pad(1)
	grouped := nn.NewConv2d(4, 3)
	grouped.Groups = 2
	cell := nn.NewLSTM(4)
	cell.Last = true
	rnn, err := nn.RNN(cell, 5, 3, 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		model nn.Layer
		x     graph.Type
		want  string
	}{
		"perceptron with a normalisation": {
			nn.NewSequential(nn.NewLinear(5), nn.NewLayerNorm(), &nn.Tanh{}, nn.NewLinear(3)),
			graph.Type{DType: tensor.Float64, Shape: tensor.Of(6, 4)},
			"[0.linear.weight+0.linear.bias 3.linear.weight+3.linear.bias]",
		},
		"strided, dilated and padded convolution": {
			nn.NewSequential(conv, &nn.Tanh{}, grouped, &nn.Flatten{}, nn.NewLinear(3)),
			graph.Type{DType: tensor.Float64, Shape: tensor.Of(6, 7, 8, 2)}, "[0.conv2d.weight+0.conv2d.bias 4.linear.weight+4.linear.bias]",
		},
		"recurrent cell": {rnn, graph.Type{DType: tensor.Int32, Shape: tensor.Of(6, 4)}, "[cell.layer1.weight_x+cell.layer1.bias cell.layer1.weight_h head.weight+head.bias]"},
		"one layer applied twice": {
			nn.NewSequential(nn.Name("twice", twice{}), nn.Name("out", nn.NewLinear(3))),
			graph.Type{DType: tensor.Float64, Shape: tensor.Of(6, 4)}, "[twice.same.weight+twice.same.bias out.weight+out.bias]",
		},
		"sequence": {
			nn.NewSequential(nn.NewConv1d(4, 2), &nn.Tanh{}, &nn.Flatten{}, nn.NewLinear(3)),
			graph.Type{DType: tensor.Float64, Shape: tensor.Of(6, 5, 2)}, "[0.conv1d.weight+0.conv1d.bias 3.linear.weight+3.linear.bias]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			net, err := objective.NewNetwork(c.model, c.x, loss.NewCrossEntropy(), tensor.Float64)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			var pairs [][2]graph.Value
			var w, x, y graph.Value
			rule := &finds{func(s *optim.Step) {
				maps := s.Maps()
				for i, ct := range s.Cotangents(s.Loss(), maps) {
					m := maps[i]
					d := m.Inputs().Transpose(1, 0).MatMul(ct)
					part := func(v weights.View) graph.Value { return s.Gradient().Slice(0, v.Offset, v.Offset+v.Size()) }
					name, want := m.Weight.Name, part(m.Weight)
					if m.Bias != nil {
						name += "+" + m.Bias.Name
						want = graph.Concat(0, want, part(*m.Bias))
					}
					names = append(names, name)
					pairs = append(pairs, [2]graph.Value{d.Reshape(-1), want})
				}
			}}
			g := graph.New()
			w = g.Input("w", tensor.Float64, net.Plan.Weights.Size())
			x, y = g.Input("x", c.x.DType, c.x.Shape...), g.Input("y", tensor.Int32, 6)
			s := optim.NewStep(optim.Config{Graph: g, W: w, Rate: g.Input("rate", tensor.Float64), Tau: g.Input("tau", tensor.Float64), Layout: net.Plan.Weights,
				Loss: func(w graph.Value) graph.Value { return net.Build(objective.Batch{X: x, Y: y, Train: true}, w).Loss }})
			s.Update(rule)
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(names); got != c.want {
				t.Errorf("the maps are %v, want %v", got, c.want)
			}
			at, err := net.Plan.Weights.Initial(tensor.Float64, 1)
			if err != nil {
				t.Fatal(err)
			}
			xs := tensor.New(c.x.DType, c.x.Shape...)
			for i := range xs.Size() {
				xs.SetAt(i, math.Cos(float64(i)))
				if !c.x.DType.IsFloat() {
					xs.SetAt(i, float64(i%5))
				}
			}
			for i, p := range pairs {
				out, err := graph.Evaluate(p[:], map[graph.Value]*tensor.Array{w: at, x: xs, y: tensor.From([]int32{0, 1, 1, 0, 1, 0}, 6)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				for k, want := range out[1].Float64s() {
					if got := out[0].At(k); math.Abs(got-want) > 1e-12 {
						t.Fatalf("%s: gradient %d is %v, want %v", names[i], k, got, want)
					}
				}
			}
		})
	}
}
