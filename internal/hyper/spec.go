package hyper

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/internal/suggest"
)

// Pair is one name=value of a spec.
type Pair struct{ Key, Value string }

// ParseSpec reads "name" or "name:key=value,key=value". No key comes twice.
func ParseSpec(spec string) (name string, pairs []Pair, err error) {
	name, rest, more := strings.Cut(strings.TrimSpace(spec), ":")
	name = strings.TrimSpace(name)
	if !more {
		return name, nil, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(rest, ",") {
		if strings.TrimSpace(part) == "" {
			return name, nil, fmt.Errorf("%q has an empty entry; write %s:key=value,key=value", spec, name)
		}
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok || key == "" || value == "" {
			return name, nil, fmt.Errorf("%q is not of the form key=value", strings.TrimSpace(part))
		}
		if seen[key] {
			return name, nil, fmt.Errorf("%q is given twice", key)
		}
		seen[key] = true
		pairs = append(pairs, Pair{key, value})
	}
	return name, pairs, nil
}

// Find is the field of that name or alias; the error suggests the nearest,
// among the extra names too.
func Find(fields []Field, name string, extra ...string) (Field, error) {
	names := append([]string(nil), extra...)
	for _, f := range fields {
		if f.Is(name) {
			return f, nil
		}
		names = append(names, f.Name)
	}
	hint := suggest.Hint(name, names)
	if hint == "" {
		hint = "it has none"
	}
	return Field{}, fmt.Errorf("%q is not one of its hyper-parameters; %s", name, hint)
}
