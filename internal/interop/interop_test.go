package interop_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/tensor"
)

// python runs check.py and decodes the object that it prints. Without a Python the
// test is left out.
func python(t *testing.T, into any, args ...string) {
	t.Helper()
	program := os.Getenv("DESCENT_PYTHON")
	if program == "" {
		t.Skip("left out: DESCENT_PYTHON names no Python with the packages of requirements.txt")
	}
	cmd := exec.Command(program, append([]string{"check.py"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("check.py %v: %v\n%s", args, err, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("check.py %v: %v in %q", args, err, out.String())
	}
}

// wanted skips a test early, before it makes what Python would look at.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("DESCENT_PYTHON") == "" {
		t.Skip("left out: DESCENT_PYTHON names no Python with the packages of requirements.txt")
	}
}

// cases is a folder of models with what they are fed and must give.
type cases struct {
	dir   string
	count int
}

// file adds a case.
func (c *cases) file(t *testing.T, name string, model []byte) {
	t.Helper()
	c.count++
	if err := os.MkdirAll(filepath.Join(c.dir, name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, name, "model.onnx"), model, 0o666); err != nil {
		t.Fatal(err)
	}
}

// feed adds what the case's inputs are and its outputs must be.
func (c *cases) feed(t *testing.T, name string, k int, in, out []*tensor.Array) {
	t.Helper()
	dir := filepath.Join(c.dir, name, strconv.Itoa(k))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for prefix, list := range map[string][]*tensor.Array{"in_": in, "out_": out} {
		for i, a := range list {
			var b bytes.Buffer
			if err := tensor.WriteNpy(&b, a); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, prefix+strconv.Itoa(i)+".npy"), b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// check has onnxruntime compute all cases; each must agree to the tolerance.
func (c *cases) check(t *testing.T, tolerance float64) {
	t.Helper()
	got := map[string]struct {
		Error  *float64
		Failed string
	}{}
	python(t, &got, "onnx", c.dir)
	if len(got) != c.count {
		t.Errorf("check.py looked at %d cases of %d", len(got), c.count)
	}
	worst := 0.0
	for name, r := range got {
		switch {
		case r.Error == nil:
			t.Errorf("%s: %s", name, r.Failed)
		case !(*r.Error <= tolerance):
			t.Errorf("%s: onnxruntime differs by %.3g, more than %.3g", name, *r.Error, tolerance)
		default:
			worst = max(worst, *r.Error)
			if *r.Error > tolerance/10 {
				t.Logf("%s differs by %.2g", name, *r.Error)
			}
		}
	}
	t.Logf("%d models agree to %.2g", len(got), worst)
}

// descent runs the command line.
func descent(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(cli.Config{Args: args, Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
	if code != 0 {
		t.Fatalf("descent %v: exit code %d: %s", args, code, errs.String())
	}
	return out.String()
}

// npyOf is an array that holds the numbers, in turn, of a formula.
func npyOf(d tensor.DType, shape tensor.Shape, f func(i int) float64) *tensor.Array {
	a := tensor.New(d, shape...)
	for i := range a.Size() {
		a.SetAt(i, f(i))
	}
	return a
}

// safetensor is a tensor as Python sees it.
type safetensor struct {
	dtype, sha256 string
	shape         tensor.Shape
}

// UnmarshalJSON reads [type, shape, sha256].
func (s *safetensor) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, &[]any{&s.dtype, &s.shape, &s.sha256})
}

func (s safetensor) is(a *tensor.Array) bool {
	sum := sha256.Sum256(a.LittleEndian())
	return s.dtype == a.DType().String() && s.shape.Equal(a.Shape()) && s.sha256 == hex.EncodeToString(sum[:])
}
