package data

import (
	"bytes"
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"

	"github.com/godescent/descent/tensor"
)

// Moments gathers, feature by feature and in one pass, what a Normalizer is
// made from: count, mean, sum of squared deviations, minimum and maximum.
// Floats are gathered by Welford's recurrence in float64, bytes by exact whole
// numbers, both in the order of the rows and without fused operations, so the
// result is the same on every platform.
type Moments struct {
	dtype tensor.DType
	width int
	count int

	mean, m2 []float64 // floats: the mean and Σ(x−mean)² so far
	min, max []float64 // floats: the least and the greatest

	sum, squares []uint64 // bytes: Σx and Σx², exact for up to 2³¹ rows
	low, high    []uint8  // bytes: the least and the greatest
}

// NewMoments is empty moments of rows of width numbers of type Uint8, Float32
// or Float64.
func NewMoments(d tensor.DType, width int) (*Moments, error) {
	if d != tensor.Uint8 && !d.IsFloat() {
		return nil, fmt.Errorf("features of type %v have no mean; uint8, float32 and float64 have", d)
	}
	if width < 1 {
		return nil, fmt.Errorf("rows of %d features have no mean; at least 1 is needed", width)
	}
	m := &Moments{dtype: d, width: width}
	if d == tensor.Uint8 {
		m.sum, m.squares = make([]uint64, width), make([]uint64, width)
		m.low, m.high = bytes.Repeat([]byte{255}, width), make([]uint8, width)
		return m, nil
	}
	m.mean, m.m2 = make([]float64, width), make([]float64, width)
	m.min, m.max = make([]float64, width), make([]float64, width)
	for j := range width {
		m.min[j], m.max[j] = math.Inf(1), math.Inf(-1)
	}
	return m, nil
}

// Count is the number of rows gathered.
func (m *Moments) Count() int { return m.count }

// Add gathers the rows of x ([N, features...]) that indices name, or all of
// them if indices is nil. An error names the row and feature of the first
// number that is not finite; the moments are then of no further use.
func (m *Moments) Add(x *tensor.Array, indices []int32) error {
	if x.Shape().Rank() < 2 || x.DType() != m.dtype || width(x) != m.width {
		return fmt.Errorf("rows of %v %v do not fit moments of %d numbers of %v", x.DType(), x.Shape(), m.width, m.dtype)
	}
	n := x.Shape()[0]
	rows := n
	if indices != nil {
		rows = len(indices)
	}
	if rows > math.MaxInt32-m.count {
		return fmt.Errorf("more than %d rows", math.MaxInt32)
	}
	if m.dtype == tensor.Uint8 && indices == nil {
		m.addAllBytes(x.Raw(), rows)
		return nil
	}
	for k := range rows {
		i := k
		if indices != nil {
			if i = int(indices[k]); i < 0 || i >= n {
				return fmt.Errorf("index %d at position %d is outside the %d rows", i, k, n)
			}
		}
		if j := m.addRow(x, i); j >= 0 {
			return fmt.Errorf("row %d, feature %d is %v; it must be a finite number", i, j, x.At(i*m.width+j))
		}
	}
	return nil
}

// addRow gathers row i and returns the first feature that is not finite, or -1.
func (m *Moments) addRow(x *tensor.Array, i int) int {
	m.count++
	from, to := i*m.width, (i+1)*m.width
	switch m.dtype {
	case tensor.Uint8:
		m.addBytes(x.Raw()[from:to])
		return -1
	case tensor.Float32:
		return addFloats(m, tensor.Slice[float32](x)[from:to])
	default:
		return addFloats(m, tensor.Slice[float64](x)[from:to])
	}
}

