package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

func packed(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header is an IDX header written out by the format's description.
func header(code byte, axes ...uint32) []byte {
	b := []byte{0, 0, code, byte(len(axes))}
	for _, a := range axes {
		b = binary.BigEndian.AppendUint32(b, a)
	}
	return b
}

// Every element type, its bytes spelled out by hand.
func TestReadEveryType(t *testing.T) {
	tests := []struct {
		code     byte
		elements []byte
		dtype    tensor.DType
		want     []float64
	}{
		{0x08, []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}, tensor.Uint8, []float64{0, 1, 127, 128, 254, 255}},
		{0x09, []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}, tensor.Int32, []float64{0, 1, 127, -128, -2, -1}},
		{0x0b, []byte{0, 1, 1, 0, 0x7f, 0xff, 0x80, 0, 0xff, 0xff, 0, 0}, tensor.Int32, []float64{1, 256, 32767, -32768, -1, 0}},
		{
			0x0c,
			[]byte{0, 0, 0, 1, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
			tensor.Int32, []float64{1, 65536, math.MaxInt32, math.MinInt32, -1, 0},
		},
		{ // 1, −2, 0.5, π rounded, the least denormal, −0
			0x0d,
			[]byte{0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0, 0x40, 0x49, 0x0f, 0xdb, 0, 0, 0, 1, 0x80, 0, 0, 0},
			tensor.Float32, []float64{1, -2, 0.5, float64(float32(math.Pi)), math.SmallestNonzeroFloat32, 0},
		},
		{ // 1, −2, 0.5, π, the least denormal, −0
			0x0e,
			[]byte{
				0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0,
				0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0,
			},
			tensor.Float64, []float64{1, -2, 0.5, math.Pi, math.SmallestNonzeroFloat64, 0},
		},
	}
	for _, c := range tests {
		for _, axes := range [][]uint32{{6}, {2, 3}, {1, 3, 1, 2}} {
			plain := append(header(c.code, axes...), c.elements...)
			readers := map[string]io.Reader{
				"plain":           bytes.NewReader(plain),
				"packed":          bytes.NewReader(packed(t, plain)),
				"byte by byte":    iotest.OneByteReader(bytes.NewReader(plain)),
				"packed, no size": iotest.HalfReader(bytes.NewReader(packed(t, plain))),
			}
			for how, r := range readers {
				a, err := Read(r, Options{})
				if err != nil {
					t.Errorf("code %02x, %s: %v", c.code, how, err)
					continue
				}
				if a.DType() != c.dtype || a.Shape().Rank() != len(axes) || a.Shape()[0] != int(axes[0]) {
					t.Errorf("code %02x, %s: read %v %v", c.code, how, a.DType(), a.Shape())
				}
				if got := a.Float64s(); !slices.Equal(got, c.want) {
					t.Errorf("code %02x, %s: %v, want %v", c.code, how, got, c.want)
				}
			}
		}
	}
}

func TestReadScalarAndEmpty(t *testing.T) {
	a, err := Read(bytes.NewReader([]byte{0, 0, 8, 0, 42}), Options{})
	if err != nil || a.Shape().Rank() != 0 || a.At(0) != 42 {
		t.Errorf("a scalar: %v, %v", a, err)
	}
	a, err = Read(bytes.NewReader(header(0x0d, 0, 28)), Options{})
	if err != nil || !a.Shape().Equal(tensor.Of(0, 28)) {
		t.Errorf("no elements: %v, %v", a, err)
	}
}

