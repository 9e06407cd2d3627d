package dispatch

import (
	"github.com/godescent/descent/internal/kernel/avx2"
	"github.com/godescent/descent/internal/kernel/avx512"
)

func assembly() []set {
	return []set{
		{"avx512", avx512.Supported(), avx512.Table, avx512.Peak},
		{"avx2", avx2.Supported(), avx2.Table, avx2.Peak},
	}
}
