package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godescent/descent/tensor"
)

// What each pair of arrays becomes, by the rules of Arrays.
func TestArrays(t *testing.T) {
	bytes := tensor.From([]uint8{1, 2, 3, 4, 5, 6}, 3, 2)
	whole := tensor.From([]int64{1, 2, 3, 4, 5, 6}, 3, 2)
	line := tensor.From([]float64{1, 2, 3}, 3)
	labels := tensor.From([]int64{2, 0, 2}, 3)
	for _, c := range []struct {
		name   string
		a      Arrays
		x, y   *tensor.Array
		xType  tensor.DType
		xShape tensor.Shape
		yType  tensor.DType
		yShape tensor.Shape
		class  []string
	}{
		{"bytes", Arrays{}, bytes, labels, tensor.Uint8, tensor.Of(3, 2), tensor.Int32, tensor.Of(3), []string{"0", "1", "2"}},
		{"no names", Arrays{Classes: []string{}}, bytes, labels, tensor.Uint8, tensor.Of(3, 2), tensor.Int32, tensor.Of(3), []string{"0", "1", "2"}},
		{"whole", Arrays{}, whole, line, tensor.Float32, tensor.Of(3, 2), tensor.Float32, tensor.Of(3, 1), nil},
		{"indices", Arrays{Indices: true, Classes: []string{"a", "b", "c"}}, whole, labels, tensor.Int32, tensor.Of(3, 2), tensor.Int32, tensor.Of(3), []string{"a", "b", "c"}},
		{"line", Arrays{DType: tensor.Float64}, line, nil, tensor.Float64, tensor.Of(3, 1), 0, nil, nil},
		{"positions", Arrays{Indices: true}, bytes, bytes, tensor.Int32, tensor.Of(3, 2), tensor.Int32, tensor.Of(3, 2), []string{"0", "1", "2", "3", "4", "5", "6"}},
	} {
		set, err := c.a.Set(c.x, c.y)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err := set.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if set.X.DType() != c.xType || !set.X.Shape().Equal(c.xShape) || !slices.Equal(set.X.Float64s(), c.x.Float64s()) {
			t.Errorf("%s: X is %v %v", c.name, set.X.DType(), set.X.Shape())
		}
		if c.y != nil && (set.Y.DType() != c.yType || !set.Y.Shape().Equal(c.yShape) || !slices.Equal(set.Y.Float64s(), c.y.Float64s())) {
			t.Errorf("%s: Y is %v %v", c.name, set.Y.DType(), set.Y.Shape())
		}
		if !slices.Equal(set.Classes, c.class) {
			t.Errorf("%s: classes %q", c.name, set.Classes)
		}
	}
	for _, c := range []struct {
		name string
		a    Arrays
		x, y *tensor.Array
		want string
	}{
		{"single", Arrays{Name: "f"}, tensor.New(tensor.Float32), nil, "f: the examples are a single number"},
		{"rows", Arrays{Name: "f"}, bytes, tensor.New(tensor.Int32, 2), "f: the examples are [3 2] and the targets [2]"},
		{"negative", Arrays{Name: "f"}, line, tensor.From([]int32{0, -1, 1}, 3), "f: whole targets from -1 to 1; classes are numbers from 0 to 99999"},
		{"classes", Arrays{Name: "f", Classes: []string{"a", "b"}}, line, labels, "f: whole targets from 0 to 2; there are 2 classes, 0 to 1"},
		{"indices", Arrays{Name: "f", Indices: true}, line, nil, "f: the examples are float64; indices of a vocabulary are whole numbers"},
		{"range", Arrays{Name: "f"}, tensor.From([]float64{1, 1e39}, 2), nil, "f: element 1, 1e+39, is outside the range of float32"},
		{"class range", Arrays{Name: "f"}, line, tensor.From([]int64{1, 2, 1 << 40}, 3), "f: element 2, 1.099511627776e+12, is no class: int32 does not hold it"},
		{"type", Arrays{Name: "f", DType: tensor.Int32}, line, nil, "f: numbers are float32 or float64, not int32"},
	} {
		if _, err := c.a.Set(c.x, c.y); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// A file that is written to or cut while it is read is an error of whoever reads it next.
func TestFileRowsChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, 400)); err != nil {
		t.Fatal(err)
	}
	open := func() *FileRows {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return &FileRows{Name: "x", DType: tensor.Float32, Shape: tensor.Of(50, 2), File: f, Opened: info}
	}
	block := tensor.New(tensor.Float32, 10, 2)
	for _, c := range []struct {
		name   string
		change func() error
		want   string
	}{
		{"cut", func() error { return f.Truncate(320) }, "x: the file changed while it was read: it had 400 bytes and has 320"},
		{"grown", func() error { return f.Truncate(500) }, "x: the file changed while it was read: it had 320 bytes and has 500"},
		{"written", func() error {
			return os.Chtimes(path, time.Time{}, time.Date(2020, 1, 2, 3, 4, 5, 0, time.Local))
		}, "x: the file changed while it was read: it was written to at 03:04:05"},
	} {
		rows := open()
		if c.name != "grown" {
			if err := rows.Read(0, block); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		if err := rows.Read(10, block); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
