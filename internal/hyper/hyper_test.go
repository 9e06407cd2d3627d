package hyper

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type sample struct {
	Share float64 `hyper:"share" alias:"part,fraction" symbol:"σ" range:"[0,1) log1m" doc:"a share"`
	Count int     `hyper:"count" range:"[1,10]" doc:"a count"`
	On    bool    `hyper:"on" doc:"a switch"`
	Form  string  `hyper:"form" values:"a,b" doc:"a word"`
	other float64
	Plain float64
}

func TestFields(t *testing.T) {
	s := &sample{Share: 0.5, Count: 3, Form: "a"}
	fields, err := Fields(s)
	if err != nil || len(fields) != 4 {
		t.Fatalf("%d fields, %v; want the 4 tagged ones", len(fields), err)
	}
	share := fields[0]
	if share.Name != "share" || share.Symbol != "σ" || share.Doc != "a share" || share.Range.Scale != Log1m {
		t.Errorf("share is read as %+v", share)
	}
	if share.Addr() != &s.Share || !share.IsNumber() || fields[1].Addr() != nil || fields[1].IsNumber() {
		t.Errorf("only share is a float64 with an address")
	}
	for _, name := range []string{"share", "part", "fraction"} {
		if !share.Is(name) {
			t.Errorf("share is not known as %q", name)
		}
	}
	if share.Is("count") {
		t.Errorf("share is known as count")
	}
	for i, want := range []string{"[0,1)", "a whole number in [1,10]", "true or false", "a or b"} {
		if got := fields[i].Allowed(); got != want {
			t.Errorf("%s allows %q, want %q", fields[i].Name, got, want)
		}
	}
	_ = s.other
}

func TestSet(t *testing.T) {
	tests := []struct {
		name  string
		value any
		want  any    // the value then, or
		fails string // the error
	}{
		{"share", 0.25, 0.25, ""},
		{"share", "2.5e-1", 0.25, ""},
		{"share", 0, 0.0, ""},
		{"share", 1.0, nil, "share=1 is not in [0,1)"},
		{"share", math.NaN(), nil, "share=NaN is not in [0,1)"},
		{"share", "NaN", nil, "share=NaN is not in [0,1)"},
		{"share", "half", nil, "share=half is not a number in [0,1)"},
		{"share", "1\n2", nil, `share="1\n2" is not a number in [0,1)`},
		{"share", true, nil, "share=true is not a number in [0,1)"},
		{"share", nil, nil, "share=<nil> is not a number in [0,1)"},
		{"count", 7, 7, ""},
		{"count", 7.0, 7, ""},
		{"count", "1e1", 10, ""},
		{"count", 7.5, nil, "count=7.5 is not a whole number in [1,10]"},
		{"count", "7.5", nil, "count=7.5 is not a whole number in [1,10]"},
		{"count", 11, nil, "count=11 is not a whole number in [1,10]"},
		{"count", math.Inf(1), nil, "count=+Inf is not a whole number in [1,10]"},
		{"count", "1e300", nil, "count=1e300 is not a whole number in [1,10]"},
		{"on", true, true, ""},
		{"on", "true", true, ""},
		{"on", 1, nil, "on=1 is not true or false"},
		{"on", "yes", nil, "on=yes is not true or false"},
		{"form", "b", "b", ""},
		{"form", "c", nil, "form=c is not a or b"},
		{"form", 1.0, nil, "form=1 is not a or b"},
	}
	for _, c := range tests {
		s := &sample{Share: 0.5, Count: 3, Form: "a"}
		fields, err := Fields(s)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Find(fields, c.name)
		if err != nil {
			t.Fatal(err)
		}
		before := f.Value()
		err = f.Set(c.value)
		switch {
		case c.fails == "" && (err != nil || f.Value() != c.want):
			t.Errorf("Set(%s, %v): %v, %v; want %v", c.name, c.value, f.Value(), err, c.want)
		case c.fails != "" && (err == nil || err.Error() != c.fails):
			t.Errorf("Set(%s, %v): %v; want %q", c.name, c.value, err, c.fails)
		case c.fails != "" && f.Value() != before:
			t.Errorf("Set(%s, %v) failed and left %v", c.name, c.value, f.Value())
		}
	}
}

