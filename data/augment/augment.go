// Package augment changes images by chance as a training step takes them: it
// shifts, crops and mirrors them. It does so inside the compiled step, as part of
// the gather that brings the batch, so nothing has to be made ready beside it.
//
// What becomes of an image is a function of the seed, the step and its place in
// the batch: a run that is resumed sees the same images.
package augment

import (
	"fmt"
	"math"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
)

// Images says how images are changed. A part of Height by Width pixels is cut out
// of the image, around which Pad pixels are added on each side, and mirrored:
//
//	oy ∈ {−Pad, ..., H − Height + Pad}, ox likewise, each as likely as the others
//	out[i, j] = x[oy + i, ox + j]        or, mirrored, x[oy + i, ox + Width−1−j]
//
// With the image's own height and width that is a shift by up to Pad pixels. To
// measure, Centre cuts out the part in the middle and changes nothing else.
type Images struct {
	Height int // of the part; 0 is the image's
	Width  int // of the part; 0 is the image's
	Pad    int // pixels that are added on each side

	Mirror bool // left and right change sides, every other time
	Flip   bool // top and bottom change sides, every other time

	// Edge gives added pixels the colour of the nearest pixel of the image;
	// otherwise they are Fill, a number as those of the data, before they are
	// normalised.
	Edge bool
	Fill float64
}

// Changes reports whether there is anything to be done.
func (a *Images) Changes() bool { return a != nil && *a != Images{} }

// Shape is the shape of one example, for one of shape in: [H, W, C].
func (a *Images) Shape(in tensor.Shape) (tensor.Shape, error) {
	out, err := a.shape(in)
	if err != nil {
		return nil, fmt.Errorf("augment: %w", err)
	}
	return out, nil
}

func (a *Images) shape(in tensor.Shape) (tensor.Shape, error) {
	if len(in) != 3 || in.Size() == 0 {
		return nil, fmt.Errorf("an example is %v; images are [height, width, channels]", in)
	}
	out := in.Clone()
	for axis, part := range []int{a.Height, a.Width} {
		name := [2]string{"height", "width"}[axis]
		if part != 0 {
			out[axis] = part
		}
		switch {
		case a.Pad < 0 || a.Pad > math.MaxInt16:
			return nil, fmt.Errorf("%d pixels added on each side; 0 to %d are possible", a.Pad, math.MaxInt16)
		case part < 0:
			return nil, fmt.Errorf("a part with a %s of %d; 1 and more are possible, or 0 for the image's own", name, part)
		case out[axis] > in[axis]+2*a.Pad:
			return nil, fmt.Errorf("a part with a %s of %d of an image with %d and %d more on each side; make it smaller", name, part, in[axis], a.Pad)
		}
	}
	if in[0]+2*a.Pad > math.MaxInt32 || in[1]+2*a.Pad > math.MaxInt32 {
		return nil, fmt.Errorf("images of %v are too large", in)
	}
	return out, nil
}

// Take is the batch [B, Height, Width, C] of type d, a float, of the images of x,
// [N, H, W, C], that index names, int32 [B], changed by chance. The seed is a
// rank-0 int64 and τ, the step, a rank-0 float64, as graph.Random has them.
func (a *Images) Take(x, index, seed, τ graph.Value, d tensor.DType) graph.Value {
	g, out, ok := a.begin(x, index, "augment")
	if !ok {
		return graph.Value{}
	}
	scope := g.SetScope("augment")
	defer g.SetScope(scope)
	b := index.Dim(0)
	draw := func(stream string, choices int) graph.Value { // int32 [B 1 1], 0 to choices−1
		if choices == 1 {
			return g.Const(0).Cast(tensor.Int32).BroadcastTo(b, 1, 1)
		}
		u := g.Random(graph.Uniform, "augment/"+stream, seed, τ, tensor.Float64, b) // [0, 1) → whole numbers
		return u.Scale(float64(choices)).Cast(tensor.Int32).Min(g.Const(float64(choices-1))).Reshape(b, 1, 1)
	}
	oy := draw("rows", x.Dim(1)-out[0]+2*a.Pad+1).Plus(float64(-a.Pad))
	ox := draw("columns", x.Dim(2)-out[1]+2*a.Pad+1).Plus(float64(-a.Pad))
	i := g.Iota(tensor.Int32, 1, 1, out[0], 1)
	j := g.Iota(tensor.Int32, 2, 1, 1, out[1])
	if a.Flip {
		i = graph.Where(draw("flip", 2), g.Const(float64(out[0]-1)).Sub(i), i) // [B Height 1]
	}
	if a.Mirror {
		j = graph.Where(draw("mirror", 2), g.Const(float64(out[1]-1)).Sub(j), j) // [B 1 Width]
	}
	return a.pixels(x, index, oy.Add(i), ox.Add(j), d)
}

