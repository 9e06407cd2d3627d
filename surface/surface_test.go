package surface_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/curvature"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
)

func probe(t *testing.T, o objective.Objective) *surface.Space {
	t.Helper()
	p, err := curvature.New(curvature.Of(o), curvature.Machine{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return &surface.Space{Probe: p}
}

func axes(n int) (a, b []float64) {
	a, b = make([]float64, n), make([]float64, n)
	a[0], b[1] = 1, 1
	return a, b
}

// A slice along the axes of a function of two variables is the function; rows that are
// kept are not computed again, and a half-written one is.
func TestSlice(t *testing.T) {
	f, err := functions.Lookup("himmelblau")
	if err != nil {
		t.Fatal(err)
	}
	s := &surface.Slice{Space: probe(t, objective.Func{W: 2, Type: tensor.Float64, E: f.E}), X: surface.Even(-5, 5, 11), Y: surface.Even(-4, 4, 9), Folder: t.TempDir()}
	s.Plane.Origin = make([]float64, 2)
	s.Plane.A, s.Plane.B = axes(2)
	z, reused, err := s.Run(context.Background())
	if err != nil || reused != 0 {
		t.Fatal(reused, err)
	}
	for j, y := range s.Y {
		for i, x := range s.X {
			a, b := x*x+y-11, x+y*y-7
			if want := a*a + b*b; math.Abs(z[j*11+i]-want) > 1e-12*math.Max(1, want) {
				t.Fatalf("E(%v, %v) = %v, want %v", x, y, z[j*11+i], want)
			}
		}
	}
	files, _ := filepath.Glob(filepath.Join(s.Folder, "*.jsonl"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], whole[:len(whole)-20], 0o666); err != nil {
		t.Fatal(err)
	}
	again, reused, err := s.Run(context.Background())
	if err != nil || reused != 8 {
		t.Fatalf("%d of 9 rows reused, want 8: %v", reused, err)
	}
	for i := range z {
		if z[i] != again[i] {
			t.Fatalf("height %d is %v and was %v", i, again[i], z[i])
		}
	}
	if _, reused, _ = s.Run(context.Background()); reused != 9 {
		t.Errorf("%d rows reused, want all 9", reused)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	s.Of = "another"
	if _, _, err := s.Run(ctx); err == nil {
		t.Error("a cancelled slice has no error")
	}
}

// A height that is not finite is NaN, also when it comes from the folder.
func TestNotFinite(t *testing.T) {
	root := objective.Func{W: 2, Type: tensor.Float64, E: func(w graph.Value) graph.Value { return w.Sqrt().SumAll() }}
	s := &surface.Slice{Space: probe(t, root), X: []float64{-1, 0, 1}, Y: []float64{0, 4}, Folder: t.TempDir()}
	s.Plane.Origin = make([]float64, 2)
	s.Plane.A, s.Plane.B = axes(2)
	for range 2 {
		z, _, err := s.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !math.IsNaN(z[0]) || !math.IsNaN(z[3]) || z[2] != 1 || z[5] != 3 {
			t.Fatalf("√x + √y is %v", z)
		}
	}
}

// What a plane shows and does not show of a point adds up, whatever its directions.
func TestProject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 6).Draw(t, "n")
		vector := func(name string) []float64 {
			return rapid.SliceOfN(rapid.Float64Range(-3, 3), n, n).Draw(t, name)
		}
		p := surface.Plane{Origin: vector("origin"), A: vector("a"), B: vector("b")}
		w := vector("w")
		s, err := p.Project(w)
		if err != nil {
			t.Skip("no plane")
		}
		foot := make([]float64, n)
		p.At(foot, s.A, s.B)
		var off, dd, along float64
		for i := range w {
			off += (w[i] - foot[i]) * (w[i] - foot[i])
			dd += (w[i] - p.Origin[i]) * (w[i] - p.Origin[i])
			along += (w[i] - foot[i]) * p.A[i]
		}
		if math.Abs(along) > 1e-6 {
			t.Fatalf("the rest is not across A: %v", along)
		}
		if got := s.Residual * s.Residual * dd; math.Abs(got-off) > 1e-6*math.Max(1, dd) {
			t.Fatalf("residual² is %v, want %v", got, off)
		}
	})
	p := surface.Plane{Origin: []float64{0, 0}, A: []float64{1, 2}, B: []float64{2, 4}}
	if _, err := p.Project([]float64{1, 1}); err == nil {
		t.Error("a line is taken for a plane")
	}
}

