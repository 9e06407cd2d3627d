// Package text turns a text into examples for a model of characters: windows of
// it, and for each character of a window the one that follows it.
//
//	text     "to be or"     context 3
//	X        t o _    b e _       Int32 [N, context], indices of the vocabulary
//	Y        o _ b    e _ o       Int32 [N, context], each the next one
//
// The text is cut into a training, a validation and a test part, in this order
// and without mixing them, since neighbouring windows share what they are about.
// The vocabulary is that of the training part, kept as a Schema with the model.
package text

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/tensor"
)

// Unknown is what becomes of a character that the training part lacks.
type Unknown string

// What can become of a character that the training part lacks.
const (
	Skip   Unknown = "skip"  // it is left out, and reported
	Refuse Unknown = "error" // it is an error
)

// The limits of Options that set none.
const (
	DefaultContext  = 64
	DefaultMaxBytes = 4 << 30
)

// maxVocabulary bounds the characters that are told apart.
const maxVocabulary = 1 << 16

// Options are how a text becomes examples.
type Options struct {
	Name string // the file, as errors print it

	Context int // characters of a window; 0 is DefaultContext
	// Stride is how far windows lie apart; 0 is Context, so that every character is
	// predicted once an epoch. With less, windows overlap.
	Stride int

	Validation, Test float64 // shares of the text, taken from its end

	Unknown  Unknown // "" is Skip
	MaxBytes int64   // most memory for the text and the examples
}

// Schema is what a model of characters must keep: the vocabulary and the window.
type Schema struct {
	Vocabulary []string `json:"vocabulary"` // a character each, in order
	Context    int      `json:"context"`
}

// Missing is a character that the training part lacks.
type Missing struct {
	Part  string // "validation", "test" or "text"
	Char  rune
	Count int
	Line  int // of the first, from 1
}

func (m Missing) String() string {
	return fmt.Sprintf("%q (U+%04X) is not in the training part: %d left out of the %s part, the first on line %d", m.Char, m.Char, m.Count, m.Part, m.Line)
}

// Corpus is a text ready to be trained on.
type Corpus struct {
	Schema                  *Schema
	Train, Validation, Test *Windows // nil where the share is 0
	Missing                 []Missing
}

// ReadFile reads the text at path, plain or compressed by gzip.
func ReadFile(path string, o Options) (*Corpus, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if o.Name == "" {
		o.Name = path
	}
	return Read(f, o)
}

// Read reads a text: UTF-8, whose line ends may be those of Windows and become
// line feeds.
func Read(r io.Reader, o Options) (*Corpus, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	chars, err := o.read(r)
	if err != nil {
		return nil, err
	}
	return o.cut(chars)
}

func (o Options) withDefaults() (Options, error) {
	if o.Name == "" {
		o.Name = "text"
	}
	if o.Context == 0 {
		o.Context = DefaultContext
	}
	if o.Stride == 0 {
		o.Stride = o.Context
	}
	if o.Unknown == "" {
		o.Unknown = Skip
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	switch {
	case o.Context < 1 || o.Context > 1<<20:
		return o, fmt.Errorf("%s: a context of %d characters; 1 to %d are possible", o.Name, o.Context, 1<<20)
	case o.Stride < 1 || o.Stride > 1<<30:
		return o, fmt.Errorf("%s: windows %d characters apart; 1 to %d are possible", o.Name, o.Stride, 1<<30)
	case !(o.Validation >= 0 && o.Test >= 0 && o.Validation+o.Test < 1):
		return o, fmt.Errorf("%s: validation %v and test %v; shares from 0 on that leave some to train on are possible", o.Name, o.Validation, o.Test)
	case o.Unknown != Skip && o.Unknown != Refuse:
		return o, fmt.Errorf("%s: unknown characters are to become %q; %s", o.Name, o.Unknown, suggest.Hint(string(o.Unknown), []string{string(Skip), string(Refuse)}))
	}
	return o, nil
}

// read is the text's characters. They take four bytes each and the text up to
// two, so it may be a sixth of the limit long.
func (o Options) read(r io.Reader) ([]rune, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	r = buffered
	if first, _ := buffered.Peek(2); string(first) == "\x1f\x8b" {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("%s: the compressed data is damaged: %w", o.Name, err)
		}
		r = z
	}
	most := o.MaxBytes / 6
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", o.Name, err)
	case int64(len(b)) > most:
		return nil, fmt.Errorf("%s: the text is longer than %d bytes, for which the limit of %d bytes of memory has room", o.Name, most, o.MaxBytes)
	case bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")):
		return nil, fmt.Errorf("%s: the text is UTF-16; save it as UTF-8", o.Name)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	chars := make([]rune, 0, utf8.RuneCount(b))
	for at, line := 0, 1; at < len(b); {
		c, size := utf8.DecodeRune(b[at:])
		switch {
		case c == utf8.RuneError && size == 1:
			return nil, fmt.Errorf("%s:%d: the byte %02x is not UTF-8; save the text as UTF-8", o.Name, line, b[at])
		case c == '\n':
			line++
		case c == '\r' && at+1 < len(b) && b[at+1] == '\n':
			at++
			continue
		}
		chars = append(chars, c)
		at += size
	}
	return chars, nil
}

