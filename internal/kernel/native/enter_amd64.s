//go:build linux || darwin || freebsd

#include "textflag.h"

// func enter(code unsafe.Pointer, arrays *unsafe.Pointer, tiles, frame unsafe.Pointer, lo, n int)
TEXT ·enter(SB), NOSPLIT, $0-48
	MOVQ code+0(FP), AX
	MOVQ arrays+8(FP), DI
	MOVQ tiles+16(FP), SI
	MOVQ frame+24(FP), DX
	MOVQ lo+32(FP), CX
	MOVQ n+40(FP), R8
	CALL AX
	RET
