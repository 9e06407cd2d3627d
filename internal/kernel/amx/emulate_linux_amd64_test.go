package amx

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

// emulation runs a program whose instructions of AMX the processor may refuse: its
// parent traces it, executes each where it stands, and lets it go on behind.
type emulation struct {
	pid     int
	threads map[int]*machine
	code    map[uint64]*instruction // by address; nil is another instruction
	ran     [operations]int
	seen    map[string]bool // the texts of all that ran
	fault   error
}

// errTracing is that one process may not trace another here.
var errTracing = errors.New("no process can be traced here")

// emulate runs the program to its end with its output in out.
func emulate(argv, env []string, out *os.File) (e *emulation, status syscall.WaitStatus, err error) {
	runtime.LockOSThread() // which traces
	defer runtime.UnlockOSThread()
	defer onOneCPU()()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Env: env, Files: []*os.File{nil, out, out}, Sys: &syscall.SysProcAttr{Ptrace: true}})
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errTracing, err)
	}
	defer func() { _ = p.Release() }()
	e = &emulation{pid: p.Pid, threads: map[int]*machine{p.Pid: {}}, code: map[uint64]*instruction{}, seen: map[string]bool{}}
	if _, err := syscall.Wait4(p.Pid, &status, 0, nil); err != nil { // stopped at its first instruction
		return nil, 0, fmt.Errorf("%w: %w", errTracing, err)
	}
	const exitKill = 0x100000 // it ends with us
	if err := syscall.PtraceSetOptions(p.Pid, syscall.PTRACE_O_TRACECLONE|exitKill); err != nil {
		_ = p.Kill()
		return nil, 0, fmt.Errorf("%w: %w", errTracing, err)
	}
	status, err = e.loop(p)
	return e, status, errors.Join(err, e.fault)
}

// onOneCPU keeps this thread, and what it starts, on one processor until the function that it returns is
// called: to take turns there is several times as fast as to wake one another.
func onOneCPU() (restore func()) {
	var old, one [16]uint64
	size, mask := unsafe.Sizeof(old), func(m *[16]uint64) uintptr { return uintptr(unsafe.Pointer(m)) }
	if _, _, e := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, size, mask(&old)); e != 0 {
		return func() {}
	}
	for i, w := range old {
		if w != 0 {
			one[i] = w & -w
			break
		}
	}
	_, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, size, mask(&one))
	return func() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, size, mask(&old)) }
}

// loop waits for what any thread does, until the last one is gone.
func (e *emulation) loop(p *os.Process) (status syscall.WaitStatus, err error) {
	if err := syscall.PtraceCont(e.pid, 0); err != nil {
		return 0, err
	}
	for {
		const noThread = 0x20000000 // this thread's children alone
		var ws syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &ws, syscall.WALL|noThread, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return status, fmt.Errorf("waiting for the program: %w", err)
		case ws.Exited() || ws.Signaled():
			if m := e.threads[tid]; m != nil && m.palette != 0 && e.fault == nil && !ws.Signaled() {
				e.fault = fmt.Errorf("thread %d ends with tiles in use", tid)
			}
			delete(e.threads, tid)
			if tid == e.pid { // the last one that is told of
				return ws, nil
			}
			continue
		}
		deliver := int(ws.StopSignal())
		switch {
		case ws.StopSignal() == syscall.SIGTRAP && ws.TrapCause() > 0: // a thread has begun another one
			deliver = 0
		case e.threads[tid] == nil: // and this is its first stop
			e.threads[tid] = &machine{}
			deliver = 0
		case ws.StopSignal() == syscall.SIGILL && e.fault == nil:
			ours, err := e.step(tid)
			if err != nil {
				e.fault = err
				_ = p.Kill()
			}
			if ours {
				deliver = 0
			}
		}
		if err := syscall.PtraceCont(tid, deliver); err != nil && !errors.Is(err, syscall.ESRCH) { // it may have been killed
			return status, fmt.Errorf("continuing thread %d: %w", tid, err)
		}
	}
}

// step executes the instructions of AMX from a thread's place on, if there is one.
func (e *emulation) step(tid int) (ours bool, err error) {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return false, err
	}
	mem := memoryOf(tid)
	m := e.threads[tid]
	for {
		i, err := e.at(regs.Rip, mem)
		if err != nil {
			return ours, err
		}
		if i == nil {
			break
		}
		if err := m.run(*i, func(n int) uint64 { return *general(&regs, n) }, mem); err != nil {
			return ours, fmt.Errorf("%v at %#x: %w", i, regs.Rip, err)
		}
		e.ran[i.op]++
		regs.Rip += uint64(i.length)
		ours = true
	}
	if !ours {
		return false, nil
	}
	return true, syscall.PtraceSetRegs(tid, &regs)
}

// at is the instruction at an address, nil if it is none of AMX.
func (e *emulation) at(rip uint64, mem memoryOf) (*instruction, error) {
	if i, ok := e.code[rip]; ok {
		return i, nil
	}
	var b [16]byte
	if err := mem.read(b[:], rip, len(b), 0); err != nil {
		return nil, err
	}
	i, ok := decode(b[:])
	if !ok {
		e.code[rip] = nil
		return nil, nil
	}
	e.code[rip] = &i
	e.seen[i.String()] = true
	return &i, nil
}

// general is a general register by its number in instructions.
func general(r *syscall.PtraceRegs, n int) *uint64 {
	return [16]*uint64{&r.Rax, &r.Rcx, &r.Rdx, &r.Rbx, &r.Rsp, &r.Rbp, &r.Rsi, &r.Rdi,
		&r.R8, &r.R9, &r.R10, &r.R11, &r.R12, &r.R13, &r.R14, &r.R15}[n]
}

// memoryOf is a process's memory by the system calls that honour its pages' protection, unlike
// /proc/PID/mem.
type memoryOf int

const (
	sysProcessVMReadv  = 310
	sysProcessVMWritev = 311
)

func (pid memoryOf) read(to []byte, at uint64, size int, stride uint64) error {
	return pid.move(sysProcessVMReadv, "reads", to, at, size, stride)
}

func (pid memoryOf) write(from []byte, at uint64, size int, stride uint64) error {
	return pid.move(sysProcessVMWritev, "writes", from, at, size, stride)
}

func (pid memoryOf) move(call uintptr, verb string, b []byte, at uint64, size int, stride uint64) error {
	type vector struct{ base, len uint64 }
	here := vector{uint64(uintptr(unsafe.Pointer(&b[0]))), uint64(len(b))}
	var there [16]vector
	n := len(b) / size
	for i := range n {
		there[i] = vector{at + uint64(i)*stride, uint64(size)}
	}
	moved, _, errno := syscall.Syscall6(call, uintptr(pid), uintptr(unsafe.Pointer(&here)), 1, uintptr(unsafe.Pointer(&there[0])), uintptr(n), 0)
	runtime.KeepAlive(b)
	if errno != 0 || int(moved) != len(b) {
		return fmt.Errorf("#PF: %s memory that is not there: %d parts of %d bytes from %#x on, %#x apart (%v)", verb, n, size, at, stride, errno)
	}
	return nil
}
