package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// table is the medians of a run.
type table struct {
	peers   []record // one for each, ours first
	machine []string
	threads []int
	names   []string
	rounds  int
	units   map[string]string
	values  map[cell][]float64
	errors  map[cell]string
	weights map[string]map[int][]string // name -> number of weights -> peers
}

type cell struct {
	peer, name string
	threads    int
}

func collect(all []record) *table {
	t := &table{units: map[string]string{}, values: map[cell][]float64{}, errors: map[cell]string{}, weights: map[string]map[int][]string{}}
	for _, r := range all {
		switch {
		case r.Machine != "":
			t.machine = append(t.machine, r.Machine)
		case r.Title != "":
			t.peers = append(t.peers, r)
		default:
			t.add(r)
		}
	}
	slices.Sort(t.threads)
	return t
}

func (t *table) add(r record) {
	c := cell{r.Peer, r.Name, r.Threads}
	t.rounds = max(t.rounds, r.Round)
	if !slices.Contains(t.threads, r.Threads) {
		t.threads = append(t.threads, r.Threads)
	}
	if !slices.Contains(t.names, r.Name) && !slices.Contains(machineFigures, r.Name) {
		t.names = append(t.names, r.Name)
	}
	if r.Error != "" {
		t.errors[c] = r.Error
		return
	}
	t.units[r.Name] = r.Unit
	t.values[c] = append(t.values[c], r.Value)
	if r.Weights > 0 {
		if t.weights[r.Name] == nil {
			t.weights[r.Name] = map[int][]string{}
		}
		if !slices.Contains(t.weights[r.Name][r.Weights], r.Peer) {
			t.weights[r.Name][r.Weights] = append(t.weights[r.Name][r.Weights], r.Peer)
		}
	}
}

