package dispatch

import "github.com/godescent/descent/internal/kernel/neon"

// assembly is what every arm64 processor runs.
func assembly() []set { return []set{{"neon", true, neon.Table, neon.Peak}} }