// addAllBytes gathers rows of bytes, a share of them on each CPU: their sums
// are whole numbers, so the order does not matter.
func (m *Moments) addAllBytes(x []uint8, rows int) {
	parts := make([]*Moments, min(runtime.GOMAXPROCS(0), 1+rows*m.width>>20))
	var done sync.WaitGroup
	for p := range parts {
		part, _ := NewMoments(m.dtype, m.width) // as m, which was made
		parts[p] = part
		done.Go(func() {
			for i := p * rows / len(parts); i < (p+1)*rows/len(parts); i++ {
				part.addBytes(x[i*m.width : (i+1)*m.width])
			}
		})
	}
	done.Wait()
	m.count += rows
	for _, part := range parts {
		for j := range m.width {
			m.sum[j] += part.sum[j]
			m.squares[j] += part.squares[j]
			m.low[j], m.high[j] = min(m.low[j], part.low[j]), max(m.high[j], part.high[j])
		}
	}
}

func (m *Moments) addBytes(row []uint8) {
	sum, squares, low, high := m.sum[:len(row)], m.squares[:len(row)], m.low[:len(row)], m.high[:len(row)]
	for j, v := range row {
		sum[j] += uint64(v)
		squares[j] += uint64(v) * uint64(v)
		low[j] = min(low[j], v)
		high[j] = max(high[j], v)
	}
}

// addFloats is Welford's recurrence: d = x − mean, mean ← mean + d/n,
// Σ(x−mean)² ← Σ(x−mean)² + d·(x − mean).
func addFloats[T tensor.Float](m *Moments, row []T) int {
	n := float64(m.count)
	for j, v := range row {
		x := float64(v)
		if x-x != 0 {
			return j
		}
		d := x - m.mean[j]
		m.mean[j] += d / n
		m.m2[j] += float64(d * (x - m.mean[j]))
		m.min[j] = min(m.min[j], x)
		m.max[j] = max(m.max[j], x)
	}
	return -1
}

// Mean is the mean of feature j.
func (m *Moments) Mean(j int) float64 {
	if m.dtype == tensor.Uint8 {
		return float64(m.sum[j]) / float64(m.count)
	}
	return m.mean[j]
}

// Variance is the mean squared deviation of feature j from its mean (divided
// by the count, not by one less).
func (m *Moments) Variance(j int) float64 { return m.deviation(j) / float64(m.count) }

// Min is the least value of feature j.
func (m *Moments) Min(j int) float64 {
	if m.dtype == tensor.Uint8 {
		return float64(m.low[j])
	}
	return m.min[j]
}

// Max is the greatest value of feature j.
func (m *Moments) Max(j int) float64 {
	if m.dtype == tensor.Uint8 {
		return float64(m.high[j])
	}
	return m.max[j]
}

// deviation is Σ(x−mean)² of feature j.
func (m *Moments) deviation(j int) float64 {
	if m.dtype == tensor.Uint8 {
		return byteDeviation(uint64(m.count), m.sum[j], m.squares[j])
	}
	return m.m2[j]
}

// byteDeviation is Σx² − (Σx)²/n = (nΣx² − (Σx)²)/n; its numerator, which
// cancels, is exact in 128 bits.
func byteDeviation(n, sum, squares uint64) float64 {
	hi, lo := bits.Mul64(n, squares)
	sqHi, sqLo := bits.Mul64(sum, sum)
	lo, borrow := bits.Sub64(lo, sqLo, 0)
	hi, _ = bits.Sub64(hi, sqHi, borrow)
	return (float64(float64(hi)*0x1p64) + float64(lo)) / float64(n)
}

// pooled pools every step-th feature from the first on into one: mean, variance,
// minimum and maximum of all their numbers.
func (m *Moments) pooled(first, step int) (mean, variance, low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	width := 0
	for j := first; j < m.width; j += step {
		low, high = min(low, m.Min(j)), max(high, m.Max(j))
		width++
	}
	n := float64(m.count)
	total := float64(n * float64(width))
	for j := first; j < m.width; j += step {
		mean += m.Mean(j) / float64(width)
	}
	// Σ over all = Σ_j [ Σ(x−mean_j)² + n(mean_j − mean)² ]
	for j := first; j < m.width; j += step {
		d := m.Mean(j) - mean
		variance += (m.deviation(j) + float64(n*float64(d*d))) / total
	}
	return mean, variance, low, high
}
