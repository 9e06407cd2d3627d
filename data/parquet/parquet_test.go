package parquet

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/tensor"
)

// recorded is testdata/recorded.json, written by testdata/record.py: the texts of
// each column's cells.
func recorded(t testing.TB) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var r map[string][]string
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t testing.TB, path string, at *table.Mark) *rows {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRows(bytes.NewReader(b), int64(len(b)), path, table.Limits{}, true, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readable are the columns that are neither lists nor groups.
func readable(r *rows) (used []int) {
	for i := range r.names {
		if r.footer.columns[i].refused == "" {
			used = append(used, i)
		}
	}
	return used
}

func equalCell(r *rows, i int, want string) bool {
	got := r.Text(i)
	v, ok := r.Number(i)
	if ok != (r.footer.columns[i].numeric() && want != "") {
		return false
	}
	if !ok {
		return got == want
	}
	w, err := strconv.ParseFloat(want, 64)
	if strings.ContainsAny(want, ".e") {
		g, err2 := strconv.ParseFloat(got, 64)
		return err == nil && err2 == nil && v == w && g == w
	}
	return err == nil && v == w && got == want
}

// Every encoding, compression and page version of a file by Apache Arrow, read
// to the bit; and from every row on, which passes pages without reading them.
func TestFiles(t *testing.T) {
	want := recorded(t)
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "long_") || name == "brotli.parquet" || name == "empty.parquet" {
			continue
		}
		for _, from := range []int{0, 1, 17, 49, 50, 63, 99, 100, 119, 120} {
			r := open(t, path, &table.Mark{Row: from})
			used := readable(r)
			if err := r.Use(used); err != nil {
				t.Fatal(err)
			}
			n := from
			for ; ; n++ {
				err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s, from row %d, row %d: %v", name, from, n, err)
				}
				for _, i := range used {
					if column := want[r.names[i]]; !equalCell(r, i, column[n]) {
						v, ok := r.Number(i)
						t.Fatalf("%s, from row %d: row %d of %q is %q (%v, %v), want %q", name, from, n, r.names[i], r.Text(i), v, ok, column[n])
					}
				}
			}
			if n != 120 || r.Row() != 120 {
				t.Errorf("%s, from row %d: ends at row %d", name, from, n)
			}
		}
	}
}

// Long texts that repeat, so that the codecs copy from far back: row i is
// "i%97" and i%11 times the alphabet's beginning, as record.py writes it.
func TestCodecs(t *testing.T) {
	for _, codec := range []string{"snappy", "lz4", "gzip", "zstd"} {
		r := open(t, "testdata/long_"+codec+".parquet", nil)
		if err := r.Use([]int{0}); err != nil {
			t.Fatal(err)
		}
		for i := range 3000 {
			if err := r.Next(); err != nil {
				t.Fatalf("%s, row %d: %v", codec, i, err)
			}
			if want := fmt.Sprintf("%d %s", i%97, strings.Repeat("abcdefghij", i%11)); r.Text(0) != want {
				t.Fatalf("%s, row %d: %q, want %q", codec, i, r.Text(0), want)
			}
		}
	}
}

// A table in Parquet and as text become the same examples by the same schema.
func TestSchemaIsSharedWithText(t *testing.T) {
	o := Options{Target: "word", Fill: table.Median, Columns: map[string]table.Kind{
		"list": table.Ignore, "group": table.Ignore, "nothing": table.Ignore, "path": table.Ignore,
		"i64": table.Ignore, "u64": table.Ignore, // beyond what float32 tells apart, but in range
	}}
	o.DType = tensor.Float64
	set, s, err := ReadFile("testdata/version2.parquet", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fit(set, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Complete(set); err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	want := recorded(t)
	var text strings.Builder
	names := []string{"i8", "i16", "i32", "u8", "u32", "f32", "f64", "flag", "word", "money", "day", "gaps", "gapword", "const"}
	text.WriteString(strings.Join(names, ";") + "\n")
	for i := range 120 {
		for j, n := range names {
			if j > 0 {
				text.WriteString(";")
			}
			text.WriteString(want[n][i])
		}
		text.WriteString("\n")
	}
	again, err := csv.Apply(s, strings.NewReader(text.String()), csv.Format{DType: tensor.Float64})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.X.Raw(), set.X.Raw()) || !slices.Equal(again.Labels(), set.Labels()) || !slices.Equal(again.Features, set.Features) {
		t.Error("the text gives other examples")
	}
	if !slices.Contains(set.Features, "flag=true") || !slices.Contains(set.Features, "gapword=blue") || !slices.Equal(set.Classes, []string{"green", "grey", "red"}) {
		t.Errorf("features %q, classes %q", set.Features, set.Classes)
	}
}

func TestSource(t *testing.T) {
	o := Options{Target: "word", Columns: map[string]table.Kind{"f64": table.Ignore}}
	whole, s, err := ReadFile("testdata/required.parquet", o)
	if err != nil {
		t.Fatal(err)
	}
	src := Source(s, "testdata/required2.parquet", table.Limits{})
	n, seekable, err := src.Count()
	if err != nil || n != 120 || !seekable {
		t.Fatalf("%d rows, seekable %v, %v", n, seekable, err)
	}
	for _, from := range []int{0, 77} {
		var x []byte
		for block, err := range src.BlocksFrom(from, 32) {
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, block.X.Raw()...)
		}
		if !bytes.Equal(x, whole.X.Raw()[from*whole.Width()*4:]) {
			t.Errorf("from row %d otherwise", from)
		}
	}
}

