package interop_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godescent/descent/train"
)

// A run that was interrupted and went on is one curve in TensorBoard: every step once,
// with the numbers of metrics.jsonl.
func TestEvents(t *testing.T) {
	wanted(t)
	dir := filepath.Join(t.TempDir(), "run")
	descent(t, "train", "digits", "--epochs", "3", "--validation", "0.1", "--tensorboard", "--quiet", "--out", dir)
	descent(t, "train", "--resume", dir, "--epochs", "5", "--quiet")
	if files, err := train.EventFiles(dir); err != nil || len(files) != 2 {
		t.Fatalf("the event files are %v, %v", files, err)
	}
	var got struct {
		Scalars    map[string][][2]float64
		Histograms map[string][][5]float64
	}
	python(t, &got, "events", dir)
	want := metrics(t, dir)
	if len(want["loss/batch"]) < 10 || len(want["loss/train"]) != 5 || len(want["loss/validation"]) != 5 {
		t.Fatalf("metrics.jsonl has %v", want)
	}
	for tag, points := range want {
		same(t, tag, got.Scalars[tag], points)
	}
	if n := len(got.Scalars["loss/test"]); n != 2 { // of either session's end
		t.Errorf("there are %d losses of the test", n)
	}
	h := got.Histograms["weights/linear1.weight"]
	if len(h) != 5 || h[0][1] != 64*64 || h[0][4] != 64*64 || !(h[0][2] < 0 && h[0][3] > 0) {
		t.Errorf("the weights' histograms are %v", h)
	}
}

// metrics are the curves that metrics.jsonl holds, by TensorBoard's tags.
func metrics(t *testing.T, dir string) map[string][][2]float64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, train.MetricsName))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][2]float64{}
	for line := range strings.Lines(string(b)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		tags := map[string]string{"loss": "loss/batch", "accuracy": "accuracy/batch", "gradient_norm": "step/gradient_norm", "lr": "step/learning_rate"}
		if m["kind"] == "epoch" {
			tags = map[string]string{"loss": "loss/train", "accuracy": "accuracy/train", "validation_loss": "loss/validation", "validation_accuracy": "accuracy/validation"}
		}
		for key, tag := range tags {
			if v, ok := m[key].(float64); ok {
				out[tag] = append(out[tag], [2]float64{m["step"].(float64), v})
			}
		}
	}
	return out
}

func same(t *testing.T, tag string, got, want [][2]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d points, want %d", tag, len(got), len(want))
		return
	}
	for i, p := range want {
		if got[i][0] != p[0] || math.Abs(got[i][1]-p[1]) > 1e-6*math.Abs(p[1]) { // it is a float32 there
			t.Errorf("%s: point %d is %v, want %v", tag, i, got[i], p)
		}
	}
}
