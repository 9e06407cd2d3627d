package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/internal/suggest"
)

// key is a field of a struct as its tags declare it.
type key struct {
	name   string
	doc    string
	limits string   // "[1,inf)", or ""
	values []string // of a word, or nil
	head   bool     // "adam" in place of the mapping sets this key
	index  []int
}

// keys are the keys of a struct type, in order, with those of the structs that it embeds.
func keys(t reflect.Type) []key {
	var out []key
	for _, sf := range reflect.VisibleFields(t) {
		tag, ok := sf.Tag.Lookup("spec")
		if !ok || !embedded(t, sf.Index) {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		k := key{name: name, doc: sf.Tag.Get("doc"), limits: sf.Tag.Get("range"), head: option == "head", index: sf.Index}
		if v := sf.Tag.Get("values"); v != "" {
			k.values = strings.Split(v, ",")
		}
		out = append(out, k)
	}
	return out
}

// embedded reports whether a field is a struct's own or that of one it embeds without a key.
func embedded(t reflect.Type, index []int) bool {
	for ; len(index) > 1; index = index[1:] {
		f := t.Field(index[0])
		if _, keyed := f.Tag.Lookup("spec"); keyed || f.Type.Kind() != reflect.Struct {
			return false
		}
		t = f.Type
	}
	return true
}

// Path is a file or folder. A relative one starts from the folder of the file
// that it is written in; a Path of a Spec is absolute.
type Path = open.Path

// unreadable is an error At the key of a file that cannot be opened; what is wrong
// inside of a file needs no key.
func unreadable(key string, err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return At(key, fmt.Errorf("%s: %w", p.Path, p.Err))
	}
	return err
}

var (
	pathType     = reflect.TypeFor[open.Path]()
	memoryType   = reflect.TypeFor[Memory]()
	durationType = reflect.TypeFor[time.Duration]()
	settingType  = reflect.TypeFor[Setting]()
)

// decoder turns a tree into a Spec and notes where each key was written.
type decoder struct {
	tables *Tables
	places map[string]place
}

// value decodes n, the value of the key at path, into v.
func (d *decoder) value(path string, n *node, v reflect.Value, k key) error {
	if path != "" {
		d.places[path] = n.place
	}
	if n.kind == empty {
		return d.wrong(n, path, "has no value; give it one or leave the key out")
	}
	switch {
	case v.Type() == settingType:
		return d.setting(path, n, v)
	case v.Kind() == reflect.Interface:
		return d.part(path, n, v)
	case v.Kind() == reflect.Struct:
		return d.fields(path, n, v, "")
	case v.Kind() == reflect.Slice:
		return d.list(path, n, v, k)
	case v.Kind() == reflect.Map:
		return d.words(path, n, v)
	case n.kind != scalar:
		return d.wrong(n, path, "is %v; want %s", n.kind, wanted(v, k))
	}
	return d.scalar(path, n, v, k)
}

func (d *decoder) wrong(n *node, path, format string, args ...any) error {
	return n.errorf("%s "+format, append([]any{path}, args...)...)
}

// fields decodes a mapping into a struct; the key named skip is not the struct's.
func (d *decoder) fields(path string, n *node, v reflect.Value, skip string) error {
	all := keys(v.Type())
	for _, k := range all {
		if k.head {
			if err := n.expand(k.name); err != nil {
				return err
			}
		}
	}
	if n.kind != mapping {
		return d.wrong(n, subject(path), "is %v; want keys: %s", n.kind, strings.Join(names(all), ", "))
	}
	for _, f := range n.fields {
		if f.key == skip && skip != "" {
			continue
		}
		i := slices.IndexFunc(all, func(k key) bool { return k.name == f.key })
		if i < 0 {
			return unknownKey(f, subject(path), all)
		}
		if err := d.value(join(path, f.key), f.value, v.FieldByIndex(all[i].index), all[i]); err != nil {
			return err
		}
	}
	return nil
}

func unknownKey(f field, of string, all []key) error {
	hint := suggest.Hint(f.key, names(all))
	if hint == "" {
		hint = "it has none"
	}
	return f.errorf("%s has no key %q; %s", of, f.key, hint)
}

