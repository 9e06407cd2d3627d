// Data of one's own: a kind that loads examples, with keys that specifications and --set
// know. It is trained on, measured and exported as the shipped ones are.
//
//	go run ./examples/data
//	go run ./examples/data train spirals --set data.noise=0.1 --out runs/spirals
//	go run ./examples/data export runs/spirals --onnx spirals.onnx
package main

import (
	"math"
	"math/rand/v2"
	"os"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/tensor"
)

// Spirals are two arms that wind around each other (Lang and Witbrock 1988).
type Spirals struct {
	Points int     `spec:"points" range:"[2,1e6]" doc:"of both arms together"`
	Turns  float64 `spec:"turns" range:"(0,100]" doc:"that an arm makes"`
	Noise  float64 `spec:"noise" range:"[0,inf)" doc:"standard deviation of a point's place"`
}

// Defaults implements spec.Source: what suits these data.
func (*Spirals) Defaults(s *spec.Spec) {
	m := spec.NewMLP()
	m.Hidden, m.Activation = []int{64, 64}, "relu"
	s.Model, s.Split.Test, s.Batch, s.Epochs = m, 0.25, 64, 300
	s.Optimizer, _ = spec.ParseSetting("adam:lr=0.01") // no mistake in it
	s.Schedule = spec.Setting{Kind: "cosine"}
}

// Load implements spec.Source.
func (s *Spirals) Load(o spec.Loading) (*spec.Examples, error) {
	set := &data.Set{
		Name: "spirals", X: tensor.New(o.DType, s.Points, 2), Y: tensor.New(tensor.Int32, s.Points),
		Classes: []string{"inner", "outer"}, Features: []string{"x", "y"}, Targets: []string{"arm"},
	}
	rng := rand.New(rand.NewPCG(1, 1)) // the same points every time
	for i := range s.Points {
		arm, t := i%2, float64(i)/float64(s.Points)
		angle := 2*math.Pi*s.Turns*t + math.Pi*float64(arm)
		for k, v := range [2]float64{t * math.Cos(angle), t * math.Sin(angle)} {
			set.X.SetAt(2*i+k, v+s.Noise*rng.NormFloat64())
		}
		set.Y.SetAt(i, float64(arm))
	}
	// How a table with these columns becomes such examples is kept with the weights.
	schema, err := open.SchemaOf(set)
	if err != nil {
		return nil, err
	}
	fit := func([]int32) (map[string]string, error) {
		text, err := open.MarshalSchema(schema)
		return map[string]string{spec.MetaSchema: string(text)}, err
	}
	return &spec.Examples{Name: set.Name, Train: set, Fit: fit}, nil
}

func main() {
	tables := spec.NewTables()
	spirals := spec.Kind[spec.Source]{
		Name: "spirals", Doc: "two arms that wind around each other",
		New: func() spec.Source { return &Spirals{Points: 1000, Turns: 2, Noise: 0.01} },
	}
	args := os.Args[1:]
	if len(args) == 0 {
		args = []string{"train", "spirals", "--out", "", "--quiet"}
	}
	os.Exit(cli.Main(cli.Config{Data: append(tables.Sources, spirals), Args: args}))
}
