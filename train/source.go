package train

import (
	"encoding/json"
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/augment"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// Augment is how the images that a run trains on are changed. The example that the
// network sees is an image of the part's height and width if it is one in the data,
// and a row of the part's numbers if it is a row there.
type Augment struct {
	augment.Images
	// Image is [height, width, channels] of an example, whatever its own shape: a
	// row of 784 numbers may be an image of [28 28 1].
	Image tensor.Shape
}

// Example is the shape of one example that the network sees, for one of shape in.
func (a *Augment) Example(in tensor.Shape) (tensor.Shape, error) {
	if a == nil {
		return in, nil
	}
	if len(a.Image) != 3 || a.Image.Size() != in.Size() {
		return nil, fmt.Errorf("augment: an example of %v is no image of %v", in, a.Image)
	}
	out, err := a.Shape(a.Image)
	switch {
	case err != nil:
		return nil, err
	case len(in) == 3:
		return out, nil
	case len(in) == 2 && out[2] == 1:
		return out[:2], nil
	}
	return tensor.Of(out.Size()), nil
}

// chance is what the changes of a training step are drawn from.
type chance struct{ seed, τ graph.Value }

// Examples are the rows of x that index names, [B], as the network sees them when
// it is measured: not changed by chance, and of type d.
func (a *Augment) Examples(x, index graph.Value, d tensor.DType) graph.Value {
	return a.examples(x, index, d, nil)
}

func (a *Augment) examples(x, index graph.Value, d tensor.DType, by *chance) graph.Value {
	if a == nil || !x.Valid() || !index.Valid() {
		if x = x.Gather(index); x.Valid() && x.DType() != tensor.Int32 {
			x = x.Cast(d)
		}
		return x // [N, features...] → [B, features...]
	}
	one, err := a.Example(x.Shape()[1:])
	if err != nil {
		return x.Graph().Fail("augment", "%v", err)
	}
	images := x.Reshape(append([]int{x.Dim(0)}, a.Image...)...)
	var out graph.Value // [B, Height, Width, C]
	if by == nil {
		out = a.Centre(images, index, d)
	} else {
		out = a.Take(images, index, by.seed, by.τ, d)
	}
	return out.Reshape(append([]int{index.Dim(0)}, one...)...)
}

// source is a part's batch as values of a graph: rows of a set in memory, gathered,
// changed and normalised inside the step.
type source struct {
	x, y         graph.Value // the whole set, inputs; y is invalid of a set without targets
	index        graph.Value // int32 [B], an input
	shift, scale graph.Value // inputs; invalid without a normalizer
	weights      graph.Value // of the classes, an input; invalid where all are 1
	bx, by       graph.Value // the batch; by likewise
	weight       graph.Value // of the batch's targets, invalid likewise
}

// newSource is a batch of a set, to train on if by is not nil.
func newSource(g *graph.Graph, set *data.Set, c *Config, batch int, by *chance) (source, error) {
	var s source
	d := c.Network.Plan.DType
	s.x = g.Input("data/x", set.X.DType(), set.X.Shape()...)
	s.index = g.Input("batch", tensor.Int32, batch)
	s.bx = c.Augment.examples(s.x, s.index, d, by)
	if c.Normalizer != nil {
		shift, scale, err := c.normalArrays(set)
		if err != nil {
			return s, err
		}
		s.shift = g.Input("data/shift", d, shift.Shape()...)
		s.scale = g.Input("data/scale", d, scale.Shape()...)
		s.bx = s.bx.Sub(s.shift).Mul(s.scale)
	}
	if set.Y == nil {
		return s, g.Err()
	}
	s.y = g.Input("data/y", set.Y.DType(), set.Y.Shape()...)
	s.by = s.y.Gather(s.index)
	if set.Y.DType().IsFloat() {
		s.by = s.by.Cast(d)
	}
	if by != nil && c.ClassWeights != nil {
		s.weigh(g, len(c.ClassWeights), d)
	}
	return s, g.Err()
}

// weigh gives each target the weight of its class.
func (s *source) weigh(g *graph.Graph, classes int, d tensor.DType) {
	s.weights = g.Input("data/class_weights", d, classes)
	class := s.by
	if class.DType().IsFloat() { // 0 or 1, for a loss of two classes
		class = class.Greater(g.Const(0.5)).Cast(tensor.Int32)
	}
	s.weight = s.weights.Gather(class) // [C] at [B, ...] → [B, ...]
}

// normalArrays are shift and scale for a set's examples as the network sees them.
func (c *Config) normalArrays(set *data.Set) (shift, scale *tensor.Array, err error) {
	one, err := c.Augment.Example(set.X.Shape()[1:])
	if err != nil {
		return nil, nil, err
	}
	return c.Normalizer.Arrays(c.Network.Plan.DType, one)
}

// bind gives an instance the set's memory.
func (s *source) bind(in *program.Instance, set *data.Set, c *Config) error {
	if err := in.Bind(s.x, set.X); err != nil {
		return err
	}
	if set.Y != nil {
		if err := in.Bind(s.y, set.Y); err != nil {
			return err
		}
	}
	if s.weights.Valid() {
		for k, w := range c.ClassWeights {
			in.Input(s.weights).SetAt(k, w)
		}
	}
	if c.Normalizer == nil {
		return nil
	}
	shift, scale, err := c.normalArrays(set)
	if err != nil {
		return err
	}
	if err := in.Bind(s.shift, shift); err != nil {
		return err
	}
	return in.Bind(s.scale, scale)
}

// checkExamples is what check says of what is trained on.
func (c *Config) checkExamples() error {
	if c.Stream != nil {
		switch {
		case c.Train.Set != nil:
			return fmt.Errorf("train: there are examples in memory and a stream; give one")
		case c.Train.Source != nil && c.Train.Len() != c.Stream.Len():
			return fmt.Errorf("train: the stream has %d examples and the part %d", c.Stream.Len(), c.Train.Len())
		case c.Sampler != "" && c.Sampler != data.SamplerNames()[0]:
			return fmt.Errorf("train: the sampler is %s; examples that are streamed are shuffled", c.Sampler)
		case c.Stream.Sizes()[0] != min(c.Batch, c.Stream.Len()):
			return fmt.Errorf("train: the stream has batches of %d, and the run of %d", c.Stream.Sizes()[0], c.Batch)
		}
	}
	if c.Stream == nil && c.Train.Source != nil {
		return fmt.Errorf("train: examples that need not fit into memory want a Stream")
	}
	set := c.examples()
	switch {
	case set == nil || c.Len() == 0:
		return fmt.Errorf("train: no training examples")
	case set.Y == nil:
		return fmt.Errorf("train: the training examples have no targets")
	}
	if n := len(set.Classes); c.ClassWeights != nil && n > 0 && n != len(c.ClassWeights) {
		return fmt.Errorf("train: %d weights of classes, and there are %d classes", len(c.ClassWeights), n)
	}
	for k, w := range c.ClassWeights {
		if !(w >= 0) || w-w != 0 {
			return fmt.Errorf("train: class %d has the weight %v; 0 and more are possible", k, w)
		}
	}
	_, err := c.Augment.Example(set.X.Shape()[1:])
	return err
}

// examples is the set that a step gathers from, or one just like it.
func (c *Config) examples() *data.Set {
	if c.Stream != nil {
		return c.Stream.Set()
	}
	return c.Train.Set
}

// Len is the number of examples of an epoch.
func (c *Config) Len() int {
	if c.Stream != nil {
		return c.Stream.Len()
	}
	return c.Train.Len()
}

// sampler says which examples a step takes; of a Stream, how many, and the stream
// says which.
func (c *Config) sampler(seed int64) (data.Sampler, error) {
	name := c.Sampler
	if name == "" {
		name = data.SamplerNames()[0]
	}
	s, err := data.SamplerByName(name, c.Len(), c.Batch, uint64(seed))
	if err == nil && c.Train.Rows != nil && c.Stream == nil {
		s = data.Over(s, c.Train.Rows)
	}
	return s, err
}

// keyAugment is the checkpoint's metadata that says which part of an image the
// network sees.
const keyAugment = "descent.augment"

func augmentMeta(a *Augment) (string, error) {
	b, err := json.Marshal(a)
	return string(b), err
}

func readAugment(text string) (*Augment, error) {
	var a Augment
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return nil, fmt.Errorf("augment: %w", err)
	}
	_, err := a.Shape(a.Image)
	return &a, err
}