func TestBrokenTags(t *testing.T) {
	for _, p := range []any{
		&struct {
			X float64 `hyper:"Big"`
		}{},
		&struct {
			X float64 `hyper:"x" range:"0..1"`
		}{},
		&struct {
			X float32 `hyper:"x"`
		}{},
		&struct {
			X string `hyper:"x"`
		}{},
		&struct {
			x float64 `hyper:"x"`
		}{},
	} {
		if f, err := Fields(p); err == nil {
			t.Errorf("%T is read as %+v, want an error", p, f)
		}
	}
}

func TestRange(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		text    string
		in, out []float64
	}{
		{"[0,1)", []float64{0, 0.5, math.Nextafter(1, 0)}, []float64{1, -1e-300, math.NaN(), inf}},
		{"(0,inf)", []float64{5e-324, 1e308}, []float64{0, math.Copysign(0, -1), inf, -1, math.NaN()}},
		{"(-inf,inf) log", []float64{-1e308, 0, 1e308}, []float64{inf, -inf, math.NaN()}},
		{"[2,2]", []float64{2}, []float64{1, 3}},
	}
	for _, c := range tests {
		r, err := ParseRange(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		for _, x := range c.in {
			if !r.Has(x) {
				t.Errorf("%v is not in %s", x, c.text)
			}
		}
		for _, x := range c.out {
			if r.Has(x) {
				t.Errorf("%v is in %s", x, c.text)
			}
		}
		if want, _, _ := strings.Cut(c.text, " "); r.String() != want {
			t.Errorf("%s prints as %s", c.text, r)
		}
	}
	for _, text := range []string{"", "[", "[]", "[1]", "[1,2", "1,2", "[a,b]", "[2,1]", "[0,1) cubic", "[NaN,1]", "[0,1)x"} {
		if r, err := ParseRange(text); err == nil {
			t.Errorf("%q is read as %v", text, r)
		}
	}
}

// What a range prints reads back as the same range.
func TestRangeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64().Draw(t, "lo")
		r := Range{Lo: lo, Hi: max(lo, rapid.Float64().Draw(t, "hi")), LoOpen: rapid.Bool().Draw(t, "a"), HiOpen: rapid.Bool().Draw(t, "b")}
		back, err := ParseRange(r.String())
		if err != nil || back != r {
			t.Fatalf("%+v prints as %s and reads as %+v, %v", r, r, back, err)
		}
	})
}

func TestParseSpec(t *testing.T) {
	name, pairs, err := ParseSpec(" adam : lr = 1e-3 , beta1=0.9")
	if err != nil || name != "adam" || len(pairs) != 2 || pairs[0] != (Pair{"lr", "1e-3"}) || pairs[1] != (Pair{"beta1", "0.9"}) {
		t.Errorf("got %q, %v, %v", name, pairs, err)
	}
	for _, spec := range []string{"adam:", "adam:lr", "adam:lr=", "adam:=1", "adam:lr=1,", "adam:lr=1,lr=2", "adam:,"} {
		if name, pairs, err := ParseSpec(spec); err == nil || name != "adam" {
			t.Errorf("%q is read as %q %v %v, want an error about adam", spec, name, pairs, err)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("adam:lr=1e-3,beta1=0.9")
	f.Add("a:b=c=d")
	f.Fuzz(func(t *testing.T, spec string) {
		name, pairs, err := ParseSpec(spec)
		if err != nil {
			return
		}
		again := name
		for i, p := range pairs {
			again += string(":,"[min(i, 1)]) + p.Key + "=" + p.Value
		}
		name2, pairs2, err := ParseSpec(again)
		if err != nil || name2 != name || len(pairs2) != len(pairs) {
			t.Errorf("%q means %q %v, which reads back as %q %v %v", spec, name, pairs, name2, pairs2, err)
		}
	})
}
