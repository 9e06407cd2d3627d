package idx

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/godescent/descent/tensor"
)

// Write writes a as an IDX file. The format has no int64 and no axis longer
// than 2³²−1. To compress, give it a gzip.Writer.
func Write(w io.Writer, a *tensor.Array) error {
	var c code
	for _, k := range codes {
		if k.dtype == a.DType() && k.size == k.dtype.Size() {
			c = k
		}
	}
	if c.size == 0 {
		return fmt.Errorf("idx: the format has no %v; uint8, int32, float32 and float64 can be written", a.DType())
	}
	header := []byte{0, 0, c.value, byte(a.Shape().Rank())}
	for i, d := range a.Shape() {
		if int64(d) > math.MaxUint32 {
			return fmt.Errorf("idx: axis %d is %d long; the format holds up to %d", i, d, uint32(math.MaxUint32))
		}
		header = binary.BigEndian.AppendUint32(header, uint32(d))
	}
	out := bufio.NewWriterSize(w, 1<<16)
	out.Write(header) // a bufio.Writer keeps its first error for Flush
	raw := a.Raw()
	var b [8]byte
	switch c.size {
	case 1:
		out.Write(raw)
	case 4:
		for _, v := range tensor.View[int32](raw) {
			binary.BigEndian.PutUint32(b[:], uint32(v))
			out.Write(b[:4])
		}
	case 8:
		for _, v := range tensor.View[int64](raw) {
			binary.BigEndian.PutUint64(b[:], uint64(v))
			out.Write(b[:8])
		}
	}
	return out.Flush()
}