func TestMistakes(t *testing.T) {
	plain, err := os.ReadFile("testdata/required.parquet")
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(b []byte) []byte) []byte { return change(slices.Clone(plain)) }
	read := func(b []byte, o Options) error {
		_, _, err := Read(bytes.NewReader(b), int64(len(b)), "t.parquet", o)
		return err
	}
	file := func(name string, o Options) error {
		_, _, err := ReadFile("testdata/"+name, o)
		return err
	}
	all := map[string]table.Kind{"group": table.Ignore}
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"empty", read(nil, Options{}), "t.parquet: byte 0: the file has 0 bytes; a Parquet file begins and ends with PAR1"},
		{"text", read([]byte("a,b,c\n1,2,3\n4,5,6\n"), Options{}), `the file begins with "a,b,"; a Parquet file begins with PAR1`},
		{"cut off", read(plain[:len(plain)-5], Options{}), "instead of PAR1; it is cut off or damaged"},
		{"encrypted", read(with(func(b []byte) []byte { copy(b[len(b)-4:], "PARE"); return b }), Options{}), "the file is encrypted"},
		{"long footer", read(with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[len(b)-8:], 1<<31); return b }), Options{}), "the footer is said to be 2147483648 bytes long"},
		{"no rows", file("empty.parquet", Options{Columns: map[string]table.Kind{"list": table.Ignore, "group": table.Ignore}}), "there are no rows after the header"},
		{"list", file("plain.parquet", Options{Columns: all}), `column "list": the column cannot be read: it is a list; or ignore it`},
		{"group", file("plain.parquet", Options{Columns: map[string]table.Kind{"list": table.Ignore}}), `column "group": the column cannot be read: it is a group of columns`},
		{"brotli", file("brotli.parquet", Options{}), `column "i32": the page before this byte: it is compressed by BROTLI; snappy, gzip, zstd and lz4_raw can be read`},
		{"column", file("required.parquet", Options{Target: "wrod"}), `there is no target column "wrod"; did you mean "word"?`},
		{"memory", read(plain, Options{Limits: table.Limits{MaxBytes: 400}}), "the footer claims 120 rows; the limit is 400 bytes of memory"},
		{"missing", file("plain.parquet", Options{Columns: map[string]table.Kind{"list": table.Ignore, "group": table.Ignore, "nothing": table.Ignore}}), `row 4: column "gaps": the cell is missing`},
		{"number", file("required.parquet", Options{Columns: map[string]table.Kind{"word": table.Numeric}}), `row 1: column "word": "red" is not a number`},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) || strings.Contains(c.err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, c.err, c.want)
		}
	}
}

// A checksum finds any changed byte of a page.
func TestChecksum(t *testing.T) {
	b, err := os.ReadFile("testdata/plain.parquet")
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1 // in the first page's numbers
	o := Options{Columns: map[string]table.Kind{"list": table.Ignore, "group": table.Ignore}}
	if _, _, err := Read(bytes.NewReader(b), int64(len(b)), "t", o); err == nil || !strings.Contains(err.Error(), "its checksum is wrong") {
		t.Errorf("error %v", err)
	}
}

// claim is a file whose footer says what its bytes cannot hold.
func claim(footer []byte) []byte {
	b := append([]byte(magic), make([]byte, 100)...)
	b = append(b, footer...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(footer)))
	return append(b, magic...)
}

// A claim of 2^60 items is refused before anything is made of it: the footers
// are spelled out byte by byte.
func TestClaims(t *testing.T) {
	huge := []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10} // 2^60
	for name, footer := range map[string][]byte{
		"schema":     append([]byte{0x15, 2, 0x19, 0xfc}, huge...),                                        // field 2, a list of structs
		"groups":     append([]byte{0x15, 2, 0x19, 0x0c, 0x16, 0, 0x19, 0xfc}, huge...),                   // field 4
		"name":       append([]byte{0x15, 2, 0x19, 0x1c, 0x48}, huge...),                                  // the root's name
		"rows":       append([]byte{0x15, 2, 0x19, 0x1c, 0x48, 1, 'r', 0, 0x16}, append(huge, 0x00)...),   // field 3
		"skipped":    append([]byte{0x15, 2, 0xb9, 0xfc}, huge...),                                        // an unknown list
		"key values": append([]byte{0x15, 2, 0x19, 0x0c, 0x16, 0, 0x19, 0x0c, 0x19, 0xfc}, huge...),       // field 5
		"nested":     append([]byte{0x15, 2}, bytes.Repeat([]byte{0xcc}, 10_000)...),                      // structs in structs
		"empty":      {0x15, 2, 0x19, 0x0c, 0x16, 0, 0x19, 0x0c, 0},                                       // no schema
		"bare":       append([]byte{0x15, 2, 0x19, 0xfc, 0x90, 0x4e}, bytes.Repeat([]byte{0}, 10_000)...), // ten thousand nodes of nothing
	} {
		b := claim(footer)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := Read(bytes.NewReader(b), int64(len(b)), "t", Options{})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.HasPrefix(err.Error(), "t: byte ") {
			t.Errorf("%s: error %v", name, err)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 1<<20 {
			t.Errorf("%s: %d bytes made of %d", name, made, len(b))
		}
	}
}
