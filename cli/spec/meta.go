package spec

// What a checkpoint keeps beside the weights, by key.
const (
	MetaSpec    = "spec"    // the complete specification
	MetaClasses = "classes" // the names of the classes, JSON
	MetaData    = "data"    // the fingerprint of the files
	MetaTargets = "targets" // how numbers to predict were normalised, a data.Normalizer
	MetaSchema  = "schema"  // how other data become examples, as open.MarshalSchema writes it
	MetaShape   = "shape"   // of an example and of what is predicted, a Shape
)

// Shape is what a network was planned for.
type Shape struct {
	In    []int  `json:"in"`    // of an example
	DType string `json:"dtype"` // of its numbers
	Out   int    `json:"out"`   // outputs: classes, or numbers to predict and what else the loss wants of them
}
