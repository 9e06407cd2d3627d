package neon

import "github.com/godescent/descent/internal/kernel"

// withFar joins a routine that stops before a vector with an element it cannot do,
// returning the elements done, to one that can do any.
func withFar[T kernel.Float](near func(dst, x *T, n int) int, far func(dst, x []T)) func(dst, x []T) {
	return func(dst, x []T) {
		x = x[:len(dst)]
		for len(dst) > 0 {
			n := near(&dst[0], &x[0], min(len(dst), chunk))
			if n == 0 {
				n = min(len(dst), kernel.Lanes)
				far(dst[:n], x[:n])
			}
			dst, x = dst[n:], x[n:]
		}
	}
}
