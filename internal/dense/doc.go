// Package dense holds small dense linear algebra in float64 for what no product can do: eigenvectors of a
// symmetric matrix, an orthogonal basis, the solution of a symmetric system. Matrices are
// row-major slices; nothing is fused, so results have the same bits on every processor.
package dense
