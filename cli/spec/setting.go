package spec

import (
	"strings"

	"github.com/godescent/descent/internal/hyper"
)

// Setting is a name with parameters, such as adam:lr=1e-3 or cosine:warmup=200.
// Its zero value names nothing.
type Setting struct {
	Kind  string
	Pairs []hyper.Pair // in the order in which they were given
}

// ParseSetting reads a setting as the command line spells it.
func ParseSetting(text string) (Setting, error) {
	name, pairs, err := hyper.ParseSpec(text)
	return Setting{name, pairs}, err
}

// String is the setting as the command line spells it.
func (s Setting) String() string {
	var b strings.Builder
	b.WriteString(s.Kind)
	for i, p := range s.Pairs {
		if i == 0 {
			b.WriteByte(':')
		} else {
			b.WriteByte(',')
		}
		b.WriteString(p.Key + "=" + p.Value)
	}
	return b.String()
}

func (s *Setting) put(key, value string) {
	for i := range s.Pairs {
		if s.Pairs[i].Key == key {
			s.Pairs[i].Value = value
			return
		}
	}
	s.Pairs = append(s.Pairs, hyper.Pair{Key: key, Value: value})
}
