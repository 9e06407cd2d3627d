package tensor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// golden is the array that testdata/record.py calls array(dtype, *shape).
func golden(d DType, dims ...int) *Array {
	a := New(d, dims...)
	for i := range a.Size() {
		switch d {
		case Float32, Float64:
			a.SetAt(i, float64(i)*0.75-2)
		case Int32:
			Slice[int32](a)[i] = 1 - int32(i)*300000007
		case Int64:
			Slice[int64](a)[i] = int64(i)*3000000000000000007 - 1
		case Uint8:
			a.data[i] = uint8(7 * i)
		}
	}
	return a
}

// same reports how two arrays differ, "" if in nothing: bit for bit, so that
// NaNs and signed zeros count.
func same(got, want *Array) string {
	switch {
	case got.dtype != want.dtype:
		return fmt.Sprintf("is %v, want %v", got.dtype, want.dtype)
	case !got.shape.Equal(want.shape):
		return fmt.Sprintf("is %v, want %v", got.shape, want.shape)
	case !bytes.Equal(got.data, want.data):
		return fmt.Sprintf("holds %v, want %v", got.Float64s(), want.Float64s())
	}
	return ""
}

func readGolden(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// anyArray draws an array of any type and shape, its memory arbitrary bytes.
func anyArray(t *rapid.T, label string) *Array {
	d := rapid.SampledFrom([]DType{Uint8, Int32, Int64, Float32, Float64}).Draw(t, label+" dtype")
	dims := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, label+" shape")
	a := New(d, dims...)
	copy(a.data, rapid.SliceOfN(rapid.Byte(), len(a.data), len(a.data)).Draw(t, label+" bytes"))
	return a
}

// failAfter is a disk that is full after n bytes.
type failAfter struct{ n int }

var errFull = errors.New("disk full")

func (w *failAfter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		return 0, errFull
	}
	w.n -= len(b)
	return len(b), nil
}

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestReverseElements(t *testing.T) {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for _, c := range []struct {
		size int
		want []byte
	}{
		{1, []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		{4, []byte{4, 3, 2, 1, 8, 7, 6, 5}},
		{8, []byte{8, 7, 6, 5, 4, 3, 2, 1}},
	} {
		got := slices.Clone(b)
		if reverseElements(got, c.size); !bytes.Equal(got, c.want) {
			t.Errorf("size %d: %v, want %v", c.size, got, c.want)
		}
	}
}

// errorCase is a file that must be refused with a line that names the trouble.
type errorCase struct {
	name, want string
	file       []byte
}

func checkErrors(t *testing.T, cases []errorCase, read func([]byte) error) {
	t.Helper()
	for _, c := range cases {
		var err error
		n := allocated(func() { err = read(c.file) })
		switch {
		case err == nil:
			t.Errorf("%s: accepted", c.name)
		case !strings.Contains(err.Error(), c.want):
			t.Errorf("%s: says %q, which has no %q", c.name, err, c.want)
		case strings.ContainsRune(err.Error(), '\n'):
			t.Errorf("%s: says more than a line: %q", c.name, err)
		}
		if n > 1<<20 {
			t.Errorf("%s: allocates %d bytes for a file of %d", c.name, n, len(c.file))
		}
	}
}

// truncations cuts file at every byte.
func truncations(t *testing.T, file []byte, read func([]byte) error) {
	t.Helper()
	for n := range file {
		if read(file[:n]) == nil {
			t.Errorf("the first %d of %d bytes are accepted", n, len(file))
		}
	}
	if read(append(slices.Clone(file), 0)) == nil {
		t.Error("a byte more is accepted")
	}
}

func TestHostOrder(t *testing.T) {
	a := From([]float32{1}, 1)
	if got := a.LittleEndian(); binary.LittleEndian.Uint32(got) != math.Float32bits(1) {
		t.Errorf("1 as float32 is written %x", got)
	}
}

// TestShrunkFile: a file that got shorter after its size was taken is an error
// wherever it ends, not an array of zeros.
func TestShrunkFile(t *testing.T) {
	npy, st := readGolden(t, "f8.npy"), readGolden(t, "plain.safetensors")
	for n := range npy {
		if _, err := ReadNpy(bytes.NewReader(npy[:n]), int64(len(npy))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("npy cut to %d bytes: %v", n, err)
		}
	}
	for n := range st {
		if _, _, err := ReadSafetensors(bytes.NewReader(st[:n]), int64(len(st))); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("safetensors cut to %d bytes: %v", n, err)
		}
	}
}
