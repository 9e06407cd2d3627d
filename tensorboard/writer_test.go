package tensorboard

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// TestMasked: the checksum of "123456789" is 0xe3069283 (RFC 3720, appendix B.4, the
// common check value of CRC-32C); turned right by 15 bits that is 0x2507c60d.
func TestMasked(t *testing.T) {
	if got, want := masked([]byte("123456789")), uint32(0x2507c60d+0xa282ead8); got != want {
		t.Errorf("%#x, want %#x", got, want)
	}
}

// records are the contents of a file's records, whose checksums must hold.
func records(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 16 {
			t.Fatalf("%d bytes are left", len(b))
		}
		n := int(binary.LittleEndian.Uint64(b))
		data := b[12 : 12+n]
		if binary.LittleEndian.Uint32(b[8:]) != masked(b[:8]) || binary.LittleEndian.Uint32(b[12+n:]) != masked(data) {
			t.Fatal("a checksum is wrong")
		}
		out, b = append(out, data), b[16+n:]
	}
	return out
}

// field is the contents of a field of a message, found along a path.
func field(t *testing.T, b []byte, path ...protowire.Number) []byte {
	t.Helper()
	for _, want := range path {
		found := false
		for len(b) > 0 && !found {
			num, typ, n := protowire.ConsumeTag(b)
			m := protowire.ConsumeFieldValue(num, typ, b[n:])
			if n < 0 || m < 0 {
				t.Fatal("no message")
			}
			value := b[n : n+m]
			if found = num == want; found {
				if typ == protowire.BytesType {
					value, _ = protowire.ConsumeBytes(value)
				}
				b = value
				break
			}
			b = b[n+m:]
		}
		if !found {
			return nil
		}
	}
	return b
}

func number64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// TestWriter: the events of a file, by the numbers of their fields in event.proto and
// summary.proto. The real TensorBoard reads them in internal/interop.
func TestWriter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "run")
	at := time.Unix(1234567890, 500_000_000)
	w, err := create(dir, 7, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	w.Scalar("loss/train", 8, 0.25)
	w.Histogram("weights/w", 9, []float64{0, 1, 1, 3, math.NaN()})
	w.Histogram("weights/none", 9, []float64{math.Inf(1)})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, Pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("the files are %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	all := records(t, b)
	if len(all) != 4 {
		t.Fatalf("%d events, want 4", len(all))
	}
	for i, step := range []uint64{0, 8, 8, 9} {
		if got := number64(field(t, all[i], eventTime)); got != 1234567890.5 {
			t.Errorf("event %d is of %v", i, got)
		}
		if got, _ := protowire.ConsumeVarint(field(t, all[i], eventStep)); got != step {
			t.Errorf("event %d is of step %d, want %d", i, got, step)
		}
	}
	if got := string(field(t, all[0], eventVersion)); got != "brain.Event:2" {
		t.Errorf("the version is %q", got)
	}
	if got := field(t, all[1], eventSession, sessionStatus); !slices.Equal(got, []byte{sessionStart}) {
		t.Errorf("the session's status is %v", got)
	}
	if got := string(field(t, all[2], eventSummary, summaryValue, valueTag)); got != "loss/train" {
		t.Errorf("the tag is %q", got)
	}
	if got := math.Float32frombits(binary.LittleEndian.Uint32(field(t, all[2], eventSummary, summaryValue, valueSimple))); got != 0.25 {
		t.Errorf("the number is %v", got)
	}
	h := field(t, all[3], eventSummary, summaryValue, valueHistogram)
	for k, want := range map[protowire.Number]float64{histogramMin: 0, histogramMax: 3, histogramNum: 4, histogramSum: 5, histogramSquares: 11} {
		if got := number64(field(t, h, k)); got != want {
			t.Errorf("field %d of the histogram is %v, want %v", k, got, want)
		}
	}
	limits, counts := field(t, h, histogramLimits), field(t, h, histogramCounts)
	if len(limits) != 8*buckets || len(counts) != 8*buckets {
		t.Fatalf("%d bytes of limits and %d of counts", len(limits), len(counts))
	}
	for k := range buckets { // parts of a tenth: 0 is in the first, 1 in the eleventh, 3 in the last
		want := map[int]float64{0: 1, 10: 2, 29: 1}[k]
		if got := number64(counts[8*k:]); got != want {
			t.Errorf("%v numbers up to %v, want %v", got, number64(limits[8*k:]), want)
		}
	}
	if got := number64(limits[8*(buckets-1):]); got != 3 {
		t.Errorf("the last limit is %v, want 3", got)
	}
}

// TestNames: two sessions within a second have two files, in their order.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	now := func() time.Time { return time.Unix(1, 0) }
	for range 2 {
		w, err := create(dir, 0, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(dir, Pattern)); err != nil || len(files) != 2 {
		t.Errorf("the files are %v, %v", files, err)
	}
}
