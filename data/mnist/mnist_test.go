package mnist

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"runtime"
	"testing"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
)

func TestFilesAreTheOriginals(t *testing.T) {
	for _, f := range Files() {
		sum := sha256.Sum256([]byte(f.Data))
		if got := hex.EncodeToString(sum[:]); got != f.SHA256 {
			t.Errorf("%s has sha256 %s, want %s", f.Name, got, f.SHA256)
		}
	}
}

// The counts of each digit are those widely published for MNIST (training:
// 5923 zeros, 6742 ones, ...); the first labels are 5 0 4 1 9 and 7 2 1 0 4.
func TestLoad(t *testing.T) {
	train, test, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		set    *data.Set
		n      int
		first  [5]int32
		counts [10]int
	}{
		{train, 60000, [5]int32{5, 0, 4, 1, 9}, [10]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{test, 10000, [5]int32{7, 2, 1, 0, 4}, [10]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	}
	for _, c := range tests {
		s := c.set
		if s.X.DType() != tensor.Uint8 || !s.X.Shape().Equal(tensor.Of(c.n, 784)) || !s.Y.Shape().Equal(tensor.Of(c.n)) {
			t.Fatalf("%s: X %v %v, Y %v", s.Name, s.X.DType(), s.X.Shape(), s.Y.Shape())
		}
		if got := [5]int32(s.Labels()[:5]); got != c.first {
			t.Errorf("%s begins with %v, want %v", s.Name, got, c.first)
		}
		var counts [10]int
		for _, l := range s.Labels() {
			counts[l]++
		}
		if counts != c.counts {
			t.Errorf("%s has %v of each digit, want %v", s.Name, counts, c.counts)
		}
		if len(s.Classes) != 10 || s.Classes[7] != "7" {
			t.Errorf("%s: classes %v", s.Name, s.Classes)
		}
	}
	// The first training image is a 5: its outermost two rows and columns are
	// paper, as in all of MNIST's images centred in a 20 by 20 box.
	image := train.X.Raw()[:784]
	for i := range 28 {
		if image[i] != 0 || image[783-i] != 0 || image[28*i] != 0 || image[28*i+27] != 0 {
			t.Fatal("the first image has ink on its border")
		}
	}
}

// The mean 33.318 and deviation 78.567 (0.1307 and 0.3081 of 255, the numbers
// that MNIST is commonly normalised by), exact fractions recorded by
// ../testdata/record.py from the files.
func TestNormalisation(t *testing.T) {
	b, err := os.ReadFile("../testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		MNIST struct{ Mean, Std float64 }
	}
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	train, _, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	n, err := data.Fit(train.X, nil, data.Standardise, data.Overall)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := n.Shift[0], recorded.MNIST.Mean; math.Abs(got-want) > 1e-12*want {
		t.Errorf("mean %v, want %v", got, want)
	}
	if got, want := 1/n.Scale[0], recorded.MNIST.Std; math.Abs(got-want) > 1e-12*want {
		t.Errorf("deviation %v, want %v", got, want)
	}
}

// 54,880,000 bytes of pixels, 350,000 of labels and a few million that unpacking
// needs: no second copy of the images.
func TestLoadAllocatesOnce(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := Load(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("loading allocated %d bytes", got)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
