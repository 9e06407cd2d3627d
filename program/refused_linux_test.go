package program

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/tensor"
	"golang.org/x/sys/unix"
)

// TestRefusedMemory: in a process that may not make memory executable, loops
// run by the table's routines, and a step's result is the same.
func TestRefusedMemory(t *testing.T) {
	const variable = "DESCENT_TEST_REFUSED"
	tables := nativeTables(t)
	if os.Getenv(variable) == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestRefusedMemory$", "-test.v")
		c.Env = append(os.Environ(), variable+"=1")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if strings.Contains(string(out), "--- SKIP") {
			t.Skip("this kernel cannot refuse executable memory")
		}
		return
	}
	// For the rest of this process.
	if err := unix.Prctl(unix.PR_SET_MDWE, unix.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0); err != nil {
		t.Skip(err)
	}
	g := graph.New()
	x := g.Input("x", tensor.Float32, 1000)
	y := x.Square().Plus(1)
	p := compile(t, g, Spec{Outputs: []graph.Value{y}})
	pool := NewPool(1)
	defer pool.Close()
	for _, table := range tables {
		in := p.NewInstance(pool, table)
		in.Input(x).SetAt(999, 3)
		if err := in.Step(); err != nil {
			t.Fatal(err)
		}
		if !in.interpret {
			t.Errorf("%s: machine code was made although the process may not run it", table.Name)
		}
		if got := in.Output(y).At(999); got != 10 {
			t.Errorf("%s: 3² + 1 is %v", table.Name, got)
		}
	}
}
