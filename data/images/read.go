package images

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

// ReadFolder reads the images in the folders of a folder, their classes, and
// finds its schema.
func ReadFolder(dir string, o Options) (*data.Set, *Schema, error) {
	src, s, err := Folder(dir, o)
	if err != nil {
		return nil, nil, err
	}
	set, err := src.collect(o.withDefaults().MaxBytes)
	return set, s, err
}

// Folder is the images in the folders of a folder as a source of blocks, read
// anew each time, and its schema: for folders larger than memory.
func Folder(dir string, o Options) (*Source, *Schema, error) {
	o = o.withDefaults()
	if err := o.check(dir); err != nil {
		return nil, nil, err
	}
	files, classes, err := list(dir)
	if err != nil {
		return nil, nil, err
	}
	if len(classes) < 2 {
		return nil, nil, fmt.Errorf("%s: there is the one class %q; at least two are needed to tell apart", dir, classes[0])
	}
	if len(files) > math.MaxInt32 {
		return nil, nil, fmt.Errorf("%s: %d images are more than an int32 index can name", dir, len(files))
	}
	s := &Schema{Height: o.Height, Width: o.Width, Grey: o.Grey, Fit: o.Fit, Resize: o.Height > 0, Classes: classes}
	if !s.Resize {
		if s.Height, s.Width, err = sidesOf(files[0].path, o.MaxPixels); err != nil {
			return nil, nil, err
		}
		if err := s.Check(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w; give a height and width that all images are brought to", files[0].path, err)
		}
	}
	return &Source{name: dir, schema: s, files: files, maxPixels: o.MaxPixels}, s, nil
}

func sidesOf(path string, maxPixels int64) (h, w int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if w, h, err = sides(f, maxPixels); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	return h, w, nil
}

// Read applies the schema to the images at a path: one image, a folder of images,
// or a folder with a folder for each class, whose Set then has a Y. The names are
// the images' files.
func (s *Schema) Read(path string, o Options) (set *data.Set, names []string, err error) {
	src, err := s.Source(path, o)
	if err != nil {
		return nil, nil, err
	}
	set, err = src.collect(o.withDefaults().MaxBytes)
	return set, src.Names(), err
}

// Source is what Read reads as a source of blocks.
func (s *Schema) Source(path string, o Options) (*Source, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files, err := s.listAny(path)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: there are no images in it", path)
	}
	return &Source{name: path, schema: s, files: files, maxPixels: o.withDefaults().MaxPixels}, nil
}

// UnmarshalJSON reads what json.Marshal wrote and refuses what Check refuses.
func (s *Schema) UnmarshalJSON(b []byte) error {
	type plain Schema
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("schema of images: %w", err)
	}
	*s = Schema(p)
	if err := s.Check(); err != nil {
		return fmt.Errorf("schema of images: %w", err)
	}
	return nil
}

// Source is images as a source of blocks.
type Source struct {
	name      string
	schema    *Schema
	files     []file
	maxPixels int64
}

var _ data.RowSource = (*Source)(nil)

// Count implements data.RowSource.
func (s *Source) Count() (rows int, seekable bool, err error) { return len(s.files), true, nil }

// Labelled reports whether the images lie in folders of classes.
func (s *Source) Labelled() bool { return s.files[0].class >= 0 }

// Unlabelled leaves the classes out, as for images to predict from.
func (s *Source) Unlabelled() {
	for i := range s.files {
		s.files[i].class = -1
	}
}

// Names are the images' files, in order.
func (s *Source) Names() []string {
	names := make([]string, len(s.files))
	for i, f := range s.files {
		names[i] = f.path
	}
	return names
}

// Blocks implements data.Source.
func (s *Source) Blocks(rows int) iter.Seq2[*data.Set, error] { return s.BlocksFrom(0, rows) }

// BlocksFrom implements data.RowSource.
func (s *Source) BlocksFrom(row, size int) iter.Seq2[*data.Set, error] {
	return func(yield func(*data.Set, error) bool) {
		if size < 1 {
			yield(nil, fmt.Errorf("%s: blocks of %d rows; at least 1 is needed", s.name, size))
			return
		}
		var block *data.Set
		for ; row < len(s.files); row += size {
			files := s.files[row:min(row+size, len(s.files))]
			if block == nil || block.Len() != len(files) {
				block = s.empty(len(files))
			}
			if err := s.read(block, files); err != nil {
				yield(nil, err)
				return
			}
			if !yield(block, nil) {
				return
			}
		}
	}
}

// empty is a set for n images.
func (s *Source) empty(n int) *data.Set {
	set := &data.Set{Name: s.name, X: tensor.New(tensor.Uint8, n, s.schema.Height, s.schema.Width, s.schema.Channels())}
	if s.Labelled() {
		set.Y, set.Classes, set.Targets = tensor.New(tensor.Int32, n), s.schema.Classes, []string{"class"}
	}
	return set
}

// collect reads all images into one set.
func (s *Source) collect(maxBytes int64) (*data.Set, error) {
	size := int64(s.schema.Height)*int64(s.schema.Width)*int64(s.schema.Channels()) + 4
	if n := int64(len(s.files)); n > maxBytes/size {
		return nil, fmt.Errorf("%s: %d images of %d bytes need more than %d bytes of memory; raise the limit, make them smaller, or stream them",
			s.name, n, size, maxBytes)
	}
	set := s.empty(len(s.files))
	return set, s.read(set, s.files)
}

// read unpacks images on all CPUs into the rows of a set. The error is the first
// image's in order, whichever is met first.
func (s *Source) read(set *data.Set, files []file) error {
	size := set.Width()
	labels := set.Labels()
	errs := make([]error, len(files))
	var next, failed atomic.Int64
	failed.Store(int64(len(files)))
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		all.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= failed.Load() {
					return // those before i are being read
				}
				errs[i] = s.schema.decodeFile(files[i].path, s.maxPixels, set.X.Raw()[int(i)*size:][:size])
				for f := failed.Load(); errs[i] != nil && i < f && !failed.CompareAndSwap(f, i); f = failed.Load() {
				}
				if labels != nil {
					labels[i] = files[i].class
				}
			}
		})
	}
	all.Wait()
	if f := failed.Load(); f < int64(len(files)) {
		return errs[f]
	}
	return nil
}
