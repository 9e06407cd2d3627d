package graph

func (v Value) sumPool(w Window) Value {
	if !v.Valid() {
		return v
	}
	return v.g.Apply(WindowSum{w}, v)
}

// AvgPool is the mean of each window and channel of v [B, H, W, C]: [B, Ho, Wo, C].
// Padding counts as zeros if countPadding, as in PyTorch by default, and else
// not at all: the sum is then divided by the number of positions within v.
func (v Value) AvgPool(w Window, countPadding bool) Value {
	y := v.sumPool(w)
	if !y.Valid() {
		return y
	}
	if countPadding || w.Lo == [2]int{} && w.Hi == [2]int{} {
		return y.Scale(1 / float64(w.Size[0]*w.Size[1]))
	}
	ones := v.g.Full(1, v.DType(), 1, v.Dim(1), v.Dim(2), 1)
	return y.Div(ones.sumPool(w))
}
