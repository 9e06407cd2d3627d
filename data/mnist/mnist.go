// Package mnist carries the MNIST handwritten digits: 60,000 images to train on
// and 10,000 to test with, 28 by 28 grey bytes each, as the four files of the
// original collection. They are part of the program, so nothing is downloaded.
package mnist

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/idx"
	"github.com/godescent/descent/tensor"
)

// The side lengths of an image, and the number of classes.
const (
	Rows    = 28
	Columns = 28
	Classes = 10
)

// Strings, since their bytes cannot change and are not copied.
var (
	//go:embed train-images-idx3-ubyte.gz
	trainImages string
	//go:embed train-labels-idx1-ubyte.gz
	trainLabels string
	//go:embed t10k-images-idx3-ubyte.gz
	testImages string
	//go:embed t10k-labels-idx1-ubyte.gz
	testLabels string
)

// File is one of the collection's files.
type File struct {
	Name   string
	SHA256 string // of Data, in hexadecimal
	Data   string // the gzip file as it was published
}

// Files are the four files, training images and labels first.
func Files() [4]File {
	return [4]File{
		{"train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", trainImages},
		{"train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", trainLabels},
		{"t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", testImages},
		{"t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", testLabels},
	}
}

// Load unpacks the training and the test set. X is Uint8 [N 784], row by row of
// the image from the top left, 0 for paper and 255 for ink; Y is Int32 [N], the
// digit. Both sets take 55 MB.
func Load() (train, test *data.Set, err error) {
	files := Files()
	failed := make(chan error, 1)
	go func() { // a sixth of the bytes, unpacked beside the others
		var err error
		test, err = load("mnist test", files[2], files[3])
		failed <- err
	}()
	train, err = load("mnist train", files[0], files[1])
	if testErr := <-failed; err == nil {
		err = testErr
	}
	if err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

func load(name string, images, labels File) (*data.Set, error) {
	x, err := idx.Read(strings.NewReader(images.Data), idx.Options{Name: images.Name})
	if err != nil {
		return nil, err
	}
	bytes, err := idx.Read(strings.NewReader(labels.Data), idx.Options{Name: labels.Name})
	if err != nil {
		return nil, err
	}
	if s := x.Shape(); x.DType() != tensor.Uint8 || s.Rank() != 3 || s[1] != Rows || s[2] != Columns {
		return nil, fmt.Errorf("%s: %v %v is no list of %d by %d images", images.Name, x.DType(), s, Rows, Columns)
	}
	if s := bytes.Shape(); bytes.DType() != tensor.Uint8 || s.Rank() != 1 || s[0] != x.Shape()[0] {
		return nil, fmt.Errorf("%s: %v %v are no labels for %d images", labels.Name, bytes.DType(), s, x.Shape()[0])
	}
	n := x.Shape()[0]
	y := tensor.New(tensor.Int32, n)
	to := tensor.Slice[int32](y)
	for i, label := range bytes.Raw() {
		to[i] = int32(label)
	}
	set := &data.Set{Name: name, X: x.Reshape(n, Rows*Columns), Y: y, Classes: digits(), Targets: []string{"digit"}}
	return set, set.Validate()
}

func digits() []string {
	names := make([]string, Classes)
	for d := range names {
		names[d] = string(rune('0' + d))
	}
	return names
}
