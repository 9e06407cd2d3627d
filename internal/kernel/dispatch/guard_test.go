package dispatch

import (
	"math"
	"testing"
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// region is memory that a routine under test reads or writes: it ends (or
// begins) at a page that faults, and what surrounds the slice is checked afterwards.
type region struct {
	mem   []byte
	begin int // of the slice handed out last
	end   int
}

const canary = 0xA7

func newRegion(t *testing.T, bytes int) *region {
	return &region{mem: guardedBytes(t, bytes)}
}

// take returns n elements that end at the region's end, or begin at its
// beginning, shift elements off.
func take[T any](r *region, n int, atEnd bool, shift int) []T {
	var x T
	size := int(unsafe.Sizeof(x))
	r.begin = shift * size
	if atEnd {
		r.begin = len(r.mem) - (n+shift)*size
	}
	r.end = r.begin + n*size
	for _, part := range r.around() {
		for i := range part {
			part[i] = canary
		}
	}
	if n == 0 {
		return []T{}
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&r.mem[r.begin])), n)
}

// around is the memory next to the slice, as far as a stray store might reach.
func (r *region) around() [2][]byte {
	const reach = 2048
	return [2][]byte{r.mem[max(0, r.begin-reach):r.begin], r.mem[r.end:min(len(r.mem), r.end+reach)]}
}

// intact reports whether nothing around the slice changed.
func (r *region) intact() bool {
	for _, part := range r.around() {
		for _, b := range part {
			if b != canary {
				return false
			}
		}
	}
	return true
}

// same reports whether two numbers have the same bits; any NaN equals any other.
func same[T kernel.Float](a, b T) bool {
	if a != a || b != b {
		return a != a && b != b
	}
	return math.Float64bits(float64(a)) == math.Float64bits(float64(b))
}
