package optim

// NewAdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019):
//
//	Δw = Δw of Adam − ηλw
//
// with λ = 0.01. It is After(NewAdam(), NewDecay()); compose the two to set
// their fields. As in PyTorch, Optax and Keras the decay is η times λ; the
// paper multiplies λ by the schedule's factor alone.
func NewAdamW() Rule { return After(NewAdam(), NewDecay()) }
