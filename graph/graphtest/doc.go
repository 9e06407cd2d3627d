// Package graphtest is what every primitive must hold: one suite that a table
// of cases drives. A case draws operands, applies the primitive to them and
// computes the same in plain float64; the suite compares values, and the
// derivatives up to the third order with differences of that plain computation
// and with each other. A new primitive is one file with one case here.
package graphtest
