package data

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/godescent/descent/internal/suggest"
)

// BalancedWeights are weights of classes that give each class as much to say as
// the others, however few examples it has: class k of K that occur gets
//
//	w_k = n/(K·n_k)
//
// from the n labels of the rows that indices name, the training part, or all if
// indices is nil, of which n_k are k. The mean weight of an example is 1. A class
// that does not occur gets 1, which nothing in training uses.
//
// Source: G. King, L. Zeng, Logistic Regression in Rare Events Data, Political
// Analysis 9 (2001) 137-163; scikit-learn's class_weight="balanced".
func BalancedWeights(labels, indices []int32, classes int) ([]float64, error) {
	counts := make([]int, classes)
	n := len(labels)
	if indices != nil {
		n = len(indices)
	}
	for k := range n {
		i := k
		if indices != nil {
			if i = int(indices[k]); i < 0 || i >= len(labels) {
				return nil, fmt.Errorf("index %d at position %d is outside the %d labels", i, k, len(labels))
			}
		}
		if c := labels[i]; c < 0 || int(c) >= classes {
			return nil, fmt.Errorf("label %d is class %d; there are %d classes, 0 to %d", i, c, classes, classes-1)
		}
		counts[labels[i]]++
	}
	if n == 0 {
		return nil, fmt.Errorf("there are no labels to weigh classes by")
	}
	occur := 0
	for _, c := range counts {
		if c > 0 {
			occur++
		}
	}
	w := make([]float64, classes)
	for k, c := range counts {
		if w[k] = 1; c > 0 {
			w[k] = float64(n) / float64(occur*c)
		}
	}
	return w, nil
}

// GivenWeights are weights of classes by their names: 1 for those that are not
// given. One at least must be above 0 and none below.
func GivenWeights(classes []string, given map[string]float64) ([]float64, error) {
	w := make([]float64, len(classes))
	for k := range w {
		w[k] = 1
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		k := slices.Index(classes, name)
		if k < 0 {
			return nil, fmt.Errorf("a weight for the class %q, which there is not; %s", name, suggest.Hint(name, classes))
		}
		if v := given[name]; !(v >= 0) || v-v != 0 {
			return nil, fmt.Errorf("the class %q has the weight %v; 0 and more are possible", name, v)
		}
		w[k] = given[name]
	}
	if !slices.ContainsFunc(w, func(v float64) bool { return v > 0 }) {
		return nil, fmt.Errorf("every class has the weight 0; nothing could be learned")
	}
	return w, nil
}

// Split divides the set's examples by chance: class by class, as SplitStratified,
// if stratify is set and an example has one class, and otherwise as Split.
func (s *Set) Split(seed uint64, f Fractions, stratify bool) (Parts, error) {
	var parts Parts
	var err error
	if stratify && s.Classification() && s.Y.Shape().Rank() == 1 {
		parts, err = SplitStratified(s.Labels(), seed, f)
	} else {
		parts, err = Split(s.Len(), seed, f)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", s.Name, err)
	}
	return parts, err
}

// SourceLabels are the class of each example of a source, 4 bytes each, to split
// or to weigh by, and the classes' names.
func SourceLabels(src Source) (labels []int32, classes []string, err error) {
	if r, ok := src.(RowSource); ok {
		n, _, err := r.Count()
		if err != nil {
			return nil, nil, err
		}
		labels = make([]int32, 0, n)
	}
	for block, err := range src.Blocks(256) {
		if err != nil {
			return nil, nil, err
		}
		if !block.Classification() || block.Y.Shape().Rank() != 1 {
			return nil, nil, fmt.Errorf("%s: its examples do not have one class each", block.Name)
		}
		labels, classes = append(labels, block.Labels()...), block.Classes
	}
	if len(labels) == 0 {
		return nil, nil, fmt.Errorf("the source has no examples")
	}
	return labels, classes, nil
}

// Select reads the rows of a source that indices name into memory, in their order,
// unless they need more than limit bytes: some to measure, of a source that does not
// fit. It reads them as they ascend.
func Select(src Source, indices []int32, limit int64) (*Set, error) {
	first, err := example(src)
	if err != nil {
		return nil, err
	}
	if size := exampleBytes(first); int64(len(indices)) > limit/size {
		return nil, fmt.Errorf("%s: %d examples of %d bytes need more than %d bytes of memory; raise the limit or select fewer",
			first.Name, len(indices), size, limit)
	}
	r, err := NewReader(src)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	set := first.like(len(indices))
	places := make([]int32, len(indices))
	identity(places)
	slices.SortStableFunc(places, func(a, b int32) int { return cmp.Compare(indices[a], indices[b]) })
	for _, place := range places {
		if err := r.readRow(set, int(place), indices[place]); err != nil {
			return nil, err
		}
	}
	return set, nil
}
