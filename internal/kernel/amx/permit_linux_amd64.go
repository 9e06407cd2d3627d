package amx

import (
	"fmt"
	"syscall"
)

// permitted asks the kernel for the tiles' state, number 18 (Documentation/arch/x86/xstate.rst).
func permitted() error {
	const reqXcompPerm, tileData = 0x1023, 18
	if _, _, e := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, reqXcompPerm, tileData, 0); e != 0 {
		return fmt.Errorf("the operating system grants no tiles: %w", e)
	}
	return nil
}
