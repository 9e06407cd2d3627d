// Package amx multiplies in bf16 on the tile registers of Intel's AMX: it replaces one
// routine of an AVX-512 table. The assembly is written by ../_gen; go generate
// reproduces it.
//
// # Tiles and Go's threads
//
// Tile registers and their configuration belong to a thread, and a goroutine may move from
// one to another. It does so between Go instructions alone: the runtime never preempts
// assembly (isAsyncSafePoint of runtime/preempt.go refuses functions that the assembler made). So
// each routine configures the tiles, uses and releases them within one NOSPLIT function
// that calls nothing, and outside of it no tile is in use: no goroutine sees another's, and
// the system need not save any at a switch of threads.
//
// A signal may come at any instruction, among them those by which the runtime asks for
// preemption and for profiles. Linux then saves the tiles in the signal's frame, gives the handler
// none, and restores them when it returns; the handler is Go code and uses none. The frame grows
// from 3.5 KB to about 12 KB (XSAVE has 11,008 bytes up to and with the tiles), on the
// runtime's signal stack of 32 KB for each thread (mpreinit of os_linux.go), which
// leaves the handler 20 KB; signals do not nest there, for the runtime blocks them all
// meanwhile. The system itself compares the stacks of all threads with the frame when it is asked
// for permission, and again when a thread sets one up, and refuses what is too small.
//
// Permission is the process's: arch_prctl(ARCH_REQ_XCOMP_PERM, 18), which every start asks anew
// because exec clears it. Nothing is reserved by asking. A thread's first use of a tile
// lets the system enlarge what it keeps of that thread, by 8 KB.
package amx

//go:generate go -C ../_gen run . -isa amx -dir ../amx
