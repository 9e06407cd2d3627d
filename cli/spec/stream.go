package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"regexp"
	"strconv"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// Memory is a number of bytes, written as 64MiB or 2GB; 0 is written as all.
type Memory int64

// units are what a Memory is written in, the largest first.
var units = []struct {
	name string
	size float64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}}

// memoryPattern is how a Memory is written, more than 0 of a unit.
const memoryPattern = `^(all|([0-9]*[1-9][0-9]*(\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*) *(TiB|GiB|MiB|KiB|TB|GB|MB|kB|KB|B))$`

var memory = regexp.MustCompile(memoryPattern)

// maxMemory is as good as any more.
const maxMemory = 1 << 62

// ParseMemory reads what String wrote, and other units.
func ParseMemory(text string) (Memory, bool) {
	if text == "all" {
		return 0, true
	}
	m := memory.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	x, err := strconv.ParseFloat(m[2], 64)
	for _, u := range units {
		if u.name == m[len(m)-1] {
			x *= u.size
		}
	}
	if err != nil || x >= maxMemory { // a number of the pattern is at worst too large
		return maxMemory, true
	}
	return Memory(max(1, x)), true
}

// String is the memory in the largest unit that makes it a whole number.
func (m Memory) String() string {
	if m == 0 {
		return "all"
	}
	for _, u := range units {
		if size := Memory(u.size); m%size == 0 {
			return strconv.FormatInt(int64(m/size), 10) + u.name
		}
	}
	return ""
}

// streaming reports whether the examples stay where they are.
func (b *builder) streaming() bool { return b.Memory > 0 }

// one is examples like those that are trained on, of which the first may be all.
func (b *builder) one() (*data.Set, error) {
	if b.ex.Train != nil {
		return b.ex.Train, nil
	}
	for block, err := range b.ex.Sources.Train.Blocks(1) {
		return block, err
	}
	return nil, errors.New("there are no examples")
}

// count is the number of examples before any is held back.
func (b *builder) count() (int, error) {
	if b.ex.Train != nil {
		return b.ex.Train.Len(), nil
	}
	n, _, err := b.ex.Sources.Train.Count()
	switch {
	case err != nil:
		return 0, err
	case n > math.MaxInt32:
		return 0, fmt.Errorf("%s has %d examples; up to %d can be trained on", b.ex.Name, n, math.MaxInt32)
	case b.ex.Limit > n:
		return 0, b.at("data.limit", fmt.Errorf("%d is more than the %d examples of %s", b.ex.Limit, n, b.ex.Name))
	case b.ex.Limit > 0:
		n = b.ex.Limit
	}
	return n, nil
}

// labels are the classes of all examples.
func (b *builder) labels() ([]int32, error) {
	if b.ex.Train != nil {
		return b.ex.Train.Labels(), nil
	}
	labels, _, err := data.SourceLabels(b.ex.Sources.Train)
	if err == nil && b.ex.Limit > 0 {
		labels = labels[:b.ex.Limit]
	}
	return labels, err
}

