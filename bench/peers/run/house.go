package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// ours is the key of descent itself.
const ours = "descent"

// kind is a library, or one way to run it.
type kind struct {
	key     string
	title   string                        // with %s for its version
	prepare func(h *house, p *peer) error // how to start it: command and environment
}

// kinds is every library that is known, in the order of the columns.
func kinds() []kind {
	return []kind{
		{"torch", "PyTorch %s", python("torch", "torch_nets.py")},
		{"torch-compile", "PyTorch %s, torch.compile", python("torch", "torch_nets.py", "--compile")},
		{"jax", "JAX %s", python("jax", "jax_nets.py")},
		{"gomlx", "GoMLX %s", goModule("gomlx")},
		{"gomlx-simd", "GoMLX %s, simd", goModule("gomlx", "GOEXPERIMENT=simd")},
		{"gorgonia", "Gorgonia %s", gorgonia},
		{"gonum", "gonum %s", goModule("gonum")},
	}
}

func keys() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, k.key)
	}
	return out
}

// peer is a library in this run.
type peer struct {
	kind
	command []string // without --threads and --serve
	env     []string
	note    string // how it is run, or why it is not
	missing bool

	living  map[int]*process  // threads -> process
	refused map[string]string // what need not be asked again, name and threads
}

// house is what a run needs: the folder of this program, built binaries, peers.
type house struct {
	o       *options
	root    string // of descent's module
	folder  string // bench/peers
	built   string // a temporary folder
	peers   []*peer
	release string // of Go, such as go1.26
}

func newHouse(ctx context.Context, o *options) (*house, error) {
	h := &house{o: o}
	out, err := output(ctx, "", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/godescent/descent")
	if err != nil {
		return nil, fmt.Errorf("run this in descent's module: %w", err)
	}
	h.root = strings.TrimSpace(out)
	h.folder = filepath.Join(h.root, "bench", "peers")
	if out, err = output(ctx, h.root, nil, "go", "env", "GOVERSION"); err != nil {
		return nil, err
	}
	parts := strings.SplitN(strings.TrimSpace(out), ".", 3)
	h.release = strings.Join(parts[:min(2, len(parts))], ".")
	if h.built, err = os.MkdirTemp("", "descent-peers-"); err != nil {
		return nil, err
	}
	self := &peer{kind: kind{ours, "descent", nil}, command: []string{h.binary(ours)}}
	if _, err := output(ctx, h.root, nil, "go", "build", "-o", h.binary(ours), "./cmd/descent"); err != nil {
		h.close()
		return nil, err
	}
	h.peers = []*peer{self}
	for _, k := range kinds() {
		for _, want := range o.peers {
			if k.key == want {
				h.peers = append(h.peers, h.start(k))
			}
		}
	}
	return h, nil
}

func (h *house) binary(name string) string { return filepath.Join(h.built, name) }

// slow is how long a figure takes that is measured in one round only.
const slow = 30 * time.Second

// start prepares a peer and lets it say hello.
func (h *house) start(k kind) *peer {
	p := &peer{kind: k, living: map[int]*process{}, refused: map[string]string{}, env: environment()}
	fmt.Fprintf(h.o.progress, "preparing %s\n", k.key)
	version := ""
	err := k.prepare(h, p)
	if err == nil {
		var s *process
		if s, err = p.process(h.o.threads[0]); err == nil {
			version = short(s.hello.Version)
			p.note = strings.TrimPrefix(p.note+"; "+s.hello.Detail, "; ")
		}
	}
	if err != nil {
		p.missing, p.note = true, "left out: "+oneLine(err)
		fmt.Fprintf(h.o.progress, "%s is %s\n", k.key, p.note)
	}
	p.title = strings.Join(strings.Fields(strings.ReplaceAll(fmt.Sprintf(k.title, version), " ,", ",")), " ")
	return p
}

// short is a version without what names a build.
func short(version string) string {
	version, _, _ = strings.Cut(version, "+")
	return strings.TrimPrefix(version, "v")
}

func (h *house) close() {
	for _, p := range h.peers {
		for _, s := range p.living {
			s.close()
		}
	}
	_ = os.RemoveAll(h.built) // a temporary folder; the system clears it otherwise
}

// introduce describes the machine and the peers.
func (h *house) introduce() []record {
	all := []record{{Peer: ours, Machine: describeMachine()}}
	for _, p := range h.peers {
		r := record{Peer: p.key, Title: p.title, Note: p.note}
		if p.key == ours {
			r.Note = h.version()
		}
		if p.missing {
			r.Error = p.note
		}
		all = append(all, r)
	}
	return all
}

// version is what descent says of itself, in a few words.
func (h *house) version() string {
	out, err := output(context.Background(), "", nil, h.binary(ours), "version", "--json")
	if err != nil {
		return ""
	}
	var v struct {
		Version, Revision, Go, System string
		Modified                      bool
		Kernels                       []string
	}
	if json.Unmarshal([]byte(out), &v) != nil {
		return ""
	}
	text := "a plain go build, " + v.Go + " " + v.System
	if len(v.Revision) >= 12 {
		text += ", revision " + v.Revision[:12]
		if v.Modified {
			text += " with changes"
		}
	}
	if len(v.Kernels) > 0 {
		text += ", kernel " + v.Kernels[0]
	}
	return text
}

// ask measures one figure; asked is false where the peer is missing or has refused before.
func (h *house) ask(ctx context.Context, p *peer, name string, threads int) (r record, asked bool) {
	r = record{Peer: p.key, Name: name, Threads: threads}
	if p.key == ours {
		return h.askOurs(ctx, r), true
	}
	id := fmt.Sprint(name, threads)
	if p.missing || p.refused[id] != "" {
		return r, false
	}
	s, err := p.process(threads)
	if err == nil {
		err = s.ask(ctx, h.o.timeout, &r)
	}
	if err != nil { // the process is gone, and what it died of is not asked again
		delete(p.living, threads)
		r.Error = oneLine(err)
	}
	if p.refused[id] = r.Error; r.Took > slow.Seconds() {
		p.refused[id] = "slow"
	}
	return r, true
}

func (h *house) askOurs(ctx context.Context, r record) record {
	ctx, stop := context.WithTimeout(ctx, h.o.timeout)
	defer stop()
	out, err := output(ctx, h.root, nil, h.binary(ours), "bench", r.Name, "--threads", fmt.Sprint(r.Threads), "--json", "--quiet")
	if err == nil {
		threads := r.Threads
		err = json.Unmarshal([]byte(out), &r)
		r.Threads = threads
	}
	if err != nil {
		r.Error = oneLine(err)
	}
	return r
}

// output runs a command to its end. Its error has the last line of stderr.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, env
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if err == nil {
		return out.String(), nil
	}
	if lines := strings.Split(strings.TrimSpace(errs.String()), "\n"); lines[len(lines)-1] != "" {
		return "", errors.New(lines[len(lines)-1])
	}
	return "", fmt.Errorf("%s: %w", filepath.Base(name), err)
}

// folders are absolute paths up to a file's name.
var folders = regexp.MustCompile(`(^|[\s"'(\[=])(/[\w.@+!-]+)+/`)

// oneLine is an error for a list: short, and without places of this machine.
func oneLine(err error) string {
	line := strings.Join(strings.Fields(err.Error()), " ")
	line = folders.ReplaceAllString(line, "$1")
	if r := []rune(line); len(r) > 160 {
		line = string(r[:159]) + "…"
	}
	return line
}
