// Package optimtest is what every optimizer must hold: one suite that a table
// of rules drives, and the slow runner that the tests of rules use.
package optimtest
