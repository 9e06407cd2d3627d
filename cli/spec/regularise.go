package spec

import (
	"errors"
	"fmt"
	"math"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/augment"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Augment is how images are changed by chance while they are trained on.
type Augment struct {
	Shift  int     `spec:"shift" range:"[0,4096]" doc:"up to so many pixels up or down, and likewise sideways"`
	Crop   []int   `spec:"crop" range:"[1,1e5]" doc:"[height, width] of a part that is taken somewhere, and in the middle to measure; [] is the whole image"`
	Flip   string  `spec:"flip" values:"none,horizontal,vertical,both" doc:"every other image is mirrored: left and right, top and bottom, or each by its own chance"`
	Border string  `spec:"border" values:"fill,edge" doc:"what comes in from outside: fill, or the nearest pixel of the image"`
	Fill   float64 `spec:"fill" doc:"a number as the data's, before they are normalised"`
	Image  []int   `spec:"image" range:"[1,1e5]" doc:"[height, width, channels] of examples that are rows of pixels; [] is a square of one channel"`
}

// NewAugment changes nothing.
func NewAugment() Augment {
	return Augment{Crop: []int{}, Image: []int{}, Flip: "none", Border: "fill"}
}

// images is what the augmentation does with an example, nil for nothing.
func (a *Augment) images(in tensor.Shape) (*train.Augment, error) {
	if a.Shift == 0 && len(a.Crop) == 0 && a.Flip == "none" {
		return nil, nil
	}
	out := &train.Augment{Images: augment.Images{
		Pad: a.Shift, Fill: a.Fill, Edge: a.Border == "edge",
		Mirror: a.Flip == "horizontal" || a.Flip == "both", Flip: a.Flip == "vertical" || a.Flip == "both",
	}}
	switch side := int(math.Sqrt(float64(in.Size()))); {
	case len(a.Image) == 3:
		out.Image = tensor.Of(a.Image...)
	case len(a.Image) > 0:
		return nil, At("image", fmt.Errorf("%v is not [height, width, channels]", a.Image))
	case len(in) == 3:
		out.Image = in
	case len(in) == 2:
		out.Image = tensor.Of(in[0], in[1], 1)
	case side*side == in.Size():
		out.Image = tensor.Of(side, side, 1)
	default:
		return nil, At("image", fmt.Errorf("an example of %d numbers is no square image; give [height, width, channels]", in.Size()))
	}
	if out.Image.Size() != in.Size() {
		return nil, At("image", fmt.Errorf("an image of %v is not the %d numbers of an example", out.Image, in.Size()))
	}
	switch len(a.Crop) {
	case 0:
	case 1:
		out.Height, out.Width = a.Crop[0], a.Crop[0]
	case 2:
		out.Height, out.Width = a.Crop[0], a.Crop[1]
	default:
		return nil, At("crop", fmt.Errorf("%v is not [height, width]", a.Crop))
	}
	if out.Height > out.Image[0] || out.Width > out.Image[1] {
		return nil, At("crop", fmt.Errorf("a part of %d×%d is larger than the image of %d×%d", out.Height, out.Width, out.Image[0], out.Image[1]))
	}
	return out, nil
}

// augment settles what the network sees of an example.
func (b *builder) augment() error {
	one, err := b.one()
	if err != nil {
		return err
	}
	in, c := one.X.Shape()[1:], &b.run.Config
	if c.Augment, err = b.Spec.Augment.images(in); err != nil {
		if k := (*keyed)(nil); errors.As(err, &k) {
			return b.at("augment."+k.key, k.err)
		}
		return b.at("augment", err)
	}
	if c.Augment == nil {
		return nil
	}
	if one.X.DType() == tensor.Int32 {
		return b.at("augment", errors.New("the examples are symbols, not images"))
	}
	if len(b.Spec.Augment.Crop) > 0 && b.Normalisation.Method != string(data.None) && b.Normalisation.Scope == string(data.PerFeature) {
		return b.at("normalisation.scope", errors.New("each pixel has a normalisation of its own, and augment.crop moves them; take scope channel or all"))
	}
	_, err = c.Augment.Example(in)
	return b.at("augment", err)
}

// ClassWeights are what an example of each class counts for in training.
type ClassWeights struct {
	Method  string             `spec:"method,head" values:"none,balanced,given" doc:"none, balanced (each class has as much to say as the others) or given"`
	Classes map[string]float64 `spec:"classes" doc:"of the classes by their names, with given: {rare: 5}; 1 for the others"`
}

// classWeights finds the weights of the training part.
func (b *builder) classWeights() error {
	w := &b.Spec.ClassWeights
	if w.Method == "none" && len(w.Classes) > 0 {
		w.Method = "given"
	}
	if w.Method == "none" {
		return nil
	}
	one, err := b.one()
	if err != nil {
		return err
	}
	if !one.Classification() || one.Y.Shape().Rank() != 1 {
		return b.at("class_weights", fmt.Errorf("the targets of %s are not one class for each example", b.ex.Name))
	}
	if w.Method == "given" {
		b.run.Config.ClassWeights, err = data.GivenWeights(one.Classes, w.Classes)
		return b.at("class_weights.classes", err)
	}
	if len(w.Classes) > 0 {
		return b.at("class_weights", errors.New("balanced finds the weights itself; leave classes out, or take method given"))
	}
	labels, err := b.labels()
	if err != nil {
		return err
	}
	b.run.Config.ClassWeights, err = data.BalancedWeights(labels, b.rows, len(one.Classes))
	return b.at("class_weights", err)
}
