package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// process is a peer that serves: it reads a name a line and answers with a JSON
// object a line, after one that says who it is.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan []byte // closed at the end of its output
	errs  *tail
	hello struct{ Version, Detail string }
}

// helloTime is how long a library may take to load.
const helloTime = 3 * time.Minute

// process is the peer's process for a number of threads, started if need be.
func (p *peer) process(threads int) (*process, error) {
	if s := p.living[threads]; s != nil {
		return s, nil
	}
	args := append(p.command[1:len(p.command):len(p.command)], "--threads", fmt.Sprint(threads), "--serve")
	s := &process{cmd: exec.Command(p.command[0], args...), lines: make(chan []byte, 1), errs: &tail{}}
	s.cmd.Env, s.cmd.Stderr = p.env, s.errs
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.lines)
		for r := bufio.NewScanner(out); r.Scan(); {
			s.lines <- []byte(r.Text())
		}
	}()
	line, err := s.next(context.Background(), helloTime)
	if err == nil {
		err = json.Unmarshal(line, &s.hello)
	}
	if err != nil {
		s.kill()
		return nil, err
	}
	p.living[threads] = s
	return s, nil
}

// next waits for a line. After an error the process is gone.
func (s *process) next(ctx context.Context, limit time.Duration) ([]byte, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case line, ok := <-s.lines:
		if ok {
			return line, nil
		}
		err := s.cmd.Wait()
		if last := s.errs.line(); last != "" {
			return nil, errors.New(last)
		}
		return nil, fmt.Errorf("it ended: %w", err)
	case <-timer.C:
		s.kill()
		return nil, fmt.Errorf("not done after %v", limit)
	case <-ctx.Done():
		s.kill()
		return nil, ctx.Err()
	}
}

func (s *process) ask(ctx context.Context, limit time.Duration, r *record) error {
	if _, err := fmt.Fprintln(s.in, r.Name); err != nil {
		s.kill()
		return fmt.Errorf("it ended: %s", s.errs.line())
	}
	line, err := s.next(ctx, limit)
	if err != nil {
		return err
	}
	return json.Unmarshal(line, r)
}

func (s *process) kill() {
	_ = s.cmd.Process.Kill() // it may have ended by itself
	go func() { _ = s.cmd.Wait() }()
}

// close lets the process end by itself, which it does when there is no more to read.
func (s *process) close() {
	_ = s.in.Close()
	s.kill()
}

// tail keeps the end of what a process writes.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if n := len(t.text); n > 8192 {
		t.text = append(t.text[:0], t.text[n-4096:]...)
	}
	return len(b), nil
}

// line is the line that says most: a panic, or else the last one.
func (t *tail) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "panic:") || strings.HasPrefix(l, "fatal error:") {
			return l
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// environment is this process's without the settings that pin an old OpenBLAS to
// a kernel: they slow NumPy and PyTorch down and are no default of theirs.
func environment() []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OPENBLAS_") {
			out = append(out, v)
		}
	}
	return out
}

// python runs a script with the environment that install made for the library, or
// else with whichever python3 has it.
func python(library, script string, args ...string) func(*house, *peer) error {
	return func(h *house, p *peer) error {
		for _, at := range []string{filepath.Join(h.o.envs, library, "bin", "python"), "python3", "/usr/bin/python3"} {
			path, err := exec.LookPath(at)
			if err != nil {
				continue
			}
			c := exec.Command(path, "-c", "import "+library)
			c.Env = p.env
			if c.Run() == nil {
				p.command = append([]string{path, filepath.Join(h.folder, script)}, args...)
				return nil
			}
		}
		return fmt.Errorf("no Python here has %s; bench/peers/install installs it", library)
	}
}

// goModule builds a program in a module of its own.
func goModule(folder string, env ...string) func(*house, *peer) error {
	return func(h *house, p *peer) error {
		ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
		defer stop()
		at := h.binary(p.key)
		if _, err := output(ctx, filepath.Join(h.folder, folder), append(p.env, env...), "go", "build", "-o", at, "."); err != nil {
			return fmt.Errorf("it does not build: %w", err)
		}
		p.command = []string{at}
		return nil
	}
}

// gorgonia stops at its first line on a Go that it does not know; it is asked to
// go on only then, and the table says so.
func gorgonia(h *house, p *peer) error {
	if err := goModule("gorgonia")(h, p); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if _, err := output(ctx, "", p.env, p.command[0]); err == nil {
		return nil
	}
	p.env = append(p.env, "ASSUME_NO_MOVING_GC_UNSAFE_RISK_IT_WITH="+h.release)
	p.note = "panics at its start with " + h.release + ", as any program with it does, and is run with ASSUME_NO_MOVING_GC_UNSAFE_RISK_IT_WITH=" + h.release
	return nil
}
