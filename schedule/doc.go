// Package schedule holds learning-rate schedules: pure functions η(τ) that are
// part of the compiled step. They have no state, so a resumed run needs
// nothing of them but τ, and any of them compose.
package schedule
