package kerneltest

import (
	"syscall"
)

// pages returns at least size bytes of memory between two pages that fault on any access.
func pages(size int) (inside []byte, release func(), err error) {
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	for _, guard := range [][]byte{all[:page], all[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			return nil, nil, err
		}
	}
	return all[page : page+size : page+size], func() { syscall.Munmap(all) }, nil
}
