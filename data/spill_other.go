//go:build !windows

package data

// deleteOnClose is nothing: an open file needs no name, which is removed at once.
const deleteOnClose = 0
