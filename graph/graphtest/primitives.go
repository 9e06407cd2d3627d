package graphtest

import (
	"slices"
)

// Primitives is the case of every primitive of package graph. A new one is one
// more line.
func Primitives() []Case {
	return slices.Concat(
		unaryCases(),
		binaryCases(),
		windowCases(),
		[]Case{
			{"input", drawInput},
			{"const", drawConst},
			{"iota", drawIota},
			{"random", drawRandom},
			{"cast", drawCast},
			{"where", drawWhere},
			{"matmul", drawMatMul},
			{"sum", drawSum},
			{"max over", drawMaxOver},
			{"min over", drawMinOver},
			{"argmax", drawArgMax},
			{"reshape", drawReshape},
			{"broadcast", drawBroadcast},
			{"transpose", drawTranspose},
			{"slice", drawSlice},
			{"pad", drawPad},
			{"concat", drawConcat},
			{"gather", drawGather},
			{"scatter add", drawScatterAdd},
			{"segment sum", drawSegmentSum},
			{"segment spread", drawSegmentSpread},
			{"stop gradient", drawStop},
			{"eigenvectors", drawEigenvectors},
			{"inverse root", drawInverseRoot},
			{"orthonormal", drawOrthonormal},
			{"cholesky", drawCholesky},
			{"solve upper", drawSolveUpper},
		},
	)
}