func TestMistakes(t *testing.T) {
	image := append(header(8, 2, 3), 1, 2, 3, 4, 5, 6)
	damaged := packed(t, image)
	damaged[len(damaged)-6] ^= 1 // in the checksum
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "some.idx: byte 0: the file is empty; an IDX header was expected"},
		{"two bytes", []byte{0, 0}, "some.idx: byte 2: the file ends here, 2 bytes before the end of the magic number"},
		{"text", []byte("label,pixel0\n"), "some.idx: byte 0: the magic number is 6c 61 62 65; IDX has 00 00, an element type (08, 09, 0b, 0c, 0d or 0e)"},
		{"unknown type", header(0x0a, 1), "the magic number is 00 00 0a 01"},
		{"nine axes", header(8, 1, 1, 1, 1, 1, 1, 1, 1, 1), "some.idx: byte 3: the header claims 9 axes; at most 8 are supported"},
		{"half an axis", header(8, 2, 3)[:10], "some.idx: byte 10: the file ends here, 2 bytes before the end of axis 1 of 2"},
		{"short", image[:15], "some.idx: byte 15: the file ends here, at byte 15 of the 18 that its header claims ([2 3] of uint8)"},
		{"short, packed", packed(t, image[:15]), "some.idx: byte 15 (uncompressed): the file ends here, 3 bytes before the end of the elements ([2 3] of uint8, 6 bytes in all)"},
		{"torn", packed(t, image)[:20], "(uncompressed): the file ends here"},
		{"more", append(slices.Clone(image), 0), "some.idx: byte 18: bytes follow the last element"},
		{"more, packed", packed(t, append(slices.Clone(image), 0)), "some.idx: byte 18 (uncompressed): bytes follow the last element"},
		{"checksum", damaged, "some.idx: byte 18 (uncompressed): the compressed data is damaged: gzip: invalid checksum"},
		{"gzip's magic alone", []byte{0x1f, 0x8b}, "the compressed data is damaged"},
		{"2^60", header(8, 1<<20, 1<<20, 1<<20), "some.idx: byte 4: the header claims [1048576 1048576 1048576] elements of uint8; the limit is 4294967296 bytes of memory"},
		{"2^128", header(8, 1<<31, 1<<31, 1<<31, 1<<31), "the limit is"},
		{"2^60, packed", packed(t, header(8, 1<<20, 1<<20, 1<<20)), "the limit is"},
		{"2^30, packed", packed(t, header(8, 1<<30)), "some.idx: byte 4 (uncompressed): the header claims [1073741824] elements of uint8; "},
	}
	for _, c := range tests {
		_, err := Read(bytes.NewReader(c.file), Options{Name: "some.idx"})
		var e *Error
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &e) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		// The same bytes without a known length are refused as well.
		if _, err := Read(iotest.OneByteReader(bytes.NewReader(c.file)), Options{Name: "some.idx"}); err == nil {
			t.Errorf("%s: accepted from a stream", c.name)
		}
	}
}

// A file cut at any byte is an error that names that byte, never a panic.
func TestTruncatedAnywhere(t *testing.T) {
	whole := append(header(0x0b, 2, 3), make([]byte, 12)...)
	for n := range whole {
		_, err := Read(iotest.OneByteReader(bytes.NewReader(whole[:n])), Options{})
		var e *Error
		if !errors.As(err, &e) || e.Offset != int64(n) {
			t.Errorf("cut at byte %d: error %v", n, err)
		}
		if n > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at byte %d: %v is no ErrUnexpectedEOF", n, err)
		}
	}
}

// A stream that claims 2 GiB and ends is refused without 2 GiB being allocated,
// and a small compressed file that unpacks without end is read to its header's
// claim and no further.
func TestLyingHeadersAllocateLittle(t *testing.T) {
	bomb := packed(t, append(header(8, 100), make([]byte, 64<<20)...))
	tests := []struct {
		name string
		r    io.Reader
	}{
		{"stream", iotest.DataErrReader(bytes.NewReader(append(header(8, 2<<30-1), make([]byte, 1000)...)))},
		{"bomb", bytes.NewReader(bomb)},
		{"bomb, no size", iotest.DataErrReader(bytes.NewReader(bomb))},
	}
	for _, c := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(c.r, Options{})
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", c.name)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > trusted+1<<20 {
			t.Errorf("%s: %d bytes were allocated (%v)", c.name, got, err)
		}
	}
}

