package data

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Method is how a Normalizer chooses shift and scale.
type Method string

// The methods of normalisation.
const (
	// Standardise gives mean 0 and variance 1: shift = mean, scale = 1/√variance,
	// the variance being the mean squared deviation (divided by N).
	Standardise Method = "standardise"
	// MinMax maps the range to [0, 1]: shift = min, scale = 1/(max − min).
	MinMax Method = "minmax"
	// ByMean gives mean 1: shift = 0, scale = 1/mean, which must be above 0. It is for
	// counts, whose 0 must stay 0.
	ByMean Method = "mean"
	// None leaves the features as they are: shift = 0, scale = 1.
	None Method = "none"
)

// Scope is which numbers share one shift and scale.
type Scope string

// The scopes of normalisation.
const (
	// PerFeature gives every feature its own, as a table's columns want.
	PerFeature Scope = "feature"
	// PerChannel gives the features along an example's last axis their own, as the
	// colours of images [height, width, channels] want.
	PerChannel Scope = "channel"
	// Overall gives all features the same, as the pixels of an image want.
	Overall Scope = "all"
)

// Scopes are the names of the scopes.
func Scopes() []string { return []string{string(PerFeature), string(PerChannel), string(Overall)} }

// Methods are the names MethodByName knows.
func Methods() []string {
	return []string{string(Standardise), string(MinMax), string(ByMean), string(None)}
}

// MethodByName is the method of that name; "standardize" is understood too.
func MethodByName(name string) (Method, error) {
	if name == "standardize" {
		return Standardise, nil
	}
	if !slices.Contains(Methods(), name) {
		return "", fmt.Errorf("unknown normalisation %q; %s", name, suggest.Hint(name, Methods()))
	}
	return Method(name), nil
}

// Normalizer maps every feature by x' = (x − shift)·scale. It is fitted on the
// training part alone and kept with the model, so that validation, test and
// later prediction see the same map.
//
// A feature that never varies has nothing to be scaled by: its scale is 1, and
// it becomes 0 (but 1 with ByMean).
type Normalizer struct {
	Method Method    `json:"method"`
	Scope  Scope     `json:"scope"`
	Shift  []float64 `json:"shift"` // one for each feature, or a single one for all
	Scale  []float64 `json:"scale"`
}

// Fit is the normalizer of the rows of x ([N, features...], Uint8, Float32 or
// Float64) that indices name, or of all rows if indices is nil. x is read in
// place.
func Fit(x *tensor.Array, indices []int32, method Method, scope Scope) (*Normalizer, error) {
	if x.Shape().Rank() < 2 {
		return nil, fmt.Errorf("cannot fit a normalisation to %v; [N, features...] is needed", x.Shape())
	}
	if method == None {
		return Identity(features(x.Shape()[1:], scope), scope)
	}
	m, err := NewMoments(x.DType(), width(x))
	if err != nil {
		return nil, err
	}
	if err := m.Add(x, indices); err != nil {
		return nil, err
	}
	if scope == PerChannel {
		return m.channelNormalizer(method, x.Shape()[x.Shape().Rank()-1])
	}
	return m.Normalizer(method, scope)
}

