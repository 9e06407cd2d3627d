package tensorboard

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the fields, from TensorFlow's event.proto and summary.proto.
const (
	eventTime, eventStep, eventVersion, eventSummary, eventSession = 1, 2, 3, 5, 7
	sessionStatus, sessionStart                                    = 1, 1
	summaryValue                                                   = 1
	valueTag, valueSimple, valueHistogram                          = 1, 2, 5
	histogramMin, histogramMax, histogramNum                       = 1, 2, 3
	histogramSum, histogramSquares                                 = 4, 5
	histogramLimits, histogramCounts                               = 6, 7
)

// Pattern matches the names of event files.
const Pattern = "events.out.tfevents.*"

// version is the first event of a file, by which TensorBoard knows how to read it.
const version = "brain.Event:2"

// Writer appends to one event file. It is not safe for concurrent use.
type Writer struct {
	f   *os.File
	w   *bufio.Writer
	now func() time.Time
	err error // the first of writing
}

// Create begins an event file in a folder, which is made if it is missing, beside those
// of earlier sessions of the run. What they tell of steps after done, which this session
// does again, TensorBoard then forgets.
func Create(dir string, done int64) (*Writer, error) {
	return create(dir, done, time.Now)
}

func create(dir string, done int64, now func() time.Time) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("tensorboard: %w", err)
	}
	host, err := os.Hostname()
	if err != nil || host == "" || filepath.Base(host) != host {
		host = "host"
	}
	var f *os.File
	for n := 0; ; n++ { // files are read in the order of their names
		name := fmt.Sprintf("events.out.tfevents.%010d.%s.%d.%d", now().Unix(), host, os.Getpid(), n)
		f, err = os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || n > 1000 {
			return nil, fmt.Errorf("tensorboard: %w", err)
		}
	}
	w := &Writer{f: f, w: bufio.NewWriter(f), now: now}
	w.event(0, eventVersion, []byte(version))
	session := protowire.AppendVarint(protowire.AppendTag(nil, sessionStatus, protowire.VarintType), sessionStart)
	w.event(done+1, eventSession, session)
	if err := w.Flush(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

// event writes one event with one field beside its time and step.
func (w *Writer) event(step int64, field protowire.Number, contents []byte) {
	if w.err != nil {
		return
	}
	b := number(nil, eventTime, float64(w.now().UnixNano())/1e9)
	b = protowire.AppendVarint(protowire.AppendTag(b, eventStep, protowire.VarintType), uint64(step))
	b = message(b, field, contents)
	_, w.err = w.w.Write(appendRecord(nil, b))
}

func number(to []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(to, field, protowire.Fixed64Type), math.Float64bits(v))
}

func message(to []byte, field protowire.Number, contents []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), contents)
}

// Scalar records a number under a tag, such as loss/train. A tag's part before the slash
// groups it with others.
func (w *Writer) Scalar(tag string, step int64, v float64) {
	b := message(nil, valueTag, []byte(tag))
	b = protowire.AppendFixed32(protowire.AppendTag(b, valueSimple, protowire.Fixed32Type), math.Float32bits(float32(v)))
	w.event(step, eventSummary, message(nil, summaryValue, b))
}

// buckets is the number of a histogram's.
const buckets = 30

// Histogram records how many numbers there are in each of 30 equal parts from the
// smallest to the largest. NaN and infinities are left out.
func (w *Writer) Histogram(tag string, step int64, values []float64) {
	low, high, n, sum, squares := math.Inf(1), math.Inf(-1), 0.0, 0.0, 0.0
	for _, v := range values {
		if v-v == 0 {
			low, high = math.Min(low, v), math.Max(high, v)
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	if n == 0 {
		return
	}
	counts := make([]float64, buckets)
	width := (high - low) / buckets
	for _, v := range values {
		if v-v != 0 {
			continue
		}
		k := 0
		if width > 0 {
			k = min(int((v-low)/width), buckets-1)
		}
		counts[k]++
	}
	var limits, packed []byte
	for k, c := range counts {
		limit := low + width*float64(k+1)
		if k == buckets-1 {
			limit = high // however it was rounded
		}
		limits = protowire.AppendFixed64(limits, math.Float64bits(limit))
		packed = protowire.AppendFixed64(packed, math.Float64bits(c))
	}
	h := number(number(nil, histogramMin, low), histogramMax, high)
	h = number(number(number(h, histogramNum, n), histogramSum, sum), histogramSquares, squares)
	h = message(message(h, histogramLimits, limits), histogramCounts, packed)
	b := message(message(nil, valueTag, []byte(tag)), valueHistogram, h)
	w.event(step, eventSummary, message(nil, summaryValue, b))
}

// Flush brings what was recorded to the file. Its error is the first of all so far.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err != nil {
		return fmt.Errorf("tensorboard: %w", w.err)
	}
	return nil
}

// Close flushes and closes the file.
func (w *Writer) Close() error { return errors.Join(w.Flush(), w.f.Close()) }