// value is the median of the rounds, or 0.
func (t *table) value(peer, name string, threads int) float64 {
	v := slices.Sorted(slices.Values(t.values[cell{peer, name, threads}]))
	if len(v) == 0 {
		return 0
	}
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// best is the best value over the numbers of threads.
func (t *table) best(peer, name string) float64 {
	var best float64
	for _, n := range t.threads {
		v := t.value(peer, name, n)
		if v > 0 && (best == 0 || t.ratio(name, v, best) > 1) {
			best = v
		}
	}
	return best
}

// ratio is how many times as good as b the figure a is: of times, less is better.
func (t *table) ratio(name string, a, b float64) float64 {
	if t.units[name] == "ms" {
		return b / a
	}
	return a / b
}

// spread is how far apart the rounds of figures lie, in the middle and at most, as
// a share of their medians.
func (t *table) spread() (middle, most float64) {
	var all []float64
	for c, v := range t.values {
		if len(v) > 1 {
			all = append(all, (slices.Max(v)-slices.Min(v))/t.value(c.peer, c.name, c.threads))
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)-1]
}

// markdown prints everything.
func markdown(all []record) string {
	t := collect(all)
	var b strings.Builder
	t.heading(&b)
	sections := t.threads
	if len(sections) > 1 {
		t.section(&b, "Best number of threads of each", func(peer, name string) float64 { return t.best(peer, name) })
	}
	for _, n := range sections {
		t.section(&b, threads(n), func(peer, name string) float64 { return t.value(peer, name, n) })
	}
	t.remarks(&b)
	return b.String()
}

func threads(n int) string {
	if n == 1 {
		return "One thread"
	}
	return fmt.Sprintf("%d threads", n)
}

func (t *table) heading(b *strings.Builder) {
	fmt.Fprintf(b, "Machine: %s.", strings.Join(t.machine, "; "))
	for _, n := range t.threads {
		if peak, move := t.value(ours, "fmapeak", n), t.value(ours, "copy", n); peak > 0 && move > 0 {
			fmt.Fprintf(b, " %s: fmapeak %s GFLOP/s, copy %s GB/s.", threads(n), digits(peak), digits(move))
		}
	}
	rounds := "One round"
	if t.rounds > 1 {
		rounds = fmt.Sprintf("Medians of %d rounds", t.rounds)
	}
	fmt.Fprintf(b, "\n%s, in which all took turns", rounds)
	if middle, most := t.spread(); most > 0 {
		fmt.Fprintf(b, "; between the rounds figures differ by %.0f%% (median) and %.0f%% (most)", 100*middle, 100*most)
	}
	b.WriteString(".\nIn brackets: how many times as fast descent is.\n\n")
	for _, p := range t.peers {
		fmt.Fprintf(b, "- %s: %s\n", p.Title, cmp.Or(p.Note, "as it comes"))
	}
}

// section is one table; peers without a figure in it have no column.
func (t *table) section(b *strings.Builder, title string, value func(peer, name string) float64) {
	var peers []record
	for _, p := range t.peers {
		if slices.ContainsFunc(t.names, func(n string) bool { return value(p.Peer, n) > 0 }) {
			peers = append(peers, p)
		}
	}
	fmt.Fprintf(b, "\n### %s\n\n| | unit |", title)
	for _, p := range peers {
		fmt.Fprintf(b, " %s |", p.Title)
	}
	fmt.Fprintf(b, "\n|---|---|%s\n", strings.Repeat("---:|", len(peers)))
	for _, n := range t.names {
		fmt.Fprintf(b, "| %s | %s |", n, t.units[n])
		own := value(ours, n)
		for _, p := range peers {
			v := value(p.Peer, n)
			switch {
			case v == 0:
				b.WriteString(" – |")
			case p.Peer == ours || own == 0:
				fmt.Fprintf(b, " %s |", digits(v))
			default:
				fmt.Fprintf(b, " %s (%s×) |", digits(v), digits2(t.ratio(n, own, v)))
			}
		}
		b.WriteString("\n")
	}
}

// remarks says what is missing and why, and which nets are not of one size.
func (t *table) remarks(b *strings.Builder) {
	var lines []string
	for _, p := range t.peers {
		why := map[string][]string{}
		var order []string
		for _, n := range t.names {
			for _, th := range t.threads {
				e := t.errors[cell{p.Peer, n, th}]
				if e == "" {
					continue
				}
				if why[e] == nil {
					order = append(order, e)
				}
				if !slices.Contains(why[e], n) {
					why[e] = append(why[e], n)
				}
			}
		}
		for _, e := range order {
			lines = append(lines, fmt.Sprintf("- %s, %s: %s", p.Title, strings.Join(why[e], ", "), e))
		}
	}
	for _, n := range t.names {
		if len(t.weights[n]) > 1 {
			lines = append(lines, fmt.Sprintf("- %s is not one net: numbers of weights %v", n, t.weights[n]))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\nMissing:\n\n%s\n", strings.Join(lines, "\n"))
	}
}

// digits shows three digits, or all before the point.
func digits(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// digits2 shows two digits, or all before the point.
func digits2(x float64) string {
	switch {
	case x >= 10:
		return fmt.Sprintf("%.0f", x)
	case x >= 1:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// describeMachine is the processor, its vector instructions and what runs it.
func describeMachine() string {
	text := fmt.Sprintf("%d CPUs, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return text
	}
	model, flags := "", ""
	for line := range strings.Lines(string(info)) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name":
			model = strings.TrimSpace(value)
		case "flags":
			flags = " " + strings.TrimSpace(value) + " "
		}
	}
	var has []string
	for _, f := range []string{"avx2", "avx512f", "avx512_bf16", "amx_tile"} {
		if strings.Contains(flags, " "+f+" ") {
			has = append(has, f)
		}
	}
	if model != "" {
		text = model + ", " + text
	}
	if len(has) > 0 {
		text += " with " + strings.Join(has, ", ")
	}
	return text + "; load at the start " + load()
}

// load is the number of other tasks that want a CPU, over the last minute.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
