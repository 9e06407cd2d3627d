package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func readSafetensorsBytes(b []byte) ([]Named, map[string]string, error) {
	return ReadSafetensors(bytes.NewReader(b), int64(len(b)))
}

func onlyError(b []byte) error {
	_, _, err := readSafetensorsBytes(b)
	return err
}

// TestSafetensorsGolden reads what the safetensors library wrote
// (testdata/record.py) and writes the same bytes, from tensors in another order.
func TestSafetensorsGolden(t *testing.T) {
	for _, c := range []struct {
		file     string
		metadata map[string]string
		tensors  []Named // in the order of the file's data
	}{
		{"mixed.safetensors", map[string]string{"für <wen>": "a \"line\"\nand é\x01"}, []Named{
			{"steps", golden(Int64)},
			{"layer.bias", golden(Float64, 5)},
			{"layer.weight", golden(Float32, 2, 3)},
			{"none", golden(Float32, 0, 4)},
			{"größe \"q\"\\\t<&>", golden(Int32, 2, 2)},
			{"a.mask", golden(Uint8, 7)},
			{"mask", golden(Uint8, 3, 5)},
		}},
		{"plain.safetensors", nil, []Named{{"w", golden(Float32, 3)}}},
		{"empty.safetensors", nil, nil},
	} {
		file := readGolden(t, c.file)
		tensors, metadata, err := readSafetensorsBytes(file)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if !maps.Equal(metadata, c.metadata) {
			t.Errorf("%s: metadata %q, want %q", c.file, metadata, c.metadata)
		}
		compareNamed(t, c.file, tensors, c.tensors)

		var reversed []Named
		for _, n := range c.tensors {
			reversed = append([]Named{n}, reversed...)
		}
		var b bytes.Buffer
		if err := WriteSafetensors(&b, reversed, c.metadata); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
		if !bytes.Equal(b.Bytes(), file) {
			t.Errorf("%s: written as\n%q, the library writes\n%q", c.file, b.Bytes(), file)
		}
		truncations(t, file, onlyError)
	}
}

type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

func compareNamed(t reporter, where string, got, want []Named) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d tensors, want %d", where, len(got), len(want))
		return
	}
	for i, n := range got {
		if n.Name != want[i].Name {
			t.Errorf("%s: tensor %d is %q, want %q", where, i, n.Name, want[i].Name)
		} else if d := same(n.Array, want[i].Array); d != "" {
			t.Errorf("%s: tensor %q %s", where, n.Name, d)
		}
	}
}

func TestSafetensorsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names")
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		want := map[string]*Array{}
		var tensors []Named
		for _, name := range names {
			a := anyArray(t, "array")
			want[name] = a
			tensors = append(tensors, Named{name, a})
		}
		var b bytes.Buffer
		if err := WriteSafetensors(&b, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		if n := binary.LittleEndian.Uint64(b.Bytes()); n%8 != 0 {
			t.Errorf("a header of %d bytes leaves the data off a multiple of 8", n)
		}
		back, m, err := readSafetensorsBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(m, metadata) {
			t.Errorf("metadata %q, want %q", m, metadata)
		}
		if len(back) != len(want) {
			t.Fatalf("%d tensors, want %d", len(back), len(want))
		}
		for _, n := range back {
			if want[n.Name] == nil {
				t.Errorf("tensor %q was not written", n.Name)
			} else if d := same(n.Array, want[n.Name]); d != "" {
				t.Errorf("tensor %q %s", n.Name, d)
			}
		}
		var again bytes.Buffer
		if err := WriteSafetensors(&again, back, m); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("equal contents are not equal files (%v)", err)
		}
	})
}

