//go:build !amd64 && !arm64

package dispatch

func assembly() []set { return nil }

// NoTiles is why no kernel multiplies on tiles here.
func NoTiles() string { return "the processor has none" }