// Centre is the batch of the parts in the middle of images, unchanged otherwise,
// to measure with: as Take, without chance.
func (a *Images) Centre(x, index graph.Value, d tensor.DType) graph.Value {
	g, out, ok := a.begin(x, index, "augment")
	if !ok {
		return graph.Value{}
	}
	if out[0] == x.Dim(1) && out[1] == x.Dim(2) {
		return x.Gather(index).Cast(d)
	}
	scope := g.SetScope("augment")
	defer g.SetScope(scope)
	middle := func(side, part int) float64 { return math.Floor(float64(side-part) / 2) }
	y := g.Iota(tensor.Int32, 1, 1, out[0], 1).Plus(middle(x.Dim(1), out[0]))
	col := g.Iota(tensor.Int32, 2, 1, 1, out[1]).Plus(middle(x.Dim(2), out[1]))
	return a.pixels(x, index, y, col, d)
}

// begin checks what an operation is given.
func (a *Images) begin(x, index graph.Value, op string) (*graph.Graph, tensor.Shape, bool) {
	if !x.Valid() || !index.Valid() {
		return nil, nil, false
	}
	g := x.Graph()
	if x.Rank() != 4 || index.Rank() != 1 || index.DType() != tensor.Int32 {
		g.Fail(op, "the images are %v and the index %v; want [N height width channels] and int32 [B]", x.Type(), index.Type())
		return nil, nil, false
	}
	out, err := a.shape(x.Shape()[1:])
	if err != nil {
		g.Fail(op, "%v", err)
		return nil, nil, false
	}
	return g, out, true
}

// pixels takes the pixels at rows y, [B or 1, Height, 1 or Width], and columns
// col, of the images.
func (a *Images) pixels(x, index, y, col graph.Value, d tensor.DType) graph.Value {
	g := x.Graph()
	n, h, w, c := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	whole := func(v int) graph.Value { return g.Const(float64(v)) }
	within := func(v graph.Value, side int) graph.Value { return v.Max(whole(0)).Min(whole(side - 1)) }
	// A pixel's row among those of all images, [N·H·W, C]; where there are more than
	// an int32 names, among those of the batch.
	first := index.Reshape(index.Dim(0), 1, 1)
	if int64(n)*int64(h)*int64(w) > math.MaxInt32 {
		x = x.Gather(index)
		n = index.Dim(0)
		first = g.Iota(tensor.Int32, 0, n, 1, 1)
	}
	at := first.Mul(whole(h)).Add(within(y, h)).Mul(whole(w)).Add(within(col, w)) // [B Height Width]
	out := x.Reshape(n*h*w, c).Gather(at).Cast(d)                                 // [B Height Width C]
	if a.Edge || a.Pad == 0 {
		return out
	}
	inside := func(v graph.Value, side int) graph.Value {
		return v.GreaterEqual(whole(0)).Mul(v.Less(whole(side))).Cast(d)
	}
	in := inside(y, h).Mul(inside(col, w)) // [B Height Width], a product of floats
	return graph.Where(in.Reshape(in.Dim(0), in.Dim(1), in.Dim(2), 1), out, g.Const(a.Fill))
}