func subject(path string) string {
	if path == "" {
		return "the specification"
	}
	return path
}

func names(all []key) []string {
	var out []string
	for _, k := range all {
		out = append(out, k.name)
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// part decodes a mapping with a kind into the type that the kind names.
func (d *decoder) part(path string, n *node, v reflect.Value) error {
	if err := n.expand("kind"); err != nil {
		return err
	}
	kinds := d.tables.kinds(v.Type())
	if n.kind != mapping {
		return d.wrong(n, path, "is %v; want a kind and its keys", n.kind)
	}
	var into any
	if kn := n.get("kind"); kn != nil {
		d.places[join(path, "kind")] = kn.place
		for _, k := range kinds {
			if kn.kind == scalar && k.name == kn.text {
				into = k.make()
			}
		}
		if into == nil {
			return kn.errorf("%s has no kind %q; %s", path, hyper.Shown(kn.text), suggest.Hint(kn.text, kindNames(kinds)))
		}
	}
	switch {
	case into == nil && v.IsNil() && v.Type() != reflect.TypeFor[Source](): // the data's kind decides too much
		if len(n.fields) == 0 {
			return nil // the default stands
		}
		if into = keysOf(kinds, n); into != nil {
			v.Set(reflect.ValueOf(into))
			break
		}
		return d.wrong(n, path, "wants a kind: %s", strings.Join(kindNames(kinds), ", "))
	case into == nil && v.IsNil():
		return d.wrong(n, path, "wants a kind: %s", strings.Join(kindNames(kinds), ", "))
	case into == nil: // some keys of the default
	case v.IsNil() || !sameKind(into, v.Interface()):
		v.Set(reflect.ValueOf(into))
	}
	p := v.Elem().Elem()
	if p.Kind() != reflect.Struct {
		return fmt.Errorf("%s: the kind's type %v is no pointer to a struct", path, v.Elem().Type())
	}
	return d.fields(path, n, p, "kind")
}

// sameKind reports whether two parts are of one kind.
func sameKind(a, b any) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	x, named := a.(Named)
	return !named || x.KindName() == b.(Named).KindName()
}

// keysOf is the first kind that has all of a mapping's keys, or nil: label_smoothing
// says which loss it is.
func keysOf(kinds []untyped, n *node) any {
	for _, k := range kinds {
		into := k.make()
		all := names(keys(reflect.TypeOf(into).Elem()))
		if len(n.fields) > 0 && !slices.ContainsFunc(n.fields, func(f field) bool { return !slices.Contains(all, f.key) }) {
			return into
		}
	}
	return nil
}

// setting decodes "adam:lr=1e-3" or {kind: adam, lr: 1e-3}. What the names and
// values mean is checked when the run is built.
func (d *decoder) setting(path string, n *node, v reflect.Value) error {
	if err := n.expand("kind"); err != nil {
		return err
	}
	if n.kind != mapping {
		return d.wrong(n, path, "is %v; want a name such as adam, or a kind and its keys", n.kind)
	}
	s := v.Addr().Interface().(*Setting)
	if kn := n.get("kind"); kn != nil {
		if kn.kind != scalar {
			return d.wrong(kn, path+".kind", "is %v; want a name", kn.kind)
		}
		if kn.number != "" {
			return d.wrong(kn, path, "is %s; want a name such as adam", hyper.Shown(kn.text))
		}
		d.places[path+".kind"] = kn.place
		*s = Setting{Kind: kn.text}
	}
	for _, f := range n.fields {
		if f.key == "kind" {
			continue
		}
		if f.value.kind != scalar {
			return d.wrong(f.value, join(path, f.key), "is %v; want one value", f.value.kind)
		}
		d.places[join(path, f.key)] = f.value.place
		s.put(f.key, f.value.text)
	}
	return nil
}

func (d *decoder) list(path string, n *node, v reflect.Value, k key) error {
	items := n.items
	if n.kind == scalar { // one value is a list of one
		items = []*node{n}
	} else if n.kind != list {
		return d.wrong(n, path, "is %v; want a list such as [256, 128]", n.kind)
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := d.value(fmt.Sprintf("%s[%d]", path, i), item, out.Index(i), k); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

// words decodes a mapping with keys of the user's own.
func (d *decoder) words(path string, n *node, v reflect.Value) error {
	if n.kind != mapping {
		return d.wrong(n, path, "is %v; want a mapping", n.kind)
	}
	out := reflect.MakeMap(v.Type())
	for _, f := range n.fields {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(join(path, f.key), f.value, value, key{}); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(f.key), value)
	}
	v.Set(out)
	return nil
}

func (d *decoder) scalar(path string, n *node, v reflect.Value, k key) error {
	var ok bool
	x := n.plain()
	if number := v.Kind() == reflect.Bool || v.CanFloat() || v.CanInt() && v.Type() != memoryType && v.Type() != durationType; number && n.quoted {
		return n.errorf("%s=%q is text; want %s, without quotes", path, n.text, wanted(v, k))
	} else if !number {
		x = n.text
	}
	switch {
	case v.Type() == pathType:
		ok = strings.Trim(x, " \t\r\n") != ""
		if ok && !filepath.IsAbs(x) {
			abs, err := filepath.Abs(filepath.Join(n.dir, x))
			if err != nil {
				return &Error{Place: n.label, Path: path, Err: err}
			}
			x = abs
		}
		v.SetString(x)
	case v.Type() == memoryType:
		var m Memory
		m, ok = ParseMemory(x)
		v.SetInt(int64(m))
	case v.Type() == durationType:
		var t time.Duration
		t, ok = parseDuration(x, n.quoted)
		v.SetInt(int64(t))
	case v.Kind() == reflect.String:
		ok = k.values == nil || slices.Contains(k.values, x)
		v.SetString(x)
	case v.Kind() == reflect.Bool:
		ok = x == "true" || x == "false"
		v.SetBool(x == "true")
	case v.CanInt():
		i, isInt := integer(x)
		ok = isInt && within(float64(i), k.limits) && !v.OverflowInt(i)
		v.SetInt(i)
	case v.CanFloat():
		f, err := strconv.ParseFloat(x, 64)
		ok = err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) && within(f, k.limits)
		v.SetFloat(f)
	default:
		return fmt.Errorf("%s: a key cannot have the type %v", path, v.Type())
	}
	if ok {
		return nil
	}
	if k.values != nil {
		return n.errorf("%s=%s is not known; %s", path, hyper.Shown(n.text), suggest.Hint(n.text, k.values))
	}
	return n.errorf("%s=%s is not %s", path, hyper.Shown(n.text), wanted(v, k))
}

// wanted says what a key's value is.
func wanted(v reflect.Value, k key) string {
	limits := ""
	if k.limits != "" {
		limits = " in " + k.limits
	}
	switch {
	case k.values != nil:
		return strings.Join(k.values, ", ")
	case v.Type() == pathType:
		return "a path"
	case v.Type() == memoryType:
		return "all, or a number of bytes such as 64MiB"
	case v.Type() == durationType:
		return "a time such as 30s or 5m"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt():
		return "a whole number" + limits
	case v.CanFloat():
		return "a number" + limits
	}
	return "text"
}

// integer is a whole number in decimal notation; 1e3 is one.
func integer(text string) (int64, bool) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(text, 64)
	return int64(f), err == nil && f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64
}

// durationPattern is how a time is written: 30s, 1h30m or 0.5s.
const durationPattern = `^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`

var duration = regexp.MustCompile(durationPattern)

// parseDuration reads a time; one of more than 292 years is as good as that. A number needs a unit, but for 0.
func parseDuration(text string, quoted bool) (time.Duration, bool) {
	if text == "0" && !quoted {
		return 0, true
	}
	if !duration.MatchString(text) {
		return 0, false
	}
	t, err := time.ParseDuration(text)
	if err != nil { // all that is left to be wrong is its size
		return math.MaxInt64, true
	}
	return t, true
}

func within(x float64, limits string) bool {
	if limits == "" {
		return true
	}
	r, err := hyper.ParseRange(limits)
	return err == nil && r.Has(x)
}
