package kernel

import "testing"

func BenchmarkFunctions(b *testing.B) {
	p := Portable()
	x, dst := make([]float32, Block), make([]float32, Block)
	x64, dst64 := make([]float64, Block), make([]float64, Block)
	for i := range x {
		x[i] = float32(i+1) * (4.0 / Block)
		x64[i] = float64(x[i])
	}
	names := map[Unary]string{Exp: "exp", Expm1: "expm1", Log: "log", Log1p: "log1p", Tanh: "tanh", Sigmoid: "sigmoid", Erf: "erf", Sin: "sin", Cos: "cos", Cbrt: "cbrt"}
	for op := range UnaryCount {
		if names[op] == "" {
			continue
		}
		b.Run(names[op]+"32", func(b *testing.B) {
			for b.Loop() {
				p.F32.Unary[op](dst, x)
			}
			perElement(b, Block)
		})
		b.Run(names[op]+"64", func(b *testing.B) {
			for b.Loop() {
				p.F64.Unary[op](dst64, x64)
			}
			perElement(b, Block)
		})
	}
	b.Run("pow32", func(b *testing.B) {
		for b.Loop() {
			p.F32.BinaryVS[Pow](dst, x, 1.7)
		}
		perElement(b, Block)
	})
	b.Run("pow64", func(b *testing.B) {
		for b.Loop() {
			p.F64.BinaryVS[Pow](dst64, x64, 1.7)
		}
		perElement(b, Block)
	})
}
