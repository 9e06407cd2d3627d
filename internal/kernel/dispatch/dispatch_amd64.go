package dispatch

import (
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/amx"
	"github.com/godescent/descent/internal/kernel/avx2"
	"github.com/godescent/descent/internal/kernel/avx512"
)

func assembly() []set {
	return []set{
		{"amx", func() bool { return avx512.Supported() && amx.Usable() == nil }, withTiles, avx512.Peak},
		{"avx512", avx512.Supported, avx512.Table, avx512.Peak},
		{"avx2", avx2.Supported, avx2.Table, avx2.Peak},
	}
}

// withTiles is the table of AVX-512, except for products in bf16.
func withTiles() *kernel.Table {
	t := avx512.Table()
	t.Name = "amx"
	amx.Override(t)
	return t
}

// NoTiles is why no kernel multiplies on tiles here; empty if one does.
func NoTiles() string {
	if err := amx.Usable(); err != nil {
		return err.Error()
	}
	return ""
}
