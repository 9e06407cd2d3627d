package augment

import (
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// inputs are those of a step.
type inputs struct {
	g                    *graph.Graph
	x, index, seed, step graph.Value
	feeds                map[graph.Value]*tensor.Array
}

// newInputs are n images of h by w pixels of c bytes, byte k of them being k·7
// mod 251 (1 to 250 mostly, so that a 0 is seen), and the batch that index names.
func newInputs(n, h, w, c int, index []int32, seed int64, step float64) *inputs {
	g := graph.New()
	in := &inputs{
		g: g, x: g.Input("x", tensor.Uint8, n, h, w, c), index: g.Input("index", tensor.Int32, len(index)),
		seed: g.Input("seed", tensor.Int64), step: g.Input("step", tensor.Float64),
	}
	x := tensor.New(tensor.Uint8, n, h, w, c)
	for k := range x.Raw() {
		x.Raw()[k] = byte(k*7%250 + 1)
	}
	in.feeds = map[graph.Value]*tensor.Array{
		in.x: x, in.index: tensor.From(index, len(index)), in.seed: tensor.From([]int64{seed}), in.step: tensor.From([]float64{step}),
	}
	return in
}

func (in *inputs) evaluate(t failer, v ...graph.Value) []*tensor.Array {
	t.Helper()
	out, err := graph.Evaluate(v, in.feeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type failer interface {
	Helper()
	Fatal(args ...any)
}

// draws are what chance decides for each image, by the streams' names.
func (in *inputs) draws(t failer, stream string, choices int) []int {
	t.Helper()
	u := in.g.Random(graph.Uniform, "augment/"+stream, in.seed, in.step, tensor.Float64, in.index.Dim(0))
	var out []int
	for _, v := range in.evaluate(t, u)[0].Float64s() {
		out = append(out, min(int(v*float64(choices)), choices-1))
	}
	return out
}

// Any images and any change: pixel by pixel what the package says of them.
func TestTake(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, h, w, c := rapid.IntRange(1, 4).Draw(t, "n"), rapid.IntRange(1, 7).Draw(t, "h"), rapid.IntRange(1, 7).Draw(t, "w"), rapid.SampledFrom([]int{1, 3}).Draw(t, "c")
		index := rapid.SliceOfN(rapid.Int32Range(0, int32(n-1)), 1, 5).Draw(t, "index")
		a := &Images{
			Pad: rapid.IntRange(0, 3).Draw(t, "pad"), Mirror: rapid.Bool().Draw(t, "mirror"), Flip: rapid.Bool().Draw(t, "flip"),
			Edge: rapid.Bool().Draw(t, "edge"), Fill: float64(rapid.IntRange(0, 1).Draw(t, "fill")) * 99,
		}
		if rapid.Bool().Draw(t, "part") {
			a.Height, a.Width = rapid.IntRange(1, h+2*a.Pad).Draw(t, "height"), rapid.IntRange(1, w+2*a.Pad).Draw(t, "width")
		}
		in := newInputs(n, h, w, c, index, rapid.Int64().Draw(t, "seed"), float64(rapid.IntRange(0, 1000).Draw(t, "step")))
		out, err := a.Shape(tensor.Of(h, w, c))
		if err != nil {
			t.Fatal(err)
		}
		y := a.Take(in.x, in.index, in.seed, in.step, tensor.Float32)
		if err := in.g.Err(); err != nil {
			t.Fatal(err)
		}
		got := in.evaluate(t, y)[0]
		if want := append(tensor.Of(len(index)), out...); !got.Shape().Equal(want) {
			t.Fatalf("%v, want %v", got.Shape(), want)
		}
		rows, columns := in.draws(t, "rows", h-out[0]+2*a.Pad+1), in.draws(t, "columns", w-out[1]+2*a.Pad+1)
		flip, mirror := in.draws(t, "flip", 2), in.draws(t, "mirror", 2)
		x := in.feeds[in.x].Raw()
		k := 0
		for b, image := range index {
			for i := range out[0] {
				for j := range out[1] {
					ii, jj := i, j
					if a.Flip && flip[b] == 1 {
						ii = out[0] - 1 - i
					}
					if a.Mirror && mirror[b] == 1 {
						jj = out[1] - 1 - j
					}
					r, s := rows[b]-a.Pad+ii, columns[b]-a.Pad+jj
					for ch := range c {
						want := a.Fill
						if a.Edge || r >= 0 && r < h && s >= 0 && s < w {
							rr, ss := max(0, min(r, h-1)), max(0, min(s, w-1))
							want = float64(x[((int(image)*h+rr)*w+ss)*c+ch])
						}
						if v := got.At(k); v != want {
							t.Fatalf("%+v: image %d of the batch, pixel %d %d is %v, want %v", *a, b, i, j, v, want)
						}
						k++
					}
				}
			}
		}
	})
}

// The part in the middle, by hand: 4 by 5 numbered pixels.
func TestCentre(t *testing.T) {
	for _, c := range []struct {
		a    Images
		want []float64
	}{
		{Images{Height: 2, Width: 3}, []float64{43, 50, 57, 78, 85, 92}}, // rows 1 2, columns 1 2 3
		{Images{Height: 2, Width: 2}, []float64{43, 50, 78, 85}},
		{Images{Height: 4, Width: 7, Pad: 1, Fill: 9}, []float64{
			9, 1, 8, 15, 22, 29, 9, 9, 36, 43, 50, 57, 64, 9, 9, 71, 78, 85, 92, 99, 9, 9, 106, 113, 120, 127, 134, 9,
		}},
		{Images{Height: 6, Width: 1, Pad: 1, Edge: true}, []float64{15, 15, 50, 85, 120, 120}},
	} {
		in := newInputs(1, 4, 5, 1, []int32{0}, 1, 0)
		y := c.a.Centre(in.x, in.index, tensor.Float32)
		if err := in.g.Err(); err != nil {
			t.Fatal(err)
		}
		if got := in.evaluate(t, y)[0].Float64s(); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.a, got, c.want)
		}
	}
	// Without a part it is the batch.
	in := newInputs(3, 4, 5, 1, []int32{2, 0}, 1, 0)
	got := in.evaluate(t, (&Images{Pad: 2, Mirror: true}).Centre(in.x, in.index, tensor.Float64))[0]
	if !got.Shape().Equal(tensor.Of(2, 4, 5, 1)) || got.At(0) != float64(in.feeds[in.x].Raw()[40]) {
		t.Errorf("%v, %v", got.Shape(), got.At(0))
	}
}

