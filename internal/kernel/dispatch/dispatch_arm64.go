package dispatch

import "github.com/godescent/descent/internal/kernel/neon"

// assembly is what every arm64 processor runs.
func assembly() []set { return []set{{"neon", func() bool { return true }, neon.Table, neon.Peak}} }

// NoTiles is why no kernel multiplies on tiles here.
func NoTiles() string { return "the processor has none" }
