package tensor

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Named is an array and the name it has in a file.
type Named struct {
	Name  string
	Array *Array
}

// maxSafetensorsHeader is the limit of the reference library; a header above it
// is refused there, so it is neither read nor written here.
const maxSafetensorsHeader = 100_000_000

// safetensorsMetadata is the one key of a header that is not a tensor's name.
const safetensorsMetadata = "__metadata__"

// safetensorsTypes are the element types and their names in the format. The
// order is the reference library's for the data: wide elements first, so that
// every tensor of a file starts at a multiple of its element size.
var safetensorsTypes = [...]struct {
	name  string
	dtype DType
}{
	{"I64", Int64},
	{"F64", Float64},
	{"F32", Float32},
	{"I32", Int32},
	{"U8", Uint8},
}

// safetensorsRank is d's place in safetensorsTypes, -1 if it has none.
func safetensorsRank(d DType) int {
	for i, t := range safetensorsTypes {
		if t.dtype == d {
			return i
		}
	}
	return -1
}

// WriteSafetensors writes arrays and string metadata in the safetensors format:
//
//	8 bytes   length n of the header, little-endian
//	n bytes   JSON: {"__metadata__": {..}, "name": {"dtype", "shape", "data_offsets"}, ..},
//	          padded with spaces to a multiple of 8
//	          the elements, little-endian and row-major, without gaps
//
// The tensors come in the reference library's order, by element type and then
// name, whatever their order in the argument: equal contents are equal files.
// Names are distinct, valid UTF-8, and not "__metadata__".
//
// Source: https://github.com/huggingface/safetensors, README.md, "Format".
func WriteSafetensors(w io.Writer, tensors []Named, metadata map[string]string) error {
	sorted := slices.Clone(tensors)
	for i, t := range sorted {
		switch {
		case t.Array == nil:
			return fmt.Errorf("safetensors: tensor %q has no array", t.Name)
		case safetensorsRank(t.Array.dtype) < 0:
			return fmt.Errorf("safetensors: tensor %q: the format has no name for element type %v", t.Name, t.Array.dtype)
		case t.Name == safetensorsMetadata:
			return fmt.Errorf("safetensors: tensor %d is named %q, which the format keeps for metadata", i, t.Name)
		case !utf8.ValidString(t.Name):
			return fmt.Errorf("safetensors: the name %q of tensor %d is not valid UTF-8", t.Name, i)
		}
	}
	slices.SortFunc(sorted, func(a, b Named) int {
		return cmp.Or(
			cmp.Compare(safetensorsRank(a.Array.dtype), safetensorsRank(b.Array.dtype)),
			cmp.Compare(a.Name, b.Name),
		)
	})
	header, err := safetensorsHeader(sorted, metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return fmt.Errorf("safetensors: writing the header: %w", err)
	}
	for _, t := range sorted {
		if _, err := w.Write(t.Array.LittleEndian()); err != nil {
			return fmt.Errorf("safetensors: writing tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

// safetensorsHeader is the length and the padded JSON for tensors in file order.
func safetensorsHeader(tensors []Named, metadata map[string]string) ([]byte, error) {
	b := append(make([]byte, 8), '{')
	if len(metadata) > 0 {
		b = append(b, `"`+safetensorsMetadata+`":{`...)
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(k) || !utf8.ValidString(metadata[k]) {
				return nil, fmt.Errorf("safetensors: metadata %q: %q is not valid UTF-8", k, metadata[k])
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, k), ':')
			b = appendJSON(b, metadata[k])
		}
		b = append(b, '}')
	}
	offset, seen := 0, make(map[string]bool, len(tensors))
	for _, t := range tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("safetensors: two tensors are named %q", t.Name)
		}
		seen[t.Name] = true
		if len(b) > len("12345678{") {
			b = append(b, ',')
		}
		b = appendJSON(b, t.Name)
		b = append(b, `:{"dtype":"`+safetensorsTypes[safetensorsRank(t.Array.dtype)].name+`","shape":[`...)
		for i, d := range t.Array.shape {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(d), 10)
		}
		end := offset + len(t.Array.data)
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, offset, end)
		offset = end
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	n := len(b) - 8
	if n > maxSafetensorsHeader {
		return nil, fmt.Errorf("safetensors: names and metadata make a header of %d bytes; the format's readers take at most %d", n, maxSafetensorsHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(n))
	return b, nil
}

