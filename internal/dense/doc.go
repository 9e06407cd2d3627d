// Package dense holds small dense linear algebra in float64 for what no product can do: eigenvectors of a
// symmetric matrix, an orthogonal basis, the solution of a symmetric system. Matrices are
// row-major slices. A kernel table, where one is given, does rows and products faster; nil will do for what
// takes none. No result depends on the table, the processor or the number of threads.
package dense
