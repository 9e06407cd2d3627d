package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func readNpyBytes(b []byte) (*Array, error) {
	return ReadNpy(bytes.NewReader(b), int64(len(b)))
}

// TestNpyGolden reads what NumPy wrote (testdata/record.py) and, where the file is
// version 1.0, little-endian and in C order, writes the same bytes.
func TestNpyGolden(t *testing.T) {
	special := From([]float64{math.Float64frombits(0x7ff8000000000000), math.Inf(1), math.Inf(-1),
		math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64}, 6)
	for _, c := range []struct {
		file    string
		want    *Array
		rewrite bool
	}{
		{"f4.npy", golden(Float32, 2, 3), true},
		{"f8.npy", golden(Float64, 5), true},
		{"i4.npy", golden(Int32, 2, 2, 2), true},
		{"i8.npy", golden(Int64, 3, 1), true},
		{"u1.npy", golden(Uint8, 3, 5), true},
		{"scalar.npy", golden(Float64), true},
		{"empty.npy", golden(Int32, 0, 3), true},
		{"rank8.npy", golden(Uint8, 1, 2, 1, 2, 1, 2, 1, 1), true},
		{"special.npy", special, true},
		{"version2.npy", golden(Float32, 2, 3), false},
		{"fortran.npy", golden(Float64, 2, 3, 4), false},
		{"fortran_i4.npy", golden(Int32, 3, 2), false},
		{"big_endian.npy", golden(Float64, 2, 3), false},
		{"big_endian_fortran.npy", golden(Int32, 2, 3), false},
	} {
		file := readGolden(t, c.file)
		got, err := readNpyBytes(file)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if d := same(got, c.want); d != "" {
			t.Errorf("%s: %s", c.file, d)
		}
		var b bytes.Buffer
		if err := WriteNpy(&b, c.want); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
		if c.rewrite && !bytes.Equal(b.Bytes(), file) {
			t.Errorf("%s: written as\n%q, NumPy writes\n%q", c.file, b.Bytes(), file)
		}
		truncations(t, file, func(b []byte) error { _, err := readNpyBytes(b); return err })
	}
}

func TestNpyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyArray(t, "a")
		var b bytes.Buffer
		if err := WriteNpy(&b, a); err != nil {
			t.Fatal(err)
		}
		if start := b.Len() - len(a.data); start%64 != 0 {
			t.Errorf("%v: the data start at byte %d, not a multiple of 64", a.shape, start)
		}
		back, err := readNpyBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := same(back, a); d != "" {
			t.Error(d)
		}
	})
}

// TestNpyFortran checks the transposition of any rank by its definition: the
// element at an index lies at Σ index[i]·Π shape[:i].
func TestNpyFortran(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyArray(t, "a")
		size := a.dtype.Size()
		f := New(a.dtype, a.shape...)
		strides := a.shape.Strides()
		for i := range a.Size() {
			at, n := 0, 1
			for axis, d := range a.shape {
				at += i / strides[axis] % d * n
				n *= d
			}
			copy(f.data[at*size:(at+1)*size], a.data[i*size:])
		}
		var b bytes.Buffer
		if err := WriteNpy(&b, f); err != nil {
			t.Fatal(err)
		}
		file := bytes.Replace(b.Bytes(), []byte("'fortran_order': False"), []byte("'fortran_order': True "), 1)
		back, err := readNpyBytes(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := same(back, a); d != "" {
			t.Error(d)
		}
	})
}

