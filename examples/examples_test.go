// Package examples holds complete programs, each in a folder of its own; this test builds
// and runs them.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// programs are what the examples print, and what they are run with.
var programs = map[string]struct {
	args   []string
	prints []string // patterns, each of which must match
}{
	"layer":     {nil, []string{`(?m)^glu1.gate.weight +\[64 128\]$`, `test accuracy 9[7-9]\.\d% of 359 digits`}},
	"optimizer": {nil, []string{`booth: `, `(?m)^60 +1\.002\S* +2\.997\S* +1\.2\S*e-05$`}},
	"data":      {nil, []string{`test accuracy +9[7-9]\.\d+% of 250`}},
	// The icosahedron's energy: Erber and Hockney 1991, J. Phys. A 24, L1369.
	"objective": {nil, []string{`energy 49\.165253 of`, `21 directions up, 0 down, 15 flat`}},
	"ode":       {nil, []string{`y differs from sin t by at most \d\.\de-0[3-9]`}},
	// The table's first flower.
	"serve":  {nil, []string{`(?m)^\[\{"class":"setosa","probabilities":\[0\.9\d+,0\.0\d+,\S+\]\}\]$`}},
	"export": {[]string{"."}, []string{`wine\.onnx: \[x\] → \[logits probabilities\]`, `(?s)and (\S+) behind it.*loss \S+ before`}},
}

func TestPrograms(t *testing.T) {
	folders, err := filepath.Glob("*/main.go")
	if err != nil || len(folders) != len(programs) {
		t.Fatalf("there are %d programs and %d are known: %v", len(folders), len(programs), err)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin+string(filepath.Separator), "./...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			program, err := filepath.Glob(filepath.Join(bin, name+"*")) // .exe on Windows
			if err != nil || len(program) != 1 {
				t.Fatalf("%v, %v", program, err)
			}
			cmd := exec.Command(program[0], p.args...)
			cmd.Dir = t.TempDir()
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range p.prints {
				if !regexp.MustCompile(want).Match(out) {
					t.Errorf("prints\n%s\nwant %s", out, want)
				}
			}
			left, err := os.ReadDir(cmd.Dir)
			if err != nil || name != "export" && len(left) > 0 {
				t.Errorf("leaves %v behind, %v", left, err)
			}
		})
	}
}
