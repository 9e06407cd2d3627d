package kerneltest

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"unsafe"

	"github.com/godescent/descent/internal/kernel"
)

// edge says where in its memory a slice lies: a read or write past that edge
// faults, one past the other edge changes a canary.
type edge int

const (
	atStart edge = iota // starts at a page's start, so aligned to 64 bytes
	atEnd               // ends at a page's end, so aligned to its element alone
	inside              // an odd number of elements from the start
	edges
)

func (e edge) String() string {
	return [edges]string{"at its memory's start", "at its memory's end", "off alignment"}[e]
}

const (
	canary     = 0xA5
	canarySize = 512
)

// memory is one operand's home between guard pages.
type memory struct {
	all     []byte
	release func()
	from    int // the bytes of the slice last placed
	to      int
}

func newMemory(size int) *memory {
	all, release, err := pages(size + 2*canarySize)
	if err != nil {
		panic(fmt.Sprintf("kerneltest: no memory between guard pages: %v", err))
	}
	return &memory{all: all, release: release}
}

// place returns n elements at an edge of m, canaries around them, holding a copy of x as far as it goes.
func place[E kernel.Float | uint8 | int32](m *memory, n int, at edge, x []E) []E {
	size := int(unsafe.Sizeof(*new(E)))
	switch at {
	case atStart:
		m.from = 0
	case atEnd:
		m.from = len(m.all) - n*size
	case inside:
		m.from = canarySize + 3*size
	}
	m.to = m.from + n*size
	for _, side := range m.sides() {
		for i := range side {
			side[i] = canary
		}
	}
	s := unsafe.Slice((*E)(unsafe.Add(unsafe.Pointer(&m.all[0]), m.from)), n)
	clear(s)
	copy(s, x)
	return s
}

// sides are the canaries before and after the slice last placed.
func (m *memory) sides() [2][]byte {
	return [2][]byte{m.all[max(0, m.from-canarySize):m.from], m.all[m.to:min(len(m.all), m.to+canarySize)]}
}

var intact = bytes.Repeat([]byte{canary}, canarySize)

// check reports a write outside the slice last placed.
func (m *memory) check(fail failure, what string) {
	for i, side := range m.sides() {
		if !bytes.Equal(side, intact[:len(side)]) {
			fail("%s: writes %s its slice", what, [2]string{"before", "after"}[i])
		}
	}
}

// guarded runs f and reports a fault, which means that f touched a guard page.
func guarded(fail failure, what string, f func()) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			fail("%s: touches memory outside its slices, or panics: %v", what, r)
		}
	}()
	f()
}
