package optim

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/godescent/descent/internal/hyper"
)

// node is a rule or a transform in the tree that a composed rule is.
type node struct {
	self   any
	name   string // the type's name: adam, clip_norm
	path   string // prefix of its slots' and hyper-parameters' keys, "" at the top
	fields []hyper.Field
	parts  []*node
	step   *Step // set once it has been updated or applied
}

var (
	ruleType      = reflect.TypeFor[Rule]()
	transformType = reflect.TypeFor[Transform]()
)

// newTree reads a rule's hyper-parameters and those of the rules and transforms
// in its exported fields. Such a field's tag `part:"name"` gives the path of
// what it holds; part:"" adds nothing to the path, so that a wrapped rule keeps
// the keys it has alone. The members of a list are told apart by type, not by
// place: clipping put before a decay does not rename the decay's state.
func newTree(self any, path string) (*node, error) {
	v := reflect.ValueOf(self)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("optim: a rule is a pointer to a struct, such as optim.NewAdam(), not %T", self)
	}
	n := &node{self: self, name: snake(v.Elem().Type().Name()), path: path}
	if m, ok := self.(interface{ isMade() bool }); ok && !m.isMade() {
		t := v.Elem().Type().Name()
		return nil, fmt.Errorf("optim: %s: a bare %s{} has no hyper-parameters set; make it with optim.New%s()", n.name, t, t)
	}
	var err error
	if n.fields, err = hyper.Fields(self); err != nil {
		return nil, fmt.Errorf("optim: %w", err)
	}
	for i := range v.Elem().NumField() {
		f := v.Elem().Type().Field(i)
		part, ok := f.Tag.Lookup("part")
		if !ok {
			continue
		}
		members, err := parts(v.Elem().Field(i))
		if err != nil || !f.IsExported() {
			return nil, fmt.Errorf("optim: %s: field %s: %w", n.name, f.Name, errors.Join(err, unexported(f)))
		}
		taken := map[string]int{}
		for _, m := range members {
			p := join(path, part)
			if f.Type.Kind() == reflect.Slice {
				name := snake(reflect.TypeOf(m).Elem().Name())
				if taken[name]++; taken[name] > 1 {
					name = fmt.Sprintf("%s%d", name, taken[name])
				}
				p = join(p, name)
			}
			child, err := newTree(m, p)
			if err != nil {
				return nil, err
			}
			n.parts = append(n.parts, child)
		}
	}
	return n, nil
}

func unexported(f reflect.StructField) error {
	if f.IsExported() {
		return nil
	}
	return errors.New("a part must be exported")
}

// parts lists the rules or transforms that a field holds.
func parts(v reflect.Value) ([]any, error) {
	list := []reflect.Value{v}
	t := v.Type()
	if t.Kind() == reflect.Slice {
		t, list = t.Elem(), nil
		for i := range v.Len() {
			list = append(list, v.Index(i))
		}
	}
	if !t.Implements(ruleType) && !t.Implements(transformType) {
		return nil, fmt.Errorf("a part is a Rule or a Transform, not a %v", t)
	}
	var out []any
	for _, x := range list {
		for x.Kind() == reflect.Interface {
			x = x.Elem()
		}
		if x.Kind() != reflect.Pointer || x.IsNil() {
			return nil, errors.New("it is nil; want a pointer to a rule or transform")
		}
		out = append(out, x.Interface())
	}
	return out, nil
}

// all calls yield with the node and every one below it, parents first.
func (n *node) all(yield func(*node) bool) bool {
	if !yield(n) {
		return false
	}
	for _, p := range n.parts {
		if !p.all(yield) {
			return false
		}
	}
	return true
}

// check is nil if every hyper-parameter of the tree is allowed.
func (n *node) check() error {
	var err error
	n.all(func(n *node) bool {
		for _, f := range n.fields {
			if e := f.Check(); e != nil {
				err = fmt.Errorf("optim: %s: %w", n.name, e)
			}
		}
		return err == nil
	})
	return err
}

// part is the child that holds exactly this rule or transform, or nil.
func (n *node) part(self any) *node {
	for _, p := range n.parts {
		if p.self == self {
			return p
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "/" + name
}

// snake turns ClipNorm into clip_norm and RMSProp into rms_prop.
func snake(s string) string {
	var b strings.Builder
	r := []rune(s)
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (unicode.IsLower(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
