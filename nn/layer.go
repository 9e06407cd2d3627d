package nn

import (
	"reflect"
	"strings"

	"github.com/godescent/descent/graph"
)

// Layer is a function of a value with weights that it asks the Context for.
//
// Apply may be called many times and in any graph, so it must not keep what
// it computes; it must ask for the same weights each time. A mistake is
// reported by Context.Fail, whose failed Value it returns.
type Layer interface {
	Apply(c *Context, x graph.Value) graph.Value
}

// kind is a layer's type as paths and errors name it: "linear" of *nn.Linear.
func kind(l Layer) string {
	t := reflect.TypeOf(l)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, _, _ := strings.Cut(t.Name(), "[")
	if name == "" {
		return "layer"
	}
	return strings.ToLower(name)
}
