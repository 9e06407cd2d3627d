package initial

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/weights"
)

// entry is an initialiser by name; arg says what the number behind a colon
// means, "" that there is none.
type entry struct {
	name, arg, doc string
	make           func(arg float64) weights.Initializer
}

func table() []entry {
	return []entry{
		{"he_normal", "", "N(0, 2/M) for M inputs: before ReLU", func(float64) weights.Initializer { return NewHeNormal() }},
		{"he_uniform", "", "U with variance 2/M", func(float64) weights.Initializer { return NewHeUniform() }},
		{"glorot_normal", "", "N(0, 2/(M+N)) for M inputs and N outputs: before tanh", func(float64) weights.Initializer { return NewGlorotNormal() }},
		{"glorot_uniform", "", "U with variance 2/(M+N)", func(float64) weights.Initializer { return NewGlorotUniform() }},
		{"lecun_normal", "", "N(0, 1/M): before no activation", func(float64) weights.Initializer { return NewLeCunNormal() }},
		{"lecun_uniform", "", "U with variance 1/M", func(float64) weights.Initializer { return NewLeCunUniform() }},
		{"orthogonal", "", "orthonormal columns or rows", func(float64) weights.Initializer { return NewOrthogonal() }},
		{"zeros", "", "0", func(float64) weights.Initializer { return NewZeros() }},
		{"constant", "value", "one number", func(a float64) weights.Initializer { return NewConstant(a) }},
		{"normal", "standard deviation", "N(0, std²), whatever the width", func(a float64) weights.Initializer { return NewNormal(a) }},
		{"uniform", "bound", "U[−bound, bound), whatever the width", func(a float64) weights.Initializer { return NewUniform(a) }},
	}
}

// Names are the names that Named knows.
func Names() []string {
	var names []string
	for _, e := range table() {
		names = append(names, e.name)
	}
	return names
}

// Doc is one line about the initialiser of a name, or "".
func Doc(name string) string {
	for _, e := range table() {
		if e.name == name {
			return e.doc
		}
	}
	return ""
}

// Named is the initialiser of a name, as a specification spells it:
// "he_normal", or "normal:0.01" where it takes a number.
func Named(spec string) (weights.Initializer, error) {
	name, arg, has := strings.Cut(spec, ":")
	for _, e := range table() {
		switch {
		case e.name != name:
			continue
		case e.arg == "" && has:
			return nil, fmt.Errorf("initialiser %q takes no number, got %q", name, arg)
		case e.arg == "":
			return e.make(0), nil
		case !has:
			return nil, fmt.Errorf("initialiser %q wants its %s: %s:0.01", name, e.arg, name)
		}
		x, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			return nil, fmt.Errorf("initialiser %q: its %s %q is not a number", name, e.arg, arg)
		}
		return e.make(x), nil
	}
	return nil, fmt.Errorf("no initialiser %q; %s", name, suggest.Hint(name, Names()))
}
