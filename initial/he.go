package initial

import "math"

// NewHeNormal is He's initialiser, w ~ N(0, 2/M) for M inputs. With ReLU
// behind, var[z] = (M/2)·var[w]·var[z before], so this keeps it through any
// number of layers. It is plain, as PyTorch's kaiming_normal_ is; Keras's
// he_normal cuts the normal at two standard deviations and widens it by
// 1/0.8796 to the same variance.
//
// He, Zhang, Ren, Sun: Delving Deep into Rectifiers, 2015, equation 10.
func NewHeNormal() *Scaled { return &Scaled{Gain: math.Sqrt2, Fan: In} }

// NewHeUniform is w ~ U[−a, a) with a = √(6/M) for M inputs: He's variance 2/M.
func NewHeUniform() *Scaled { return &Scaled{Gain: math.Sqrt2, Fan: In, Uniform: true} }
