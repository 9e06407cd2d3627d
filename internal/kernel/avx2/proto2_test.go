package avx2
import ("unsafe";"time"
"golang.org/x/sys/unix"

)
func huge(n int) []float32 { b, err := unix.Mmap(-1,0,n*4+(4<<20),unix.PROT_READ|unix.PROT_WRITE,unix.MAP_ANON|unix.MAP_PRIVATE); if err!=nil {panic(err)}
 if H { unix.Madvise(b, unix.MADV_HUGEPAGE) }
 o := int(-uintptr(unsafe.Pointer(&b[0]))&(2<<20-1))
 x := unsafe.Slice((*float32)(unsafe.Pointer(&b[o])), n); for i := range x { x[i]=0 }; return x }
var H bool
func tt() time.Duration { var ts unix.Timespec; unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); return time.Duration(ts.Nano()) }
func bestT(n int, f func()) float64 { b:=1e9; for range n { t:=tt(); f(); if d:=(tt()-t).Seconds(); d<b {b=d} }; return b }