// cut makes the parts and their windows.
func (o Options) cut(chars []rune) (*Corpus, error) {
	test := int(math.Round(o.Test * float64(len(chars))))
	validation := int(math.Round(o.Validation * float64(len(chars))))
	train := len(chars) - validation - test
	c := &Corpus{Schema: &Schema{Context: o.Context}}
	set := map[rune]bool{}
	for _, r := range chars[:max(0, train)] {
		set[r] = true
	}
	if len(set) > maxVocabulary {
		return nil, fmt.Errorf("%s: %d different characters; at most %d are told apart", o.Name, len(set), maxVocabulary)
	}
	for _, r := range slices.Sorted(maps.Keys(set)) {
		c.Schema.Vocabulary = append(c.Schema.Vocabulary, string(r))
	}
	line := 1
	for _, part := range []struct {
		name  string
		chars []rune
		share float64
		to    **Windows
	}{
		{"training", chars[:train], 1, &c.Train},
		{"validation", chars[train : train+validation], o.Validation, &c.Validation},
		{"test", chars[train+validation:], o.Test, &c.Test},
	} {
		if part.share == 0 {
			continue
		}
		ids, missing := c.Schema.encode(part.chars, part.name, line)
		if len(missing) > 0 && o.Unknown == Refuse {
			return nil, fmt.Errorf("%s:%d: %q is not in the training part; there are %d such characters in the %s part; leave them out by %q", o.Name, missing[0].Line, missing[0].Char, len(missing), part.name, Skip)
		}
		c.Missing = append(c.Missing, missing...)
		if len(ids) <= o.Context {
			return nil, fmt.Errorf("%s: the %s part has %d characters; more than the context of %d are needed", o.Name, part.name, len(ids), o.Context)
		}
		if n := (len(ids)-o.Context-1)/o.Stride + 1; n > math.MaxInt32 {
			return nil, fmt.Errorf("%s: %d windows are more than an int32 index can name", o.Name, n)
		}
		*part.to = &Windows{name: o.Name, schema: c.Schema, ids: ids, stride: o.Stride}
		line += strings.Count(string(part.chars), "\n")
	}
	if len(c.Schema.Vocabulary) < 2 {
		return nil, fmt.Errorf("%s: the training part has the one character %q; there is nothing to tell apart", o.Name, c.Schema.Vocabulary[0])
	}
	return c, nil
}

// encode are the indices of characters in the vocabulary, and those that are not
// in it, which are left out.
func (s *Schema) encode(chars []rune, part string, line int) ([]int32, []Missing) {
	index := make(map[rune]int32, len(s.Vocabulary))
	for i, c := range s.Vocabulary {
		r, _ := utf8.DecodeRuneInString(c)
		index[r] = int32(i)
	}
	var missing []Missing
	place := map[rune]int{}
	ids := make([]int32, 0, len(chars))
	for _, r := range chars {
		if i, ok := index[r]; ok {
			ids = append(ids, i)
		} else if k, ok := place[r]; ok {
			missing[k].Count++
		} else {
			place[r] = len(missing)
			missing = append(missing, Missing{part, r, 1, line})
		}
		if r == '\n' {
			line++
		}
	}
	return ids, missing
}

// Encode are the indices of a text's characters, and those that the vocabulary
// lacks, which are left out.
func (s *Schema) Encode(text string) ([]int32, []Missing) {
	return s.encode([]rune(text), "text", 1)
}

