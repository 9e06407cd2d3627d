//go:build !amd64 || !(linux || darwin || freebsd)

package native

import (
	"errors"
	"unsafe"
)

// Module is a collection of compiled programs; there is none on this machine.
type Module struct{}

// Func is a compiled program.
type Func struct{}

// New is an empty module for the kernel table of that name: ok is false here.
func New(table string) (m *Module, ok bool) { return nil, false }

// Reductions is how many a program may have.
func (m *Module) Reductions(float64 bool) int { return 0 }

// Compile adds a program.
func (m *Module) Compile(p *Program) *Func { return &Func{} }

// Seal makes the code executable.
func (m *Module) Seal() error { return errors.New("native: no code for this machine") }

// Frame is the bytes of scratch memory that a call needs.
func (f *Func) Frame() int { return 0 }

// Run computes elements lo to lo+n−1.
func (f *Func) Run(arrays []unsafe.Pointer, tiles, frame unsafe.Pointer, lo, n int) {
	panic("native: no code for this machine")
}
