package cli

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/internal/kernel/dispatch"
)

// build is what descent version prints.
type build struct {
	Version  string   `json:"version"`
	Revision string   `json:"revision,omitempty"`
	Modified bool     `json:"modified,omitempty"` // the tree had changes of its own
	Go       string   `json:"go"`
	System   string   `json:"system"`
	Kernels  []string `json:"kernels"` // that this CPU can run, the fastest first
	CPUs     int      `json:"cpus"`
	BF16     string   `json:"bf16"`             // by what the fastest multiplies in bf16
	NoTiles  string   `json:"no_amx,omitempty"` // why not by AMX
}

func thisBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Kernels: dispatch.Names(), CPUs: runtime.NumCPU()}
	if table, err := dispatch.Pick(""); err == nil {
		b.BF16, b.NoTiles = table.BF16On(), dispatch.NoTiles()
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and what this machine can run",
		Example: "  descent version --json",
		Args:    atMost(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if asJSON {
				return failed(a.printJSON(b))
			}
			revision := b.Revision
			if b.Modified {
				revision += ", modified"
			}
			products := "by " + b.BF16
			if b.NoTiles != "" {
				products += "; not by amx: " + b.NoTiles
			}
			rows := [][]string{{"descent", b.Version}, {"go", b.Go}, {"system", b.System}, {"kernels", strings.Join(b.Kernels, ", ")}, {"bf16", products}}
			if revision != "" {
				rows = append(rows, []string{"revision", revision})
			}
			return failed(a.out.table(rows))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}
