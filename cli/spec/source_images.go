package spec

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/open"
)

// Images is a folder of images with a folder for each class.
type Images struct {
	Path   Path   `spec:"path" doc:"a folder with a folder of PNG or JPEG files for each class; relative to this file"`
	Test   Path   `spec:"test" doc:"a second such folder that is measured at the end"`
	Height int    `spec:"height" range:"[0,1e5]" doc:"the images are brought to this height; 0 is that of the first, and all must be alike"`
	Width  int    `spec:"width" range:"[0,1e5]" doc:"likewise"`
	Colour string `spec:"colour" values:"rgb,grey" doc:"three numbers a pixel, or one"`
	Fit    string `spec:"fit" values:"stretch,crop" doc:"of images in other proportions: stretch them, or crop to the middle"`
}

// NewImages takes the images as they are.
func NewImages() *Images { return &Images{Colour: "rgb", Fit: string(images.Stretch)} }

// Defaults implements Source.
func (i *Images) Defaults(s *Spec) {
	s.Loss = &CrossEntropy{}
	NewCNN().Defaults(s)
	s.Batch, s.Epochs = 32, 20
	s.Normalisation.Scope = "channel"
	if i.Test == "" && !i.divided() {
		s.Split.Test = 0.2
	}
}

// divided reports whether the folder has the folders train and test.
func (i *Images) divided() bool {
	for _, part := range []string{"train", "test"} {
		if info, err := os.Stat(filepath.Join(string(i.Path), part)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// Load implements Source.
func (i *Images) Load(o Loading) (*Examples, error) {
	switch {
	case i.Path == "":
		return nil, At("path", fmt.Errorf("data of kind images want a path: a folder with a folder for each class"))
	case (i.Height == 0) != (i.Width == 0):
		return nil, At("height", fmt.Errorf("height %d and width %d: give both or neither", i.Height, i.Width))
	}
	opener := &open.Images{Path: i.Path.Shown(), Test: orNone(i.Test), Height: i.Height, Width: i.Width, Colour: i.Colour, Fit: i.Fit}
	return opened(opener, o, 0, file{"path", i.Path}, file{"test", i.Test})
}