// npyFile is a version 1.0 file with the given header and data.
func npyFile(header string, data int) []byte {
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestNpyErrors(t *testing.T) {
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
	with := func(old, new string) []byte { return npyFile(strings.Replace(good, old, new, 1), 24) }
	if _, err := readNpyBytes(npyFile(good, 24)); err != nil {
		t.Fatal(err)
	}
	huge := append([]byte(npyMagic), 2, 0, 0xff, 0xff, 0xff, 0xff)
	checkErrors(t, []errorCase{
		{"empty", "not a .npy file", nil},
		{"wrong magic", "not a .npy file", []byte("\x93NUMPX\x01\x00aa")},
		{"only the magic", "not a .npy file", []byte(npyMagic)},
		{"version 3", "version 3.0 is not supported; 1.0 and 2.0 are", append([]byte(npyMagic), 3, 0, 0, 0, 0, 0)},
		{"version 1.1", "version 1.1", append([]byte(npyMagic), 1, 1, 0, 0, 0, 0)},
		{"header of 4 GB", "at most 1048576", append(huge, make([]byte, 8)...)},
		{"header truncated", "it is truncated", npyFile(good, 0)[:40]},
		{"bool", `"|b1" is not supported; f4, f8, i4, i8 and u1 are`, readGolden(t, "bool.npy")},
		{"records", "array of records", readGolden(t, "records.npy")},
		{"half", `"<f2" is not supported`, with("<f4", "<f2")},
		{"native order", `"=f4" is not supported`, with("<f4", "=f4")},
		{"no order", `"|f4" is not supported`, with("<f4", "|f4")},
		{"too few elements", "takes 24 bytes; the file has 20", npyFile(good, 20)},
		{"too many elements", "takes 24 bytes; the file has 28", npyFile(good, 28)},
		{"2^60 elements", "more elements than memory can hold", with("(2, 3)", "(1152921504606846976,)")},
		{"2^64 elements by product", "more elements than memory can hold", with("(2, 3)", "(4294967296, 4294967296)")},
		{"2^40 elements", "takes 4398046511104 bytes; the file has 24", with("(2, 3)", "(1099511627776,)")},
		{"axis above an int", "in 0..2^63-1", with("(2, 3)", "(9223372036854775808,)")},
		{"9 axes", "has 9 axes", with("(2, 3)", "(1, 1, 1, 1, 1, 1, 1, 2, 3)")},
		{"negative axis", "wants integers", with("(2, 3)", "(-2, 3)")},
		{"float axis", "wants integers", with("(2, 3)", "(2.0, 3)")},
		{"no comma in the shape", "wants integers", with("(2, 3)", "(2 3)")},
		{"only a comma", "wants integers", with("(2, 3)", "(,)")},
		{"open shape", "wants integers", npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", 24)},
		{"list as shape", "wants a tuple", with("(2, 3)", "[2, 3]")},
		{"order as a string", "wants True or False", with("False", "'False'")},
		{"no dict", "wants a dict", with("{", "[")},
		{"open dict", "comma or the dict's end", with(", }", "")},
		{"text behind", "behind the dict", with("}", "} x")},
		{"key twice", `key "descr" twice`, with("'descr'", "'descr': '<f4', 'descr'")},
		{"unknown key", "name: unknown", with("'descr'", "'name': 'x', 'descr'")},
		{"no shape", "needs descr, fortran_order and shape", npyFile("{'descr': '<f4', 'fortran_order': False}", 24)},
		{"no colon", "wants a colon", with("'descr':", "'descr'")},
		{"bare key", "wants a quoted string", with("'descr'", "descr")},
		{"escape", "wants a plain quoted string", with("<f4", "<f\\x34")},
		{"open quote", "wants a plain quoted string", npyFile("{'descr", 24)},
	}, func(b []byte) error { _, err := readNpyBytes(b); return err })
}

func TestNpyWriteErrors(t *testing.T) {
	a := golden(Float32, 2, 3)
	for _, n := range []int{0, 130} {
		if err := WriteNpy(&failAfter{n}, a); !errors.Is(err, errFull) {
			t.Errorf("full after %d bytes: %v", n, err)
		}
	}
	if err := WriteNpy(&bytes.Buffer{}, &Array{}); err == nil || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("an array of no type: %v", err)
	}
}

// FuzzReadNpy: no input panics, and what is accepted survives a rewrite.
func FuzzReadNpy(f *testing.F) {
	f.Add(npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", 24))
	f.Add(npyFile(`{"shape":(2,1,3,),"fortran_order":True,"descr":">i8"}`, 48))
	f.Add(npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		a, err := readNpyBytes(file)
		if err != nil {
			return
		}
		if len(a.data) > len(file) {
			t.Fatalf("%d bytes of elements from a file of %d", len(a.data), len(file))
		}
		var b bytes.Buffer
		if err := WriteNpy(&b, a); err != nil {
			t.Fatal(err)
		}
		back, err := readNpyBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if d := same(back, a); d != "" {
			t.Fatal(d)
		}
	})
}
