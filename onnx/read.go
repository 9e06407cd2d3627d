package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/godescent/descent/tensor"
)

// File is what is read of an ONNX model: its constants, not what it computes.
type File struct {
	IR, Opset int64
	Producer  string
	Metadata  map[string]string
	Inputs    []string
	Outputs   []string
	Operators []string       // of the nodes, in order
	Constants []tensor.Named // the initialisers of known element types, in order
	Unread    []string       // initialisers of other types or in other files, and why
}

// Read reads a model. Arrays take no more memory than eight times the length of the
// file, and a header that promises more than the file has is refused.
func Read(b []byte) (*File, error) {
	f := &File{Metadata: map[string]string{}}
	seen := false
	err := fields(b, "model", func(num protowire.Number, v value) error {
		switch num {
		case modelIR:
			f.IR = v.signed()
		case modelProducer:
			f.Producer = v.text()
		case modelOpset:
			return fields(v.bytes, "operator set", func(num protowire.Number, v value) error {
				if num == opsetVersion {
					f.Opset = max(f.Opset, v.signed())
				}
				return nil
			})
		case modelMetadata:
			return f.entry(v.bytes)
		case modelGraph:
			seen = true
			return fields(v.bytes, "graph", f.graphField)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if !seen || f.IR == 0 {
		return nil, errors.New("onnx: the file has no graph or no version; is this an ONNX model?")
	}
	return f, nil
}

func (f *File) entry(b []byte) error {
	var key, text string
	err := fields(b, "metadata", func(num protowire.Number, v value) error {
		switch num {
		case entryKey:
			key = v.text()
		case entryValue:
			text = v.text()
		}
		return nil
	})
	f.Metadata[key] = text
	return err
}

func (f *File) graphField(num protowire.Number, v value) error {
	// first is the text of a field of a message.
	first := func(what string, field protowire.Number, to *[]string) error {
		name := ""
		err := fields(v.bytes, what, func(num protowire.Number, v value) error {
			if num == field {
				name = v.text()
			}
			return nil
		})
		*to = append(*to, name)
		return err
	}
	switch num {
	case graphNode:
		return first("node", nodeOp, &f.Operators)
	case graphInput:
		return first("input", infoName, &f.Inputs)
	case graphOutput:
		return first("output", infoName, &f.Outputs)
	case graphInitializer:
		return f.initializer(v.bytes)
	}
	return nil
}

// stored is a TensorProto.
type stored struct {
	name     string
	code     int64
	dims     []int64
	raw      []byte
	hasRaw   bool
	lists    map[protowire.Number][]byte // packed numbers by field
	external bool
}

func (f *File) initializer(b []byte) error {
	s := stored{lists: map[protowire.Number][]byte{}}
	err := fields(b, "initialiser", func(num protowire.Number, v value) error {
		switch num {
		case tensorName:
			s.name = v.text()
		case tensorType:
			s.code = v.signed()
		case tensorDims:
			dims, err := v.varints(tensor.MaxRank + 1)
			s.dims = append(s.dims, dims...)
			if err == nil && len(s.dims) > tensor.MaxRank {
				err = fmt.Errorf("it has more than %d axes", tensor.MaxRank)
			}
			return err
		case tensorRaw:
			s.raw, s.hasRaw = v.bytes, true
		case tensorFloats, tensorInt32s, tensorInt64s, tensorDoubles:
			s.lists[num] = v.append(s.lists[num])
		case tensorExternal:
			s.external = true
		case tensorLocation:
			s.external = s.external || v.signed() != 0
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("initialiser %q: %w", s.name, err)
	}
	return f.keep(s)
}

func (f *File) keep(s stored) error {
	d := tensor.Invalid
	for _, t := range elementTypes {
		if int64(t.code) == s.code {
			d = t.dtype
		}
	}
	switch {
	case s.external:
		f.Unread = append(f.Unread, s.name+" is in another file")
		return nil
	case d == tensor.Invalid:
		f.Unread = append(f.Unread, fmt.Sprintf("%s is of the element type %d of ONNX", s.name, s.code))
		return nil
	}
	shape := tensor.Shape{}
	for _, n := range s.dims {
		if n < 0 || int64(int(n)) != n {
			return fmt.Errorf("initialiser %q has an axis of %d", s.name, n)
		}
		shape = append(shape, int(n))
	}
	if err := shape.Check(); err != nil {
		return fmt.Errorf("initialiser %q: %w", s.name, err)
	}
	a, err := s.array(d, shape)
	if err != nil {
		return fmt.Errorf("initialiser %q: %w", s.name, err)
	}
	f.Constants = append(f.Constants, tensor.Named{Name: s.name, Array: a})
	return nil
}

// array is the tensor's numbers, which the file must have before memory is taken.
func (s *stored) array(d tensor.DType, shape tensor.Shape) (*tensor.Array, error) {
	n := shape.Size()
	if s.hasRaw {
		if len(s.raw) != n*d.Size() {
			return nil, fmt.Errorf("it has %d bytes of data; %v%v takes %d", len(s.raw), d, shape, n*d.Size())
		}
		a := tensor.New(d, shape...)
		a.SetLittleEndian(s.raw)
		return a, nil
	}
	field := map[tensor.DType]protowire.Number{
		tensor.Float32: tensorFloats, tensor.Float64: tensorDoubles, tensor.Int64: tensorInt64s, tensor.Int32: tensorInt32s, tensor.Uint8: tensorInt32s,
	}[d]
	list := s.lists[field]
	if d.IsFloat() {
		if len(list) != n*d.Size() {
			return nil, fmt.Errorf("it has %d bytes of numbers; %v%v takes %d", len(list), d, shape, n*d.Size())
		}
		a := tensor.New(d, shape...)
		a.SetLittleEndian(list)
		return a, nil
	}
	if n > len(list) { // a varint takes a byte at least
		return nil, fmt.Errorf("it has %d bytes of numbers; %v%v takes %d at least", len(list), d, shape, n)
	}
	v, err := (value{bytes: list, packed: true}).varints(n)
	if err != nil {
		return nil, err
	}
	if len(v) != n {
		return nil, fmt.Errorf("it has %d numbers; %v%v takes %d", len(v), d, shape, n)
	}
	return whole(d, shape, v)
}

// whole is an array of whole numbers that its type must hold.
func whole(d tensor.DType, shape tensor.Shape, v []int64) (*tensor.Array, error) {
	a := tensor.New(d, shape...)
	for i, x := range v {
		switch {
		case d == tensor.Int64:
			tensor.Slice[int64](a)[i] = x
		case d == tensor.Int32 && int64(int32(x)) == x:
			tensor.Slice[int32](a)[i] = int32(x)
		case d == tensor.Uint8 && x >= 0 && x <= math.MaxUint8:
			tensor.Slice[uint8](a)[i] = uint8(x)
		default:
			return nil, fmt.Errorf("number %d is %d, which is no %v", i, x, d)
		}
	}
	return a, nil
}

// value is a field's contents.
type value struct {
	number uint64 // of a varint or fixed field
	bytes  []byte // of a message, text or packed list
	packed bool
	wide   int // bytes of a fixed field
}

func (v value) signed() int64 { return int64(v.number) }
func (v value) text() string  { return string(v.bytes) }

// varints are a list of whole numbers, packed or one of it; at most limit.
func (v value) varints(limit int) ([]int64, error) {
	if !v.packed {
		return []int64{v.signed()}, nil
	}
	var out []int64
	for b := v.bytes; len(b) > 0; {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, errors.New("a list of numbers is cut off")
		}
		if len(out) == limit {
			return nil, fmt.Errorf("a list has more than the %d numbers that it may", limit)
		}
		out, b = append(out, int64(x)), b[n:]
	}
	return out, nil
}

// append puts a field of a list, packed or one number of it, behind others as packed.
func (v value) append(to []byte) []byte {
	switch {
	case v.packed && to == nil:
		return v.bytes
	case v.packed:
		return append(to[:len(to):len(to)], v.bytes...)
	case v.wide == 4:
		return protowire.AppendFixed32(to, uint32(v.number))
	case v.wide == 8:
		return protowire.AppendFixed64(to, v.number)
	}
	return protowire.AppendVarint(to, v.number)
}

// fields gives each field of a message in turn.
func fields(b []byte, what string, each func(num protowire.Number, v value) error) error {
	for at := 0; at < len(b); {
		num, typ, n := protowire.ConsumeTag(b[at:])
		if n < 0 {
			return fmt.Errorf("byte %d of the %s is no field: %w", at, what, protowire.ParseError(n))
		}
		var v value
		var m int
		rest := b[at+n:]
		switch typ {
		case protowire.VarintType:
			v.number, m = protowire.ConsumeVarint(rest)
		case protowire.Fixed32Type:
			var x uint32
			x, m = protowire.ConsumeFixed32(rest)
			v.number, v.wide = uint64(x), 4
		case protowire.Fixed64Type:
			v.number, m = protowire.ConsumeFixed64(rest)
			v.wide = 8
		case protowire.BytesType:
			v.bytes, m = protowire.ConsumeBytes(rest)
			v.packed = true
		default:
			m = protowire.ConsumeFieldValue(num, typ, rest)
		}
		if m < 0 {
			return fmt.Errorf("field %d at byte %d of the %s is cut off or no field: %w", num, at, what, protowire.ParseError(m))
		}
		if err := each(num, v); err != nil {
			return err
		}
		at += n + m
	}
	return nil
}
