package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
)

// linkMore makes the tasks of convolutions and pools, and of rows taken and
// added by index. A nil task with ok has nothing to do.
func linkMore[T kernel.Float](in *Instance, v graph.Value) (t task, ok bool) {
	switch op := v.Op().(type) {
	case graph.Conv:
		t = linkConv[T](in, v, op)
	case graph.ConvKernel:
		t = linkConvKernel[T](in, v, op)
	case graph.FlipKernel:
		t = linkFlip[T](in, v, op)
	case graph.PoolIndex:
		t = linkPoolIndex[T](in, v, op)
	case graph.PoolTake:
		t = linkPoolTake[T](in, v, op)
	case graph.PoolPut:
		t = linkSpread[T](in, v, op.Window)
	case graph.WindowSum:
		t = linkWindowSum[T](in, v, op)
	case graph.WindowSpread:
		t = linkSpread[T](in, v, op.Window)
	case graph.Gather:
		t = linkGather[T](in, v)
	case graph.Cholesky:
		t = linkCholesky[T](in, v)
	case graph.SolveUpper:
		t = linkSolve[T](in, v)
	case graph.ScatterAdd:
		t = linkScatter[T](in, v, op)
	default:
		return nil, false
	}
	return t, true
}