// rest are the rows to train on where none were held back: nil for all.
func (b *builder) rest() []int32 {
	if b.ex.Train != nil || b.ex.Limit == 0 {
		return nil
	}
	rows := make([]int32, b.ex.Limit)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// part is a part of the examples, wherever they are.
func (b *builder) part(set *data.Set, src data.RowSource, rows []int32) train.Part {
	return train.Part{Set: set, Source: src, Rows: rows, Room: int64(b.Memory)}
}

// sources are the parts that are streamed, by the places that name them.
func (b *builder) sources() []*data.RowSource {
	var out []*data.RowSource
	for _, src := range []*data.RowSource{&b.ex.Sources.Train, &b.ex.Sources.Validation, &b.ex.Sources.Test} {
		if *src != nil {
			out = append(out, src)
		}
	}
	return out
}

// keepable writes sources that cannot start at any row to a file that can.
func (b *builder) keepable() error {
	for _, src := range b.sources() {
		_, seekable, err := (*src).Count()
		if err != nil {
			return err
		}
		if seekable {
			continue
		}
		kept, err := data.Spill(*src, "", nil)
		if err != nil {
			return err
		}
		*src = kept
		closed := b.run.close
		b.run.close = func() error {
			if closed == nil {
				return kept.Close()
			}
			return errors.Join(kept.Close(), closed())
		}
	}
	return nil
}

// survey goes through the sources once: it finds mistakes, and what tells whether
// the files are what they were.
func (b *builder) survey() error {
	h := sha256.New()
	for _, src := range b.sources() {
		seen := 0
		for block, err := range (*src).Blocks(256) {
			if err == nil {
				err = block.Validate()
			}
			if err != nil && seen > 0 {
				err = fmt.Errorf("in the examples from %d on: %w", seen, err)
			}
			if err != nil {
				return err
			}
			if seen == 0 {
				describeSet(h, block)
			}
			_, _ = h.Write(block.X.Raw()) // a hash never fails
			if block.Y != nil {
				_, _ = h.Write(block.Y.Raw())
			}
			seen += block.Len()
		}
	}
	b.digest = hex.EncodeToString(h.Sum(nil))
	return nil
}

// describeSet adds to a hash what a set is beside its numbers.
func describeSet(h hash.Hash, s *data.Set) {
	_, _ = fmt.Fprintf(h, "%v%v%q %q", s.X.DType(), s.X.Shape()[1:], s.Classes, s.Features)
}

// fitFeatures is the normaliser of the training part.
func (b *builder) fitFeatures(method data.Method) (*data.Normalizer, error) {
	c, scope := &b.run.Config, data.Scope(b.Normalisation.Scope)
	if b.ex.Train != nil {
		return data.Fit(c.Train.Set.X, c.Train.Rows, method, scope)
	}
	return data.FitSource(b.trainingSource(), method, scope)
}

// trainingSource is the part of the source that is trained on.
func (b *builder) trainingSource() data.Source {
	if b.rows == nil {
		return b.ex.Sources.Train
	}
	return data.Part(b.ex.Sources.Train, b.rows)
}

// fitTargets is likewise for numbers to predict.
func (b *builder) fitTargets(method data.Method) (*data.Normalizer, error) {
	c := &b.run.Config
	if b.ex.Train != nil {
		return data.Fit(c.Train.Set.Y, c.Train.Rows, method, data.PerFeature)
	}
	var m *data.Moments
	for block, err := range b.trainingSource().Blocks(256) {
		if err != nil {
			return nil, err
		}
		if m == nil {
			if m, err = data.NewMoments(block.Y.DType(), block.Y.Size()/block.Len()); err != nil {
				return nil, err
			}
		}
		if err := m.Add(block.Y, nil); err != nil {
			return nil, err
		}
	}
	if m == nil {
		return nil, errors.New("there are no examples")
	}
	return m.Normalizer(method, data.PerFeature)
}

// everywhere changes the examples of the run, wherever they are.
func (b *builder) everywhere(change func(*data.Set) (*data.Set, error)) error {
	c := &b.run.Config
	if b.ex.Train == nil {
		for _, src := range b.sources() {
			*src = data.Map(*src, change)
		}
		b.link()
		return nil
	}
	made := map[*data.Set]*data.Set{}
	for _, part := range []*train.Part{&c.Train, &c.Validation, &c.Test} {
		if part.Set == nil {
			continue
		}
		if made[part.Set] == nil {
			set, err := change(part.Set)
			if err != nil {
				return err
			}
			made[part.Set] = set
		}
		part.Set = made[part.Set]
	}
	b.ex.Train = c.Train.Set
	return nil
}

// link gives the parts of the run their sources as they are now.
func (b *builder) link() {
	c, src := &b.run.Config, &b.ex.Sources
	c.Train.Source = src.Train
	for _, part := range []struct {
		of  *train.Part
		own data.RowSource
	}{{&c.Validation, src.Validation}, {&c.Test, src.Test}} {
		switch {
		case part.of.Source == nil:
		case part.own != nil:
			part.of.Source = part.own
		default:
			part.of.Source = src.Train
		}
	}
}

// stream is made last, when the source gives what the step takes. A part that is measured
// needs a block of memory beside the windows.
func (b *builder) stream() (err error) {
	if b.ex.Train != nil {
		return nil
	}
	c := &b.run.Config
	if c.Sampler != data.SamplerNames()[0] {
		return b.at("sampler", fmt.Errorf("sampler %s wants all examples in memory; take %s, or memory: all", c.Sampler, data.SamplerNames()[0]))
	}
	one, err := data.Like(b.ex.Sources.Train, 1)
	if err != nil {
		return err
	}
	block := train.BlockBytes(one, max(c.Validation.Len(), c.Test.Len()))
	if block > int64(b.Memory)/2 {
		return b.at("memory", fmt.Errorf("what is held back is measured in blocks of %d bytes, more than half of the %s; raise it", block, b.Memory))
	}
	c.Stream, err = data.NewStream(b.ex.Sources.Train, data.StreamOptions{
		Batch: c.Batch, Seed: uint64(b.Seed), MaxBytes: int64(b.Memory) - block, Rows: b.rows,
	})
	return b.at("memory", err)
}

// scaledTargets are a set's numbers to predict, normalised.
func scaledTargets(n *data.Normalizer, d tensor.DType) func(*data.Set) (*data.Set, error) {
	return func(set *data.Set) (*data.Set, error) {
		out := *set
		out.Y = tensor.New(d, set.Y.Shape()...)
		return &out, n.Apply(out.Y, set.Y, nil)
	}
}

// oneOutput are two classes as the number 0 or 1.
func oneOutput(d tensor.DType) func(*data.Set) (*data.Set, error) {
	return func(set *data.Set) (*data.Set, error) {
		out := *set
		out.Y = convertTo(set.Y, d).Reshape(set.Len(), 1)
		out.Classes, out.Targets = nil, nil
		return &out, nil
	}
}

// keepTargets keeps with the weights how numbers to predict were normalised.
func (b *builder) keepTargets(n *data.Normalizer) error {
	text, err := json.Marshal(n)
	b.run.Config.Meta[MetaTargets] = string(text)
	return err
}