// Iterates on an ellipse in a plane of seven dimensions: the components are its axes,
// 9 : 1 in squares for the axes 3 : 1 (mean of cos² is that of sin²).
func TestPrincipal(t *testing.T) {
	n := 7
	u, v := make([]float64, n), make([]float64, n)
	u[1], u[4], v[2] = 0.6, 0.8, 1
	var all [][]float64
	for k := range 12 {
		w := make([]float64, n)
		c, s := math.Cos(2*math.Pi*float64(k)/12), math.Sin(2*math.Pi*float64(k)/12)
		for i := range w {
			w[i] = 5 + 3*c*u[i] + s*v[i]
		}
		all = append(all, w)
	}
	centre := make([]float64, n)
	for i := range centre {
		centre[i] = 5
	}
	p, err := surface.NewPrincipal(append(all, centre))
	if err != nil {
		t.Fatal(err)
	}
	dot := func(a, b []float64) (s float64) {
		for i := range a {
			s += a[i] * b[i]
		}
		return s
	}
	if math.Abs(math.Abs(dot(p.A, u))-1) > 1e-12 || math.Abs(math.Abs(dot(p.B, v))-1) > 1e-12 || math.Abs(dot(p.A, p.B)) > 1e-12 {
		t.Errorf("components %v, %v", p.A, p.B)
	}
	if math.Abs(p.Explained[0]-0.9) > 1e-12 || math.Abs(p.Explained[1]-0.1) > 1e-12 {
		t.Errorf("explained %v, want 0.9 and 0.1", p.Explained)
	}
	if _, err := surface.NewPrincipal(all[:2]); err == nil {
		t.Error("two iterates span a plane")
	}
}

func perceptron(t *testing.T, norm string) *nn.Plan {
	t.Helper()
	l, err := nn.MLP([]int{6, 5, 4, 3}, "tanh", norm, 0)
	if err != nil {
		t.Fatal(err)
	}
	return plan(t, l, 8, 6)
}

func plan(t *testing.T, l nn.Layer, shape ...int) *nn.Plan {
	t.Helper()
	n, err := objective.NewNetwork(l, graph.Type{DType: tensor.Float64, Shape: tensor.Of(shape...)}, loss.NewCrossEntropy(), tensor.Float64)
	if err != nil {
		t.Fatal(err)
	}
	return n.Plan
}

// Every filter of a random direction is as long as the weights' own, and nothing else moves:
// Li et al. 2018, eq. 1.
func TestRandomIsFilterNormalised(t *testing.T) {
	p := perceptron(t, "batch")
	w, err := p.Weights.Initial(tensor.Float64, 3)
	if err != nil {
		t.Fatal(err)
	}
	at := w.Float64s()
	d := surface.Random(p.Weights, at, len(at)+2, 1, 0)
	other := surface.Random(p.Weights, at, len(at)+2, 1, 1)
	if len(d) != len(at)+2 || d[0] == other[0] {
		t.Fatalf("%d numbers, %v and %v", len(d), d[0], other[0])
	}
	for _, v := range p.Weights.Views() {
		out := v.Shape[len(v.Shape)-1]
		for f := range out {
			var dd, ww float64
			for i := f; i < v.Size(); i += out {
				dd += d[v.Offset+i] * d[v.Offset+i]
				ww += at[v.Offset+i] * at[v.Offset+i]
			}
			if v.Shape.Rank() < 2 {
				ww = 0
			}
			if math.Abs(dd-ww) > 1e-12 {
				t.Errorf("%s filter %d: ‖d‖² is %v, want %v", v.Name, f, dd, ww)
			}
		}
	}
}

