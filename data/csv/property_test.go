package csv

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// Any table of numbers and texts, written by encoding/csv with any delimiter:
// the numbers come back to the bit, the texts as the category they were, and
// the order of the rows does not change the schema.
func TestAnyTable(t *testing.T) {
	word := rapid.StringMatching(`[a-z][a-z ,;"]{0,5}[a-z]`)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		vocabulary := rapid.SliceOfNDistinct(word, 2, 5, rapid.ID[string]).Draw(t, "vocabulary")
		numbers, texts := make([]float64, n), make([]string, n)
		rows := [][]string{{"number", "text", "y"}}
		for i := range n {
			numbers[i] = rapid.Float64Range(-1e300, 1e300).Draw(t, "number")
			texts[i] = rapid.SampledFrom(vocabulary).Draw(t, "text")
			rows = append(rows, []string{strconv.FormatFloat(numbers[i], 'g', -1, 64), texts[i], strconv.Itoa(i)})
		}
		delimiter := rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "delimiter")
		write := func(rows [][]string) string {
			var b bytes.Buffer
			w := stdcsv.NewWriter(&b)
			w.Comma = delimiter
			if err := w.WriteAll(rows); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		o := Options{Target: "y", Missing: []string{}, Format: Format{DType: tensor.Float64}} // "na" is a word here
		set, s, err := Read(iotest.DataErrReader(strings.NewReader(write(rows))), o)
		if err != nil {
			t.Fatal(err)
		}
		categories := s.Columns[1].Categories
		for i := range n {
			if got := set.X.At(i * set.Width()); got != numbers[i] {
				t.Fatalf("row %d: number %v, want %v", i, got, numbers[i])
			}
			for k, c := range categories {
				want := 0.0
				if c == texts[i] {
					want = 1
				}
				if got := set.X.At(i*set.Width() + 1 + k); got != want {
					t.Fatalf("row %d: feature %q is %v for the text %q", i, set.Features[1+k], got, texts[i])
				}
			}
			if got := set.Y.At(i); got != float64(i) {
				t.Fatalf("row %d: target %v", i, got)
			}
		}
		slices.Reverse(rows[1:])
		_, reversed, err := Read(strings.NewReader(write(rows)), o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(reversed.Columns[1].Categories, categories) {
			t.Fatalf("categories %q in reverse, %q before", reversed.Columns[1].Categories, categories)
		}
	})
}

// Whatever the bytes: no panic, one-line errors that name the file, and what is
// read is valid and reads the same through the schema's JSON.
func FuzzRead(f *testing.F) {
	f.Add("x,y\n1,a\n2,b\n", "y", byte(0))
	f.Add("x;c;y\n1;\"a;b\";2\n3;d;4\n", "y", byte(1))
	f.Add(prices, "price", byte(2))
	f.Add("\ufeffa\tb\n1\t2\n", "", byte(3))
	f.Add("a,b\n1,\"2\n", "a", byte(4))
	f.Add("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "", byte(5))
	f.Add("a,b\n1,1e999\n", "b", byte(6))
	f.Add("a,b\n1,x\n,y\nNA,?\n", "b", byte(8+32))
	f.Add("a,b\n1,x\n,y\nNA,?\n2,z\n", "b", byte(16))
	f.Fuzz(func(t *testing.T, text, target string, choice byte) {
		o := Options{Target: target, Format: Format{Name: "fuzz", MaxRowBytes: 1 << 10, MaxBytes: 1 << 20, MaxCategories: 20}}
		if choice&1 != 0 {
			o.Categorical = Index
		}
		if choice&2 != 0 {
			o.Task = Classification
		}
		if choice&4 != 0 {
			o.DType = tensor.Float64
		}
		if choice&8 != 0 {
			o.Fill = table.Median
		}
		if choice&16 != 0 {
			o.Fill = table.Drop
		}
		o.Indicator = choice&32 != 0
		set, s, err := Read(strings.NewReader(text), o)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if err := s.Fit(set, nil); err != nil {
			return // a median too large for float64
		}
		if err := s.Complete(set); err != nil {
			t.Fatal(err)
		}
		if err := set.Validate(); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Schema
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		again, err := Apply(&back, strings.NewReader(text), o.Format)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.X.Raw(), set.X.Raw()) || (set.Y == nil) != (again.Y == nil) ||
			set.Y != nil && !bytes.Equal(again.Y.Raw(), set.Y.Raw()) {
			t.Fatal("the schema reads the file otherwise")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	for j := range 20 {
		fmt.Fprintf(&text, "x%d,", j)
	}
	text.WriteString("class\n")
	for i := range 5000 {
		for j := range 20 {
			fmt.Fprintf(&text, "%.3f,", float64(i*j%977)/7)
		}
		fmt.Fprintf(&text, "c%d\n", i%5)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for range b.N {
		if _, _, err := Read(strings.NewReader(text.String()), Options{Target: "class"}); err != nil {
			b.Fatal(err)
		}
	}
}
