package cli_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/godescent/descent/data"
)

// What the shipped data are learnt to by the command alone: the mean of the test
// accuracy over five seeds, each with a split of its own.
func TestAccuracy(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	for _, c := range []struct {
		data string
		want float64
	}{{"breast_cancer", 0.96}, {"wine", 0.96}, {"iris", 0.93}, {"digits", 0.975}} {
		mean := 0.0
		for seed := 1; seed <= 5; seed++ {
			mean += *trained(t, c.data, "--seed", strconv.Itoa(seed), "--out", "", "--quiet").TestAccuracy / 5
		}
		t.Logf("%s: test accuracy %.4f", c.data, mean)
		if mean < c.want {
			t.Errorf("%s: test accuracy %.4f, want %v at least", c.data, mean, c.want)
		}
	}
}

// The convolutional network after ten epochs, the other networks for images by their defaults, and the character
// model, whose loss is in nats a character. Minutes each: -timeout 2h.
func TestAccuracyOfNetworks(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	for _, c := range []struct {
		model string
		want  float64
		args  []string
	}{{"cnn", 0.992, []string{"--epochs", "10"}}, {"transformer", 0.97, nil}, {"resnet", 0.99, nil}} {
		t.Run(c.model, func(t *testing.T) {
			got := trained(t, append([]string{"mnist", "--set", "model=" + c.model, "--out", "", "--quiet"}, c.args...)...)
			t.Logf("%s on mnist: test accuracy %v", c.model, *got.TestAccuracy)
			if *got.TestAccuracy < c.want {
				t.Errorf("%s on mnist: test accuracy %v, want %v at least", c.model, *got.TestAccuracy, c.want)
			}
		})
	}
	t.Run("charlm", func(t *testing.T) {
		got := trained(t, "austen", "--out", "", "--quiet")
		t.Logf("charlm on austen: %v nats a character", *got.TestLoss)
		if *got.TestLoss >= 1.75 {
			t.Errorf("charlm on austen: %v nats a character, want less than 1.75", *got.TestLoss)
		}
	})
}

// The other networks on scikit-learn's digits, by their defaults.
func TestAccuracyOfModels(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	for model, want := range map[string]float64{"resnet": 0.99, "transformer": 0.985, "rnn": 0.965} {
		got := trained(t, "digits", "--set", "model="+model, "--out", "", "--quiet")
		t.Logf("%s on digits: test accuracy %.4f", model, *got.TestAccuracy)
		if *got.TestAccuracy < want {
			t.Errorf("%s on digits: test accuracy %.4f, want %v at least", model, *got.TestAccuracy, want)
		}
	}
}

// sklearnRun is what scikit-learn's linear models reach on the rows of diabetes that a seed holds back;
// testdata/sklearn/record.py recorded that.
type sklearnRun struct {
	Seed int
	Test []int32
	R2   float64 // of LinearRegression
	D2   float64 // of PoissonRegressor
}

func sklearnRuns(t *testing.T) []sklearnRun {
	t.Helper()
	text, err := os.ReadFile("testdata/sklearn/diabetes.json")
	if err != nil {
		t.Fatal(err)
	}
	var record struct{ Runs []sklearnRun }
	if err := json.Unmarshal(text, &record); err != nil || len(record.Runs) != 5 {
		t.Fatalf("%d runs, %v", len(record.Runs), err)
	}
	for _, r := range record.Runs {
		parts, err := data.Split(442, uint64(r.Seed), data.Fractions{Train: 0.8, Test: 0.2})
		if err != nil || !slices.Equal(parts.Test, r.Test) {
			t.Fatalf("seed %d holds back other rows than were recorded, %v", r.Seed, err)
		}
	}
	return record.Runs
}

// Linear regression by descent explains as much of the test rows as scikit-learn's does
// from the same training rows.
func TestDiabetes(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	for _, r := range sklearnRuns(t) {
		got := trained(t, "diabetes", "--set", "model=linear", "--seed", strconv.Itoa(r.Seed), "--out", "", "--quiet")
		if got.TestR2 == nil || math.Abs(*got.TestR2-r.R2) > 0.01 {
			t.Errorf("seed %d: R² %v, scikit-learn's is %v", r.Seed, *got.TestR2, r.R2)
		}
	}
}

// A linear model of counts at its minimum is scikit-learn's Poisson regression, and the defaults come near it.
func TestCounts(t *testing.T) {
	for _, r := range sklearnRuns(t) {
		for _, c := range []struct {
			within float64
			args   []string
		}{
			{1e-8, []string{"--optimizer", "lbfgs", "--dtype", "float64", "--epochs", "200"}},
			{0.01, nil},
		} {
			args := append([]string{"diabetes", "--set", "model=linear", "--loss", "poisson", "--seed", strconv.Itoa(r.Seed), "--out", "", "--quiet"}, c.args...)
			got := trained(t, args...)
			if got.TestD2 == nil || math.Abs(*got.TestD2-r.D2) > c.within {
				t.Errorf("seed %d, %v: D² %v, scikit-learn's is %v", r.Seed, c.args, *got.TestD2, r.D2)
			}
		}
	}
}
