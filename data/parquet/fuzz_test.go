package parquet

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/data/table"
	packer "github.com/klauspost/compress/snappy"
	"pgregory.net/rapid"
)

// Whatever the bytes: no panic, one-line errors that name the file, and what is
// read is valid.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil {
		f.Fatal(err)
	}
	for i, path := range files {
		if strings.Contains(path, "long_") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "word", byte(i))
	}
	f.Fuzz(func(t *testing.T, b []byte, target string, choice byte) {
		o := Options{Target: target, Fill: table.Mean, Limits: table.Limits{MaxBytes: 1 << 18, MaxCategories: 50}}
		o.Columns = map[string]table.Kind{}
		if choice&1 != 0 {
			o.Fill = table.Drop
		}
		// Lists and groups are ignored where there are any.
		if r, err := openRows(bytes.NewReader(b), int64(len(b)), "fuzz", o.Limits, true, nil, nil); err == nil {
			for i, c := range r.footer.columns {
				if c.refused != "" || choice&2 != 0 && i%2 == 0 && c.name != target {
					o.Columns[c.name] = table.Ignore
				}
			}
		}
		set, s, err := Read(bytes.NewReader(b), int64(len(b)), "fuzz", o)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if err := s.Fit(set, nil); err != nil {
			return
		}
		if err := s.Complete(set); err != nil {
			t.Fatal(err)
		}
		if err := set.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever the bytes: no panic and no more than was claimed.
func FuzzUnpack(f *testing.F) {
	f.Add([]byte("\x0b\x28hello world"), 11, byte(snappy))
	f.Add([]byte("\x50hello\x05\x00\x50world"), 14, byte(lz4Raw))
	f.Add([]byte("\x0a\x00a\x0d\x01"), 8, byte(snappy))
	f.Fuzz(func(t *testing.T, b []byte, size int, which byte) {
		size = min(max(size, 0), 1<<16)
		k := []codec{uncompressed, snappy, lz4Raw, gzipped, zstandard}[which%5]
		if out, err := new(file).unpack(k, nil, b, size); err == nil && len(out) != size {
			t.Errorf("%d bytes of %d", len(out), size)
		}
	})
}

// What another implementation packs unpacks to what it was, whatever it is: texts
// that repeat near and far.
func TestSnappy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var b []byte
		for len(b) < rapid.IntRange(0, 200_000).Draw(t, "size") {
			n := 1 + r.IntN(300)
			if from := len(b) - 1 - r.IntN(1+len(b)); len(b) > 0 && from >= 0 && r.IntN(3) > 0 {
				b = append(b, b[from:min(len(b), from+n)]...)
				continue
			}
			for range n {
				b = append(b, byte(r.IntN(256)))
			}
		}
		got, err := new(file).unpack(snappy, nil, packer.Encode(nil, b), len(b))
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes come back otherwise, %v", len(b), err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	file, err := os.ReadFile("testdata/version2_plain.parquet")
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Target: "word", Fill: table.Drop, Columns: map[string]table.Kind{"list": table.Ignore, "group": table.Ignore, "nothing": table.Ignore}}
	for range b.N {
		if _, _, err := Read(bytes.NewReader(file), int64(len(file)), "t", o); err != nil {
			b.Fatal(err)
		}
	}
}
