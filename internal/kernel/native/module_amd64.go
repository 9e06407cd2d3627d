//go:build linux || darwin || freebsd

package native

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// Module is a collection of compiled programs in memory of its own, which
// goes when the last of its Funcs does.
type Module struct {
	wide bool
	code []byte // until Seal
	base unsafe.Pointer
}

// Func is a compiled program.
type Func struct {
	m     *Module
	at    uintptr
	frame int
}

// New is an empty module for the kernel table of that name, ok if there is
// code for its instruction set.
func New(table string) (m *Module, ok bool) {
	switch table {
	case "avx512", "amx":
		return &Module{wide: true}, true
	case "avx2":
		return &Module{}, true
	}
	return nil, false
}

// Reductions is how many a program may have.
func (m *Module) Reductions(float64 bool) int {
	n := 3 // of two registers of sums, of 16; of four, one
	if m.wide {
		n = 12
	}
	if float64 {
		n /= 2
	}
	return n
}

// Compile adds a program. The Func may run once the module is sealed.
func (m *Module) Compile(p *Program) *Func {
	code, frame := compile(p, m.wide)
	f := &Func{m: m, at: uintptr(len(m.code)), frame: frame}
	m.code = append(m.code, code...)
	m.code = append(m.code, make([]byte, -len(m.code)&63)...)
	return f
}

// Seal makes the code executable, and no longer writable. It fails if the
// operating system forbids that.
func (m *Module) Seal() error {
	if len(m.code) == 0 {
		return nil
	}
	mem, err := syscall.Mmap(-1, 0, len(m.code), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("native: no memory for %d bytes of code: %w", len(m.code), err)
	}
	copy(mem, m.code)
	if err := syscall.Mprotect(mem, syscall.PROT_READ|syscall.PROT_EXEC); err != nil {
		syscall.Munmap(mem)
		return fmt.Errorf("native: memory cannot be made executable: %w", err)
	}
	m.code = nil
	m.base = unsafe.Pointer(unsafe.SliceData(mem))
	runtime.AddCleanup(m, func(mem []byte) { syscall.Munmap(mem) }, mem)
	return nil
}

// Frame is the bytes of scratch memory that a call needs, a multiple of 64.
func (f *Func) Frame() int { return f.frame }

// Run computes elements lo to lo+n−1: arrays are the addresses of the arrays'
// elements 0, tiles that of tile 0, and frame begins with the numbers. The
// caller keeps n so small that a call takes well below 100 µs: the code cannot
// be preempted, and a collection of garbage waits for it.
func (f *Func) Run(arrays []unsafe.Pointer, tiles, frame unsafe.Pointer, lo, n int) {
	enter(unsafe.Add(f.m.base, f.at), unsafe.SliceData(arrays), tiles, frame, lo, n)
	runtime.KeepAlive(f.m)
}

// enter calls code with its arguments in registers: arrays in DI, tiles in SI,
// frame in DX, lo in CX and n in R8. The code is not Go's: it uses no stack, so
// that a fault in it looks like one in enter, and a signal finds no function
// there and so no place to preempt. What it leaves in the registers is of no
// matter after an assembly function.
//
//go:noescape
func enter(code unsafe.Pointer, arrays *unsafe.Pointer, tiles, frame unsafe.Pointer, lo, n int)
