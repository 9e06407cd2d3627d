package dispatch

import (
	"testing"

	"github.com/godescent/descent/internal/kernel/kerneltest"
)

// TestConformance holds every table that this processor can run to the portable one.
func TestConformance(t *testing.T) {
	for _, name := range Names() {
		if name == "generic" {
			continue // it is the judge
		}
		table, err := Pick(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { kerneltest.Run(t, table) })
	}
}
