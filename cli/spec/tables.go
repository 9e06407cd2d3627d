package spec

import (
	"reflect"

	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
)

// Source is a kind of data, a pointer to a struct with tagged fields.
type Source interface {
	// Defaults are what suits this kind of data, where the document says nothing.
	Defaults(s *Spec)
	// Load reads the examples, or with Stream says where they are. An error that is about one key is At that key.
	Load(o Loading) (*Examples, error)
}

// Loading is how examples are read.
type Loading struct {
	DType tensor.DType // of numbers
	// Stream leaves those that are trained on where they are: Examples has a Source.
	Stream bool
}

// Model is a kind of network, a pointer to a struct with tagged fields.
type Model interface {
	// Layer is the network for examples of a shape and so many outputs.
	Layer(in tensor.Shape, out int) (nn.Layer, error)
	// Title is what the network is, in a few words.
	Title(in tensor.Shape, out int) string
}

// Loss is a kind of loss, a pointer to a struct with tagged fields.
type Loss interface {
	Loss() loss.Loss
	// Suits reports whether it fits classes, else numbers, to predict.
	Suits(classes bool) bool
}

// Named is a part of a type that several kinds share: it knows its own.
type Named interface{ KindName() string }

// Kind is a kind of data, model or loss by name.
type Kind[T any] struct {
	Name string
	Doc  string
	New  func() T // with the defaults of its keys
}

// Tables are all that a document can name.
type Tables struct {
	Rules   optim.Table
	Sources []Kind[Source]
	Models  []Kind[Model]
	Losses  []Kind[Loss]
}

// NewTables are the tables of what is shipped.
func NewTables() *Tables {
	return &Tables{
		Rules: optim.Rules(),
		Sources: append(shippedKinds(), []Kind[Source]{
			{"csv", "a table of text with a column to predict", func() Source { return NewCSV() }},
			{"parquet", "a table in a Parquet file with a column to predict", func() Source { return NewParquet() }},
			{"idx", "examples and targets in IDX files", func() Source { return &Arrays{kind: "idx"} }},
			{"npy", "examples and targets in NumPy's npy files", func() Source { return &Arrays{kind: "npy"} }},
			{"npz", "examples and targets in one npz archive of NumPy's", func() Source { return NewNPZ() }},
			{"images", "a folder of images with a folder for each class", func() Source { return NewImages() }},
			{"text", "a text whose next character is predicted", func() Source { return NewText() }},
		}...),
		Models: []Kind[Model]{
			{"mlp", "multi-layer perceptron", func() Model { return NewMLP() }},
			{"cnn", "convolutional network for images", func() Model { return NewCNN() }},
			{"resnet", "residual convolutional network for images", func() Model { return NewResNet() }},
			{"transformer", "transformer encoder for tables, sequences and images", func() Model { return NewTransformer() }},
			{"rnn", "LSTM or GRU for sequences and texts", func() Model { return NewRNN() }},
			{"charlm", "transformer that predicts the next character", func() Model { return NewCharLM() }},
			{"logistic", "logistic regression, for classes", func() Model { return &Logistic{} }},
			{"linear", "linear regression, for numbers", func() Model { return &Linear{} }},
		},
		Losses: []Kind[Loss]{
			{"cross_entropy", "negative log likelihood of classes", func() Loss { return &CrossEntropy{} }},
			{"binary_cross_entropy", "of two classes, from one output", func() Loss { return &BinaryCrossEntropy{} }},
			{"squared_error", "half the square of y - t", func() Loss { return &SquaredError{} }},
			{"absolute_error", "the distance of y and t", func() Loss { return &AbsoluteError{} }},
			{"huber", "squared near the target, linear far from it", func() Loss { return NewHuber() }},
			{"poisson", "of counts, whose expectation is e to the output", func() Loss { return &Poisson{} }},
			{"gaussian", "of numbers whose variance is predicted with their mean", func() Loss { return &Gaussian{} }},
		},
	}
}

// SourceNames are the kinds of data.
func (t *Tables) SourceNames() []string { return namesOf(t.Sources) }

// ModelNames are the kinds of networks.
func (t *Tables) ModelNames() []string { return namesOf(t.Models) }

// LossNames are the kinds of losses.
func (t *Tables) LossNames() []string { return namesOf(t.Losses) }

func namesOf[T any](kinds []Kind[T]) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.Name)
	}
	return out
}

// untyped is a Kind whatever its type.
type untyped struct {
	name string
	make func() any
}

func untype[T any](kinds []Kind[T]) []untyped {
	var out []untyped
	for _, k := range kinds {
		out = append(out, untyped{k.Name, func() any { return k.New() }})
	}
	return out
}

// kinds are those of an interface type.
func (t *Tables) kinds(of reflect.Type) []untyped {
	switch of {
	case reflect.TypeFor[Source]():
		return untype(t.Sources)
	case reflect.TypeFor[Model]():
		return untype(t.Models)
	case reflect.TypeFor[Loss]():
		return untype(t.Losses)
	}
	return nil
}

func kindNames(kinds []untyped) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.name)
	}
	return out
}

// keyed is an error about one key of a part.
type keyed struct {
	key string
	err error
}

func (e *keyed) Error() string { return e.key + ": " + e.err.Error() }
func (e *keyed) Unwrap() error { return e.err }

// At is an error about a key of the part that reports it.
func At(key string, err error) error {
	if err == nil {
		return nil
	}
	return &keyed{key, err}
}
