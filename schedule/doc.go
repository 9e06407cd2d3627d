// Package schedule holds learning-rate schedules: pure functions η(τ) that are
// part of the compiled step. They have no state, so a resumed run needs
// nothing of them but τ, and any of them compose.
//
// τ counts the updates made before this one: the first update uses η(0). Every
// schedule starts at η(0) = η0, unless it is warmed up.
package schedule
