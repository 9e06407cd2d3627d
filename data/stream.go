package data

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// StreamOptions are how a source is fed to steps.
type StreamOptions struct {
	Batch int
	Seed  uint64

	// MaxBytes bounds the memory for examples: two windows and a block. 0 is
	// DefaultStreamBytes. What a source's own reader holds, such as the pages of a
	// Parquet file, comes on top, and 4 bytes for each of Rows.
	MaxBytes int64

	// Rows are the rows that are taken, ascending; nil is all.
	Rows []int32
}

// blockBytes is how much is read at a time where rows are small: a call of the system costs as much as
// some thousand bytes.
const blockBytes = 256 << 10

// DefaultStreamBytes is the limit of StreamOptions that set none: 1 GiB.
const DefaultStreamBytes = 1 << 30

// Stream feeds steps from a source that need not fit into memory. An epoch goes
// through all rows once, a window of them in memory at a time; while one window
// is trained on the next is read.
//
// What a step takes is a function of the seed, the step and the options, so a run
// that goes on at any step needs nothing restored: in epoch e
//
//	the rows are cut into chunks, and a permutation of e puts the chunks in order;
//	a window takes the next W places of that order, W being what the limit has
//	room for, and is itself put in order by a permutation of its own.
//
// A window has 64 chunks at least, from all over the source, unless that takes it
// down to single rows. A source that cannot start at any row is taken in its own
// order, and only the windows are mixed: sort such a source by chance before.
// If all rows fit into a window, the order is any permutation of them.
type Stream struct {
	passes
	seed    uint64
	rows    []int32 // nil is all
	window  int     // rows of a window, a multiple of the batch
	chunk   int     // rows of a chunk; 0 if the source has but one order
	bytes   int64   // of an example
	current *loaded
	other   *loaded
	pending chan struct{} // closed when other is loaded, nil if nothing is under way
	puller  puller
	first   time.Duration // that reading the first window took
	waited  time.Duration // that Load took since then for rows that had not been read
	begun   bool          // the first window was read
}

// loaded is a window in memory.
type loaded struct {
	at    int64 // epoch·windows + window, or −1
	seed  uint64
	set   *Set
	order []int32
	rows  []int32
	err   error
}

// NewStream is the stream of a source. It reads a row, and all of them if the
// source does not know how many there are.
func NewStream(src Source, o StreamOptions) (*Stream, error) {
	first, err := example(src)
	if err != nil {
		return nil, err
	}
	n, seekable, err := count(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", first.Name, err)
	}
	if o.Rows != nil {
		for k, r := range o.Rows {
			if r < 0 || int(r) >= n || k > 0 && r <= o.Rows[k-1] {
				return nil, fmt.Errorf("%s: row %d at position %d of the rows to take; they ascend from 0 to %d", first.Name, r, k, n-1)
			}
		}
		n = len(o.Rows)
	}
	switch {
	case n < 1 || n > math.MaxInt32:
		return nil, fmt.Errorf("%s: cannot draw from %d examples; 1 to %d are possible", first.Name, n, math.MaxInt32)
	case o.Batch < 1:
		return nil, fmt.Errorf("%s: the batch size is %d; it must be at least 1", first.Name, o.Batch)
	case o.MaxBytes < 0:
		return nil, fmt.Errorf("%s: a limit of %d bytes", first.Name, o.MaxBytes)
	case o.MaxBytes == 0:
		o.MaxBytes = DefaultStreamBytes
	}
	s := &Stream{passes: passes{n: n, size: min(o.Batch, n)}, seed: o.Seed, rows: o.Rows, bytes: exampleBytes(first)}
	block := int(max(1, min(max(256, blockBytes/s.bytes), o.MaxBytes/16/s.bytes)))
	room := o.MaxBytes - int64(block)*s.bytes
	if s.window = s.windowRows(room / s.bytes); s.window == 0 {
		return nil, fmt.Errorf("%s: a batch of %d examples of %d bytes needs %d bytes of memory twice over; the limit is %d",
			first.Name, s.size, s.bytes, int64(s.size)*s.bytes, o.MaxBytes)
	}
	if seekable {
		s.chunk = int(max(1, min(int64(s.window)/64, (1<<20)/s.bytes)))
	}
	s.puller = puller{src: src, seekable: seekable, size: block}
	s.current = s.empty(first)
	if s.windows() > 1 {
		s.other = s.empty(first)
	}
	return s, nil
}

// windowRows is how many rows a window has if there is room for so many examples.
func (s *Stream) windowRows(room int64) int {
	whole := int64(s.batches()) * int64(s.size) // with which the last batch is as long as the others
	if room >= int64(s.n) {
		return int(whole)
	}
	w := room / 2 / int64(s.size) * int64(s.size)
	return int(min(w, whole))
}

// empty is a window for rows like those of one.
func (s *Stream) empty(one *Set) *loaded {
	n := min(s.window, s.n)
	return &loaded{at: -1, set: one.like(n), order: make([]int32, n), rows: make([]int32, n)}
}

// Set is what Load gives the rows of: its memory, types, shapes and names, and of
// no use as examples until then.
func (s *Stream) Set() *Set { return s.current.set }

