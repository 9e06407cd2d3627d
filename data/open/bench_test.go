package open

import (
	"fmt"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// BenchmarkStream is how many rows a second a stream reads ahead, from text and from
// an array: a step that takes fewer does not wait for it.
func BenchmarkStream(b *testing.B) {
	const rows, columns = 20_000, 20
	var text strings.Builder
	for c := range columns {
		fmt.Fprintf(&text, "c%d,", c)
	}
	text.WriteString("class\n")
	x := tensor.New(tensor.Float32, rows, columns)
	y := tensor.New(tensor.Int64, rows)
	for i := range rows {
		for c := range columns {
			fmt.Fprintf(&text, "%d.%d,", i, c)
			x.SetAt(i*columns+c, float64(i)+float64(c)/10)
		}
		fmt.Fprintf(&text, "%s\n", []string{"low", "high"}[i%2])
		y.SetAt(i, float64(i%2))
	}
	dir := b.TempDir()
	table := NewTable()
	table.Path, table.Target = Path(write(b, dir, "t.csv", text.String())), "class"
	arrays := &Arrays{Examples: npyFile(b, dir, "x.npy", x), Labels: npyFile(b, dir, "y.npy", y)}
	for name, o := range map[string]Opener{"csv": table, "npy": arrays} {
		b.Run(name, func(b *testing.B) {
			d := must[*Data](b)(o.Open(Options{Stream: true}))
			defer func() { _ = d.Close() }() // it was only read
			s := must[*data.Stream](b)(data.NewStream(d.Sources.Train, data.StreamOptions{Batch: 100, Seed: 1, MaxBytes: 400 << 10}))
			defer s.Close()
			var dst []int32
			b.ResetTimer()
			for i := range b.N {
				_, indices, err := s.Load(int64(i), dst)
				if err != nil {
					b.Fatal(err)
				}
				dst = indices
			}
			b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
