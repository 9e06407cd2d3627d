// Package schedule holds learning-rate schedules: pure functions η(τ) that are
// part of the compiled step. They have no state, so a resumed run needs
// nothing of them but τ, and any of them compose.
//
// τ counts the updates made before this one: the first update uses η(0). A
// schedule starts at η(0) = η0, unless it is warmed up or rises by itself: then
// η0 is its peak.
package schedule
