package tensor

import (
	"syscall"
	"unsafe"
)

// hugePage is the size of a huge page, and hugeFrom that of arrays which get
// some: an update of 40 MB arrays runs a tenth faster on them.
const (
	hugePage = 2 << 20
	hugeFrom = 2 * hugePage
)

// adviseHuge asks for huge pages behind the whole ones of new memory. Where the
// system has none, or no wish to give any, nothing changes.
func adviseHuge(b []byte) {
	if len(b) < hugeFrom {
		return
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (hugePage - 1))
	b = b[skip:]
	syscall.Madvise(b[:len(b)&^(hugePage-1)], syscall.MADV_HUGEPAGE)
}
