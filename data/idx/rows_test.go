package idx

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// A block of rows is the same part of the whole file.
func TestOpenRows(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := append(header(0x0d, 3, 2), 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0, 0x40, 0x49, 0x0f, 0xdb, 0, 0, 0, 1, 0x80, 0, 0, 0)
	path := write("f.idx", plain)
	whole, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, file, err := OpenRows(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	src, err := data.Arrays{Name: "f"}.Source(rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	for from := range 4 {
		var got []byte
		for block, err := range src.BlocksFrom(from, 2) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, block.X.Raw()...)
		}
		if !bytes.Equal(got, whole.Raw()[8*from:]) {
			t.Errorf("from row %d: % x", from, got)
		}
	}
	if rows.DType != tensor.Float32 {
		t.Errorf("%v", rows.DType)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"packed.idx", packed(t, plain), "packed.idx: the file is compressed"},
		{"int16.idx", append(header(0x0b, 1, 1), 0, 1), "int16.idx: elements of int16 are read as a whole only"},
		{"scalar.idx", []byte{0, 0, 8, 0, 42}, "scalar.idx: the array is a single number"},
		{"short.idx", plain[:20], "short.idx: byte 20: the file ends here"},
		{"huge.idx", header(8, 1<<31, 1<<31), "huge.idx: byte "},
	} {
		if _, _, err := OpenRows(write(c.name, c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
