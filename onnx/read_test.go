package onnx

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/godescent/descent/tensor"
)

// model is a file with one initialiser.
func model(initializer message) []byte {
	var g, m message
	g.message(graphInitializer, initializer)
	m.integer(modelIR, 8)
	m.message(modelGraph, g)
	return m
}

func initializerOf(code uint64, dims []int64, fill func(m *message)) message {
	var m message
	m.text(tensorName, "a")
	m.integer(tensorType, code)
	for _, d := range dims {
		m.integer(tensorDims, uint64(d))
	}
	fill(&m)
	return m
}

// TestReadForms: the forms that others write numbers in, from onnx.proto3: raw, packed
// and one by one, bytes as int32, dims packed.
func TestReadForms(t *testing.T) {
	packed := func(field protowire.Number, v ...uint64) func(m *message) {
		return func(m *message) {
			var b message
			for _, x := range v {
				b = protowire.AppendVarint(b, x)
			}
			m.message(field, b)
		}
	}
	for name, c := range map[string]struct {
		m    message
		want *tensor.Array
	}{
		"floats": {initializerOf(1, []int64{2}, func(m *message) { m.message(tensorFloats, []byte{0, 0, 128, 63, 0, 0, 0, 64}) }), tensor.From([]float32{1, 2}, 2)},
		"float by float": {initializerOf(1, []int64{1, 1}, func(m *message) {
			*m = protowire.AppendFixed32(protowire.AppendTag(*m, tensorFloats, protowire.Fixed32Type), math.Float32bits(3))
		}), tensor.From([]float32{3}, 1, 1)},
		"doubles":        {initializerOf(11, nil, func(m *message) { m.message(tensorDoubles, []byte{0, 0, 0, 0, 0, 0, 240, 63}) }), tensor.From([]float64{1})},
		"int64s":         {initializerOf(7, []int64{3}, packed(tensorInt64s, 5, math.MaxUint64, 300)), tensor.From([]int64{5, -1, 300}, 3)},
		"int32s":         {initializerOf(6, []int64{2}, packed(tensorInt32s, 7, math.MaxUint64)), tensor.From([]int32{7, -1}, 2)},
		"int by int":     {initializerOf(6, []int64{2}, func(m *message) { m.integer(tensorInt32s, 7); m.integer(tensorInt32s, 8) }), tensor.From([]int32{7, 8}, 2)},
		"bytes as int32": {initializerOf(2, []int64{2}, packed(tensorInt32s, 0, 255)), tensor.From([]uint8{0, 255}, 2)},
		"raw":            {initializerOf(2, []int64{2}, func(m *message) { m.message(tensorRaw, []byte{3, 4}) }), tensor.From([]uint8{3, 4}, 2)},
		"no elements":    {initializerOf(1, []int64{0, 4}, func(*message) {}), tensor.New(tensor.Float32, 0, 4)},
	} {
		f, err := Read(model(c.m))
		if err != nil || len(f.Constants) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := f.Constants[0]
		if got.Name != "a" || got.Array.DType() != c.want.DType() || !got.Array.Shape().Equal(c.want.Shape()) || !bytes.Equal(got.Array.Raw(), c.want.Raw()) {
			t.Errorf("%s: %q %v%v %v", name, got.Name, got.Array.DType(), got.Array.Shape(), got.Array.Float64s())
		}
	}
}

// TestReadMistakes: a file that promises what it does not have is refused before memory
// is taken, in a line that says what is wrong.
func TestReadMistakes(t *testing.T) {
	raw := func(n int) func(m *message) { return func(m *message) { m.message(tensorRaw, make([]byte, n)) } }
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":         {nil, "the file has no graph or no version; is this an ONNX model?"},
		"text":          {[]byte("safetensors"), "of the model is"},
		"2^60 items":    {model(initializerOf(1, []int64{1 << 60}, raw(4))), `initialiser "a": shape`},
		"2^40 items":    {model(initializerOf(1, []int64{1 << 40}, raw(4))), "it has 4 bytes of data; float32[1099511627776] takes 4398046511104"},
		"negative axis": {model(initializerOf(1, []int64{-1}, raw(4))), "has an axis of -1"},
		"many axes":     {model(initializerOf(1, make([]int64, 9), raw(0))), "it has more than 8 axes"},
		"short list":    {model(initializerOf(7, []int64{1 << 40}, func(m *message) { m.message(tensorInt64s, []byte{1}) })), "it has 1 bytes of numbers; int64[1099511627776] takes 1099511627776 at least"},
		"long list":     {model(initializerOf(7, []int64{1}, func(m *message) { m.message(tensorInt64s, []byte{1, 2}) })), "a list has more than the 1 numbers that it may"},
		"cut list":      {model(initializerOf(7, []int64{1}, func(m *message) { m.message(tensorInt64s, []byte{200}) })), "a list of numbers is cut off"},
		"no byte":       {model(initializerOf(2, []int64{1}, func(m *message) { m.integer(tensorInt32s, 256) })), "number 0 is 256, which is no uint8"},
	} {
		if _, err := Read(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
	}
	for name, m := range map[string]message{
		"a is of the element type 10 of ONNX": initializerOf(10, []int64{1}, raw(2)),
		"a is in another file":                initializerOf(1, []int64{1}, func(m *message) { m.integer(tensorLocation, 1) }),
	} {
		if f, err := Read(model(m)); err != nil || len(f.Unread) != 1 || f.Unread[0] != name {
			t.Errorf("%v: %v", f, err)
		}
	}
}

// FuzzRead: no file makes the reader panic or take more memory than the file calls for.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add(model(initializerOf(1, []int64{2}, func(m *message) { m.message(tensorRaw, make([]byte, 8)) })))
	f.Add(model(initializerOf(7, []int64{2}, func(m *message) { m.message(tensorInt64s, []byte{1, 2}) })))
	f.Add(model(initializerOf(1, []int64{1 << 60}, func(m *message) { m.message(tensorRaw, nil) })))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Read(b)
		if err != nil {
			return
		}
		total := 0
		for _, c := range got.Constants {
			total += len(c.Array.Raw())
		}
		if total > 8*len(b) {
			t.Errorf("%d bytes of arrays from a file of %d", total, len(b))
		}
	})
}
