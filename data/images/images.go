// Package images turns a folder of images into a data.Set: each folder in it is
// a class, named by it, and the PNG and JPEG files in that, at any depth, are its
// examples.
//
//	pets/cat/1.png   class "cat"
//	pets/cat/2.jpg
//	pets/dog/7.png   class "dog"
//
// X is Uint8 [N, height, width, channels], channels last: grey (1) or red, green
// and blue (3), 0 for black and 255 for white. A transparent pixel is seen on
// white. The orientation that a camera notes beside its pixels is not applied.
//
// How the images were sized is kept as a Schema, so that others, such as those to
// predict from, are sized alike.
package images

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godescent/descent/internal/suggest"
)

// Fit is what is done with an image whose sides are not in the proportion that is
// asked for.
type Fit string

// The ways to fit.
const (
	Stretch Fit = "stretch" // each side is brought to its length by itself
	Crop    Fit = "crop"    // the largest part in the middle that has the proportion
)

// Fits are the names of the ways to fit.
func Fits() []string { return []string{string(Stretch), string(Crop)} }

// The limits of Options that set none.
const (
	DefaultMaxPixels = 64 << 20
	DefaultMaxBytes  = 4 << 30
)

// maxSide bounds the sides of examples.
const maxSide = 1 << 14

// Options are how images become examples.
type Options struct {
	// Height and Width are the sides of the examples; both 0 take those of the
	// first image, and all must be alike.
	Height, Width int
	Grey          bool
	Fit           Fit // "" is Stretch

	// MaxPixels is most pixels of an image, judged before it is unpacked. Each CPU
	// unpacks one at a time, in up to 15 bytes a pixel.
	MaxPixels int64
	MaxBytes  int64 // most memory for the examples
}

// Schema is how images become examples: kept, as JSON, with the model.
type Schema struct {
	Height  int      `json:"height"`
	Width   int      `json:"width"`
	Grey    bool     `json:"grey,omitempty"`
	Fit     Fit      `json:"fit"`
	Resize  bool     `json:"resize"` // images of other sides are sized, else refused
	Classes []string `json:"classes"`
}

// Channels is the number of numbers of a pixel.
func (s *Schema) Channels() int {
	if s.Grey {
		return 1
	}
	return 3
}

// Check is nil if the schema can be applied.
func (s *Schema) Check() error {
	if s.Height < 1 || s.Width < 1 || s.Height > maxSide || s.Width > maxSide {
		return fmt.Errorf("images of %d by %d pixels; sides from 1 to %d are possible", s.Height, s.Width, maxSide)
	}
	if !slices.Contains(Fits(), string(s.Fit)) {
		return fmt.Errorf("unknown way to fit an image %q; %s", s.Fit, suggest.Hint(string(s.Fit), Fits()))
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Fit == "" {
		o.Fit = Stretch
	}
	if o.MaxPixels <= 0 {
		o.MaxPixels = DefaultMaxPixels
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return o
}

func (o Options) check(name string) error {
	if (o.Height == 0) != (o.Width == 0) {
		return fmt.Errorf("%s: a height of %d and a width of %d; give both, or neither where all images are alike", name, o.Height, o.Width)
	}
	s := Schema{Height: max(1, o.Height), Width: max(1, o.Width), Fit: o.Fit}
	if o.Height < 0 || o.Width < 0 {
		s.Height = o.Height
	}
	if err := s.Check(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// file is an image and its class, or −1.
type file struct {
	path  string
	class int32
}

// isImage reports whether a file's name says that it is an image that can be
// read.
func isImage(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}

// isLeft reports whether a file or folder is one that systems leave in folders.
func isLeft(name string) bool {
	return strings.HasPrefix(name, ".") || strings.EqualFold(name, "Thumbs.db") || strings.EqualFold(name, "desktop.ini") || name == "__MACOSX"
}

// list finds the images in the classes of a folder, in the order of their names.
func list(dir string) (files []file, classes []string, err error) {
	entries, err := os.ReadDir(dir) // in the order of names
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if isLeft(e.Name()) {
			continue
		}
		info, err := os.Stat(path) // a link to a folder is one
		if err != nil {
			return nil, nil, err
		}
		if !info.IsDir() {
			return nil, nil, fmt.Errorf("%s: this is not in a folder of its class; move it to %s", path, filepath.Join(dir, "CLASS", e.Name()))
		}
		before := len(files)
		if files, err = listClass(files, path, int32(len(classes))); err != nil {
			return nil, nil, err
		}
		if len(files) == before {
			return nil, nil, fmt.Errorf("%s: there are no images in the folder of this class", path)
		}
		classes = append(classes, e.Name())
	}
	if len(classes) == 0 {
		return nil, nil, fmt.Errorf("%s: there are no folders in it; a folder of images for each class is wanted", dir)
	}
	return files, classes, nil
}

// listClass adds the images in a folder and those below it.
func listClass(files []file, dir string, class int32) ([]file, error) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && isLeft(e.Name()):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case !isImage(e.Name()):
			return fmt.Errorf("%s: this is no image that can be read; PNG and JPEG files (.png, .jpg, .jpeg) can", path)
		}
		files = append(files, file{path, class})
		return nil
	})
	return files, err
}

// listAny finds the images at a path to predict from: one image, a folder of
// images, or one with a folder for each class, whose names are then compared.
func (s *Schema) listAny(path string) (files []file, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []file{{path, -1}}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return isLeft(e.Name()) })
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return isImage(e.Name()) }) {
		return listClass(nil, path, -1)
	}
	files, classes, err := list(path)
	if err != nil {
		return nil, err
	}
	number := make([]int32, len(classes))
	for i, c := range classes {
		k := slices.Index(s.Classes, c)
		if k < 0 {
			return nil, fmt.Errorf("%s: the class %q was not among those trained on; %s", filepath.Join(path, c), c, suggest.Hint(c, s.Classes))
		}
		number[i] = int32(k)
	}
	for i := range files {
		files[i].class = number[files[i].class]
	}
	return files, nil
}
