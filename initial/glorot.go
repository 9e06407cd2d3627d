package initial

// NewGlorotNormal is w ~ N(0, 2/(M + N)) for M inputs and N outputs: between
// what keeps the activations' variance and what keeps the gradients', for
// activations that are about the identity near 0.
//
// Glorot, Bengio: Understanding the Difficulty of Training Deep Feedforward
// Neural Networks, 2010, equation 12. Keras's glorot_normal is truncated.
func NewGlorotNormal() *Scaled { return &Scaled{Gain: 1, Fan: Average} }

// NewGlorotUniform is w ~ U[−a, a) with a = √(6/(M + N)), equation 16 there.
func NewGlorotUniform() *Scaled { return &Scaled{Gain: 1, Fan: Average, Uniform: true} }