// outputs of a network at a point.
func outputs(t *testing.T, p *nn.Plan, point []float64, x *tensor.Array) []float64 {
	t.Helper()
	g := graph.New()
	n := p.Weights.Size()
	w := g.Input("w", tensor.Float64, n)
	feeds := map[graph.Value]*tensor.Array{w: tensor.From(point[:n], n)}
	var state graph.Value
	if s := p.State.Size(); s > 0 {
		state = g.Input("running", tensor.Float64, s)
		feeds[state] = tensor.From(point[n:], s)
	}
	in := g.Input("x", tensor.Float64, x.Shape()...)
	feeds[in] = x
	out, err := graph.Evaluate([]graph.Value{p.Apply(p.Bind(g, w, state, graph.Value{}, graph.Value{}, false), in)}, feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Float64s()
}

// A network whose units were shuffled computes the same, and matching undoes any shuffling
// of random weights (Ainsworth et al. 2023, §2: f(x; π(w)) = f(x; w)).
func TestMatchUndoesAShuffle(t *testing.T) {
	image, err := nn.CNN(4, 4, 1, []int{3, 4}, []int{6}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*nn.Plan{
		"mlp": perceptron(t, "none"), "mlp, batch norm": perceptron(t, "batch"), "mlp, layer norm": perceptron(t, "layer"), "cnn": plan(t, image, 8, 16),
	} {
		point := make([]float64, p.Weights.Size()+p.State.Size())
		for i := range point {
			point[i] = 1 + math.Sin(float64(37*i)+0.3) // positive, as a variance is
		}
		var state = p.State
		if p.State.Size() == 0 {
			state = nil
		}
		u, err := surface.NewUnits(p.Weights, state)
		if err != nil {
			t.Fatal(name, err)
		}
		shuffled := append([]float64(nil), point...)
		for k, n := range u.Layers() {
			order := make([]int, n)
			for i := range order {
				order[i] = (i*(n-1) + 1) % n // n−1 and n have no common factor
			}
			u.Permute(shuffled, k, order)
		}
		x := tensor.New(tensor.Float64, append(tensor.Of(8), p.In.Shape[1:]...)...)
		for i := range x.Size() {
			x.SetAt(i, math.Sin(float64(11*i)))
		}
		want, got := outputs(t, p, point, x), outputs(t, p, shuffled, x)
		for i := range want {
			if math.Abs(want[i]-got[i]) > 1e-10 {
				t.Fatalf("%s: output %d is %v and was %v", name, i, got[i], want[i])
			}
		}
		m, err := u.Match(point, shuffled)
		if err != nil {
			t.Fatal(name, err)
		}
		if m.Before < 1 || m.After != 0 || m.Moved == 0 {
			t.Errorf("%s: distance %v before and %v after, %d of %d moved", name, m.Before, m.After, m.Moved, m.Units)
		}
		for i := range point {
			if m.Point[i] != point[i] {
				t.Fatalf("%s: number %d is %v, want %v", name, i, m.Point[i], point[i])
			}
		}
	}
}

// (w² − 1)² along the line from −1 to 1: both ends are 0 and the middle is 1.
func TestWay(t *testing.T) {
	well := objective.Func{W: 1, Type: tensor.Float64, E: func(w graph.Value) graph.Value { return w.Square().Plus(-1).Square().SumAll() }}
	w, err := surface.NewWay(context.Background(), probe(t, well), []float64{-1}, []float64{1}, 11, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.Barrier != 1 || w.Top != 0.5 || w.E[0] != 0 || w.E[10] != 0 {
		t.Errorf("%+v, want a barrier of 1 at 0.5", w)
	}
	bowl := objective.Func{W: 1, Type: tensor.Float64, E: func(w graph.Value) graph.Value { return w.Square().SumAll() }}
	if w, err = surface.NewWay(context.Background(), probe(t, bowl), []float64{-1}, []float64{3}, 5, nil); err != nil || w.Barrier != 0 {
		t.Errorf("a convex function has a barrier: %+v, %v", w, err)
	}
}

// A walk begins anew each time: momentum's velocity and the step count are its own.
func TestWalkTwice(t *testing.T) {
	f, err := functions.Lookup("ravine")
	if err != nil {
		t.Fatal(err)
	}
	rule, rate, err := optim.Parse("adam:lr=0.1")
	if err != nil {
		t.Fatal(err)
	}
	k, err := surface.NewWalk(f, rule, schedule.NewConstant(), 0, tensor.Float64, "")
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	a, errA := k.Follow(f.Start, rate, 20)
	b, errB := k.Follow(f.Start, rate, 20)
	if errA != nil || errB != nil || a.Losses[20] != b.Losses[20] || len(a.Points) != 21 {
		t.Errorf("%v and %v: %v, %v", a.Losses, b.Losses, errA, errB)
	}
	if _, err := k.Follow([]float64{math.Inf(1), 0}, rate, 3); err == nil || !strings.Contains(err.Error(), "step 0 of 3") {
		t.Errorf("a start at infinity: %v", err)
	}
}