// appendJSON appends s as a JSON string, without the HTML escapes of json.Marshal.
func appendJSON(b []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("tensor: a string that JSON cannot hold: " + err.Error())
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...)
}

// safetensorsEntry is one tensor of a header.
type safetensorsEntry struct {
	name       string
	dtype      DType
	shape      Shape
	begin, end int64
}

// ReadSafetensors reads a safetensors file of the given size (see
// WriteSafetensors), in the order of its data. It allocates no more than the
// file is long, and refuses what the format forbids: a header above 100 MB, a
// key twice, an element count that disagrees with the offsets, tensors that
// overlap or leave gaps, bytes that belong to none. It reads the element types
// F32, F64, I32, I64 and U8.
func ReadSafetensors(r io.ReaderAt, size int64) ([]Named, map[string]string, error) {
	header, err := readSafetensorsHeader(r, size)
	if err != nil {
		return nil, nil, err
	}
	entries, metadata, err := parseSafetensorsHeader(header)
	if err != nil {
		return nil, nil, err
	}
	base := 8 + int64(len(header))
	if err := checkSafetensorsLayout(entries, size-base); err != nil {
		return nil, nil, err
	}
	tensors := make([]Named, len(entries))
	for i, e := range entries {
		a := New(e.dtype, e.shape...)
		if err := readElements(r, base+e.begin, a); err != nil {
			return nil, nil, fmt.Errorf("safetensors: tensor %q: %w", e.name, err)
		}
		tensors[i] = Named{e.name, a}
	}
	return tensors, metadata, nil
}

func readSafetensorsHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < 8 {
		return nil, fmt.Errorf("safetensors: %d bytes; a file starts with the 8 bytes of its header's length", size)
	}
	var length [8]byte
	if err := readAt(r, length[:], 0); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header's length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxSafetensorsHeader {
		return nil, fmt.Errorf("safetensors: a header of %d bytes; at most %d are allowed (is this a safetensors file?)", n, maxSafetensorsHeader)
	}
	if int64(n) > size-8 {
		return nil, fmt.Errorf("safetensors: a header of %d bytes in a file of %d; it is truncated", n, size)
	}
	header := make([]byte, n)
	if err := readAt(r, header, 8); err != nil {
		return nil, fmt.Errorf("safetensors: reading the header: %w", err)
	}
	if n == 0 || header[0] != '{' {
		return nil, fmt.Errorf("safetensors: the header does not start with '{' (is this a safetensors file?)")
	}
	if !utf8.Valid(header) {
		return nil, fmt.Errorf("safetensors: the header is not valid UTF-8")
	}
	return header, nil
}

