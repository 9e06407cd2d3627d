package open

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/images"
)

// Images is a folder of images with a folder in it for each class; or with the
// folders train and test, and also validation, that are such folders.
type Images struct {
	Path   string `spec:"path" doc:"the folder"`
	Test   string `spec:"test" doc:"a second folder that is measured at the end"`
	Height int    `spec:"height" range:"[0,16384]" doc:"pixels; 0 is that of the images, which are then all alike"`
	Width  int    `spec:"width" range:"[0,16384]" doc:"likewise"`
	Colour string `spec:"colour" values:"rgb,grey" doc:"what a pixel has"`
	Fit    string `spec:"fit" values:"stretch,crop" doc:"what is done with images of another proportion"`
}

// NewImages are coloured images as they are.
func NewImages() *Images { return &Images{Colour: "rgb", Fit: string(images.Stretch)} }

// Open implements Opener.
func (m *Images) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	if m.Path == "" {
		return nil, at("path", "images want a path: the folder with the folders of their classes")
	}
	io := images.Options{Height: m.Height, Width: m.Width, Grey: m.Colour == "grey", Fit: images.Fit(m.Fit), MaxBytes: o.MaxBytes}
	train, validation, test := m.Path, "", m.Test
	if t := filepath.Join(m.Path, "train"); isFolder(t) && isFolder(filepath.Join(m.Path, "test")) {
		train = t
		if test == "" {
			test = filepath.Join(m.Path, "test")
		}
		for _, name := range []string{"validation", "valid", "val"} {
			if v := filepath.Join(m.Path, name); isFolder(v) && validation == "" {
				validation = v
			}
		}
	}
	d := &Data{Name: filepath.Base(filepath.Clean(m.Path))}
	var s *images.Schema
	var err error
	if o.Stream {
		var src *images.Source
		if src, s, err = images.Folder(train, io); err == nil {
			d.Sources.Train, err = d.keep(src)
		}
	} else {
		d.Train, s, err = images.ReadFolder(train, io)
	}
	if err != nil {
		return nil, err
	}
	if err := m.parts(d, s, validation, test, io, o.Stream); err != nil {
		_ = d.Close() // it was only read
		return nil, err
	}
	d.Schema = &imageSchema{s}
	return d, nil
}

// parts reads what is validated and tested with.
func (m *Images) parts(d *Data, s *images.Schema, validation, test string, io images.Options, stream bool) error {
	for _, part := range []struct {
		path   string
		set    **data.Set
		source *data.RowSource
	}{{validation, &d.Validation, &d.Sources.Validation}, {test, &d.Test, &d.Sources.Test}} {
		if part.path == "" {
			continue
		}
		src, err := s.Source(part.path, io)
		switch {
		case err != nil:
			return err
		case !src.Labelled():
			return at("test", "%s has no folders of classes to compare with", part.path)
		case stream:
			*part.source, err = d.keep(src)
		default:
			*part.set, _, err = s.Read(part.path, io)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isImage reports whether a path has the ending of an image.
func isImage(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// imageSchema is the Schema of images.
type imageSchema struct{ *images.Schema }

// Kind implements Schema.
func (imageSchema) Kind() string { return "images" }

// Read implements Schema: an image, a folder of them, or of folders of classes.
func (s *imageSchema) Read(path string, o ReadOptions) (*Rows, error) {
	if o.Stream {
		src, err := s.Source(path, images.Options{})
		if err != nil {
			return nil, err
		}
		if o.Predict {
			src.Unlabelled()
		}
		return &Rows{Source: src, Names: src.Names()}, nil
	}
	set, names, err := s.Schema.Read(path, images.Options{MaxBytes: o.MaxBytes})
	if err != nil {
		return nil, err
	}
	if o.Predict {
		set.Y, set.Classes, set.Targets = nil, nil, nil
	}
	return &Rows{Set: set, Names: names}, nil
}
