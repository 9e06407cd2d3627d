// Package bench measures descent on fixed work, so that figures compare with
// those of other machines and other libraries: whole training steps of four
// networks, updates, derivatives and products, and beside them what the machine
// can do at best, measured by the same process.
//
// Every figure is the median of five blocks of steps. A training step is the
// real one: its batch is drawn and gathered from data in memory, and its
// metrics are computed.
package bench
