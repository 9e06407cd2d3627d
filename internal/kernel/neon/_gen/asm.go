package main

import (
	"errors"
	"fmt"
	"strings"
)

// gp is a general register. R16 to R18 and R27 to R30 have uses of their own.
type gp int

func (r gp) String() string { return fmt.Sprintf("R%d", int(r)) }

// reg is a vector register before it has its place; those below zero have one: phys(i) is V i.
type reg int

func phys(i int) reg { return reg(-1 - i) }

const vectors = 32

// inst is one line of a routine: text as it stands, or a word over vector registers.
type inst struct {
	text string
	enc  func(r []int) word
	regs []reg // the one that is written first
	tied bool  // the first must lie where the second did, for that is read and overwritten
	both bool  // the second is written too
}

// param is a parameter of a routine, size its bytes.
type param struct{ name, typ string }

func (p param) size() int {
	switch p.typ {
	case "float32", "int32":
		return 4
	case "bool":
		return 1
	}
	return 8
}

// routine is an assembly routine in the making.
type routine struct {
	name   string
	params []param
	result string // type, or empty
	doc    []string
	code   []inst
	next   reg
	pinned map[reg]bool // registers that keep their place up to the end
	labels int
}

// offset is the place of a parameter in the frame, or of the result for "ret"; "" is the frame's size.
func (r *routine) offset(name string) int {
	at := 0
	align := func(n int) { at = (at + n - 1) / n * n }
	for _, p := range r.params {
		align(p.size())
		if p.name == name {
			return at
		}
		at += p.size()
	}
	if r.result != "" {
		align(8)
		if name == "ret" {
			return at
		}
		at += param{"ret", r.result}.size()
	}
	if name != "" {
		panic(r.name + " has no parameter " + name)
	}
	return at
}

// slot is the operand that names a parameter.
func (r *routine) slot(name string) string { return fmt.Sprintf("%s+%d(FP)", name, r.offset(name)) }

// raw adds a line in Go's own assembly.
func (r *routine) raw(format string, args ...any) {
	r.code = append(r.code, inst{text: "\t" + fmt.Sprintf(format, args...)})
}

// load reads a parameter into a general register.
func (r *routine) load(name string, to gp) { r.raw("MOVD %s, %v", r.slot(name), to) }

// label is a new label's name, at puts it here.
func (r *routine) label(name string) string {
	r.labels++
	return fmt.Sprintf("%s%d", name, r.labels)
}

func (r *routine) at(label string) { r.code = append(r.code, inst{text: label + ":"}) }

// emit adds an instruction that writes regs[0] (or only reads, if it stores).
func (r *routine) emit(enc func(r []int) word, regs ...reg) {
	r.code = append(r.code, inst{enc: enc, regs: regs})
}

// emitTied adds an instruction that makes regs[0] of regs[1] in place, and of the others.
func (r *routine) emitTied(enc func(r []int) word, regs ...reg) {
	r.code = append(r.code, inst{enc: enc, regs: regs, tied: true})
}

// emitPair reads or writes two registers.
func (r *routine) emitPair(store bool, a, b reg, base gp, disp int) {
	enc := func(r []int) word { return pair(store, r[0], r[1], base, disp) }
	r.code = append(r.code, inst{enc: enc, regs: []reg{a, b}, both: !store})
}

// vec is a new register. pin keeps it to the end of the routine: what a loop finds and leaves must be pinned.
func (r *routine) vec() reg { r.next++; return r.next - 1 }
func (r *routine) pin(v reg) reg {
	r.pinned[v] = true
	return v
}

var errRegisters = errors.New("no vector register left")

// place gives every register its number, in one pass: each lives from its first mention to its last.
func (r *routine) place() ([]string, error) {
	last := map[reg]int{}
	free := [vectors]bool{}
	for i := range free {
		free[i] = true
	}
	for i, in := range r.code {
		for _, v := range in.regs {
			last[v] = i
			if v < 0 {
				free[-1-v] = false
			}
		}
	}
	for v := range r.pinned {
		last[v] = len(r.code)
	}
	home := map[reg]int{}
	var lines []string
	put := func(w word) { lines = append(lines, fmt.Sprintf("\tWORD $0x%08x // %s", w.bits, w.text)) }
	for i, in := range r.code {
		if in.enc == nil {
			lines = append(lines, in.text)
			continue
		}
		for j, v := range in.regs {
			if v < 0 {
				home[v] = int(-1 - v)
			}
			if _, ok := home[v]; ok {
				continue
			}
			if j > 0 && !in.both {
				return nil, fmt.Errorf("%s: line %d reads a register that nothing wrote", r.name, i)
			}
			if in.tied && last[in.regs[1]] == i && in.regs[1] >= 0 && !reads(in.regs[2:], in.regs[1]) {
				home[v] = home[in.regs[1]]
				continue
			}
			at, ok := take(&free)
			if !ok {
				return nil, errRegisters
			}
			home[v] = at
		}
		numbers := make([]int, len(in.regs))
		for j, v := range in.regs {
			numbers[j] = home[v]
		}
		if in.tied && numbers[0] != numbers[1] {
			put(move(numbers[0], numbers[1]))
		}
		put(in.enc(numbers))
		for _, v := range in.regs {
			if last[v] == i && v >= 0 && !(in.tied && v == in.regs[1] && home[v] == home[in.regs[0]]) {
				free[home[v]] = true
			}
		}
	}
	return lines, nil
}

func reads(regs []reg, v reg) bool {
	for _, r := range regs {
		if r == v {
			return true
		}
	}
	return false
}

func take(free *[vectors]bool) (int, bool) {
	for i := range free {
		if free[i] {
			free[i] = false
			return i, true
		}
	}
	return 0, false
}

// signature is the routine's parameters and result as Go.
func (r *routine) signature() string {
	var s []string
	for _, p := range r.params {
		s = append(s, p.name+" "+p.typ)
	}
	return "(" + strings.Join(s, ", ") + ") " + r.result
}

// parameters reads "dst, x *float32; n int".
func parameters(list string) []param {
	var params []param
	for _, group := range strings.Split(list, "; ") {
		names, typ, _ := cutLast(group, " ")
		for _, n := range strings.Split(names, ", ") {
			params = append(params, param{n, typ})
		}
	}
	return params
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	return s[:i], s[i+len(sep):], i >= 0
}