// checkSafetensorsLayout sorts the entries by place and checks that they fill
// the data of the given size exactly.
func checkSafetensorsLayout(entries []safetensorsEntry, size int64) error {
	slices.SortStableFunc(entries, func(a, b safetensorsEntry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := int64(0)
	for _, e := range entries {
		want := int64(e.shape.Size()) * int64(e.dtype.Size())
		switch {
		case e.end < e.begin || e.end > size:
			return fmt.Errorf("safetensors: tensor %q: data_offsets [%d,%d] lie outside the %d bytes of data", e.name, e.begin, e.end, size)
		case e.end-e.begin != want:
			return fmt.Errorf("safetensors: tensor %q: data_offsets [%d,%d] hold %d bytes; %v %v takes %d",
				e.name, e.begin, e.end, e.end-e.begin, e.dtype, e.shape, want)
		case e.begin < at:
			return fmt.Errorf("safetensors: tensor %q starts at byte %d, before the tensor in front of it ends at %d", e.name, e.begin, at)
		case e.begin > at:
			return fmt.Errorf("safetensors: bytes %d to %d in front of tensor %q belong to no tensor", at, e.begin, e.name)
		}
		at = e.end
	}
	if at != size {
		return fmt.Errorf("safetensors: %d bytes of data, of which the tensors take %d", size, at)
	}
	return nil
}

// A headerReader walks a header's JSON by tokens, because json.Unmarshal would
// take the last of two equal keys in silence.
type headerReader struct {
	dec *json.Decoder
}

func parseSafetensorsHeader(header []byte) ([]safetensorsEntry, map[string]string, error) {
	h := headerReader{json.NewDecoder(bytes.NewReader(header))}
	h.dec.UseNumber()
	var entries []safetensorsEntry
	metadata := map[string]string{}
	err := h.object("the header", func(key string) error {
		if key == safetensorsMetadata {
			return h.object(safetensorsMetadata, func(key string) (err error) {
				metadata[key], err = h.text(fmt.Sprintf("metadata %q", key))
				return err
			})
		}
		e, err := h.entry(key)
		entries = append(entries, e)
		return err
	})
	if err == nil {
		if rest := bytes.TrimLeft(header[h.dec.InputOffset():], " "); len(rest) > 0 {
			err = fmt.Errorf("%q after the header's last brace; only spaces may follow", rest[:1])
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	return entries, metadata, nil
}

// entry reads {"dtype": .., "shape": [..], "data_offsets": [begin, end]}.
func (h headerReader) entry(name string) (safetensorsEntry, error) {
	e := safetensorsEntry{name: name}
	where := fmt.Sprintf("tensor %q", name)
	var offsets []int64
	found := 0
	err := h.object(where, func(key string) error {
		found++
		switch key {
		case "dtype":
			s, err := h.text(where + ": dtype")
			if err != nil {
				return err
			}
			for _, t := range safetensorsTypes {
				if t.name == s {
					e.dtype = t.dtype
					return nil
				}
			}
			return fmt.Errorf("%s: dtype %q is not supported; F32, F64, I32, I64 and U8 are", where, s)
		case "shape":
			dims, err := h.integers(where + ": shape")
			e.shape = Shape{}
			for _, d := range dims {
				if int64(int(d)) != d {
					return fmt.Errorf("%s: an axis of %d is more than memory can hold", where, d)
				}
				e.shape = append(e.shape, int(d))
			}
			if err == nil {
				if err = e.shape.Check(); err != nil {
					err = fmt.Errorf("%s: %w", where, err)
				}
			}
			return err
		case "data_offsets":
			var err error
			offsets, err = h.integers(where + ": data_offsets")
			return err
		}
		return fmt.Errorf("%s: unknown key %q; dtype, shape and data_offsets are known", where, key)
	})
	if err != nil {
		return e, err
	}
	if found != 3 { // object refuses a key twice
		return e, fmt.Errorf("%s: needs dtype, shape and data_offsets", where)
	}
	if len(offsets) != 2 {
		return e, fmt.Errorf("%s: data_offsets are two numbers, begin and end; there are %d", where, len(offsets))
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, nil
}

// object reads { and calls value after each key, whose value it must read.
func (h headerReader) object(where string, value func(key string) error) error {
	if err := h.delim(where, '{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for h.dec.More() {
		t, err := h.token(where)
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("%s: a key is %v, not a string", where, t)
		}
		if seen[key] {
			return fmt.Errorf("%s: key %q twice", where, key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return h.delim(where, '}', "the object's end")
}

// integers reads [n, n, ...], each in [0, 2^63).
func (h headerReader) integers(where string) ([]int64, error) {
	if err := h.delim(where, '[', "a list of integers"); err != nil {
		return nil, err
	}
	var out []int64
	for h.dec.More() {
		t, err := h.token(where)
		if err != nil {
			return nil, err
		}
		n, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%s: %v is not an integer", where, t)
		}
		v, err := strconv.ParseUint(n.String(), 10, 63)
		if err != nil {
			return nil, fmt.Errorf("%s: %s is not an integer in 0..2^63-1", where, n)
		}
		out = append(out, int64(v))
	}
	return out, h.delim(where, ']', "the list's end")
}

func (h headerReader) text(where string) (string, error) {
	t, err := h.token(where)
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%s: %v is not a string", where, t)
	}
	return s, nil
}

func (h headerReader) delim(where string, want json.Delim, noun string) error {
	t, err := h.token(where)
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%s: wants %s, found %v at byte %d of the header", where, noun, t, h.dec.InputOffset())
	}
	return nil
}

func (h headerReader) token(where string) (json.Token, error) {
	t, err := h.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: bad JSON at byte %d of the header: %w", where, h.dec.InputOffset(), err)
	}
	return t, nil
}
