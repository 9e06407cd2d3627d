package data

import (
	"fmt"
	"iter"
	"math"
	"math/bits"

	"github.com/godescent/descent/internal/suggest"
)

// Sampler says which examples a step takes. Everything it says is a pure
// function of its settings (kind, number of examples, batch size, seed) and
// the question, so a resumed run needs nothing restored; what it keeps is a
// cache. A Sampler serves one goroutine.
//
// Steps count from 0 and run through the epochs without a gap.
type Sampler interface {
	// Name is the name SamplerByName knows it by.
	Name() string
	// Batches is the number of steps of an epoch (counted from 0).
	Batches(epoch int) int
	// Epoch is the epoch that a step falls in, and the step's place in it.
	Epoch(step int64) (epoch, batch int)
	// Sizes are the batch sizes that occur, the largest first: a step is
	// compiled for each.
	Sizes() []int
	// Batch is the indices of the examples of a step, stored in dst if it has
	// room; after an epoch's first step that allocates nothing.
	Batch(step int64, dst []int32) []int32
}

// samplers is every sampler by name; the first is the default.
var samplers = [...]struct {
	name, doc string
	make      func(p passes, seed uint64) Sampler
}{
	{"shuffle", "mini-batches of a fresh permutation each epoch, every example once an epoch",
		func(p passes, seed uint64) Sampler { return &shuffle{passes: p, seed: seed, cached: -1} }},
	{"cyclic", "one example after another as they are stored, n mod N; a batch takes the next B",
		func(p passes, _ uint64) Sampler { return cyclic(p) }},
	{"replacement", "every example of every batch drawn by chance from all of them",
		func(p passes, seed uint64) Sampler { return replacement{passes: p, seed: seed} }},
	{"full", "all examples in every step; the batch size is not used",
		func(p passes, _ uint64) Sampler { return full{passes{n: p.n, size: p.n}} }},
}

// SamplerNames are the names SamplerByName knows, the default first.
func SamplerNames() []string {
	names := make([]string, len(samplers))
	for i, s := range samplers {
		names[i] = s.name
	}
	return names
}

// SamplerDoc is what the sampler of that name does, in half a sentence, or "".
func SamplerDoc(name string) string {
	for _, s := range samplers {
		if s.name == name {
			return s.doc
		}
	}
	return ""
}

// SamplerByName is the sampler of that name over n examples. A batch larger
// than n is n.
//
//	shuffle      Every epoch is a permutation of its own, cut into ⌈n/B⌉ batches.
//	             The last one is shorter if B does not divide n.
//	cyclic       Algorithm 7.1 of Bishop and Bishop: step τ takes the examples
//	             (τB + j) mod n, j = 0..B−1. A batch may span the end of the
//	             data; it counts to the epoch of its first example, so epochs
//	             differ by a step where B does not divide n.
//	replacement  Each index is drawn on its own; batch sizes as in shuffle.
//	full         0..n−1 in every step, one step an epoch.
func SamplerByName(name string, n, batch int, seed uint64) (Sampler, error) {
	if n < 1 || n > math.MaxInt32 {
		return nil, fmt.Errorf("cannot draw from %d examples; 1 to %d are possible", n, math.MaxInt32)
	}
	if batch < 1 {
		return nil, fmt.Errorf("the batch size is %d; it must be at least 1", batch)
	}
	for _, s := range samplers {
		if s.name == name {
			return s.make(passes{n: n, size: min(batch, n)}, seed), nil
		}
	}
	return nil, fmt.Errorf("unknown sampler %q; %s", name, suggest.Hint(name, SamplerNames()))
}

// Over is the sampler s of positions in indices turned into one of the
// indices: a part of a set is sampled without copying it. It panics if indices
// has fewer entries than s draws from.
func Over(s Sampler, indices []int32) Sampler { return over{s, indices} }

type over struct {
	Sampler
	indices []int32
}

func (o over) Batch(step int64, dst []int32) []int32 {
	dst = o.Sampler.Batch(step, dst)
	for k, i := range dst {
		dst[k] = o.indices[i]
	}
	return dst
}

// Steps is the number of steps of the first epochs.
func Steps(s Sampler, epochs int) int64 {
	if o, ok := s.(over); ok {
		return Steps(o.Sampler, epochs)
	}
	if f, ok := s.(interface{ firstStep(epoch int) int64 }); ok {
		return f.firstStep(epochs)
	}
	var n int64
	for e := range epochs {
		n += int64(s.Batches(e))
	}
	return n
}

