package data

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/godescent/descent/tensor"
)

// Each channel of images gets the mean and variance of its own pixels, gathered here
// from the definition, in memory and from blocks, from bytes and from floats.
func TestPerChannel(t *testing.T) {
	const n, pixels, channels = 40, 6, 3
	x := tensor.New(tensor.Uint8, n, 2, 3, channels)
	for i := range x.Raw() {
		x.Raw()[i] = uint8((i*i*7 + i%channels*50) % 200)
	}
	var mean, variance [channels]float64
	for i, v := range x.Raw() {
		mean[i%channels] += float64(v) / (n * pixels)
	}
	for i, v := range x.Raw() {
		variance[i%channels] += (float64(v) - mean[i%channels]) * (float64(v) - mean[i%channels]) / (n * pixels)
	}
	floats := tensor.New(tensor.Float32, x.Shape()...)
	for i := range x.Size() {
		floats.SetAt(i, x.At(i))
	}
	for _, a := range []*tensor.Array{x, floats} {
		fit, err := Fit(a, nil, Standardise, PerChannel)
		if err != nil {
			t.Fatal(err)
		}
		streamed, err := FitSource(&Set{Name: "s", X: a}, Standardise, PerChannel)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := json.Marshal(fit)
		if err != nil {
			t.Fatal(err)
		}
		again := &Normalizer{}
		if err := json.Unmarshal(kept, again); err != nil {
			t.Fatal(err)
		}
		for c := range channels {
			for _, f := range []*Normalizer{fit, streamed, again} {
				if len(f.Shift) != channels || math.Abs(f.Shift[c]-mean[c]) > 1e-9 || math.Abs(f.Scale[c]-1/math.Sqrt(variance[c])) > 1e-9 {
					t.Errorf("channel %d: shift %v scale %v, want %v and %v", c, f.Shift[c], f.Scale[c], mean[c], 1/math.Sqrt(variance[c]))
				}
			}
		}
		out := tensor.New(tensor.Float64, x.Shape()...)
		if err := fit.Apply(out, a, nil); err != nil {
			t.Fatal(err)
		}
		for i, got := range out.Float64s() {
			if want := (x.At(i) - mean[i%channels]) / math.Sqrt(variance[i%channels]); math.Abs(got-want) > 1e-9 {
				t.Fatalf("number %d is %v, want %v", i, got, want)
			}
		}
		shift, _, err := fit.Arrays(tensor.Float32, x.Shape()[1:])
		if err != nil || !shift.Shape().Equal(tensor.Of(channels)) {
			t.Errorf("shifts of shape %v, %v", shift.Shape(), err)
		}
		if _, _, err := fit.Arrays(tensor.Float32, tensor.Of(2, 3, 4)); err == nil {
			t.Error("3 channels fit 4")
		}
	}
}
