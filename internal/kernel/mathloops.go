package kernel

// The loops over the functions of exp.go, log.go, erf.go, trig.go, cbrt.go and pow.go,
// written out so that each calls its function directly.

func expAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = exp32(x[i])
	}
}

func expm1All32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = expm1of32(x[i])
	}
}

func logAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = log32(x[i])
	}
}

func log1pAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = log1p32(x[i])
	}
}

func tanhAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = tanh32(x[i])
	}
}

func sigmoidAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = sigmoid32(x[i])
	}
}

func erfAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = erf32(x[i])
	}
}

func sinAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = sinOf32(x[i])
	}
}

func cosAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = cosOf32(x[i])
	}
}

func cbrtAll32(dst, x []float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = cbrt32(x[i])
	}
}

func powAll32(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = pow32(x[i], y[i])
	}
}

func powVS32(dst, x []float32, s float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = pow32(x[i], s)
	}
}

func powSV32(dst []float32, s float32, y []float32) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = pow32(s, y[i])
	}
}

func expAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = exp64(x[i])
	}
}

func expm1All64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = expm1of64(x[i])
	}
}

func logAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = log64(x[i])
	}
}

func log1pAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = log1p64(x[i])
	}
}

func tanhAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = tanh64(x[i])
	}
}

func sigmoidAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = sigmoid64(x[i])
	}
}

func erfAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = erf64(x[i])
	}
}

func sinAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = sinOf64(x[i])
	}
}

func cosAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = cosOf64(x[i])
	}
}

func cbrtAll64(dst, x []float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = cbrt64(x[i])
	}
}

func powAll64(dst, x, y []float64) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = pow64(x[i], y[i])
	}
}

func powVS64(dst, x []float64, s float64) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = pow64(x[i], s)
	}
}

func powSV64(dst []float64, s float64, y []float64) {
	y = y[:len(dst)]
	for i := range dst {
		dst[i] = pow64(s, y[i])
	}
}
