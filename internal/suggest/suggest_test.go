package suggest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDistance(t *testing.T) {
	// kitten/sitting and saturday/sunday are the textbook examples of the
	// Levenshtein distance; the rest is counted by hand.
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"kitten", "sitting", 3},
		{"saturday", "sunday", 3},
		{"adam", "adma", 1}, // one swap
		{"ca", "abc", 3},    // optimal string alignment, where the unrestricted distance is 2
		{"größe", "grosse", 3},
	}
	for _, c := range tests {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	rules := []string{"sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"}
	tests := []struct {
		name, want string
	}{
		{"adam", "adam"},
		{"Adam", "adam"},
		{"ADAM-W", "adamw"},
		{"rms_prop", "rmsprop"},
		{"adma", "adam"},
		{"mom", "momentum"},
		{"momentun", "momentum"},
		{"nestrov", "nesterov"},
		{"sdg", "sgd"},
		{"lbfgs", ""},
		{"", ""},
		{"x", ""},
		{strings.Repeat("a", 1<<20), ""},
	}
	for _, c := range tests {
		if got := Nearest(c.name, rules); got != c.want {
			t.Errorf("Nearest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	if got, want := Hint("adma", []string{"sgd", "adam"}), `did you mean "adam"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Hint("lbfgs", []string{"sgd", "adam"}), "known: sgd, adam"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Hint("lbfgs", nil); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

// The distance is a symmetric measure, zero only between equal names, and one
// edit changes it by at most one.
func TestDistanceIsOne(t *testing.T) {
	word := rapid.StringMatching(`[abc]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := Distance(a, b)
		if d != Distance(b, a) {
			t.Fatalf("not symmetric")
		}
		if (d == 0) != (a == b) {
			t.Fatalf("distance %d between %q and %q", d, a, b)
		}
		if e := Distance(a+"x", b); e < d-1 || e > d+1 {
			t.Fatalf("one more letter changed %d to %d", d, e)
		}
		if d > max(len(a), len(b)) {
			t.Fatalf("distance %d is longer than both names", d)
		}
	})
}