// FitSource is Fit over all examples of a source, a block at a time.
func FitSource(src Source, method Method, scope Scope) (*Normalizer, error) {
	var m *Moments
	var name string
	seen, channels := 0, 0
	for block, err := range src.Blocks(256) {
		if err != nil {
			return nil, err
		}
		if name = block.Name; m == nil {
			if m, err = NewMoments(block.X.DType(), block.Width()); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		if err := m.Add(block.X, nil); err != nil {
			return nil, fmt.Errorf("%s: in the rows from %d on: %w", name, seen, err)
		}
		seen += block.Len()
		channels = features(block.X.Shape()[1:], PerChannel)
	}
	if m == nil {
		return nil, fmt.Errorf("cannot fit a normalisation to a source without examples")
	}
	if scope == PerChannel {
		return m.channelNormalizer(method, channels)
	}
	return m.Normalizer(method, scope)
}

// features is how many numbers of an example have a shift and a scale of their own.
func features(example tensor.Shape, scope Scope) int {
	switch {
	case scope == Overall:
		return 1
	case scope == PerChannel && len(example) > 0:
		return example[len(example)-1]
	}
	return example.Size()
}

// Identity is the normalizer that changes nothing.
func Identity(features int, scope Scope) (*Normalizer, error) {
	n := &Normalizer{Method: None, Scope: scope, Shift: make([]float64, 1), Scale: []float64{1}}
	if scope != Overall {
		n.Shift, n.Scale = make([]float64, features), make([]float64, features)
		for j := range n.Scale {
			n.Scale[j] = 1
		}
	}
	return n, n.Check()
}

// Normalizer is the map that the moments call for. Moments do not know which
// features are of one channel, so PerChannel is not for them; see Fit.
func (m *Moments) Normalizer(method Method, scope Scope) (*Normalizer, error) {
	if m.count == 0 {
		return nil, fmt.Errorf("cannot fit a normalisation to no rows")
	}
	if scope == PerChannel {
		return nil, fmt.Errorf("moments of %d features do not say which are of one channel", m.width)
	}
	return m.normalizer(method, scope, m.width)
}

// channelNormalizer is that of so many channels, every so many-th feature one.
func (m *Moments) channelNormalizer(method Method, channels int) (*Normalizer, error) {
	if m.count == 0 {
		return nil, fmt.Errorf("cannot fit a normalisation to no rows")
	}
	return m.normalizer(method, PerChannel, channels)
}

func (m *Moments) normalizer(method Method, scope Scope, parts int) (*Normalizer, error) {
	if method == None {
		return Identity(parts, scope)
	}
	n := &Normalizer{Method: method, Scope: scope}
	var err error
	add := func(mean, variance, low, high float64) {
		shift, scale := mean, 1/math.Sqrt(variance)
		if method == MinMax {
			shift, scale = low, 1/(high-low)
		}
		if low == high {
			shift, scale = low, 1
		}
		if method == ByMean {
			shift, scale = 0, 1/mean
			if !(mean > 0) && err == nil {
				err = fmt.Errorf("feature %d: its mean is %v; normalisation by the mean wants one above 0", len(n.Shift), mean)
			}
		}
		n.Shift, n.Scale = append(n.Shift, shift), append(n.Scale, scale)
	}
	switch scope {
	case Overall:
		add(m.pooled(0, 1))
	case PerChannel:
		for c := range parts {
			add(m.pooled(c, parts))
		}
	default:
		for j := range m.width {
			add(m.Mean(j), m.Variance(j), m.Min(j), m.Max(j))
		}
	}
	if err != nil {
		return nil, err
	}
	return n, n.Check()
}

// Check is nil if the normalizer can be applied: a known method and scope, as
// many shifts as scales, every one finite and no scale zero.
func (n *Normalizer) Check() error {
	if _, err := MethodByName(string(n.Method)); err != nil {
		return err
	}
	if !slices.Contains(Scopes(), string(n.Scope)) {
		return fmt.Errorf("unknown scope of normalisation %q; %s", n.Scope, suggest.Hint(string(n.Scope), Scopes()))
	}
	if len(n.Shift) == 0 || len(n.Shift) != len(n.Scale) {
		return fmt.Errorf("a normalisation has %d shifts and %d scales; it needs one of each a feature", len(n.Shift), len(n.Scale))
	}
	if n.Scope == Overall && len(n.Shift) != 1 {
		return fmt.Errorf("a normalisation over all features has %d shifts instead of 1", len(n.Shift))
	}
	for j := range n.Shift {
		if s := n.Shift[j]; s-s != 0 {
			return fmt.Errorf("feature %d: a shift of %v is not finite; its numbers are too large to normalise", j, s)
		}
		if s := n.Scale[j]; s-s != 0 || s == 0 {
			return fmt.Errorf("feature %d: a scale of %v is no use; its range is too wide or too narrow to normalise", j, s)
		}
	}
	return nil
}

// UnmarshalJSON reads what json.Marshal wrote and refuses what Check refuses.
func (n *Normalizer) UnmarshalJSON(b []byte) error {
	type plain Normalizer
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("normalisation: %w", err)
	}
	*n = Normalizer(p)
	return n.Check()
}

// Features is the number of features the normalizer was fitted to, or 0 if it
// treats any number of them alike, or channel by channel.
func (n *Normalizer) Features() int {
	if n.Scope != PerFeature {
		return 0
	}
	return len(n.Shift)
}

