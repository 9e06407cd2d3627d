package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/train"
)

// checkWatch refuses a watch that cannot be kept, under its flag's name.
func checkWatch(c *cobra.Command, cfg *train.Config) error {
	switch f := cfg.Watch; {
	case !c.Flags().Changed("watch"):
		return nil
	case !(f > 0 && f <= 1000):
		return fmt.Errorf("--watch: %v percent of the training time; it wants a number above 0, up to 1000", f)
	case cfg.Batch < 4:
		return fmt.Errorf("--watch: it compares parts of a batch, and one of %d has none; want --batch 4 at least", cfg.Batch)
	}
	return nil
}

// watchJSON is what train --json tells of a watch; the measurements are in the metrics.
type watchJSON struct {
	Measurements int            `json:"measurements"`
	Seconds      float64        `json:"seconds"`
	Percent      float64        `json:"percent"`
	Last         *train.Watched `json:"last,omitempty"`
	Stopped      string         `json:"stopped,omitempty"`
}

func newWatchJSON(w *train.WatchCost) *watchJSON {
	if w == nil {
		return nil
	}
	return &watchJSON{w.Measurements, w.Seconds, w.Percent, w.Last, w.Off}
}

// verdicts is the line of a measurement whose verdict is another than the one before.
func (p *pacer) verdicts(m *train.Watched) string {
	text := strings.Join(m.Verdict, "; ")
	kinds := "" // numbers change always
	for _, v := range m.Verdict {
		kind, _, _ := strings.Cut(v, ":")
		kinds += kind + ";"
	}
	if kinds == p.verdict {
		return ""
	}
	p.verdict = kinds
	if text == "" {
		text = "all is well again"
	}
	return fmt.Sprintf("watch step %d: %s", m.Step, text)
}

// watchRows sums a watch up.
func watchRows(w *train.WatchCost) (rows [][]string) {
	if w == nil {
		return nil
	}
	if w.Off != "" {
		rows = append(rows, []string{"watch", "stopped: " + w.Off})
	}
	if w.Last == nil {
		return append(rows, []string{"watch", "the run was too short for a measurement within its share of the time; give --watch a larger percent"})
	}
	m := w.Last
	var parts []string
	add := func(format string, x *float64, more ...any) {
		if x != nil {
			parts = append(parts, fmt.Sprintf(format, append([]any{*x}, more...)...))
		}
	}
	if m.Largest != nil {
		parts = append(parts, fmt.Sprintf("λmax %.4g ± %s", *m.Largest, uncertain(m.Error)))
	}
	add("%.2g of the stable", m.Edge)
	add("noise scale %.3g examples", m.Noise)
	add("alpha %.2f", m.Alpha)
	parts = append(parts, fmt.Sprintf("|δw| %.2g at %.3g from the start", m.Update, m.Distance))
	verdict := "nothing wrong"
	if len(m.Verdict) > 0 {
		verdict = strings.Join(m.Verdict, "; ")
	}
	return append(rows,
		[]string{"watch", fmt.Sprintf("%d measurements on batches of %d, %.2g%% of the training time; at step %s: %s", w.Measurements, m.Batch, w.Percent, grouped(m.Step), strings.Join(parts, ", "))},
		[]string{"verdict", verdict})
}