// Len is the number of rows that an epoch goes through.
func (s *Stream) Len() int { return s.n }

// Window is the number of rows in memory at a time.
func (s *Stream) Window() int { return min(s.window, s.n) }

// Bytes is the memory that windows take.
func (s *Stream) Bytes() int64 {
	n := int64(s.Window()) * s.bytes
	if s.other != nil {
		n *= 2
	}
	return n
}

func (s *Stream) windows() int { return (s.n + s.window - 1) / s.window }

// Load is the window that a step takes its examples from, and which of its rows
// they are, stored in dst if it has room. There are two windows at most, each of
// one memory that is filled anew, so a compiled step can be bound to both. A
// window is valid until the next Load. A Stream serves one goroutine.
func (s *Stream) Load(step int64, dst []int32) (*Set, []int32, error) {
	epoch, batch := s.Epoch(step)
	from, to := s.span(batch)
	at := int64(epoch)*int64(s.windows()) + int64(from/s.window)
	if s.windows() == 1 {
		if err := s.only(at); err != nil {
			return nil, nil, err
		}
	} else if err := s.turn(at); err != nil {
		return nil, nil, err
	}
	dst = room(dst, to-from)
	copy(dst, s.current.order[from%s.window:])
	return s.current.set, dst, nil
}

// Restart gives the stream another seed: what steps take from then on is what those
// of a new stream of that seed would.
func (s *Stream) Restart(seed uint64) {
	s.wait()
	s.seed = seed
}

// Waited is the time that calls of Load took for examples that had not been read yet:
// for those of the first window, and since then.
func (s *Stream) Waited() (first, since time.Duration) { return s.first, s.waited }

// holds reports whether a window is one of the stream's seed.
func (s *Stream) holds(w *loaded, at int64) bool {
	return w.at == at && w.seed == s.seed && w.err == nil
}

// only puts the one window in the order of an epoch; its rows are read once.
func (s *Stream) only(at int64) error {
	w := s.current
	switch {
	case w.at < 0 || w.err != nil:
		defer s.clock()()
		s.load(w, at)
		return w.err
	case !s.holds(w, at):
		w.at, w.seed = at, s.seed
		s.shuffle(w)
	}
	return nil
}

// turn makes a window the current one and begins to read the next.
func (s *Stream) turn(at int64) error {
	if s.holds(s.current, at) {
		return nil
	}
	stop := s.clock()
	s.wait()
	s.current, s.other = s.other, s.current
	if !s.holds(s.current, at) {
		s.load(s.current, at)
	}
	stop()
	if err := s.current.err; err != nil {
		return err
	}
	next := s.other
	done := make(chan struct{})
	s.pending = done
	go func() {
		defer close(done)
		s.load(next, at+1)
	}()
	return nil
}

// clock counts the time until what it returns is called.
func (s *Stream) clock() (stop func()) {
	from := time.Now()
	return func() {
		took := time.Since(from)
		if !s.begun {
			s.begun, s.first = true, took
			return
		}
		s.waited += took
	}
}

// wait waits for the window that is being read.
func (s *Stream) wait() {
	if s.pending != nil {
		<-s.pending
		s.pending = nil
	}
}

// Close ends the reading.
func (s *Stream) Close() {
	s.wait()
	s.puller.close()
}

// load reads a window.
func (s *Stream) load(w *loaded, at int64) {
	w.at, w.seed = at, s.seed
	s.choose(w)
	for i, row := range w.rows {
		block, k, err := s.puller.row(int(row))
		if err == nil {
			err = w.set.CopyRow(i, block, k)
		}
		if err != nil {
			w.err = err
			return
		}
	}
	s.shuffle(w)
	w.err = nil
}

// choose finds the rows of a window, ascending as they are read best.
func (s *Stream) choose(w *loaded) {
	windows := int64(s.windows())
	epoch, from := w.at/windows, int(w.at%windows)*s.window
	n := min(s.window, s.n-from)
	w.rows, w.order = w.rows[:n], w.order[:n]
	if s.chunk == 0 || windows == 1 {
		for i := range w.rows {
			w.rows[i] = int32(from + i)
		}
	} else {
		s.chooseChunks(w.rows, epoch, from)
		slices.Sort(w.rows)
	}
	if s.rows != nil {
		for i, p := range w.rows {
			w.rows[i] = s.rows[p]
		}
	}
}

// chooseChunks are the places from one on of the order of chunks in an epoch.
func (s *Stream) chooseChunks(rows []int32, epoch int64, from int) {
	chunks := make([]int32, (s.n+s.chunk-1)/s.chunk)
	identity(chunks)
	permute(chunks, s.seed, drawChunks, uint64(epoch))
	at := 0
	for _, c := range chunks {
		first := int(c) * s.chunk
		size := min(s.chunk, s.n-first)
		for i := max(0, from-at); i < size && at+i-from < len(rows); i++ {
			rows[at+i-from] = int32(first + i)
		}
		if at += size; at >= from+len(rows) {
			return
		}
	}
}

// shuffle puts a window in its order.
func (s *Stream) shuffle(w *loaded) {
	identity(w.order)
	permute(w.order, s.seed, drawWindow, uint64(w.at))
}
