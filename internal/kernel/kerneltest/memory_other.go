//go:build !linux

package kerneltest

import "unsafe"

// pages returns size bytes, or more, of memory whose ends are aligned to 64 bytes. Without guard
// pages, reads outside a slice go unseen; writes near it do not.
func pages(size int) (inside []byte, release func(), err error) {
	size = (size + 63) &^ 63
	all := make([]byte, size+64)
	skip := int(-uintptr(unsafe.Pointer(&all[0])) & 63)
	return all[skip:][:size:size], func() {}, nil
}