// ReadFile are the windows of another text, one beside the other, and the
// characters in it that the vocabulary lacks.
func (s *Schema) ReadFile(path string, maxBytes int64) (*data.Set, []Missing, error) {
	if err := s.Check(); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	o, err := Options{Name: path, Context: s.Context, MaxBytes: maxBytes}.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	chars, err := o.read(f)
	if err != nil {
		return nil, nil, err
	}
	ids, missing := s.encode(chars, "text", 1)
	if len(ids) <= s.Context {
		return nil, nil, fmt.Errorf("%s: the text has %d characters of the vocabulary; more than the context of %d are needed", path, len(ids), s.Context)
	}
	set, err := (&Windows{name: path, schema: s, ids: ids, stride: s.Context}).Set(maxBytes)
	return set, missing, err
}

// Decode is the text of indices.
func (s *Schema) Decode(ids []int32) (string, error) {
	var b strings.Builder
	for i, id := range ids {
		if id < 0 || int(id) >= len(s.Vocabulary) {
			return "", fmt.Errorf("character %d is %d; the vocabulary has %d, 0 to %d", i, id, len(s.Vocabulary), len(s.Vocabulary)-1)
		}
		b.WriteString(s.Vocabulary[id])
	}
	return b.String(), nil
}

// Check is nil if the schema can be applied.
func (s *Schema) Check() error {
	if s.Context < 1 || len(s.Vocabulary) < 2 || len(s.Vocabulary) > maxVocabulary {
		return fmt.Errorf("schema of a text: a context of %d and a vocabulary of %d; at least 1 and 2 are needed", s.Context, len(s.Vocabulary))
	}
	seen := map[string]bool{}
	for i, c := range s.Vocabulary {
		if r, n := utf8.DecodeRuneInString(c); n == 0 || n != len(c) || r == utf8.RuneError && n == 1 || seen[c] {
			return fmt.Errorf("schema of a text: entry %d of the vocabulary, %q, is not a character of its own", i, c)
		}
		seen[c] = true
	}
	return nil
}

// UnmarshalJSON reads what json.Marshal wrote and refuses what Check refuses.
func (s *Schema) UnmarshalJSON(b []byte) error {
	type plain Schema
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("schema of a text: %w", err)
	}
	*s = Schema(p)
	return s.Check()
}

// Windows are the windows of a part, made as they are asked for.
type Windows struct {
	name   string
	schema *Schema
	ids    []int32
	stride int
}

var _ data.RowSource = (*Windows)(nil)

// Len is the number of windows.
func (w *Windows) Len() int { return (len(w.ids)-w.schema.Context-1)/w.stride + 1 }

// IDs are the part's characters as indices of the vocabulary, which the caller
// must not change.
func (w *Windows) IDs() []int32 { return w.ids }

// Count implements data.RowSource.
func (w *Windows) Count() (rows int, seekable bool, err error) { return w.Len(), true, nil }

// Set is all windows at once, unless they need more than maxBytes of memory, or
// DefaultMaxBytes if that is 0.
func (w *Windows) Set(maxBytes int64) (*data.Set, error) {
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	if n := int64(w.Len()); n > maxBytes/(8*int64(w.schema.Context)) {
		return nil, fmt.Errorf("%s: %d windows of %d characters need more than %d bytes of memory; raise the limit or the stride, or stream them",
			w.name, n, w.schema.Context, maxBytes)
	}
	set := w.empty(w.Len())
	w.fill(set, 0)
	return set, nil
}

func (w *Windows) empty(n int) *data.Set {
	return &data.Set{
		Name: w.name, X: tensor.New(tensor.Int32, n, w.schema.Context), Y: tensor.New(tensor.Int32, n, w.schema.Context),
		Classes: w.schema.Vocabulary, Targets: []string{"next"},
	}
}

// fill is the windows from one on.
func (w *Windows) fill(set *data.Set, first int) {
	c := w.schema.Context
	x, y := tensor.Slice[int32](set.X), tensor.Slice[int32](set.Y)
	for i := range set.Len() {
		at := (first + i) * w.stride
		copy(x[i*c:(i+1)*c], w.ids[at:])
		copy(y[i*c:(i+1)*c], w.ids[at+1:])
	}
}

// Blocks implements data.Source.
func (w *Windows) Blocks(rows int) iter.Seq2[*data.Set, error] { return w.BlocksFrom(0, rows) }

// BlocksFrom implements data.RowSource.
func (w *Windows) BlocksFrom(row, size int) iter.Seq2[*data.Set, error] {
	return func(yield func(*data.Set, error) bool) {
		if size < 1 {
			yield(nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", w.name, size))
			return
		}
		var block *data.Set
		for n := w.Len(); row < n; row += size {
			if k := min(size, n-row); block == nil || block.Len() != k {
				block = w.empty(k)
			}
			w.fill(block, row)
			if !yield(block, nil) {
				return
			}
		}
	}
}