// stFile is a file with the given header and so many bytes of data.
func stFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsErrors(t *testing.T) {
	entry := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"dtype":%q,"shape":%s,"data_offsets":%s}`, dtype, shape, offsets)
	}
	one := func(dtype, shape, offsets string, data int) []byte {
		return stFile(`{"w":`+entry(dtype, shape, offsets)+`}`, data)
	}
	two := func(a, b string, data int) []byte {
		return stFile(`{"a":`+entry("U8", "[4]", a)+`,"b":`+entry("U8", "[4]", b)+`}`, data)
	}
	if err := onlyError(one("F32", "[2]", "[0,8]", 8)); err != nil {
		t.Fatal(err)
	}
	if err := onlyError(two("[4,8]", "[0,4]", 8)); err != nil { // any order in the header
		t.Fatal(err)
	}
	checkErrors(t, []errorCase{
		{"empty", "0 bytes; a file starts with", nil},
		{"7 bytes", "7 bytes; a file starts with", make([]byte, 7)},
		{"header above the limit", "100000001 bytes; at most 100000000", binary.LittleEndian.AppendUint64(nil, 100_000_001)},
		{"header of 2^64-1", "18446744073709551615 bytes; at most", bytes.Repeat([]byte{255}, 16)},
		{"header truncated", "it is truncated", stFile(`{}`, 0)[:9]},
		{"header of nothing", "does not start with '{'", stFile("", 8)},
		{"leading space", "does not start with '{'", stFile(" {}", 0)},
		{"not JSON", "bad JSON", stFile("{]", 0)},
		{"open object", "bad JSON", stFile(`{"w":`, 0)},
		{"bad UTF-8", "not valid UTF-8", stFile("{\"\xff\":1}", 0)},
		{"text behind", "only spaces may follow", stFile("{} {}", 0)},
		{"zeros behind", "only spaces may follow", stFile("{}\x00\x00", 0)},
		{"trailing comma", "bad JSON", stFile(`{"w":`+entry("U8", "[1]", "[0,1]")+`,}`, 1)},
		{"tensor twice", `key "w" twice`, stFile(`{"w":`+entry("U8", "[1]", "[0,1]")+`,"w":`+entry("U8", "[1]", "[1,2]")+`}`, 2)},
		{"tensor twice by escape", `key "w" twice`, stFile(`{"w":`+entry("U8", "[1]", "[0,1]")+`,"\u0077":`+entry("U8", "[1]", "[1,2]")+`}`, 2)},
		{"metadata twice", `key "__metadata__" twice`, stFile(`{"__metadata__":{},"__metadata__":{}}`, 0)},
		{"metadata key twice", `key "a" twice`, stFile(`{"__metadata__":{"a":"1","a":"2"}}`, 0)},
		{"metadata number", `metadata "a": 1 is not a string`, stFile(`{"__metadata__":{"a":1}}`, 0)},
		{"metadata list", "wants an object", stFile(`{"__metadata__":[]}`, 0)},
		{"entry is a number", `tensor "w": wants an object`, stFile(`{"w":3}`, 0)},
		{"unknown key", `tensor "w": unknown key "color"`, stFile(`{"w":{"color":1}}`, 0)},
		{"field twice", `tensor "w": key "dtype" twice`, stFile(`{"w":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}`, 1)},
		{"no shape", "needs dtype, shape and data_offsets", stFile(`{"w":{"dtype":"U8","data_offsets":[0,1]}}`, 1)},
		{"BF16", `dtype "BF16" is not supported; F32, F64, I32, I64 and U8 are`, one("BF16", "[2]", "[0,4]", 4)},
		{"dtype is a number", "dtype: 4 is not a string", stFile(`{"w":{"dtype":4}}`, 0)},
		{"shape is a number", "wants a list of integers", one("U8", "4", "[0,4]", 4)},
		{"negative axis", "-4 is not an integer in", one("U8", "[-4]", "[0,4]", 4)},
		{"float axis", "4.0 is not an integer in", one("U8", "[4.0]", "[0,4]", 4)},
		{"exponent axis", "4e0 is not an integer in", one("U8", "[4e0]", "[0,4]", 4)},
		{"text axis", "4 is not an integer", one("U8", `["4"]`, "[0,4]", 4)},
		{"9 axes", "has 9 axes", one("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]", 1)},
		{"2^60 elements", "more elements than memory can hold", one("U8", "[1152921504606846976]", "[0,1152921504606846976]", 4)},
		{"2^64 elements by product", "more elements than memory can hold", one("U8", "[4294967296,4294967296]", "[0,0]", 0)},
		{"2^63 elements", "not an integer in 0..2^63-1", one("U8", "[9223372036854775808]", "[0,4]", 4)},
		{"2^40 elements", "lie outside the 4 bytes of data", one("U8", "[1099511627776]", "[0,1099511627776]", 4)},
		{"2^40 elements in 4 bytes", "hold 4 bytes; uint8 [1099511627776] takes 1099511627776", one("U8", "[1099511627776]", "[0,4]", 4)},
		{"size disagrees", "hold 8 bytes; float32 [3] takes 12", one("F32", "[3]", "[0,8]", 8)},
		{"type disagrees", "hold 8 bytes; float64 [2] takes 16", one("F64", "[2]", "[0,8]", 8)},
		{"end before begin", "lie outside", one("U8", "[4]", "[4,0]", 4)},
		{"end behind the file", "lie outside the 3 bytes", one("U8", "[4]", "[0,4]", 3)},
		{"one offset", "begin and end; there are 1", one("U8", "[4]", "[0]", 4)},
		{"three offsets", "begin and end; there are 3", one("U8", "[4]", "[0,4,8]", 4)},
		{"negative offset", "-1 is not an integer in", one("U8", "[4]", "[-1,3]", 4)},
		{"overlap", `tensor "b" starts at byte 2, before the tensor in front of it ends at 4`, two("[0,4]", "[2,6]", 6)},
		{"same place", `tensor "b" starts at byte 0`, two("[0,4]", "[0,4]", 4)},
		{"gap", `bytes 4 to 5 in front of tensor "b" belong to no tensor`, two("[0,4]", "[5,9]", 9)},
		{"gap at the start", `bytes 0 to 1 in front of tensor "w"`, one("U8", "[4]", "[1,5]", 5)},
		{"bytes behind", "5 bytes of data, of which the tensors take 4", one("U8", "[4]", "[0,4]", 5)},
		{"bytes of no tensor", "4 bytes of data, of which the tensors take 0", stFile("{}", 4)},
	}, onlyError)
}

func TestSafetensorsWriteErrors(t *testing.T) {
	w := golden(Float32, 3)
	for _, c := range []struct {
		want     string
		tensors  []Named
		metadata map[string]string
	}{
		{`two tensors are named "w"`, []Named{{"w", w}, {"w", golden(Int32, 1)}, {"v", w}}, nil},
		{"keeps for metadata", []Named{{"__metadata__", w}}, nil},
		{"not valid UTF-8", []Named{{"\xff", w}}, nil},
		{`metadata "a": "\xff" is not valid UTF-8`, nil, map[string]string{"a": "\xff"}},
		{`tensor "w" has no array`, []Named{{"w", nil}}, nil},
		{`tensor "w": the format has no name for element type invalid`, []Named{{"w", &Array{}}}, nil},
		{"at most 100000000", nil, map[string]string{"a": strings.Repeat("x", 100_000_000)}},
	} {
		var b bytes.Buffer
		err := WriteSafetensors(&b, c.tensors, c.metadata)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("says %v, want %q", err, c.want)
		}
		if b.Len() > 0 {
			t.Errorf("%q: %d bytes were written all the same", c.want, b.Len())
		}
	}
	for _, n := range []int{0, 70} {
		if err := WriteSafetensors(&failAfter{n}, []Named{{"w", w}}, nil); !errors.Is(err, errFull) {
			t.Errorf("full after %d bytes: %v", n, err)
		}
	}
}

// FuzzReadSafetensors: no input panics, and what is accepted survives a rewrite.
func FuzzReadSafetensors(f *testing.F) {
	f.Add(stFile(`{}`, 0))
	f.Add(stFile(`{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  `, 8))
	f.Add(stFile(`{"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]},"a":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]}}`, 9))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, metadata, err := readSafetensorsBytes(file)
		if err != nil {
			return
		}
		total := 0
		for _, n := range tensors {
			total += len(n.Array.data)
		}
		if total > len(file) {
			t.Fatalf("%d bytes of elements from a file of %d", total, len(file))
		}
		var b bytes.Buffer
		if err := WriteSafetensors(&b, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		back, m, err := readSafetensorsBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(m, metadata) {
			t.Fatalf("metadata %q, want %q", m, metadata)
		}
		if len(back) != len(tensors) {
			t.Fatalf("%d tensors, want %d", len(back), len(tensors))
		}
		want := map[string]*Array{}
		for _, n := range tensors {
			want[n.Name] = n.Array
		}
		for _, n := range back {
			if d := same(n.Array, want[n.Name]); d != "" {
				t.Fatalf("tensor %q %s", n.Name, d)
			}
		}
	})
}
