package data

import (
	"encoding/json"
	"os"
	"testing"
)

// recordedData is testdata/recorded.json, written by testdata/record.py, an
// independent implementation.
type recordedData struct {
	Shuffles []struct {
		N      int
		Seed   uint64
		Epoch  int64
		Order  []int32
		SHA256 string
	}
	Replacements []struct {
		N, Batch int
		Seed     uint64
		Step     int64
		Indices  []int32
	}
	Splits []struct {
		N                       int
		Seed                    uint64
		Fractions               [3]float64
		Train, Validation, Test []int32
	}
	Streams []struct {
		N, Window, Chunk int
		Seed             uint64
		Order            []int32
	}
	Iris  []recordedMoments
	MNIST recordedMoments
}

type recordedMoments struct{ Mean, Std, Min, Max float64 }

func recorded(t *testing.T) *recordedData {
	t.Helper()
	b, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	r := new(recordedData)
	if err := json.Unmarshal(b, r); err != nil {
		t.Fatal(err)
	}
	return r
}
