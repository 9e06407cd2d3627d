package hyper

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Field is one hyper-parameter: its declaration and the place of its value.
type Field struct {
	Name    string   // as typed: beta1
	Aliases []string // other names it is known by
	Symbol  string   // as in the equation: β1
	Range   Range    // of a number
	Values  []string // of a word
	Text    string   // what a free text is to be like
	Doc     string
	value   reflect.Value
}

// Fields lists the tagged fields of the struct that p points to. A broken tag
// is an error of the type's author.
func Fields(p any) ([]Field, error) {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil, nil
	}
	v = v.Elem()
	var out []Field
	for i := range v.NumField() {
		sf := v.Type().Field(i)
		name, tagged := sf.Tag.Lookup("hyper")
		if !tagged {
			continue
		}
		f, err := field(name, sf, v.Field(i))
		if err != nil {
			return nil, fmt.Errorf("%v.%s: %w", v.Type(), sf.Name, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func field(name string, sf reflect.StructField, v reflect.Value) (Field, error) {
	f := Field{Name: name, Symbol: sf.Tag.Get("symbol"), Doc: sf.Tag.Get("doc"), value: v}
	if !sf.IsExported() || !isName(name) {
		return f, fmt.Errorf("the hyper tag %q wants an exported field and a name of a-z, 0-9 and _", name)
	}
	if a := sf.Tag.Get("alias"); a != "" {
		f.Aliases = strings.Split(a, ",")
	}
	if w := sf.Tag.Get("values"); w != "" {
		f.Values = strings.Split(w, ",")
	}
	switch v.Kind() {
	case reflect.Float64, reflect.Int:
		f.Range = Range{Lo: math.Inf(-1), Hi: math.Inf(1), LoOpen: true, HiOpen: true}
		if text, ok := sf.Tag.Lookup("range"); ok {
			var err error
			if f.Range, err = ParseRange(text); err != nil {
				return f, err
			}
		}
	case reflect.Bool:
	case reflect.String:
		if f.Text = sf.Tag.Get("text"); len(f.Values) == 0 && f.Text == "" {
			return f, fmt.Errorf("a word needs its values listed")
		}
	default:
		return f, fmt.Errorf("a hyper-parameter is a float64, int, bool or string, not a %v", v.Type())
	}
	return f, nil
}

func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != ""
}

// IsNumber reports whether the value is a float64, which a program takes at run time.
func (f Field) IsNumber() bool { return f.value.Kind() == reflect.Float64 }

// Addr is the field's own float64, or nil.
func (f Field) Addr() *float64 {
	p, _ := f.value.Addr().Interface().(*float64)
	return p
}

// Value is the value as a float64, int, bool or string.
func (f Field) Value() any { return f.value.Interface() }

// Is reports whether name is the field's name or one of its aliases.
func (f Field) Is(name string) bool {
	if name == f.Name {
		return true
	}
	for _, a := range f.Aliases {
		if name == a {
			return true
		}
	}
	return false
}

// Allowed says which values there are: "[0,1)", "a whole number in [1,inf)",
// "true or false", "lecture or torch".
func (f Field) Allowed() string {
	switch f.value.Kind() {
	case reflect.Float64:
		return f.Range.String()
	case reflect.Int:
		return "a whole number in " + f.Range.String()
	case reflect.Bool:
		return "true or false"
	}
	if f.Text != "" {
		return f.Text
	}
	return strings.Join(f.Values, " or ")
}

// Check is nil if the value is allowed; else it names the field, the value and what is.
func (f Field) Check() error { return f.check(f.value) }

func (f Field) check(v reflect.Value) error {
	ok, verb := true, "is not in"
	switch v.Kind() {
	case reflect.Float64:
		ok = f.Range.Has(v.Float())
	case reflect.Int:
		ok = f.Range.Has(float64(v.Int()))
	case reflect.String:
		ok, verb = f.Text != "", "is not"
		for _, w := range f.Values {
			ok = ok || w == v.String()
		}
	}
	if ok {
		return nil
	}
	if v.Kind() == reflect.Int {
		verb = "is not"
	}
	return fmt.Errorf("%s=%s %s %s", f.Name, Shown(v.Interface()), verb, f.Allowed())
}

// Shown is a value as an error prints it: on one line, whatever was typed.
func Shown(value any) string {
	text := fmt.Sprint(value)
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

// Set stores a float64, int, bool or string, or what a text says, if it is allowed.
func (f Field) Set(value any) error {
	v := reflect.New(f.value.Type()).Elem()
	wrong := fmt.Errorf("%s=%s is not %s", f.Name, Shown(value), f.want())
	switch x := value.(type) {
	case string:
		if !parse(v, strings.TrimSpace(x)) {
			return wrong
		}
	case float64:
		switch {
		case v.Kind() == reflect.Float64:
			v.SetFloat(x)
		case v.Kind() == reflect.Int && x == math.Trunc(x) && math.Abs(x) < 1<<53:
			v.SetInt(int64(x))
		default:
			return wrong
		}
	case int:
		switch v.Kind() {
		case reflect.Float64:
			v.SetFloat(float64(x))
		case reflect.Int:
			v.SetInt(int64(x))
		default:
			return wrong
		}
	case bool:
		if v.Kind() != reflect.Bool {
			return wrong
		}
		v.SetBool(x)
	default:
		return wrong
	}
	if err := f.check(v); err != nil {
		return err
	}
	f.value.Set(v)
	return nil
}

// want is Allowed with the kind of a number said.
func (f Field) want() string {
	if f.IsNumber() {
		return "a number in " + f.Range.String()
	}
	return f.Allowed()
}

func parse(v reflect.Value, text string) bool {
	switch v.Kind() {
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		v.SetFloat(x)
		return err == nil
	case reflect.Int:
		if x, err := strconv.ParseInt(text, 10, 64); err == nil {
			v.SetInt(x)
			return true
		}
		// 1e4 is a whole number too.
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<53 {
			return false
		}
		v.SetInt(int64(x))
	case reflect.Bool:
		x, err := strconv.ParseBool(text)
		v.SetBool(x)
		return err == nil
	default:
		v.SetString(text)
	}
	return true
}