// Epoch goes through an epoch's steps and their batches. A batch is valid until
// the next one is drawn.
func Epoch(s Sampler, epoch int) iter.Seq2[int64, []int32] {
	return func(yield func(int64, []int32) bool) {
		first := Steps(s, epoch)
		var dst []int32
		for b := range s.Batches(epoch) {
			step := first + int64(b)
			dst = s.Batch(step, dst)
			if !yield(step, dst) {
				return
			}
		}
	}
}

// room is dst with n elements, newly allocated only if it is too small.
func room(dst []int32, n int) []int32 {
	if cap(dst) < n {
		return make([]int32, n)
	}
	return dst[:n]
}

// passes cuts every epoch of n examples into batches of size, the last one
// with what is left.
type passes struct{ n, size int }

func (p passes) batches() int { return (p.n + p.size - 1) / p.size }

func (p passes) Batches(int) int { return p.batches() }

func (p passes) firstStep(epoch int) int64 { return int64(epoch) * int64(p.batches()) }

func (p passes) Epoch(step int64) (epoch, batch int) {
	k := int64(p.batches())
	return int(step / k), int(step % k)
}

func (p passes) Sizes() []int {
	if rest := p.n % p.size; rest != 0 {
		return []int{p.size, rest}
	}
	return []int{p.size}
}

// span is the part of an epoch that a batch takes.
func (p passes) span(batch int) (from, to int) {
	from = batch * p.size
	return from, min(from+p.size, p.n)
}

// shuffle keeps the permutation of the epoch it was last asked about: n draws
// once an epoch, then a copy a step.
type shuffle struct {
	passes
	seed   uint64
	cached int
	order  []int32
}

func (*shuffle) Name() string { return "shuffle" }

func (s *shuffle) Batch(step int64, dst []int32) []int32 {
	epoch, batch := s.Epoch(step)
	if epoch != s.cached {
		s.order = room(s.order, s.n)
		identity(s.order)
		permute(s.order, s.seed, drawShuffle, uint64(epoch))
		s.cached = epoch
	}
	from, to := s.span(batch)
	dst = room(dst, to-from)
	copy(dst, s.order[from:to])
	return dst
}

type cyclic struct{ n, size int }

func (cyclic) Name() string { return "cyclic" }

// firstStep is the first step whose first example is at or after the epoch's
// beginning: ⌈epoch·n/size⌉.
func (c cyclic) firstStep(epoch int) int64 {
	q, rest := mulDiv(int64(epoch), c.n, c.size)
	if rest != 0 {
		q++
	}
	return q
}

func (c cyclic) Batches(epoch int) int { return int(c.firstStep(epoch+1) - c.firstStep(epoch)) }

func (c cyclic) Epoch(step int64) (epoch, batch int) {
	q, _ := mulDiv(step, c.size, c.n)
	epoch = int(q)
	return epoch, int(step - c.firstStep(epoch))
}

// mulDiv is a·b/c with the product in 128 bits, and the remainder.
func mulDiv(a int64, b, c int) (quotient, remainder int64) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, r := bits.Div64(hi, lo, uint64(c))
	return int64(q), int64(r)
}

func (c cyclic) Sizes() []int { return []int{c.size} }

func (c cyclic) Batch(step int64, dst []int32) []int32 {
	dst = room(dst, c.size)
	at := step % int64(c.n) * int64(c.size) % int64(c.n)
	for j := range dst {
		dst[j] = int32(at)
		if at++; at == int64(c.n) {
			at = 0
		}
	}
	return dst
}

type replacement struct {
	passes
	seed uint64
}

func (replacement) Name() string { return "replacement" }

func (r replacement) Batch(step int64, dst []int32) []int32 {
	_, batch := r.Epoch(step)
	from, to := r.span(batch)
	dst = room(dst, to-from)
	var two [2]uint64
	for j := range dst {
		if j&1 == 0 {
			two = pair(r.seed, drawReplacement, uint64(step), uint32(j)/2)
		}
		dst[j] = int32(below(two[j&1], r.n))
	}
	return dst
}

type full struct{ passes }

func (full) Name() string { return "full" }

func (f full) Batch(_ int64, dst []int32) []int32 {
	dst = room(dst, f.n)
	identity(dst)
	return dst
}
