package weights

import "strconv"

// Role says what a weight is to its layer: the question that a weight decay
// mask or a rule for matrices asks.
type Role uint8

// The roles.
const (
	Other     Role = iota // none of the below, also a layer's running state
	Weight                // the matrix or kernel of a linear map; the last axis is its output
	Bias                  // is added to the output of a linear map
	Scale                 // multiplies what a normalisation has normalised
	Shift                 // is added to what a normalisation has normalised
	Embedding             // vectors that stand for symbols, places or features, one a row
)

var roleNames = [...]string{"other", "weight", "bias", "scale", "shift", "embedding"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "role" + strconv.Itoa(int(r))
}

// Decays reports whether weight decay acts on the role by custom: on the
// matrices of linear maps alone. Shrinking a bias, or the scale and shift of a
// normalisation, regularises nothing, and a symbol that a batch lacks would lose its vector.
func (r Role) Decays() bool { return r == Weight }
