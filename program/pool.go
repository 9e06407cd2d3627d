package program

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool is a team of threads that programs share: the caller and n−1 workers,
// which spin for a moment after each task and then sleep until the next.
// A Pool runs one program at a time.
type Pool struct {
	workers []*worker
	task    task
	chunks  int // parts of the current task
	next    atomic.Int64
	epoch   atomic.Int64 // counts tasks; a worker runs each once
	left    atomic.Int64 // workers that have not finished the current task
	asleep  []atomic.Bool
	wake    []chan struct{}
	closed  atomic.Bool
	done    sync.WaitGroup
}

// worker is one thread's scratch memory.
type worker struct {
	id    int
	tiles []byte
	work  []byte
}

// task is work that can be done in units, in any order and by any thread.
type task interface {
	units() int
	run(w *worker, lo, hi int)
}

// finisher is a task with work left when all its units are done.
type finisher interface{ finish(w *worker) }

// spins is how often an idle worker looks for work before it sleeps: some
// tenths of a millisecond. It must outlast the serial part of a step: a worker
// that sleeps there is woken once a step, which cost the mlp a quarter of its speed.
const spins = 300000

// NewPool starts a team of n threads; n < 1 means one for each CPU.
func NewPool(n int) *Pool {
	if n < 1 {
		n = runtime.GOMAXPROCS(0)
	}
	p := &Pool{asleep: make([]atomic.Bool, n)}
	for i := range n {
		p.workers = append(p.workers, &worker{id: i})
		p.wake = append(p.wake, make(chan struct{}, 1))
	}
	for i := 1; i < n; i++ {
		p.done.Add(1)
		go p.loop(p.workers[i])
	}
	return p
}

// Run calls f for parts of 0..n−1, one after another or on several threads at once.
func (p *Pool) Run(n int, f func(lo, hi int)) {
	p.do(&funcTask{n, f}, min(n, len(p.workers)))
}

type funcTask struct {
	n int
	f func(lo, hi int)
}

func (t *funcTask) units() int                { return t.n }
func (t *funcTask) run(_ *worker, lo, hi int) { t.f(lo, hi) }

// Threads is the size of the team.
func (p *Pool) Threads() int { return len(p.workers) }

// Close ends the workers. The pool must not be running anything.
func (p *Pool) Close() {
	if p.closed.Swap(true) {
		return
	}
	for i := 1; i < len(p.workers); i++ {
		p.rouse(i)
	}
	p.done.Wait()
}

func (p *Pool) rouse(i int) {
	if p.asleep[i].Swap(false) {
		p.wake[i] <- struct{}{}
	}
}

func (p *Pool) loop(w *worker) {
	defer p.done.Done()
	seen := int64(0)
	for {
		idle := 0
		for p.epoch.Load() == seen {
			if p.closed.Load() {
				return
			}
			if idle++; idle < spins {
				continue
			}
			p.asleep[w.id].Store(true)
			// Work that came before the flag was up would not send a signal.
			if p.epoch.Load() != seen || p.closed.Load() {
				if !p.asleep[w.id].Swap(false) {
					<-p.wake[w.id]
				}
				continue
			}
			<-p.wake[w.id]
			idle = 0
		}
		seen++
		p.share(w)
		p.left.Add(-1)
	}
}

// share takes chunks of the current task until none is left.
func (p *Pool) share(w *worker) {
	n := p.task.units()
	for {
		c := int(p.next.Add(1)) - 1
		if c >= p.chunks {
			return
		}
		p.task.run(w, c*n/p.chunks, (c+1)*n/p.chunks)
	}
}

// do runs a task, split into chunks where parallel says that it pays.
func (p *Pool) do(t task, chunks int) {
	if chunks > 1 && len(p.workers) > 1 {
		p.task, p.chunks = t, chunks
		p.next.Store(0)
		p.left.Store(int64(len(p.workers) - 1))
		p.epoch.Add(1)
		for i := 1; i < len(p.workers); i++ {
			p.rouse(i)
		}
		p.share(p.workers[0])
		for spun := 0; p.left.Load() > 0; spun++ {
			if spun > spins {
				runtime.Gosched()
			}
		}
	} else {
		t.run(p.workers[0], 0, t.units())
	}
	if f, ok := t.(finisher); ok {
		f.finish(p.workers[0])
	}
}