func TestMaxBytesCountsWidenedElements(t *testing.T) {
	file := append(header(9, 100), make([]byte, 100)...)
	if _, err := Read(bytes.NewReader(file), Options{MaxBytes: 399}); err == nil {
		t.Error("100 int8 need 400 bytes as int32")
	}
	if _, err := Read(bytes.NewReader(file), Options{MaxBytes: 400}); err != nil {
		t.Error(err)
	}
}

// More than the trusted size from a stream of unknown length takes the path
// that reads the beginning first, for types of every width.
func TestLongStream(t *testing.T) {
	for _, c := range []byte{0x08, 0x0b, 0x0c} {
		k, _ := codeOf(c)
		n := trusted/k.size + 1001
		elements := make([]byte, n*k.size)
		for i := range elements {
			elements[i] = byte(i >> 3)
		}
		want, err := Read(bytes.NewReader(append(header(c, uint32(n)), elements...)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(iotest.DataErrReader(bytes.NewReader(append(header(c, uint32(n)), elements...))), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Raw(), want.Raw()) {
			t.Errorf("code %02x: a stream reads otherwise than a file", c)
		}
	}
}

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.idx")
	if err := os.WriteFile(path, append(header(8, 3), 7, 8), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), path+": byte 10: the file ends here, at byte 10 of the 11") {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(path, append(header(8, 3), 7, 8, 9), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := ReadFile(path)
	if err != nil || !slices.Equal(a.Raw(), []byte{7, 8, 9}) {
		t.Errorf("%v, %v", a, err)
	}
	if _, err := ReadFile(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom([]tensor.DType{tensor.Uint8, tensor.Int32, tensor.Float32, tensor.Float64}).Draw(t, "dtype")
		a := tensor.New(d, rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")...)
		for i := range a.Raw() {
			a.Raw()[i] = rapid.Byte().Draw(t, "byte")
		}
		var b bytes.Buffer
		if err := Write(&b, a); err != nil {
			t.Fatal(err)
		}
		if want := 4 + 4*a.Shape().Rank() + len(a.Raw()); b.Len() != want {
			t.Fatalf("%d bytes for %v %v, want %d", b.Len(), d, a.Shape(), want)
		}
		got, err := Read(&b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.DType() != d || !got.Shape().Equal(a.Shape()) || !bytes.Equal(got.Raw(), a.Raw()) {
			t.Fatalf("%v %v came back as %v %v", d, a.Shape(), got.DType(), got.Shape())
		}
	})
}

func TestWriteMistakes(t *testing.T) {
	if err := Write(io.Discard, tensor.New(tensor.Int64, 2)); err == nil || !strings.Contains(err.Error(), "the format has no int64") {
		t.Errorf("error %v", err)
	}
	if err := Write(failingWriter{}, tensor.New(tensor.Float32, 100000)); err == nil || err.Error() != "full" {
		t.Errorf("error %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// Whatever the bytes: no panic, no more memory than the limit, and what is read
// writes back to the same elements.
func FuzzRead(f *testing.F) {
	for _, c := range codes {
		plain := append(header(c.value, 2, 2), make([]byte, 4*c.size)...)
		f.Add(plain)
		f.Add(packed(f, plain))
	}
	f.Add(header(8, 1<<20, 1<<20, 1<<20))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		a, err := Read(bytes.NewReader(b), Options{Name: "fuzz", MaxBytes: limit})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz: byte ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if len(a.Raw()) > limit {
			t.Fatalf("%d bytes over a limit of %d", len(a.Raw()), limit)
		}
		var w bytes.Buffer
		if err := Write(&w, a); err != nil {
			t.Fatal(err)
		}
		again, err := Read(&w, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if again.DType() != a.DType() || !again.Shape().Equal(a.Shape()) || !bytes.Equal(again.Raw(), a.Raw()) {
			t.Fatal("what was read does not write back")
		}
	})
}
