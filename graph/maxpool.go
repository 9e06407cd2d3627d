package graph

// MaxPool is the largest number of each window and channel of v [B, H, W, C],
// NaN if one is: [B, Ho, Wo, C]. Its derivative goes to the first that attains it.
func (v Value) MaxPool(w Window) Value {
	if !v.Valid() {
		return v
	}
	index := v.g.Apply(PoolIndex{w}, v)
	if !index.Valid() {
		return index
	}
	return v.g.Apply(PoolTake{w}, v, index)
}
