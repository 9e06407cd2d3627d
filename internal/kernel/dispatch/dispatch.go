// Package dispatch chooses the kernel table for the machine the program runs on.
package dispatch

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/internal/kernel"
)

// Variable is the environment variable whose value a program passes to Pick.
const Variable = "DESCENT_KERNEL"

// set is one instruction set that this build knows.
type set struct {
	name      string
	supported func() bool
	table     func() *kernel.Table
	peak      func(rounds int) float64
}

// Pick returns the table of that name, or the fastest this processor can run if
// name is empty. Names are generic, avx2, avx512, amx (avx512 with
// products in bf16 on tiles) and neon; one that is
// unknown or that this processor cannot run is an error.
func Pick(name string) (*kernel.Table, error) {
	s, err := pick(name)
	if err != nil {
		return nil, err
	}
	return s.table(), nil
}

// Peak returns the loop that measures the float32 peak of the named table, which
// Pick accepted: it does rounds turns and returns the floating-point operations done.
func Peak(name string) func(rounds int) float64 {
	s, err := pick(name)
	if err != nil || s.peak == nil {
		return scalarPeak
	}
	return s.peak
}

// Names lists what this processor can run, the fastest first.
func Names() []string {
	var names []string
	for _, s := range sets() {
		if s.supported() {
			names = append(names, s.name)
		}
	}
	return names
}

func pick(name string) (set, error) {
	for _, s := range sets() {
		if (name == "" || name == s.name) && s.supported() {
			return s, nil
		}
	}
	return set{}, fmt.Errorf("kernel %q cannot run here: %s must be empty or one of %s", name, Variable, strings.Join(Names(), ", "))
}

// sets is every instruction set of this build, the fastest first.
func sets() []set {
	return append(assembly(), set{name: "generic", supported: func() bool { return true }, table: kernel.Portable})
}
