package train

import (
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// Part is some examples: rows of a set in memory, or of a source that need not fit there.
type Part struct {
	Set *data.Set
	// Source is in place of Set for examples that are read whenever they are wanted.
	Source data.RowSource
	Rows   []int32 // nil is all; those of a Source ascend

	// Room is the memory that a sample of a Source may take, in bytes; 0 is data.DefaultStreamBytes.
	Room int64
}

// Len is the number of examples; 0 of a source that cannot be counted.
func (p Part) Len() int {
	switch {
	case p.Rows != nil:
		return len(p.Rows)
	case p.Source != nil:
		n, _, err := p.Source.Count()
		if err != nil {
			return 0
		}
		return n
	case p.Set == nil:
		return 0
	}
	return p.Set.Len()
}

// Like is the part's set, or one example of its source.
func (p Part) Like() (*data.Set, error) {
	if p.Source == nil {
		return p.Set, nil
	}
	return data.Like(p.Source, 1)
}

// Sample is n examples of a part, drawn by a seed, or all if it has no more. Those of
// a Source are read into memory: they are the examples, in the order, that a sample of
// the same part in memory has.
func (p Part) Sample(n int, seed int64) (Part, error) {
	if n >= p.Len() {
		return p.Load(p.Len())
	}
	s, err := data.SamplerByName("shuffle", p.Len(), n, uint64(seed))
	if err != nil {
		return p, err
	}
	if p.Rows != nil {
		s = data.Over(s, p.Rows)
	}
	return p.load(append([]int32(nil), s.Batch(0, nil)...))
}

// Load is the part with its first n examples in memory; a part that is there stays as it is.
func (p Part) Load(n int) (Part, error) {
	if p.Source == nil {
		return p, nil
	}
	return p.load(p.rows()[:min(n, p.Len())])
}

// load is the part with other rows, in memory.
func (p Part) load(rows []int32) (Part, error) {
	if p.Source == nil {
		p.Rows = rows
		return p, nil
	}
	room := p.Room
	if room == 0 {
		room = data.DefaultStreamBytes
	}
	set, err := data.Select(p.Source, rows, room)
	return Part{Set: set}, err
}

// rows are the part's examples by their number in the set or source.
func (p Part) rows() []int32 {
	if p.Rows != nil {
		return p.Rows
	}
	all := make([]int32, p.Len())
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// feeder gives the examples of a part in their order, up to scoreBatch at a time, as rows of a set:
// the part's own, or a block that those of a source are read into.
type feeder struct {
	part   Part
	set    *data.Set
	reader *data.Reader
	rows   []int32
}

// feed begins to go through a part. The block, if it suits, is the memory to read into.
func feed(p Part, block *data.Set) (*feeder, error) {
	f := &feeder{part: p, set: p.Set}
	if p.Source == nil {
		return f, nil
	}
	like, err := data.Like(p.Source, 1)
	if err != nil {
		return nil, err
	}
	n := min(scoreBatch, p.Len())
	if f.set = block; !alike(block, like) || block.Len() < n {
		if f.set, err = data.Like(p.Source, n); err != nil {
			return nil, err
		}
	}
	f.reader, err = data.NewReader(p.Source)
	return f, err
}

// BlockBytes is the memory that n examples like those of a set are measured in, where they are
// read from a source: that of a block of them.
func BlockBytes(like *data.Set, n int) int64 {
	if n == 0 || like.Len() == 0 {
		return 0
	}
	bytes := len(like.X.Raw())
	if like.Y != nil {
		bytes += len(like.Y.Raw())
	}
	return int64(bytes/like.Len()) * int64(min(scoreBatch, n))
}

// alike reports whether the rows of two sets have the same types and shapes.
func alike(a, b *data.Set) bool {
	if a == nil || (a.Y == nil) != (b.Y == nil) {
		return false
	}
	same := func(a, b *tensor.Array) bool {
		return a == nil || a.DType() == b.DType() && a.Shape()[1:].Equal(b.Shape()[1:])
	}
	return same(a.X, b.X) && same(a.Y, b.Y)
}

// take stores in index which rows of the set are the examples from lo on.
func (f *feeder) take(lo int, index []int32) error {
	if f.reader == nil {
		for i := range index {
			index[i] = int32(lo + i)
			if f.part.Rows != nil {
				index[i] = f.part.Rows[lo+i]
			}
		}
		return nil
	}
	rows := append(f.rows[:0], index...)
	for i := range rows {
		rows[i] = int32(lo + i)
		if f.part.Rows != nil {
			rows[i] = f.part.Rows[lo+i]
		}
		index[i] = int32(i)
	}
	f.rows = rows
	return f.reader.Read(f.set, rows)
}

func (f *feeder) close() {
	if f.reader != nil {
		f.reader.Close()
	}
}
