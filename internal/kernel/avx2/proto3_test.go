package avx2
import ("testing";"fmt";"runtime"
"github.com/godescent/descent/internal/kernel"
"github.com/godescent/descent/internal/kernel/gemm")
func TestNarrow(t *testing.T) {
	runtime.LockOSThread()
	for _, at := range []bool{false,true} { for _, m := range []int{128,784} { for _, k := range []int{128,784} { 
	for _, n := range []int{1,4,7,8,10,12,15,16,18,20,24,28,31} {
	g := &kernel.GemmArgs[float32]{M:m,N:n,K:k,ARow:k,ACol:1,BRow:n,BCol:1,CRow:n,A:make([]float32,m*k),B:make([]float32,n*k),C:make([]float32,m*n),Work:make([]float32,4<<20)}
	if at { g.ARow,g.ACol=1,m }
	u := microF32(); v := microF32(); v.NarrowRows,v.NarrowCols=32,32
	d1,d2 := 1.,1.
	for range 3 {
	d1 = min(d1,bestT(5, func(){ for range 20 { gemm.Run(u,g)}}))
	d2 = min(d2,bestT(5, func(){ for range 20 { gemm.Run(v,g)}})) }
	fl := 20*2*float64(m*n*k)/1e9
	fmt.Printf("at %v %dx%dx%d: %.1f swapped %.1f GF %v\n", at,m,k,n,fl/d1,fl/d2, d2<d1)
	}}}}
}
