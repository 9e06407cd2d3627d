package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// What record.py wrote with NumPy.
func TestArchives(t *testing.T) {
	for _, path := range []string{"testdata/stored.npz", "testdata/deflated.npz"} {
		a, err := OpenArchive(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		if !slices.Equal(a.Names(), []string{"x", "y", "w"}) {
			t.Errorf("%s: %q", path, a.Names())
		}
		x, err := a.Read("x")
		if err != nil {
			t.Fatal(err)
		}
		if x.DType() != tensor.Uint8 || !x.Shape().Equal(tensor.Of(2, 3, 4)) {
			t.Fatalf("%s: x is %v %v", path, x.DType(), x.Shape())
		}
		for i, v := range x.Raw() {
			if int(v) != i*7%251 {
				t.Errorf("%s: x[%d] is %d", path, i, v)
			}
		}
		y, err := a.Read("y")
		if err != nil || y.DType() != tensor.Int64 || !slices.Equal(y.Float64s(), []float64{1, 0}) {
			t.Errorf("%s: y is %v, %v", path, y, err)
		}
		w, err := a.Read("w")
		if err != nil || w.DType() != tensor.Float32 || !slices.Equal(w.Float64s(), []float64{0, 0.25, 0.5, 0.75, 1, 1.25}) {
			t.Errorf("%s: w is %v, %v", path, w, err)
		}
		if _, err := a.Read("z"); err == nil || !strings.Contains(err.Error(), path+`: there is no array "z"; known: x, y, w`) {
			t.Errorf("error %v", err)
		}
	}
}

// Rows 0, 1, 2 ... of three big-endian floats each, from anywhere.
func TestRows(t *testing.T) {
	rows, file, err := OpenRows("testdata/rows.npy")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	labels, err := ReadFile("testdata/labels.npy", 0)
	if err != nil {
		t.Fatal(err)
	}
	src, err := data.Arrays{Name: "rows", DType: tensor.Float64}.Source(rows, labels)
	if err != nil {
		t.Fatal(err)
	}
	n, seekable, err := src.Count()
	if n != 7 || !seekable || err != nil {
		t.Errorf("%d rows, %v, %v", n, seekable, err)
	}
	for from := range 8 {
		at := 3 * from
		for block, err := range src.BlocksFrom(from, 2) {
			if err != nil {
				t.Fatal(err)
			}
			if err := block.Validate(); err != nil {
				t.Fatal(err)
			}
			for i, v := range block.X.Float64s() {
				if v != float64(at+i) {
					t.Errorf("from row %d: %v, want %d", from, v, at+i)
				}
			}
			for i, c := range block.Labels() {
				if int(c) != (at/3+i)%3 {
					t.Errorf("from row %d: class %d", from, c)
				}
			}
			at += block.X.Size()
		}
		if at != 21 {
			t.Errorf("from row %d: ends at %d", from, at)
		}
	}
	if _, _, err := OpenRows("testdata/fortran.npy"); err == nil || !strings.Contains(err.Error(), "stored in Fortran order") {
		t.Errorf("error %v", err)
	}
	// What the file lacks is named by its byte.
	short, err := os.ReadFile("testdata/rows.npy")
	if err != nil {
		t.Fatal(err)
	}
	rows.File = bytes.NewReader(short[:len(short)-5])
	err = rows.Read(0, tensor.New(tensor.Float32, 7, 3))
	if err == nil || !strings.Contains(err.Error(), "rows.npy: byte 207: the file ends here, in row 6 of 7") {
		t.Errorf("error %v", err)
	}
}

// member is where the central directory's entry of the archive's last member
// starts.
func member(t *testing.T, b []byte) int {
	t.Helper()
	at := bytes.LastIndex(b, []byte("PK\x01\x02"))
	if at < 0 {
		t.Fatal("no directory")
	}
	return at
}

func TestMistakes(t *testing.T) {
	zeros, err := os.ReadFile("testdata/zeros.npz")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := os.ReadFile("testdata/stored.npz")
	if err != nil {
		t.Fatal(err)
	}
	// put writes a number of four bytes at a place of the directory's entry.
	put := func(b []byte, at int, v uint32) []byte {
		b = slices.Clone(b)
		binary.LittleEndian.PutUint32(b[member(t, b)+at:], v)
		return b
	}
	other := func(name string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for range 2 {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte("hello"))
		}
		z.Close()
		return b.Bytes()
	}
	for _, c := range []struct {
		name  string
		file  []byte
		array string
		limit int64
		want  string
	}{
		{"empty", nil, "x", 0, "t.npz: an .npz file is a zip archive: zip: not a valid zip file"},
		{"text", other("read.me"), "x", 0, `t.npz: member "read.me" is no .npy file`},
		{"twice", other("x.npy"), "x", 0, `t.npz: member "x.npy" is there twice`},
		{"limit", zeros, "x", 1 << 20, "t.npz: x.npy: it claims to unpack to 1200128 bytes; the limit is 1048576 bytes of memory"},
		{"bomb", put(zeros, 24, 1<<31), "x", 0, "it claims to unpack to 2147483648 bytes; "}, // the size: offset 24 of an entry
		{"longer than claimed", put(zeros, 24, 600_000), "x", 0, "t.npz: x.npy: "},
		{"longer than the file", put(zeros, 20, 1<<31), "x", 0, "it claims 2147483648 bytes of a file of "},
		{"stored otherwise", put(stored, 24, 5), "w", 0, "it claims to unpack to 5 bytes"},
		{"checksum", put(stored, 16, 1), "w", 0, "checksum"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		a, err := NewArchive(bytes.NewReader(c.file), int64(len(c.file)), "t.npz", c.limit)
		if err == nil {
			_, err = a.Read(c.array)
		}
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 8<<20 {
			t.Errorf("%s: %d bytes made", c.name, made)
		}
	}
	if _, err := ReadFile("testdata/rows.npy", 100); err == nil || !strings.Contains(err.Error(), "rows.npy: an array of 212 bytes; the limit is 100") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile("testdata/none.npy", 0); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile("testdata", 0); err == nil {
		t.Error("a folder is read")
	}
}

// Whatever the bytes: no panic, errors that name the file, and no array beyond
// the limit.
func FuzzArchive(f *testing.F) {
	for _, path := range []string{"testdata/stored.npz", "testdata/deflated.npz", "testdata/zeros.npz"} {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := NewArchive(bytes.NewReader(b), int64(len(b)), "fuzz", 1<<16)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz: ") {
				t.Errorf("error %q", err)
			}
			return
		}
		for _, name := range a.Names() {
			x, err := a.Read(name)
			if err != nil && !strings.HasPrefix(err.Error(), "fuzz: ") {
				t.Errorf("error %q", err)
			}
			if err == nil && len(x.Raw()) > 1<<16 {
				t.Errorf("%d bytes", len(x.Raw()))
			}
		}
	})
}

// The header alone, whatever it is, promises what the file holds.
func FuzzRows(f *testing.F) {
	for _, path := range []string{"testdata/rows.npy", "testdata/labels.npy", "testdata/fortran.npy"} {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := tensor.ReadNpyHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if int64(h.Shape.Size()*h.DType.Size())+h.Offset != int64(len(b)) {
			t.Errorf("%v of a file of %d", h, len(b))
		}
	})
}
