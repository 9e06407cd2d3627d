package initial

// NewLeCunNormal is w ~ N(0, 1/M) for M inputs: it keeps the variance through
// a linear map with no activation behind, such as a network's last.
//
// LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998, equation 16.
func NewLeCunNormal() *Scaled { return &Scaled{Gain: 1, Fan: In} }

// NewLeCunUniform is w ~ U[−a, a) with a = √(3/M): the variance 1/M.
func NewLeCunUniform() *Scaled { return &Scaled{Gain: 1, Fan: In, Uniform: true} }
