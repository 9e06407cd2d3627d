package spec

import (
	"context"
	"math"
	"testing"

	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Linear regression by descent is that by the normal equations: on the same split
// of diabetes R² agrees within 0.01, for any seed of the split.
func TestLinearIsLeastSquares(t *testing.T) {
	for _, seed := range []string{"1", "2", "3"} {
		doc := New("diabetes", NewTables())
		for _, kv := range [][2]string{{"model", "linear"}, {"seed", seed}} {
			if err := doc.SetText(kv[0], kv[1], "test"); err != nil {
				t.Fatal(err)
			}
		}
		s, err := doc.Spec()
		if err != nil {
			t.Fatal(err)
		}
		run, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		tr, err := train.New(run.Config)
		if err != nil {
			t.Fatal(err)
		}
		r, err := tr.Run(context.Background())
		tr.Close()
		if err != nil {
			t.Fatal(err)
		}
		if want := leastSquares(t, run.Config); !(math.Abs(r.Test.R2-want) <= 0.01) {
			t.Errorf("seed %s: R² %.4f, by the normal equations %.4f", seed, r.Test.R2, want)
		}
	}
}

// leastSquares is R² on the test rows of the w that solves XᵀXw = Xᵀy on those to
// train on, X being the normalised features and a column of ones.
func leastSquares(t *testing.T, c train.Config) float64 {
	t.Helper()
	features := c.Train.Set.Width()
	rows := func(p train.Part) (x [][]float64, y []float64) {
		to := tensor.New(tensor.Float64, len(p.Rows), features)
		if err := c.Normalizer.Apply(to, p.Set.X, p.Rows); err != nil {
			t.Fatal(err)
		}
		for i, row := range p.Rows {
			x = append(x, append(to.Float64s()[i*features:(i+1)*features:(i+1)*features], 1))
			y = append(y, p.Set.Y.At(int(row)))
		}
		return x, y
	}
	x, y := rows(c.Train)
	n := features + 1
	m := make([][]float64, n) // [XᵀX | Xᵀy]
	for j := range m {
		m[j] = make([]float64, n+1)
		for i, row := range x {
			for k := range n {
				m[j][k] += row[j] * row[k]
			}
			m[j][n] += row[j] * y[i]
		}
	}
	for j := range n { // positive definite: no pivots are needed
		for i := range n {
			if f := m[i][j] / m[j][j]; i != j {
				for k := range n + 1 {
					m[i][k] -= f * m[j][k]
				}
			}
		}
	}
	x, y = rows(c.Test)
	var squares, sum, sum2 float64
	for i, row := range x {
		d := -y[i]
		for j := range n {
			d += row[j] * m[j][n] / m[j][j]
		}
		squares, sum, sum2 = squares+d*d, sum+y[i], sum2+y[i]*y[i]
	}
	return 1 - squares/(sum2-sum*sum/float64(len(y)))
}

// A model that the document names brings its own optimizer; what the document says
// of it stays.
func TestModelDefaults(t *testing.T) {
	for _, test := range []struct {
		text, optimizer, schedule string
		batch                     int
	}{
		{"data: mnist", "adam:lr=0.002", "power:scale=1000,exponent=-2", 128},
		{"{data: mnist, model: mlp}", "adam:lr=0.002", "power:scale=1000,exponent=-2", 128},
		{"{data: mnist, model: {kind: cnn, filters: [8]}}", "adamw:lr=0.002,weight_decay=0.1", "cosine", 64},
		{"{data: mnist, model: cnn, optimizer: sgd, batch: 32}", "sgd", "constant", 32},
		{"{data: {kind: csv, path: a, target: b}, model: linear}", "adam:lr=0.03", "cosine", 32},
		{"{data: {kind: text, path: a}}", "adamw:lr=0.001,weight_decay=0.1,clip_norm=1", "cosine", 32},
	} {
		doc, err := Parse([]byte(test.text), "test.yaml", NewTables())
		if err != nil {
			t.Fatal(err)
		}
		s, err := doc.Spec()
		if err != nil {
			t.Fatal(err)
		}
		if s.Optimizer.String() != test.optimizer || s.Schedule.String() != test.schedule || s.Batch != test.batch {
			t.Errorf("%s: %v, %v, batch %d; want %+v", test.text, s.Optimizer, s.Schedule, s.Batch, test)
		}
	}
}

// A network for images leaves colours their own scales, and gives pixels one.
func TestImagesScope(t *testing.T) {
	for text, want := range map[string]string{
		"{data: {kind: images, path: a}, model: resnet}": "channel",
		"{data: {kind: images, path: a}}":                "channel",
		"{data: digits, model: resnet}":                  "all",
		"{data: digits}":                                 "feature",
	} {
		doc, err := Parse([]byte(text), "test.yaml", NewTables())
		if err != nil {
			t.Fatal(err)
		}
		s, err := doc.Spec()
		if err != nil {
			t.Fatal(err)
		}
		if s.Normalisation.Scope != want {
			t.Errorf("%s: scope %q, want %q", text, s.Normalisation.Scope, want)
		}
	}
}

// What a checkpoint keeps restores the network without the data, and refuses what is
// missing.
func TestRestore(t *testing.T) {
	doc := New("iris", NewTables())
	s, err := doc.Spec()
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.Build()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Restore(run.Config.Meta, NewTables())
	if err != nil {
		t.Fatal(err)
	}
	if r.Title != run.Title || len(r.Classes) != 3 || r.Schema.Kind() != "table" || r.Targets != nil || r.Network.Plan.Weights.Size() != run.Config.Network.Plan.Weights.Size() {
		t.Errorf("restored %+v of %+v", r, run)
	}
	for _, key := range []string{MetaSpec, MetaShape, MetaSchema} {
		meta := map[string]string{}
		for k, v := range run.Config.Meta {
			if k != key {
				meta[k] = v
			}
		}
		if _, err := Restore(meta, NewTables()); err == nil {
			t.Errorf("without %s it was restored", key)
		}
	}
}