// Arrays are shift and scale as constants that broadcast against a batch
// [B, features...]: of the shape that is given for one example, [channels] if they
// go by channel, or scalars if all features are treated alike.
func (n *Normalizer) Arrays(d tensor.DType, features tensor.Shape) (shift, scale *tensor.Array, err error) {
	if !d.IsFloat() {
		return nil, nil, fmt.Errorf("normalised numbers are float32 or float64, not %v", d)
	}
	switch {
	case n.Scope == Overall:
		features = tensor.Of()
	case n.Scope == PerChannel && len(features) > 0:
		features = features[len(features)-1:]
	}
	if features.Size() != len(n.Shift) {
		return nil, nil, fmt.Errorf("the normalisation was fitted to %d features, an example of %v has %d",
			len(n.Shift), features, features.Size())
	}
	shift, scale = tensor.New(d, features...), tensor.New(d, features...)
	for j := range n.Shift {
		shift.SetAt(j, n.Shift[j])
		scale.SetAt(j, n.Scale[j])
		if s := shift.At(j); s-s != 0 {
			return nil, nil, fmt.Errorf("feature %d: the shift %v is outside the range of %v; use float64", j, n.Shift[j], d)
		}
		if s := scale.At(j); s-s != 0 || s == 0 {
			return nil, nil, fmt.Errorf("feature %d: the scale %v is outside the range of %v; use float64", j, n.Scale[j], d)
		}
	}
	return shift, scale, nil
}

// Apply writes the normalised rows of x that indices name (all rows if indices
// is nil) to dst, a Float32 or Float64 array of as many rows of as many
// numbers. Shift and scale are first rounded to dst's type and every operation
// is done in it, as a compiled step does.
func (n *Normalizer) Apply(dst, x *tensor.Array, indices []int32) error {
	if x.Shape().Rank() < 2 || dst.Shape().Rank() < 2 || width(dst) != width(x) {
		return fmt.Errorf("cannot normalise %v into %v; both are [N, features...] with as many features", x.Shape(), dst.Shape())
	}
	rows := x.Shape()[0]
	if indices != nil {
		rows = len(indices)
	}
	if dst.Shape()[0] != rows {
		return fmt.Errorf("cannot normalise %d rows into %d", rows, dst.Shape()[0])
	}
	shift, scale, err := n.Arrays(dst.DType(), x.Shape()[1:])
	if err != nil {
		return err
	}
	if dst.DType() == tensor.Float32 {
		return applyTo(tensor.Slice[float32](dst), x, indices, tensor.Slice[float32](shift), tensor.Slice[float32](scale))
	}
	return applyTo(tensor.Slice[float64](dst), x, indices, tensor.Slice[float64](shift), tensor.Slice[float64](scale))
}

func applyTo[T tensor.Float](dst []T, x *tensor.Array, indices []int32, shift, scale []T) error {
	switch x.DType() {
	case tensor.Uint8:
		return apply(dst, x.Raw(), width(x), indices, shift, scale)
	case tensor.Float32:
		return apply(dst, tensor.Slice[float32](x), width(x), indices, shift, scale)
	case tensor.Float64:
		return apply(dst, tensor.Slice[float64](x), width(x), indices, shift, scale)
	}
	return fmt.Errorf("cannot normalise %v; uint8, float32 and float64 can be", x.DType())
}

// apply is dst = (x − shift)·scale, row by row; the shifts are those of a row, of
// its channels, or a single one for all.
func apply[T tensor.Float, S uint8 | float32 | float64](dst []T, x []S, w int, indices []int32, shift, scale []T) error {
	if w == 0 {
		return nil
	}
	for k := range len(dst) / w {
		i := k
		if indices != nil {
			if i = int(indices[k]); i < 0 || i >= len(x)/w {
				return fmt.Errorf("index %d at position %d is outside the %d rows", i, k, len(x)/w)
			}
		}
		to, row := dst[k*w:(k+1)*w], x[i*w:(i+1)*w]
		if len(shift) == 1 {
			for j, v := range row {
				to[j] = (T(v) - shift[0]) * scale[0]
			}
			continue
		}
		for j, v := range row {
			c := j
			if len(shift) < w {
				c = j % len(shift)
			}
			to[j] = (T(v) - shift[c]) * scale[c]
		}
	}
	return nil
}