// Each place and each side is taken about as often as the others: 4000 images,
// five places each way, a standard deviation of 25 about 800; and rows, columns
// and sides have nothing to do with each other.
func TestChance(t *testing.T) {
	index := make([]int32, 1000)
	in := newInputs(1, 3, 3, 1, index, 7, 0)
	seen := map[int]int{}
	same := 0
	for step := range 4 {
		in.feeds[in.step] = tensor.From([]float64{float64(step)})
		rows, columns, mirror := in.draws(t, "rows", 5), in.draws(t, "columns", 5), in.draws(t, "mirror", 2)
		for b := range rows {
			seen[rows[b]]++
			seen[10+columns[b]]++
			seen[20+mirror[b]]++
			if rows[b] == columns[b] {
				same++
			}
		}
	}
	for k := range 5 {
		if seen[k] < 700 || seen[k] > 900 || seen[10+k] < 700 || seen[10+k] > 900 {
			t.Errorf("place %d is taken %d and %d times of 4000", k, seen[k], seen[10+k])
		}
	}
	if seen[21] < 1850 || seen[21] > 2150 || same < 700 || same > 900 {
		t.Errorf("%d of 4000 mirrored, %d moved alike both ways", seen[21], same)
	}
}

// A compiled step gives what the definition does, on more than one thread, and
// the same again for the same seed and step.
func TestCompiled(t *testing.T) {
	a := &Images{Height: 6, Width: 5, Pad: 2, Mirror: true, Flip: true, Fill: 3}
	in := newInputs(9, 7, 6, 3, []int32{8, 0, 3, 3, 7}, 42, 5)
	shift, scale := in.g.Const(100), in.g.Const(0.02)
	y := a.Take(in.x, in.index, in.seed, in.step, tensor.Float32).Sub(shift).Mul(scale)
	if err := in.g.Err(); err != nil {
		t.Fatal(err)
	}
	want := in.evaluate(t, y)[0]
	table, err := dispatch.Pick("")
	if err != nil {
		t.Fatal(err)
	}
	p, err := program.Compile(in.g, program.Spec{Outputs: []graph.Value{y}})
	if err != nil {
		t.Fatal(err)
	}
	for _, threads := range []int{1, 3} {
		pool := program.NewPool(threads)
		run := p.NewInstance(pool, table)
		for v, array := range in.feeds {
			copy(run.Input(v).Raw(), array.Raw())
		}
		for range 2 {
			if err := run.Step(); err != nil {
				t.Fatal(err)
			}
			if got := program.Slice[float32](run, y); !slices.Equal(got, tensor.Slice[float32](want)) {
				t.Fatalf("%d threads: %v, want %v", threads, got, want.Float64s())
			}
		}
		pool.Close()
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		a     Images
		shape tensor.Shape
		want  string
	}{
		{Images{}, tensor.Of(784), "augment: an example is [784]; images are [height, width, channels]"},
		{Images{Pad: -1}, tensor.Of(4, 4, 1), "augment: -1 pixels added on each side"},
		{Images{Height: -2}, tensor.Of(4, 4, 1), "augment: a part with a height of -2"},
		{Images{Width: 7, Pad: 1}, tensor.Of(4, 4, 1), "augment: a part with a width of 7 of an image with 4 and 1 more on each side"},
	} {
		if _, err := c.a.Shape(c.shape); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	in := newInputs(1, 4, 4, 1, []int32{0}, 1, 0)
	a := &Images{Height: 99}
	a.Take(in.x, in.index, in.seed, in.step, tensor.Float32)
	if err := in.g.Err(); err == nil || !strings.Contains(err.Error(), "a part with a height of 99") {
		t.Errorf("error %v", err)
	}
	in = newInputs(1, 4, 4, 1, []int32{0}, 1, 0)
	a.Centre(in.x.Reshape(1, 16), in.index, tensor.Float32)
	if err := in.g.Err(); err == nil || !strings.Contains(err.Error(), "want [N height width channels]") {
		t.Errorf("error %v", err)
	}
	if (&Images{}).Changes() || !(&Images{Mirror: true}).Changes() || (*Images)(nil).Changes() {
		t.Error("changes")
	}
}

// A batch of 128 digits shifted by up to 2 pixels, and as it is.
func BenchmarkTake(b *testing.B) {
	for name, a := range map[string]*Images{"plain": nil, "shift": {Pad: 2}, "mirror": {Pad: 2, Mirror: true, Edge: true}} {
		b.Run(name, func(b *testing.B) {
			index := make([]int32, 128)
			for i := range index {
				index[i] = int32(i * 37 % 1000)
			}
			in := newInputs(1000, 28, 28, 1, index, 1, 0)
			y := in.x.Gather(in.index).Cast(tensor.Float32)
			if a != nil {
				y = a.Take(in.x, in.index, in.seed, in.step, tensor.Float32)
			}
			y = y.Plus(-0.1).Scale(3)
			table, err := dispatch.Pick("")
			if err != nil {
				b.Fatal(err)
			}
			p, err := program.Compile(in.g, program.Spec{Outputs: []graph.Value{y}})
			if err != nil {
				b.Fatal(err)
			}
			pool := program.NewPool(1)
			defer pool.Close()
			run := p.NewInstance(pool, table)
			for v, array := range in.feeds {
				copy(run.Input(v).Raw(), array.Raw())
			}
			for b.Loop() {
				if err := run.Step(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
