// A trained network behind HTTP: the folder of a run holds all that a server needs, the
// normalisation and the classes' names among it.
//
//	go run ./examples/serve runs/flowers localhost:8080
//	curl -d '[[5.1, 3.5, 1.4, 0.2]]' localhost:8080
//	go run ./examples/serve                  # trains on iris and asks itself about one flower
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// server answers rows of numbers by the class of each.
type server struct {
	run   *spec.Restored
	width int // features of a row

	mu    sync.Mutex // a Model computes one batch at a time
	model *train.Model
}

type answer struct {
	Class         string    `json:"class"`
	Probabilities []float64 `json:"probabilities"`
}

// load opens the network in a run's folder.
func load(folder string) (*server, error) {
	saved, err := train.Open(folder)
	if err != nil {
		return nil, err
	}
	run, err := spec.Restore(saved.Meta, spec.NewTables())
	if err != nil {
		return nil, err
	}
	if len(run.Classes) == 0 || run.Binary || saved.Normalizer == nil {
		return nil, fmt.Errorf("%s: %s; this server wants classes of normalised rows", folder, run.Title)
	}
	model, err := saved.Model(run.Network, train.Machine{Threads: 1, Precision: run.Precision})
	if err != nil {
		return nil, err
	}
	return &server{run: run, width: len(saved.Normalizer.Shift), model: model}, nil
}

// ServeHTTP answers a JSON array of rows with an array of answers.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var rows [][]float32
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&rows); err != nil || len(rows) == 0 {
		http.Error(w, "want a JSON array of rows, each an array of numbers", http.StatusBadRequest)
		return
	}
	var flat []float32
	for i, row := range rows {
		if len(row) != s.width {
			http.Error(w, fmt.Sprintf("row %d has %d numbers, want %d", i, len(row), s.width), http.StatusBadRequest)
			return
		}
		flat = append(flat, row...)
	}
	s.mu.Lock()
	logits, err := s.model.Outputs(r.Context(), &data.Set{Name: "request", X: tensor.From(flat, len(rows), s.width)})
	s.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answers := make([]answer, len(rows))
	for i := range answers {
		answers[i] = s.answer(logits.Float64s()[i*len(s.run.Classes):])
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answers); err != nil {
		log.Print(err) // who asked is gone
	}
}

// answer is the likeliest class and p_k = e^z_k / Σ e^z_j.
func (s *server) answer(z []float64) answer {
	p, best, sum := make([]float64, len(s.run.Classes)), 0, 0.0
	for k := range p {
		if z[k] > z[best] {
			best = k
		}
	}
	for k := range p {
		p[k] = math.Exp(z[k] - z[best])
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return answer{s.run.Classes[best], p}
}

func main() {
	if len(os.Args) == 3 {
		s, err := load(os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		log.Fatal(http.ListenAndServe(os.Args[2], s))
	}
	if err := demo(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// demo trains on iris and asks a server about the first flower of the table.
func demo(out io.Writer) error {
	folder, err := os.MkdirTemp("", "iris")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if code := cli.Main(cli.Config{Args: []string{"train", "iris", "--out", folder, "--quiet"}}); code != 0 {
		return fmt.Errorf("training ended with exit code %d", code)
	}
	s, err := load(folder)
	if err != nil {
		return err
	}
	h := httptest.NewServer(s)
	defer h.Close()
	reply, err := http.Post(h.URL, "application/json", strings.NewReader("[[5.1, 3.5, 1.4, 0.2]]"))
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	_, err = io.Copy(out, reply.Body)
	return err
}
